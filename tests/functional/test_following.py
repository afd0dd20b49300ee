"""Following the count: what is sent, and what is not asked."""

import json
from collections.abc import Callable

import pytest

from tally.domain.model.standing import StandingState
from testing.world import Customer, World
from tests.functional.instants import gmt

FIRST, SECOND, THIRD = gmt("2026-11-01 00:00"), gmt("2026-11-01 00:15"), gmt("2026-11-01 00:30")
LOOKED_AT = gmt("2026-12-01 23:45")
"""By then each company's time of day to be looked at is over (FOLLOW-5)."""
LICENSING = ("getMonthlyUsage", "getLicenseInfo")
COUNTER = "endpointMonthlyUsage"


def calls_of_the_worker(world: World, act: Callable[[], None] = lambda: None) -> dict[str, int]:
    """What the next tick's worker calls, where a container asks for its codebase once and that
    aside.
    """
    act()
    world.tick(max(world.clock.now(), SECOND))
    world.gravityzone.calls.clear()
    world.connectwise.calls.clear()
    world.work()
    counts = {**world.gravityzone.calls.counts, **world.connectwise.calls.counts}
    counts.pop("GET companyinfo", None)
    return counts


def test_a_push_sends_the_quantity_alone(world: World, harbor: Customer) -> None:
    """FOLLOW-1: a PATCH sets the absolute quantity by its bare path, and nothing else."""
    world.check_in(harbor, 3)
    world.play(FIRST)
    world.check_in(harbor, 4)
    world.play(SECOND)
    (call,) = world.connectwise.calls.of("PATCH additions/{id}")
    assert json.loads(call.body) == [{"op": "replace", "path": "quantity", "value": 7}]
    (made,) = world.connectwise.truth.made_by_api()
    assert [change.field for change in made.changes] == ["quantity"]


def test_an_opening_costs_five_calls(world: World, harbor: Customer) -> None:
    """FOLLOW-2: a month is opened with count, licence, agreement, Additions and the POST."""
    world.tick(FIRST)
    world.gravityzone.calls.clear()
    world.connectwise.calls.clear()
    world.work()
    assert dict(world.gravityzone.calls.counts) == {"getMonthlyUsage": 1, "getLicenseInfo": 1}
    assert dict(world.connectwise.calls.counts) == {
        "GET companyinfo": 1,
        "GET agreements/{id}": 1,
        "GET additions": 1,
        "POST additions": 1,
    }


def test_an_unchanged_count_costs_one_call(world: World, harbor: Customer) -> None:
    """FOLLOW-2: as long as the count is the last one pushed, the worker asks GravityZone once and
    ConnectWise nothing.
    """
    world.check_in(harbor, 3)
    world.play(FIRST)
    assert calls_of_the_worker(world) == {"getMonthlyUsage": 1}


def test_a_change_costs_a_list_and_a_patch(world: World, harbor: Customer) -> None:
    """FOLLOW-2, FOLLOW-3: a new count lists the Additions once and sends one PATCH."""
    world.play(FIRST)
    assert calls_of_the_worker(world, lambda: world.check_in(harbor, 2)) == {
        "getMonthlyUsage": 1,
        "GET additions": 1,
        "PATCH additions/{id}": 1,
    }


def test_two_open_months_cost_two_calls(world: World, harbor: Customer) -> None:
    """CLOSE-1, FOLLOW-2: until the close the month before is read beside the new one, each with one
    call.
    """
    world.play(FIRST, gmt("2026-12-01 00:00"))
    world.clock.set(gmt("2026-12-01 00:15"))
    assert calls_of_the_worker(world) == {"getMonthlyUsage": 2}


def test_a_close_costs_one_more(world: World, harbor: Customer) -> None:
    """CLOSE-2: closing with the count that stands reads the Additions back once; nothing else is
    asked or sent.
    """
    world.check_in(harbor, 2)
    world.play(FIRST, gmt("2026-12-01 00:00"), LOOKED_AT)
    world.clock.set(gmt("2026-12-02 00:00"))
    assert calls_of_the_worker(world) == {"getMonthlyUsage": 2, "GET additions": 1}


def test_a_close_at_zero_asks_for_the_licence(world: World, harbor: Customer) -> None:
    """READ-3: a 0 that is to be a month's last count is one call more: whether the subscription is
    monthly.
    """
    world.play(FIRST, gmt("2026-12-01 00:00"), LOOKED_AT)
    world.clock.set(gmt("2026-12-02 00:00"))
    assert calls_of_the_worker(world) == {
        "getMonthlyUsage": 2,
        "getLicenseInfo": 1,
        "GET additions": 1,
    }


def test_a_closed_month_costs_nothing(world: World, harbor: Customer) -> None:
    """CLOSE-4: a month that is closed is neither read nor looked at again."""
    world.play(FIRST, gmt("2026-12-02 00:00"))
    world.clock.set(gmt("2026-12-02 00:15"))
    assert calls_of_the_worker(world) == {"getMonthlyUsage": 1}


def test_a_quiet_tick_writes_nothing(world: World, harbor: Customer) -> None:
    """FOLLOW-2: a tick that finds nothing new leaves record and history alone, and the standing
    within the hour.
    """
    world.check_in(harbor, 3)
    world.play(FIRST)
    before = world.record(harbor, "2026-11"), world.standing(harbor)
    world.play(SECOND, THIRD)
    assert (world.record(harbor, "2026-11"), world.standing(harbor)) == before


def test_the_count_only_counts_the_customers_own(world: World) -> None:
    """READ-4 in part: a partner's own machines, and the sum that GravityZone shows for it, are
    billed to nobody.
    """
    partner = world.gravityzone.tenant.add_company("Summit Peak IT", kind="partner")
    world.connectwise.people.add_agreement(
        world.connectwise.people.add_company("SummitPeak", "Summit Peak IT"),
        18,
        "Own",
        start=FIRST.date(),
    )
    world.gravityzone.tenant.check_in_new(partner, 7)
    juniper = world.add_customer("Juniper Law", parent_id=partner)
    world.check_in(juniper, 2)
    world.play(FIRST, SECOND)
    assert world.additions(juniper) == [(2, "2026-11-01", "2026-11-30")]
    assert len(world.connectwise.truth.made_by_api()) == 1
    standing = world.ledger.standing(partner)
    assert standing is not None
    assert standing.shown.state is StandingState.NEEDS_SETUP
    assert "partner" in standing.shown.reason


def test_a_fall_is_held(world: World, harbor: Customer) -> None:
    """READ-7: within a month the count only rises: a lower one is not pushed but held, with both
    numbers.
    """
    world.check_in(harbor, 7)
    world.play(FIRST)
    world.gravityzone.tenant.override_counter(harbor.id, "2026-11", COUNTER, 5)
    world.play(SECOND)
    assert world.additions(harbor) == [(7, "2026-11-01", "2026-11-30")]
    record = world.record(harbor, "2026-11")
    assert record is not None
    assert record.hold is not None
    assert (record.hold.kind, record.hold.quantity) == ("fall", 5)
    shown = world.standing(harbor).shown
    assert (shown.state, shown.since) == (StandingState.HELD, SECOND)
    for said in ("counts 5", "Harbor Dental", "November 2026", "stands at 7", "accept the lower"):
        assert said in shown.reason


def test_a_fall_to_zero_is_held(world: World, harbor: Customer) -> None:
    """READ-7: a zero after a count is a fall like any other."""
    world.check_in(harbor, 7)
    world.play(FIRST)
    world.gravityzone.tenant.override_counter(harbor.id, "2026-11", COUNTER, 0)
    world.play(SECOND)
    assert world.additions(harbor) == [(7, "2026-11-01", "2026-11-30")]
    assert world.standing(harbor).shown.state is StandingState.HELD


@pytest.mark.parametrize("back", [7, 8])
def test_a_fall_that_was_none_lifts(world: World, harbor: Customer, back: int) -> None:
    """READ-7: the count is back where it was, or above: the hold is gone, and what is above is
    pushed.
    """
    world.check_in(harbor, 7)
    world.play(FIRST)
    world.gravityzone.tenant.override_counter(harbor.id, "2026-11", COUNTER, 5)
    world.play(SECOND)
    world.gravityzone.tenant.override_counter(harbor.id, "2026-11", COUNTER, back)
    world.play(THIRD)
    assert world.additions(harbor) == [(back, "2026-11-01", "2026-11-30")]
    record = world.record(harbor, "2026-11")
    assert record is not None
    assert record.hold is None
    assert world.standing(harbor).shown.state is StandingState.BILLING


def test_a_fall_that_goes_on_is_told_as_it_is_now(world: World, harbor: Customer) -> None:
    """READ-7: a person answers the number of today, held since the first of the falls."""
    world.check_in(harbor, 7)
    world.play(FIRST)
    for tick, count in ((SECOND, 5), (THIRD, 6)):
        world.gravityzone.tenant.override_counter(harbor.id, "2026-11", COUNTER, count)
        world.play(tick)
    record = world.record(harbor, "2026-11")
    assert record is not None
    assert record.hold is not None
    assert (record.hold.quantity, record.hold.since) == (6, SECOND)
    assert "counts 6" in world.standing(harbor).shown.reason
    assert world.standing(harbor).shown.since == SECOND
