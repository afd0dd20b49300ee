"""The licence is checked on the last day of the month before, so that an opening asks but once."""

from datetime import timedelta

import pytest

from simulators.clock import VirtualClock
from simulators.faults import Fault, FaultKind
from tally.domain.model.standing import StandingState
from testing.world import Customer, World
from tests.functional.instants import gmt, ticks

pytestmark = pytest.mark.slow

OPENED = gmt("2026-11-01 00:05")
LICENCE, USAGE = "getLicenseInfo", "getMonthlyUsage"
TRIAL = 5


def a_world(*, customers: int = 1, zone: str = "UTC") -> tuple[World, list[Customer]]:
    """Customers of ten machines each, all opened in November."""
    world = World(clock=VirtualClock(OPENED), zone=zone)
    made = [world.add_customer(f"Customer {number}") for number in range(customers)]
    for customer in made:
        world.check_in(customer, 10)
    world.play(OPENED + timedelta(hours=12))
    world.gravityzone.calls.clear()
    return world, made


def asked(world: World, operation: str = LICENCE) -> int:
    """How many such calls were made since the last count of them."""
    found = world.gravityzone.calls.count(operation)
    world.gravityzone.calls.clear()
    return found


def opened(world: World, customers: list[Customer], month: str = "2026-12") -> list[Customer]:
    """Those whose month has a line."""
    records = [(each, world.record(each, month)) for each in customers]
    return [each for each, record in records if record is not None and record.lines]


@pytest.mark.parametrize(("every", "customers"), [(15, 6), (60, 20)])
def test_each_licence_is_checked_once_spread_over_the_last_day(every: int, customers: int) -> None:
    """READ-3: on the last GMT day of a month each company's licence is asked for once, not all at
    one tick, and on no other day.
    """
    world, made = a_world(customers=customers)
    world.play(*ticks("2026-11-29 00:05", "2026-11-29 23:50", every=every))
    assert asked(world) == 0
    at_ticks = []
    for at in ticks("2026-11-30 00:05", "2026-11-30 23:50", every=every):
        world.play(at)
        at_ticks.append(asked(world))
    assert sum(at_ticks) == len(made)
    assert max(at_ticks) <= customers // 2


@pytest.mark.parametrize(
    ("zone", "first"),
    [
        ("UTC", "2026-12-01 00:05"),
        ("Pacific/Auckland", "2026-12-01 00:05"),
        ("America/Los_Angeles", "2026-12-01 08:05"),
    ],
)
def test_an_opening_is_one_licensing_call(zone: str, first: str) -> None:
    """READ-3: with its licence seen within the last 24 hours, an opening asks for the count alone,
    wherever the MSP bills.
    """
    world, customers = a_world(customers=20, zone=zone)
    world.play(*ticks("2026-11-30 00:05", "2026-12-01 07:05"))
    world.play(gmt("2026-12-01 07:10"))
    if gmt(first) < gmt("2026-12-01 07:10"):
        assert len(opened(world, customers)) == 20
        assert asked(world) == 20, "the checks, and nothing else"
        return
    assert opened(world, customers) == []
    assert asked(world) == 20
    world.play(gmt(first))
    assert asked(world) == 0
    assert len(opened(world, customers)) == 20


def test_a_licence_seen_a_day_before_is_asked_for_again() -> None:
    """READ-3: what was seen more than 24 hours ago is no longer believed; the opening asks."""
    world, customers = a_world(customers=10)
    world.play(*ticks("2026-11-30 00:05", "2026-11-30 23:05"))
    asked(world)
    world.play(gmt("2026-12-01 23:10"))
    assert asked(world) == len(opened(world, customers)) == 10


def test_one_that_is_on_trial_by_then_is_asked_for_and_not_opened() -> None:
    """READ-3: a check that finds no paid monthly licence permits nothing: the opening asks, and the
    trial is not billed.
    """
    world, (harbor,) = a_world()
    world.gravityzone.tenant.change_subscription(harbor.id, TRIAL)
    world.play(*ticks("2026-11-30 00:05", "2026-12-01 00:05"))
    assert world.standing(harbor).seen_monthly is None
    assert opened(world, [harbor]) == []
    shown = world.standing(harbor).shown
    assert (shown.state, "trial" in shown.reason) == (StandingState.WAITING, True)
    world.gravityzone.tenant.change_subscription(harbor.id, 3)
    world.play(gmt("2026-12-01 00:20"))
    assert opened(world, [harbor]) == [harbor]


def test_one_that_lost_its_licence_since_the_check_is_not_opened() -> None:
    """READ-3: GravityZone's list of the tick is needed beside what was seen the day before."""
    world, (harbor,) = a_world()
    world.play(*ticks("2026-11-30 00:05", "2026-11-30 23:05"))
    assert world.standing(harbor).seen_monthly is not None
    world.gravityzone.tenant.change_subscription(harbor.id, 2)
    world.play(gmt("2026-12-01 00:05"))
    assert opened(world, [harbor]) == []


def test_a_check_that_fails_stops_nothing_and_is_made_up_for() -> None:
    """READ-3, SAFE-5: the day's counts are pushed whatever becomes of the check; the next tick's
    job asks again.
    """
    world, (harbor,) = a_world()
    world.gravityzone.faults.add(Fault(kind=FaultKind.STATUS, status=500, operation=LICENCE))
    world.check_in(harbor, 2, at=gmt("2026-11-30 22:00"))
    world.play(gmt("2026-11-30 23:05"))
    assert world.additions(harbor)[0][0] == 12
    assert world.standing(harbor).shown.state is StandingState.BILLING
    assert world.standing(harbor).seen_monthly is None
    world.gravityzone.faults.clear()
    world.play(gmt("2026-11-30 23:20"))
    assert world.standing(harbor).seen_monthly == gmt("2026-11-30 23:20")


def test_without_a_check_the_opening_asks() -> None:
    """READ-3: after an outage over the last day it is as if nobody had been checked."""
    world, customers = a_world(customers=3)
    world.play(gmt("2026-12-01 00:05"))
    assert asked(world) == len(opened(world, customers)) == 3


def test_who_is_excluded_is_not_checked() -> None:
    """READ-3: a company that is not to be billed in the month that comes needs no licence."""
    world, (harbor,) = a_world()
    world.set_up().exclude(harbor.id, by="anna", why="test")
    world.play(*ticks("2026-11-30 00:05", "2026-11-30 23:05"))
    assert asked(world) == 0


def test_the_check_is_at_most_one_more_write() -> None:
    """READ-3: it is noted with the standing, once, and moves the next note of a reading on."""
    world, (harbor,) = a_world()
    versions = [world.standing(harbor).version]
    for day in (28, 29, 30):
        world.play(*ticks(f"2026-11-{day} 00:00", f"2026-11-{day} 23:45", every=15))
        versions.append(world.standing(harbor).version)
    usual, last = versions[2] - versions[1], versions[3] - versions[2]
    assert usual <= last <= usual + 1


def test_a_job_alone_is_not_believed() -> None:
    """SAFE-9: only the ledger's own standing spares the question; a job that was made to check says
    nothing of the licence.
    """
    world, (harbor,) = a_world()
    world.tick(gmt("2026-12-01 00:05"))
    world.gravityzone.tenant.change_subscription(harbor.id, TRIAL)
    deliver = world.worker()
    for message in world.queue.receive():
        body = message.job.model_copy(update={"check_licence": True}).model_dump_json()
        world.deliver(message._replace(body=body), deliver)
    assert opened(world, [harbor]) == []
