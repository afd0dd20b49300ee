"""First question: how many are to be billed in all?

The count, a person's rulings, and at the close the contract's floor. All numbers are totals over
the record's lines, of which only the newest is ever changed.
"""

from typing import NamedTuple

from tally.domain.facts.job_facts import Facts
from tally.domain.model.policy import Policy
from tally.domain.model.reading import Count, Reading, Unknown
from tally.domain.record.partner import Children, others_below
from tally.domain.record.rulings import Said
from tally.domain.record.usage_record import UsageRecord


class Owed(NamedTuple):
    """The month's numbers: ``counted``, ``agreed`` after rulings, ``total`` with the floor."""

    counted: int
    agreed: int
    total: int


class Uncounted(NamedTuple):
    """A month that cannot be counted, and why."""

    why: str


def owed(
    record: UsageRecord,
    reading: Reading,
    *,
    children: Children | None,
    closing: bool,
    policy: Policy,
) -> Owed | Uncounted:
    """Answer how many are to be billed in all, or why nobody can say."""
    if isinstance(reading, Unknown):
        return Uncounted(why=reading.why)
    moved = others_below(record, children)
    # A second reading with other children has nothing to be compared with.
    if moved and record.is_over:
        return Uncounted(why="Other companies stand directly below it than when it was closed.")
    # READ-4: what stands goes on, unless a person approves a count with the children of now.
    agreed = record.stands if moved else _agreed(record, reading.value, policy)
    # The floor is billed with the final number alone (CLOSE-2): until then it would hide how the
    # count grows.
    floor = (floor_of(record, reading) or 0) if closing and policy.bill_minimum else 0
    total = max(agreed, floor)
    # What a person has left out may be the floor, which lies beyond the count.
    if _is_left_out(record, total):
        total = record.stands
    return Owed(counted=reading.value, agreed=agreed, total=total)


def floor_of(record: UsageRecord, reading: Count) -> int | None:
    """Return the contract's floor; where it cannot be read, the one that the month closed with."""
    return record.floor if reading.odd_floor else reading.floor


def owing_of(record: UsageRecord, facts: Facts) -> Owed | Uncounted:
    """Return the same from what a job knows."""
    when = facts.when
    return owed(
        record, facts.reading, children=facts.children, closing=when.closing, policy=when.policy
    )


def _agreed(record: UsageRecord, count: int, policy: Policy) -> int:
    """Return the count, unless a ruling keeps what is billed. None does before a line exists."""
    if _is_left_out(record, count):
        return record.stands
    # A word on a fall ends where the count rises above all that was ever written; a word on growth
    # ends where the count grows as far again.
    ruling = record.ruling(Said.KEEP_FALLEN, Said.KEEP_GROWN)
    if ruling is None or not record.lines:
        return count
    if ruling.said is Said.KEEP_FALLEN:
        return record.stands if count < record.highest else count
    keeps = count > record.stands and not policy.is_beyond(count, baseline=ruling.number)
    return record.stands if keeps else count


def _is_left_out(record: UsageRecord, total: int) -> bool:
    """Return True if a person has left so many out, because some are late (LATE-2)."""
    ruling = record.ruling(Said.LEAVE_OUT)
    return ruling is not None and record.stands < total <= ruling.number


def never_written(record: UsageRecord) -> int | None:
    """Return the number that was allowed or refused, and was never written (CLOSE-5)."""
    allowed = record.ruling(Said.LATE)
    # Leave for late usage ends earlier words, so a word beside it is newer, and says otherwise.
    late = 0 if allowed is None or record.last_word is not None else allowed.number
    if record.refusal is not None:
        return max(late, record.refusal.total)
    return late if late > record.stands else None


def quantity_of(record: UsageRecord, total: int) -> int:
    """Return the newest line's quantity for which all lines make ``total``; never below 0."""
    # Below 0 there is nothing to take off: the older lines have been invoiced (LATE-3).
    return max(total - record.beside, 0)


def falls(record: UsageRecord, quantity: int) -> bool:
    """Return True if the newest line's quantity would fall without a person's leave (READ-7)."""
    head = record.head
    if head is None or quantity == head.pushed:
        return False
    # Leave to lower it to 4 is none to lower it to 3.
    leave = record.ruling(Said.LOWER)
    if leave is None:
        return quantity < head.highest
    return quantity < min(quantity_of(record, leave.number), head.highest)
