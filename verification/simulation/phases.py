"""Dense phases of a seed with the pulse: some hours in which it fires as the template has it.

Elsewhere ticks are days apart, so that each would read every company (PULSE-4).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from tally.domain.model.month import Month
from verification.simulation.draws import Draw, drawn
from verification.simulation.setting import Setting

_TICKS = timedelta(minutes=15)
_SECOND, _HOUR = timedelta(seconds=1), timedelta(hours=1)
_SWEEPS = 4 * _HOUR
"""The longest time between two full sweeps."""
_OFTEN = 0.3
"""The probability of a dense phase in a month, and about that of a row of full sweeps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """Some hours with a tick each 15 minutes, and a look ``each`` so often between them."""

    number: int
    begins: datetime
    ends: datetime
    each: timedelta

    @property
    def ticks(self) -> Iterator[datetime]:
        """The instants of its ticks."""
        at = self.begins
        while at < self.ends:
            yield at
            at += _TICKS

    @property
    def looks(self) -> Iterator[datetime]:
        """The instants of its looks: none falls on a tick's."""
        at = self.begins + self.each
        while at < self.ends:
            if (at - self.begins) % _TICKS:
                yield at
            at += self.each


def phases_of(setting: Setting) -> list[Phase]:
    """Return the dense phases of a seed; none without the pulse."""
    if not setting.pulse:
        return []
    found = []
    for number, month in enumerate(setting.months):
        draw = drawn(setting.seed, Draw.PHASES, number)
        if draw.random() >= _OFTEN:
            continue
        begins = max(_begins(month, draw), setting.begins)
        length = _HOUR * draw.choice((1, 1, 2, 2, 3, 5))
        each = _SECOND * draw.choice((60, 60, 120, 300))
        found.append(Phase(number=number, begins=begins, ends=begins + length, each=each))
    return found


def _begins(month: Month, draw: Random) -> datetime:
    """Draw a beginning: mostly between the month's first two days and its last two."""
    end, where = month.next.starts, draw.random()
    if where < 0.1:  # noqa: PLR2004 - over the month's end
        return end - _HOUR
    if where < 0.2:  # noqa: PLR2004 - full sweeps are hourly
        return end - _SECOND * draw.randrange(6 * 3600, 2 * 86_400)
    if where < 0.3:  # noqa: PLR2004 - full sweeps end at its beginning
        return month.starts + 47 * _HOUR
    return month.starts + _SECOND * draw.randrange(2 * 86_400, 26 * 86_400)


def rows_of(setting: Setting, month: Month, number: int) -> list[datetime]:
    """Return ticks 4 hours apart: each makes a full sweep, if the totals have proven themselves."""
    draw = drawn(setting.seed, Draw.PHASES, number, 1)
    if not setting.pulse or draw.random() >= _OFTEN:
        return []
    first = month.starts + _SECOND * draw.randrange(2 * 86_400, 26 * 86_400)
    return [first + _SWEEPS * each for each in range(draw.randint(3, 5))]


def moments_in(
    phase: Phase, setting: Setting, firm: int
) -> Iterator[tuple[datetime, int, float, int]]:
    """Yield what happens to a company in a phase: when, its number, its luck, and its draw."""
    draw = drawn(setting.seed, Draw.PHASES, phase.number, 2, firm)
    length = int((phase.ends - phase.begins).total_seconds())
    everybodys = drawn(setting.seed, Draw.PHASES, phase.number, 3)
    waves = [everybodys.randrange(length) for _ in range(4)]
    for number in range(draw.choice((0, 1, 2, 3, 4))):
        in_wave = draw.random() < 0.5  # noqa: PLR2004 - half move as others do, within a minute
        start = draw.choice(waves) + draw.randrange(60) if in_wave else draw.randrange(length)
        at = phase.begins + _SECOND * start
        yield at, 100 * phase.number + number, draw.random(), draw.getrandbits(32)
