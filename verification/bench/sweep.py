"""The time of a sweep over the least that GravityZone's limit allows, on virtual time."""

from collections.abc import Iterable
from datetime import timedelta

from simulators.gravityzone import RateLimits
from simulators.rate_limits import Limit
from verification.bench.figure import Figure
from verification.bench.load_scene import CONTAINERS, Latencies, Scene

GROUP = "Sweep of 1,000 companies"
COMPANIES, RATE = 1000, 5
_SLOW = 1.0
_LOWER = 3
_HOUR = timedelta(hours=1)
_MOST = 1.05


def measure() -> Iterable[Figure]:
    """Yield figures with the usual latency, a slow GravityZone, and a lower limit."""
    yield from _sweep("at 200 ms", Scene(companies=COMPANIES), least=COMPANIES / RATE)
    slow = Scene(companies=COMPANIES, latencies=Latencies(gravityzone=_SLOW))
    yield from _sweep("at 1 s", slow, least=max(COMPANIES / RATE, COMPANIES * _SLOW / CONTAINERS))
    lower = Scene(companies=COMPANIES, limits=RateLimits(licensing=Limit(_LOWER, 5)), queued=False)
    yield from _lower(lower, least=COMPANIES / _LOWER)


def _sweep(what: str, scene: Scene, *, least: float) -> Iterable[Figure]:
    scene.sweep(scene.start, within=_HOUR)
    scene.forget_calls()
    took = scene.sweep(scene.start + _HOUR).total_seconds()
    yield Figure(group=GROUP, what=what, figure=took, bound=_MOST * least, unit="s")
    yield Figure(group=GROUP, what=f"{what}, answers of 429", figure=scene.throttled, bound=0)


def _lower(scene: Scene, *, least: float) -> Iterable[Figure]:
    """Yield figures of a lower limit: the first sweep meets it, the others keep to it.

    All others are refused as seldom as each other.
    """
    scene.sweep(scene.start, within=_HOUR)
    refused = []
    for number in range(1, 4):
        scene.forget_calls()
        took = scene.sweep(scene.start + number * _HOUR).total_seconds()
        refused.append(scene.throttled)
    yield Figure(
        group=GROUP,
        what=f"where {_LOWER} a second are taken",
        figure=took,
        bound=1.1 * least,
        unit="s",
    )
    yield Figure(
        group=GROUP,
        what="the same, refused of 100",
        figure=100 * refused[-1] / COMPANIES,
        bound=5,
        unit="",
    )
    yield Figure(
        group=GROUP,
        what="the same, most over fewest refused",
        figure=max(refused) / min(refused),
        bound=1.5,
    )
