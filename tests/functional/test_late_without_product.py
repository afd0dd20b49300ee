"""Late usage of a customer that is excluded by now, and whose product ConnectWise has no more: SAFE-7, CLOSE-5 and LATE-2."""

import pytest

from local.simulators.clock import VirtualClock
from local.world import PRODUCT_ID, Customer, World
from tally.domain.invoicing import LateUsage
from tally.domain.record import HoldKind, LineState, RecordState, UsageRecord
from tally.domain.standing import StandingState
from tests.functional.instants import gmt

BOOKS = {"by": "mira", "why": "agreed with the customer"}


def october(world: World, harbor: Customer) -> UsageRecord:
    record = world.record(harbor, "2026-10")
    assert record is not None
    return record


def without_product(late_usage: LateUsage) -> tuple[World, Customer]:
    """October was invoiced with seven and counts nine; then the customer is excluded, and the product made inactive."""
    world = World(clock=VirtualClock(gmt("2026-10-01 00:00")), settings={"late_usage": late_usage})
    harbor = world.add_customer("Harbor Dental", fields={"nextInvoiceDate": "2026-11-01T00:00:00Z"})
    world.check_in(harbor, 7, at=gmt("2026-10-01 00:00"))
    world.play(gmt("2026-10-01 00:05"), gmt("2026-11-01 00:05"))
    world.clock.set(gmt("2026-11-01 09:00"))
    world.connectwise.people.run_invoice(harbor.agreement_id)
    world.set_up().exclude(harbor.id, **BOOKS)
    world.connectwise.people.edit_product(PRODUCT_ID, {"inactiveFlag": True})
    world.check_in(harbor, 2, at=gmt("2026-10-31 20:00"))
    # The first job freezes the line, the second has something to open.
    world.play(gmt("2026-11-01 09:15"), gmt("2026-11-01 12:00"))
    assert [(line.state, line.pushed) for line in october(world, harbor).lines] == [(LineState.FROZEN, 7)]
    return world, harbor


def test_it_needs_set_up_until_the_close() -> None:
    """SAFE-7, MATCH-2: that it is excluded does not hide that its open month's late usage has no product to be billed as."""
    world, harbor = without_product(LateUsage.BILL)
    shown = world.standing(harbor).shown
    assert shown.state is StandingState.NEEDS_SETUP
    for part in ("October 2026", "no product", "endpoints", "Harbor Dental"):
        assert part in shown.reason


@pytest.mark.parametrize("late_usage", LateUsage)
def test_it_is_held_at_the_close_and_may_be_left_out(late_usage: LateUsage) -> None:
    """SAFE-7, CLOSE-5: at the close a person is told how many are billed and how many are not, and can end it."""
    world, harbor = without_product(late_usage)
    world.play(gmt("2026-11-02 00:05"))
    hold = october(world, harbor).hold
    assert hold is not None
    assert (hold.kind, hold.quantity) == (HoldKind.UNPLACED, 9)
    for part in ("counts 9 endpoints", "7 are billed", "other 2 are on no Addition", "no product", "closes with 7"):
        assert part in world.standing(harbor).shown.reason
    world.answers().reject(october(world, harbor).key, **BOOKS)
    world.play(gmt("2026-11-02 00:20"), gmt("2026-11-10 00:05"))
    record = october(world, harbor)
    assert (record.state, record.stands, record.settled) == (RecordState.CLOSED, 7, True)
    assert world.standing(harbor).shown.reason == "Excluded from billing since 2026-11-01."


def test_it_is_billed_once_the_product_is_there_again() -> None:
    """CLOSE-5, LATE-2: with its product again, the hold lifts itself, and the month that was open still is billed in full."""
    world, harbor = without_product(LateUsage.BILL)
    world.play(gmt("2026-11-02 00:05"))
    world.connectwise.people.edit_product(PRODUCT_ID, {"inactiveFlag": False})
    world.play(gmt("2026-11-02 00:20"))
    record = october(world, harbor)
    assert (record.state, record.hold, [line.pushed for line in record.lines]) == (RecordState.CLOSED, None, [7, 2])
