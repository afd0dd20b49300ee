"""Which agreement a month is billed on."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from simulators.clock import VirtualClock
from simulators.faults import Fault, FaultKind
from tally.domain.model.standing import Cause, StandingState
from testing.world import Customer, World
from tests.functional.instants import gmt

TICK, NEXT = gmt("2026-11-10 08:00"), gmt("2026-11-10 08:15")
NOVEMBER = ("2026-11-01", "2026-11-30")
pytestmark = pytest.mark.world(at=TICK)


def customer_without(world: World) -> Customer:
    """A customer on both sides without an agreement (its `agreement_id` is 0)."""
    company = world.gravityzone.tenant.add_company("Harbor Dental")
    connectwise = world.connectwise.people.add_company("HarborDental", "Harbor Dental")
    return Customer(name="Harbor Dental", id=company, connectwise_id=connectwise, agreement_id=0)


def needs_setup(world: World, customer: Customer) -> str:
    """Why; nothing may have been made."""
    assert world.connectwise.truth.made_by_api() == []
    shown: Cause = world.standing(customer).shown
    assert shown.state is StandingState.NEEDS_SETUP
    return shown.reason


def test_none(world: World) -> None:
    """MATCH-3: without an agreement of the type nothing is written, and the standing says so."""
    harbor = customer_without(world)
    world.play(TICK)
    assert "no agreement of the type" in needs_setup(world, harbor)


def test_two(world: World) -> None:
    """MATCH-3: of two that are active none is guessed: both are listed with their ids."""
    harbor = world.add_customer("Harbor Dental")
    twin = world.connectwise.people.double_agreement(harbor.agreement_id, name="Branch office")
    world.play(TICK)
    reason = needs_setup(world, harbor)
    for said in (
        "2 active",
        "'Managed security'",
        f"id {harbor.agreement_id}",
        "'Branch office'",
        f"id {twin}",
    ):
        assert said in reason
    world.connectwise.people.cancel_agreement(twin, date(2026, 11, 10))
    world.play(NEXT)
    assert world.additions(harbor) == [(0, *NOVEMBER)]


def test_a_second_one_does_not_stop_an_open_month(world: World) -> None:
    """MATCH-3: an open record goes on where it stands; the next month waits for a person."""
    harbor = world.add_customer("Harbor Dental")
    world.play(TICK)
    world.connectwise.people.double_agreement(harbor.agreement_id)
    world.check_in(harbor, 2)
    world.play(NEXT)
    assert world.additions(harbor) == [(2, *NOVEMBER)]
    world.play(gmt("2026-12-02 00:00"))
    assert world.additions(harbor) == [(2, *NOVEMBER)]
    assert world.standing(harbor).shown.state is StandingState.NEEDS_SETUP


def lose_the_answer(world: World) -> None:
    """A tick whose POST never arrived, and whose worker does not know; its job is lost as well."""
    world.connectwise.faults.add(Fault(kind=FaultKind.TIMEOUT_BEFORE, operation="POST additions"))
    world.tick(TICK)
    for message in world.queue.receive():
        world.deliver(message, world.worker())
        world.queue.delete(message)
    world.connectwise.faults.clear()


def test_a_second_one_while_an_answer_is_out(world: World) -> None:
    """MATCH-3, SAFE-2: a POST that did not happen is not repeated once it is no longer clear which
    agreement is billed.
    """
    harbor = world.add_customer("Harbor Dental")
    lose_the_answer(world)
    twin = world.connectwise.people.double_agreement(harbor.agreement_id)
    world.play(NEXT)
    assert "2 active" in needs_setup(world, harbor)
    world.connectwise.people.cancel_agreement(twin, date(2026, 11, 1))
    world.play(gmt("2026-11-10 08:30"))
    assert world.additions(harbor) == [(0, *NOVEMBER)]
    assert world.standing(harbor).shown.state is StandingState.BILLING


def test_a_pin_set_while_an_answer_is_out(world: World) -> None:
    """MATCH-3, SAFE-2: pinned elsewhere since, the month is opened on the pinned agreement, and on
    no other one.
    """
    harbor = world.add_customer("Harbor Dental")
    lose_the_answer(world)
    twin = world.connectwise.people.double_agreement(harbor.agreement_id)
    pin(world, harbor, twin)
    world.play(NEXT, gmt("2026-11-10 08:30"))
    assert [made.agreement_id for made in world.connectwise.truth.made_by_api()] == [twin]
    assert world.standing(harbor).shown.state is StandingState.BILLING


def pin(world: World, customer: Customer, agreement_id: int) -> None:
    """What a person's command will write."""
    link = world.ledger.link(customer.id)
    assert link is not None
    pinned = replace(link, pinned_agreement_id=agreement_id)
    world.ledger._links[customer.id] = pinned
    world.ledger._index.show(pinned)


def test_the_pinned_one(world: World) -> None:
    """MATCH-3: a person can pin one of several; it is billed, the others are left alone."""
    harbor = world.add_customer("Harbor Dental")
    twin = world.connectwise.people.double_agreement(harbor.agreement_id)
    world.play(TICK)
    pin(world, harbor, twin)
    world.play(NEXT)
    assert [made.agreement_id for made in world.connectwise.truth.made_by_api()] == [twin]


def test_the_pinned_one_is_not_active(world: World) -> None:
    """MATCH-3: a pinned agreement that has ended is not replaced by another one of itself: the
    person is asked.
    """
    harbor = world.add_customer("Harbor Dental")
    twin = world.connectwise.people.double_agreement(harbor.agreement_id)
    world.play(TICK)
    pin(world, harbor, twin)
    world.connectwise.people.expire_agreement(twin, date(2026, 11, 9))
    world.play(NEXT)
    reason = needs_setup(world, harbor)
    assert f"id {twin}" in reason
    assert "ends 2026-11-09" in reason


def test_the_pinned_one_starts_later_this_month(world: World) -> None:
    """MATCH-3, OPEN-2: a pinned agreement that starts within the month is waited for, as an only
    one is.
    """
    harbor = world.add_customer("Harbor Dental")
    later = world.add_agreement(
        harbor.connectwise_id, name="From mid-month", start=date(2026, 11, 20)
    )
    world.connectwise.people.double_agreement(harbor.agreement_id)
    world.play(TICK)
    pin(world, harbor, later)
    world.play(NEXT)
    shown = world.standing(harbor).shown
    assert (shown.state, shown.until) == (StandingState.WAITING, gmt("2026-11-20 00:00"))


type Act = Callable[[World, int], object]


@pytest.mark.parametrize(
    ("act", "active"),
    [
        (
            lambda world, agreement: world.connectwise.people.expire_agreement(
                agreement, date(2026, 11, 9)
            ),
            False,
        ),
        (
            lambda world, agreement: world.connectwise.people.expire_agreement(
                agreement, date(2026, 11, 10)
            ),
            True,
        ),
        (
            lambda world, agreement: world.connectwise.people.cancel_agreement(
                agreement, date(2026, 11, 10)
            ),
            False,
        ),
        (
            lambda world, agreement: world.connectwise.people.cancel_agreement(
                agreement, date(2026, 11, 11)
            ),
            True,
        ),
        (
            lambda world, agreement: world.connectwise.people.edit_agreement(
                agreement, {"cancelledFlag": True}
            ),
            False,
        ),
        (
            # An ending date that a flag says not to mind.
            lambda world, agreement: world.connectwise.people.edit_agreement(
                agreement, {"endDate": "2026-11-01T00:00:00Z", "noEndingDateFlag": True}
            ),
            True,
        ),
    ],
    ids=[
        "ended",
        "ends today",
        "cancelled today",
        "cancelled as of tomorrow",
        "cancelled without a date",
        "no end",
    ],
)
def test_active_by_dates_and_flag(world: World, act: Act, *, active: bool) -> None:
    """MATCH-3: active goes by the agreement's dates and its cancelled flag, on the tick's date."""
    harbor = world.add_customer("Harbor Dental")
    act(world, harbor.agreement_id)
    world.play(TICK)
    if active:
        assert world.additions(harbor) == [(0, *NOVEMBER)]
    else:
        assert f"id {harbor.agreement_id}" in needs_setup(world, harbor)


def test_starting_later_this_month(world: World) -> None:
    """MATCH-3, OPEN-2: the only agreement begins on the 20th: waiting until then, and billed from
    then.
    """
    harbor = world.add_customer("Harbor Dental", start=date(2026, 11, 20))
    world.play(TICK)
    assert world.additions(harbor) == []
    shown = world.standing(harbor).shown
    assert (shown.state, shown.until) == (StandingState.WAITING, gmt("2026-11-20 00:00"))
    world.play(gmt("2026-11-20 00:00"))
    assert world.additions(harbor) == [(0, "2026-11-20", "2026-11-30")]


def test_starting_next_month(world: World) -> None:
    """MATCH-3, OPEN-3: an agreement that begins with the next month is waited for, with its date;
    this month is not billed.
    """
    harbor = world.add_customer("Harbor Dental", start=date(2026, 12, 1))
    world.play(TICK)
    shown = world.standing(harbor).shown
    assert shown.state is StandingState.WAITING
    assert "2026-12-01" in shown.reason
    assert world.additions(harbor) == []
    world.play(gmt("2026-12-01 00:00"))
    assert world.additions(harbor) == [(0, "2026-12-01", "2026-12-31")]


def test_one_follows_the_other_within_the_month(world: World) -> None:
    """MATCH-3, LATE-1: the one that runs today is billed, and nothing more is written there once it
    has ended.
    """
    harbor = world.add_customer(
        "Harbor Dental", end=date(2026, 11, 14), fields={"noEndingDateFlag": False}
    )
    later = world.add_agreement(harbor.connectwise_id, start=date(2026, 11, 15))
    world.play(TICK)
    assert world.additions(harbor) == [(0, *NOVEMBER)]
    world.check_in(harbor, 3)
    world.play(gmt("2026-11-14 23:00"))
    world.check_in(harbor, 2)
    world.play(gmt("2026-11-16 00:00"))
    assert world.additions(harbor) == [(3, *NOVEMBER)]
    assert world.additions(replace(harbor, agreement_id=later)) == []
    world.play(gmt("2026-12-01 00:00"))
    assert world.additions(replace(harbor, agreement_id=later)) == [(0, "2026-12-01", "2026-12-31")]


@pytest.mark.parametrize(
    ("end", "opened"),
    [(date(2026, 10, 31), True), (date(2026, 10, 30), False), (date(2026, 11, 3), True)],
)
def test_a_past_month_goes_by_its_last_day(end: date, *, opened: bool) -> None:
    """MATCH-3: for a month that is over it is the month's last day on which the agreement must be
    active.
    """
    world = World(clock=VirtualClock(gmt("2026-10-20 08:00")))
    harbor = customer_without(world)
    world.check_in(harbor, 5)
    world.play(gmt("2026-10-20 08:00"))
    made = world.add_agreement(harbor.connectwise_id, end=end, fields={"noEndingDateFlag": False})
    world.play(gmt("2026-11-05 08:00"))
    expected = [(5, "2026-10-01", "2026-10-31")] if opened else []
    assert world.additions(replace(harbor, agreement_id=made)) == expected


@pytest.mark.parametrize("cycle", ["Quarterly", "monthly", "", "Not Recurring"])
def test_another_cycle_needs_set_up(world: World, cycle: str) -> None:
    """MATCH-5: an agreement whose cycle is not named as monthly would multiply the line: not
    billed, and both are named.
    """
    harbor = world.add_customer("Harbor Dental", fields={"billingCycle": {"id": 7, "name": cycle}})
    world.play(TICK)
    reason = needs_setup(world, harbor)
    assert repr(cycle) in reason
    assert "Monthly" in reason
    assert f"id {harbor.agreement_id}" in reason


def test_no_cycle_needs_set_up(world: World) -> None:
    """MATCH-5: an agreement that shows no cycle is not taken for a monthly one."""
    harbor = world.add_customer("Harbor Dental", fields={"billingCycle": None})
    world.play(TICK)
    assert "billing cycle" in needs_setup(world, harbor)


def test_a_cycle_changed_later_stops_new_months_alone(world: World) -> None:
    """MATCH-5: an open month goes on by its ids; the next one is not opened."""
    harbor = world.add_customer("Harbor Dental")
    world.play(TICK)
    world.connectwise.people.edit_agreement(
        harbor.agreement_id, {"billingCycle": {"id": 7, "name": "Yearly"}}
    )
    world.check_in(harbor, 1)
    world.play(NEXT, gmt("2026-12-01 00:00"))
    assert world.additions(harbor) == [(1, *NOVEMBER)]
    assert world.standing(harbor).shown.state is StandingState.NEEDS_SETUP


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"nextInvoiceDate": "2026-12-15T00:00:00Z"}, True),
        ({"nextInvoiceDate": "2026-12-15"}, True),
        ({"nextInvoiceDate": "2026-12-01T00:00:00Z"}, False),
        ({"nextInvoiceDate": None}, False),
        ({"nextInvoiceDate": "soon"}, False),
    ],
)
def test_invoices_off_the_calendar_month_are_a_notice(
    world: World, fields: dict[str, Any], *, told: bool
) -> None:
    """MATCH-5: a next invoice that is not on the 1st is told of and stops nothing; what is no date
    says nothing.
    """
    harbor = world.add_customer("Harbor Dental", fields=fields)
    world.check_in(harbor, 2)
    world.play(TICK)
    world.check_in(harbor, 1)
    world.play(NEXT)
    assert world.additions(harbor) == [(3, *NOVEMBER)]
    shown = world.standing(harbor).shown
    assert shown.state is StandingState.BILLING
    assert ["2026-12-15" in notice for notice in shown.notices] == ([True] if told else [])
