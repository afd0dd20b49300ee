"""The month's end, and the reading after it: rules CLOSE-2, CLOSE-4 and CLOSE-5."""

from tally.domain.outcomes import billing, hold
from tally.domain.reading import Count
from tally.domain.recognition import changed_by, doubled, plain
from tally.domain.record import HoldKind, Line, LineState, Transition, UsageRecord
from tally.domain.situation import Finished, NoWord, Situation
from tally.domain.target import followed
from tally.domain.transitions import closed


def close(situation: Situation, record: UsageRecord, line: Line) -> Finished:
    """Close the month; or hold it, where one of its other lines is not as we left it. A closed one was read once more."""
    for other in record.lines:
        if other.number != line.number and other.state is LineState.FROZEN:
            changed = _changed(situation, other)
            if changed:
                return hold(situation, HoldKind.CHANGED, changed, quantity=record.stands)
    reading = situation.reading
    if isinstance(reading, Count):
        count = followed(situation, record, reading.value)
        transition = closed(situation, record, count=count, floor=reading.floor, notices=())
    else:
        notice = f"Closed with the last count that could be read. {reading.why}"
        transition = closed(situation, record, count=record.stands, floor=None, notices=(notice,))
    return _closed(situation, transition)


def not_read_again(situation: Situation, record: UsageRecord, why: str) -> Finished:
    """What the month closed with stays the last word."""
    notice = f"{situation.key.month.label} could not be read once more. {why}"
    again = closed(situation, record, count=record.count or 0, floor=record.floor, notices=(notice,))
    return _closed(situation, again)


def _closed(situation: Situation, transition: Transition) -> Finished:
    """What a closed month says is seen until it was read once more; then only what is to be credited, by the planner."""
    cause = NoWord.PLANNERS if transition.after.reread else billing(situation, transition.after)
    return Finished(cause=cause, transition=transition)


def _changed(situation: Situation, line: Line) -> str:
    """How ConnectWise shows a line otherwise than we left it; empty if it does not."""
    shown = [each for each in situation.additions or () if each.id == line.addition_id or line.reference in each.text]
    if not shown:
        return f"Addition {line.addition_id} is gone from the agreement (id {line.agreement_id}); it stood at {line.pushed}."
    if len(shown) > 1:
        return doubled(shown, line.reference)
    if shown[0].quantity == line.pushed and shown[0].cancelled == line.cancelled:
        return ""
    return (
        f"Addition {shown[0].id} was changed in ConnectWise by {changed_by(shown[0])}: it stands at {plain(shown[0].quantity)} until "
        f"{shown[0].cancelled or 'further notice'}, we left it at {line.pushed} until {line.cancelled}. Put it right in ConnectWise."
    )
