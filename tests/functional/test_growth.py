"""FOLLOW-4 and READ-7: numbers that a person is asked about, and what each answer leads to."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from simulators.clock import VirtualClock
from simulators.faults import Fault, FaultKind
from tally.domain.model.month import Month
from tally.domain.model.standing import StandingState
from tally.domain.record.record_key import RecordKey
from tally.domain.record.usage_record import RecordState, UsageRecord
from tally.errors import SetupError
from tally.people.hold_answers import Answers
from testing.queue import Message
from testing.world import Customer, World
from tests.functional.instants import gmt
from tests.functional.kinds_seen import CHANGED

OCTOBER_CLOSED = (
    gmt("2026-10-01 00:05"),
    gmt("2026-10-20 00:05"),
    gmt("2026-11-01 00:05"),
    gmt("2026-11-02 00:05"),
)
LATER, CLOSE = gmt("2026-11-20 00:05"), gmt("2026-12-02 00:05")
pytestmark = pytest.mark.world(at=gmt("2026-10-01 00:00"))


@pytest.fixture
def harbor(world: World) -> Customer:
    """A customer whose October closed at 31, and whose November stands at 44."""
    customer = world.add_customer("Harbor Dental")
    world.check_in(customer, 31, at=gmt("2026-10-19 08:00"))
    world.check_in(customer, 44, at=gmt("2026-11-01 08:00"))
    world.play(*OCTOBER_CLOSED)
    assert [each[0] for each in world.additions(customer)] == [31, 44]
    return customer


def answers(world: World) -> Answers:
    return Answers(ledger=world.ledger, clock=world.clock)


def november(harbor: Customer) -> RecordKey:
    return RecordKey(company_id=harbor.id, month=Month(2026, 11), service="endpoints")


def held(world: World, harbor: Customer) -> UsageRecord:
    record = world.ledger.record(november(harbor))
    assert record is not None
    assert record.hold is not None
    return record


def grow(world: World, harbor: Customer, to: int, at: datetime = LATER) -> None:
    world.check_in(
        harbor,
        to - world.gravityzone.truth.count(harbor.id, "2026-11", gmt("2026-12-01 00:00")),
        at=at,
    )
    world.play(at)


def quantity(world: World, harbor: Customer) -> int:
    """What stands on November's Addition."""
    return world.additions(harbor)[1][0]


def test_growth_beyond_both_limits_is_held(world: World, harbor: Customer) -> None:
    """FOLLOW-4: beyond the month before by percentage and seats, nothing is pushed; the sentence
    has all four numbers.
    """
    grow(world, harbor, 240)
    shown = world.standing(harbor).shown
    assert shown.state is StandingState.HELD
    assert shown.reason == (
        "GravityZone counts 240 active endpoints for Harbor Dental in November 2026; October 2026 "
        "gave 31. The Addition says 44. Approve 240, or reject it and check the company in "
        "GravityZone."
    )
    assert quantity(world, harbor) == 44


@pytest.mark.parametrize(("count", "is_held"), [(46, False), (51, False), (52, True)])
def test_the_limits_are_both_to_be_exceeded(
    world: World, harbor: Customer, count: int, *, is_held: bool
) -> None:
    """FOLLOW-4: 50 % of 31 is passed at 47, 20 seats at 52; the baseline is the month before, not
    the last push.
    """
    grow(world, harbor, count)
    assert (world.standing(harbor).shown.state is StandingState.HELD) is is_held
    assert quantity(world, harbor) == (44 if is_held else count)


def test_no_month_before_no_hold(world: World) -> None:
    """FOLLOW-4: a customer's first month has nothing to be compared with."""
    customer = world.add_customer("New Quay")
    world.check_in(customer, 500)
    world.play(gmt("2026-10-01 00:05"))
    assert world.additions(customer)[0][0] == 500


def test_an_opening_is_held_too(world: World, harbor: Customer) -> None:
    """FOLLOW-4: a month that begins far beyond the one before is not opened before a person has
    approved it.
    """
    world.check_in(harbor, 300, at=gmt("2026-12-01 00:00"))
    world.play(gmt("2026-12-01 00:05"))
    assert len(world.additions(harbor)) == 2
    december = RecordKey(company_id=harbor.id, month=Month(2026, 12), service="endpoints")
    assert "No Addition is there yet" in world.standing(harbor).shown.reason
    answers(world).approve(december, by="ann", why="a merger")
    world.play(gmt("2026-12-01 00:20"))
    assert world.additions(harbor)[2][0] == 300


def test_a_rejected_opening_stays_unopened(world: World, harbor: Customer) -> None:
    """FOLLOW-4: rejected, nothing is opened until the count is within the limits again."""
    world.check_in(harbor, 300, at=gmt("2026-12-01 00:00"))
    world.play(gmt("2026-12-01 00:05"))
    december = RecordKey(company_id=harbor.id, month=Month(2026, 12), service="endpoints")
    answers(world).reject(december, by="ann", why="an imaging accident")
    world.play(gmt("2026-12-01 00:20"))
    assert len(world.additions(harbor)) == 2
    assert "ann rejected 300" in world.standing(harbor).shown.reason
    world.gravityzone.tenant.override_counter(harbor.id, "2026-12", "endpointMonthlyUsage", 30)
    world.play(gmt("2026-12-01 00:35"))
    assert world.additions(harbor)[2][0] == 30


def test_a_rejected_opening_is_over_once_it_is_opened(world: World, harbor: Customer) -> None:
    """FOLLOW-4: nothing stood that the rejection keeps, so a month that is opened within the limits
    follows its count.
    """
    world.check_in(harbor, 300, at=gmt("2026-12-01 00:00"))
    world.play(gmt("2026-12-01 00:05"))
    december = RecordKey(company_id=harbor.id, month=Month(2026, 12), service="endpoints")
    answers(world).reject(december, by="ann", why="an imaging accident")
    world.gravityzone.tenant.override_counter(harbor.id, "2026-12", "endpointMonthlyUsage", 30)
    world.play(gmt("2026-12-01 00:20"))
    world.gravityzone.tenant.override_counter(harbor.id, "2026-12", "endpointMonthlyUsage", 33)
    world.play(gmt("2026-12-01 00:35"))
    assert world.additions(harbor)[2][0] == 33


def test_an_approved_number_is_pushed_and_is_the_baseline(world: World, harbor: Customer) -> None:
    """FOLLOW-4: approved, 240 is pushed; 300 is within its limits, 400 is not."""
    grow(world, harbor, 240)
    answers(world).approve(november(harbor), by="ann", why="they bought a clinic")
    world.play(gmt("2026-11-20 00:20"))
    assert quantity(world, harbor) == 240
    grow(world, harbor, 300, gmt("2026-11-21 00:05"))
    assert quantity(world, harbor) == 300
    grow(world, harbor, 400, gmt("2026-11-22 00:05"))
    assert quantity(world, harbor) == 300
    assert "240 was approved" in world.standing(harbor).shown.reason


def test_a_rejected_number_leaves_what_stands(world: World, harbor: Customer) -> None:
    """FOLLOW-4, CLOSE-2: rejected, the month closes with 44, until the count passes the rejected
    one by the same limits.
    """
    grow(world, harbor, 240)
    answers(world).reject(november(harbor), by="ann", why="an imaging accident")
    grow(world, harbor, 300, gmt("2026-11-21 00:05"))
    assert quantity(world, harbor) == 44
    shown = world.standing(harbor).shown
    assert shown.state is StandingState.BILLING
    assert "GravityZone counts 300; 44 stays by the word of ann" in shown.notices[-1]
    grow(world, harbor, 361, gmt("2026-11-22 00:05"))
    assert held(world, harbor).hold.quantity == 361  # type: ignore[union-attr]
    answers(world).reject(november(harbor), by="ann", why="still the accident")
    world.play(CLOSE)
    record = world.ledger.record(november(harbor))
    assert record is not None
    assert (record.state, record.count) == (RecordState.CLOSED, 44)


def test_a_hold_without_an_answer_keeps_the_month_open(world: World, harbor: Customer) -> None:
    """CLOSE-2: nothing closes with a hold on its push."""
    grow(world, harbor, 240)
    world.play(CLOSE)
    assert held(world, harbor).state is RecordState.OPEN


def test_growth_that_goes_away_lifts_itself(world: World, harbor: Customer) -> None:
    """FOLLOW-4: a hold whose cause disappears lifts itself, and the history says so."""
    world.gravityzone.tenant.override_counter(harbor.id, "2026-11", "endpointMonthlyUsage", 240)
    world.play(LATER)
    assert held(world, harbor).hold is not None
    world.gravityzone.tenant.clear_overrides()
    world.play(gmt("2026-11-20 00:20"))
    assert world.standing(harbor).shown.state is StandingState.BILLING
    assert world.ledger.history(november(harbor))[-1].what == "hold lifted"


def test_a_fall_is_kept(world: World, harbor: Customer) -> None:
    """READ-7: kept by a person, what stands stays and the month closes with it; a rise beyond it is
    pushed.
    """
    world.gravityzone.tenant.override_counter(harbor.id, "2026-11", "endpointMonthlyUsage", 40)
    world.play(LATER)
    assert held(world, harbor).hold.kind == "fall"  # type: ignore[union-attr]
    answers(world).reject(november(harbor), by="ann", why="a glitch")
    world.play(gmt("2026-11-20 00:20"))
    assert (quantity(world, harbor), world.standing(harbor).shown.state) == (
        44,
        StandingState.BILLING,
    )
    world.gravityzone.tenant.override_counter(harbor.id, "2026-11", "endpointMonthlyUsage", 45)
    world.play(gmt("2026-11-20 00:35"))
    assert quantity(world, harbor) == 45
    world.play(CLOSE)
    assert world.record(harbor, "2026-11").state is RecordState.CLOSED  # type: ignore[union-attr]


def test_a_fall_is_accepted(world: World, harbor: Customer) -> None:
    """READ-7: accepted by a person, the lower number is pushed, and the next fall is asked about
    anew.
    """
    world.gravityzone.tenant.override_counter(harbor.id, "2026-11", "endpointMonthlyUsage", 40)
    world.play(LATER)
    answers(world).approve(november(harbor), by="ann", why="Bitdefender corrected it")
    world.play(gmt("2026-11-20 00:20"))
    assert quantity(world, harbor) == 40
    world.gravityzone.tenant.override_counter(harbor.id, "2026-11", "endpointMonthlyUsage", 39)
    world.play(gmt("2026-11-20 00:35"))
    assert quantity(world, harbor) == 40
    assert held(world, harbor).hold.quantity == 39  # type: ignore[union-attr]


@pytest.mark.parametrize(("edited", "approved", "rejected"), [(60, 46, 60), (10, 46, 10)])
def test_an_edit_by_hand_is_overwritten_or_kept(
    world: World, harbor: Customer, edited: int, approved: int, rejected: int
) -> None:
    """FOLLOW-3: approved, our number is written over the edit, also a lower one; rejected, the edit
    stays to the close.
    """
    for answer, expected in (("approve", approved), ("reject", rejected)):
        other = World(clock=VirtualClock(gmt("2026-10-01 00:00")))
        customer = other.add_customer("Harbor Dental")
        other.check_in(customer, 44, at=gmt("2026-10-01 00:00"))
        other.check_in(customer, 44, at=gmt("2026-11-01 00:00"))
        other.play(*OCTOBER_CLOSED)
        addition = other.connectwise.truth.made_by_api()[1]
        other.connectwise.people.set_quantity(addition.id, edited)
        grow(other, customer, 46)
        assert held(other, customer).hold.kind in CHANGED  # type: ignore[union-attr]
        getattr(answers(other), answer)(november(customer), by="ann", why="as agreed")
        other.play(gmt("2026-11-21 00:05"), CLOSE)
        assert quantity(other, customer) == expected
        assert other.record(customer, "2026-11").count == expected  # type: ignore[union-attr]


def _nothing_held(world: World, harbor: Customer) -> RecordKey:
    return november(harbor)


def _no_record(world: World, harbor: Customer) -> RecordKey:
    return RecordKey(company_id=harbor.id, month=Month(2025, 1), service="endpoints")


def _deleted(world: World, harbor: Customer) -> RecordKey:
    world.connectwise.people.delete_addition(world.connectwise.truth.made_by_api()[1].id)
    grow(world, harbor, 45)
    return november(harbor)


@pytest.mark.parametrize(
    ("arrange", "said"),
    [
        (_nothing_held, "is not held"),
        (_no_record, "no record"),
        (_deleted, "put it right in ConnectWise"),
    ],
)
def test_what_cannot_be_answered_is_said(
    world: World, harbor: Customer, arrange: Callable[[World, Customer], RecordKey], said: str
) -> None:
    """SAFE-7: an answer to nothing, or to what only ConnectWise can mend, changes nothing and says
    why.
    """
    key = arrange(world, harbor)
    before = world.ledger.record(key)
    for answer in (answers(world).approve, answers(world).reject):
        with pytest.raises(SetupError, match=said):
            answer(key, by="ann", why="")
    assert world.ledger.record(key) == before


def test_an_answer_is_in_the_history(world: World, harbor: Customer) -> None:
    """SAFE-1: who answered, and why, stands in the record's history."""
    grow(world, harbor, 240)
    answers(world).approve(november(harbor), by="ann@example.com", why="they bought a clinic")
    entry = world.ledger.history(november(harbor))[-1]
    assert (entry.what, entry.by, entry.why) == (
        "approved",
        "ann@example.com",
        "they bought a clinic",
    )
    assert [each["said"] for each in entry.changes["rulings"][1]] == ["grow", "late"]


def jobs_of(world: World, at: datetime) -> dict[str, Message]:
    """The jobs of a tick, by their months, in a worker's hands."""
    world.queue.clear()
    world.tick(at)
    world.clock.advance(timedelta(minutes=2))
    return {str(message.job.month): message for message in world.queue.receive()}


@pytest.mark.parametrize(
    ("opened", "operation"), [(False, "POST additions"), (True, "PATCH additions/{id}")]
)
def test_an_intent_is_measured_again_once_the_month_before_is_known(
    *, opened: bool, operation: str
) -> None:
    """FOLLOW-4: a write that was never sent is asked of, where the month before has been opened
    since its intent.
    """
    world = World(clock=VirtualClock(gmt("2026-10-01 00:00")), first_month=Month(2026, 10))
    customer = world.add_customer("Harbor Dental")
    world.check_in(customer, 2, at=gmt("2026-10-20 08:00"))
    if opened:
        world.deliver(jobs_of(world, gmt("2026-11-03 00:05"))["2026-11"], world.worker())
    world.check_in(customer, 30, at=gmt("2026-11-03 08:00"))
    jobs = jobs_of(world, gmt("2026-11-03 09:05"))
    world.connectwise.faults.add(Fault(kind=FaultKind.TIMEOUT_BEFORE, operation=operation))
    world.deliver(jobs["2026-11"], world.worker())
    world.connectwise.faults.clear()
    world.deliver(jobs["2026-10"], world.worker())
    world.work(until=timedelta(minutes=40))
    assert sorted(each[0] for each in world.additions(customer)) == ([0, 2] if opened else [2])
    record = held(world, customer)
    assert (record.hold and record.hold.kind, record.hold and record.hold.quantity) == (
        "growth",
        30,
    )
    answers(world).approve(november(customer), by="ann", why="they moved in")
    world.play(LATER)
    assert sorted(each[0] for each in world.additions(customer)) == [2, 30]
