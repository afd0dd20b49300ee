"""Pages on a phone, at a desk and on paper: nothing is cut off, nothing is lost, nothing loads."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.functional.pages.browser import DESK, PAPER, PHONE, Visiting, unfold, visiting
from tests.functional.pages.drawn import INDEXES, STATEMENTS

pytestmark = pytest.mark.slow

ALL = (*STATEMENTS, *INDEXES)
CUT_OFF = """() => {
  const wide = document.documentElement.clientWidth;
  const heads = [...document.querySelectorAll("thead")]
    .filter((each) => each.getBoundingClientRect().width <= 1);
  return [...document.querySelectorAll("html, body *")].filter((each) => {
    const box = each.getBoundingClientRect();
    if (box.width === 0 || heads.some((head) => head.contains(each))) return false;
    const clips = getComputedStyle(each).overflowX !== "visible";
    return box.left < -1 || box.right > wide + 1 || (clips && each.scrollWidth > each.clientWidth);
  }).map((each) => each.outerHTML.slice(0, 200));
}"""
"""Returns what sticks out of the window, or is cut by its own box. Heads of tables whose rows are
cards on a narrow screen are there for screen readers alone.
"""
FORGERY = """<main>
<script>document.title = "forged"</script>
<img src="https://example.com/image.png" alt="" onerror="document.title = 'forged'">
<link rel="stylesheet" href="https://example.com/style.css">
<script src="https://example.com/script.js"></script>
<iframe src="https://example.com/frame"></iframe>
<object data="https://example.com/object"></object>
<video src="https://example.com/video"></video>
<style>
@import "https://example.com/more.css";
h1 { background: url(https://example.com/h1.png) }
</style>
"""


def words(page: Page) -> list[str]:
    """The words that are seen."""
    shown: str = page.inner_text("body")
    return shown.split()


@pytest.mark.parametrize("width", [PHONE, DESK])
@pytest.mark.parametrize("name", ALL)
def test_nothing_is_cut_off(visit: Visiting, name: str, width: int) -> None:
    """PROOF-3: what a statement says can be read at 360 and at 1,440 pixels."""
    page = visit(name, width=width)
    unfold(page, is_open=True)
    assert page.evaluate(CUT_OFF) == []
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_what_is_cut_off_is_found(visit: Visiting) -> None:
    """The judge is no stamp: a text that sticks out, and one that its box cuts, are both found."""
    page = visit("not recorded")
    page.add_style_tag(content="h1 { width: 2000px } h2 { width: 9px; overflow: hidden }")
    assert {each[:3] for each in page.evaluate(CUT_OFF)} == {"<h1", "<h2"}


@pytest.mark.parametrize("name", ALL)
def test_nothing_is_lost_on_paper(visit: Visiting, name: str) -> None:
    """PROOF-3: all that is on the screen is on paper, within its margins, but for the search.
    What is folded on the screen is unfolded there.
    """
    page = visit(name, width=PAPER)
    page.add_style_tag(content=".search, summary { display: none }")
    unfold(page, is_open=True)
    on_screen = words(page)
    unfold(page, is_open=False)
    page.emulate_media(media="print")
    assert words(page) == on_screen
    assert page.evaluate(CUT_OFF) == []


@pytest.mark.parametrize(
    ("name", "least", "most"),
    [
        ("not recorded", 1, 1),
        ("final, plain", 2, 6),
        ("provisional, unbreakable", 6, 20),
        ("index", 2, 5),
    ],
)
@pytest.mark.parametrize("paper", ["A4", "Letter"])
def test_it_is_printed(visit: Visiting, name: str, least: int, most: int, paper: str) -> None:
    """A page becomes a PDF of as many sheets as its text takes, which depends on the fonts."""
    printed = visit(name).pdf(format=paper)
    assert printed.startswith(b"%PDF-")
    assert least <= printed.count(b"/Type /Page\n") <= most


@pytest.mark.parametrize("name", ["index", "final, plain"])
def test_nothing_of_others_runs_or_loads(
    browser: Browser, files: dict[str, Path], tmp_path: Path, name: str
) -> None:
    """SAFE-10: if markup of others came through after all, the page's policy would stop it."""
    page = files[name].read_text(encoding="utf-8")
    assert "<main>" in page
    forged = tmp_path / "forged.html"
    forged.write_text(page.replace("<main>", FORGERY), encoding="utf-8")
    with visiting(browser, forged) as here:
        assert "November 2026" in here.page.title()
        assert {each.failure for each in here.loads} == {"csp"}
        assert len(here.console) >= FORGERY.count("https:")
