"""The planner with 10,000 companies, over the simulators: its own time and memory, the APIs' waits
aside.
"""

import time
import tracemalloc

import pytest

from simulators.clock import VirtualClock
from testing.world import World
from tests.functional.instants import gmt

# The tracer that counts branches would be measured too.
pytestmark = [pytest.mark.slow, pytest.mark.no_cover]

COMPANIES, PARTNERS = 10_000, 20
SECONDS, MEGABYTES = 60, 256


@pytest.fixture(scope="module")
def world() -> World:
    """An MSP with 20 partners of 500 customers each, none of them known to the ledger yet."""
    world = World(clock=VirtualClock(gmt("2026-11-01 00:00")))
    partners = [
        world.gravityzone.tenant.add_company(f"Partner {each}", kind="partner")
        for each in range(PARTNERS)
    ]
    for each in range(COMPANIES):
        world.add_customer(f"Customer {each}", parent_id=partners[each % PARTNERS])
    return world


def test_ten_thousand_companies(world: World) -> None:
    """10,000 companies are linked and planned at the first tick, and planned again at the next, in
    less than a minute each.

    The simulators run in this process, so their time and the list they answer from count against
    the planner.
    """
    for tick in (gmt("2026-11-01 00:05"), gmt("2026-11-02 00:05")):
        world.queue.clear()
        began = time.process_time()
        planned = world.tick(tick)
        assert time.process_time() - began < SECONDS
        assert planned.jobs == COMPANIES


def test_ten_thousand_companies_in_memory(world: World) -> None:
    """The same fits a function of 256 MB, half of which the runtime and the imports may take."""
    world.queue.clear()
    tracemalloc.start()
    try:
        planned = world.tick(gmt("2026-11-03 00:05"))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert planned.jobs == COMPANIES
    assert peak < MEGABYTES / 2 * 1_000_000
