"""At what pace a sweep's jobs become visible (design, Pace)."""

from collections import Counter
from itertools import pairwise

from simulators.clock import VirtualClock
from tally.ports import BATCH
from testing.world import World
from tests.functional.instants import gmt

COMPANIES, A_SECOND = 200, 5


def test_jobs_become_visible_by_the_batch_and_below_the_pace() -> None:
    """Pace: a worker's batch at a time, as often as the pace allows, and each fifth or so a job
    short, so that waits end.
    """
    world = World(clock=VirtualClock(gmt("2026-11-05 00:05")))
    for each in range(COMPANIES):
        world.add_customer(f"Customer {each}")
    world.tick(gmt("2026-11-05 00:05"))
    began, seen = world.clock.now(), Counter[int]()
    while sum(seen.values()) < COMPANIES:
        following = world.queue.next_change()
        if not (batch := world.queue.receive()):
            assert following is not None
            world.clock.set(following)
        seen[int((world.clock.now() - began).total_seconds())] += len(batch)
    visible = {at: jobs for at, jobs in sorted(seen.items()) if jobs}
    assert {after - before for before, after in pairwise(visible)} == {BATCH // A_SECOND}
    sizes = list(visible.values())[:-1]
    assert set(sizes) == {BATCH, BATCH - 1}
    assert sizes.count(BATCH - 1) == len(sizes) // 5
    assert all(BATCH - 1 in sizes[at : at + 6] for at in range(len(sizes) - 5)), "spread evenly"
    assert max(visible) <= COMPANIES / A_SECOND * 1.05


def test_a_small_sweep_is_seen_at_once() -> None:
    """Pace: whoever has a handful of customers waits for nothing."""
    world = World(clock=VirtualClock(gmt("2026-11-05 00:05")))
    for each in range(BATCH - 1):
        world.add_customer(f"Customer {each}")
    world.tick(gmt("2026-11-05 00:05"))
    assert len(world.queue.receive()) == BATCH - 1
