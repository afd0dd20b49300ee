"""The index of a month's book by keyboard: it is searched, sorted, and leads to each statement."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.functional.pages.browser import PHONE, Visiting, visiting
from tests.functional.pages.drawn import HELD, MANY, NAMES

pytestmark = pytest.mark.slow

ROWS = "#statements tbody tr:visible"
COUNTED, BILLED = 2, 4
FOCUS = """() => {
  const {outlineStyle, outlineWidth, outlineColor} = getComputedStyle(document.activeElement);
  return [outlineStyle, outlineWidth, outlineColor];
}"""


@pytest.fixture
def index(visit: Visiting) -> Page:
    """The index of many customers; the search has the focus."""
    page = visit("index")
    page.keyboard.press("Tab")
    return page


def customers(page: Page) -> list[str]:
    """The names that are listed, from top to bottom."""
    return page.locator(ROWS).locator("a").all_inner_texts()


def tab_to(page: Page, text: str) -> None:
    """Press Tab until the thing with this text has the focus; it must be among the next few."""
    for _ in range(8):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent") == text:
            return
    pytest.fail(f"Tab does not lead to {text}.")


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("harbor", [NAMES["plain"]]),
        ("sohne UNAL", [NAMES["markup"]]),
        ("النور", [NAMES["right to left"]]),
        ("waits", [NAMES[HELD]]),
        ("customer 42", ["Customer 42"]),
        ("nobody of this name", []),
    ],
    ids=ascii,
)
def test_it_is_searched(index: Page, typed: str, found: list[str]) -> None:
    """A customer is found by parts of the row, in any case and order, and without its marks; how
    many were found is said aloud; Escape shows all again.
    """
    index.keyboard.type(typed)
    assert customers(index) == found
    expect(index.get_by_role("status")).to_have_text(f"{len(found)} of {MANY}")
    index.keyboard.press("Escape")
    assert len(customers(index)) == MANY
    expect(index.get_by_role("status")).to_have_text("")


@pytest.mark.parametrize(("column", "title"), [(COUNTED, "Counted"), (BILLED, "Billed")])
def test_it_is_sorted_by_a_number(index: Page, column: int, title: str) -> None:
    """A column is sorted by its heading, numbers as numbers, and the other way round next time; the
    focus stays, and the order is said aloud.
    """
    cells = index.locator(f"{ROWS} td:nth-child({column + 1})")
    numbers = sorted(map(int, cells.all_inner_texts()))
    head = index.get_by_role("columnheader", name=title).last
    tab_to(index, title)
    index.keyboard.press("Enter")
    assert list(map(int, cells.all_inner_texts())) == numbers
    expect(head).to_have_attribute("aria-sort", "ascending")
    index.keyboard.press("Space")
    assert list(map(int, cells.all_inner_texts())) == numbers[::-1]
    expect(head).to_have_attribute("aria-sort", "descending")
    expect(head.get_by_role("button")).to_be_focused()


def test_it_is_sorted_by_name(index: Page) -> None:
    """Names go by their letters, with their marks and without, and by the numbers in them."""
    tab_to(index, "Customer")
    index.keyboard.press("Enter")
    names = customers(index)
    at = names.index("Customer 9")
    assert names[at : at + 2] == ["Customer 9", "Customer 10"]
    assert names.index(NAMES["markup"]) < names.index(NAMES["unbreakable"])
    assert names.index(NAMES["unbreakable"]) < names.index(NAMES["right to left"])


def test_what_waits_comes_first(index: Page) -> None:
    """Design §2: a question that is open is not overlooked; one column more says so in words."""
    assert customers(index)[0] == NAMES[HELD]
    assert index.locator(ROWS).get_by_text("waits for an answer").count() == 1


def test_a_search_stays_while_it_is_sorted(index: Page) -> None:
    """What was not looked for does not come back by a new order."""
    index.keyboard.type("customer 4")
    found = customers(index)
    assert len(found) == 14
    tab_to(index, "Customer")
    index.keyboard.press("Enter")
    index.keyboard.press("Enter")
    assert customers(index) == sorted(found, key=lambda name: -int(name.split()[1]))


def test_a_link_leads_to_the_statement(index: Page) -> None:
    """Every statement is one step away, without a mouse and without a server."""
    index.keyboard.type("unal")
    tab_to(index, NAMES["markup"])
    index.keyboard.press("Enter")
    expect(index.get_by_role("heading", level=1)).to_have_text(NAMES["markup"])


@pytest.mark.parametrize("width", [PHONE, 1440])
def test_the_focus_is_seen(visit: Visiting, width: int) -> None:
    """WCAG 2.4.7: whatever has the focus has a frame, on both widths; nothing hidden takes it."""
    page = visit("index", width=width)
    page.evaluate(
        "document.querySelectorAll('tbody tr:nth-child(n + 3)').forEach((r) => r.remove())"
    )
    for _ in range(page.locator("a:visible, button:visible, input:visible").count()):
        page.keyboard.press("Tab")
        assert page.locator(":focus").is_visible()
        style, thickness, colour = page.evaluate(FOCUS)
        assert (style, thickness) == ("solid", "3px")
        assert colour == "rgb(47, 95, 143)"


def test_without_scripts_all_is_listed(browser: Browser, files: dict[str, Path]) -> None:
    """Where scripts are forbidden the list is whole, and offers nothing that does not work."""
    with visiting(browser, files["index"], scripts=False) as here:
        assert len(customers(here.page)) == MANY
        assert here.page.locator("input:visible, button").count() == 0
