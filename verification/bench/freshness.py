"""The delay from a machine's check-in to its Addition, on the default schedule, in virtual time."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from random import Random
from statistics import quantiles

from verification.bench.figure import Figure
from verification.bench.load_scene import TICK, Scene

GROUP = "Freshness, from check-in to Addition"
SIZES = (100, 1000, 4000)
CLASSIC_MINUTES = 240
"""The classic integration of Bitdefender with ConnectWise sends its usage every four hours."""

_ONE_IN = 10
_TICKS = 6
_P50, _P99 = 49, 98


def measure() -> Iterable[Figure]:
    """The median and the slowest of a hundred, in minutes, for each size."""
    for size in SIZES:
        waits = [wait.total_seconds() / 60 for wait in _waits(size)]
        percentiles = quantiles(waits, n=100)
        yield Figure(
            group=GROUP, what=f"{size:,} companies, p50", figure=percentiles[_P50], unit="min"
        )
        yield Figure(
            group=GROUP,
            what=f"{size:,} companies, p99",
            figure=percentiles[_P99],
            bound=CLASSIC_MINUTES,
            unit="min",
        )


def _waits(companies: int) -> list[timedelta]:
    """Return the delay of each new machine; one company in ten gets one, at a drawn moment."""
    scene = Scene(companies=companies, partners=companies // 500)
    opened = scene.start + 3 * TICK * max(1, companies // 1000)
    scene.sweep(scene.start, within=opened - scene.start)
    random = Random(companies)
    begin, end = opened, opened + _TICKS * TICK
    checked_in: dict[int, datetime] = {}
    for customer in random.sample(scene.customers, companies // _ONE_IN):
        # Until the last tick but two, so that all are seen before the end.
        at = begin + (end - begin - 2 * TICK) * random.random()
        scene.world.check_in(customer, 1, at=at)
        checked_in[customer.agreement_id] = at
    scene.forget_calls()
    scene.play(*(begin + number * TICK for number in range(_TICKS)), until=end)
    waits = {
        _agreement(call.path): call.at - checked_in[_agreement(call.path)]
        for call in scene.world.connectwise.calls
        if call.method == "PATCH"
    }
    assert len(waits) == len(checked_in), (
        f"{len(checked_in) - len(waits)} new machines were never billed"
    )
    return list(waits.values())


def _agreement(path: str) -> int:
    return int(path.split("/agreements/")[1].split("/", maxsplit=1)[0])
