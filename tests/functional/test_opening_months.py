"""Which months are opened at all: the first one ever, and the one that is over already."""

from datetime import date
from typing import Any

import pytest

from simulators.clock import VirtualClock
from simulators.faults import Fault, FaultKind
from tally.domain.model.month import Month
from tally.domain.model.standing import StandingState
from tally.domain.record.record_key import RecordKey
from testing.scopes import of_record
from testing.world import World
from tests.functional.instants import gmt

OCTOBER, NOVEMBER = ("2026-10-01", "2026-10-31"), ("2026-11-01", "2026-11-30")


def months(world: World) -> dict[str, list[tuple[int, str, str]]]:
    """Each company's Additions that we made, by the company's name."""
    made: dict[str, list[tuple[int, str, str]]] = {}
    for each in world.connectwise.truth.made_by_api():
        name = world.connectwise.tenant.companies.get(each.company_id)
        assert name is not None
        made.setdefault(name.fields["name"], []).append(
            (int(each.quantity), str(each.effective), str(each.cancelled))
        )
    return made


def test_the_first_month_is_the_first_ticks() -> None:
    """OPEN-8: nothing is billed for a month before the first tick, in which the MSP had billed by
    other means.
    """
    world = World(clock=VirtualClock(gmt("2026-11-03 08:00")))
    harbor = world.add_customer("Harbor Dental")
    world.check_in(harbor, 5, at=gmt("2026-10-20 08:00"))
    world.play(gmt("2026-11-03 08:00"), gmt("2026-11-03 08:15"))
    assert months(world) == {"Harbor Dental": [(0, *NOVEMBER)]}


def test_the_first_tick_is_remembered() -> None:
    """OPEN-8: a first tick that failed has been the first all the same; the ledger remembers its
    month.
    """
    world = World(clock=VirtualClock(gmt("2026-10-31 08:00")))
    harbor = world.add_customer("Harbor Dental")
    world.check_in(harbor, 5, at=gmt("2026-10-20 08:00"))
    world.connectwise.faults.add(Fault(kind=FaultKind.REFUSED))
    world.play(gmt("2026-10-31 08:00"))
    world.connectwise.faults.clear()
    world.play(gmt("2026-11-01 00:00"))
    assert months(world) == {"Harbor Dental": [(5, *OCTOBER), (0, *NOVEMBER)]}


def test_a_first_month_to_come_is_waited_for() -> None:
    """OPEN-8: with the setting, months before it are not billed; the standing says which one is the
    first, and when.
    """
    world = World(clock=VirtualClock(gmt("2026-11-03 08:00")), first_month=Month(2026, 12))
    harbor = world.add_customer("Harbor Dental")
    world.check_in(harbor, 2)
    world.play(gmt("2026-11-03 08:00"))
    assert months(world) == {}
    shown = world.standing(harbor).shown
    assert (shown.state, shown.until) == (StandingState.WAITING, gmt("2026-12-01 00:00"))
    assert "December 2026" in shown.reason
    world.play(gmt("2026-12-01 00:00"))
    assert months(world) == {"Harbor Dental": [(0, "2026-12-01", "2026-12-31")]}


def test_a_first_month_of_the_past_goes_back_one_month() -> None:
    """OPEN-8, OPEN-9: a setting of long ago opens the month before at the most, and that only until
    the 10th.
    """
    world = World(clock=VirtualClock(gmt("2026-11-09 23:45")), first_month=Month(2026, 1))
    harbor = world.add_customer("Harbor Dental")
    world.check_in(harbor, 4, at=gmt("2026-09-20 08:00"))
    world.check_in(harbor, 5, at=gmt("2026-10-20 08:00"))
    world.play(gmt("2026-11-09 23:45"), gmt("2026-11-10 00:00"))
    assert months(world) == {"Harbor Dental": [(5, *OCTOBER), (0, *NOVEMBER)]}


def late_agreement(made: str, **agreement: Any) -> World:  # noqa: ANN401 - as of World
    """Licensed and counted in October, with an agreement made in November only; one tick after
    that.
    """
    world = World(clock=VirtualClock(gmt("2026-10-15 08:00")))
    company = world.gravityzone.tenant.add_company("Harbor Dental")
    world.gravityzone.tenant.check_in_new(company, 5)
    connectwise = world.connectwise.people.add_company("HarborDental", "Harbor Dental")
    world.play(gmt("2026-10-15 08:00"), gmt("2026-10-31 23:45"), gmt("2026-11-01 00:00"))
    assert months(world) == {}
    world.add_agreement(connectwise, **agreement)
    world.play(gmt(made))
    return world


@pytest.mark.parametrize("made", ["2026-11-01 00:15", "2026-11-05 08:00", "2026-11-09 23:45"])
def test_an_agreement_made_late_opens_the_month_before(made: str) -> None:
    """OPEN-9: until the 10th the month before is opened for a company that was seen licensed in it;
    it closes at once.
    """
    world = late_agreement(made)
    assert months(world) == {"Harbor Dental": [(5, *OCTOBER), (0, *NOVEMBER)]}


def test_an_agreement_made_after_the_10th() -> None:
    """OPEN-9: from the 10th, 00:00 GMT, the month before is opened no more."""
    world = late_agreement("2026-11-10 00:00")
    assert months(world) == {"Harbor Dental": [(0, *NOVEMBER)]}


def test_an_agreement_that_did_not_run_then() -> None:
    """OPEN-9, MATCH-3: a past month goes by the agreement that ran on its last day; one made for
    the new month does not.
    """
    world = late_agreement("2026-11-05 08:00", start=date(2026, 11, 1))
    assert months(world) == {"Harbor Dental": [(0, *NOVEMBER)]}


def test_a_month_opened_late_is_closed_with_its_count() -> None:
    """OPEN-9, CLOSE-3: opened after its close was due, the month is read, opened, read back and
    closed in one job.
    """
    world = late_agreement("2026-11-05 08:00")
    closed = [
        record for record in world.ledger.all_open_records() if record.key.month == Month(2026, 10)
    ]
    assert [(record.state, record.count) for record in closed] == [("closed", 5)]


def whole_month_missed(world: World, tick: str) -> None:
    """Nothing ran in October; the first tick of all is this one."""
    world.check_in(world.add_customer("Harbor Dental"), 5, at=gmt("2026-10-20 08:00"))
    world.check_in(world.add_customer("Lakeside Library"), 2, at=gmt("2026-11-01 08:00"))
    world.play(gmt(tick))


def test_an_outage_over_the_whole_month() -> None:
    """OPEN-9: where no tick of the month succeeded, a company licensed now with a count for it is
    billed, one without is not.
    """
    world = World(clock=VirtualClock(gmt("2026-11-03 08:00")), first_month=Month(2026, 10))
    whole_month_missed(world, "2026-11-03 08:00")
    assert months(world) == {
        "Harbor Dental": [(5, *OCTOBER), (0, *NOVEMBER)],
        "Lakeside Library": [(2, *NOVEMBER)],
    }


def test_an_outage_of_more_than_the_month() -> None:
    """OPEN-9: back on the 10th, the missed month stays missed."""
    world = World(clock=VirtualClock(gmt("2026-11-10 00:00")), first_month=Month(2026, 10))
    whole_month_missed(world, "2026-11-10 00:00")
    assert months(world) == {
        "Harbor Dental": [(0, *NOVEMBER)],
        "Lakeside Library": [(2, *NOVEMBER)],
    }


def test_not_seen_licensed_in_a_month_that_was_seen() -> None:
    """OPEN-9: ticks of the month succeeded and did not see the company licensed: it is not billed
    for it now.
    """
    world = World(clock=VirtualClock(gmt("2026-10-15 08:00")))
    harbor = world.add_customer("Harbor Dental")
    world.gravityzone.tenant.change_subscription(harbor.id, 2)
    world.check_in(harbor, 5)
    world.play(gmt("2026-10-15 08:00"), gmt("2026-10-31 23:45"))
    world.gravityzone.tenant.change_subscription(harbor.id, 3)
    world.play(gmt("2026-11-01 00:00"), gmt("2026-11-03 00:00"))
    assert months(world) == {"Harbor Dental": [(0, *NOVEMBER)]}


def test_seen_licensed_and_not_any_more() -> None:
    """OPEN-9, READ-3: a company that lost its licence would be answered 0 for the month before: it
    is not opened.
    """
    world = late_agreement("2026-11-01 00:15", start=date(2026, 11, 1))
    (company,) = world.gravityzone.truth.companies()
    world.gravityzone.tenant.change_subscription(company.id, 2)
    (agreement,) = [each.fields["id"] for each in world.connectwise.tenant.agreements.current()]
    world.connectwise.people.edit_agreement(agreement, {"startDate": "2020-01-01T00:00:00Z"})
    world.play(gmt("2026-11-02 00:00"))
    assert [dates for dates in months(world)["Harbor Dental"] if dates[1:] == OCTOBER] == []


def test_a_settled_month_is_not_opened_again() -> None:
    """OPEN-1, OPEN-9: a month that is closed has its record; nothing about the days until the 10th
    opens it anew.
    """
    world = World(clock=VirtualClock(gmt("2026-10-01 00:00")))
    harbor = world.add_customer("Harbor Dental")
    world.check_in(harbor, 2)
    world.play(
        gmt("2026-10-01 00:00"),
        gmt("2026-11-02 00:00"),
        gmt("2026-11-05 00:00"),
        gmt("2026-11-09 23:45"),
    )
    assert months(world) == {"Harbor Dental": [(2, *OCTOBER), (0, *NOVEMBER)]}


@pytest.mark.parametrize("status", [400, 403])
def test_a_refused_month_is_not_lost(status: int) -> None:
    """OPEN-9, SAFE-2: what ConnectWise refused before the 10th waits for a person, and is opened
    when that is put right, also later.
    """
    world = World(clock=VirtualClock(gmt("2026-11-01 00:00")))
    harbor = world.add_customer("Harbor Dental")
    world.check_in(harbor, 3)
    world.connectwise.faults.add(
        Fault(kind=FaultKind.STATUS, operation="POST additions", status=status)
    )
    world.play(
        gmt("2026-11-01 00:00"),
        gmt("2026-12-01 00:00"),
        gmt("2026-12-10 00:00"),
        gmt("2026-12-11 00:00"),
    )
    cause = world.standing(harbor).causes[of_record("2026-11")]
    assert cause.state in (StandingState.NEEDS_SETUP, StandingState.FAILING)
    assert str(status) in cause.reason
    assert "in time" not in cause.reason
    world.connectwise.faults.clear()
    world.play(gmt("2026-12-12 00:00"))
    assert [each[:2] for each in world.additions(harbor)] == [(3, "2026-11-01"), (0, "2026-12-01")]
    assert world.standing(harbor).shown.state is StandingState.BILLING


def test_a_refused_month_that_nobody_wants_is_waived() -> None:
    """OPEN-6, OPEN-9: it waits as long as it takes; a person may say that it is not billed."""
    world = World(clock=VirtualClock(gmt("2026-11-01 00:00")))
    harbor = world.add_customer("Harbor Dental")
    world.connectwise.faults.add(
        Fault(kind=FaultKind.STATUS, operation="POST additions", status=400)
    )
    world.play(gmt("2026-11-01 00:00"), gmt("2026-12-20 00:00"))
    world.answers().waive(
        RecordKey(company_id=harbor.id, month=Month(2026, 11), service="endpoints"),
        by="ann",
        why="billed by hand",
    )
    world.connectwise.faults.clear()
    world.play(gmt("2026-12-21 00:00"))
    assert [each[1] for each in world.additions(harbor)] == ["2026-12-01"]
    assert world.standing(harbor).shown.state is StandingState.BILLING


def test_a_month_that_nobody_could_have_opened_is_lost() -> None:
    """OPEN-9: without an agreement until the 10th nothing was asked of ConnectWise: nothing is
    opened later, and that is told.
    """
    world = World(clock=VirtualClock(gmt("2026-11-01 00:00")))
    harbor = world.add_customer("Harbor Dental", fields={"cancelledFlag": True})
    world.play(gmt("2026-11-01 00:00"))
    world.connectwise.people.edit_agreement(harbor.agreement_id, {"cancelledFlag": False})
    world.play(gmt("2026-12-10 00:00"))
    assert [each[1] for each in world.additions(harbor)] == ["2026-12-01"]
    assert any(
        "November 2026 could not be opened in time" in each
        for each in world.standing(harbor).shown.notices
    )
