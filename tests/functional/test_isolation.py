"""One company's trouble beside many that have none."""

from datetime import timedelta

import pytest

from simulators.faults import Fault, FaultKind, Garble
from tally.domain.model.standing import StandingState
from testing.audit import audit
from testing.world import Customer, World
from tests.functional.instants import every, gmt

FIRST = gmt("2026-11-01 00:00")
QUARTER = timedelta(minutes=15)
TROUBLES = [
    Fault(kind=FaultKind.STATUS, status=500),
    Fault(kind=FaultKind.TIMEOUT_BEFORE),
    Fault(kind=FaultKind.REFUSED),
    Fault(kind=FaultKind.GARBLED, garble=Garble.HTML),
]


@pytest.fixture
def crowd(world: World) -> list[Customer]:
    """51 customers with 1 to 51 machines."""
    customers = [world.add_customer(f"Customer {number:02}") for number in range(51)]
    for machines, customer in enumerate(customers, start=1):
        world.check_in(customer, machines)
    return customers


def add_trouble(world: World, fault: Fault, customer: Customer) -> None:
    """Let every call of a job for the customer fail: GravityZone's name its id, ConnectWise's its
    agreement.
    """
    for faults, text in (
        (world.gravityzone.faults, customer.id),
        (world.connectwise.faults, f"/agreements/{customer.agreement_id}/"),
    ):
        faults.add(Fault(kind=fault.kind, status=fault.status, garble=fault.garble, contains=text))


@pytest.mark.parametrize("fault", TROUBLES, ids=lambda fault: str(fault.kind))
def test_one_of_51_fails(world: World, crowd: list[Customer], fault: Fault) -> None:
    """SAFE-5, SAFE-6, SAFE-7: 50 are right within the tick; one is failing since then, its job in
    the dead-letter queue.
    """
    unlucky, *others = crowd
    add_trouble(world, fault, unlucky)
    world.play(FIRST)
    assert [each for customer in others for each in audit(world, customer, "2026-11")] == []
    assert {world.standing(customer).shown.state for customer in others} == {StandingState.BILLING}
    world.work(until=timedelta(hours=1))
    assert [message.job.company_id for message in world.queue.dead] == [unlucky.id]
    shown = world.standing(unlucky).shown
    assert (shown.state, shown.since) == (StandingState.FAILING, FIRST)
    assert unlucky.id in shown.reason
    assert world.record(unlucky, "2026-11") is None
    world.play(FIRST + timedelta(hours=2))
    assert world.standing(unlucky).shown.since == FIRST


def test_the_others_follow_on_time(world: World, crowd: list[Customer]) -> None:
    """SAFE-5: tick after tick the others' counts are followed within the tick, and the unlucky
    one's when it is well.
    """
    unlucky, *others = crowd
    world.play(FIRST)
    add_trouble(world, TROUBLES[0], unlucky)
    world.check_in(unlucky, 1)
    for tick in every(QUARTER, "2026-11-01 00:15", "2026-11-01 01:15"):
        world.clock.set(max(tick, world.clock.now()))
        world.check_in(others[0], 1)
        world.check_in(others[-1], 1)
        assert world.tick(tick).skipped == ""
        world.work()
        assert [each for customer in others for each in audit(world, customer, "2026-11")] == []
    assert world.standing(unlucky).shown.since == gmt("2026-11-01 00:15")
    world.gravityzone.faults.clear()
    world.connectwise.faults.clear()
    world.play(gmt("2026-11-01 03:00"))
    assert audit(world, unlucky, "2026-11") == []
    assert world.standing(unlucky).shown.state is StandingState.BILLING


@pytest.mark.parametrize("fault", TROUBLES, ids=lambda fault: str(fault.kind))
def test_trouble_at_connectwise_alone(world: World, crowd: list[Customer], fault: Fault) -> None:
    """SAFE-5, SAFE-7: so it is where only ConnectWise fails for one agreement, with effect or
    without.
    """
    unlucky = crowd[6]
    others = [customer for customer in crowd if customer is not unlucky]
    text = f"/agreements/{unlucky.agreement_id}/"
    world.connectwise.faults.add(
        Fault(kind=fault.kind, status=fault.status, garble=fault.garble, contains=text)
    )
    world.play(FIRST)
    assert [each for customer in others for each in audit(world, customer, "2026-11")] == []
    world.work(until=timedelta(hours=2))
    assert [message.job.company_id for message in world.queue.dead] in ([], [unlucky.id])
    world.play(FIRST + timedelta(hours=3))
    shown = world.standing(unlucky).shown
    assert (shown.state, shown.since) == (StandingState.FAILING, FIRST)
    assert text in shown.reason
    world.connectwise.faults.clear()
    world.work(until=timedelta(hours=2))
    world.play(FIRST + timedelta(hours=6))
    assert audit(world, unlucky, "2026-11") == []


@pytest.mark.parametrize("fault", TROUBLES, ids=lambda fault: str(fault.kind))
def test_standing_once_a_second_try_worked(
    world: World, crowd: list[Customer], fault: Fault
) -> None:
    """SAFE-7: a job that fails once and then works is billing as soon as it has worked, not failing
    until the next tick.
    """
    customer = crowd[3]
    world.play(FIRST, FIRST + QUARTER)
    world.gravityzone.faults.add(
        Fault(
            kind=fault.kind, status=fault.status, garble=fault.garble, contains=customer.id, times=3
        )
    )
    world.tick(FIRST + 2 * QUARTER)
    world.work(until=timedelta(seconds=20))
    assert world.standing(customer).shown.state is StandingState.FAILING
    world.work(until=timedelta(minutes=10))
    assert world.standing(customer).shown.state is StandingState.BILLING


def test_last_error_and_since_when(world: World, crowd: list[Customer]) -> None:
    """SAFE-7: while a company fails, since stays and the error is the last one; failing again later
    begins anew.
    """
    customer = crowd[0]
    world.play(FIRST)
    reasons = []
    for number, status in enumerate((500, 403, 502), start=1):
        world.gravityzone.faults.clear()
        world.gravityzone.faults.add(
            Fault(kind=FaultKind.STATUS, status=status, contains=customer.id)
        )
        world.play(FIRST + number * QUARTER)
        shown = world.standing(customer).shown
        assert (shown.state, shown.since) == (StandingState.FAILING, FIRST + QUARTER)
        assert f"HTTP {status}" in shown.reason
        reasons.append(shown.reason)
    assert len(set(reasons)) == 3
    world.gravityzone.faults.clear()
    world.play(FIRST + 5 * QUARTER)
    assert world.standing(customer).shown.state is StandingState.BILLING
    since = world.standing(customer).shown.since
    assert since is not None
    assert since > FIRST + QUARTER
    world.work(until=timedelta(hours=1))
    world.gravityzone.faults.add(Fault(kind=FaultKind.STATUS, status=500, contains=customer.id))
    world.play(FIRST + 12 * QUARTER)
    assert world.standing(customer).shown.since == FIRST + 12 * QUARTER


@pytest.mark.slow
def test_message_that_is_no_job(world: World, crowd: list[Customer]) -> None:
    """SAFE-5, SAFE-6: a message that is no job ends in the dead-letter queue, and delays nobody."""
    world.tick(FIRST)
    [message, *_] = world.queue.receive(1)
    world.queue.delete(message)
    broken = type(message)(
        id="x", body='{"tick": "yesterday"}', receipt="x 1", receives=1, sent=message.sent
    )
    world.queue.repeat(broken)
    world.queue.repeat(message)
    world.work()
    assert [each for customer in crowd for each in audit(world, customer, "2026-11")] == []
    assert [each.body for each in world.queue.dead] == [broken.body]
