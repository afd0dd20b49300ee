"""OPEN-5: terms of the month before are carried over where a person asks for it; what is refused
stops nothing.
"""

import json
from dataclasses import replace
from datetime import date, timedelta

import pytest

from simulators.connectwise.billing_truth import API
from simulators.faults import Fault, FaultKind
from tally.domain.model.standing import StandingState
from tally.domain.record.usage_record import RecordState
from tally.errors import SetupError
from testing.audit import audit
from testing.scopes import of_record
from testing.world import Customer, World
from tests.functional.instants import gmt
from tests.functional.kinds_seen import CHANGED
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
)

TERMS_PATCH = Fault(kind=FaultKind.STATUS, operation="PATCH additions/{id}", contains="unitPrice")
pytestmark = pytest.mark.world(at=gmt("2026-10-01 00:00"))


@pytest.fixture
def harbor(world: World) -> Customer:
    return open_october(world)


@pytest.fixture
def agreed(world: World, harbor: Customer) -> Customer:
    agree_and_open_november(world, harbor)
    return harbor


def test_carried_over(world: World, agreed: Customer) -> None:
    """OPEN-5: asked for by a person, what differs is set by one PATCH; the notice goes, and the
    count is followed on.
    """
    made, before = november(world), ours(world, "October")[0]
    world.answers().carry_terms(key(agreed), **WHO)
    assert operations(world) == []
    # And October's close.
    assert worked(world, CLOSED) == {
        "GET additions": 2,
        "PATCH additions/{id}": 1,
    }
    assert operations(world) == [{"op": "replace", "path": "unitPrice", "value": 3.9}]
    assert (made.fields["unitPrice"], made.quantity, notices(world, agreed)) == (3.9, 6, ())
    assert before.changes_by(API) == []
    history = world.ledger.history(key(agreed))[-3:]
    assert [(each.what, each.by, each.why) for each in history] == [
        ("terms to be carried over", "ann", "agreed in spring"),
        ("terms intended", "tally", "unit price 3.90 instead of 4.50"),
        ("terms carried over", "tally", f"Addition {made.id}: unit price 3.90 instead of 4.50"),
    ]
    assert worked(world, CLOSED + SOON) == {}
    world.check_in(agreed, 2, at=LATER)
    world.play(LATER)
    assert (made.quantity, made.fields["unitPrice"], record(world, agreed).hold) == (8, 3.9, None)
    world.play(DECEMBER, DECEMBER_CLOSE)
    assert audit(world, agreed, "2026-11", closed=True) == []


def test_the_next_month_is_asked_about_anew(world: World, agreed: Customer) -> None:
    """OPEN-5: terms that were carried over are that month's alone: the next one comes with the
    catalog's, and is told again.
    """
    world.answers().carry_terms(key(agreed), **WHO)
    world.play(CLOSED, DECEMBER)
    (december,) = ours(world, "December")
    assert december.fields["unitPrice"] == 4.5
    assert "unit price 4.50 instead of 3.90 in November 2026" in notices(world, agreed, 12)[0]


def test_only_what_differs_is_sent(world: World, harbor: Customer) -> None:
    """OPEN-5: all that differs goes out in one PATCH, and nothing else; what a person has set by
    then is left out.
    """
    world.connectwise.people.set_terms(
        ours(world, "October")[0].id, unit_price=3.9, less_included=2, bill_customer="NoCharge"
    )
    world.play(NOVEMBER)
    world.answers().carry_terms(key(harbor), **WHO)
    world.connectwise.people.set_terms(november(world).id, bill_customer="NoCharge")
    world.play(CLOSED)
    assert [(each["path"], each["value"]) for each in operations(world)] == [
        ("unitPrice", 3.9),
        ("lessIncluded", 2.0),
    ]
    assert len(world.connectwise.calls.of("PATCH additions/{id}")) == 1
    fields = november(world).fields
    assert [
        fields[name] for name in ("unitPrice", "lessIncluded", "taxableFlag", "billCustomer")
    ] == [
        3.9,
        2.0,
        True,
        "NoCharge",
    ]
    assert notices(world, harbor) == ()


def test_what_was_agreed_meanwhile_is_not_overwritten(world: World, agreed: Customer) -> None:
    """OPEN-5: a price that somebody set after a person had asked is not replaced: it is told, and
    may be asked for anew.
    """
    world.answers().carry_terms(key(agreed), **WHO)
    world.connectwise.people.set_terms(november(world).id, unit_price=3.5)
    world.play(CLOSED)
    assert (operations(world), november(world).fields["unitPrice"]) == ([], 3.5)
    assert "unit price 3.50 instead of 3.90" in notices(world, agreed)[0]
    world.answers().carry_terms(key(agreed), **WHO)
    world.play(LATER)
    assert (november(world).fields["unitPrice"], notices(world, agreed)) == (3.9, ())


def test_asked_for_twice(world: World, agreed: Customer) -> None:
    """OPEN-5: what is on its way cannot be asked for again; the notice says that it is."""
    after = world.answers().carry_terms(key(agreed), **WHO)
    with pytest.raises(SetupError, match="at the next tick already"):
        world.answers().carry_terms(key(agreed), **WHO)
    assert record(world, agreed) == after


def test_nothing_to_ask_of(world: World, agreed: Customer) -> None:
    """OPEN-5: a record that is not there, or one without an Addition, has no terms."""
    with pytest.raises(SetupError, match="no record"):
        world.answers().carry_terms(key(agreed, 12), **WHO)


def test_at_the_close(world: World, agreed: Customer) -> None:
    """OPEN-5, CLOSE-2: what was asked for before the close is carried over before it, and the month
    closes.
    """
    world.play(DECEMBER)
    world.answers().carry_terms(key(agreed), **WHO)
    world.play(DECEMBER_CLOSE)
    assert record(world, agreed).state is RecordState.CLOSED
    assert november(world).fields["unitPrice"] == 3.9
    assert of_record("2026-11") not in world.standing(agreed).causes or notices(world, agreed) == ()


def test_a_held_count_holds_no_terms(world: World, agreed: Customer) -> None:
    """OPEN-5, FOLLOW-4: a count that waits for a person does not keep the terms waiting; nor the
    other way round.
    """
    world.check_in(agreed, 200, at=LATER)
    world.tick(LATER)
    world.answers().carry_terms(key(agreed), **WHO)
    world.work()
    held = record(world, agreed)
    assert held.hold is not None
    assert (held.hold.kind, november(world).quantity, november(world).fields["unitPrice"]) == (
        "growth",
        6,
        3.9,
    )
    world.answers().approve(key(agreed), **WHO)
    world.play(LATER + SOON)
    assert november(world).quantity == 206


def test_a_changed_addition_is_answered_for_first(world: World, agreed: Customer) -> None:
    """OPEN-5, FOLLOW-3: an Addition that somebody has changed is held, and its terms are carried
    over once it is released.
    """
    world.connectwise.people.set_quantity(november(world).id, 9)
    world.answers().carry_terms(key(agreed), **WHO)
    world.play(CLOSED)
    held = record(world, agreed)
    assert held.hold is not None
    assert (held.hold.kind in CHANGED, operations(world)) == (True, [])
    world.connectwise.people.set_quantity(november(world).id, 6)
    world.play(LATER)
    assert (november(world).fields["unitPrice"], record(world, agreed).hold) == (3.9, None)


def test_a_count_that_is_not_to_be_had_keeps_nothing_waiting(
    world: World, agreed: Customer
) -> None:
    """OPEN-5, CLOSE-5: terms do not depend on the count."""
    world.gravityzone.tenant.change_subscription(agreed.id, 1)
    world.answers().carry_terms(key(agreed), **WHO)
    world.play(CLOSED)
    assert november(world).fields["unitPrice"] == 3.9


# Refused


def test_refused_content_is_told_and_not_repeated(world: World, agreed: Customer) -> None:
    """OPEN-5, SAFE-2: terms that ConnectWise refuses (400) are told as a notice; the count is
    followed, and a person may ask again.
    """
    world.connectwise.faults.add(
        replace(TERMS_PATCH, status=400, body='{"code": "X", "message": "price is locked"}')
    )
    world.answers().carry_terms(key(agreed), **WHO)
    world.check_in(agreed, 1)
    world.play(CLOSED, CLOSED + SOON, LATER)
    assert (november(world).quantity, len(operations(world))) == (7, 1)
    shown = world.standing(agreed).shown
    assert shown.state is StandingState.BILLING
    (said,) = notices(world, agreed)
    assert "could not be carried over" in said
    assert "price is locked" in said
    assert said.endswith("Change them in ConnectWise, or have them carried over once more.")
    world.connectwise.faults.clear()
    world.answers().carry_terms(key(agreed), **WHO)
    world.play(DECEMBER - timedelta(hours=1))
    assert (november(world).fields["unitPrice"], notices(world, agreed)) == (3.9, ())


def test_a_cancelled_agreement_refuses_terms(world: World, agreed: Customer) -> None:
    """OPEN-5, LATE-1: on an agreement that has ended nothing is written, terms neither; it is told,
    and the month goes on.
    """
    world.connectwise.options.cancelled_agreements_refuse_changes = True
    world.connectwise.people.cancel_agreement(agreed.agreement_id, date(2026, 11, 2))
    world.answers().carry_terms(key(agreed), **WHO)
    world.play(CLOSED, DECEMBER, DECEMBER_CLOSE)
    assert record(world, agreed).state is RecordState.CLOSED
    assert "It is not written any more" in notices(world, agreed)[0]


@pytest.mark.parametrize("status", [401, 403, 404, 409, 429])
def test_other_refusals_are_for_the_next_tick(world: World, agreed: Customer, status: int) -> None:
    """OPEN-5, SAFE-2: anything else that did not happen is failing, with the count pushed, and
    tried again at the next tick.
    """
    world.connectwise.faults.add(replace(TERMS_PATCH, status=status))
    world.answers().carry_terms(key(agreed), **WHO)
    world.check_in(agreed, 1)
    world.tick(CLOSED)
    world.work(until=timedelta(seconds=30))
    assert world.standing(agreed).shown.state is StandingState.FAILING
    assert (november(world).quantity, november(world).fields["unitPrice"]) == (7, 4.5)
    world.connectwise.faults.clear()
    world.play(CLOSED + SOON)
    assert (november(world).fields["unitPrice"], notices(world, agreed)) == (3.9, ())


def test_a_write_that_never_succeeds_does_not_stop_the_count(
    world: World, agreed: Customer
) -> None:
    """OPEN-5: terms that ConnectWise answers with a 500, again and again, are failing; the count is
    pushed all the same.
    """
    world.connectwise.faults.add(replace(TERMS_PATCH, status=500))
    world.answers().carry_terms(key(agreed), **WHO)
    for number, tick in enumerate((CLOSED, CLOSED + timedelta(hours=1), LATER), start=1):
        world.check_in(agreed, 1, at=tick)
        world.play(tick)
        assert november(world).quantity == 6 + number
        assert world.standing(agreed).shown.state is StandingState.FAILING
    world.connectwise.faults.clear()
    world.play(LATER + timedelta(hours=1))
    assert (november(world).fields["unitPrice"], notices(world, agreed)) == (3.9, ())


def test_answered_as_done_and_not_so(world: World, agreed: Customer) -> None:
    """OPEN-5: where ConnectWise says yes and shows other terms, a person is told; it is not sent
    for ever.
    """
    made = november(world)
    body = json.dumps({**made.fields, "unitPrice": 4.5})
    world.connectwise.faults.add(
        replace(TERMS_PATCH, status=200, body=body, content_type="application/json")
    )
    world.answers().carry_terms(key(agreed), **WHO)
    world.play(CLOSED, LATER)
    assert len(operations(world)) == 1
    assert "ConnectWise answered that it was done, and shows others." in notices(world, agreed)[0]
