"""Statement and index in a real browser: nothing is cut off, the index is searched and sorted, and
a screen reader finds its way.
"""

from dataclasses import replace

import pytest

from simulators.clock import VirtualClock
from tally.domain.statement.statement import Statement
from tally.statements.book import INDEX, book
from tally.statements.drawing import Form, drawn
from testing.world import World
from tests.functional.browser import BROWSER, look
from tests.functional.instants import gmt
from tests.functional.stated import stated

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        BROWSER is None,
        reason="NO BROWSER IS INSTALLED: pages were not looked at. apt-get install chromium",
    ),
]

NAMES = (
    "Harbor Dental",
    "Ünal & Söhne <b>GmbH</b>",
    "عيادة النور الطبية",
    "Consolidated Amalgamated Widgets and Sprockets of the Greater Metropolitan Area, Limited",
    "Unbreakable" * 12,
)
CUT_OFF = """
  const wide = page.documentElement.clientWidth;
  const cut = [...page.querySelectorAll("body *")].filter((each) => {
    const box = each.getBoundingClientRect();
    const unseen = each.closest("thead")?.getBoundingClientRect().width <= 1;
    return !unseen && box.width > 1 && box.right > wide + 1;
  });
  return [page.documentElement.scrollWidth - wide, cut.map((each) => each.outerHTML)];
"""
NAMELESS = """
  const text = (id) => page.getElementById(id)?.textContent ?? "";
  const named = (each) => each.ariaLabel || each.textContent.trim() || each.labels?.length;
  const levels = [...page.querySelectorAll("h1, h2, h3, h4")].map((each) => +each.tagName[1]);
  return {
    nameless: [...page.querySelectorAll("a, button, input, svg, th")].filter((each) => !named(each))
      .map((each) => each.outerHTML),
    unscoped: [...page.querySelectorAll("th:not([scope])")].length,
    uncaptioned: [...page.querySelectorAll("table")].filter((each) => !each.caption).length,
    skipped: levels.filter((level, at) => level > (levels[at - 1] ?? 0) + 1).length,
    doubled: [...page.querySelectorAll("[id]")].length
      - new Set([...page.querySelectorAll("[id]")].map((each) => each.id)).size,
    tops: page.querySelectorAll("h1").length,
    mains: page.querySelectorAll("main").length,
    language: page.documentElement.lang,
    title: page.title.length > 0,
  };
"""
SOUND = {
    "nameless": [],
    "unscoped": 0,
    "uncaptioned": 0,
    "skipped": 0,
    "doubled": 0,
    "tops": 1,
    "mains": 1,
    "language": "en",
    "title": True,
}
TYPE = """
  const find = page.getElementById("find");
  find.value = "{0}";
  find.dispatchEvent(new Event("input"));
  return [
    [...page.querySelectorAll("#statements tbody tr")].filter((row) => !row.hidden)
      .map((row) => row.querySelector("a").textContent),
    page.getElementById("found").textContent,
    page.getElementById("search").hidden,
  ];
"""
CLICK = """
  const head = page.querySelectorAll("#statements thead th")[{0}];
  for (let times = 0; times < {1}; times += 1) head.querySelector("button").click();
  return [
    [...page.querySelectorAll("#statements tbody tr")].map((row) => row.cells[{0}].textContent),
    head.getAttribute("aria-sort"),
  ];
"""


@pytest.fixture(scope="module")
def statements() -> list[Statement]:
    """November of some customers with names of all kinds, one of whom is held."""
    world = World(clock=VirtualClock(gmt("2026-11-01 00:00")))
    customers = [world.add_customer(name) for name in NAMES]
    for number, customer in enumerate(customers):
        world.check_in(customer, 9 + number)
    world.play(gmt("2026-11-01 00:05"))
    world.check_in(customers[2], 700)
    world.play(gmt("2026-11-20 00:05"))
    return [stated(world, each, "2026-11", zone="America/New_York") for each in customers]


@pytest.fixture(scope="module")
def pages(statements: list[Statement]) -> dict[str, str]:
    """The index, the page of each customer by number, and a page of nothing."""
    by_number = {str(number): drawn(each, Form.HTML) for number, each in enumerate(statements)}
    files = dict(book(statements, statements[0].month, unreadable={"x": "Customer X is damaged"}))
    nothing = replace(statements[0], services=())
    return {"index": files[INDEX], **by_number, "nothing": drawn(nothing, Form.HTML)}


@pytest.mark.parametrize(
    ("name", "width"),
    [("index", 360), ("index", 1440), ("2", 360), ("4", 360), ("4", 1440), ("nothing", 360)],
)
def test_nothing_is_cut_off(pages: dict[str, str], name: str, width: int) -> None:
    """A page is as wide as the screen, on a phone too, and has no error on the console."""
    looked = look(pages[name], CUT_OFF, width=width)
    assert looked.told == [0, []]
    assert looked.console == []


@pytest.mark.parametrize("name", ["index", "2"])
def test_a_screen_reader_finds_its_way(pages: dict[str, str], name: str) -> None:
    """Everything that is read aloud has a name, headings follow each other, tables say what they
    are.
    """
    assert look(pages[name], NAMELESS, width=1440).told == SOUND


@pytest.mark.parametrize(
    ("typed", "found"),
    [("harbor", [NAMES[0]]), ("sohne UNAL", [NAMES[1]]), ("النور", [NAMES[2]])],
    ids=ascii,
)
def test_the_index_is_searched(pages: dict[str, str], typed: str, found: list[str]) -> None:
    """A customer is found by parts of the name, in any case and order, and without its marks."""
    looked = look(pages["index"], TYPE.replace("{0}", typed), width=1440)
    assert looked.told == [found, f"{len(found)} of {len(NAMES)}", False]


@pytest.mark.parametrize(
    ("column", "clicks", "order", "said"),
    [
        (4, 1, ["9", "10", "11", "12", "13"], "ascending"),
        (4, 2, ["13", "12", "11", "10", "9"], "descending"),
        (5, 2, ["waits for an answer", *["provisional"] * 4], "descending"),
    ],
)
def test_the_index_is_sorted(
    pages: dict[str, str], column: int, clicks: int, order: list[str], said: str
) -> None:
    """A column is sorted by its heading, numbers as numbers, and the other way round next time."""
    script = CLICK.replace("{0}", str(column)).replace("{1}", str(clicks))
    assert look(pages["index"], script, width=1440).told == [order, said]


def test_a_script_of_others_does_not_run(pages: dict[str, str]) -> None:
    """SAFE-10: if markup of others came through after all, the page's policy would stop its
    script.
    """
    forged = pages["index"].replace("<main>", "<main><script>document.title = 'forged'</script>")
    looked = look(forged, "return page.title;", width=1440)
    assert looked.told == "Statements of November 2026"
    assert len(looked.console) == 1
