"""A person's answer to a hold, as a transition of the record: who, why, and what follows from it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from tally.domain.record import (
    Answer,
    Hold,
    HoldKind,
    Line,
    LineState,
    RecordState,
    Transition,
    UsageRecord,
    Verdict,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who answers, in what words, and when (wall clock)."""

    by: str
    why: str
    at: datetime


def approve(record: UsageRecord, person: Person) -> Transition | str:
    """Let the held number be written: it becomes the baseline, or may lower what stands. A text says why that cannot be."""
    held = record.hold
    if record.held_uncounted:
        return f"{record.key} cannot be approved: no count is to be had for it. {_why(record)}"
    if held is not None and _was_closed(record, held):
        return f"{record.key} is {record.state}, and what it closed with stays: reject it, or put it right. {held.why}"
    return _answer(
        record,
        person,
        what="approved",
        follow={
            HoldKind.GROWTH: lambda hold: replace(
                record, baseline=hold.quantity, late=max(record.late or 0, hold.quantity), answer=None
            ),
            HoldKind.LATE: lambda hold: replace(record, late=hold.quantity, answer=None),
            HoldKind.FALL: lambda hold: replace(record, answer=_verdict(Verdict.ACCEPTED, hold, person)),
            HoldKind.CHANGED: lambda hold: (
                replace(_as_it_stands(record, hold), answer=_verdict(Verdict.ACCEPTED, hold, person))
                if hold.line is None
                else _left_so(_as_it_stands(record, hold), hold)
            ),
            HoldKind.CHILDREN: lambda hold: _with_these_children(record, hold, person),
        },
    )


def reject(record: UsageRecord, person: Person) -> Transition | str:
    """Keep what stands in ConnectWise: the month closes with it unless the count goes further. A text says why not."""
    return _answer(
        record,
        person,
        what="rejected",
        follow={
            HoldKind.GROWTH: lambda hold: replace(record, answer=_verdict(Verdict.REJECTED, hold, person)),
            HoldKind.LATE: lambda hold: replace(
                record, answer=_verdict(Verdict.LEFT_OUT, hold, person), late=None, refusal=None
            ),
            HoldKind.UNPLACED: lambda hold: replace(record, answer=_verdict(Verdict.LEFT_OUT, hold, person)),
            HoldKind.FALL: lambda hold: replace(record, answer=_verdict(Verdict.KEPT, hold, person)),
            HoldKind.CHANGED: lambda hold: (
                replace(_as_it_stands(record, hold), answer=_verdict(_keeping(record, hold), hold, person))
                if hold.line is None
                else _left_so(record, hold)
            ),
            HoldKind.CHILDREN: lambda hold: replace(
                record, answer=replace(_verdict(Verdict.STANDS, hold, person), children=hold.children)
            ),
        },
    )


def keep_apart(record: UsageRecord, person: Person) -> Transition | str:
    """Bill ours beside the Additions of others that hold the record, which the mapping remembers. A text says why not."""
    if not _foreign(record):
        return _not_foreign(record, what="kept apart")
    return _transition(record, replace(record, hold=None), person, what="kept apart")


def take_over(record: UsageRecord, person: Person, *, addition_id: int) -> Transition | str:
    """Give us the Addition that holds the record: it becomes the month's own. A text says why that cannot be."""
    foreign = _foreign(record)
    if not foreign:
        return _not_foreign(record, what="taken over")
    if addition_id not in foreign:
        named = ", ".join(map(str, foreign))
        return f"Addition {addition_id} does not hold {record.key} and cannot be taken over; what holds it is {named}."
    if record.is_standing:
        return f"{record.key} has an Addition of ours already: no other can be taken over. {_why(record)}"
    return _transition(record, replace(record, hold=None, given=addition_id), person, what="given")


def waive(record: UsageRecord, person: Person) -> Transition | str:
    """Do not bill the month: nothing is opened or written any more. A text says why that cannot be."""
    if record.state is not RecordState.OPEN:
        return f"{record.key} is {record.state}: it cannot be waived any more."
    if record.is_standing:
        return f"{record.key} has an Addition of ours and cannot be waived: to have nothing billed, void that."
    if record.line is not None and record.line.intent is not None:
        return f"{record.key} cannot be waived at this moment: an Addition is being written. Try again after the next tick."
    quantity = 0 if record.hold is None else record.hold.quantity
    answer = Answer(verdict=Verdict.WAIVED, quantity=quantity, by=person.by, at=person.at)
    after = replace(record, state=RecordState.WAIVED, hold=None, refusal=None, given=None, answer=answer)
    return _transition(record, after, person, what="waived")


def _foreign(record: UsageRecord) -> tuple[int, ...]:
    return () if record.state is RecordState.WAIVED or record.hold is None else record.hold.foreign


def _not_foreign(record: UsageRecord, *, what: str) -> str:
    return f"{record.key} is not held by an Addition of others: there is nothing to be {what}. {_why(record)}".rstrip()


def void(record: UsageRecord, person: Person) -> Transition | str:
    """Have nothing billed by a line that was opened at the wrong place: the next line takes its place. A text says why not."""
    line = record.line
    if record.state is not RecordState.OPEN:
        return f"{record.key} is {record.state}, and what it closed with is never written again: credit it in ConnectWise by hand."
    if line is None or line.state is LineState.OPENING:
        return f"{record.key} has no Addition to be voided."
    if line.state is LineState.FROZEN:
        return (
            f"Addition {line.addition_id} of {record.key} has been invoiced, or its agreement has ended: setting it to 0 would reach "
            "nobody. Credit it in ConnectWise by hand."
        )
    if line.state is not LineState.OPEN:
        return f"The newest line of {record.key} is voided already."
    if line.intent is not None:
        return f"{record.key} cannot be voided at this moment: its Addition is being written. Try again after the next tick."
    return _transition(record, replace(_voiding(record, line), hold=None, answer=None), person, what="to be voided")


def credit_done(record: UsageRecord, person: Person) -> Transition | str:
    """What was billed too much has been credited by hand: it is not shown any more (LATE-3). A text says why not."""
    if record.credit is None:
        return f"{record.key} has nothing to be credited."
    after = replace(record, credit=None, credited=record.credited + record.credit.quantity)
    return _transition(record, after, person, what="credit done")


def _voiding(record: UsageRecord, line: Line) -> UsageRecord:
    return record.with_line(replace(line, state=LineState.VOIDING))


def _why(record: UsageRecord) -> str:
    return "" if record.hold is None else record.hold.why


def _transition(record: UsageRecord, after: UsageRecord, person: Person, *, what: str) -> Transition:
    return Transition(
        before=record,
        after=replace(after, version=record.version + 1),
        what=what,
        why=person.why,
        at=person.at,
        tick=record.seen_tick,
        by=person.by,
    )


def _answer(
    record: UsageRecord, person: Person, *, what: str, follow: dict[HoldKind, Callable[[Hold], UsageRecord]]
) -> Transition | str:
    hold = record.hold
    if hold is None:
        return f"{record.key} is not held: there is nothing to answer."
    if hold.kind is HoldKind.FOREIGN:
        return f"{record.key} cannot be {what}: it is no number that is held. {hold.why}"
    unanswerable = hold.kind is HoldKind.CHANGED and hold.stands is None and (hold.line is None or what == "approved")
    if hold.kind not in follow or unanswerable:
        return f"{record.key} cannot be {what}: put it right in ConnectWise, and the hold lifts itself. {hold.why}"
    return _transition(record, replace(follow[hold.kind](hold), hold=None), person, what=what)


def _verdict(verdict: Verdict, hold: Hold, person: Person) -> Answer:
    return Answer(verdict=verdict, quantity=hold.quantity, by=person.by, at=person.at)


def _with_these_children(record: UsageRecord, hold: Hold, person: Person) -> UsageRecord:
    """The partner's record as one of the children of now, and the number that was shown with them as approved (READ-4)."""
    return replace(
        record,
        children=hold.children,
        baseline=hold.quantity if hold.grown else record.baseline,
        answer=_verdict(Verdict.ACCEPTED, hold, person) if hold.quantity < record.highest else None,
    )


def _keeping(record: UsageRecord, hold: Hold) -> Verdict:
    return Verdict.KEPT if record.beside + (hold.stands or 0) > hold.quantity else Verdict.REJECTED


def _as_it_stands(record: UsageRecord, hold: Hold) -> UsageRecord:
    """The record with the quantity that somebody else wrote taken for its own."""
    line = next((each for each in record.lines if each.number == hold.line), record.line)
    assert line is not None  # a CHANGED hold with a quantity is about an Addition that exists
    return record.with_line(replace(line, pushed=hold.stands, unconfirmed=(), echoes=()))


def _left_so(record: UsageRecord, hold: Hold) -> UsageRecord:
    """The record with what is seen of a line that can carry no more taken for settled: it is held for it no more."""
    return replace(record, left_so=(*record.left_so, hold.seen))


def _was_closed(record: UsageRecord, hold: Hold) -> bool:
    return any(line.number == hold.line and line.state is LineState.FINAL for line in record.lines)
