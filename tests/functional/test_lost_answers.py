"""Writes to ConnectWise whose answer never comes, comes too late, or cannot be read."""

from datetime import timedelta

import pytest

from simulators.clock import VirtualClock
from simulators.faults import Fault, FaultKind, Garble
from tally.domain.model.month import Month
from tally.domain.model.standing import StandingState
from testing.audit import audit
from testing.world import Customer, World
from tests.functional.instants import gmt

FIRST = gmt("2026-11-01 00:00")
THIRD = gmt("2026-11-03 00:00")
QUARTER = timedelta(minutes=15)
POST, PATCH = "POST additions", "PATCH additions/{id}"
LAGS = [timedelta(0), timedelta(minutes=4, seconds=30)]
LOSSES = [
    Fault(kind=FaultKind.TIMEOUT_AFTER, times=1),
    Fault(kind=FaultKind.TIMEOUT_BEFORE, times=1),
    Fault(kind=FaultKind.STATUS, status=500, effect=True, times=1),
    Fault(kind=FaultKind.STATUS, status=500, effect=False, times=1),
    Fault(kind=FaultKind.STATUS, status=502, body="<html>Bad Gateway</html>", effect=True, times=1),
    Fault(kind=FaultKind.GARBLED, garble=Garble.TRUNCATED, times=1),
    Fault(kind=FaultKind.GARBLED, garble=Garble.EMPTY, times=1),
    Fault(kind=FaultKind.SLOW, seconds=60, times=1),
]


def named(fault: Fault) -> str:
    effect = {True: "-after", False: "-before", None: ""}[fault.effect]
    status = f"-{fault.status}" if fault.kind is FaultKind.STATUS else ""
    garble = f"-{fault.garble}" if fault.kind is FaultKind.GARBLED else ""
    return f"{fault.kind}{status}{garble}{effect}"


def on(operation: str, fault: Fault, **changes: object) -> Fault:
    fields = {name: getattr(fault, name) for name in Fault.__slots__}
    return Fault(**{**fields, "operation": operation, **changes})


@pytest.fixture(params=LAGS, ids=["no-lag", "lag"])
def world(request: pytest.FixtureRequest) -> World:
    world = World(clock=VirtualClock(FIRST - timedelta(days=1)), first_month=Month(2026, 11))
    world.connectwise.options.list_lag = request.param
    return world


@pytest.fixture
def harbor(world: World) -> Customer:
    """A customer with 12 machines."""
    customer = world.add_customer("Harbor Dental")
    world.check_in(customer, 12, at=FIRST)
    world.clock.set(FIRST)
    return customer


@pytest.fixture
def risen(world: World, harbor: Customer) -> Customer:
    """Opened at 12 on the 1st, at 17 from the 3rd on."""
    world.play(FIRST, THIRD - QUARTER)
    world.clock.set(THIRD)
    world.check_in(harbor, 5)
    return harbor


@pytest.mark.parametrize("loss", LOSSES, ids=named)
class TestPost:
    def test_same_job_comes_again(self, world: World, harbor: Customer, loss: Fault) -> None:
        """SAFE-2: a POST whose answer is lost is looked for once the lists must show it: one
        Addition, by the job itself.
        """
        world.connectwise.faults.add(on(POST, loss))
        world.play(FIRST)
        assert audit(world, harbor, "2026-11") == []
        assert world.standing(harbor).shown.state is StandingState.BILLING
        assert world.queue.dead == []

    def test_same_job_at_once(self, world: World, harbor: Customer, loss: Fault) -> None:
        """SAFE-2: the job delivered again at once, and again, neither looks nor posts before the
        settle time is over.
        """
        world.connectwise.faults.add(on(POST, loss))
        world.tick(FIRST)
        [message] = world.queue.receive()
        world.deliver(message, world.worker())
        before = world.connectwise.calls.count()
        for _ in range(3):
            world.queue.repeat(message)
            [again] = world.queue.receive()
            world.deliver(again, world.worker())
        assert world.connectwise.calls.count() == before
        world.work()
        assert audit(world, harbor, "2026-11") == []

    @pytest.mark.parametrize(
        "later", [timedelta(minutes=2), timedelta(minutes=5), timedelta(minutes=6)]
    )
    def test_by_the_next_tick(
        self, world: World, harbor: Customer, loss: Fault, later: timedelta
    ) -> None:
        """SAFE-2: the next tick's job, while the list may still lag or just after, makes no second
        Addition either.
        """
        world.connectwise.faults.add(on(POST, loss))
        world.tick(FIRST)
        world.work(until=timedelta(seconds=1))
        world.play(FIRST + later)
        assert audit(world, harbor, "2026-11") == []

    def test_job_is_lost_as_well(self, world: World, harbor: Customer, loss: Fault) -> None:
        """SAFE-2: with the job gone, the next tick finds the intent and goes on from it."""
        world.connectwise.faults.add(on(POST, loss))
        world.tick(FIRST)
        [message] = world.queue.receive()
        world.deliver(message, world.worker())
        world.queue.delete(message)
        world.play(FIRST + QUARTER)
        assert audit(world, harbor, "2026-11") == []

    def test_count_rises_meanwhile(self, world: World, harbor: Customer, loss: Fault) -> None:
        """SAFE-2, FOLLOW-1: what has risen while the answer was awaited is pushed to that one
        Addition.
        """
        world.connectwise.faults.add(on(POST, loss))
        world.tick(FIRST)
        world.work(until=timedelta(seconds=1))
        world.check_in(harbor, 4)
        world.work()
        world.play(FIRST + QUARTER)
        assert audit(world, harbor, "2026-11") == []

    def test_lost_again_and_again(self, world: World, harbor: Customer, loss: Fault) -> None:
        """SAFE-2: three POSTs lost in a row are still one Addition."""
        world.connectwise.faults.add(on(POST, loss, times=3))
        world.play(*(FIRST + number * QUARTER for number in range(5)))
        assert audit(world, harbor, "2026-11") == []


def test_another_agreement_is_the_one_by_the_next_tick(world: World, harbor: Customer) -> None:
    """SAFE-2, MATCH-3: what was never made on the agreement of then is made on the one of now, by
    the very next job.
    """
    world.connectwise.faults.add(on(POST, LOSSES[1]))
    world.tick(FIRST)
    [message] = world.queue.receive()
    world.deliver(message, world.worker())
    world.queue.delete(message)
    world.connectwise.people.cancel_agreement(harbor.agreement_id, on=FIRST.date())
    other = world.add_agreement(harbor.connectwise_id)
    world.play(FIRST + QUARTER)
    assert [
        (each.agreement_id, each.quantity) for each in world.connectwise.truth.made_by_api()
    ] == [(other, 12)]
    assert world.standing(harbor).shown.state is StandingState.BILLING


@pytest.mark.parametrize("times", [1, 7])
@pytest.mark.parametrize("loss", LOSSES, ids=named)
class TestPatch:
    def test_settles_by_itself(
        self, world: World, risen: Customer, loss: Fault, times: int
    ) -> None:
        """FOLLOW-1, SAFE-2: a PATCH whose answer is lost, once or often, ends at the right quantity
        and unheld.
        """
        world.connectwise.faults.add(on(PATCH, loss, times=times))
        world.play(*(THIRD + number * QUARTER for number in range(4)))
        assert audit(world, risen, "2026-11") == []
        assert world.standing(risen).shown.state is StandingState.BILLING

    def test_count_rises_meanwhile(
        self, world: World, risen: Customer, loss: Fault, times: int
    ) -> None:
        """FOLLOW-1: nor does a count that goes on rising bring a hold or a wrong number."""
        world.connectwise.faults.add(on(PATCH, loss, times=times))
        for number in range(6):
            world.clock.set(max(world.clock.now(), THIRD + number * QUARTER))
            world.check_in(risen, 1)
            world.tick(THIRD + number * QUARTER)
            world.work(until=timedelta(minutes=2))
            world.check_in(risen, 1)
            world.work(until=timedelta(minutes=11))
        world.play(THIRD + 6 * QUARTER, THIRD + 7 * QUARTER)
        assert audit(world, risen, "2026-11") == []


def test_no_connection(world: World, harbor: Customer) -> None:
    """SAFE-2: a POST that found no connection has not happened: no intent is left, and it is tried
    again within the tick.
    """
    world.connectwise.faults.add(Fault(kind=FaultKind.REFUSED, operation=POST, times=2))
    world.tick(FIRST)
    world.work(until=timedelta(seconds=5))
    record = world.record(harbor, "2026-11")
    assert record is not None
    assert record.lines == ()
    world.work()
    assert audit(world, harbor, "2026-11") == []
    assert world.standing(harbor).shown.state is StandingState.BILLING


def test_answer_lost_and_agreement_no_longer_the_one(world: World, harbor: Customer) -> None:
    """MATCH-3: a POST that did not arrive is not made up for where two agreements are candidates by
    now.
    """
    world.connectwise.faults.add(Fault(kind=FaultKind.TIMEOUT_BEFORE, operation=POST, times=1))
    world.tick(FIRST)
    [message] = world.queue.receive()
    world.deliver(message, world.worker())
    world.queue.delete(message)
    second = world.add_agreement(harbor.connectwise_id, name="Managed security, new")
    world.play(FIRST + QUARTER, FIRST + 2 * QUARTER)
    assert world.connectwise.truth.made_by_api() == []
    shown = world.standing(harbor).shown
    assert shown.state is StandingState.NEEDS_SETUP
    assert str(second) in shown.reason
    world.connectwise.people.cancel_agreement(second, gmt("2026-10-15 00:00").date())
    world.play(FIRST + 3 * QUARTER)
    assert audit(world, harbor, "2026-11") == []


def test_answer_lost_and_agreement_replaced(world: World, harbor: Customer) -> None:
    """MATCH-3, OPEN-1: a POST that did arrive is found on its agreement, even if another one is the
    customer's by now.
    """
    world.connectwise.faults.add(Fault(kind=FaultKind.TIMEOUT_AFTER, operation=POST, times=1))
    world.tick(FIRST)
    [message] = world.queue.receive()
    world.deliver(message, world.worker())
    world.queue.delete(message)
    world.connectwise.people.cancel_agreement(harbor.agreement_id, gmt("2026-11-01 00:00").date())
    world.add_agreement(harbor.connectwise_id, name="Managed security, new")
    world.play(FIRST + QUARTER, FIRST + 2 * QUARTER)
    assert len(world.connectwise.truth.made_by_api()) == 1
    assert audit(world, harbor, "2026-11") == []
