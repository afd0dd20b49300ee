"""A ledger restored to an earlier point: what it has forgotten stands in ConnectWise."""

from datetime import timedelta
from itertools import combinations

import pytest

from simulators.clock import VirtualClock
from testing.audit import audit
from testing.world import World
from tests.functional.instants import gmt
from tests.functional.restoring import backup, restore

MONTH = [
    gmt("2026-11-01 00:05"),
    gmt("2026-11-03 08:05"),
    gmt("2026-11-12 08:05"),
    gmt("2026-11-30 23:50"),
    gmt("2026-12-01 00:05"),
    gmt("2026-12-02 00:05"),
    gmt("2026-12-05 00:05"),
]


@pytest.mark.parametrize(
    ("backed_up_after", "restored_at"), list(combinations(range(1, len(MONTH)), 2))
)
def test_a_restored_ledger_goes_on(backed_up_after: int, restored_at: int) -> None:
    """SAFE-8: restored to any earlier point it finds its Additions by their references and goes on.

    Nothing is doubled, and nothing is held, since at the first tick afterwards the quantities agree
    with the counts.
    """
    world = World(clock=VirtualClock(gmt("2026-11-01 00:00")))
    customers = [
        world.add_customer(name)
        for name in ("Harbor Dental", "Lakeside Library", "Old Mill Bakery")
    ]
    for customer in customers:
        for number, at in enumerate(MONTH[:4]):
            world.check_in(customer, number + 1, at=at)
    kept = backup(world)
    for number, tick in enumerate(MONTH):
        if number == restored_at:
            restore(world, kept)
            world.play(MONTH[number - 1] + timedelta(minutes=15))
        world.play(tick)
        if number == backed_up_after - 1:
            kept = backup(world)
    world.play(gmt("2026-12-06 00:05"))
    for customer in customers:
        assert audit(world, customer, "2026-11", closed=True) == []
        assert audit(world, customer, "2026-12") == []
        record = world.record(customer, "2026-11")
        assert record is not None
        assert record.hold is None


def test_an_emptied_ledger_doubles_nothing() -> None:
    """SAFE-8: with all forgotten, the month's Addition is found by its reference and followed."""
    world = World(clock=VirtualClock(gmt("2026-11-01 00:00")))
    harbor = world.add_customer("Harbor Dental")
    world.check_in(harbor, 4)
    empty = backup(world)
    world.play(MONTH[0])
    restore(world, empty)
    world.play(MONTH[1], *MONTH[4:])
    assert audit(world, harbor, "2026-11", closed=True) == []
    assert audit(world, harbor, "2026-12") == []
