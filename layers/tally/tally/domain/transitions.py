"""The ways in which a usage record changes: each function gives one transition, to be written as a whole (SAFE-1)."""

from collections.abc import Sequence
from dataclasses import replace

from tally.domain.agreement import Addition, Agreement
from tally.domain.as_written import as_found, question, untold
from tally.domain.place import ServicePeriod
from tally.domain.record import (
    TAKE_OVER,
    Credit,
    Hold,
    Intent,
    IntentKind,
    Line,
    LineState,
    RecordState,
    Refusal,
    Transition,
    UsageRecord,
    Verdict,
    reference,
)
from tally.domain.situation import Situation
from tally.domain.target import target
from tally.domain.terms import BILLABLE, Terms, differing


def _transition(situation: Situation, after: UsageRecord, *, what: str, why: str) -> Transition:
    before = situation.record
    version = 1 if before is None else before.version + 1
    seen = situation.tick if before is None else max(before.seen_tick, situation.tick)
    if after.children is None and situation.children is not None:
        after = replace(after, children=situation.children.ids)
    return Transition(
        before=before,
        after=replace(after, version=version, seen_tick=seen),
        what=what,
        why=why,
        at=situation.now,
        tick=situation.tick,
    )


def _record(situation: Situation) -> UsageRecord:
    return situation.record or UsageRecord(key=situation.key, version=0, seen_tick=situation.tick)


def _children(situation: Situation) -> tuple[str, ...] | None:
    """What a month is opened with: the count of this job is taken with these children, whatever earlier ones were."""
    if situation.record is not None and situation.record.is_standing:
        return situation.record.children
    return None if situation.children is None else situation.children.ids


def line_to_open(
    situation: Situation, agreement: Agreement, period: ServicePeriod, *, number: int, product_id: int
) -> Line:
    """A line whose Addition is not known to exist."""
    return Line(
        number=number,
        state=LineState.OPENING,
        agreement_id=agreement.id,
        product_id=product_id,
        reference=reference(situation.key, number),
        effective=period.effective,
        cancelled=period.cancelled,
        bill_customer=BILLABLE,
    )


def intend_post(
    situation: Situation,
    agreement: Agreement,
    period: ServicePeriod,
    *,
    number: int,
    product_id: int,
    quantity: int,
) -> Transition:
    """Announce the POST of an Addition: the month's, or a further line's."""
    record = _record(situation)
    line = replace(
        line_to_open(situation, agreement, period, number=number, product_id=product_id),
        intent=Intent(kind=IntentKind.POST, quantity=quantity, at=situation.now),
    )
    # Why an Addition could not be taken over is told with the hold that it leads to.
    refusal = record.refusal if record.refusal is not None and record.refusal.of_take_over else None
    after = replace(record.with_line(line), hold=None, refusal=refusal, children=_children(situation))
    return _transition(
        situation,
        after,
        what="post intended",
        why=f"quantity {quantity} from {period.effective} on agreement {agreement.id}",
    )


def intend_take_over(
    situation: Situation, agreement: Agreement, period: ServicePeriod, *, number: int, product_id: int, count: int
) -> Transition:
    """Announce the PATCH by which the Addition that a person has given to us becomes the month's."""
    record = _record(situation)
    line = replace(
        line_to_open(situation, agreement, period, number=number, product_id=product_id),
        intent=Intent(kind=IntentKind.TAKE_OVER, quantity=count, at=situation.now),
    )
    after = replace(record.with_line(line), hold=None, refusal=None, children=_children(situation))
    why = f"Addition {record.given} on agreement {agreement.id}"
    return _transition(situation, after, what="take-over intended", why=why)


def not_given(situation: Situation, line: Line | None, *, why: str) -> Transition:
    """The Addition that a person has given to us is nothing to be taken over any more."""
    record = _record(situation)
    after = replace(record if line is None else _given_up(record, line), given=None)
    return _transition(situation, after, what="not taken over", why=why)


def take_over_refused(situation: Situation, line: Line, *, why: str) -> Transition:
    """ConnectWise refused the take-over's content (400): it has not happened, and the person is asked again."""
    record = _record(situation)
    refusal = Refusal(why=why, fingerprint=f"{TAKE_OVER} {record.given}", since=situation.tick)
    after = replace(_given_up(record, replace(line, intent=None)), given=None, refusal=refusal)
    return _transition(situation, after, what="refused by ConnectWise", why=why)


def intend_patch(situation: Situation, line: Line, *, quantity: int) -> Transition:
    """Announce the PATCH of the Addition's quantity."""
    changed = replace(line, intent=Intent(kind=IntentKind.PATCH, quantity=quantity, at=situation.now))
    after = replace(_record(situation).with_line(changed), refusal=None)
    return _transition(situation, after, what="patch intended", why=f"quantity {line.pushed} to {quantity}")


def renew(situation: Situation, line: Line, intent: Intent) -> Transition:
    """Take over an intent whose worker is gone: its age starts anew, and whoever still holds it can write no more."""
    after = _record(situation).with_line(replace(line, intent=replace(intent, at=situation.now)))
    return _transition(
        situation,
        after,
        what=f"{intent.kind} intent renewed",
        why=f"no outcome was recorded since {intent.at:%Y-%m-%dT%H:%M:%SZ}",
    )


def withdraw(situation: Situation, line: Line, *, why: str) -> Transition:
    """Give an intent up. Its quantity may have been sent by the worker before us, so it stays among the unconfirmed."""
    after = _given_up(_record(situation), line)
    return _transition(situation, after, what="intent withdrawn", why=why)


def _given_up(record: UsageRecord, line: Line) -> UsageRecord:
    """The record without the line's intent; without the line itself, where its Addition was never made."""
    if line.state is LineState.OPENING:
        return replace(record, lines=tuple(each for each in record.lines if each.number != line.number))
    return record.with_line(_without_intent(line))


def _without_intent(line: Line) -> Line:
    if line.intent is None or line.intent.kind is not IntentKind.PATCH or line.intent.quantity == line.pushed:
        return replace(line, intent=None)
    return replace(line, intent=None, unconfirmed=_union(line.unconfirmed, (line.intent.quantity,)))


def refused(situation: Situation, line: Line, *, why: str, fingerprint: str | None) -> Transition:
    """A write was answered with a 4xx: it has not happened. With a fingerprint, it is not tried again until that changes."""
    record, refusal = _record(situation), None
    if fingerprint is not None:
        total = None if line.intent is None else record.beside + line.intent.quantity
        refusal = Refusal(why=why, fingerprint=fingerprint, since=situation.tick, total=total)
    asked = record.asked or not record.has_addition
    after = replace(_given_up(record, replace(line, intent=None)), refusal=refusal, asked=asked)
    return _transition(situation, after, what="refused by ConnectWise", why=why)


def opened(situation: Situation, line: Line, addition: Addition, *, why: str, sent: int | None = None) -> Transition:
    """The month's Addition is known to exist: just created (``sent`` is its quantity), taken over, or found by its reference.

    Whatever it has otherwise than it was written, such as no cancelled date, is held at once (OPEN-3).
    """
    record = _record(situation)
    if addition.id == record.given:
        line = _theirs(line, addition)
    elif sent is None:
        line = as_found(line, addition, situation.key.month)
    changed = replace(
        line,
        state=LineState.OPEN,
        addition_id=addition.id,
        pushed=_first_quantity(line, addition) if sent is None else sent,
        pushed_at=situation.now,
        intent=None,
    )
    # A number that was rejected before anything stood keeps nothing standing: what is opened follows its count (FOLLOW-4).
    rejected = record.answer is not None and record.answer.verdict is Verdict.REJECTED and not record.has_addition
    answered = replace(record, answer=None) if rejected else _used_up(record)
    after = replace(answered.with_line(changed), hold=None, refusal=None, given=None)
    after = replace(after, hold=_not_as_written(situation, after, changed, addition))
    if addition.id == record.given:
        return _transition(situation, after, what="taken over", why=why)
    return _transition(situation, _with_terms(situation, after, changed, addition), what="opened", why=why)


def _theirs(line: Line, addition: Addition) -> Line:
    """The line of an Addition that others made: what we did not write of it is as they have it."""
    return replace(
        line,
        product_id=addition.product_id,
        effective=addition.effective or line.effective,
        bill_customer=addition.terms.bill_customer or "",
    )


def _first_quantity(line: Line, addition: Addition) -> int:
    """What stands there; where that is no count, what was to be written."""
    if addition.seats is not None:
        return addition.seats
    return 0 if line.intent is None else line.intent.quantity


def _not_as_written(situation: Situation, record: UsageRecord, line: Line, addition: Addition) -> Hold | None:
    """The hold of an Addition that ConnectWise shows otherwise than it was just written; None if it is as it was."""
    found = untold(record, line, addition)
    if not found:
        return None
    wanted = record.stands if situation.count is None else target(situation, record, situation.count)
    return question(situation, record, line, addition, found, wanted=wanted)


def adopted(situation: Situation, lines: Sequence[Line], found: Sequence[Addition], *, why: str) -> Transition:
    """The record has these lines: a restored ledger did not know those of the Additions that were ``found`` (SAFE-8).

    Held where one has days that none of its lines can have: it would bill beside another month's.
    """
    after = replace(_record(situation), lines=tuple(lines), hold=None, refusal=None, given=None)
    of = {line.addition_id: line for line in lines}
    holds = (_not_as_written(situation, after, of[each.id], each) for each in found)
    after = replace(after, hold=next(filter(None, holds), None))
    return _transition(situation, after, what="found again", why=why)


def _with_terms(situation: Situation, record: UsageRecord, line: Line, addition: Addition) -> UsageRecord:
    """The record with what its new Addition's terms are unlike in the month before (OPEN-5).

    Not asked of one that was taken over: its terms are the MSP's own.
    """
    before = situation.terms_before
    if isinstance(before, Terms):
        return record.with_line(replace(line, terms=differing(addition.terms, before)))
    if before is None:
        return record
    return replace(record, notices=(*record.notices, before))


def confirmed(
    situation: Situation, line: Line, *, quantity: int, why: str, answered: Addition | None = None
) -> Transition:
    """ConnectWise shows the quantity that was sent; what stood there before may still echo in its lists.

    Where the answer to the write shows something else otherwise than we wrote it, that is held at once (FOLLOW-3).
    """
    before = () if line.pushed is None else (line.pushed,)
    lingering = line.echoes if situation.unsettled(line.pushed_at) else ()
    echoes = tuple(each for each in _union(lingering, before, line.unconfirmed) if each != quantity)
    changed = replace(line, pushed=quantity, pushed_at=situation.now, unconfirmed=(), echoes=echoes, intent=None)
    after = replace(_record(situation).with_line(changed), refusal=None)
    announced = line.intent is not None and line.intent.kind is IntentKind.PATCH and line.intent.quantity == quantity
    after = _used_up(after) if announced else after
    if answered is not None:
        after = replace(after, hold=_not_as_written(situation, after, changed, answered))
    return _transition(situation, after, what="pushed", why=why)


def _used_up(record: UsageRecord) -> UsageRecord:
    """The record without a person's leave to write a lower number: it is for one write, and for no fall after that (READ-7)."""
    accepted = record.answer is not None and record.answer.verdict is Verdict.ACCEPTED
    return replace(record, answer=None) if accepted else record


def recovered(situation: Situation, *, why: str) -> Transition:
    """The count is back above the lower number that a person has accepted, before that was written."""
    return _transition(situation, _used_up(_record(situation)), what="fall is over", why=why)


def held(situation: Situation, hold: Hold) -> Transition:
    """Wait for a person, of one kind since it began; a standing intent is given up."""
    record = _record(situation)
    since = record.hold.since if record.hold is not None and record.hold.kind is hold.kind else hold.since
    left = record if record.line is None else _given_up(record, record.line)
    after = replace(left, hold=replace(hold, since=since), asked=record.asked or not record.has_addition)
    return _transition(situation, after, what=f"held: {hold.kind}", why=hold.why)


def lifted(situation: Situation, *, why: str) -> Transition:
    """The hold's cause is gone."""
    return _transition(situation, replace(_record(situation), hold=None), what="hold lifted", why=why)


def frozen(situation: Situation, line: Line, *, why: str, notices: Sequence[str]) -> Transition:
    """The line can carry no more: what would be written there now is billed to nobody (LATE-1).

    What stood there before our last write may still echo in ConnectWise's lists.
    """
    record = _used_up(_record(situation)).with_line(replace(line, state=LineState.FROZEN, unconfirmed=()))
    after = replace(record, hold=None, refusal=None, notices=(*record.notices, *notices))
    return _transition(situation, after, what="frozen", why=why)


def thawed(situation: Situation, line: Line, *, why: str) -> Transition:
    """The line can be written again: the invoice was taken back, or the agreement runs again."""
    after = replace(_record(situation).with_line(replace(line, state=LineState.OPEN)), hold=None)
    return _transition(situation, after, what="no longer frozen", why=why)


def noted(transition: Transition, notices: Sequence[str]) -> Transition:
    """The transition with something to be told beside it, once."""
    after = transition.after
    new = tuple(notice for notice in notices if notice not in after.notices)
    return replace(transition, after=replace(after, notices=(*after.notices, *new)))


def voided(situation: Situation, line: Line, *, why: str) -> Transition:
    """The line bills nothing any more, as a person has asked; the next line takes its place."""
    bare = replace(line, state=LineState.VOID, pushed=0, pushed_at=situation.now, unconfirmed=(), echoes=())
    after = replace(_record(situation).with_line(replace(bare, intent=None)), hold=None, refusal=None)
    return _transition(situation, after, what="voided", why=why)


def line_changed(situation: Situation, line: Line, *, what: str, why: str) -> Transition:
    """The line alone becomes another."""
    return _transition(situation, _record(situation).with_line(line), what=what, why=why)


def closed(
    situation: Situation,
    record: UsageRecord,
    *,
    count: int,
    floor: int | None,
    notices: Sequence[str],
    credit: Credit | None = None,
) -> Transition:
    """The month is over, and ConnectWise was seen to show its final quantity (CLOSE-2).

    Also of a closed record that was read once more, when its further line has been seen (CLOSE-4).
    """
    lines = tuple(
        line
        if line.state is LineState.VOID
        else replace(line, state=LineState.FINAL, unconfirmed=(), echoes=(), intent=None)
        for line in record.lines
    )
    known = tuple(notice for notice in notices if notice not in record.notices)
    after = replace(
        record,
        state=RecordState.CLOSED,
        lines=lines,
        hold=None,
        count=count,
        floor=floor,
        refusal=None,
        credit=credit,
        notices=(*record.notices, *known),
        reread=situation.reread_due or not record.lines,  # left out whole, by a person's word
    )
    why = f"ConnectWise shows {record.stands}; the final count is {count}"
    return _transition(situation, after, what="read again" if record.state is RecordState.CLOSED else "closed", why=why)


def _union(*groups: Sequence[int]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(quantity for group in groups for quantity in group))
