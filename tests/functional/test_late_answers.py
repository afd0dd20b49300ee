"""A person's word on what a month's Addition can carry no more, however late it comes: OPEN-9,
OPEN-1, LATE-2 and LATE-3.
"""

from datetime import date
from typing import Any

import pytest

from simulators.clock import VirtualClock
from tally.domain.model.invoicing import LateUsage
from tally.domain.model.standing import StandingState
from tally.domain.record.lines import LineState
from tally.domain.record.usage_record import RecordState
from tally.errors import SetupError
from testing.world import PRODUCT, Customer, World
from tests.functional.instants import gmt
from tests.functional.october import october

BOOKS = {"by": "mira", "why": "agreed with the customer"}


def without_an_agreement(machines: int = 3, **settings: Any) -> tuple[World, Customer]:  # noqa: ANN401 - fields of the policy
    """A customer seen licensed in October, with so many machines, whose agreement does not run."""
    world = World(clock=VirtualClock(gmt("2026-10-01 00:00")), settings=settings)
    harbor = world.add_customer("Harbor Dental", fields={"nextInvoiceDate": "2026-11-01T00:00:00Z"})
    world.connectwise.people.cancel_agreement(harbor.agreement_id, date(2026, 9, 1))
    world.check_in(harbor, machines, at=gmt("2026-10-01 00:00"))
    world.play(gmt("2026-10-01 00:05"))
    return world, harbor


def agreement_made_late(world: World, harbor: Customer, *, next_invoice: str) -> None:
    """On 4 November somebody lets it run after all."""
    world.clock.set(gmt("2026-11-04 12:00"))
    fields = {
        "cancelledFlag": False,
        "dateCancelled": None,
        "nextInvoiceDate": f"{next_invoice}T00:00:00Z",
    }
    world.connectwise.people.edit_agreement(harbor.agreement_id, fields)


def asked_in_time() -> tuple[World, Customer]:
    """October could be opened on the 5th of November only, after its invoice: a person is asked,
    and does not answer.
    """
    world, harbor = without_an_agreement()
    agreement_made_late(world, harbor, next_invoice="2026-12-01")
    world.play(gmt("2026-11-05 00:05"), gmt("2026-11-12 00:05"))
    return world, harbor


def invoiced_with_three(*, floor: int) -> tuple[World, Customer]:
    """October was invoiced with three before its close; its contract bills so many at least."""
    world = World(clock=VirtualClock(gmt("2026-10-01 00:00")), bill_minimum=True)
    harbor = world.add_customer("Harbor Dental", fields={"nextInvoiceDate": "2026-11-01T00:00:00Z"})
    world.gravityzone.tenant.company(harbor.id).minimum_usage = floor
    world.check_in(harbor, 3, at=gmt("2026-10-01 00:00"))
    world.play(gmt("2026-10-01 00:05"))
    world.clock.set(gmt("2026-11-01 09:00"))
    world.connectwise.people.run_invoice(harbor.agreement_id)
    world.play(gmt("2026-11-01 09:15"), gmt("2026-11-02 00:05"))
    return world, harbor


def late_line(**settings: Any) -> tuple[World, Customer]:  # noqa: ANN401 - fields of the policy
    """October was invoiced with seven before its close; two more stand on a late line."""
    policy = {"late_usage": LateUsage.BILL, **settings}
    world = World(clock=VirtualClock(gmt("2026-10-01 00:00")), settings=policy)
    harbor = world.add_customer("Harbor Dental", fields={"nextInvoiceDate": "2026-11-01T00:00:00Z"})
    world.check_in(harbor, 7, at=gmt("2026-10-01 00:00"))
    world.play(gmt("2026-10-01 00:05"), gmt("2026-11-01 00:05"))
    world.clock.set(gmt("2026-11-01 09:00"))
    world.connectwise.people.run_invoice(harbor.agreement_id)
    world.play(gmt("2026-11-01 09:15"))
    world.check_in(harbor, 2, at=gmt("2026-10-31 20:00"))
    world.play(gmt("2026-11-01 12:00"))
    assert [line.pushed for line in october(world, harbor).lines] == [7, 2]
    return world, harbor


def voided_late_line() -> tuple[World, Customer]:
    """The late line was voided by a person, and nothing says where else it would belong."""
    world, harbor = late_line()
    world.answers().void(october(world, harbor).key, **BOOKS)
    world.play(gmt("2026-11-01 13:00"))
    return world, harbor


def held(world: World, harbor: Customer) -> tuple[str, int]:
    hold = october(world, harbor).hold
    assert hold is not None
    return hold.kind, hold.quantity


def test_approved_after_the_last_day_it_is_billed_all_the_same() -> None:
    """OPEN-9: who was asked in time may answer after the 10th, too: what is approved is billed, and
    the month closes.
    """
    world, harbor = asked_in_time()
    assert held(world, harbor) == ("late", 3)
    assert world.standing(harbor).shown.state is StandingState.HELD
    world.answers().approve(october(world, harbor).key, **BOOKS)
    world.play(gmt("2026-11-12 00:20"))
    record = october(world, harbor)
    assert (record.state, record.count, record.settled) == (RecordState.CLOSED, 3, True)
    assert [(line.number, line.pushed) for line in record.lines] == [(1, 3)]
    assert world.standing(harbor).shown.state is StandingState.BILLING


def test_a_late_month_is_asked_once_with_the_floor_of_its_contract() -> None:
    """CLOSE-2, LATE-2: of a month that is opened late, its contract's floor is in the one question
    that a person is asked.
    """
    world, harbor = without_an_agreement(bill_minimum=True)
    world.gravityzone.tenant.company(harbor.id).minimum_usage = 5
    agreement_made_late(world, harbor, next_invoice="2026-12-01")
    world.play(gmt("2026-11-05 00:05"))
    hold = october(world, harbor).hold
    assert hold is not None
    assert (hold.kind, hold.quantity) == ("late", 5)
    assert "counts 3 endpoints" in hold.why
    assert "5 are billed at least by its contract" in hold.why
    world.answers().approve(october(world, harbor).key, **BOOKS)
    world.play(gmt("2026-11-05 00:20"))
    record = october(world, harbor)
    assert (record.state, record.count, record.floor) == (RecordState.CLOSED, 3, 5)
    assert [(line.number, line.pushed) for line in record.lines] == [(1, 5)]


def test_a_floor_that_is_left_out_is_not_asked_again() -> None:
    """CLOSE-2, LATE-2: who leaves the late part of a contract's floor out is not asked of it again:
    the month closes with what was billed.
    """
    world = World(clock=VirtualClock(gmt("2026-10-01 00:00")), settings={"bill_minimum": True})
    harbor = world.add_customer("Harbor Dental", fields={"nextInvoiceDate": "2026-11-01T00:00:00Z"})
    world.check_in(harbor, 7, at=gmt("2026-10-01 00:00"))
    world.play(gmt("2026-10-01 00:05"))
    world.clock.set(gmt("2026-11-01 09:00"))
    world.connectwise.people.run_invoice(harbor.agreement_id)
    world.gravityzone.tenant.company(harbor.id).minimum_usage = 50
    world.play(gmt("2026-11-01 09:15"), gmt("2026-11-02 00:05"))
    assert held(world, harbor) == ("late", 50)
    world.answers().reject(october(world, harbor).key, **BOOKS)
    world.play(gmt("2026-11-02 00:20"), gmt("2026-11-10 00:05"))
    record = october(world, harbor)
    assert (record.state, record.hold, record.count, record.floor) == (
        RecordState.CLOSED,
        None,
        7,
        50,
    )
    assert (record.stands, record.settled) == (7, True)


def test_a_late_month_with_a_floor_is_left_out_whole() -> None:
    """CLOSE-2, OPEN-9: a month that is opened late and whose floor a person leaves out closes with
    nothing.
    """
    world, harbor = without_an_agreement(bill_minimum=True)
    world.gravityzone.tenant.company(harbor.id).minimum_usage = 5
    agreement_made_late(world, harbor, next_invoice="2026-12-01")
    world.play(gmt("2026-11-05 00:05"))
    world.answers().reject(october(world, harbor).key, **BOOKS)
    world.play(gmt("2026-11-05 00:20"), gmt("2026-11-10 00:05"))
    record = october(world, harbor)
    assert (record.state, record.lines, record.hold, record.settled) == (
        RecordState.CLOSED,
        (),
        None,
        True,
    )


def test_rejected_after_the_last_day_it_closes_with_nothing() -> None:
    """OPEN-9, LATE-2: a late rejection ends it just as well."""
    world, harbor = asked_in_time()
    world.answers().reject(october(world, harbor).key, **BOOKS)
    world.play(gmt("2026-11-12 00:20"))
    record = october(world, harbor)
    assert (record.state, record.lines, record.settled) == (RecordState.CLOSED, (), True)


@pytest.mark.parametrize(("answer", "billed"), [("approve", [5]), ("reject", [])])
def test_a_whole_late_month_is_asked_for_with_its_floor(answer: str, billed: list[int]) -> None:
    """CLOSE-2, LATE-2: where the contract's floor is billed it is in the question, so one word
    settles it, either way.
    """
    world, harbor = without_an_agreement()
    world.bill_minimum = True
    world.gravityzone.tenant.company(harbor.id).minimum_usage = 5
    agreement_made_late(world, harbor, next_invoice="2026-12-01")
    world.play(gmt("2026-11-05 00:05"))
    assert held(world, harbor) == ("late", 5)
    getattr(world.answers(), answer)(october(world, harbor).key, **BOOKS)
    world.play(gmt("2026-11-05 00:20"), gmt("2026-11-12 00:05"))
    record = october(world, harbor)
    assert (record.state, [line.pushed for line in record.lines]) == (RecordState.CLOSED, billed)
    assert (record.settled, record.credit) == (True, None)


def test_a_rest_up_to_the_floor_that_is_rejected_is_asked_once() -> None:
    """CLOSE-2, LATE-2: who leaves out what the contract's floor adds to an invoiced month is not
    asked for it again.
    """
    world, harbor = invoiced_with_three(floor=5)
    assert held(world, harbor) == ("late", 5)
    world.answers().reject(october(world, harbor).key, **BOOKS)
    world.play(gmt("2026-11-02 00:20"), gmt("2026-11-10 00:05"))
    record = october(world, harbor)
    assert (record.state, record.stands, record.hold, record.settled) == (
        RecordState.CLOSED,
        3,
        None,
        True,
    )


def test_approved_and_not_told_any_more_is_to_be_billed_by_hand() -> None:
    """OPEN-9, READ-2: without a count nothing is opened, whatever was approved, and the standing
    says why.
    """
    world, harbor = asked_in_time()
    world.answers().approve(october(world, harbor).key, **BOOKS)
    world.gravityzone.tenant.change_subscription(harbor.id, 2)
    world.play(gmt("2026-11-13 00:05"))
    shown = world.standing(harbor).shown
    assert october(world, harbor).lines == ()
    assert (shown.state, "by hand" in shown.reason) == (StandingState.NEEDS_SETUP, True)


@pytest.mark.parametrize("answer", ["keep_apart", "take_over", "cancelled"])
def test_an_addition_of_others_is_answered_after_the_last_day(answer: str) -> None:
    """OPEN-9, OPEN-6: what the Addition of others has held since before the 10th is opened once
    that is settled.
    """
    world, harbor = without_an_agreement()
    theirs = world.connectwise.people.add_addition(
        harbor.agreement_id,
        PRODUCT,
        quantity=1,
        effective=date(2026, 10, 1),
        cancelled=date(2026, 10, 31),
    )
    agreement_made_late(world, harbor, next_invoice="2026-11-01")
    world.play(gmt("2026-11-05 00:05"), gmt("2026-11-12 00:05"))
    assert held(world, harbor)[0] == "foreign"
    key = october(world, harbor).key
    if answer == "keep_apart":
        world.answers().keep_apart(key, **BOOKS)
    elif answer == "take_over":
        world.answers().take_over(key, theirs, **BOOKS)
    else:
        world.connectwise.people.delete_addition(theirs)
    world.play(gmt("2026-11-12 00:20"))
    record = october(world, harbor)
    assert (record.state, record.count, [line.pushed for line in record.lines]) == (
        RecordState.CLOSED,
        3,
        [3],
    )


def test_a_voided_late_line_waits_until_the_close_for_its_right_place() -> None:
    """OPEN-1: on the place that a person called wrong nothing is opened again, and what to set up
    is said.
    """
    world, harbor = voided_late_line()
    shown = world.standing(harbor).shown
    assert (shown.state, "pin the right agreement" in shown.reason) == (
        StandingState.NEEDS_SETUP,
        True,
    )
    assert october(world, harbor).hold is None


def test_a_voided_late_line_is_asked_at_the_close() -> None:
    """OPEN-1, LATE-2: with no other place by the close a person is asked, and is told the numbers
    and what can be done.
    """
    world, harbor = voided_late_line()
    world.play(gmt("2026-11-02 00:05"))
    assert held(world, harbor) == ("unplaced", 9)
    for part in (
        "counts 9 endpoints for Harbor Dental in October 2026, and 7 are billed",
        "other 2 are on no Addition",
        "was voided on agreement 'Managed security' (id 1)",
        "pin the right agreement",
        "reject",
        "closes with 7",
    ):
        assert part in world.standing(harbor).shown.reason
    with pytest.raises(SetupError, match="cannot be approved"):
        world.answers().approve(october(world, harbor).key, **BOOKS)


def test_a_voided_late_line_is_left_out() -> None:
    """OPEN-1, CLOSE-2: rejected, the month closes with what stands, and the second reading does not
    ask again.
    """
    world, harbor = voided_late_line()
    world.play(gmt("2026-11-02 00:05"))
    world.answers().reject(october(world, harbor).key, **BOOKS)
    world.play(gmt("2026-11-02 00:20"))
    record = october(world, harbor)
    assert (record.state, record.stands, record.hold) == (RecordState.CLOSED, 7, None)
    assert [line.state for line in record.lines] == [LineState.FINAL, LineState.VOID]
    world.play(gmt("2026-11-10 00:05"))
    assert october(world, harbor).settled
    assert world.standing(harbor).shown.state is StandingState.BILLING


def test_a_voided_late_line_has_its_successor_once_there_is_a_place() -> None:
    """OPEN-1: pinned right while it is held, the late usage goes there, and the hold is gone."""
    world, harbor = voided_late_line()
    world.play(gmt("2026-11-02 00:05"))
    right = world.add_agreement(harbor.connectwise_id, name="Security, North")
    world.set_up().pin(harbor.id, right, **BOOKS)
    world.play(gmt("2026-11-02 00:20"))
    record = october(world, harbor)
    assert (record.state, record.hold) == (RecordState.CLOSED, None)
    assert [(line.agreement_id, line.pushed) for line in record.lines][-1] == (right, 2)


def test_a_voided_late_line_without_any_agreement_is_left_out() -> None:
    """OPEN-1, LATE-2: also where no agreement runs any more, a person has the last word."""
    world, harbor = voided_late_line()
    world.connectwise.people.cancel_agreement(harbor.agreement_id, date(2026, 11, 1))
    world.play(gmt("2026-11-02 00:05"))
    assert held(world, harbor) == ("unplaced", 9)
    world.answers().reject(october(world, harbor).key, **BOOKS)
    world.play(gmt("2026-11-02 00:20"))
    assert october(world, harbor).state is RecordState.CLOSED


def test_a_voided_late_line_of_a_company_that_is_gone() -> None:
    """OPEN-1, CLOSE-5: without a last reading nobody knows whether something is missing: a person
    says what it closes with.
    """
    world, harbor = voided_late_line()
    world.gravityzone.tenant.change_subscription(harbor.id, 2)
    world.play(gmt("2026-11-02 00:05"))
    assert held(world, harbor) == ("unplaced", 7)
    world.answers().reject(october(world, harbor).key, **BOOKS)
    world.play(gmt("2026-11-02 00:20"))
    assert (october(world, harbor).state, october(world, harbor).stands) == (RecordState.CLOSED, 7)
    world.play(gmt("2026-11-10 00:05"))
    assert october(world, harbor).settled


def test_a_voided_month_of_a_company_that_is_gone() -> None:
    """OPEN-1, CLOSE-5: also where nothing else stands for the month, it does not stay open for
    ever: a person ends it.
    """
    world = World(clock=VirtualClock(gmt("2026-10-01 00:00")))
    harbor = world.add_customer("Harbor Dental")
    world.check_in(harbor, 7, at=gmt("2026-10-01 00:00"))
    world.play(gmt("2026-10-01 00:05"))
    world.answers().void(october(world, harbor).key, **BOOKS)
    world.gravityzone.tenant.change_subscription(harbor.id, 2)
    world.play(gmt("2026-10-01 00:20"), gmt("2026-11-02 00:05"))
    assert held(world, harbor) == ("unplaced", 0)
    world.answers().reject(october(world, harbor).key, **BOOKS)
    world.play(gmt("2026-11-02 00:20"), gmt("2026-11-10 00:05"))
    record = october(world, harbor)
    assert (record.state, record.count, record.stands, record.settled) == (
        RecordState.CLOSED,
        0,
        0,
        True,
    )


def test_what_an_ending_agreement_leaves_over_can_be_left_out() -> None:
    """LATE-2: whoever bills the rest by hand, as the sentence says, can end it: the month is asked
    for no more.
    """
    world = World(
        clock=VirtualClock(gmt("2026-10-01 00:00")), settings={"late_usage": LateUsage.BILL}
    )
    harbor = world.add_customer("Harbor Dental", fields={"nextInvoiceDate": "2026-11-01T00:00:00Z"})
    world.check_in(harbor, 7, at=gmt("2026-10-01 00:00"))
    world.play(gmt("2026-10-01 00:05"))
    world.connectwise.people.expire_agreement(harbor.agreement_id, date(2026, 11, 30))
    world.play(gmt("2026-11-02 00:05"))
    world.clock.set(gmt("2026-11-05 09:00"))
    for _ in range(2):
        world.connectwise.people.run_invoice(harbor.agreement_id)
    world.check_in(harbor, 3, at=gmt("2026-10-31 20:00"))
    world.play(gmt("2026-11-10 00:05"))
    assert held(world, harbor) == ("unplaced", 10)
    assert "bill the rest by hand" in world.standing(harbor).shown.reason
    world.answers().reject(october(world, harbor).key, **BOOKS)
    world.play(gmt("2026-11-10 00:20"))
    assert (october(world, harbor).stands, october(world, harbor).settled) == (7, True)


def test_a_credit_stays_as_it_was_where_the_month_cannot_be_read_again() -> None:
    """LATE-3, CLOSE-4: what was billed too much, and its price, are known from the close; no second
    reading takes them away.
    """
    world, harbor = late_line()
    world.gravityzone.tenant.override_counter(harbor.id, "2026-10", "endpointMonthlyUsage", 5)
    world.play(gmt("2026-11-01 13:00"))
    world.answers().approve(october(world, harbor).key, **BOOKS)
    world.play(gmt("2026-11-01 13:20"), gmt("2026-11-02 00:05"))
    credit = october(world, harbor).credit
    assert credit is not None
    assert (credit.quantity, str(credit.unit_price)) == (2, "4.5")
    world.gravityzone.tenant.change_subscription(harbor.id, 2)
    world.play(gmt("2026-11-10 00:05"))
    closing = october(world, harbor).closing
    assert closing is not None
    assert (closing.reread, closing.credit) == (True, credit)
    assert any("9.00 at 4.50 each" in notice for notice in world.standing(harbor).shown.notices)


@pytest.mark.parametrize(("late_is_lowered", "price"), [(True, "3.9"), (False, "None")])
def test_a_credit_has_the_price_that_all_its_lines_have(late_is_lowered: bool, price: str) -> None:
    """LATE-3, OPEN-5: it is that of the lines that bill some; of several, nobody can say which
    line's units were too many, so no amount is told.
    """
    world, harbor = late_line()
    world.connectwise.people.set_terms(world.connectwise.truth.made_by_api()[0].id, unit_price=3.9)
    if not late_is_lowered:
        world.connectwise.people.run_invoice(harbor.agreement_id)
    world.gravityzone.tenant.override_counter(harbor.id, "2026-10", "endpointMonthlyUsage", 5)
    world.play(gmt("2026-11-01 13:00"))
    if late_is_lowered:
        world.answers().approve(october(world, harbor).key, **BOOKS)
    world.play(gmt("2026-11-01 13:20"), gmt("2026-11-02 00:05"))
    credit = october(world, harbor).credit
    assert credit is not None
    assert (credit.billed, str(credit.unit_price)) == (7 if late_is_lowered else 9, price)
