"""A record's history as a story, and the course of its month as a small chart."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from cli.presentation.words import minute
from tally.domain.model.month import Month
from tally.domain.record.history import TALLY, HistoryEntry

_BLOCKS = "▁▂▃▄▅▆▇█"
_ASCII = "._-=+*#@"
_DAY = timedelta(days=1)
_INTENDED = " intended"


def told(entries: Sequence[HistoryEntry]) -> Iterator[str]:
    """Yield a line for each step, oldest first: when, what, why, and by whom if a person did it.

    An intent is left out if its outcome follows.
    """
    for entry in (
        each for each in entries if each is entries[-1] or not each.what.endswith(_INTENDED)
    ):
        by = "" if entry.by == TALLY else f", by {entry.by}"
        why = f": {entry.why}" if entry.why else ""
        yield f"{minute(entry.at)}  {entry.what}{why}{by}"


def billed_over(entries: Sequence[HistoryEntry]) -> Sequence[tuple[datetime, int]]:
    """Return the quantity of all the record's Additions, from each instant at which it changed."""
    lines: dict[str, int] = {}
    course: list[tuple[datetime, int]] = []
    for entry in entries:
        pushed = {path: after for path, (_, after) in entry.changes.items() if _is_pushed(path)}
        if not pushed:
            continue
        lines |= {
            _line(path): int(str(after)) if after is not None else 0
            for path, after in pushed.items()
        }
        course.append((entry.at, sum(lines.values())))
    return course


def chart(
    course: Sequence[tuple[datetime, int]], month: Month, *, now: datetime, encoding: str
) -> str:
    """Return a sign for each day of the month so far: the quantity at its end, of the highest.

    A day before the first quantity is a blank.
    """
    most = max((value for _, value in course), default=0)
    signs = _BLOCKS if _has(encoding) else _ASCII
    return "".join(
        " " if value is None else signs[value * (len(signs) - 1) // most if most else 0]
        for value in _at_days_ends(course, month, now)
    )


def bar(value: int, *, most: int, width: int, encoding: str) -> str:
    """Return a bar as long as the value's part of the most."""
    return ("█" if _has(encoding) else "#") * (value * width // most if most else 0)


def _at_days_ends(
    course: Sequence[tuple[datetime, int]], month: Month, now: datetime
) -> Iterator[int | None]:
    day = month.starts
    while day < month.next.starts and day <= now:
        day += _DAY
        yield next((value for at, value in reversed(course) if at < day), None)


def _is_pushed(path: str) -> bool:
    # The latter before schema 1.
    return path.startswith("lines.") and path.endswith((".written.quantity", ".pushed"))


def _line(path: str) -> str:
    return path.split(".")[1]


def _has(encoding: str) -> bool:
    try:
        (_BLOCKS + "█").encode(encoding)
    except (LookupError, UnicodeEncodeError):
        return False
    return True
