"""Numbers that are no counts, and first ones that are very high: READ-8."""

import pytest

from simulators.faults import Fault, FaultKind, Garble
from tally.domain.holds import Broken
from tally.domain.model.standing import StandingState
from tally.domain.record.usage_record import Closing, RecordState, UsageRecord
from testing.world import PRODUCT, Customer, World
from tests.functional.instants import gmt

FIRST, SECOND, THIRD, CLOSE = (
    gmt("2026-11-05 08:00"),
    gmt("2026-11-05 10:15"),
    gmt("2026-11-06 08:00"),
    gmt("2026-12-02 00:05"),
)
AGAIN = gmt("2026-12-10 00:05")
NO_COUNTS = (2**31, 2**31 - 1, 1_000_001, 10**30, -5, 3.0, 1e300, True, "12", "1_2", "", None)
pytestmark = [pytest.mark.world(at=FIRST, bill_minimum=True), pytest.mark.machines(3)]


def november(world: World, customer: Customer) -> UsageRecord:
    """The month's record."""
    record = world.record(customer, "2026-11")
    assert record is not None
    return record


def answer_with(world: World, customer: Customer, value: int) -> None:
    """GravityZone counts so many, without a machine for each."""
    world.gravityzone.tenant.override_counter(customer.id, "2026-11", "endpointMonthlyUsage", value)


@pytest.mark.parametrize("value", NO_COUNTS)
def test_no_count_opens_nothing(world: World, harbor: Customer, value: int) -> None:
    """READ-8: what is no whole number up to a sane maximum is unknown: nothing is opened, and the
    true count is not a fall after it.
    """
    answer_with(world, harbor, value)
    world.play(FIRST)
    assert world.additions(harbor) == []
    assert world.standing(harbor).shown.state is StandingState.FAILING
    world.gravityzone.tenant.clear_overrides()
    world.play(SECOND)
    assert world.additions(harbor) == [(3, "2026-11-01", "2026-11-30")]
    assert world.standing(harbor).shown.state is StandingState.BILLING


@pytest.mark.parametrize("value", NO_COUNTS)
def test_no_count_is_pushed(world: World, harbor: Customer, value: int) -> None:
    """READ-8: nor is it pushed onto an Addition that stands."""
    world.play(FIRST)
    answer_with(world, harbor, value)
    world.play(SECOND)
    assert world.additions(harbor) == [(3, "2026-11-01", "2026-11-30")]
    assert world.standing(harbor).shown.state is StandingState.FAILING


@pytest.mark.parametrize("floor", [2**31, 1_000_001])
def test_no_floor(world: World, harbor: Customer, floor: int) -> None:
    """READ-8, CLOSE-2: a floor beyond all measure is none: the month closes with its count, and
    that is told where a floor is billed.
    """
    world.gravityzone.tenant.company(harbor.id).minimum_usage = floor
    world.play(FIRST, CLOSE)
    record = november(world, harbor)
    assert (record.state, record.stands, record.floor) == (RecordState.CLOSED, 3, None)
    (told,) = world.standing(harbor).shown.notices
    assert "When November 2026 was closed, the contract's minimum could not be read" in told
    assert f"{{'endpointMonthlyUsage': {floor}}}" in told


@pytest.mark.world(at=FIRST, bill_minimum=False)
def test_no_floor_is_told_only_where_one_is_billed(world: World, harbor: Customer) -> None:
    """CLOSE-2: a floor that is not billed is missed by nobody."""
    world.gravityzone.tenant.company(harbor.id).minimum_usage = 2**31
    world.play(FIRST, CLOSE)
    assert november(world, harbor).state is RecordState.CLOSED
    assert world.standing(harbor).shown.notices == ()


def test_a_floor_that_is_odd_later_is_the_one_that_was_billed(
    world: World, harbor: Customer
) -> None:
    """LATE-3, CLOSE-4: nothing is to be credited for want of a floor at the second reading."""
    world.gravityzone.tenant.company(harbor.id).minimum_usage = 10
    world.play(FIRST, CLOSE)
    assert november(world, harbor).stands == 10
    world.gravityzone.tenant.company(harbor.id).minimum_usage = -10
    world.play(AGAIN)
    record = november(world, harbor)
    assert record.closing == Closing(count=3, floor=10, reread=True)
    assert world.standing(harbor).shown.notices == ()


def test_a_floor_that_can_be_read_later_is_asked_about(world: World, harbor: Customer) -> None:
    """CLOSE-4, LATE-2: what the close has missed of a floor is late usage at the second reading."""
    world.gravityzone.tenant.company(harbor.id).minimum_usage = -10
    world.play(FIRST, CLOSE)
    world.gravityzone.tenant.company(harbor.id).minimum_usage = 10
    world.play(AGAIN)
    hold = november(world, harbor).hold
    assert hold is not None
    assert (hold.kind, hold.quantity) == ("late", 10)


@pytest.mark.parametrize("operation", ["getMonthlyUsage", "getLicenseInfo"])
def test_a_key_twice_is_unknown(world: World, harbor: Customer, operation: str) -> None:
    """READ-8: an answer about a company with a key twice says nothing, whichever value came
    last.
    """
    world.gravityzone.faults.add(
        Fault(kind=FaultKind.GARBLED, garble=Garble.DOUBLED, operation=operation, times=99)
    )
    world.play(FIRST)
    assert world.additions(harbor) == []
    assert "twice" in world.standing(harbor).shown.reason
    world.gravityzone.faults.clear()
    world.play(SECOND)
    assert world.additions(harbor) == [(3, "2026-11-01", "2026-11-30")]


def test_additions_with_a_key_twice_are_not_read(world: World, harbor: Customer) -> None:
    """READ-8: nor does a list of Additions in which one has a key twice: nothing is written on its
    strength.
    """
    world.play(FIRST)
    world.check_in(harbor, 2)
    world.connectwise.faults.add(
        Fault(kind=FaultKind.GARBLED, garble=Garble.DOUBLED, operation="GET additions", times=99)
    )
    world.play(SECOND)
    assert world.additions(harbor) == [(3, "2026-11-01", "2026-11-30")]
    assert "twice" in world.standing(harbor).shown.reason
    world.connectwise.faults.clear()
    world.play(THIRD)
    assert world.additions(harbor) == [(5, "2026-11-01", "2026-11-30")]


def test_a_post_answered_with_a_key_twice_is_made_once(world: World, harbor: Customer) -> None:
    """SAFE-2, READ-8: an answer to a POST that says two things is none: it is looked for, and
    found.
    """
    world.connectwise.faults.add(
        Fault(kind=FaultKind.GARBLED, garble=Garble.DOUBLED, operation="POST *", times=1)
    )
    world.play(FIRST, SECOND)
    assert world.additions(harbor) == [(3, "2026-11-01", "2026-11-30")]
    assert len(world.connectwise.truth.made_by_api()) == 1


@pytest.mark.parametrize(("count", "asked"), [(500, False), (501, True), (1_000_000, True)])
def test_a_very_high_first_count_asks(
    world: World, harbor: Customer, count: int, *, asked: bool
) -> None:
    """READ-8, FOLLOW-4: where no month came before, a count above FirstMonthSeats waits for a
    person.
    """
    answer_with(world, harbor, count)
    world.play(FIRST)
    if not asked:
        assert world.additions(harbor) == [(count, "2026-11-01", "2026-11-30")]
        return
    record, shown = november(world, harbor), world.standing(harbor).shown
    assert (record.lines, shown.state) == ((), StandingState.HELD)
    assert record.hold is not None
    assert (record.hold.kind, record.hold.quantity) == ("growth", count)
    for each in (
        f"counts {count}",
        "no month came before",
        "more than 500",
        "FirstMonthSeats",
        f"Approve {count}",
    ):
        assert each in shown.reason
    world.answers().approve(record.key, by="ann", why="they are that many")
    world.play(SECOND)
    assert world.additions(harbor) == [(count, "2026-11-01", "2026-11-30")]


def test_a_first_month_that_becomes_very_high_asks(world: World, harbor: Customer) -> None:
    """READ-8: the first month opens near zero; what it grows to is asked of all the same, and a
    rejection keeps what stands.
    """
    world.play(FIRST)
    answer_with(world, harbor, 700)
    world.play(SECOND)
    record = november(world, harbor)
    assert record.hold is not None
    assert record.hold.kind == "growth"
    assert "no month came before" in record.hold.why
    world.answers().reject(record.key, by="ann", why="a wrong tenant")
    world.play(THIRD)
    assert world.additions(harbor) == [(3, "2026-11-01", "2026-11-30")]
    assert world.standing(harbor).shown.state is StandingState.BILLING


def test_an_absurd_quantity_of_ours_is_held_and_not_to_be_taken(
    world: World, harbor: Customer
) -> None:
    """READ-8, FOLLOW-3: a quantity that is no count was written by somebody else, and no answer
    makes it ours.
    """
    world.play(FIRST)
    (made,) = world.connectwise.truth.made_by_api()
    world.connectwise.people.set_quantity(made.id, 2.0**31)
    world.check_in(harbor, 1)
    world.play(SECOND)
    record = november(world, harbor)
    assert record.hold is not None
    assert isinstance(record.hold, Broken)
    assert "it stands at 2147483648, we left it at 3" in record.hold.why


def test_an_absurd_addition_of_others_is_not_taken_over(world: World, harbor: Customer) -> None:
    """READ-8, OPEN-6: nor is one of others taken over at a quantity that is no count."""
    theirs = world.connectwise.people.add_addition(
        harbor.agreement_id, PRODUCT, quantity=2.0**31, effective=FIRST.date().replace(day=1)
    )
    world.play(FIRST)
    record = november(world, harbor)
    world.answers().take_over(record.key, by="ann", why="ours", addition_id=theirs)
    world.play(SECOND)
    assert november(world, harbor).lines == ()
    assert world.connectwise.calls.count("PATCH additions/{id}") == 0
    assert world.standing(harbor).shown.state is StandingState.HELD
