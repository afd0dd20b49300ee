"""The course of a record through its month: its steps, and the quantity that they led to."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from tally.domain.model.month import Month
from tally.domain.record.history import TALLY, HistoryEntry, is_pushed

_DAY = timedelta(days=1)
# The history stores this ending: so ``decision.write_changes`` names the step before a write.
_INTENDED = " intended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One change of a record.

    ``reading`` is the tick whose reading led to it, None if a person made it. ``recorded`` is the
    wall clock's time. ``before`` and ``after`` are the quantities of all its Additions.
    """

    recorded: datetime
    reading: datetime | None
    what: str
    why: str
    by: str
    before: int
    after: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """The quantity at the end of a GMT day; None before the first Addition."""

    day: date
    billed: int | None


def outcomes(entries: Sequence[HistoryEntry]) -> Sequence[HistoryEntry]:
    """Return the steps to tell, oldest first: without each intent whose outcome follows."""
    # An intent at the end has no outcome yet: its write may stand in ConnectWise already.
    return [each for each in entries if each is entries[-1] or not each.what.endswith(_INTENDED)]


def steps(entries: Sequence[HistoryEntry]) -> tuple[Step, ...]:
    """Return the steps to tell, each with the quantities before and after it."""
    after = _quantities(entries)
    before = [0, *after][: len(after)]
    shown = {id(each) for each in outcomes(entries)}
    return tuple(
        Step(
            recorded=entry.at,
            reading=entry.tick if entry.by == TALLY else None,
            what=entry.what,
            why=entry.why,
            by=entry.by,
            before=was,
            after=now,
        )
        for entry, was, now in zip(entries, before, after, strict=True)
        if id(entry) in shown
    )


def billed_over(entries: Sequence[HistoryEntry]) -> Sequence[tuple[HistoryEntry, int]]:
    """Return the steps that set a quantity, each with the quantity of all Additions after it."""
    return [
        (entry, total)
        for entry, total in zip(entries, _quantities(entries), strict=True)
        if any(map(is_pushed, entry.changes))
    ]


def at_days_ends(
    course: Sequence[tuple[datetime, int]], month: Month, *, until: datetime
) -> Iterator[Day]:
    """Yield each day of the month up to an instant, with the quantity at its end."""
    start = month.starts
    # A day that has begun is told as far as it goes; a day to come is not told.
    while start < month.next.starts and start <= until:
        end = start + _DAY
        billed = next((value for at, value in reversed(course) if at < end), None)
        yield Day(day=start.date(), billed=billed)
        start = end


def _quantities(entries: Sequence[HistoryEntry]) -> list[int]:
    """Return the quantity of all the record's Additions after each of its steps."""
    lines: dict[str, int] = {}
    totals = []
    for entry in entries:
        for path, (_, after) in entry.changes.items():
            if is_pushed(path):
                lines[_line(path)] = 0 if after is None else int(str(after))
        totals.append(sum(lines.values()))
    return totals


def _line(path: str) -> str:
    # In "lines.0.written.quantity" the second part is the line's number.
    return path.split(".")[1]
