"""A real browser without a window, which remembers what a page says and what it asks for."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Request, sync_playwright

type Visiting = Callable[..., Page]

NAMES = ("chromium", "chromium-browser", "google-chrome")
MISSING = (
    "NO BROWSER IS INSTALLED: no page was looked at. On Debian and Ubuntu: apt-get install chromium"
)

PHONE = 360
DESK = 1440
PAPER = 680
"""What A4, the narrower of the two papers, has between its margins of 15 mm, in CSS pixels."""


def path_of_browser() -> str:
    """Return where the browser is. Without one a test is skipped.

    It fails instead where the environment variable ``TALLY_BROWSER`` is "required".
    """
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None and os.environ.get("TALLY_BROWSER") == "required":
        pytest.fail(MISSING, pytrace=False)
    if found is None:
        pytest.skip(MISSING)
    return found


@contextmanager
def started() -> Iterator[Browser]:
    """Start the browser that is installed, and end it."""
    path = path_of_browser()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path)
        yield browser
        browser.close()


@dataclass
class Visit:
    """A page that is open, with each line on its console and each thing that it asked for."""

    page: Page
    console: list[str] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", lambda message: self.console.append(message.text))
        self.page.on("pageerror", lambda error: self.console.append(str(error)))
        self.page.on("request", self._asked)

    def _asked(self, request: Request) -> None:
        self.requests.append(request)

    @property
    def loads(self) -> list[Request]:
        """The requests for more than pages of the folder, to which links lead."""
        return [
            each
            for each in self.requests
            if not (each.is_navigation_request() and each.url.startswith("file:"))
        ]


@contextmanager
def visiting(
    browser: Browser, file: Path, *, width: int = DESK, scripts: bool = True
) -> Iterator[Visit]:
    """Open a page in a window of this width."""
    context = browser.new_context(
        viewport={"width": width, "height": 800}, java_script_enabled=scripts
    )
    try:
        visit = Visit(context.new_page())
        visit.page.goto(file.as_uri())
        yield visit
    finally:
        context.close()


def unfold(page: Page, *, is_open: bool) -> None:
    """Open all that is folded, or fold it again."""
    each = "(all, open) => all.forEach((each) => { each.open = open; })"
    page.locator("details").evaluate_all(each, is_open)
