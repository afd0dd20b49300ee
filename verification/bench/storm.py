"""The first minutes of a month: every company's record is opened at once, on virtual time."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from tally.domain.model.month import Month
from verification.bench.figure import Figure
from verification.bench.load_scene import CONNECTWISE_A_MINUTE, TICK, Scene

GROUP = "Opening storm"
COMPANIES = 5000
_LICENSING_CALLS, _CONNECTWISE_CALLS, _A_SECOND = 1, 3, 5
_BEFORE = datetime(2026, 10, 31, 20, 5, tzinfo=UTC)
_CHECKED = datetime(2026, 10, 31, 23, 5, tzinfo=UTC)
"""By then each licence is due to be checked (READ-3)."""
_FIRST = datetime(2026, 11, 1, 0, 5, tzinfo=UTC)
_NOVEMBER = Month(2026, 11)
_WITHIN = timedelta(hours=2)


def measure(*, companies: int = COMPANIES) -> Iterable[Figure]:
    """Yield the time from the month's first tick to its last Addition.

    It is told over the least that both APIs allow. The month before is still followed, and each
    licence was checked on its last day.
    """
    scene = Scene(companies=companies, partners=10, start=_BEFORE)
    scene.sweep(_BEFORE, within=_CHECKED - _BEFORE - TICK)
    scene.sweep(_CHECKED, within=_FIRST - _CHECKED - TICK)
    scene.forget_calls()
    ticks = [_FIRST + number * TICK for number in range(int(_WITHIN / TICK))]
    scene.play(*ticks, until=_FIRST + _WITHIN)
    posts = [call.at for call in scene.world.connectwise.calls if call.method == "POST"]
    took = (max(posts) - _FIRST).total_seconds()
    by_gravityzone = companies * _LICENSING_CALLS / _A_SECOND
    by_connectwise = companies * _CONNECTWISE_CALLS / CONNECTWISE_A_MINUTE * 60
    opened = len(
        {
            each.key
            for each in scene.world.ledger.every_record()
            if each.lines and each.key.month == _NOVEMBER
        }
    )
    what = f"{companies:,} companies, to the last Addition"
    yield Figure(
        group=GROUP,
        what=what,
        figure=took / 60,
        bound=1.1 * max(by_gravityzone, by_connectwise) / 60,
        unit="min",
    )
    yield Figure(group=GROUP, what="companies without one", figure=companies - opened, bound=0)
    yield Figure(
        group=GROUP,
        what="messages in the dead-letter queue",
        figure=len(scene.world.queue.dead),
        bound=0,
    )
    yield Figure(group=GROUP, what="answers of 429", figure=scene.throttled, bound=0)
