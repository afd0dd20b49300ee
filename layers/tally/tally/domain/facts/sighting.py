"""Fourth question: what does stand, and what has somebody else done there?

The only reader of Additions. Each line is as we left it, lagging behind a write of ours, arrived,
changed, gone, or there twice. Others of the product that cover the month are strangers; lines of
ours that the ledger does not know are unknown.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from tally.domain.facts.as_written import Differences, beside_quantity, may_be_of_before, untold
from tally.domain.facts.job_facts import When
from tally.domain.model.agreement import Addition
from tally.domain.model.terms import Terms
from tally.domain.record.lines import Line, LineState
from tally.domain.record.record_key import MOST_LINES, RecordKey, reference
from tally.domain.record.usage_record import UsageRecord
from tally.domain.record.writes import Create, SetQuantity, TakeOver

_OF_TALLY = re.compile(r"\bTLY-[A-Z2-7]{12}\b")  # the alphabet of base32, as in ``reference``
_MONTHS_LATE = 13
"""Months for which a late line is recognised as ours beside this month's."""


class AsLeft(NamedTuple):
    """A line that is as we wrote it."""

    addition: Addition


class Lagging(NamedTuple):
    """A line that the list may show as before our last write, or not yet (``addition`` is None)."""

    until: datetime
    addition: Addition | None


class Arrived(NamedTuple):
    """A line that shows a write of ours whose answer never came."""

    addition: Addition


class Changed(NamedTuple):
    """A line of which somebody else changed some fields."""

    addition: Addition
    found: Differences


class Gone(NamedTuple):
    """A line that is not there any more."""

    addition: None = None


class Doubled(NamedTuple):
    """A line whose reference several Additions bear: somebody has copied one."""

    additions: tuple[Addition, ...]


type Seen = AsLeft | Lagging | Arrived | Changed | Gone | Doubled


class Looked(NamedTuple):
    """The lists that a job has read.

    ``additions`` are those on the agreements of the record's lines and of the one to be opened;
    ``elsewhere`` those on the company's further agreements, where only unknown lines of ours
    matter. ``kept_apart`` are others that a person wants beside ours. ``terms_before`` are those of
    the month before's Addition, or why they could not be read (OPEN-5).
    """

    additions: Sequence[Addition]
    elsewhere: Sequence[Addition] = ()
    kept_apart: Collection[int] = ()
    terms_before: Terms | str | None = None


class Sighting(NamedTuple):
    """The state of each line by number, of the line being opened, strangers, and unknown lines."""

    lines: Mapping[int, Seen]
    opening: Seen
    strangers: tuple[Addition, ...]
    unknown: Mapping[int, tuple[Addition, ...]]
    looked: Looked

    def shown(self, number: int) -> tuple[Addition, ...]:
        """Return the Additions that show a line."""
        return additions_of(self.lines[number])


def additions_of(seen: Seen) -> tuple[Addition, ...]:
    """Return the Additions that show a line."""
    if isinstance(seen, Doubled):
        return seen.additions
    return () if seen.addition is None else (seen.addition,)


def sight(record: UsageRecord, looked: Looked, when: When, *, product_id: int | None) -> Sighting:
    """Return what stands. Strangers are those that bill ``product_id``."""
    # ConnectWise promises no order of its lists, and no decision may depend on one.
    looked = looked._replace(additions=sorted(looked.additions, key=lambda each: each.id))
    claim = None if record.claim is None else record.claim.write
    opening = claim.number if isinstance(claim, Create | TakeOver) else None
    here = () if opening is None else _bearing(record.key, opening, looked)
    ours = by_number(record.key, (*looked.additions, *looked.elsewhere))
    return Sighting(
        lines={line.number: _seen(record, line, looked, when) for line in record.lines},
        opening=_opened(here),
        strangers=_strangers(record, looked, ours, product_id),
        unknown=_unknown(record, ours, opening, here),
        looked=looked,
    )


def _strangers(
    record: UsageRecord,
    looked: Looked,
    ours: Mapping[int, tuple[Addition, ...]],
    product_id: int | None,
) -> tuple[Addition, ...]:
    bearing = {each.id for several in ours.values() for each in several}
    others = (each for each in looked.additions if each.id not in bearing)
    return tuple(each for each in others if _is_stranger(record, each, looked, product_id))


def _opened(here: tuple[Addition, ...]) -> Seen:
    if len(here) > 1:
        return Doubled(here)
    return Arrived(here[0]) if here else Gone()


def _unknown(
    record: UsageRecord,
    ours: Mapping[int, tuple[Addition, ...]],
    opening: int | None,
    here: tuple[Addition, ...],
) -> Mapping[int, tuple[Addition, ...]]:
    """Return lines of ours that the record lacks, but for one that is just being opened."""
    known = {line.number for line in record.lines}
    unknown = {number: each for number, each in ours.items() if number not in known}
    only_the_claimed = (
        opening is not None and set(unknown) == {opening} and len(here) == len(unknown[opening])
    )
    return {} if only_the_claimed else unknown


def _seen(record: UsageRecord, line: Line, looked: Looked, when: When) -> Seen:
    shown = _shown(line, looked)
    # Lists can lag a write by minutes, so within the settle time absence proves nothing (SAFE-2).
    until = when.settles(line.written.at)
    if not shown:
        return Lagging(until, None) if until else Gone()
    if len(shown) > 1:
        return Doubled(shown)
    return _compared(record, line, shown[0], until)


def _shown(line: Line, looked: Looked) -> tuple[Addition, ...]:
    """Return the line's Addition and its copies, also on the customer's other agreements.

    One at 0 too: another Tally may follow it. Where the line's own is gone, what bears its
    reference on its agreement takes its place; one elsewhere does not, but bills all the same, so
    it counts where the line is to bill nothing.
    """
    near = tuple(each for each in looked.additions if _is_of(line, each, looked))
    own = tuple(each for each in near if each.id == line.addition_id)
    if not own and line.state is not LineState.VOIDING:
        return near
    far = (each for each in looked.elsewhere if _is_of(line, each, looked))
    return (*own, *(each for each in (*near, *far) if each.id != line.addition_id))


def _compared(record: UsageRecord, line: Line, it: Addition, until: datetime | None) -> Seen:
    found = untold(record, line, it)
    if not found:
        return AsLeft(it)
    # A take-over changes the text last: a list without our reference may simply be the list from
    # before it.
    if until and may_be_of_before(found):
        return Lagging(until, None)
    # An echo or a lost answer excuses the quantity alone: a PATCH of it changes no other field.
    echoes = until is not None and it.quantity in line.written.echoes
    if echoes or it.quantity in _sent(record, line):
        found = beside_quantity(found)
    if found:
        return Changed(it, found)
    return Lagging(until, it) if until and echoes else Arrived(it)


def _sent(record: UsageRecord, line: Line) -> tuple[int, ...]:
    """Return the quantities that we sent and nobody has confirmed."""
    claim = None if record.claim is None else record.claim.write
    if isinstance(claim, SetQuantity) and claim.number == line.number:
        return (*line.written.unsure, claim.quantity)
    return line.written.unsure


def _is_of(line: Line, addition: Addition, looked: Looked) -> bool:
    """Return True if it is the line's: by id, or by our reference unless it is kept apart."""
    marked = line.reference in addition.text and addition.id not in looked.kept_apart
    return addition.id == line.addition_id or marked


def _bearing(key: RecordKey, number: int, looked: Looked) -> tuple[Addition, ...]:
    mark = reference(key, number)
    # Kept apart by a person, a copy with our mark is not the Addition that we made.
    marked = (each for each in looked.additions if mark in each.text)
    return tuple(each for each in marked if each.id not in looked.kept_apart)


def by_number(key: RecordKey, additions: Iterable[Addition]) -> dict[int, tuple[Addition, ...]]:
    """Return the Additions that bear a reference of the record, by the line's number (OPEN-1)."""
    marks = _marks(key)
    found: dict[int, tuple[Addition, ...]] = {}
    for addition in {each.id: each for each in additions}.values():
        for mark in _OF_TALLY.findall(addition.text):
            if (number := marks.get(mark)) is not None:
                found[number] = (*found.get(number, ()), addition)
    return found


# A job asks for the same marks several times, and the next jobs of its company do too.
@lru_cache(maxsize=128)
def _marks(key: RecordKey) -> Mapping[str, int]:
    """Return the numbers of a record's lines by their references."""
    return {reference(key, number): number for number in range(MOST_LINES)}


@lru_cache(maxsize=128)
def _late_marks(key: RecordKey) -> frozenset[str]:
    """Return the references of late lines of the months before a record's."""
    marks: set[str] = set()
    month = key.month
    for _ in range(_MONTHS_LATE):
        month = month.previous
        earlier = RecordKey(company_id=key.company_id, month=month, service=key.service)
        # Not line 0: it has to end with its own month, and bills twice if it reaches into this one.
        marks.update(reference(earlier, number) for number in range(1, MOST_LINES))
    return frozenset(marks)


def _is_stranger(
    record: UsageRecord, addition: Addition, looked: Looked, product_id: int | None
) -> bool:
    """Return True if it bills the product in the month (OPEN-6), without our reference."""
    key = record.key
    if addition.product_id != product_id or not addition.covers(key.month):
        return False
    if addition.id in looked.kept_apart or any(
        addition.id == line.addition_id for line in record.lines
    ):
        return False
    # Ours of another month that was set to 0 bills nothing. One of others at 0 may be raised at any
    # time, so it counts.
    voided = addition.quantity == 0 and addition.cancelled is not None and is_of_tally(addition)
    return not voided and not _is_late_line(addition, key)


def is_of_tally(addition: Addition) -> bool:
    """Return True if it bears a reference of Tally's, of whatever month and customer."""
    return _OF_TALLY.search(addition.text) is not None


def _is_late_line(addition: Addition, key: RecordKey) -> bool:
    """Return True if it carries late usage of earlier months, which belongs beside ours."""
    found = _OF_TALLY.search(addition.text)
    return found is not None and found[0] in _late_marks(key)
