"""Usage beyond a month's lines that has no place to be billed at: set up until the close, then a person's (OPEN-1, LATE-2)."""

from tally.domain.closing import close, not_read_again
from tally.domain.next_line import no_product
from tally.domain.outcomes import billing, hold
from tally.domain.reading import Unknown
from tally.domain.record import HoldKind, LineState, RecordState, UsageRecord, Verdict
from tally.domain.situation import Finished, NoWord, Situation
from tally.domain.standing import Cause, StandingState
from tally.domain.target import target


def after_a_void(situation: Situation, record: UsageRecord) -> Finished | None:
    """What ends a month whose newest line was voided while others stand, or cannot be counted; None as long as one may follow it."""
    line = record.line
    if line is None or line.state is not LineState.VOID:
        return None
    if isinstance(situation.reading, Unknown):
        return _unread(situation, record, situation.reading.why)
    if not record.is_standing:
        return None
    if target(situation, record, situation.reading.value) > record.stands:
        return None
    return close(situation, record) if situation.closing else Finished(cause=billing(situation, record))


def unplaced(situation: Situation, record: UsageRecord | None, cause: Cause | NoWord) -> Finished:
    """What to show where no line can be opened: what has to be set up; at the close of a month that is billed in part, a hold.

    So that a person who bills the rest by hand, or not at all, can say so.
    """
    if record is None or not record.is_standing or not situation.closing or situation.count is None:
        return Finished(cause=cause)
    if isinstance(cause, Cause) and cause.state is StandingState.NEEDS_SETUP:
        missing = cause.reason
    elif situation.agreement is None and situation.directory_read:
        missing = f"no agreement of {situation.company} can be billed for them: make one, or pin the right one."
    elif cause is NoWord.PLANNERS and situation.product_id is None and situation.directory_read:
        # What the planner says of the product may be hidden behind what stops the company as a whole.
        missing = no_product(situation)
    else:
        return Finished(cause=cause)
    total, stands, month = target(situation, record, situation.count), record.stands, situation.key.month.label
    floor = "" if total == situation.count else f", and {total} are billed at least by its contract"
    why = (
        f"GravityZone counts {situation.count} {situation.key.service} for {situation.company} in {month}{floor}, and {stands} are billed; "
        f"the other {total - stands} are on no Addition: {missing} Once that is set up, the hold lifts itself; or reject it, and {month} "
        f"closes with {stands}."
    )
    return hold(situation, HoldKind.UNPLACED, why, quantity=total)


def _unread(situation: Situation, record: UsageRecord, why: str) -> Finished | None:
    """Nobody knows whether anything is missing in place of the voided line: at the close a person says that it is not (CLOSE-5)."""
    if record.state is RecordState.CLOSED:
        return not_read_again(situation, record, why)
    if not situation.closing:
        return None
    if record.answer is not None and record.answer.verdict is Verdict.LEFT_OUT:
        return close(situation, record)
    month = situation.key.month.label
    asked = (
        f"{why} {record.stands} {situation.key.service} are billed to {situation.company} for {month}; another line was voided, and "
        f"nothing has taken its place. Reject it, and {month} closes with {record.stands}."
    )
    return hold(situation, HoldKind.UNPLACED, asked, quantity=record.stands)
