"""The schedule of a seed: 6 to 12 ticks a month at the moments that matter, some missed or late."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from random import Random

from tally.domain.model.month import Month
from verification.simulation.draws import Draw, drawn
from verification.simulation.setting import Setting

_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """One firing: its ``scheduled`` time, as in the event, and the instant when it ``fires``."""

    number: int
    scheduled: datetime
    fires: datetime


def schedule(setting: Setting) -> list[Tick]:
    """Return all ticks of a seed, by the instants at which they fire.

    Their numbers are the steps.
    """
    fired: list[tuple[datetime, datetime]] = []
    for index, month in enumerate(setting.months):
        draw = drawn(setting.seed, Draw.TICKS, index)
        for scheduled in _scheduled(setting, month, draw):
            if scheduled >= setting.begins:
                fired.extend(
                    (each, scheduled) for each in _firings(scheduled, draw, rough=setting.calm < 1)
                )
    return [
        Tick(number=number, scheduled=scheduled, fires=fires)
        for number, (fires, scheduled) in enumerate(sorted(fired), start=1)
    ]


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
