"""Once a GMT day an open record's Additions are looked at, whatever its count says."""

from collections import Counter
from datetime import timedelta

import pytest

from simulators.clock import VirtualClock
from simulators.faults import Fault, FaultKind
from tally.domain.model.standing import StandingState
from tally.errors import TallyError
from testing.world import Customer, World
from tests.functional.instants import gmt, ticks
from tests.functional.kinds_seen import CHANGED

pytestmark = pytest.mark.slow

OPENED = gmt("2026-11-01 00:05")
DAY = timedelta(days=1)
LOOK = "GET additions"


def a_world(*, customers: int = 1, **agreement: object) -> tuple[World, list[Customer]]:
    """Customers of ten machines each, all opened on the 1st."""
    world = World(clock=VirtualClock(OPENED))
    made = [world.add_customer(f"Customer {number}", **agreement) for number in range(customers)]
    for customer in made:
        world.check_in(customer, 10)
    world.play(OPENED)
    return world, made


def looks(world: World) -> int:
    """How many lists of Additions were read since the last count of them."""
    found = world.connectwise.calls.count(LOOK)
    world.connectwise.calls.clear()
    return found


def addition(world: World) -> int:
    """The id of the first Addition that we made."""
    return world.connectwise.truth.made_by_api()[0].id


def shown(world: World, customer: Customer) -> tuple[StandingState, str]:
    """The customer's standing."""
    found = world.standing(customer).shown
    return found.state, found.reason


def test_a_change_by_somebody_else_is_told_within_a_day() -> None:
    """FOLLOW-5: another program sets our line from 10 to 7, and the count does not move: it is held
    within a day.
    """
    world, (harbor,) = a_world()
    world.clock.set(gmt("2026-11-02 09:00"))
    world.connectwise.people.set_quantity(addition(world), 7, by="manageit")
    world.play(*ticks("2026-11-02 09:05", "2026-11-03 09:05"))
    state, reason = shown(world, harbor)
    assert state is StandingState.HELD
    assert "manageit" in reason
    assert "stands at 7, we left it at 10" in reason


@pytest.mark.parametrize(("every", "companies"), [(15, 5), (60, 16)])
def test_one_list_a_company_and_day_spread_over_the_day(every: int, companies: int) -> None:
    """FOLLOW-5: on a quiet day each company is looked at exactly once, not all of them at one tick,
    and nothing more is written.
    """
    world, customers = a_world(customers=companies)
    world.play(*ticks("2026-11-03 00:05", "2026-11-03 23:50", every=every))
    looks(world)
    at_ticks = []
    for at in ticks("2026-11-04 00:05", "2026-11-04 23:50", every=every):
        world.play(at)
        at_ticks.append(looks(world))
    assert sum(at_ticks) == len(customers)
    assert max(at_ticks) <= companies // 2
    assert {shown(world, each)[0] for each in customers} == {StandingState.BILLING}


def test_a_quiet_day_writes_no_more_than_the_readings_it_notes() -> None:
    """FOLLOW-5: the look is noted with a reading that is due to be noted: four writes a company and
    day, as without it.
    """
    world, (harbor,) = a_world()
    world.play(*ticks("2026-11-03 00:00", "2026-11-04 23:45", every=15))
    before = world.standing(harbor).version
    world.play(*ticks("2026-11-05 00:00", "2026-11-06 23:45", every=15))
    assert world.standing(harbor).version - before == 8


def test_once_a_day_is_enough_for_a_schedule_of_once_a_day() -> None:
    """FOLLOW-5: whenever in the day its one tick is, each of them looks."""
    world, customers = a_world(customers=20)
    for day in range(2, 8):
        looks(world)
        world.play(gmt(f"2026-11-0{day} 08:00"))
        assert looks(world) == len(customers)


def test_missed_ticks_are_made_up_for() -> None:
    """FOLLOW-5: after an outage of the schedule the first tick looks at whoever was not looked at
    since its time of day.
    """
    world, customers = a_world(customers=20)
    looks(world)
    world.play(gmt("2026-11-06 23:05"))
    assert looks(world) == len(customers)
    world.play(gmt("2026-11-06 23:15"))
    assert looks(world) == 0


def test_a_look_that_failed_is_made_up_for_on_the_same_day() -> None:
    """FOLLOW-5: ConnectWise is down as the look is due: it is looked at by the first tick that
    can.
    """
    world, (harbor,) = a_world()
    world.play(gmt("2026-11-03 23:45"))
    world.connectwise.people.set_quantity(addition(world), 7, by="manageit")
    world.connectwise.faults.add(Fault(kind=FaultKind.STATUS, status=500, operation=LOOK))
    world.play(*ticks("2026-11-04 00:00", "2026-11-04 23:00"))
    assert shown(world, harbor)[0] is StandingState.FAILING
    world.connectwise.faults.clear()
    world.play(gmt("2026-11-04 23:15"))
    assert shown(world, harbor)[0] is StandingState.HELD


def test_a_look_that_was_lost_is_made_up_for() -> None:
    """FOLLOW-5: the job that was to look never ran: the next tick's looks."""
    world, (harbor,) = a_world()
    world.connectwise.people.set_quantity(addition(world), 7, by="manageit")
    world.tick(gmt("2026-11-03 23:45"))
    while messages := world.queue.receive():
        for message in messages:
            world.queue.delete(message)
        world.clock.advance(timedelta(minutes=5))
    world.play(gmt("2026-11-04 00:15"))
    assert shown(world, harbor)[0] is StandingState.HELD


def test_a_tick_that_could_not_read_all_lists_looks_too() -> None:
    """FOLLOW-5: open records are looked at by their ids where the agreements cannot be listed, not
    once more at each tick of that day.
    """
    world, (harbor,) = a_world()
    world.play(gmt("2026-11-03 23:45"))
    looks(world)
    world.connectwise.faults.add(
        Fault(kind=FaultKind.STATUS, status=500, operation="GET agreements")
    )
    world.play(*ticks("2026-11-04 00:00", "2026-11-04 23:45", every=15))
    assert looks(world) == 1
    assert shown(world, harbor)[0] is not StandingState.HELD


def test_what_is_looked_at_for_a_change_is_not_looked_at_again() -> None:
    """FOLLOW-5: before a PATCH the Additions are listed in any case; that is the day's look where
    it was due.
    """
    world, (harbor,) = a_world()
    world.play(gmt("2026-11-02 23:45"))
    looks(world)
    world.check_in(harbor, 2)
    world.play(gmt("2026-11-03 23:45"))
    assert looks(world) == 1
    assert world.additions(harbor) == [(12, "2026-11-01", "2026-11-30")]
    world.play(gmt("2026-11-03 23:50"))
    assert looks(world) == 0


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Auckland", "America/Los_Angeles"])
def test_it_is_looked_at_late_on_the_last_day_before_the_next_invoice(zone: str) -> None:
    """FOLLOW-5: what somebody changes on the last day before an invoice is told before that day is
    over where the MSP bills.
    """
    day = {
        "UTC": "2026-11-15 00:00",
        "Pacific/Auckland": "2026-11-14 11:00",
        "America/Los_Angeles": "2026-11-15 08:00",
    }
    world = World(clock=VirtualClock(gmt("2026-11-01 13:05")), zone=zone)
    customers = [
        world.add_customer(f"Customer {number}", fields={"nextInvoiceDate": "2026-11-16T00:00:00Z"})
        for number in range(12)
    ]
    for each in customers:
        world.check_in(each, 10)
    world.play(gmt("2026-11-01 13:05"), *ticks("2026-11-12 00:05", "2026-11-14 10:05"))
    began = gmt(day[zone])
    world.play(
        *[
            began + timedelta(hours=hour, minutes=5)
            for hour in range(18)
            if began > world.clock.now()
        ]
    )
    for made in world.connectwise.truth.made_by_api():
        world.connectwise.people.set_quantity(made.id, 7, by="manageit")
    world.play(*[began + timedelta(hours=hour, minutes=5) for hour in range(18, 24)])
    assert {shown(world, each)[0] for each in customers} == {StandingState.HELD}


def test_a_hold_stays_what_it_is() -> None:
    """FOLLOW-5: a record that is held for its count is looked at as well, and a look that finds
    nothing lifts nothing.
    """
    world, (harbor,) = a_world()
    world.play(gmt("2026-11-02 23:45"))
    world.check_in(harbor, 5)
    world.play(gmt("2026-11-03 00:00"))
    assert world.additions(harbor)[0][0] == 15
    world.gravityzone.tenant.override_counter(harbor.id, "2026-11", "endpointMonthlyUsage", 3)
    world.play(gmt("2026-11-03 00:15"))
    held = world.record(harbor, "2026-11")
    assert held is not None
    assert held.hold is not None
    looks(world)
    world.play(gmt("2026-11-04 23:45"))
    assert looks(world) == 1
    assert world.record(harbor, "2026-11") == held
    world.connectwise.people.set_quantity(addition(world), 9, by="manageit")
    world.play(gmt("2026-11-05 23:45"))
    found = world.record(harbor, "2026-11")
    assert found is not None
    assert found.hold is not None
    assert found.hold.kind in CHANGED


def test_a_frozen_line_is_looked_at() -> None:
    """FOLLOW-5, LATE-1: a line that its invoice has taken is looked at like any other until its
    month closes.
    """
    world, (harbor,) = a_world(fields={"nextInvoiceDate": "2026-12-01T00:00:00Z"})
    world.connectwise.people.run_invoice(harbor.agreement_id)
    world.play(gmt("2026-11-03 23:45"))
    looks(world)
    world.connectwise.people.set_quantity(addition(world), 7, by="manageit")
    world.play(gmt("2026-11-04 23:45"))
    assert looks(world) == 1
    assert shown(world, harbor)[0] is StandingState.HELD


def test_both_open_months_and_each_service_are_looked_at() -> None:
    """FOLLOW-5: a look that fails for one record is made up for of that one, whatever became of the
    others.
    """
    world, (harbor,) = a_world()
    world.play(gmt("2026-11-30 23:45"), gmt("2026-12-01 00:05"))
    looks(world)
    seen: Counter[bytes] = Counter()
    for at in ticks("2026-12-01 01:05", "2026-12-01 23:05"):
        world.play(at)
        seen.update(call.path.encode() for call in world.connectwise.calls.of(LOOK))
        world.connectwise.calls.clear()
    assert sum(seen.values()) == 2
    assert shown(world, harbor)[0] is StandingState.BILLING


def test_two_ticks_that_race_tell_it_once() -> None:
    """FOLLOW-5, SAFE-4: where the jobs of two ticks both look, what they find is written once."""
    world, (harbor,) = a_world()
    world.connectwise.people.set_quantity(addition(world), 7, by="manageit")
    world.tick(gmt("2026-11-03 23:45"))
    waiting = list(world.queue.receive())
    world.tick(gmt("2026-11-04 00:00"))
    later = list(world.queue.receive())
    deliver = world.worker()
    for message in (*later, *waiting):
        world.deliver(message, deliver)
    found = world.record(harbor, "2026-11")
    assert found is not None
    history = world.ledger.history(found.key)
    assert [entry.what for entry in history].count("held: edited") == 1
    assert not [error for error in world.failures if not isinstance(error, TallyError)]
