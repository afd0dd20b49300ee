"""Moving to another account: with the ledger and without it, and two Tallies that run beside each
other.
"""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from simulators.clock import VirtualClock
from tally.domain.model.month import Month
from tally.domain.model.standing import StandingState
from testing.audit import audit
from testing.effects import Effects, Moment
from testing.world import Customer, World
from tests.functional.instants import gmt
from tests.functional.recovery_world import Backup, second_tally

OPENED, MOVED = gmt("2026-11-01 00:05"), gmt("2026-11-12 09:05")
CLOSE = (gmt("2026-12-01 00:05"), gmt("2026-12-02 00:05"))
WHO = {"by": "mira", "why": "agreed with the customer"}


@pytest.fixture
def old() -> World:
    """The account that is left: one customer by its name, and one that a person has linked."""
    return World(clock=VirtualClock(gmt("2026-11-01 00:00")))


@pytest.fixture
def harbor(old: World) -> Customer:
    customer = old.add_customer("Harbor Dental")
    old.check_in(customer, 4)
    old.play(OPENED)
    return customer


def test_moved_with_its_ledger(old: World, harbor: Customer) -> None:
    """SAFE-8: with a copy of the ledger the other account goes on: the same Additions, links and
    history.
    """
    lake = old.add_customer("Lakeside Library", connectwise_name="Lakeside Public Library")
    old.check_in(lake, 2)
    old.play(gmt("2026-11-05 09:05"))
    old.set_up().link(lake.id, lake.connectwise_id, **WHO)
    old.play(gmt("2026-11-05 09:20"))

    new = second_tally(old, Backup.of(old.ledger))
    for customer in (harbor, lake):
        new.check_in(customer, 1)
    new.play(MOVED, *CLOSE)
    for customer in (harbor, lake):
        assert audit(new, customer, "2026-11", closed=True) == []
        assert audit(new, customer, "2026-12") == []
    entry = new.ledger.link_history(lake.id)[-1]
    assert (entry.what, entry.by, entry.why) == ("tied", "mira", "agreed with the customer")


def test_moved_with_an_empty_ledger(old: World, harbor: Customer) -> None:
    """SAFE-8: without the old ledger the month's Additions are found, but what people said is not:
    a link is asked for anew.
    """
    lake = old.add_customer("Lakeside Library", connectwise_name="Lakeside Public Library")
    old.play(gmt("2026-11-05 09:05"))
    old.set_up().link(lake.id, lake.connectwise_id, **WHO)
    old.play(gmt("2026-11-05 09:20"))

    new = second_tally(old, first_month=Month(2026, 11))
    new.check_in(harbor, 1)
    new.play(MOVED, *CLOSE)
    assert audit(new, harbor, "2026-11", closed=True) == []
    assert audit(new, harbor, "2026-12") == []
    assert new.standing(lake).shown.state is StandingState.NEEDS_SETUP
    assert len(new.additions(lake)) == 1


def test_what_people_said_is_said_again_before_anything_is_written(
    old: World, harbor: Customer
) -> None:
    """SAFE-8: with `FirstMonth` ahead the first tick lists the customers and writes nothing; what
    is said then counts from the first write.
    """
    lake = old.add_customer("Lakeside Library", connectwise_name="Lakeside Public Library")
    mill = old.add_customer("Old Mill Bakery")
    old.play(gmt("2026-11-05 09:05"))
    old.set_up().link(lake.id, lake.connectwise_id, **WHO)
    old.set_up().exclude(mill.id, **WHO)
    old.play(gmt("2026-11-05 09:20"))

    new = second_tally(old, first_month=Month(2026, 12))
    new.check_in(harbor, 1)
    before = [new.additions(each) for each in (harbor, lake, mill)]
    new.play(MOVED)
    assert [new.additions(each) for each in (harbor, lake, mill)] == before
    new.set_up().link(lake.id, lake.connectwise_id, **WHO)
    new.set_up().exclude(mill.id, **WHO)

    new.first_month = Month(2026, 11)
    new.plan = new.planner()
    new.play(MOVED + timedelta(minutes=15), *CLOSE)
    for customer in (harbor, lake):
        assert audit(new, customer, "2026-11", closed=True) == []
        assert audit(new, customer, "2026-12") == []
    assert new.record(mill, "2026-11") is new.record(mill, "2026-12") is None
    assert new.additions(mill) == before[2]


@pytest.mark.parametrize(
    "with_ledger", [True, False], ids=["a copy of the ledger", "an empty ledger"]
)
def test_both_run(old: World, harbor: Customer, *, with_ledger: bool) -> None:
    """SAFE-8: where the old schedule was left on, each sees the other's count as the true one:
    nothing doubled, nothing held.
    """
    new = second_tally(old, Backup.of(old.ledger) if with_ledger else None)
    for day in range(12, 15):
        old.check_in(harbor, 1)
        for hour, tally in enumerate((old, new, new, old)):
            tally.play(gmt(f"2026-11-{day} 0{hour}:05"))
    for tick in CLOSE:
        old.play(tick)
        new.play(tick + timedelta(minutes=14))
    for tally in (old, new):
        assert audit(tally, harbor, "2026-11", closed=True) == []
        assert audit(tally, harbor, "2026-12") == []
        assert tally.standing(harbor).shown.state is StandingState.BILLING


def openings(moment: Moment | None = None) -> tuple[World, World, Customer, Effects]:
    """Both open December at once, the new one whole at a moment of the old one's job."""
    old = World(clock=VirtualClock(gmt("2026-11-30 00:00")))
    customer = old.add_customer("Harbor Dental")
    new = second_tally(old)
    old.ledger.begin_tick(CLOSE[0])
    new.ledger.begin_tick(CLOSE[0])
    old.tick(CLOSE[0])
    new.tick(CLOSE[0])
    effects = Effects(new.work, at=moment)
    old.work(deliver=old.worker(wrap=effects.wrap))
    return old, new, customer, effects


def every_moment() -> Iterator[Moment]:
    return openings()[3].moments


@pytest.mark.slow
def test_both_open_a_month_at_the_same_moment() -> None:
    """OPEN-1: two ledgers cannot keep two POSTs apart. What that doubles is held by both at the
    next look, and named.

    It takes the moment between one's look at the Additions and its POST: the reason why the old
    schedule is turned off first.
    """
    doubled = 0
    for moment in every_moment():
        old, new, customer, _ = openings(moment)
        made = len(old.additions(customer))
        assert made in {1, 2}
        old.check_in(customer, 3, at=gmt("2026-12-01 08:00"))
        for tally in (old, new):
            tally.play(gmt("2026-12-01 09:05"))
        standings = [tally.standing(customer).shown for tally in (old, new)]
        if made == 1:
            assert [each.state for each in standings] == [StandingState.BILLING] * 2
            assert old.additions(customer) == [(3, "2026-12-01", "2026-12-31")]
            continue
        doubled += 1
        assert [each.state for each in standings] == [StandingState.HELD] * 2
        assert all("Delete the copy" in each.reason for each in standings)
    assert doubled > 0
