"""The month's end, and the reading after it: rules CLOSE-2, CLOSE-4 and CLOSE-5."""

from tally.domain.invoicing import is_invoiced
from tally.domain.late import doubts
from tally.domain.outcomes import billing
from tally.domain.reading import Count
from tally.domain.record import Credit, LineState, Transition, UsageRecord
from tally.domain.situation import Finished, NoWord, Situation
from tally.domain.target import followed
from tally.domain.transitions import closed


def close(situation: Situation, record: UsageRecord) -> Finished:
    """Close the month; of a closed one: it was read once more."""
    reading, doubtful = situation.reading, _doubts(situation, record)
    if isinstance(reading, Count):
        count = followed(situation, record, reading.value)
        credit = credit_of(situation, record, count=count, floor=reading.floor)
        transition = closed(situation, record, count=count, floor=reading.floor, notices=doubtful, credit=credit)
    else:
        notice = f"Closed with the last count that could be read. {reading.why}"
        transition = closed(situation, record, count=record.stands, floor=None, notices=(notice, *doubtful))
    return _closed(situation, transition)


def _doubts(situation: Situation, record: UsageRecord) -> tuple[str, ...]:
    """Of a closed month that is read once more: whether its invoice was made before the last quantity was written (LATE-1)."""
    agreement = situation.agreement
    return tuple(
        notice
        for line in record.lines
        if line.state is LineState.FINAL and agreement is not None and agreement.id == line.agreement_id
        if is_invoiced(agreement, line.cancelled, situation.policy.invoicing)
        for notice in doubts(situation, line)
    )


def not_read_again(situation: Situation, record: UsageRecord, why: str) -> Finished:
    """What the month closed with stays the last word."""
    notice = f"{situation.key.month.label} could not be read once more. {why}"
    again = closed(
        situation, record, count=record.count or 0, floor=record.floor, notices=(notice,), credit=record.credit
    )
    return _closed(situation, again)


def _closed(situation: Situation, transition: Transition) -> Finished:
    """What a closed month has to say, and is seen for a while; of one with nothing to say, the planner's word alone counts."""
    quiet = transition.after.reread and not transition.after.notices
    cause = NoWord.PLANNERS if quiet else billing(situation, transition.after)
    return Finished(cause=cause, transition=transition)


def credit_of(situation: Situation, record: UsageRecord, *, count: int, floor: int | None) -> Credit | None:
    """What has been billed beyond the count, or beyond the contract's floor where that is billed (LATE-3)."""
    owed = max(count, floor or 0) if situation.policy.bill_minimum else count
    if owed >= record.stands:
        return None
    shown = {addition.id: addition.terms.unit_price for addition in situation.additions or ()}
    price = None if record.line is None else shown.get(record.line.addition_id or 0)
    return Credit(billed=record.stands, counted=owed, unit_price=price)
