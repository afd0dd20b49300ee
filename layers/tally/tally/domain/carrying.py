"""Carrying the terms of the month before over to an Addition that came with others: rule OPEN-5.

Tally sends no terms of its own accord. A difference is a notice, which stops nothing; a person may ask that it be taken
away. What was asked for stands on the line until it is done, so that an intent without an outcome may be given up: the
values are absolute, and sent twice they are sent once.
"""

from dataclasses import replace

from tally.domain.agreement import Addition
from tally.domain.answers import Person
from tally.domain.month import Month
from tally.domain.record import Intent, IntentKind, Line, LineState, RecordState, Transition, UsageRecord
from tally.domain.situation import Continue, Finished, Look, SetTerms, Situation, Step
from tally.domain.terms import described, differing
from tally.domain.transitions import line_changed, withdraw


def line_before(record: UsageRecord | None) -> Line | None:
    """The line of the month before whose Addition's terms the new one's are compared with: the month's own."""
    lines = () if record is None else record.lines
    return next((line for line in lines if line.addition_id is not None and line.state is not LineState.VOID), None)


def not_read(month: Month, error: str) -> str:
    """The notice of a month whose terms could not be compared with those of the month before."""
    return f"The terms of {month.label} were not compared with those of {month.previous.label}, which could not be read: {error}"


def notice(record: UsageRecord) -> str | None:
    """What a person is told of terms that are not those of the month before; None if there is nothing to tell."""
    line = record.line
    if line is None or line.terms is None:
        return None
    month = record.key.month
    differences = described(line.terms.now, line.terms.before)
    seen = f"Addition {line.addition_id} for {month.label} has {differences} in {month.previous.label}."
    if line.terms.asked and line.state is LineState.OPEN:
        return f"{seen} The terms of {month.previous.label} are carried over at the next tick, as was asked for."
    refused = f" They could not be carried over: {line.terms.refused}" if line.terms.refused else ""
    if record.state is not RecordState.OPEN or line.state is not LineState.OPEN:
        return f"{seen}{refused} It is not written any more: what is to be otherwise is changed in ConnectWise."
    if refused:
        return f"{seen}{refused} Change them in ConnectWise, or have them carried over once more."
    return f"{seen} If something else was agreed with this customer, have the terms of {month.previous.label} carried over."


def ask(record: UsageRecord, person: Person) -> Transition | str:
    """Have the terms of the month before carried over by the next job. A text says why that cannot be."""
    line = record.line
    if record.state is not RecordState.OPEN or (line is not None and line.state is LineState.FINAL):
        return f"{record.key} is {record.state}: its Addition is not written any more. Change the terms in ConnectWise."
    if line is None or line.terms is None:
        return f"{record.key} has no terms to carry over: none are known that differ from the month before."
    if line.state is not LineState.OPEN:
        return f"The Addition of {record.key} is not written any more. Change the terms in ConnectWise."
    if line.terms.asked:
        return f"The terms of {record.key} are carried over at the next tick already."
    after = record.with_line(replace(line, terms=replace(line.terms, asked=True, refused="")))
    return Transition(
        before=record,
        after=replace(after, version=record.version + 1),
        what="terms to be carried over",
        why=person.why,
        at=person.at,
        tick=record.seen_tick,
        by=person.by,
    )


def where_idle(situation: Situation, line: Line, step: Step) -> Step:
    """The step; but where the count gives nothing to write, what a person has asked for comes before the close.

    A hold on the count is not one on the terms: once it is written, they are carried over all the same.
    """
    terms = line.terms
    if line.state is not LineState.OPEN or terms is None or not terms.asked or not isinstance(step, Finished | Look):
        return step
    if step.transition is not None:
        return Continue(transition=step.transition) if isinstance(step, Finished) else step
    intent = Intent(kind=IntentKind.TERMS, quantity=line.pushed or 0, at=situation.now)
    why = described(terms.before, terms.now)
    announced = line_changed(situation, replace(line, intent=intent), what="terms intended", why=why)
    return Look(agreement_id=line.agreement_id, transition=announced)


def count_first(situation: Situation, line: Line, intent: Intent) -> Continue:
    """An intent whose outcome nobody recorded gives way to the count; the terms are still asked for, and come after it."""
    why = f"no outcome was recorded since {intent.at:%Y-%m-%dT%H:%M:%SZ}"
    return Continue(transition=withdraw(situation, line, why=why))


def carry_out(situation: Situation, line: Line, ours: Addition) -> SetTerms | Continue:
    """The Addition is in sight: is what is to be replaced still there?"""
    left = as_shown(line, ours).terms
    if left is not None and left.asked:
        return SetTerms(agreement_id=ours.agreement_id, addition_id=ours.id, terms=left.before)
    settled = replace(line, terms=left, intent=None)
    if left is None:
        why = "ConnectWise shows them already"
        return Continue(transition=line_changed(situation, settled, what="terms carried over", why=why))
    why = f"they were changed in ConnectWise meanwhile: {described(left.now, left.before)}"
    return Continue(transition=line_changed(situation, settled, what="terms not carried over", why=why))


def carried(situation: Situation, line: Line, answered: Addition) -> Transition:
    """ConnectWise has taken the change. Where it shows other terms all the same, a person is told, and asked anew."""
    terms = line.terms
    assert terms is not None  # an intent to carry terms over is only ever written for a line that has some
    left = differing(answered.terms, terms.before)
    done = replace(_with_flag(line, answered), terms=None, intent=None)
    if done.bill_customer != line.bill_customer:  # lists may still show the one of before
        done = replace(done, pushed_at=situation.now)
    if left is None:
        why = f"Addition {answered.id}: {described(terms.before, terms.now)}"
        return line_changed(situation, done, what="terms carried over", why=why)
    why = "ConnectWise answered that it was done, and shows others."
    other = replace(done, terms=replace(left, refused=why))
    return line_changed(situation, other, what="terms not carried over", why=why)


def not_carried(situation: Situation, line: Line, *, why: str, for_good: bool) -> Transition:
    """ConnectWise has refused it. ``for_good``: its content, so that it is not sent again before a person asks for it."""
    terms = line.terms
    if terms is not None and for_good:
        terms = replace(terms, asked=False, refused=why)
    return line_changed(situation, replace(line, terms=terms, intent=None), what="refused by ConnectWise", why=why)


def as_shown(line: Line, ours: Addition) -> Line:
    """The line with what is left of the difference, now that ConnectWise shows its Addition once more."""
    if line.terms is None:
        return line
    return replace(_with_flag(line, ours), terms=line.terms.seen(ours.terms))


def _with_flag(line: Line, shown: Addition) -> Line:
    """The line with the bill-customer flag of the month before for its own, where ConnectWise shows that: it was to be carried over."""
    flag = shown.terms.bill_customer
    agreed = None if line.terms is None else line.terms.before.bill_customer
    return line if flag is None or flag != agreed else replace(line, bill_customer=flag)
