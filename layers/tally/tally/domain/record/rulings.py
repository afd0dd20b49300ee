"""A person's words on a usage record."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple


class Said(StrEnum):
    """What a person can say of a number.

    ``grow``: so many are right, growth is measured from here · ``late``: so many may be billed, some
    of them late · ``lower``: it may be lowered to this, once · ``keep-fallen``: too few, what stands
    stays · ``keep-grown``: too many, what stands stays · ``leave-out``: late ones are not billed ·
    ``keep-children``: what stands stays while these stand below the partner · ``waive``: nothing is
    billed · ``give``: that Addition of others becomes ours · ``as-seen``: a line that can no longer
    grow is left as ConnectWise shows it · ``asked``: nothing yet, but a person was asked, or
    ConnectWise refused it, before anything stood: the day after which nothing is opened is not for
    this month (OPEN-9).
    """

    GROW = "grow"
    LATE = "late"
    LOWER = "lower"
    KEEP_FALLEN = "keep-fallen"
    KEEP_GROWN = "keep-grown"
    LEAVE_OUT = "leave-out"
    KEEP_CHILDREN = "keep-children"
    WAIVE = "waive"
    GIVE = "give"
    AS_SEEN = "as-seen"
    ASKED = "asked"


LAST_WORDS = frozenset(
    {
        Said.LOWER,
        Said.KEEP_FALLEN,
        Said.KEEP_GROWN,
        Said.LEAVE_OUT,
        Said.KEEP_CHILDREN,
        Said.WAIVE,
    }
)
"""Words of which the newest takes the place of the others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """A person's word: what was said of which number, by whom, when (wall clock).

    ``number`` is an Addition's id where one was given. ``about`` names what else it depends on: the
    children of a partner, or how ConnectWise shows a line.
    """

    said: Said
    number: int = 0
    by: str
    at: datetime
    about: tuple[str, ...] = ()


class Person(NamedTuple):
    """Who answers, why, and when (wall clock)."""

    by: str
    why: str
    at: datetime

    def says(self, said: Said, number: int, *, about: tuple[str, ...] = ()) -> Ruling:
        """Return the person's word on a number."""
        return Ruling(said=said, number=number, by=self.by, at=self.at, about=about)
