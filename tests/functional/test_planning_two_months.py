"""Two months of an MSP with sub-partners, tick by tick, and then a look at what really happened."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from simulators.clock import VirtualClock
from tally.domain.model.month import Month
from tally.domain.model.standing import StandingState
from testing.world import Customer, World
from tests.functional.instants import every, gmt

pytestmark = pytest.mark.slow

BEGIN, END = "2026-10-01 00:00", "2026-12-02 03:00"
MONTHS = ("2026-10", "2026-11")


@dataclass(frozen=True, slots=True)
class Life:
    """The world after its two months, and its customers."""

    world: World
    customers: Sequence[Customer]


def script(world: World, customer: Customer, chance: random.Random) -> None:
    """Machines that come in over the two months, most of them again in the second, some reported
    late.
    """
    tenant = world.gravityzone.tenant
    for _ in range(chance.randrange(2, 9)):
        machine = tenant.add_endpoint(customer.id)
        for month in (gmt("2026-10-01 00:00"), gmt("2026-11-01 00:00")):
            if chance.random() < 0.8:
                seen = month + timedelta(minutes=chance.randrange(30 * 24 * 60))
                tenant.check_in(machine, seen, lag=timedelta(minutes=chance.choice((0, 0, 0, 90))))


def ticks() -> list[datetime]:
    """Every five hours, every quarter of an hour about the turns of the months."""
    turns = [
        *every(timedelta(minutes=15), "2026-10-31 23:00", "2026-11-01 01:00"),
        *every(timedelta(minutes=15), "2026-11-30 23:00", "2026-12-01 01:00"),
        gmt("2026-11-02 00:00"),
        gmt("2026-12-02 00:00"),
    ]
    return sorted({*every(timedelta(hours=5), BEGIN, END), *turns})


@pytest.fixture(scope="module")
def life() -> Life:
    """Direct customers, two partners below, one of them below the other, each with machines of its
    own.
    """
    world = World(clock=VirtualClock(gmt(BEGIN)))
    chance = random.Random(20261001)
    tenant = world.gravityzone.tenant
    summit = tenant.add_company("Summit Peak IT", kind="partner")
    ridge = tenant.add_company("Ridge Line IT", kind="partner", parent_id=summit)
    for partner in (summit, ridge):
        tenant.check_in_new(partner, 5)
    customers = [
        world.add_customer("Harbor Dental"),
        world.add_customer("Lakeside Library"),
        world.add_customer("Old Mill Bakery"),
        world.add_customer("Juniper Law", parent_id=summit),
        world.add_customer("Maple Street Veterinary", parent_id=summit),
        world.add_customer("Cedar & Stone Architects", parent_id=ridge),
    ]
    for customer in customers[:2] + customers[3:]:
        script(world, customer, chance)
    tenant.check_in_new(customers[0].id, 1, at=gmt("2026-10-31 23:50"))
    world.play(*ticks())
    return Life(world, customers)


def test_every_month_is_what_gravityzone_counted(life: Life) -> None:
    """OPEN-1, FOLLOW-1, CLOSE-2: each customer has one Addition a month, at the month's own final
    count, with its own dates.
    """
    for customer in life.customers:
        expected = [
            (
                life.world.gravityzone.truth.final_count(customer.id, str(month)),
                str(month.first),
                str(month.last),
            )
            for month in map(Month.parse, MONTHS)
        ]
        assert life.world.additions(customer)[:2] == expected
        assert [effective for _, effective, _ in life.world.additions(customer)[2:]] == [
            "2026-12-01"
        ]


def test_every_month_is_closed_with_it(life: Life) -> None:
    """CLOSE-2: the ledger says what ConnectWise shows, and is done with both months."""
    for customer in life.customers:
        for month in MONTHS:
            record = life.world.record(customer, month)
            assert record is not None
            assert record.state == "closed"
            assert record.count == life.world.gravityzone.truth.final_count(customer.id, month)


def test_nothing_else_was_written(life: Life) -> None:
    """OPEN-1, READ-4: there is no Addition but those, partners' own machines included, and nobody
    else's was touched.
    """
    truth = life.world.connectwise.truth
    assert len(truth.made_by_api()) == 3 * len(life.customers)
    assert {made.company_id for made in truth} == {
        customer.connectwise_id for customer in life.customers
    }
    assert truth.foreign_changed_by_api() == []
    assert all(change.field == "quantity" for made in truth for change in made.changes)


def test_no_quantity_ever_fell(life: Life) -> None:
    """READ-7: within its month an Addition only grows, and is not written after its close."""
    for made in life.world.connectwise.truth.made_by_api():
        quantities = [made.created["quantity"], *(change.after for change in made.changes)]
        assert all(before < after for before, after in pairwise(quantities))
        assert made.cancelled is not None
        close = Month(made.cancelled.year, made.cancelled.month).day_after_end(2)
        assert all(change.at <= close + timedelta(minutes=1) for change in made.changes)


def test_everybody_is_billing_and_nothing_failed(life: Life) -> None:
    """SAFE-7: at the end each customer is billed, each partner says why not, and no job has failed
    on the way.
    """
    assert life.world.failures == []
    assert life.world.queue.dead == []
    for customer in life.customers:
        assert life.world.standing(customer).shown.state is StandingState.BILLING
    states = [
        standing.shown.state
        for standing in life.world.ledger.all_standings()
        if "IT" in standing.company_name.split()
    ]
    assert states == [StandingState.NEEDS_SETUP] * 2


def test_history_is_whole(life: Life) -> None:
    """SAFE-1: each record's history counts up without a gap, from its first intent to its second
    reading.
    """
    for customer in life.customers:
        for month in MONTHS:
            record = life.world.record(customer, month)
            assert record is not None
            history = life.world.ledger.history(record.key)
            assert [entry.version for entry in history] == list(range(1, record.version + 1))
            assert [history[0].what, history[1].what] == ["post intended", "opened"]
            steps = [entry.what for entry in history]
            assert steps[steps.index("closed") :] in (["closed"], ["closed", "read again"])
