"""OPEN-5: terms that are not those of the month before are told, and stop nothing."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from simulators.connectwise.billing_truth import API
from simulators.faults import Fault, FaultKind
from tally.domain.model.month import Month
from tally.domain.model.standing import StandingState
from tally.domain.record.usage_record import RecordState
from tally.errors import SetupError
from testing.ledger import MemoryLedger
from testing.scopes import of_record
from testing.world import PRODUCT, PRODUCT_ID, Customer, World
from tests.functional.instants import gmt
from tests.functional.terms_world import (
    CLOSED,
    DECEMBER,
    DECEMBER_CLOSE,
    LATER,
    NOVEMBER,
    SOON,
    WHO,
    agree_and_open_november,
    key,
    notices,
    november,
    open_october,
    operations,
    ours,
    record,
    worked,
    worked_on,
)

CHEAPER = (
    "Addition {id} for November 2026 has unit price 4.50 instead of 3.90 in October 2026. If "
    "something else was agreed with this customer, have the terms of October 2026 carried over."
)
pytestmark = pytest.mark.world(at=gmt("2026-10-01 00:00"))


@pytest.fixture
def harbor(world: World) -> Customer:
    return open_october(world)


@pytest.fixture
def agreed(world: World, harbor: Customer) -> Customer:
    agree_and_open_november(world, harbor)
    return harbor


# The notice


def test_other_terms_are_a_notice(world: World, agreed: Customer) -> None:
    """OPEN-5: terms that differ from our Addition of the month before are told with both values,
    and stop nothing.
    """
    made = november(world)
    standing = world.standing(agreed).shown
    assert (standing.state, standing.notices) == (
        StandingState.BILLING,
        (CHEAPER.format(id=made.id),),
    )
    assert (made.quantity, record(world, agreed).hold) == (6, None)
    world.check_in(agreed, 2)
    world.play(LATER)
    assert (made.quantity, {change.field for change in made.changes_by(API)}) == (8, {"quantity"})
    assert notices(world, agreed) == standing.notices


def test_the_same_terms_are_none(world: World, harbor: Customer) -> None:
    """OPEN-5: with the terms of the month before there is nothing to tell, and nothing to carry
    over.
    """
    world.play(NOVEMBER)
    assert (notices(world, harbor), record(world, harbor).lines[0].terms) == ((), None)
    with pytest.raises(SetupError, match="no terms to carry over"):
        world.answers().carry_terms(key(harbor), **WHO)


def test_the_first_month_has_nothing_to_be_compared_with(world: World, harbor: Customer) -> None:
    """OPEN-5: without a month before there is no notice."""
    assert notices(world, harbor, 10) == ()


def test_all_four_are_compared(world: World, harbor: Customer) -> None:
    """OPEN-5: the price, the included units, the tax and whether the customer is billed, each with
    both values.
    """
    world.connectwise.people.set_terms(
        ours(world, "October")[0].id,
        unit_price=0,
        less_included=2,
        taxable=False,
        bill_customer="NoCharge",
    )
    world.play(NOVEMBER)
    (said,) = notices(world, harbor)
    assert (
        "unit price 4.50 instead of 0.00, less included 0 instead of 2, taxable yes instead of no "
        "and bill customer Billable instead of NoCharge in October 2026"
    ) in said


def test_another_catalog_price_is_told_too(world: World, harbor: Customer) -> None:
    """OPEN-5: the month before is what counts, whoever changed what since."""
    world.connectwise.people.edit_product(PRODUCT_ID, {"price": 5.25})
    world.play(NOVEMBER)
    assert "unit price 5.25 instead of 4.50" in notices(world, harbor)[0]


def test_found_after_a_lost_answer_it_is_compared_all_the_same(
    world: World, harbor: Customer
) -> None:
    """OPEN-5, SAFE-2: an Addition whose answer was lost is found by its reference, and its terms
    are compared then.
    """
    world.connectwise.people.set_terms(ours(world, "October")[0].id, unit_price=3.9)
    world.connectwise.faults.add(
        Fault(kind=FaultKind.TIMEOUT_AFTER, operation="POST additions", times=1)
    )
    world.play(NOVEMBER, NOVEMBER + SOON)
    assert notices(world, harbor) == (CHEAPER.format(id=november(world).id),)


def test_found_without_a_reading_it_is_compared_all_the_same(
    world: World, harbor: Customer
) -> None:
    """OPEN-5, SAFE-2: an Addition that is found once its company has no count any more is compared
    as well.
    """
    world.connectwise.people.set_terms(ours(world, "October")[0].id, unit_price=3.9)
    world.connectwise.faults.add(
        Fault(kind=FaultKind.TIMEOUT_AFTER, operation="POST additions", times=1)
    )
    world.tick(NOVEMBER)
    [message] = [each for each in world.queue.receive() if '"2026-11"' in each.body]
    world.deliver(message, world.worker())
    world.queue.delete(message)
    world.gravityzone.tenant.change_subscription(harbor.id, 1)
    world.play(NOVEMBER + SOON)
    assert world.standing(harbor).causes[of_record("2026-11")].state is StandingState.WAITING
    terms = record(world, harbor).lines[0].terms
    assert terms is not None
    assert str(terms.before.unit_price) == "3.9"


def test_a_lost_ledger_is_no_difference(world: World, agreed: Customer) -> None:
    """OPEN-5, SAFE-8: with the month before forgotten, ours is found, and there is nothing to
    compare it with.
    """
    world.ledger = MemoryLedger()
    world.plan = replace(world.plan, ledger=world.ledger)
    world.first_month = Month(2026, 11)
    world.play(CLOSED)
    assert notices(world, agreed) == ()


def test_what_was_taken_over_has_terms_of_its_own(world: World, harbor: Customer) -> None:
    """OPEN-5, OPEN-6: the terms of an Addition that a person has given to us are the MSP's own, and
    are not compared.
    """
    theirs = world.connectwise.people.add_addition(
        harbor.agreement_id,
        PRODUCT,
        quantity=2,
        effective=date(2026, 11, 1),
        fields={"unitPrice": 7.0},
    )
    world.play(NOVEMBER)
    world.answers().take_over(key(harbor), theirs, **WHO)
    world.play(NOVEMBER + SOON)
    assert record(world, harbor).lines[0].addition_id == theirs
    assert notices(world, harbor) == ()
    world.play(CLOSED, DECEMBER)
    assert "unit price 4.50 instead of 7.00 in November 2026" in notices(world, harbor, 12)[0]


def test_put_right_by_hand_it_is_told_no_more(world: World, agreed: Customer) -> None:
    """OPEN-5: where somebody has set the terms in ConnectWise, the notice goes with the next change
    of the count.
    """
    world.connectwise.people.set_terms(november(world).id, unit_price=3.9)
    world.check_in(agreed, 1)
    world.play(LATER)
    assert (notices(world, agreed), operations(world)) == ((), [])


@pytest.mark.parametrize("by_hand", [True, False])
def test_a_closed_month_says_how_it_was_billed(
    world: World, agreed: Customer, *, by_hand: bool
) -> None:
    """OPEN-5, CLOSE-4: the close looks once more; what still differs is told of the closed month,
    which is not written any more.
    """
    if by_hand:
        world.connectwise.people.set_terms(november(world).id, unit_price=3.9)
    world.play(DECEMBER_CLOSE)
    assert record(world, agreed).state is RecordState.CLOSED
    assert [
        each.endswith("what is to be otherwise is changed in ConnectWise.")
        for each in notices(world, agreed)
    ] == [True] * (not by_hand)
    with pytest.raises(SetupError, match="closed: its Addition is not written any more"):
        world.answers().carry_terms(key(agreed), **WHO)


# A renewal


def renewed(world: World, harbor: Customer) -> int:
    """The same customer on a new agreement from November on, with a price of its own on the old
    one; its id.
    """
    world.connectwise.people.set_terms(ours(world, "October")[0].id, unit_price=3.9)
    world.clock.set(NOVEMBER - timedelta(minutes=5))
    return world.connectwise.people.renew_agreement(harbor.agreement_id, on=date(2026, 11, 1))


def test_a_renewal_is_compared_across_agreements(world: World, harbor: Customer) -> None:
    """OPEN-5: where the month before stands on another agreement, that one is listed too, once."""
    agreement = renewed(world, harbor)
    calls = worked_on(world, NOVEMBER, "2026-11")
    assert calls == {"GET agreements/{id}": 1, "GET additions": 2, "POST additions": 1}
    assert november(world).agreement_id == agreement
    assert notices(world, harbor) == (CHEAPER.format(id=november(world).id),)
    world.answers().carry_terms(key(harbor), **WHO)
    world.play(NOVEMBER + SOON)
    assert (november(world).fields["unitPrice"], notices(world, harbor)) == (3.9, ())


@pytest.mark.parametrize("gone", ["agreement", "Addition"])
def test_what_is_gone_is_not_compared(world: World, harbor: Customer, gone: str) -> None:
    """OPEN-5: a month before that cannot be found gives no notice, and stops nothing."""
    renewed(world, harbor)
    if gone == "agreement":
        world.connectwise.people.delete_agreement(harbor.agreement_id)
    else:
        world.connectwise.people.delete_addition(ours(world, "October")[0].id)
    world.play(NOVEMBER)
    assert (november(world).quantity, notices(world, harbor)) == (0, ())


def test_what_cannot_be_read_is_said_to_be_so(world: World, harbor: Customer) -> None:
    """OPEN-5, SAFE-7: an agreement of before that cannot be listed stops no opening; that nothing
    was compared is told.
    """
    renewed(world, harbor)
    fault = Fault(
        kind=FaultKind.STATUS,
        status=500,
        operation="GET additions",
        contains=f"agreements/{harbor.agreement_id}/",
    )
    world.connectwise.faults.add(fault)
    world.play(NOVEMBER)
    assert november(world).quantity == 0
    (said,) = notices(world, harbor)
    assert said.startswith(
        "The terms of November 2026 were not compared with those of October 2026, which could not "
        "be read: "
    )


# What it costs


def test_an_ordinary_opening_makes_three_calls(world: World, agreed: Customer) -> None:
    """OPEN-5, FOLLOW-2: comparing costs no call: the agreement is read, its Additions listed, and
    the new one made.
    """
    world.play(CLOSED)
    assert worked_on(world, DECEMBER, "2026-12") == {
        "GET agreements/{id}": 1,
        "GET additions": 1,
        "POST additions": 1,
    }
    assert notices(world, agreed, 12) == ()


def test_a_notice_costs_no_call(world: World, agreed: Customer) -> None:
    """OPEN-5, FOLLOW-2: a notice that stands is not looked after: a quiet month with one calls
    ConnectWise for nothing.
    """
    world.play(CLOSED)
    assert worked(world, CLOSED + SOON) == {}
