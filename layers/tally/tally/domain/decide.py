"""What to do about one usage record: the rules as one pure function.

``decide`` is asked first without the agreement's Additions: most often there is nothing to do, else the intent is to be
written and ConnectWise looked at. Then it is asked again with them. ``sync`` carries out what it says.
"""

from tally.domain.following import follow
from tally.domain.opening import open_month
from tally.domain.record import LineState, RecordState
from tally.domain.situation import Finished, NoWord, Situation, Step


def decide(situation: Situation) -> Step:
    """The next step for the record. Pure: the same situation always gives the same step."""
    record = situation.record
    if record is not None and record.state is not RecordState.OPEN:
        return Finished(cause=NoWord.STAYS)
    if record is None or record.line is None or record.line.state is LineState.OPENING:
        return open_month(situation)
    return follow(situation, record, record.line)
