"""Usage that an invoice has left out while ConnectWise has no product to bill it by: MATCH-2,
LATE-2 and SAFE-7.
"""

from typing import Any

import pytest

from simulators.clock import VirtualClock
from tally.domain.model.invoicing import LateUsage
from tally.domain.model.standing import StandingState
from tally.domain.record.lines import LineState
from tally.domain.record.usage_record import RecordState
from testing.world import PRODUCT_ID, Customer, World
from tests.functional.instants import gmt
from tests.functional.october import october

BOOKS = {"by": "mira", "why": "agreed with the customer"}


def two_too_late(**settings: Any) -> tuple[World, Customer]:  # noqa: ANN401 - fields of the policy
    """October was invoiced with seven; two more are counted, and nothing more is opened for the
    customer as a whole.
    """
    world = World(clock=VirtualClock(gmt("2026-10-01 00:00")), settings=settings)
    harbor = world.add_customer("Harbor Dental", fields={"nextInvoiceDate": "2026-11-01T00:00:00Z"})
    world.check_in(harbor, 7, at=gmt("2026-10-01 00:00"))
    world.play(gmt("2026-10-01 00:05"), gmt("2026-11-01 00:05"))
    world.set_up().exclude(harbor.id, **BOOKS)
    world.clock.set(gmt("2026-11-01 09:00"))
    world.connectwise.people.run_invoice(harbor.agreement_id)
    world.play(gmt("2026-11-01 09:15"))
    world.check_in(harbor, 2, at=gmt("2026-10-31 20:00"))
    switch_product(world, inactive=True)
    return world, harbor


def switch_product(world: World, *, inactive: bool) -> None:
    world.connectwise.people.edit_product(PRODUCT_ID, {"inactiveFlag": inactive})


def test_it_needs_set_up_until_the_close() -> None:
    """SAFE-7, MATCH-2: that it is excluded does not hide that its open month's late usage has no
    product to be billed as.
    """
    world, harbor = two_too_late(late_usage=LateUsage.BILL)
    world.play(gmt("2026-11-01 12:00"))
    shown = world.standing(harbor).shown
    assert shown.state is StandingState.NEEDS_SETUP
    assert "no product as which more endpoints of Harbor Dental in October 2026" in shown.reason


@pytest.mark.parametrize("late_usage", LateUsage)
def test_it_is_asked_at_the_close(late_usage: LateUsage) -> None:
    """MATCH-2, SAFE-7: that the customer is excluded does not hide that what it used has no product
    to go by.
    """
    world, harbor = two_too_late(late_usage=late_usage)
    world.play(gmt("2026-11-02 00:05"))
    record = october(world, harbor)
    assert record.hold is not None
    assert (record.hold.kind, record.hold.quantity) == ("unplaced", 9)
    shown = world.standing(harbor).shown
    assert shown.state is StandingState.HELD
    for part in (
        "and 7 are billed",
        "other 2 are on no Addition",
        "no product as which more endpoints of Harbor Dental",
        "lifts itself",
        "closes with 7",
    ):
        assert part in shown.reason


def test_it_is_left_out() -> None:
    """MATCH-2, CLOSE-2: rejected, the month closes with what was invoiced, though there still is no
    product.
    """
    world, harbor = two_too_late(late_usage=LateUsage.BILL)
    world.play(gmt("2026-11-02 00:05"))
    world.answers().reject(october(world, harbor).key, **BOOKS)
    world.play(gmt("2026-11-02 00:20"), gmt("2026-11-10 00:05"))
    record = october(world, harbor)
    assert (record.state, record.stands, record.settled) == (RecordState.CLOSED, 7, True)


def test_it_is_billed_once_there_is_a_product() -> None:
    """MATCH-2, LATE-2: the hold lifts itself, and the late line is opened."""
    world, harbor = two_too_late(late_usage=LateUsage.BILL)
    world.play(gmt("2026-11-02 00:05"))
    switch_product(world, inactive=False)
    world.play(gmt("2026-11-02 00:20"))
    record = october(world, harbor)
    assert (record.state, record.hold) == (RecordState.CLOSED, None)
    assert [(line.state, line.pushed) for line in record.lines] == [
        (LineState.FINAL, 7),
        (LineState.FINAL, 2),
    ]


def test_what_was_approved_is_asked_again() -> None:
    """MATCH-2, LATE-2: a person has approved it, and is told that it cannot be billed as long as
    there is no product.
    """
    world, harbor = two_too_late(late_usage=LateUsage.HOLD)
    switch_product(world, inactive=False)
    world.play(gmt("2026-11-02 00:05"))
    world.answers().approve(october(world, harbor).key, **BOOKS)
    switch_product(world, inactive=True)
    world.play(gmt("2026-11-02 00:20"))
    held = october(world, harbor).hold
    assert held is not None
    assert (held.kind, held.quantity) == ("unplaced", 9)


def test_nothing_is_asked_where_all_is_billed() -> None:
    """MATCH-2: open records go on by their ids: a month whose count stands closes without a
    product.
    """
    world, harbor = two_too_late(late_usage=LateUsage.BILL)
    switch_product(world, inactive=False)
    world.play(gmt("2026-11-01 12:00"))
    switch_product(world, inactive=True)
    world.play(gmt("2026-11-02 00:05"))
    record = october(world, harbor)
    assert (record.state, record.hold, record.stands) == (RecordState.CLOSED, None, 9)


def test_a_closed_month_is_asked_too() -> None:
    """MATCH-2, CLOSE-4: what the second reading finds beyond a closed month is asked as well, and
    is left out if rejected.
    """
    world, harbor = two_too_late(late_usage=LateUsage.BILL)
    switch_product(world, inactive=False)
    world.play(gmt("2026-11-02 00:05"))
    world.check_in(harbor, 1, at=gmt("2026-10-31 21:00"))
    switch_product(world, inactive=True)
    world.play(gmt("2026-11-10 00:05"))
    record = october(world, harbor)
    assert record.hold is not None
    assert (record.state, record.hold.kind, record.hold.quantity) == (
        RecordState.CLOSED,
        "unplaced",
        10,
    )
    world.answers().reject(record.key, **BOOKS)
    world.play(gmt("2026-11-10 00:20"))
    assert (october(world, harbor).stands, october(world, harbor).settled) == (9, True)
