"""What to do about one usage record: the rules as one pure function.

``decide`` is asked first without the agreement's Additions: most often there is nothing to do, else the intent is to be
written and ConnectWise looked at. Then it is asked again with them. ``sync`` carries out what it says.
"""

from tally.domain.adoption import adopt
from tally.domain.following import follow
from tally.domain.opening import open_line
from tally.domain.record import LAID_DOWN, LineState, RecordState
from tally.domain.situation import Finished, NoWord, Situation, Step
from tally.domain.voiding import void_line


def decide(situation: Situation) -> Step:
    """The next step for the record. Pure: the same situation always gives the same step."""
    record = situation.record
    if record is None:
        return adopt(situation) or open_line(situation)
    line = record.line
    over = record.state is RecordState.CLOSED and line is not None and line.state in LAID_DOWN
    if record.settled or (over and not record.reread and not situation.reread_due):
        return Finished(cause=NoWord.STAYS)
    if over and record.reread:
        return Finished(cause=NoWord.PLANNERS)  # only its credit is still to be marked done
    if line is not None and line.state is LineState.VOIDING:
        return void_line(situation, record, line)
    if (found := adopt(situation)) is not None:
        return found
    if line is None or line.state in (LineState.OPENING, LineState.VOID):
        return open_line(situation)
    return follow(situation, record, line)
