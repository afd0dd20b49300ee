"""A person's answer to a hold, as a transition of the record: who, why, and what follows from it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from tally.domain.record import Answer, Hold, HoldKind, Transition, UsageRecord, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who answers, in what words, and when (wall clock)."""

    by: str
    why: str
    at: datetime


def approve(record: UsageRecord, person: Person) -> Transition | str:
    """Let the held number be written: it becomes the baseline, or may lower what stands. A text says why that cannot be."""
    return _answer(
        record,
        person,
        what="approved",
        follow={
            HoldKind.GROWTH: lambda hold: replace(record, baseline=hold.quantity, answer=None),
            HoldKind.FALL: lambda hold: replace(record, answer=_verdict(Verdict.ACCEPTED, hold, person)),
            HoldKind.CHANGED: lambda hold: replace(
                _as_it_stands(record, hold), answer=_verdict(Verdict.ACCEPTED, hold, person)
            ),
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
            HoldKind.FALL: lambda hold: replace(record, answer=_verdict(Verdict.KEPT, hold, person)),
            HoldKind.CHANGED: lambda hold: replace(
                _as_it_stands(record, hold), answer=_verdict(_keeping(hold), hold, person)
            ),
        },
    )


def _answer(
    record: UsageRecord, person: Person, *, what: str, follow: dict[HoldKind, Callable[[Hold], UsageRecord]]
) -> Transition | str:
    hold = record.hold
    if hold is None:
        return f"{record.key} is not held: there is nothing to answer."
    if hold.kind not in follow or (hold.kind is HoldKind.CHANGED and hold.stands is None):
        return f"{record.key} cannot be {what}: put it right in ConnectWise, and the hold lifts itself. {hold.why}"
    after = replace(follow[hold.kind](hold), hold=None, version=record.version + 1)
    return Transition(
        before=record, after=after, what=what, why=person.why, at=person.at, tick=record.seen_tick, by=person.by
    )


def _verdict(verdict: Verdict, hold: Hold, person: Person) -> Answer:
    return Answer(verdict=verdict, quantity=hold.quantity, by=person.by, at=person.at)


def _keeping(hold: Hold) -> Verdict:
    return Verdict.KEPT if (hold.stands or 0) > hold.quantity else Verdict.REJECTED


def _as_it_stands(record: UsageRecord, hold: Hold) -> UsageRecord:
    """The record with the quantity that somebody else wrote taken for its own."""
    assert record.line is not None  # a CHANGED hold with a quantity is about an Addition that exists
    return record.with_line(replace(record.line, pushed=hold.stands, unconfirmed=(), echoes=()))
