"""A person's words on a usage record."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Said(StrEnum):
    """The words that a person can say about a number.

    ``grow``: the number is right, and growth is measured from it · ``late``: so many may be billed,
    some of them late · ``lower``: it may be lowered to this, once · ``keep-fallen``: the count is
    too low, keep what is billed · ``keep-grown``: the count is too high, keep what is billed ·
    ``leave-out``: late usage is not billed · ``keep-children``: keep what is billed while these
    companies are below the partner · ``waive``: nothing is billed · ``give``: that Addition of
    others becomes ours · ``as-seen``: a line that can no longer grow is left as ConnectWise shows
    it · ``asked``: no answer yet, but a person was asked, or ConnectWise refused the month, before
    any Addition was made. For such a month the day after which nothing is opened does not apply
    (OPEN-9).
    """

    # Stored in the ledger: a record with a word that is not here cannot be read.
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
"""Words that replace each other: only the newest one counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """A person's word about a number, with its author and time (wall clock).

    ``number`` is an Addition's id where one was given. ``about`` names what else it depends on: the
    children of a partner, or the way ConnectWise shows a line.
    """

    said: Said
    number: int = 0
    by: str
    at: datetime
    about: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """The person who answers, with the reason and the time (wall clock)."""

    by: str
    why: str
    at: datetime

    def says(self, said: Said, number: int, *, about: tuple[str, ...] = ()) -> Ruling:
        """Return the person's word on a number."""
        return Ruling(said=said, number=number, by=self.by, at=self.at, about=about)
