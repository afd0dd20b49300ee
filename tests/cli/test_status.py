"""`tally status`: every company at a glance."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from testing.ledger import MemoryLedger
from tests.cli.console import Console
from tests.functional.instants import gmt
from tests.functional.services_world import EMAIL, setting, use, world_of

DECEMBER = gmt("2026-12-01 00:05")


@pytest.fixture
def console() -> Console:
    """One customer that is billed, one that is held, one that needs set-up, at the beginning of
    December.
    """
    console = Console()
    world = console.world
    billed, held = world.add_customer("Alder Florist"), world.add_customer("Harbor Dental")
    world.add_customer("Blue Heron Brewing", connectwise_name="Blue Heron brewing")
    world.check_in(billed, 4)
    world.check_in(held, 10)
    world.play(gmt("2026-11-01 00:05"))
    world.clock.set(DECEMBER)
    world.check_in(billed, 5)
    world.check_in(held, 90)
    world.play(DECEMBER)
    return console


def test_each_company_has_one_line(console: Console) -> None:
    """The month's count, what is billed, the Addition, the standing and within what time it was
    last read stand on one line.
    """
    console.world.clock.advance(timedelta(hours=3))
    lines = console.done("status").out.splitlines()
    assert lines[0].split() == [
        "Company",
        "Count",
        "Billed",
        "Addition",
        "Standing",
        "Read",
        "within",
    ]
    assert lines[1].split() == ["Alder", "Florist", "5", "5", "3", "billing", "4h"]
    assert lines[2].split() == ["Blue", "Heron", "Brewing", "-", "-", "-", "needs", "set-up", "-"]
    assert lines[3].split() == ["Harbor", "Dental", "90", "-", "-", "held", "4h"]
    assert lines[5] == (
        "December 2026: 3 companies (1 held, 1 needs set-up, 1 billing); counted 95, billed 5; "
        "newest tick 3h ago."
    )


def test_a_standing_has_its_sentence(console: Console) -> None:
    """SAFE-7: nothing is skipped silently: what is not billing says why, below the table."""
    out = console.done("status").text
    assert (
        "Harbor Dental: held since 2026-12-01. GravityZone counts 90 active endpoints for Harbor "
        "Dental"
    ) in out
    assert (
        "Blue Heron Brewing: needs set-up since 2026-11-01. No ConnectWise company is named exactly"
        in out
    )


@pytest.mark.parametrize(
    ("options", "names"),
    [
        (("--standing", "held"), ["Harbor Dental"]),
        (
            ("--standing", "held", "--standing", "needs-set-up"),
            ["Blue Heron Brewing", "Harbor Dental"],
        ),
        (("--name", "heron"), ["Blue Heron Brewing"]),
        (("--service", "endpoints"), ["Alder Florist", "Harbor Dental"]),
        (("--month", "2026-11", "--service", "endpoints"), ["Alder Florist", "Harbor Dental"]),
        (("--standing", "failing"), []),
    ],
)
def test_filters(console: Console, options: tuple[str, ...], names: list[str]) -> None:
    """Filters by standing, name, month and service; totals are of what is shown."""
    document = console.done("status", *options, "--json").json
    assert [each["name"] for each in document["companies"]] == names
    assert document["totals"]["companies"] == len(names)


def test_an_earlier_month(console: Console) -> None:
    """A month of before is shown with what it stands at."""
    document = console.done("status", "--month", "2026-11", "--json").json
    assert document["month"] == "2026-11"
    assert [each["records"][0]["billed"] for each in document["companies"] if each["records"]] == [
        4,
        10,
    ]


def test_the_document_has_what_the_table_has(console: Console) -> None:
    """`--json`: one document with stable keys."""
    document = console.done("status", "--json").json
    held = document["companies"][2]
    assert set(document) == {"month", "at", "newest_tick", "pulse", "companies", "totals"}
    assert document["pulse"] == "unproven"
    assert set(held) == {
        "id",
        "name",
        "standing",
        "last_reading",
        "last_reading_age_seconds",
        "connectwise",
        "records",
    }
    assert (held["standing"]["state"], held["records"][0]["hold"]["quantity"]) == ("held", 90)
    assert document["totals"] == {
        "companies": 3,
        "standings": {"failing": 0, "held": 1, "needs set-up": 1, "waiting": 0, "billing": 1},
        "records": 2,
        "held": 1,
        "count": 95,
        "billed": 5,
    }


def test_what_is_no_standing_and_no_month_is_said(console: Console) -> None:
    """A usage error is exit code 2 and one line that says what there is."""
    assert console.refused("status", "--standing", "broken") == (
        "tally: 'broken' is no standing: there are billing, waiting, needs-set-up, held, failing."
    )
    assert "is not a month: write it as yyyy-mm" in console.refused("status", "--month", "November")


def test_services_of_a_company_have_a_line_each() -> None:
    """READ-6: each service of a company has its own line, named; the standing stands once."""
    console = Console(world=world_of(setting(email=EMAIL)))
    customer = console.world.add_customer("Alder Florist")
    console.world.check_in(customer, 2)
    use(console.world, customer, "emailSecurityMonthlyUsage", 1)
    console.world.play(gmt("2026-11-01 00:05"))
    lines = console.done("status").out.splitlines()
    assert lines[1].split()[:5] == ["Alder", "Florist", "(email)", "1", "1"]
    assert lines[2].split()[:5] == ["Alder", "Florist", "(endpoints)", "3", "3"]
    assert (lines[1].count("billing"), lines[2].count("billing")) == (1, 0)
    assert console.done("status", "--service", "email", "--json").json["totals"]["billed"] == 1


class Counting:
    """A ledger whose calls are counted."""

    def __init__(self, ledger: MemoryLedger) -> None:
        self._ledger = ledger
        self.calls: Counter[str] = Counter()

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the ledger has
        self.calls[name] += 1
        return getattr(self._ledger, name)


@pytest.mark.slow
@pytest.mark.no_cover
def test_two_thousand_companies_take_no_time(
    thousands: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever their number, the ledger's index is read once: none of 2,000 companies is asked for
    by itself.
    """
    ledger = Counting(thousands.world.ledger)
    monkeypatch.setattr(thousands.world, "ledger", ledger)
    out = thousands.done("status").out
    assert not [
        name
        for name, times in ledger.calls.items()
        if times > (2 if name == "all_settled_records" else 1)
    ]
    assert len(out.splitlines()) == 2003
    assert "2000 companies (2000 billing); counted 2000, billed 2000" in out
