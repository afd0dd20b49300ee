"""Ours is what we wrote: compared in every field, in the answer to each write and at the close."""

from datetime import date
from typing import Any

import pytest

from tally.domain.model.standing import StandingState
from tally.domain.record.usage_record import RecordState, UsageRecord
from testing.world import PRODUCT, PRODUCT_ID, Customer, World
from tests.functional.instants import gmt
from tests.functional.kinds_seen import CHANGED

FIRST, SECOND, THIRD = gmt("2026-11-05 08:00"), gmt("2026-11-05 10:15"), gmt("2026-11-05 10:30")
CLOSE, AFTER = gmt("2026-12-02 00:05"), gmt("2026-12-02 01:05")

OTHERWISE: dict[str, tuple[dict[str, Any], str]] = {
    "both dates a day earlier": (
        {"effectiveDate": "2026-10-31T00:00:00Z", "cancelledDate": "2026-11-29T00:00:00Z"},
        (
            "effective date 2026-10-31 instead of 2026-11-01 and cancelled date 2026-11-29 instead "
            "of 2026-11-30"
        ),
    ),
    "the cancelled date a day later": (
        {"cancelledDate": "2026-12-01T00:00:00Z"},
        "cancelled date 2026-12-01 instead of 2026-11-30",
    ),
    "no cancelled date": ({"cancelledDate": None}, "cancelled date none instead of 2026-11-30"),
    "today for an effective date": (
        {"effectiveDate": "2026-11-05T00:00:00Z"},
        "effective date 2026-11-05 instead of 2026-11-01",
    ),
    "another product": (
        {"product": {"id": 777, "identifier": "OTHER"}},
        f"product 777 instead of {PRODUCT_ID}",
    ),
    "not billed": ({"billCustomer": "DoNotBill"}, "bill customer DoNotBill instead of Billable"),
    "another text": (
        {"invoiceDescription": "GZ-ENDPOINT"},
        "invoice description without our reference instead of with [TLY-",
    ),
    "a cut text": (
        {"invoiceDescription": "Bitdefender GravityZone [TLY-"},
        "invoice description without our reference",
    ),
}
pytestmark = [pytest.mark.world(at=FIRST), pytest.mark.machines(3)]


def november(world: World, customer: Customer) -> UsageRecord:
    """The month's record."""
    record = world.record(customer, "2026-11")
    assert record is not None
    return record


def assert_held(world: World, customer: Customer, said: str) -> None:
    """It waits for a person, who is told what, by whom and when; and it was neither made twice nor
    written over.
    """
    record, shown = november(world, customer), world.standing(customer).shown
    assert record.hold is not None
    assert (record.hold.kind in CHANGED, shown.state) == (True, StandingState.HELD)
    assert said in shown.reason
    assert "workflow on 2026-1" in shown.reason
    made = world.connectwise.truth.made_by_api()
    assert len([each for each in made if "November" in each.created["invoiceDescription"]]) == 1


@pytest.mark.parametrize("name", OTHERWISE)
def test_a_post_that_is_done_otherwise(world: World, harbor: Customer, name: str) -> None:
    """OPEN-3: what ConnectWise makes otherwise than it was sent is held at once, once, until it is
    put right there.
    """
    world.connectwise.options.rewrites, said = OTHERWISE[name]
    world.play(FIRST)
    assert_held(world, harbor, said)
    version = november(world, harbor).version
    world.connectwise.options.rewrites = {}
    world.check_in(harbor, 2)
    world.play(SECOND, THIRD)
    assert_held(world, harbor, said)
    assert november(world, harbor).version <= version + 1  # the number in its question
    (made,) = world.connectwise.truth.made_by_api()
    sent = {each: made.created[each] for each in OTHERWISE[name][0]}
    world.connectwise.people.edit_addition(made.id, sent)
    world.play(gmt("2026-11-05 11:00"))
    assert world.additions(harbor) == [(5, "2026-11-01", "2026-11-30")]
    assert world.standing(harbor).shown.state is StandingState.BILLING


@pytest.mark.parametrize("quantity", [0.0, 2.0, 3.5, 2147483648.0])
def test_a_post_that_is_done_with_another_quantity(
    world: World, harbor: Customer, quantity: float
) -> None:
    """OPEN-3, READ-8: another quantity than was sent is held with both numbers; an absurd one is
    never taken for ours.
    """
    world.connectwise.options.rewrites = {"quantity": quantity}
    world.play(FIRST)
    world.connectwise.options.rewrites = {}
    assert_held(world, harbor, f"it stands at {quantity:.15g}, we left it at 3")
    assert november(world, harbor).stands == 3
    world.play(SECOND)
    assert world.connectwise.calls.count("PATCH additions/{id}") == 0
    (made,) = world.connectwise.truth.made_by_api()
    world.connectwise.people.set_quantity(made.id, 3)
    world.play(THIRD)
    assert world.standing(harbor).shown.state is StandingState.BILLING


@pytest.mark.parametrize("name", OTHERWISE)
def test_a_patch_that_is_done_otherwise(world: World, harbor: Customer, name: str) -> None:
    """FOLLOW-3: what a PATCH's answer shows otherwise than we wrote it is held by that very job."""
    world.play(FIRST)
    world.connectwise.options.rewrites, said = OTHERWISE[name]
    world.check_in(harbor, 2)
    world.play(SECOND)
    assert_held(world, harbor, said)
    assert november(world, harbor).stands == 5


@pytest.mark.parametrize("name", OTHERWISE)
def test_the_close_compares_as_well(world: World, harbor: Customer, name: str) -> None:
    """CLOSE-2, OPEN-3: a month does not close over an Addition that is not as we wrote it."""
    world.play(FIRST, gmt("2026-11-20 08:00"))
    (made,) = world.connectwise.truth.made_by_api()
    fields, said = OTHERWISE[name]
    world.connectwise.people.edit_addition(made.id, fields, by="workflow")
    world.play(CLOSE)
    assert_held(world, harbor, said)
    assert november(world, harbor).state is RecordState.OPEN
    world.connectwise.people.edit_addition(made.id, {each: made.created[each] for each in fields})
    world.play(AFTER)
    assert november(world, harbor).state is RecordState.CLOSED


def test_a_taken_over_addition_keeps_what_is_its_own(world: World, harbor: Customer) -> None:
    """OPEN-6, OPEN-3: of one that was given to us its first day, its flag and its price are theirs;
    what we wrote is ours.
    """
    world.connectwise.people.add_addition(
        harbor.agreement_id,
        PRODUCT,
        quantity=8,
        effective=date(2025, 3, 14),
        fields={"billCustomer": "NoCharge", "invoiceDescription": "Seats as agreed"},
    )
    world.play(FIRST)
    record = november(world, harbor)
    assert record.hold is not None
    world.answers().take_over(record.key, by="ann", why="ours", addition_id=record.hold.foreign[0])
    world.check_in(harbor, 6)
    world.play(SECOND)
    assert world.standing(harbor).shown.state is StandingState.BILLING
    assert world.additions(harbor) == [(9, "2025-03-14", "2026-11-30")]
    world.connectwise.people.edit_addition(
        record.hold.foreign[0], {"effectiveDate": "2024-01-01T00:00:00Z"}
    )
    world.check_in(harbor, 1)
    world.play(THIRD)
    assert "effective date 2024-01-01 instead of 2025-03-14" in world.standing(harbor).shown.reason
