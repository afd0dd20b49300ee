"""An Addition of the product that is not ours: it is never doubled."""

from datetime import date
from typing import Any

import pytest

from simulators.clock import VirtualClock
from simulators.scenario import CatalogProduct
from tally.domain.model.standing import StandingState
from testing.world import PRODUCT, Customer, World, plain_connectwise
from tests.functional.instants import gmt

FIRST, SECOND, THIRD = gmt("2026-11-01 00:00"), gmt("2026-11-01 00:15"), gmt("2026-11-01 00:30")


def add_foreign(
    world: World,
    customer: Customer,
    effective: date,
    cancelled: date | None,
    **other: Any,  # noqa: ANN401 - as of People
) -> int:
    """A person's own Addition of the product."""
    return world.connectwise.people.add_addition(
        customer.agreement_id,
        other.pop("product", PRODUCT),
        quantity=9,
        effective=effective,
        cancelled=cancelled,
        **other,
    )


def ours(world: World) -> list[tuple[int, str, str]]:
    """What we made."""
    return [
        (int(each.quantity), str(each.effective), str(each.cancelled))
        for each in world.connectwise.truth.made_by_api()
    ]


@pytest.mark.parametrize(
    ("effective", "cancelled"),
    [
        (date(2026, 11, 1), date(2026, 11, 30)),
        (date(2024, 1, 1), None),
        (date(2024, 1, 1), date(2026, 11, 1)),
        (date(2026, 11, 30), None),
        (date(2026, 11, 15), date(2026, 12, 15)),
    ],
)
def test_a_foreign_addition_is_not_doubled(
    world: World, harbor: Customer, effective: date, cancelled: date | None
) -> None:
    """OPEN-6: another Addition of the product that bills any day of the month holds the opening,
    and is named with its dates.
    """
    foreign = add_foreign(world, harbor, effective, cancelled)
    world.check_in(harbor, 3)
    world.play(FIRST)
    assert ours(world) == []
    shown = world.standing(harbor).shown
    assert shown.state is StandingState.HELD
    for said in (
        f"Addition {foreign}",
        "quantity 9",
        str(effective),
        str(cancelled or "open-ended"),
        "counts 3",
    ):
        assert said in shown.reason
    record = world.record(harbor, "2026-11")
    assert record is not None
    assert record.hold is not None
    assert (record.hold.kind, record.hold.quantity, record.hold.since) == ("foreign", 3, FIRST)
    assert world.connectwise.truth.foreign_changed_by_api() == []


@pytest.mark.parametrize("form", ["missing", "null", "empty"])
def test_an_open_end_is_seen_in_each_of_its_forms(
    world: World,
    harbor: Customer,
    form: Any,  # noqa: ANN401 - as of People
) -> None:
    """OPEN-6: a cancelled date that is missing, null or empty is an open end, and covers every
    month to come.
    """
    foreign = add_foreign(world, harbor, date(2024, 1, 1), None)
    world.connectwise.people.show_open_end(foreign, form)
    world.play(FIRST)
    assert ours(world) == []
    assert world.standing(harbor).shown.state is StandingState.HELD


def test_a_hold_is_written_once(world: World, harbor: Customer) -> None:
    """OPEN-6: as long as nothing changes, a held opening writes no more history, and says the same
    since the same tick.
    """
    add_foreign(world, harbor, date(2024, 1, 1), None)
    world.play(FIRST)
    before, standing = world.record(harbor, "2026-11"), world.standing(harbor).shown
    world.play(SECOND, THIRD)
    assert world.record(harbor, "2026-11") == before
    assert world.standing(harbor).shown == standing


@pytest.mark.parametrize("gone", ["deleted", "cancelled before the month"])
def test_the_hold_lifts_when_the_foreign_one_is_gone(
    world: World, harbor: Customer, gone: str
) -> None:
    """OPEN-6: when nothing foreign covers the month any more, ours is opened at the next tick with
    the count of then.
    """
    foreign = add_foreign(world, harbor, date(2024, 1, 1), None)
    world.check_in(harbor, 3)
    world.play(FIRST)
    world.check_in(harbor, 2)
    if gone == "deleted":
        world.connectwise.people.delete_addition(foreign)
    else:
        world.connectwise.people.cancel_addition(foreign, date(2026, 10, 31))
    world.play(SECOND)
    assert ours(world) == [(5, "2026-11-01", "2026-11-30")]
    assert world.standing(harbor).shown.state is StandingState.BILLING


@pytest.mark.parametrize(
    ("effective", "cancelled", "product"),
    [
        (date(2026, 10, 1), date(2026, 10, 31), PRODUCT),
        (date(2026, 12, 1), None, PRODUCT),
        (date(2024, 1, 1), None, "HELP-DESK"),
    ],
    ids=["a past month's", "one to come", "another product's"],
)
def test_what_does_not_bill_this_stops_nothing(
    effective: date, cancelled: date | None, product: str
) -> None:
    """OPEN-6: an Addition of another month or of another product is none of our business."""
    plain = plain_connectwise()
    (endpoint,) = plain.products
    help_desk = CatalogProduct(
        id=310,
        identifier="HELP-DESK",
        description="Desk",
        unit_price=endpoint.unit_price,
        unit_cost=endpoint.unit_cost,
    )
    scenario = type(plain)(
        companies=(),
        agreement_types=plain.agreement_types,
        products=(endpoint, help_desk),
        agreements=(),
    )
    world = World(clock=VirtualClock(FIRST), connectwise_world=scenario)
    harbor = world.add_customer("Harbor Dental")
    add_foreign(world, harbor, effective, cancelled, product=product)
    world.play(FIRST)
    assert ours(world) == [(0, "2026-11-01", "2026-11-30")]
    assert world.standing(harbor).shown.state is StandingState.BILLING


def test_our_own_months_are_not_foreign(world: World, harbor: Customer) -> None:
    """OPEN-6: our Addition of the month before, cancelled with it, does not stand in the next one's
    way.
    """
    world.check_in(harbor, 3)
    world.play(FIRST, gmt("2026-12-01 00:00"))
    assert ours(world) == [(3, "2026-11-01", "2026-11-30"), (0, "2026-12-01", "2026-12-31")]


def test_one_that_appears_later_holds_the_push(world: World, harbor: Customer) -> None:
    """OPEN-6, FOLLOW-3: a foreign Addition seen before a push holds it: ours stays as it is until
    the other is gone.
    """
    world.check_in(harbor, 3)
    world.play(FIRST)
    foreign = add_foreign(world, harbor, date(2026, 11, 1), None)
    world.check_in(harbor, 1)
    world.play(SECOND)
    assert ours(world) == [(3, "2026-11-01", "2026-11-30")]
    shown = world.standing(harbor).shown
    assert shown.state is StandingState.HELD
    assert f"Addition {foreign}" in shown.reason
    world.connectwise.people.delete_addition(foreign)
    world.play(THIRD)
    assert ours(world) == [(4, "2026-11-01", "2026-11-30")]
    assert world.standing(harbor).shown.state is StandingState.BILLING


def test_a_held_month_does_not_hold_the_next(world: World, harbor: Customer) -> None:
    """OPEN-6: the hold is of one month's record; the next month's is judged by what covers it."""
    add_foreign(world, harbor, date(2026, 11, 1), date(2026, 11, 30))
    world.check_in(harbor, 3)
    world.play(FIRST, gmt("2026-12-01 00:00"))
    assert ours(world) == [(0, "2026-12-01", "2026-12-31")]
    assert world.standing(harbor).shown.state is StandingState.HELD


def test_a_copy_of_ours_is_not_billed_beside_it(world: World, harbor: Customer) -> None:
    """OPEN-1, OPEN-6: a person's copy of our Addition carries its reference too: two of one line
    hold the push.
    """
    world.check_in(harbor, 3)
    world.play(FIRST)
    (made,) = world.connectwise.truth.made_by_api()
    copy = add_foreign(
        world,
        harbor,
        date(2026, 11, 1),
        date(2026, 11, 30),
        fields={"invoiceDescription": made.text},
    )
    world.check_in(harbor, 1)
    world.play(SECOND)
    assert made.quantity == 3
    shown = world.standing(harbor).shown
    assert shown.state is StandingState.HELD
    assert f"Addition {copy}" in shown.reason
    world.connectwise.people.delete_addition(copy)
    world.play(THIRD)
    assert made.quantity == 4


def test_our_own_of_another_month_is_told_as_such(world: World, harbor: Customer) -> None:
    """OPEN-6: when somebody takes the cancelled date off our Addition of an earlier month, it is
    not called another's.
    """
    world.play(FIRST, gmt("2026-12-01 00:00"), gmt("2026-12-02 00:00"))
    november = world.connectwise.truth.made_by_api()[0]
    world.connectwise.people.cancel_addition(november.id, None)
    world.play(gmt("2027-01-01 00:00"))
    reason = world.standing(harbor).shown.reason
    assert f"Addition {november.id}" in reason
    assert "Tally's own, of another month or customer" in reason
    assert "Set its cancelled date right" in reason
    assert len(ours(world)) == 2
