"""First question: how many are to be billed in all?

The count, a person's rulings, and at the close the contract's floor. All numbers are totals over the
record's lines, of which only the newest is ever changed.
"""

from typing import NamedTuple

from tally.domain.facts.job_facts import Facts
from tally.domain.model.policy import Policy
from tally.domain.model.reading import Reading, Unknown
from tally.domain.record.partner import Children, others_below
from tally.domain.record.rulings import Said
from tally.domain.record.usage_record import UsageRecord


class Owed(NamedTuple):
    """How many are ``counted`` by GravityZone, ``agreed`` after rulings, and in ``total`` with the floor."""

    counted: int
    agreed: int
    total: int


class Uncounted(NamedTuple):
    """No number is to be had."""

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
    if moved and record.is_over:
        return Uncounted(why="Other companies stand directly below it than when it was closed.")
    agreed = record.stands if moved else _agreed(record, reading.value, policy)
    floor = (reading.floor or 0) if closing and policy.bill_minimum else 0
    total = max(agreed, floor)
    if _is_left_out(record, total):
        total = record.stands
    return Owed(counted=reading.value, agreed=agreed, total=total)


def owing_of(record: UsageRecord, facts: Facts) -> Owed | Uncounted:
    """Answer the same out of what a job knows."""
    when = facts.when
    return owed(
        record, facts.reading, children=facts.children, closing=when.closing, policy=when.policy
    )


def _agreed(record: UsageRecord, count: int, policy: Policy) -> int:
    """Return the count, unless a ruling keeps what stands; before anything stands, none does."""
    if _is_left_out(record, count):
        return record.stands
    ruling = record.ruling(Said.KEEP_FALLEN, Said.KEEP_GROWN)
    if ruling is None or not record.lines:
        return count
    if ruling.said is Said.KEEP_FALLEN:
        return record.stands if count < record.highest else count
    keeps = count > record.stands and not policy.is_beyond(count, baseline=ruling.number)
    return record.stands if keeps else count


def _is_left_out(record: UsageRecord, total: int) -> bool:
    """Return True if a person does not want so many billed, some of which are late (LATE-2)."""
    ruling = record.ruling(Said.LEAVE_OUT)
    return ruling is not None and record.stands < total <= ruling.number


def never_written(record: UsageRecord) -> int | None:
    """Return the number that was allowed, or refused by ConnectWise, and stands nowhere (CLOSE-5)."""
    allowed = record.ruling(Said.LATE)
    late = 0 if allowed is None or record.last_word is not None else allowed.number
    if record.refusal is not None:
        return max(late, record.refusal.total)
    return late if late > record.stands else None


def quantity_of(record: UsageRecord, total: int) -> int:
    """Return what the newest line is to say so that all lines say ``total``; never below 0."""
    return max(total - record.beside, 0)


def falls(record: UsageRecord, quantity: int) -> bool:
    """Return True if the newest line's quantity would fall without a person's leave (READ-7)."""
    head = record.head
    if head is None or quantity == head.pushed:
        return False
    leave = record.ruling(Said.LOWER)
    if leave is None:
        return quantity < head.highest
    return quantity < min(quantity_of(record, leave.number), head.highest)
