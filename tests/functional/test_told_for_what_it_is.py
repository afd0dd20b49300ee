"""What people do to agreements, Additions and invoices is told for what it is, when it is seen."""

from datetime import date
from typing import Any

import pytest

from simulators.clock import VirtualClock
from tally.domain.model.invoicing import LateUsage
from tally.domain.model.standing import Standing, StandingState
from tally.domain.record.lines import LineState
from tally.domain.record.usage_record import RecordState, UsageRecord
from testing.world import Customer, World
from tests.functional.instants import gmt
from tests.functional.kinds_seen import CHANGED

FIRST, SECOND, THIRD = gmt("2026-11-05 08:00"), gmt("2026-11-16 08:00"), gmt("2026-11-17 08:00")
CLOSE, AFTER = gmt("2026-12-02 00:05"), gmt("2026-12-02 01:05")


def a_world(**settings: Any) -> tuple[World, Customer]:  # noqa: ANN401 - the policy's own
    world = World(clock=VirtualClock(FIRST), settings=settings)
    harbor = world.add_customer("Harbor Dental", fields={"nextInvoiceDate": "2026-12-01T00:00:00Z"})
    world.check_in(harbor, 12)
    return world, harbor


def november(world: World, customer: Customer) -> UsageRecord:
    """The month's record."""
    record = world.record(customer, "2026-11")
    assert record is not None
    return record


def told(standing: Standing) -> str:
    """Everything that it says."""
    return " ".join([standing.shown.reason, *standing.shown.notices])


class TestDateCancelled:
    def test_it_is_said_of_a_month_that_is_not_opened(self) -> None:
        """MATCH-3: a cancelled date in the past counts without its flag, and what to do about it is
        said.
        """
        world, harbor = a_world()
        world.connectwise.people.edit_agreement(
            harbor.agreement_id, {"dateCancelled": "2026-10-15T00:00:00Z"}
        )
        world.play(FIRST)
        shown = world.standing(harbor).shown
        assert shown.state is StandingState.NEEDS_SETUP
        assert (
            "dated cancelled 2026-10-15 though not marked as cancelled: clear that date if it runs"
            in shown.reason
        )

    def test_it_is_said_of_a_month_that_stands(self) -> None:
        """LATE-1: an Addition that is left as it is for such a date has a notice; cleared, it
        follows the count again.
        """
        world, harbor = a_world()
        world.play(FIRST)
        world.connectwise.people.edit_agreement(
            harbor.agreement_id, {"dateCancelled": "2026-11-15T00:00:00Z"}
        )
        world.play(SECOND)
        assert "dated cancelled 2026-11-15 though not marked" in told(world.standing(harbor))
        assert "Addition 1 stays at 12" in told(world.standing(harbor))
        world.clock.set(gmt("2026-11-16 12:00"))
        world.connectwise.people.edit_agreement(harbor.agreement_id, {"dateCancelled": None})
        world.check_in(harbor, 1)
        world.play(THIRD)
        assert world.additions(harbor)[0][0] == 13


class TestOffboarding:
    @pytest.fixture
    def left(self) -> tuple[World, Customer]:
        """A customer who left on the 15th: the agreement was cancelled, and its Additions with
        it.
        """
        world, harbor = a_world()
        world.play(FIRST)
        world.clock.set(gmt("2026-11-15 10:07"))
        world.connectwise.people.offboard(harbor.agreement_id, date(2026, 11, 15), by="mkeller")
        return world, harbor

    def test_it_is_told(self, left: tuple[World, Customer]) -> None:
        """FOLLOW-3, LATE-1: it is told as what it is, by whom and when, and may be left so: the
        month then closes with what stands.
        """
        world, harbor = left
        world.play(SECOND, CLOSE)
        record = november(world, harbor)
        assert record.hold is not None
        for each in (
            f"Addition 1 was cancelled together with its agreement (id {harbor.agreement_id})",
            "by mkeller on 2026-11-15 10:07",
            "until 2026-11-15",
            "12",
        ):
            assert each in record.hold.why
        world.answers().reject(record.key, by="ann", why="they left")
        world.play(AFTER)
        record = november(world, harbor)
        assert (record.state, record.stands, record.hold) == (RecordState.CLOSED, 12, None)

    def test_it_is_told_of_a_line_that_still_follows(self) -> None:
        """FOLLOW-3: seen before the agreement's end was, it is the same word, and asked once."""
        world, harbor = a_world()
        world.play(FIRST)
        world.clock.set(gmt("2026-11-16 07:00"))
        world.check_in(harbor, 1)
        world.tick(SECOND)
        world.connectwise.people.offboard(harbor.agreement_id, date(2026, 11, 15), by="mkeller")
        world.work()
        record = november(world, harbor)
        assert record.hold is not None
        assert record.newest is not None
        assert record.newest.state is LineState.OPEN
        assert "was cancelled together with its agreement" in record.hold.why
        world.answers().reject(record.key, by="ann", why="they left")
        world.play(THIRD, CLOSE, AFTER)
        assert november(world, harbor).stands == 12
        assert "cancelled together" not in told(world.standing(harbor))


class TestCopies:
    def test_on_the_same_agreement(self) -> None:
        """OPEN-1, FOLLOW-3: a copy is told from ours, with who made it; deleted it holds nothing
        any more.
        """
        world, harbor = a_world()
        world.play(FIRST)
        world.clock.set(gmt("2026-11-15 10:07"))
        copy = world.connectwise.people.copy_addition(1, by="mkeller")
        world.check_in(harbor, 1)
        world.play(SECOND)
        record = november(world, harbor)
        assert record.hold is not None
        assert record.hold.kind in CHANGED
        assert f"Addition {copy} (quantity 12" in record.hold.why
        for each in (
            "by mkeller on 2026-11-15 10:07",
            "is a copy of ours, Addition 1 (",
            "both would be billed",
        ):
            assert each in record.hold.why
        world.connectwise.people.set_quantity(copy, 0)
        world.play(THIRD)
        assert world.standing(harbor).shown.state is StandingState.HELD
        world.connectwise.people.delete_addition(copy)
        world.play(gmt("2026-11-18 08:00"))
        assert [each[0] for each in world.additions(harbor)] == [13]
        assert world.standing(harbor).shown.state is StandingState.BILLING

    @pytest.mark.parametrize("when", ["push", "close"])
    def test_with_its_agreement(self, when: str) -> None:
        """FOLLOW-3: an agreement that is copied takes its Additions along: both would be billed, so
        it is held, with where they stand.
        """
        world, harbor = a_world()
        world.play(FIRST)
        world.clock.set(gmt("2026-11-15 10:07"))
        twin = world.connectwise.people.double_agreement(
            harbor.agreement_id, with_additions=True, by="mkeller"
        )
        if when == "push":
            world.check_in(harbor, 1)
        world.play(SECOND if when == "push" else CLOSE)
        record = november(world, harbor)
        assert record.hold is not None
        assert f"on agreement {twin}" in record.hold.why
        assert "is a copy of ours, Addition 1 (" in record.hold.why
        world.connectwise.people.delete_agreement(twin)
        world.play(THIRD if when == "push" else AFTER)
        assert november(world, harbor).hold is None

    def test_of_a_line_that_can_carry_no_more(self) -> None:
        """LATE-1, FOLLOW-3: so it is with a line that has been invoiced."""
        world, harbor = a_world()
        world.play(FIRST)
        world.connectwise.people.run_invoice(harbor.agreement_id, by="books")
        world.play(SECOND)
        twin = world.connectwise.people.double_agreement(
            harbor.agreement_id, with_additions=True, by="mkeller"
        )
        world.play(CLOSE)
        record = november(world, harbor)
        assert record.hold is not None
        assert "is a copy of ours, Addition 1 (" in record.hold.why
        world.connectwise.people.delete_agreement(twin)
        world.play(AFTER)
        assert november(world, harbor).state is RecordState.CLOSED


class TestInvoices:
    def test_one_that_is_deleted(self) -> None:
        """LATE-1: where an invoice is deleted the line follows the count again, and that is told,
        until the close and after it.
        """
        world, harbor = a_world()
        world.play(FIRST)
        world.connectwise.people.run_invoice(harbor.agreement_id, by="books")
        world.check_in(harbor, 1)
        world.play(SECOND)
        assert world.additions(harbor) == [(12, "2026-11-01", "2026-11-30")]
        world.clock.set(gmt("2026-11-16 12:00"))
        world.connectwise.people.delete_invoice(harbor.agreement_id, by="books")
        world.play(THIRD)
        assert world.additions(harbor) == [(13, "2026-11-01", "2026-11-30")]
        assert "an invoice of it was deleted or written off" in told(world.standing(harbor))
        assert "next invoice on 2026-12-01 by now" in told(world.standing(harbor))

    def test_one_that_is_deleted_below_a_later_line(self) -> None:
        """LATE-1, LATE-2: where late usage stands on a line of its own already, what the next
        invoice bills once more is told as long as it is so.
        """
        world, harbor = a_world(late_usage=LateUsage.BILL)
        world.play(FIRST)
        world.connectwise.people.run_invoice(harbor.agreement_id, by="books")
        world.check_in(harbor, 1)
        world.play(SECOND, gmt("2026-11-16 09:00"))
        assert [each[0] for each in world.additions(harbor)] == [12, 1]
        world.clock.set(gmt("2026-11-16 12:00"))
        world.connectwise.people.delete_invoice(harbor.agreement_id, by="books")
        world.play(THIRD)
        assert "bills Addition 1 at 12 once more" in told(world.standing(harbor))
        world.clock.set(gmt("2026-11-17 12:00"))
        world.connectwise.people.run_invoice(harbor.agreement_id, by="books")
        world.play(gmt("2026-11-18 08:00"))
        assert "once more" not in told(world.standing(harbor))
