"""How machines are recorded in a seed: options of its inventory, and when walks are fired.

All of it is drawn by itself, so that a seed without evidence is as it ever was.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Literal, NamedTuple

from simulators.gravityzone.options import Options
from tally.domain.model.month import Month
from verification.simulation.draws import Draw, drawn

GATHERED = "machines are recorded"
"""As a shape may leave it out. What happens to machines stays."""

_SHARE = 0.25
"""The part of the seeds in which evidence is on, and what only evidence minds happens."""
_COMPARED = 0.1
"""The part of these that is played again without evidence (PROOF-2)."""
_DAILY = timedelta(hours=3, minutes=37)
_BEFORE_THE_END = timedelta(minutes=37)
"""The walk of the last hour is at 23:23 GMT (template.yaml, as is the daily one)."""
_LATE = (60, 1800, 6 * 3600)


class Due(NamedTuple):
    """A walk: the instant at which it fires, and the time that its event names."""

    fires: datetime
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathering:
    """What is drawn of a seed's evidence.

    ``days`` is the share of days on which a walk is made, beside the first three, the close day and
    the last. The root's walk is answered, refused, or either by the month; it leaves out the
    companies of the numbers ``left_out``. ``compared`` is true if billing is compared with that of
    the same seed without evidence.
    """

    days: float
    root: Literal["whole", "refused", "by the month"]
    left_out: frozenset[int]
    deleted_in_walk: bool
    deleted_details: Literal["told", "gone"]
    reinstalled: Literal["same id", "new id"]
    compared: bool

    def put_into(self, options: Options, month: Month) -> None:
        """Let the simulator's inventory be so in a month."""
        refused = self.root == "refused" or (self.root == "by the month" and month.number % 2 == 1)
        options.root_walk = "refused" if refused else "whole"
        options.root_leaves_out = frozenset(f"{number + 1:024x}" for number in self.left_out)
        options.deleted_in_walk = self.deleted_in_walk
        options.deleted_details = self.deleted_details

    def __str__(self) -> str:
        return (
            f"machines are recorded: a walk on {self.days:.0%} of the days, root {self.root}, "
            f"{len(self.left_out)} left out of it, reinstalled under the {self.reinstalled}, "
            f'"Deleted" {"in" if self.deleted_in_walk else "not in"} the walk, its details '
            f"{self.deleted_details}"
        )


def gathering_of(seed: int, companies: int) -> Gathering | None:
    """Return what is drawn of a seed; None without evidence."""
    draw = drawn(seed, Draw.EVIDENCE)
    if draw.random() >= _SHARE:
        return None
    return Gathering(
        days=draw.choice((0.1, 0.1, 0.3, 1.0)),
        root=draw.choice(("whole", "whole", "refused", "by the month")),
        left_out=frozenset(each for each in range(companies) if draw.random() < 0.06),  # noqa: PLR2004 - a few
        deleted_in_walk=draw.random() < 0.5,  # noqa: PLR2004 - nobody has documented which
        deleted_details=draw.choice(("told", "gone")),
        reinstalled=draw.choice(("same id", "new id")),
        compared=draw.random() < _COMPARED,
    )


def walks_of(
    gathering: Gathering, months: tuple[Month, ...], *, seed: int, close_day: int, rough: bool
) -> list[Due]:
    """Return all walks of a seed in the order in which they fire; some are late, twice or lost."""
    found: list[Due] = []
    for number, month in enumerate(months):
        draw = drawn(seed, Draw.WALKS, number)
        for at in _planned(gathering, month, draw, close_day):
            found += [Due(fires, at) for fires in _firings(at, draw, rough=rough)]
    return sorted(found)


def _planned(
    gathering: Gathering, month: Month, draw: Random, close_day: int
) -> Iterator[datetime]:
    at = month.starts + _DAILY
    while at < month.next.starts:
        chosen = draw.random() < gathering.days
        if chosen or at.day in {1, 2, 3, close_day}:
            yield at
        at += timedelta(days=1)
    yield month.next.starts - _BEFORE_THE_END


def _firings(at: datetime, draw: Random, *, rough: bool) -> Iterator[datetime]:
    luck = draw.random() if rough else 1.0
    if luck < 0.05:  # noqa: PLR2004 - lost
        return
    yield at + (timedelta(seconds=draw.choice(_LATE)) if luck < 0.1 else timedelta())  # noqa: PLR2004 - late
    if 0.1 <= luck < 0.16:  # noqa: PLR2004 - twice
        yield at + timedelta(seconds=draw.choice((0, 5, 900)))
