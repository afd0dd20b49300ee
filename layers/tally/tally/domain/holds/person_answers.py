"""Answer a record as a person: each answer is a transition, with who and why.

Each function returns a text in place of a transition where the answer cannot be given.
"""

from dataclasses import replace

from tally.domain.record.history import Transition
from tally.domain.record.lines import Line, LineState
from tally.domain.record.rulings import LAST_WORDS, Person, Said
from tally.domain.record.usage_record import RecordState, UsageRecord


def approve(record: UsageRecord, person: Person) -> Transition | str:
    """Let the held number be written: it becomes the baseline, or may lower what stands."""
    if record.hold is None:
        return _not_held(record)
    return _answered(record, record.hold.approved(record, person), person, what="approved")


def reject(record: UsageRecord, person: Person) -> Transition | str:
    """Keep what stands in ConnectWise: the month closes with it unless the count goes further."""
    if record.hold is None:
        return _not_held(record)
    return _answered(record, record.hold.rejected(record, person), person, what="rejected")


def keep_apart(record: UsageRecord, person: Person) -> Transition | str:
    """Bill ours beside the Additions of others that hold the record, which the link remembers."""
    if not _foreign(record):
        return _not_foreign(record, what="kept apart")
    return _transition(record, replace(record, hold=None), person, what="kept apart")


def take_over(record: UsageRecord, person: Person, *, addition_id: int) -> Transition | str:
    """Give us the Addition that holds the record: it becomes the month's own."""
    foreign = _foreign(record)
    if not foreign:
        return _not_foreign(record, what="taken over")
    if addition_id not in foreign:
        named = ", ".join(map(str, foreign))
        return (
            f"Addition {addition_id} does not hold {record.key} and cannot be taken over; what "
            f"holds it is {named}."
        )
    if record.is_standing:
        return (
            f"{record.key} has an Addition of ours already: no other can be taken over. "
            f"{_why(record)}"
        )
    # A take-over that was refused may be tried again, so the refusal must not stop it.
    given = replace(record.ruled(person.says(Said.GIVE, addition_id)), hold=None, refusal=None)
    return _transition(record, given, person, what="given")


def waive(record: UsageRecord, person: Person) -> Transition | str:
    """Do not bill the month: nothing is opened or written any more."""
    if record.state is not RecordState.OPEN:
        return f"{record.key} is {record.state}: it cannot be waived any more."
    if record.is_standing:
        return (
            f"{record.key} has an Addition of ours and cannot be waived: to have nothing billed, "
            "void that."
        )
    # A POST may be under way, and a waived month would not look for what it made (SAFE-2).
    if record.claim is not None:
        return (
            f"{record.key} cannot be waived at this moment: an Addition is being written. Try "
            "again after the next tick."
        )
    number = 0 if record.hold is None else record.hold.quantity
    word = record.without(Said.GIVE).ruled(person.says(Said.WAIVE, number))
    after = replace(word, state=RecordState.WAIVED, hold=None, refusal=None)
    return _transition(record, after, person, what="waived")


def void(record: UsageRecord, person: Person) -> Transition | str:
    """Have nothing billed by a line at the wrong place: the next line takes its place (OPEN-1)."""
    line, why_not = record.newest, _why_not_voided(record)
    if why_not or line is None:
        return why_not
    # What was said of the number at the wrong place does not hold for the next line.
    voiding = record.with_line(replace(line, state=LineState.VOIDING)).without(*LAST_WORDS)
    return _transition(record, replace(voiding, hold=None), person, what="to be voided")


def _why_not_voided(record: UsageRecord) -> str:
    line = record.newest
    if record.state is not RecordState.OPEN:
        return (
            f"{record.key} is {record.state}, and what it closed with is never written again: "
            "credit it in ConnectWise by hand."
        )
    if line is None:
        return f"{record.key} has no Addition to be voided."
    if line.state is LineState.FROZEN:
        return (
            f"Addition {line.addition_id} of {record.key} has been invoiced, or its agreement has "
            "ended: setting it to 0 would reach nobody. Credit it in ConnectWise by hand."
        )
    if line.state is not LineState.OPEN:
        return f"The newest line of {record.key} is voided already."
    # A worker may be writing: with the version changed, it could not record the outcome (SAFE-1).
    if record.claim is not None:
        return (
            f"{record.key} cannot be voided at this moment: its Addition is being written. Try "
            "again after the next tick."
        )
    return ""


def credit_done(record: UsageRecord, person: Person) -> Transition | str:
    """Say that what was billed too much was credited by hand: it is not shown any more (LATE-3)."""
    closing = record.closing
    if closing is None or closing.credit is None:
        return f"{record.key} has nothing to be credited."
    # Added up: the second reading may find more to credit after the first was given.
    credited = closing.credited + closing.credit.quantity
    after = replace(record, closing=replace(closing, credit=None, credited=credited))
    return _transition(record, after, person, what="credit done")


def carry_terms(record: UsageRecord, person: Person) -> Transition | str:
    """Have the terms of the month before carried over by the next job (OPEN-5)."""
    line = record.newest
    if record.state is not RecordState.OPEN or (line is not None and line.state is LineState.FINAL):
        return (
            f"{record.key} is {record.state}: its Addition is not written any more. Change the "
            "terms in ConnectWise."
        )
    if line is None or line.terms is None:
        return (
            f"{record.key} has no terms to carry over: none are known that differ from the month "
            "before."
        )
    if line.state is not LineState.OPEN:
        return (
            f"The Addition of {record.key} is not written any more. Change the terms in "
            "ConnectWise."
        )
    if line.terms.asked:
        return f"The terms of {record.key} are carried over at the next tick already."
    asked: Line = replace(line, terms=replace(line.terms, asked=True, refused=""))
    return _transition(record, record.with_line(asked), person, what="terms to be carried over")


def _answered(
    record: UsageRecord, after: UsageRecord | str, person: Person, *, what: str
) -> Transition | str:
    if isinstance(after, str):
        return after
    return _transition(record, replace(after, hold=None), person, what=what)


def _not_held(record: UsageRecord) -> str:
    return f"{record.key} is not held: there is nothing to answer."


def _foreign(record: UsageRecord) -> tuple[int, ...]:
    return () if record.state is RecordState.WAIVED or record.hold is None else record.hold.foreign


def _not_foreign(record: UsageRecord, *, what: str) -> str:
    why = f"there is nothing to be {what}. {_why(record)}"
    return f"{record.key} is not held by an Addition of others: {why}".rstrip()


def _why(record: UsageRecord) -> str:
    return "" if record.hold is None else record.hold.why


def _transition(
    record: UsageRecord, after: UsageRecord, person: Person, *, what: str
) -> Transition:
    return Transition(
        before=record,
        after=replace(after, version=record.version + 1),
        what=what,
        why=person.why,
        at=person.at,
        # An answer is of no tick: the history shows the newest one that the record has seen.
        tick=record.seen_tick,
        by=person.by,
    )
