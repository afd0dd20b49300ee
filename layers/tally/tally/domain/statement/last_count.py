"""GravityZone's newest count, as far as a record proves it; elsewhere it is not recorded (PROOF-5).

The record stores what is to be billed. That is GravityZone's count only where nothing stands
between the two: no person's word, no question, no refusal, no line that can grow no more.
"""

from collections.abc import Iterable

from tally.domain.record.rulings import Ruling, Said
from tally.domain.record.usage_record import RecordState, UsageRecord
from tally.domain.statement.course import Step

_KEEPING = frozenset({Said.KEEP_FALLEN, Said.KEEP_GROWN, Said.LEAVE_OUT, Said.KEEP_CHILDREN})
"""Words that keep what is billed whatever is counted."""

_OF_A_COUNT = frozenset({"fall", "growth"})
"""The kinds of hold whose number is GravityZone's count. Those of others may have the floor in it,
or a number from before.
"""


def kept_by(record: UsageRecord, steps: Iterable[Step]) -> Ruling | None:
    """Return the person's word that keeps what is billed; None once the quantity has moved on."""
    word = record.last_word
    if word is None or word.said not in _KEEPING:
        return None
    # Both are of the wall clock: the tick of a step may be older than a word that came before it.
    moved = any(each.before != each.after and each.recorded > word.at for each in steps)
    return None if moved else word


def last_count(record: UsageRecord, steps: Iterable[Step]) -> int | None:
    """Return GravityZone's newest count that the record proves; None where it proves none."""
    hold = record.hold
    if hold is not None:
        return hold.quantity if hold.kind in _OF_A_COUNT else None
    if record.state is RecordState.WAIVED or kept_by(record, steps) is not None:
        return None
    if record.state is RecordState.CLOSED:
        return record.count
    # It was accepted and is not written yet: what stands is still the higher number.
    lower = record.ruling(Said.LOWER)
    if lower is not None:
        return lower.number
    # A line that can grow no more stays as it is, whatever is counted beyond it (LATE-1).
    if record.head is None or record.claim is not None or record.refusal is not None:
        return None
    return record.stands
