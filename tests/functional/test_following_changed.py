"""An Addition of ours that somebody changed in ConnectWise is held, and not overwritten."""

from collections.abc import Callable
from datetime import date

import pytest

from tally.domain.model.standing import StandingState
from testing.world import PRODUCT, PRODUCT_ID, Customer, World
from tests.functional.instants import gmt
from tests.functional.kinds_seen import CHANGED

FIRST, CHANGED_AT = gmt("2026-11-05 08:00"), gmt("2026-11-05 10:07")
SECOND, THIRD = gmt("2026-11-05 10:15"), gmt("2026-11-05 10:30")

type Act = Callable[[World, int], object]


def edit(world: World, addition: int, **fields: object) -> None:
    """Somebody changes fields of it, by the API's names."""
    world.connectwise.people.edit_addition(addition, fields, by="mkeller")


def marked(world: World) -> str:
    """A text with the reference that the Addition was made with."""
    made = world.connectwise.truth.addition(addition_of(world))
    return f"Ours again {made.created['invoiceDescription'][-18:]}"


CHANGES: dict[str, tuple[Act, Act, str]] = {
    "quantity": (
        lambda world, addition: world.connectwise.people.set_quantity(addition, 50, by="mkeller"),
        lambda world, addition: world.connectwise.people.set_quantity(addition, 3, by="mkeller"),
        "it stands at 50, we left it at 3",
    ),
    "quantity to a fraction": (
        lambda world, addition: world.connectwise.people.set_quantity(addition, 3.5, by="mkeller"),
        lambda world, addition: world.connectwise.people.set_quantity(addition, 3, by="mkeller"),
        "it stands at 3.5, we left it at 3",
    ),
    "quantity to zero": (
        lambda world, addition: world.connectwise.people.set_quantity(addition, 0, by="mkeller"),
        lambda world, addition: world.connectwise.people.set_quantity(addition, 3, by="mkeller"),
        "it stands at 0, we left it at 3",
    ),
    "cancelled": (
        lambda world, addition: world.connectwise.people.cancel_addition(
            addition, date(2026, 11, 5), by="mkeller"
        ),
        lambda world, addition: world.connectwise.people.cancel_addition(
            addition, date(2026, 11, 30), by="mkeller"
        ),
        "2026-11-05 instead of 2026-11-30",
    ),
    "effective date into the month before": (
        lambda world, addition: edit(world, addition, effectiveDate="2026-10-31T00:00:00Z"),
        lambda world, addition: edit(world, addition, effectiveDate="2026-11-01T00:00:00Z"),
        "effective date 2026-10-31 instead of 2026-11-01",
    ),
    "effective date within the month": (
        lambda world, addition: edit(world, addition, effectiveDate="2026-11-05T00:00:00Z"),
        lambda world, addition: edit(world, addition, effectiveDate="2026-11-01T00:00:00Z"),
        "effective date 2026-11-05 instead of 2026-11-01",
    ),
    "effective date removed": (
        lambda world, addition: edit(world, addition, effectiveDate=None),
        lambda world, addition: edit(world, addition, effectiveDate="2026-11-01T00:00:00Z"),
        "effective date none instead of 2026-11-01",
    ),
    "both dates": (
        lambda world, addition: edit(
            world,
            addition,
            effectiveDate="2026-10-31T00:00:00Z",
            cancelledDate="2026-11-29T00:00:00Z",
        ),
        lambda world, addition: edit(
            world,
            addition,
            effectiveDate="2026-11-01T00:00:00Z",
            cancelledDate="2026-11-30T00:00:00Z",
        ),
        (
            "effective date 2026-10-31 instead of 2026-11-01 and cancelled date 2026-11-29 instead "
            "of 2026-11-30"
        ),
    ),
    "product": (
        lambda world, addition: edit(world, addition, product={"id": 777, "identifier": "OTHER"}),
        lambda world, addition: edit(
            world, addition, product={"id": PRODUCT_ID, "identifier": PRODUCT}
        ),
        f"product 777 instead of {PRODUCT_ID}",
    ),
    "bill customer": (
        lambda world, addition: edit(world, addition, billCustomer="DoNotBill"),
        lambda world, addition: edit(world, addition, billCustomer="Billable"),
        "bill customer DoNotBill instead of Billable",
    ),
    "reference": (
        lambda world, addition: edit(world, addition, invoiceDescription="Endpoints"),
        lambda world, addition: edit(world, addition, invoiceDescription=marked(world)),
        "invoice description without our reference instead of with [TLY-",
    ),
    "cancelled date removed": (
        lambda world, addition: world.connectwise.people.cancel_addition(
            addition, None, by="mkeller"
        ),
        lambda world, addition: world.connectwise.people.cancel_addition(
            addition, date(2026, 11, 30), by="mkeller"
        ),
        "none instead of 2026-11-30",
    ),
}
pytestmark = pytest.mark.world(at=FIRST)


@pytest.fixture
def harbor(world: World) -> Customer:
    customer = world.add_customer("Harbor Dental")
    world.check_in(customer, 3)
    world.play(FIRST)
    return customer


def addition_of(world: World) -> int:
    """The id of the one Addition that we made."""
    (made,) = world.connectwise.truth.made_by_api()
    return made.id


def change(world: World, act: Act) -> None:
    """Somebody changes it, a few minutes before the next tick."""
    world.clock.set(CHANGED_AT)
    act(world, addition_of(world))


@pytest.mark.parametrize("name", CHANGES)
def test_changed_by_a_person(world: World, harbor: Customer, name: str) -> None:
    """FOLLOW-3: what a person changed is held with who and when, and not overwritten; put right,
    the push goes out.
    """
    act, put_right, said = CHANGES[name]
    change(world, act)
    made = world.connectwise.truth.addition(addition_of(world))
    left = (made.quantity, made.cancelled)
    world.check_in(harbor, 2)
    world.play(SECOND)
    assert (made.quantity, made.cancelled) == left
    assert world.connectwise.calls.count("PATCH additions/{id}") == 0
    shown = world.standing(harbor).shown
    assert (shown.state, shown.since) == (StandingState.HELD, SECOND)
    for each in (f"Addition {made.id}", "mkeller", "2026-11-05 10:07", said, "counts 5"):
        assert each in shown.reason
    record = world.record(harbor, "2026-11")
    assert record is not None
    assert record.hold is not None
    assert (record.hold.kind in CHANGED, record.hold.quantity) == (True, 5)
    put_right(world, made.id)
    world.play(THIRD)
    assert world.additions(harbor) == [(5, "2026-11-01", "2026-11-30")]
    assert world.standing(harbor).shown.state is StandingState.BILLING


def test_a_hold_is_written_once(world: World, harbor: Customer) -> None:
    """FOLLOW-3: as long as nothing changes, the hold stays as it was written."""
    change(world, CHANGES["quantity"][0])
    world.check_in(harbor, 2)
    world.play(SECOND)
    before = world.record(harbor, "2026-11")
    world.play(THIRD, gmt("2026-11-05 10:45"))
    assert world.record(harbor, "2026-11") == before


def test_deleted_by_a_person(world: World, harbor: Customer) -> None:
    """FOLLOW-3, OPEN-1: ours is gone: held, and never made a second time."""
    addition = addition_of(world)
    change(world, lambda world, addition: world.connectwise.people.delete_addition(addition))
    world.check_in(harbor, 2)
    world.play(SECOND, THIRD)
    assert world.additions(harbor) == []
    assert len(world.connectwise.truth.made_by_api()) == 1
    shown = world.standing(harbor).shown
    assert shown.state is StandingState.HELD
    assert f"Addition {addition} is gone" in shown.reason


def test_deleted_and_made_again_with_its_reference(world: World, harbor: Customer) -> None:
    """OPEN-1, FOLLOW-3: an Addition with our reference and the quantity that we left is ours again,
    and followed.
    """
    text = world.connectwise.truth.addition(addition_of(world)).text
    change(world, lambda world, addition: world.connectwise.people.delete_addition(addition))
    world.check_in(harbor, 2)
    world.play(SECOND)
    world.connectwise.people.add_addition(
        harbor.agreement_id,
        PRODUCT,
        quantity=3,
        effective=date(2026, 11, 1),
        cancelled=date(2026, 11, 30),
        fields={"invoiceDescription": text},
    )
    world.play(THIRD)
    assert world.additions(harbor) == [(5, "2026-11-01", "2026-11-30")]
    assert world.standing(harbor).shown.state is StandingState.BILLING


def test_its_text_may_be_edited(world: World, harbor: Customer) -> None:
    """FOLLOW-3: what the customer reads is anybody's to write, as long as our reference stays in
    it.
    """
    text = world.connectwise.truth.addition(addition_of(world)).text
    mark = text[text.index("[") :]
    change(
        world,
        lambda world, addition: world.connectwise.people.edit_addition(
            addition, {"invoiceDescription": f"Endpoint protection {mark}, as agreed"}
        ),
    )
    world.check_in(harbor, 2)
    world.play(SECOND)
    assert world.additions(harbor) == [(5, "2026-11-01", "2026-11-30")]


def test_a_price_may_be_edited(world: World, harbor: Customer) -> None:
    """FOLLOW-1, FOLLOW-3: what somebody agreed on with the customer is theirs: the quantity is
    pushed beside it.
    """
    change(
        world,
        lambda world, addition: world.connectwise.people.edit_addition(
            addition, {"unitPrice": 3.0, "lessIncluded": 2.0, "taxableFlag": False}
        ),
    )
    world.check_in(harbor, 2)
    world.play(SECOND)
    made = world.connectwise.truth.addition(addition_of(world))
    assert made.quantity == 5
    assert (made.fields["unitPrice"], made.fields["lessIncluded"]) == (3.0, 2.0)


def test_a_free_customer_is_a_persons_word(world: World, harbor: Customer) -> None:
    """FOLLOW-3: that the customer is not charged is held; a person may say that it is to be left
    so, and the count is pushed.
    """
    change(
        world,
        lambda world, addition: world.connectwise.people.set_terms(
            addition, bill_customer="NoCharge", by="mkeller"
        ),
    )
    world.check_in(harbor, 2)
    world.play(SECOND)
    assert "bill customer NoCharge instead of Billable" in world.standing(harbor).shown.reason
    record = world.record(harbor, "2026-11")
    assert record is not None
    world.answers().reject(record.key, by="ann", why="our own office")
    world.play(THIRD)
    assert world.additions(harbor) == [(5, "2026-11-01", "2026-11-30")]
    assert world.connectwise.truth.addition(addition_of(world)).fields["billCustomer"] == "NoCharge"
    assert world.standing(harbor).shown.state is StandingState.BILLING


def test_set_to_what_would_be_pushed(world: World, harbor: Customer) -> None:
    """FOLLOW-3: a person was faster and set the very count: there is nothing to push and nothing to
    hold.
    """
    change(world, lambda world, addition: world.connectwise.people.set_quantity(addition, 5))
    world.check_in(harbor, 2)
    world.play(SECOND)
    assert world.additions(harbor) == [(5, "2026-11-01", "2026-11-30")]
    assert world.standing(harbor).shown.state is StandingState.BILLING
    assert world.connectwise.calls.count("PATCH additions/{id}") == 0


def test_unchanged_counts_do_not_look(world: World, harbor: Customer) -> None:
    """FOLLOW-2, FOLLOW-3: a change is seen when there is something to push, or at the close; never
    at each tick.
    """
    change(world, CHANGES["quantity"][0])
    world.play(SECOND)
    assert world.standing(harbor).shown.state is StandingState.BILLING
    assert world.connectwise.truth.addition(addition_of(world)).quantity == 50


def test_a_hold_of_one_company_is_its_own(world: World, harbor: Customer) -> None:
    """SAFE-5: what is held at one customer stops nothing at another."""
    lakeside = world.add_customer("Lakeside Library")
    world.play(gmt("2026-11-05 08:15"))
    (mine, _) = world.connectwise.truth.made_by_api()
    world.clock.set(CHANGED_AT)
    world.connectwise.people.set_quantity(mine.id, 50)
    world.check_in(harbor, 1)
    world.check_in(lakeside, 1)
    world.play(SECOND)
    assert world.standing(harbor).shown.state is StandingState.HELD
    assert world.additions(lakeside) == [(1, "2026-11-01", "2026-11-30")]
