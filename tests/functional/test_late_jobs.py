"""Jobs that come hours or a month late, out of the dead-letter queue or from behind a backlog."""

from datetime import timedelta

import pytest

from simulators.faults import Fault, FaultKind
from tally.domain.model.standing import StandingState
from tally.domain.record.lines import LineState
from testing.audit import audit
from testing.queue import Message
from testing.world import Customer, World
from tests.functional.instants import every, gmt

FIRST = gmt("2026-11-01 00:00")
QUARTER = timedelta(minutes=15)
HOUR = timedelta(hours=1)
WRITES = ("POST additions", "PATCH additions/{id}")
pytestmark = pytest.mark.machines(12)


def writes(world: World) -> int:
    """Calls that change something in ConnectWise."""
    return sum(world.connectwise.calls.count(operation) for operation in WRITES)


def bury(world: World) -> list[Message]:
    """Let every job of the present tick fail until it is dead; give them."""
    world.gravityzone.faults.add(
        Fault(kind=FaultKind.STATUS, operation="getMonthlyUsage", status=500)
    )
    world.work(until=timedelta(hours=2))
    world.gravityzone.faults.clear()
    return list(world.queue.dead)


def redrive(world: World) -> None:
    world.queue.redrive()
    world.work(until=timedelta(minutes=1))


def test_failing_job_ends_in_the_dead_letter_queue(world: World, harbor: Customer) -> None:
    """SAFE-6: a job that fails every time is dead within the hour, and nothing was written."""
    world.tick(FIRST)
    started = world.clock.now()
    dead = bury(world)
    assert [str(message.job.month) for message in dead] == ["2026-11"]
    assert world.clock.now() - started <= HOUR
    assert writes(world) == 0
    assert world.standing(harbor).shown.state is StandingState.FAILING


def test_six_hours_late_after_newer_outcomes(world: World, harbor: Customer) -> None:
    """SAFE-4: redriven six hours late, a job older than the record's outcome is dropped."""
    world.tick(FIRST)
    bury(world)
    world.play(*(FIRST + number * HOUR for number in range(3, 7)))
    world.check_in(harbor, 3)
    before = writes(world), world.connectwise.calls.count()
    redrive(world)
    assert (writes(world), world.connectwise.calls.count()) == before
    world.play(FIRST + 7 * HOUR)
    assert audit(world, harbor, "2026-11") == []


def test_six_hours_late_and_first_of_all(world: World, harbor: Customer) -> None:
    """OPEN-7: six hours late is not too late to open the month, once."""
    world.tick(FIRST)
    bury(world)
    world.clock.set(FIRST + 6 * HOUR)
    redrive(world)
    world.play(FIRST + 6 * HOUR)
    assert audit(world, harbor, "2026-11") == []
    assert writes(world) == 1


def test_six_hours_late_across_the_end_of_the_month(world: World, harbor: Customer) -> None:
    """SAFE-4, CLOSE-1: a job of the last evening that comes on the 1st writes its own month's count
    to its own month.
    """
    world.play(FIRST)
    world.check_in(harbor, 2, at=gmt("2026-11-30 20:00"))
    world.tick(gmt("2026-11-30 20:00"))
    bury(world)
    world.check_in(harbor, 7, at=gmt("2026-12-01 00:10"))
    world.play(gmt("2026-12-01 00:30"))
    redrive(world)
    world.play(gmt("2026-12-01 02:00"), gmt("2026-12-02 00:00"))
    assert audit(world, harbor, "2026-11", closed=True) == []
    assert audit(world, harbor, "2026-12") == []


def test_a_month_late_after_the_close(world: World, harbor: Customer) -> None:
    """SAFE-4, CLOSE-4: a job of a month that has closed since touches nothing."""
    world.play(FIRST)
    world.tick(gmt("2026-11-05 00:00"))
    bury(world)
    world.check_in(harbor, 6)
    world.play(*every(timedelta(days=1), "2026-11-06 00:00", "2026-12-06 00:00"))
    calls = world.gravityzone.calls.count(), world.connectwise.calls.count()
    redrive(world)
    assert (world.gravityzone.calls.count(), world.connectwise.calls.count()) == calls
    assert audit(world, harbor, "2026-11", closed=True) == []
    assert audit(world, harbor, "2026-12") == []


def test_a_month_late_for_a_month_never_opened(world: World, harbor: Customer) -> None:
    """OPEN-7: a job that would have opened a month opens nothing a month later."""
    world.tick(FIRST)
    bury(world)
    world.connectwise.faults.add(
        Fault(kind=FaultKind.STATUS, operation="GET agreements", status=403)
    )
    world.play(*every(timedelta(days=2), "2026-11-02 00:00", "2026-12-11 00:00"))
    assert world.record(harbor, "2026-11") is None
    world.connectwise.faults.clear()
    redrive(world)
    assert writes(world) == 0
    world.play(gmt("2026-12-11 00:00"))
    assert world.record(harbor, "2026-11") is None
    assert world.additions(harbor) == [(0, "2026-12-01", "2026-12-31")]


@pytest.mark.parametrize(
    ("late", "opens"), [(timedelta(days=1), True), (timedelta(days=1, minutes=15), False)]
)
def test_a_day_late(world: World, harbor: Customer, late: timedelta, opens: bool) -> None:
    """OPEN-7: a job opens a month unless it is older than the newest tick by more than a day."""
    world.tick(FIRST)
    bury(world)
    world.gravityzone.faults.add(
        Fault(kind=FaultKind.STATUS, operation="getCompaniesList", status=500)
    )
    world.connectwise.faults.add(
        Fault(kind=FaultKind.STATUS, operation="GET agreements", status=500)
    )
    world.play(FIRST + late)
    world.gravityzone.faults.clear()
    world.connectwise.faults.clear()
    redrive(world)
    assert len(world.additions(harbor)) == opens


def test_late_job_after_the_agreement_was_cancelled(world: World, harbor: Customer) -> None:
    """OPEN-7, MATCH-3: a late job does not open on an agreement that was cancelled since."""
    world.tick(FIRST)
    bury(world)
    world.connectwise.people.cancel_agreement(harbor.agreement_id, gmt("2026-11-01 00:00").date())
    world.clock.set(FIRST + 6 * HOUR)
    redrive(world)
    assert writes(world) == 0


def test_late_job_of_a_company_without_licence_by_now(world: World, harbor: Customer) -> None:
    """READ-2, READ-3: a late job of a company that lost its licence since neither pushes nor holds
    the 0 it reads.
    """
    world.play(FIRST)
    world.tick(gmt("2026-11-05 00:00"))
    bury(world)
    world.gravityzone.tenant.change_subscription(harbor.id, 1)
    world.play(gmt("2026-11-05 06:00"))
    redrive(world)
    record = world.record(harbor, "2026-11")
    assert record is not None
    assert record.hold is None
    assert world.additions(harbor) == [(12, "2026-11-01", "2026-11-30")]


def test_backlog_plans_nothing_and_says_so(world: World) -> None:
    """SAFE-6: a tick that finds more than half a sweep waiting plans nothing and says so; the next
    one plans again.
    """
    customers = [world.add_customer(f"Customer {number}") for number in range(6)]
    for customer in customers:
        world.check_in(customer, 2)
    assert world.tick(FIRST).jobs == 6
    later = world.tick(FIRST + QUARTER)
    assert (later.jobs, later.backlog) == (0, 6)
    assert "6" in later.skipped
    assert world.queue.backlog() == 6
    world.work()
    caught_up = world.tick(FIRST + 2 * QUARTER)
    assert (caught_up.jobs, caught_up.skipped) == (6, "")
    world.work()
    assert [each for customer in customers for each in audit(world, customer, "2026-11")] == []


def test_backlog_of_half_a_sweep_is_none(world: World) -> None:
    """SAFE-6: with half a sweep or less waiting, or all of it in flight, a tick plans as ever."""
    for number in range(6):
        world.add_customer(f"Customer {number}")
    world.tick(FIRST)
    world.clock.advance(timedelta(seconds=5))
    for message in world.queue.receive(3):
        world.deliver(message, world.worker())
    assert world.tick(FIRST + QUARTER).jobs == 6
    world.clock.advance(timedelta(seconds=5))
    while world.queue.receive():
        pass
    assert world.queue.backlog() == 0
    assert world.tick(FIRST + QUARTER + timedelta(minutes=1)).jobs == 6


def test_jobs_are_spread_over_the_pace(world: World) -> None:
    """SAFE-6, design 3: jobs become visible no faster than GravityZone may be read."""
    for number in range(23):
        world.add_customer(f"Customer {number:02}")
    world.tick(FIRST)
    seen = []
    for second in range(6):
        world.clock.set(max(world.clock.now(), FIRST + timedelta(seconds=second)))
        seen.append(len(world.queue.receive(100)))
    assert sum(seen) == 23
    assert max(seen) <= 10


@pytest.mark.parametrize("seconds", [6, 45, 600, 7200])
@pytest.mark.parametrize("operation", ["getMonthlyUsage", "getLicenseInfo"])
def test_long_retry_after_of_gravityzone(
    world: World, harbor: Customer, operation: str, seconds: int
) -> None:
    """SAFE-6: a Retry-After longer than a few seconds is not waited for: the job is hidden for just
    that long.
    """
    world.gravityzone.faults.add(
        Fault(kind=FaultKind.THROTTLED, operation=operation, seconds=seconds, times=1)
    )
    world.tick(FIRST)
    [message] = world.queue.receive()
    before = world.clock.now()
    world.deliver(message, world.worker())
    assert world.clock.now() - before < timedelta(seconds=5)
    assert world.queue.next_change() == world.clock.now() + timedelta(seconds=seconds)
    assert world.gravityzone.calls.count(operation) == 1
    world.work(until=timedelta(seconds=seconds + 30))
    assert audit(world, harbor, "2026-11") == []


@pytest.mark.parametrize("operation", ["GET additions", "GET agreements/{id}", "POST additions"])
def test_long_retry_after_of_connectwise(world: World, harbor: Customer, operation: str) -> None:
    """SAFE-6: so it is with ConnectWise, at whichever call of the job."""
    world.tick(FIRST)
    world.connectwise.faults.add(
        Fault(kind=FaultKind.THROTTLED, operation=operation, seconds=45, times=1)
    )
    [message] = world.queue.receive()
    world.deliver(message, world.worker())
    assert world.queue.next_change() == world.clock.now() + timedelta(seconds=45)
    assert world.connectwise.calls.count(operation) == 1
    world.work()
    assert audit(world, harbor, "2026-11") == []


def test_short_retry_after_is_waited_for(world: World, harbor: Customer) -> None:
    """SAFE-6: a Retry-After of a few seconds is waited for on a read, within the job."""
    world.gravityzone.faults.add(
        Fault(kind=FaultKind.THROTTLED, operation="getMonthlyUsage", seconds=2, times=1)
    )
    world.play(FIRST)
    assert world.failures == []
    assert audit(world, harbor, "2026-11") == []


def test_job_that_comes_back_comes_back_once(world: World, harbor: Customer) -> None:
    """SAFE-2, SAFE-6: a job sent away until the settle time is over finds it over when it comes: no
    try is wasted.
    """
    world.play(FIRST)
    world.clock.set(FIRST + HOUR)
    world.check_in(harbor, 3)
    world.tick(FIRST + HOUR)
    world.connectwise.faults.add(
        Fault(kind=FaultKind.STATUS, operation="GET additions", status=403, times=1)
    )
    [message] = world.queue.receive()
    world.deliver(message, world.worker())
    world.queue.delete(message)
    world.queue.repeat(message)
    before = world.gravityzone.calls.count()
    world.work()
    assert world.gravityzone.calls.count() == before + 2
    assert world.queue.dead == []
    assert audit(world, harbor, "2026-11") == []


@pytest.mark.parametrize(
    ("taken_back", "state"), [(False, LineState.FROZEN), (True, LineState.OPEN)]
)
def test_an_old_copy_of_the_agreement_thaws_nothing(
    world: World, taken_back: bool, state: LineState
) -> None:
    """LATE-1, SAFE-4: a job that comes twice, hours late, does not take the line for writable
    because its copy is from before the invoice.
    """
    harbor = world.add_customer("Harbor Dental", fields={"nextInvoiceDate": "2026-12-01T00:00:00Z"})
    world.check_in(harbor, 7)
    world.play(FIRST)
    world.tick(gmt("2026-12-01 08:00"))
    messages = [each for each in world.queue.receive() if str(each.job.month) == "2026-11"]
    world.check_in(harbor, 2, at=gmt("2026-11-30 20:00"))
    world.clock.set(gmt("2026-12-01 09:00"))
    world.connectwise.people.run_invoice(harbor.agreement_id)
    worker = world.worker()
    for each in messages * 2:
        world.deliver(each, worker)
        record = world.record(harbor, "2026-11")
        assert record is not None
        assert record.newest is not None
        assert record.newest.state is LineState.FROZEN
    assert "no longer frozen" not in [each.what for each in world.ledger.history(record.key)]
    if taken_back:
        world.connectwise.people.edit_agreement(
            harbor.agreement_id, {"nextInvoiceDate": "2026-12-01T00:00:00Z"}
        )
    for each in messages:
        world.deliver(each, worker)
    record = world.record(harbor, "2026-11")
    assert record is not None
    assert record.newest is not None
    assert (record.newest.state, record.newest.pushed) == (state, 9 if taken_back else 7)
