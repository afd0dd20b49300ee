"""The schedule of a seed: 6 to 12 ticks a month at the moments that matter, some missed or late.

With the pulse there are looks at totals between them, and phases in which both are dense.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from random import Random

from tally.domain.model.month import Month
from tally.planner.plan import Planned
from verification.simulation.draws import Draw, drawn
from verification.simulation.phases import phases_of, rows_of
from verification.simulation.setting import Setting

_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """One firing: its ``scheduled`` time, as in the event, and the instant when it ``fires``.

    A ``look`` is one at the totals of partners, between two ticks.
    """

    number: int
    scheduled: datetime
    fires: datetime
    look: bool = False


def is_all(planned: Planned | None) -> bool:
    """Return True if a tick planned all of its jobs."""
    return planned is not None and not planned.skipped


def schedule(setting: Setting) -> list[Tick]:
    """Return all ticks and looks of a seed, by the instants at which they fire.

    Their numbers are the steps.
    """
    fired: list[tuple[datetime, datetime, bool]] = []
    for index, month in enumerate(setting.months):
        draw = drawn(setting.seed, Draw.TICKS, index)
        for scheduled in _scheduled(setting, month, draw):
            if scheduled >= setting.begins:
                fired.extend(
                    (each, scheduled, False)
                    for each in _firings(scheduled, draw, rough=setting.calm < 1)
                )
    fired.extend(_of_the_pulse(setting, sorted(fires for fires, _, _ in fired)))
    return [
        Tick(number=number, scheduled=scheduled, fires=fires, look=look)
        for number, (fires, scheduled, look) in enumerate(sorted(fired), start=1)
    ]


def _of_the_pulse(
    setting: Setting, fires: list[datetime]
) -> Iterator[tuple[datetime, datetime, bool]]:
    """Yield further ticks, and looks: after ticks, at any time, and in dense phases."""
    if not setting.pulse:
        return
    draw = drawn(setting.seed, Draw.TICKS, len(setting.months))
    for index, month in enumerate(setting.months):
        row = rows_of(setting, month, index)
        yield from ((at, at, False) for at in row)
        fires = [*fires, *row]
        for _ in range(draw.randint(0, 4)):
            at = month.starts + _whole_seconds(draw.random() * (month.next.starts - month.starts))
            yield at, at, True
    for fired in fires:
        while draw.random() < 0.5:  # noqa: PLR2004 - some have several
            at = fired + _SECOND * draw.randrange(40, 840)
            yield at, at, True
    for phase in phases_of(setting):
        for scheduled in phase.ticks:
            for at in _firings(scheduled, draw, rough=setting.calm < 1):
                yield at, scheduled, False
        yield from ((at, at, True) for at in phase.looks)


def _scheduled(setting: Setting, month: Month, draw: Random) -> list[datetime]:
    interesting = list(_interesting(setting, month))
    wanted = draw.randint(6, 12)
    chosen = set(draw.sample(interesting, k=min(wanted // 2 + 1, len(interesting))))
    length = month.next.starts - month.starts
    while len(chosen) < wanted:
        at = month.starts + _whole_seconds(draw.random() * length)
        chosen.add(at)
        if draw.random() < 0.2:  # noqa: PLR2004 - some come back to back
            chosen.add(at + _SECOND * draw.choice((1, 20, 900)))
    return sorted(each for each in chosen if month.starts <= each < month.next.starts)


def _interesting(setting: Setting, month: Month) -> Iterator[datetime]:
    """Yield instants at which a rule changes: month ends in both zones, and deadlines."""
    local = datetime.combine(month.first, time.min, tzinfo=setting.time_zone).astimezone(UTC)
    close = month.starts + timedelta(days=setting.close_day - 1)
    late = month.starts + timedelta(days=setting.open_until_day - 1)
    end = month.next.starts
    for base in (month.starts, local, close, late, end):
        for offset in (-3600, -1, 0, 300):
            yield base + _SECOND * offset


def _firings(scheduled: datetime, draw: Random, *, rough: bool) -> Iterator[datetime]:
    luck = draw.random() if rough else 1.0
    if luck < 0.03:  # noqa: PLR2004 - missed
        return
    late = _SECOND * draw.choice((60, 1800, 6 * 3600, 40 * 3600)) if luck < 0.1 else timedelta()  # noqa: PLR2004 - late
    yield scheduled + late
    if 0.1 <= luck < 0.16:  # noqa: PLR2004 - doubled
        yield scheduled + _SECOND * draw.choice((0, 5, 4000))


def _whole_seconds(span: timedelta) -> timedelta:
    return timedelta(seconds=int(span.total_seconds()))
