"""A record's history as a story, and the course of its month as a small chart."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from cli.presentation.words import minute
from tally.domain.model.month import Month
from tally.domain.record.history import TALLY, HistoryEntry
from tally.domain.statement.course import at_days_ends, outcomes

_BLOCKS = "▁▂▃▄▅▆▇█"
_ASCII = "._-=+*#@"


def told(entries: Sequence[HistoryEntry]) -> Iterator[str]:
    """Yield a line for each step, oldest first: when, what, why, and by whom if a person did it.

    An intent is left out if its outcome follows.
    """
    for entry in outcomes(entries):
        by = "" if entry.by == TALLY else f", by {entry.by}"
        why = f": {entry.why}" if entry.why else ""
        yield f"{minute(entry.at)}  {entry.what}{why}{by}"


def chart(
    course: Sequence[tuple[datetime, int]], month: Month, *, now: datetime, encoding: str
) -> str:
    """Return a sign for each day of the month so far: the quantity at its end, of the highest.

    A day before the first quantity is a blank.
    """
    most = max((value for _, value in course), default=0)
    signs = _BLOCKS if _has(encoding) else _ASCII
    return "".join(
        " " if day.billed is None else signs[day.billed * (len(signs) - 1) // most if most else 0]
        for day in at_days_ends(course, month, until=now)
    )


def bar(value: int, *, most: int, width: int, encoding: str) -> str:
    """Return a bar as long as the value's part of the most."""
    return ("█" if _has(encoding) else "#") * (value * width // most if most else 0)


def _has(encoding: str) -> bool:
    try:
        (_BLOCKS + "█").encode(encoding)
    except (LookupError, UnicodeEncodeError):
        return False
    return True
