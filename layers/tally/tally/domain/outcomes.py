"""What a decision ends with: a hold, a wait, or billing, with what is to be told beside it."""

from dataclasses import replace
from datetime import datetime

from tally.domain import carrying
from tally.domain.credit import credit_notice, fewer_notice
from tally.domain.late import invoiced_anew
from tally.domain.place import invoice_notice
from tally.domain.record import Hold, HoldKind, Line, UsageRecord, is_carried_on
from tally.domain.situation import ComeBack, Finished, Situation
from tally.domain.standing import Cause, StandingState
from tally.domain.transitions import held, withdraw


def hold(
    situation: Situation,
    kind: HoldKind,
    why: str,
    *,
    quantity: int,
    stands: int | None = None,
    line: int | None = None,
    seen: str = "",
    foreign: tuple[int, ...] = (),
    children: tuple[str, ...] | None = None,
    grown: bool = False,
) -> Finished:
    """Wait for a person: show why, and write the hold unless it stands already."""
    new = Hold(
        kind=kind,
        why=why,
        quantity=quantity,
        since=situation.tick,
        stands=stands,
        line=line,
        seen=seen,
        foreign=foreign,
        children=children,
        grown=grown,
    )
    return held_as(situation, new)


def held_as(situation: Situation, new: Hold) -> Finished:
    """Wait for a person with this hold: show why, and write it unless it stands already."""
    record = situation.record
    shown = () if record is None else notices(situation, record)
    cause = Cause(state=StandingState.HELD, reason=new.why, notices=shown)
    known = None if record is None else record.hold
    announced = record is not None and record.line is not None and record.line.intent is not None
    if known is not None and replace(known, since=new.since) == new and not announced:
        return Finished(cause=cause)
    return Finished(cause=cause, transition=held(situation, new))


def come_back(situation: Situation, line: Line, *, since: datetime) -> ComeBack:
    """Wait until ConnectWise's lists show what was written at ``since``."""
    until = since + situation.policy.settle
    why = f"A write to Addition {line.addition_id} may not show in ConnectWise's lists yet: it is looked at again."
    # An intent that this job has just written is given up, so that nobody has to wait for its age as well.
    unsent = situation.additions is not None and line.intent is not None
    return ComeBack(why=why, until=until, transition=withdraw(situation, line, why=why) if unsent else None)


def billing(situation: Situation, record: UsageRecord, *, counted: int | None = None) -> Cause:
    """All is well; where a person has said otherwise than GravityZone, that is told."""
    answer, line = record.answer, record.line
    told = notices(situation, record)
    if answer is not None and line is not None and counted not in (None, record.stands):
        kept = (
            f"GravityZone counts {counted}; {record.stands} stays by the word of {answer.by} on {answer.at:%Y-%m-%d}."
        )
        told = (*told, kept)
    elif counted is not None and counted < record.stands and is_carried_on(record):
        told = (*told, fewer_notice(record, counted=counted))
    return Cause(state=StandingState.BILLING, notices=told)


def notices(situation: Situation, record: UsageRecord) -> tuple[str, ...]:
    """What is to be told of the record beside its standing."""
    invoice = None if situation.agreement is None else invoice_notice(situation.agreement, situation.today)
    credit = None if record.credit is None else credit_notice(record, situation.company)
    anew = invoiced_anew(situation, record)
    return (*record.notices, *anew, *filter(None, (carrying.notice(record), invoice, credit)))
