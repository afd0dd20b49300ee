"""What is read of GravityZone, and what a reading that is no count leads to: nothing."""

import json

import pytest

from simulators.faults import Fault, FaultKind
from simulators.gravityzone.counters import MISSING, CounterValue
from tally.domain.model.standing import StandingState
from testing.world import Customer, World
from tests.functional.instants import gmt

COUNTER = "endpointMonthlyUsage"
NO_COUNTS: list[CounterValue] = [MISSING, None, -1, "12", 12.0, 12.5, True]


def months_asked(world: World) -> list[str]:
    """The `targetMonth` of each usage call, in the order of the calls; KeyError if one was left
    out.
    """
    return [
        json.loads(call.body)["params"]["targetMonth"]
        for call in world.gravityzone.calls.of("getMonthlyUsage")
    ]


def test_target_month_is_on_every_call(world: World, harbor: Customer) -> None:
    """READ-1: `targetMonth` is always sent; from the 1st to the close, the month before is asked
    for beside the new one.
    """
    world.check_in(harbor, 3)
    world.play(gmt("2026-11-30 23:45"))
    assert months_asked(world) == ["11/2026"]
    world.gravityzone.calls.clear()
    world.play(gmt("2026-12-01 00:00"), gmt("2026-12-02 00:00"), gmt("2026-12-02 00:15"))
    assert sorted(months_asked(world)) == ["11/2026", "11/2026", "12/2026", "12/2026", "12/2026"]


@pytest.mark.parametrize("value", NO_COUNTS, ids=repr)
def test_no_count_opens_nothing(world: World, harbor: Customer, value: CounterValue) -> None:
    """READ-2: a counter that is missing, negative or no whole number is unknown, and unknown opens
    no month.
    """
    world.gravityzone.tenant.override_counter(harbor.id, "2026-11", COUNTER, value)
    world.play(gmt("2026-11-01 00:00"))
    assert world.record(harbor, "2026-11") is None
    assert world.additions(harbor) == []
    shown = world.standing(harbor).shown
    assert shown.state is StandingState.FAILING
    assert COUNTER in shown.reason
    assert harbor.id in shown.reason


@pytest.mark.parametrize("value", NO_COUNTS, ids=repr)
def test_no_count_changes_nothing(world: World, harbor: Customer, value: CounterValue) -> None:
    """READ-2: unknown never writes: record and Addition stay as they are until a count is to be had
    again.
    """
    world.check_in(harbor, 4)
    world.play(gmt("2026-11-01 00:00"))
    before = world.record(harbor, "2026-11")
    world.check_in(harbor, 2)
    world.gravityzone.tenant.override_counter(harbor.id, "2026-11", COUNTER, value)
    world.play(gmt("2026-11-01 00:15"))
    assert world.record(harbor, "2026-11") == before
    assert world.additions(harbor) == [(4, "2026-11-01", "2026-11-30")]
    assert world.standing(harbor).shown.state is StandingState.FAILING
    world.gravityzone.tenant.clear_overrides()
    world.play(gmt("2026-11-01 00:30"))
    assert world.additions(harbor) == [(6, "2026-11-01", "2026-11-30")]
    assert world.standing(harbor).shown.state is StandingState.BILLING


def test_an_error_body_is_no_zero(world: World, harbor: Customer) -> None:
    """READ-2: a JSON-RPC error, which comes with HTTP status 200, is unknown and not a count of
    nothing.
    """
    world.check_in(harbor, 4)
    world.play(gmt("2026-11-01 00:00"))
    body = (
        '{"id": null, "jsonrpc": "2.0", "error": {"code": -32000, "message": "Server error", '
        '"data": {"details": "Try later."}}}'
    )
    error = Fault(
        kind=FaultKind.STATUS,
        operation="getMonthlyUsage",
        status=200,
        body=body,
        content_type="application/json",
    )
    world.gravityzone.faults.add(error)
    world.play(gmt("2026-11-01 00:15"))
    shown = world.standing(harbor).shown
    assert shown.state is StandingState.FAILING
    assert "Try later." in shown.reason
    assert world.additions(harbor) == [(4, "2026-11-01", "2026-11-30")]


def test_a_true_zero_opens_at_zero(world: World, harbor: Customer) -> None:
    """READ-3: nobody has checked in yet at a monthly-licensed company: its month opens at 0, and
    grows from there.
    """
    world.play(gmt("2026-11-01 00:00"))
    assert world.additions(harbor) == [(0, "2026-11-01", "2026-11-30")]
    assert world.standing(harbor).shown.state is StandingState.BILLING
    world.check_in(harbor, 2)
    world.play(gmt("2026-11-01 00:15"))
    assert world.additions(harbor) == [(2, "2026-11-01", "2026-11-30")]


@pytest.mark.parametrize("subscription", [1, 2, 6])
def test_no_zero_without_a_monthly_licence(
    world: World, harbor: Customer, subscription: int
) -> None:
    """READ-3: GravityZone answers 0 for a company without a monthly subscription: that is no count,
    and opens nothing.
    """
    world.gravityzone.tenant.change_subscription(harbor.id, subscription)
    world.check_in(harbor, 5)
    world.play(gmt("2026-11-01 00:00"), gmt("2026-11-01 00:15"))
    assert world.additions(harbor) == []
    assert world.record(harbor, "2026-11") is None
    assert world.gravityzone.calls.count("getMonthlyUsage") == 0
    shown = world.standing(harbor).shown
    assert shown.state is StandingState.WAITING
    assert "no monthly subscription" in shown.reason


@pytest.mark.parametrize("subscription", [4, 5])
def test_a_trial_is_listed_and_not_opened(
    world: World, harbor: Customer, subscription: int
) -> None:
    """READ-3: the list of monthly companies may have trials in it; a month is opened for
    `subscriptionType` 3 alone.
    """
    world.gravityzone.tenant.change_subscription(harbor.id, subscription)
    world.check_in(harbor, 5)
    world.play(gmt("2026-11-01 00:00"))
    assert world.additions(harbor) == []
    shown = world.standing(harbor).shown
    assert shown.state is StandingState.WAITING
    assert "trial" in shown.reason
    world.gravityzone.tenant.change_subscription(harbor.id, 3)
    world.play(gmt("2026-11-01 00:15"))
    assert world.additions(harbor) == [(5, "2026-11-01", "2026-11-30")]
    assert world.standing(harbor).shown.state is StandingState.BILLING


def test_a_trial_goes_on_saying_so(world: World, harbor: Customer) -> None:
    """SAFE-7: what a company waits for is shown for as long as it waits, not at the first tick
    alone.
    """
    world.gravityzone.tenant.change_subscription(harbor.id, 5)
    world.play(gmt("2026-11-01 00:00"), gmt("2026-11-01 00:15"), gmt("2026-11-01 00:30"))
    assert "trial" in world.standing(harbor).shown.reason


def test_a_trial_does_not_stop_an_open_month(world: World, harbor: Customer) -> None:
    """READ-3: what a company's subscription becomes later decides new months only; an open one is
    followed.
    """
    world.check_in(harbor, 2)
    world.play(gmt("2026-11-01 00:00"))
    world.gravityzone.tenant.change_subscription(harbor.id, 5)
    world.check_in(harbor, 1)
    world.play(gmt("2026-11-01 00:15"))
    assert world.additions(harbor) == [(3, "2026-11-01", "2026-11-30")]


def test_licence_as_documented(world: World, harbor: Customer) -> None:
    """READ-3: the licence is documented as an array and seen as an object: both are understood."""
    world.gravityzone.options.license_info_as_array = True
    world.check_in(harbor, 1)
    world.play(gmt("2026-11-01 00:00"))
    assert world.additions(harbor) == [(1, "2026-11-01", "2026-11-30")]


def test_a_licence_lost_never_sets_zero(world: World, harbor: Customer) -> None:
    """READ-2, READ-3: a company that loses its monthly subscription is answered 0, which is never
    written.
    """
    world.check_in(harbor, 4)
    world.play(gmt("2026-11-01 00:00"))
    world.gravityzone.tenant.change_subscription(harbor.id, 2)
    world.play(gmt("2026-11-01 00:15"), gmt("2026-11-01 00:30"))
    assert world.additions(harbor) == [(4, "2026-11-01", "2026-11-30")]
    shown = world.standing(harbor).shown
    assert shown.state is StandingState.WAITING
    assert "subscription" in shown.reason
