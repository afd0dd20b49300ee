"""A customer with terms of its own in October, and what to look at of it: for the tests of
OPEN-5.
"""

import json
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from simulators.clock import VirtualClock
from simulators.connectwise.billing_truth import AdditionTruth
from tally.domain.model.month import Month
from tally.domain.record.record_key import RecordKey
from tally.domain.record.usage_record import UsageRecord
from testing.scopes import of_record
from testing.world import Customer, World
from tests.functional.instants import gmt

OCTOBER, NOVEMBER, CLOSED, LATER = (
    gmt("2026-10-01 00:05"),
    gmt("2026-11-01 00:05"),
    gmt("2026-11-02 00:05"),
    gmt("2026-11-20 00:05"),
)
DECEMBER, DECEMBER_CLOSE = gmt("2026-12-01 00:05"), gmt("2026-12-02 00:05")
SOON = timedelta(minutes=15)
WHO = {"by": "ann", "why": "agreed in spring"}


def new_world() -> World:
    """Before the first tick."""
    return World(clock=VirtualClock(gmt("2026-10-01 00:00")))


def open_october(world: World) -> Customer:
    """A customer with three machines whose October is open."""
    customer = world.add_customer("Harbor Dental")
    world.check_in(customer, 3)
    world.play(OCTOBER)
    return customer


def agree_and_open_november(world: World, customer: Customer) -> None:
    """A price of its own for October, and November open with the catalog's; six machines by now."""
    world.connectwise.people.set_terms(ours(world, "October")[0].id, unit_price=3.9)
    world.check_in(customer, 6, at=NOVEMBER)
    world.play(NOVEMBER)


def ours(world: World, month: str) -> list[AdditionTruth]:
    """The Additions of a month that bear our reference."""
    return [
        each
        for each in world.connectwise.truth
        if f", {month} " in each.text and "TLY-" in each.text
    ]


def november(world: World) -> AdditionTruth:
    (made,) = ours(world, "November")
    return made


def key(customer: Customer, month: int = 11) -> RecordKey:
    return RecordKey(company_id=customer.id, month=Month(2026, month), service="endpoints")


def record(world: World, customer: Customer, month: int = 11) -> UsageRecord:
    found = world.ledger.record(key(customer, month))
    assert found is not None
    return found


def notices(world: World, customer: Customer, month: int = 11) -> tuple[str, ...]:
    """What the standing tells of a month besides its state."""
    return world.standing(customer).causes[of_record(f"2026-{month}")].notices


def operations(world: World) -> list[dict[str, Any]]:
    """The operations of all PATCHes that are not of a quantity alone."""
    bodies = [json.loads(call.body) for call in world.connectwise.calls.of("PATCH additions/{id}")]
    return [operation for body in bodies for operation in body if operation["path"] != "quantity"]


def worked(world: World, tick: datetime) -> Counter[str]:
    """What one tick's workers call in ConnectWise."""
    world.tick(tick)
    world.connectwise.calls.clear()
    world.work()
    return counted(world)


def worked_on(world: World, tick: datetime, month: str) -> Counter[str]:
    """What one worker calls in ConnectWise for the one job of a month."""
    world.tick(tick)
    world.connectwise.calls.clear()
    [message] = [each for each in world.queue.receive() if f'"{month}"' in each.body]
    world.deliver(message, world.worker())
    return counted(world)


def counted(world: World) -> Counter[str]:
    """The calls of ConnectWise; a container asks for its codebase once, and that aside."""
    counts = Counter(world.connectwise.calls.counts)
    del counts["GET companyinfo"]
    return counts
