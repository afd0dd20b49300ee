"""Outages of hours to days, over month ends more often than not: one side gone, nobody at work, or the schedule stopped.

Walls are outages of another kind: ConnectWise is there, and something in front of it answers, or its role shows nothing (MATCH-8).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from local.simulation.draws import Draw, drawn
from local.simulation.setting import Setting, Shape

GRAVITYZONE, CONNECTWISE, LEDGER, WORKERS, SCHEDULE = (
    "outage of GravityZone",
    "outage of ConnectWise",
    "outage of the ledger",
    "outage of the workers",
    "outage of the schedule",
)
OUTAGES = (GRAVITYZONE, CONNECTWISE, LEDGER, WORKERS, SCHEDULE)
FRONT, MINE = "page in front of ConnectWise", "role Inquire Mine"
WALLS = (FRONT, MINE)
_WALLED = 0.1
"""How likely each month of a seed with trouble has a wall."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """What is out, and from when until when."""

    kind: str
    begins: datetime
    ends: datetime


def outages_of(setting: Setting, shape: Shape) -> list[Outage]:
    """All outages of a seed that the shape plays."""
    return [each for each in (*_drawn(setting), *_walls(setting)) if shape.has(each.kind)]


def out(outages: list[Outage], at: datetime) -> frozenset[str]:
    """What is out at an instant."""
    return frozenset(each.kind for each in outages if each.begins <= at < each.ends)


def _walls(setting: Setting) -> Iterator[Outage]:
    if setting.calm == 1.0:
        return
    for index, month in enumerate(setting.months):
        draw = drawn(setting.seed, Draw.WALLS, index)
        if draw.random() < _WALLED:
            length = timedelta(hours=draw.choice((1, 6, 20, 60)))
            begins = month.starts + draw.random() * timedelta(30)
            yield Outage(kind=draw.choice(WALLS), begins=begins, ends=begins + length)


def _drawn(setting: Setting) -> Iterator[Outage]:
    if setting.calm == 1.0:
        return
    for index, month in enumerate(setting.months):
        draw = drawn(setting.seed, Draw.OUTAGES, index)
        while draw.random() < (1 - setting.calm) * 0.7:
            length = timedelta(hours=draw.choice((1, 6, 20, 30, 60, 100)))
            at_end = draw.random() < 0.5  # noqa: PLR2004 - over the month's end
            begins = (
                month.next.starts - draw.random() * length if at_end else month.starts + draw.random() * timedelta(28)
            )
            yield Outage(kind=draw.choice(OUTAGES), begins=begins, ends=begins + length)
