"""What the demo shows: progress in words, the table, the reasons."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from local.demo_play import WIDTH, Moment, billed, changes, in_lines, instants
from local.demo_report import report
from local.simulator_clients import TrueAddition
from tally.domain.model.month import Month
from tally.domain.model.standing import Cause, StandingState
from testing.scopes import of_record
from tests.functional.demo_world import DemoWorld

PRESENT = date(2026, 11, 22)
NAMES = {100: "Harbor Dental", 101: "Lakeside Library"}


def addition(number: int, quantity: int, *, company: int = 100) -> TrueAddition:
    return TrueAddition(
        id=number,
        agreement_id=2000 + company,
        company_id=company,
        product="GZ-ENDPOINT",
        quantity=Decimal(quantity),
        effective=date(2026, 9, 1),
        cancelled=date(2026, 9, 30),
        created_by="api",
        deleted_at=None,
        fields={},
    )


def moment(*additions: TrueAddition, closed: dict[Month, int] | None = None) -> Moment:
    return Moment(additions={each.id: each for each in additions}, closed=closed or {})


@pytest.fixture(scope="module")
def shown() -> list[str]:
    """The report of the demo played in this process, line by line."""
    demo = DemoWorld(present=PRESENT)
    demo.play()
    return report(demo.companies(), demo.additions(), demo.ledger(), demo.months).splitlines()


@pytest.mark.parametrize(
    "present", [date(2026, 3, 1), date(2027, 1, 15), date(2028, 4, 30)], ids=str
)
def test_instants_go_forward_through_two_months(present: date) -> None:
    """The ticks are in order, begin with the first month and end before the present one, whatever
    the months' lengths.
    """
    second = (present.replace(day=1) - timedelta(days=1)).replace(day=1)
    first = (second - timedelta(days=1)).replace(day=1)
    ticks = instants(first, second)
    assert list(ticks) == sorted(set(ticks))
    assert ticks[0] == datetime(first.year, first.month, 1, 0, 5, tzinfo=UTC)
    assert ticks[-1].date() < present.replace(day=1)
    assert datetime(second.year, second.month, 1, tzinfo=UTC) - timedelta(minutes=25) in ticks


def test_growth_is_told_in_numbers() -> None:
    """A push is told with the number before and after."""
    told = changes(
        moment(addition(1, 9), addition(2, 6, company=101)),
        moment(addition(1, 12), addition(2, 6)),
        NAMES,
    )
    assert told == ["Harbor Dental 9 → 12"]


def test_opening_and_closing_are_told_by_month() -> None:
    """A new Addition opens its month, and a month closes for so many companies more than before."""
    september = Month(2026, 9)
    before = moment(addition(1, 9), closed={september: 1})
    after = moment(addition(1, 9), addition(2, 0, company=101), closed={september: 3})
    assert changes(before, after, NAMES) == [
        "September 2026 closed for 2 companies",
        "September 2026 opened, Lakeside Library 0",
    ]


def test_quiet_tick_is_told_too() -> None:
    """A tick after which all is as before says so."""
    quiet = moment(addition(1, 9), closed={Month(2026, 8): 1})
    assert in_lines(changes(quiet, quiet, NAMES)) == "nothing changed"


def test_long_news_break_at_commas() -> None:
    """Lines keep within the width, and a name is not torn from its number."""
    told = in_lines([", ".join(f"Company number {each} 0 → {each}" for each in range(100, 120))])
    lines = told.splitlines()
    assert len(lines) > 1
    assert all(len(line) <= WIDTH for line in lines)
    assert all(line.endswith(",") for line in lines[:-1])


def test_table_has_a_line_for_every_company_and_month(shown: list[str]) -> None:
    """Eleven companies, three months each, billed or not, all within the width."""
    table = shown[2 : shown.index("")]
    assert len(table) == 11 * 3
    assert all(len(shown[1]) > 80 and len(line) <= WIDTH for line in shown)


def test_line_shows_the_count_and_its_addition(shown: list[str]) -> None:
    """One line has the active endpoints, the Addition with its dates, the record's state and the
    company's standing.
    """
    fox = next(line for line in shown if line.startswith("Fox Hollow Farm"))
    assert fox.split()[3:6] == ["Sep", "2026", "5"]
    assert fox.split()[7:] == ["5", "2026-09-15", "2026-09-30", "closed", "billing"]


def test_company_that_is_not_billed_shows_its_machines(shown: list[str]) -> None:
    """Its endpoints are there to be seen, without an Addition, and its standing says what is to be
    done.
    """
    cedar = next(line for line in shown if line.startswith("Cedar & Stone Architects"))
    assert cedar.split()[4:] == ["Sep", "2026", "11", "-", "-", "-", "-", "-", "needs", "set-up"]


@pytest.mark.parametrize(
    ("company", "reason"),
    [
        ("Blue Heron Brewing", "Blue Heron brewing"),
        ("Cedar & Stone Architects", "2 active agreements"),
        ("Riverside Chiropractic", "no monthly subscription"),
        ("Summit Peak IT", "partner"),
    ],
)
def test_reasons_are_given_below(shown: list[str], company: str, reason: str) -> None:
    """Every company that is not simply billed is explained, with since when."""
    below = " ".join(line.strip() for line in shown[shown.index("") :])
    told = below[below.index(f"{company}: ") :]
    assert "since 2026-" in told[:60]
    assert reason in told[:400]


@pytest.mark.parametrize("present", [PRESENT, date(2026, 12, 1), date(2026, 12, 31)], ids=str)
def test_a_month_is_invoiced_as_it_was_closed(present: date) -> None:
    """The first month's invoices bill what GravityZone counted to its end, and whoever is billed
    has nothing to be told.
    """
    demo = DemoWorld(present=present)
    demo.play()
    month = demo.months[0]
    expected = [each for each in demo.expected() if each.month == str(month)]
    lines = ", ".join(sorted(f"{each.company} {each.quantity}" for each in expected))
    names = {each.id: each.name for each in demo.scenario.connectwise.companies}
    assert billed(demo.invoices(), names) == [f"{month.label} invoiced in ConnectWise, {lines}"]
    standings = demo.ledger().standings.values()
    shown = [
        each.shown for each in standings if each.company_name in {one.company for one in expected}
    ]
    assert len(shown) == len(expected)
    assert {(cause.state, cause.notices) for cause in shown} == {(StandingState.BILLING, ())}


def test_notices_and_lost_additions_show() -> None:
    """A notice of a company that is billed is told; an Addition that is gone from ConnectWise is
    not shown as there.
    """
    demo = DemoWorld(present=PRESENT)
    demo.play()
    ledger, harbor = demo.ledger(), demo.addition("Harbor Dental", "2026-09")
    demo.world.connectwise.people.delete_addition(harbor.id)
    company_id = next(each.id for each in demo.companies() if each.name == "Harbor Dental")
    standing = ledger.standings[company_id]
    noticed = Cause(state=StandingState.BILLING, notices=("Its next invoice is dated the 15th.",))
    standings = {
        **ledger.standings,
        company_id: replace(standing, causes={of_record("2026-11"): noticed}),
    }
    text = report(
        demo.companies(), demo.additions(), replace(ledger, standings=standings), demo.months
    )
    assert "Harbor Dental: billing. Notice: Its next invoice is dated the 15th." in text
    assert next(line for line in text.splitlines() if line.startswith("Harbor Dental")).split()[
        4:7
    ] == [
        "18",
        str(harbor.id),
        "gone",
    ]


def test_unseen_company_is_shown_as_such() -> None:
    """A company that no tick has seen yet is in the table, and says so."""
    demo = DemoWorld(present=PRESENT)
    text = report(demo.companies(), demo.additions(), demo.ledger(), demo.months)
    assert "Harbor Dental: waiting. Tally has not seen it yet." in text
