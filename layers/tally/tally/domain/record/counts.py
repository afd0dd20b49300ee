"""The numbers of a record: the newest count that is known of it, and its final quantity."""

from tally.domain.record.rulings import Said
from tally.domain.record.usage_record import RecordState, UsageRecord


def counted(record: UsageRecord) -> int | None:
    """Return the newest count that the ledger knows of the record; None before there is any.

    A closed record has the count that it closed with. An open record stores no count of its own.
    Its count is the held number, or the number that a person answered or approved, where that
    differs from what stands. Otherwise it is what stands, since an unchanged count writes nothing
    (FOLLOW-2).
    """
    if record.credit is not None:
        return record.credit.counted
    if record.hold is not None:
        return record.hold.quantity
    if record.count is not None:
        return record.count
    word, approved = record.last_word, record.ruling(Said.GROW)
    if word is not None:
        return max(word.number, record.stands) if record.lines else word.number
    if record.lines:
        return record.highest
    return None if approved is None else approved.number


def final(record: UsageRecord) -> int | None:
    """Return the quantity billed in the end, less credits; None while it may still change."""
    return None if record.state is RecordState.OPEN else record.stands
