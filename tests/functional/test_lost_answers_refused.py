"""Writes to ConnectWise that it refuses: they have not happened, and are known not to have."""

from datetime import timedelta

import pytest

from simulators.faults import Fault, FaultKind
from tally.domain.model.standing import StandingState
from testing.audit import audit
from testing.scopes import of_record
from testing.world import Customer, World
from tests.functional.instants import gmt
from tests.functional.kinds_seen import CHANGED

FIRST = gmt("2026-11-01 00:00")
THIRD = gmt("2026-11-03 00:00")
QUARTER = timedelta(minutes=15)
POST, PATCH = "POST additions", "PATCH additions/{id}"
REFUSALS = [401, 403, 404, 409, 429]
pytestmark = pytest.mark.machines(12)


@pytest.fixture
def risen(world: World, harbor: Customer) -> Customer:
    """Opened at 12 on the 1st, at 17 from the 3rd on."""
    world.play(FIRST, THIRD - QUARTER)
    world.clock.set(THIRD)
    world.check_in(harbor, 5)
    return harbor


def posts(world: World) -> int:
    return world.connectwise.calls.count(POST)


def patches(world: World) -> int:
    return world.connectwise.calls.count(PATCH)


class TestRefusedContent:
    def test_post_is_tried_once(self, world: World, harbor: Customer) -> None:
        """SAFE-2: a POST refused with a 400 is tried once, not at every tick; the standing says
        what ConnectWise said.
        """
        world.connectwise.faults.add(Fault(kind=FaultKind.STATUS, operation=POST, status=400))
        world.play(*(FIRST + number * QUARTER for number in range(8)))
        assert posts(world) == 1
        shown = world.standing(harbor).shown
        assert shown.state is StandingState.NEEDS_SETUP
        assert "400" in shown.reason
        assert shown.since == FIRST
        assert world.queue.dead == []

    def test_post_is_tried_again_when_the_agreement_changed(
        self, world: World, harbor: Customer
    ) -> None:
        """SAFE-2: the refused POST is tried again, once, when somebody has changed the
        agreement.
        """
        world.connectwise.faults.add(
            Fault(kind=FaultKind.STATUS, operation=POST, status=400, times=2)
        )
        world.play(FIRST, FIRST + QUARTER)
        world.clock.advance(timedelta(minutes=1))
        world.connectwise.people.edit_agreement(
            harbor.agreement_id, {"name": "Managed security, revised"}
        )
        world.play(*(FIRST + number * QUARTER for number in range(2, 6)))
        assert posts(world) == 2
        world.clock.advance(timedelta(minutes=1))
        world.connectwise.people.edit_agreement(harbor.agreement_id, {"name": "Managed security"})
        world.play(*(FIRST + number * QUARTER for number in range(6, 9)))
        assert posts(world) == 3
        assert audit(world, harbor, "2026-11") == []
        assert world.standing(harbor).shown.state is StandingState.BILLING

    def test_post_is_tried_again_once_a_day(self, world: World, harbor: Customer) -> None:
        """SAFE-2: its cause is often outside the agreement, so it is tried once a day though
        nothing of that has changed.
        """
        world.connectwise.faults.add(
            Fault(kind=FaultKind.STATUS, operation=POST, status=400, times=2)
        )
        day = timedelta(days=1)
        world.play(FIRST, FIRST + QUARTER, FIRST + day, FIRST + day + QUARTER)
        assert posts(world) == 2
        assert world.standing(harbor).shown.state is StandingState.NEEDS_SETUP
        world.play(FIRST + 2 * day)
        assert posts(world) == 3
        assert audit(world, harbor, "2026-11") == []
        assert world.standing(harbor).shown.state is StandingState.BILLING

    def test_patch_is_tried_once_for_a_count(self, world: World, risen: Customer) -> None:
        """SAFE-2: a PATCH refused with a 400 is tried again when the count is another one, not at
        every tick.
        """
        world.connectwise.faults.add(
            Fault(kind=FaultKind.STATUS, operation=PATCH, status=400, times=2)
        )
        world.play(*(THIRD + number * QUARTER for number in range(4)))
        assert patches(world) == 1
        assert world.standing(risen).shown.state is StandingState.NEEDS_SETUP
        assert world.additions(risen) == [(12, "2026-11-01", "2026-11-30")]
        world.check_in(risen, 1)
        world.play(*(THIRD + number * QUARTER for number in range(4, 7)))
        assert patches(world) == 2
        world.check_in(risen, 1)
        world.play(THIRD + 7 * QUARTER)
        assert audit(world, risen, "2026-11") == []

    def test_patch_is_tried_again_when_the_agreement_changed(
        self, world: World, risen: Customer
    ) -> None:
        """SAFE-2: so it is when the agreement has been changed."""
        world.connectwise.faults.add(
            Fault(kind=FaultKind.STATUS, operation=PATCH, status=400, times=1)
        )
        world.play(THIRD, THIRD + QUARTER)
        world.clock.advance(timedelta(minutes=1))
        world.connectwise.people.edit_agreement(
            risen.agreement_id, {"name": "Managed security, revised"}
        )
        world.play(THIRD + 2 * QUARTER)
        assert patches(world) == 2
        assert audit(world, risen, "2026-11") == []

    def test_refused_patch_keeps_the_month_from_closing(
        self, world: World, risen: Customer
    ) -> None:
        """CLOSE-2: a month whose last quantity ConnectWise refuses does not close at another
        one.
        """
        world.connectwise.faults.add(Fault(kind=FaultKind.STATUS, operation=PATCH, status=400))
        world.play(THIRD, gmt("2026-12-02 00:00"), gmt("2026-12-02 00:15"), gmt("2026-12-03 00:00"))
        assert world.standing(risen).causes[of_record("2026-11")].state is StandingState.NEEDS_SETUP
        world.connectwise.faults.clear()
        world.clock.advance(timedelta(minutes=1))
        world.connectwise.people.edit_agreement(
            risen.agreement_id, {"name": "Managed security, revised"}
        )
        world.play(gmt("2026-12-03 00:15"))
        assert audit(world, risen, "2026-11", closed=True) == []


@pytest.mark.parametrize("status", REFUSALS)
class TestRefused:
    def test_post(self, world: World, harbor: Customer, status: int) -> None:
        """SAFE-2: a POST refused with another 4xx has not happened: the intent is cleared, the next
        tick tries again.
        """
        world.connectwise.faults.add(
            Fault(kind=FaultKind.STATUS, operation=POST, status=status, times=1)
        )
        world.tick(FIRST)
        world.work(until=timedelta(seconds=5))
        record = world.record(harbor, "2026-11")
        assert record is not None
        assert (record.lines, record.refusal, record.hold) == ((), None, None)
        shown = world.standing(harbor).shown
        assert shown.state is StandingState.FAILING
        assert str(status) in shown.reason
        world.play(FIRST + QUARTER)
        assert audit(world, harbor, "2026-11") == []
        assert posts(world) == 2
        assert world.standing(harbor).shown.state is StandingState.BILLING

    def test_post_for_hours(self, world: World, harbor: Customer, status: int) -> None:
        """SAFE-2: refused for hours, it is tried at each tick, never doubled, and failing since the
        first.
        """
        world.connectwise.faults.add(Fault(kind=FaultKind.STATUS, operation=POST, status=status))
        world.play(*(FIRST + number * QUARTER for number in range(12)))
        assert posts(world) >= 12
        assert world.standing(harbor).shown.since == FIRST
        world.connectwise.faults.clear()
        world.play(FIRST + 12 * QUARTER)
        assert audit(world, harbor, "2026-11") == []

    def test_patch(self, world: World, risen: Customer, status: int) -> None:
        """SAFE-2: a PATCH refused so leaves no intent, and the next tick tries again."""
        world.connectwise.faults.add(
            Fault(kind=FaultKind.STATUS, operation=PATCH, status=status, times=3)
        )
        world.tick(THIRD)
        world.work(until=timedelta(seconds=5))
        record = world.record(risen, "2026-11")
        assert record is not None
        assert record.newest is not None
        assert (record.claim, record.refusal, record.hold) == (None, None, None)
        assert world.standing(risen).shown.state is StandingState.FAILING
        world.play(THIRD + QUARTER, THIRD + 2 * QUARTER, THIRD + 3 * QUARTER)
        assert audit(world, risen, "2026-11") == []
        assert world.standing(risen).shown.state is StandingState.BILLING


def test_addition_deleted_while_its_patch_was_under_way(world: World, risen: Customer) -> None:
    """FOLLOW-3: an Addition that is gone by the time of the PATCH (404) is held, not made anew."""
    world.connectwise.faults.add(Fault(kind=FaultKind.STATUS, operation=PATCH, status=404))
    world.tick(THIRD)
    world.work(until=timedelta(seconds=5))
    [addition] = world.connectwise.truth.made_by_api()
    world.connectwise.people.delete_addition(addition.id)
    world.play(THIRD + QUARTER, THIRD + 2 * QUARTER)
    record = world.record(risen, "2026-11")
    assert record is not None
    assert record.hold is not None
    assert record.hold.kind in CHANGED
    assert posts(world) == 1
    assert world.standing(risen).shown.state is StandingState.HELD
