"""One browser for a module, the pages of all kinds, and a visit to one of them."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.functional.pages.browser import Visit, Visiting, started, visiting
from tests.functional.pages.drawn import write_pages


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The browser; it ends with the module, as its loop would be in the way of others."""
    with started() as running:
        yield running


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The pages of all kinds by their names."""
    return write_pages(tmp_path_factory.mktemp("pages"))


@pytest.fixture
def visit(browser: Browser, files: dict[str, Path]) -> Iterator[Visiting]:
    """Opens a page by its name, at a width; at the end of the test it must have kept silent.

    SAFE-10: it has written nothing to the console, and has asked for nothing but itself.
    """
    visits: list[Visit] = []
    with ExitStack() as open_pages:

        def opened(name: str, **options: int) -> Page:
            visits.append(open_pages.enter_context(visiting(browser, files[name], **options)))
            return visits[-1].page

        yield opened
    assert visits
    assert [line for each in visits for line in each.console] == []
    assert [request.url for each in visits for request in each.loads] == []
