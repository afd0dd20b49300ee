"""Time and memory of the planner by companies, and memory of a worker by jobs.

Each runs in a process of its own. Run as a program with a size, it prints what that planner took.
"""

import gc
import json
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Iterable
from datetime import timedelta
from itertools import batched

from simulators.clock import VirtualClock
from tally.domain.model.month import Month
from testing.world import World
from verification.bench.figure import Figure
from verification.bench.peak import peak_megabytes
from verification.bench.planner_scene import TICK, planner

GROUP = "Memory and time of the planner; memory of a worker"
SIZES = (1_000, 10_000, 100_000)
JOBS, BLOCK = 5_000, 1_000
_MOST_MB = 256
FLAT_KB = 256
_NOVEMBER = Month(2026, 11)


def measure() -> Iterable[Figure]:
    """Yield the process's peak, with interpreter and imports, and the time of a company by size.

    The time is told over that of the smallest size.
    """
    each = {size: _in_its_own_process(size) for size in SIZES}
    for size, (seconds, megabytes) in each.items():
        bound = _MOST_MB if size == max(SIZES) else None
        yield Figure(
            group=GROUP,
            what=f"planner, {size:,} companies",
            figure=megabytes,
            bound=bound,
            unit="MB",
        )
        yield Figure(
            group=GROUP, what=f"planner, {size:,} companies, its own time", figure=seconds, unit="s"
        )
    middle, largest = SIZES[-2:]
    growth = (each[largest][0] / largest) / (each[middle][0] / middle)
    yield Figure(
        group=GROUP,
        what=f"time of a company at {largest:,} over {middle:,}",
        figure=growth,
        bound=1.3,
    )
    yield Figure(
        group=GROUP,
        what=f"worker, growth over {JOBS:,} jobs",
        figure=worker_growth(),
        bound=FLAT_KB,
        unit="kB",
    )


def worker_growth(*, jobs: int = JOBS) -> float:
    """Return the kilobytes that a worker gains between a thousand jobs and so many.

    It runs in one process.
    """
    world = World(clock=VirtualClock(_NOVEMBER.starts))
    for number in range(BLOCK):
        world.add_customer(f"Customer {number}")
    world.play(_NOVEMBER.starts.replace(minute=5))
    deliver = world.worker()
    tick = _NOVEMBER.starts.replace(hour=2)
    held: list[int] = []
    tracemalloc.start()
    for numbers in batched(range(jobs), BLOCK, strict=False):
        world.tick(tick)
        world.work(deliver=deliver)
        tick += timedelta(minutes=15)
        # What the simulators log is not the worker's.
        world.gravityzone.calls.clear()
        world.connectwise.calls.clear()
        gc.collect()
        held.append(tracemalloc.get_traced_memory()[0])
        assert len(numbers) == BLOCK
    tracemalloc.stop()
    return (held[-1] - held[0]) / 1000


def _in_its_own_process(size: int) -> tuple[float, float]:
    done = subprocess.run(  # noqa: S603 - this very module
        [sys.executable, "-m", "verification.bench.memory", str(size)],
        capture_output=True,
        text=True,
        check=True,
    )
    told = json.loads(done.stdout)
    return told["seconds"], told["megabytes"]


def _plan(size: int) -> None:
    plan, queue = planner(size)
    began = time.process_time()
    plan(TICK)
    seconds = time.process_time() - began
    assert queue.jobs == size
    sys.stdout.write(json.dumps({"seconds": seconds, "megabytes": peak_megabytes()}))


if __name__ == "__main__":
    _plan(int(sys.argv[1]))
