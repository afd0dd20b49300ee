"""Opening the month's record: rules OPEN-1, 2, 3, 6, 7, MATCH-3 as of the moment before the POST, and SAFE-2."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from tally.domain.agreement import Addition, Agreement, NewAddition
from tally.domain.growth import exceeds, grows_too_fast, too_fast
from tally.domain.place import (
    ServicePeriod,
    begins,
    choose_agreement,
    decisive_day,
    missed,
    not_begun,
    not_billed,
    service_period,
)
from tally.domain.reading import Unknown
from tally.domain.recognition import Recognised, beside, customer_text, doubled, marked_text, of_others, recognise
from tally.domain.record import HoldKind, Intent, IntentKind, Line, Refusal, UsageRecord, reference
from tally.domain.situation import ComeBack, Continue, Finished, Look, NoWord, Post, Situation, Step, TakeOver
from tally.domain.standing import ON_TRIAL, Cause, StandingState
from tally.domain.transitions import held, intend_post, intend_take_over, lifted, not_given, opened, renew, withdraw

_OPENS_FOR = timedelta(days=1)
"""How much older than the newest tick a job may be and still open a month (OPEN-7)."""


def open_month(situation: Situation) -> Step:
    """The next step for a record whose Addition is not known to exist."""
    record = situation.record
    line = None if record is None else record.line
    if line is not None and line.intent is not None:
        return _resolve(situation, line, line.intent)
    if situation.additions is not None and record is not None and record.hold is not None:
        return _look_again(situation)
    return _begin(situation, record)


def _begin(situation: Situation, record: UsageRecord | None) -> Step:
    place = _place(situation)
    if not isinstance(place, tuple):
        return Finished(cause=place)
    agreement, period, product_id, quantity = place
    if (
        record is not None
        and record.refusal is not None
        and record.refusal.fingerprint == post_fingerprint(agreement, period, product_id=product_id)
    ):
        return Finished(cause=_refused(record.refusal))
    if record is not None and record.hold is not None and record.hold.kind is not HoldKind.GROWTH:
        return Look(agreement_id=agreement.id)
    if record is not None and record.given is not None:
        given = intend_take_over(situation, agreement, period, product_id=product_id, count=quantity)
        return Look(agreement_id=agreement.id, transition=given, reread=True)
    if record is not None and record.hold is not None and not grows_too_fast(situation, quantity):
        return Continue(transition=lifted(situation, why=f"GravityZone counts {quantity}"))
    if grows_too_fast(situation, quantity):
        return _grown(situation, record, quantity)
    intent = intend_post(situation, agreement, period, product_id=product_id, quantity=quantity)
    return Look(agreement_id=agreement.id, transition=intent, reread=True)


def _grown(situation: Situation, record: UsageRecord | None, quantity: int) -> Finished:
    answer = None if record is None else record.answer
    if answer is not None and not exceeds(quantity, answer.quantity, situation.policy):
        reason = f"{answer.by} rejected {answer.quantity} on {answer.at:%Y-%m-%d}: nothing is opened for {situation.key.month.label}."
        return Finished(cause=Cause(state=StandingState.HELD, reason=reason))
    why = too_fast(situation, count=quantity, stands=None)
    return _hold(situation, HoldKind.GROWTH, why, quantity=quantity)


def _resolve(situation: Situation, line: Line, intent: Intent) -> Step:
    """An intent stands: ours of a moment ago if the Additions are here, else one whose outcome nobody recorded."""
    if situation.additions is None:
        if situation.unsettled(intent.at):
            until = intent.at + situation.policy.settle
            why = "An Addition was being written and no answer is recorded yet: it is looked for again."
            return ComeBack(why=why, until=until)
        return Look(agreement_id=line.agreement_id, transition=renew(situation, line, intent), reread=True)

    found = _recognised(situation, product_id=line.product_id)
    if len(found.ours) > 1:
        return _hold(situation, HoldKind.CHANGED, doubled(found.ours, line.reference))
    if found.ours:
        return Continue(
            transition=opened(situation, line, found.ours[0], why=f"found Addition {found.ours[0].id} by its reference")
        )
    place = _place(situation)
    if not isinstance(place, tuple):
        return Finished(cause=place, transition=withdraw(situation, line, why="the month may not be opened now"))
    if others := _others(situation, found.foreign):
        return _foreign(situation, others, quantity=place[3])
    agreement, period, product_id, _ = place
    if (agreement.id, period.effective, product_id) != (line.agreement_id, line.effective, line.product_id):
        return Continue(
            transition=withdraw(situation, line, why="the agreement, its dates or the product changed meanwhile")
        )
    if intent.kind is IntentKind.TAKE_OVER:
        return _take_over(situation, line, found.foreign)
    return Post(
        new=NewAddition(
            agreement_id=agreement.id,
            product_id=product_id,
            quantity=intent.quantity,
            effective=period.effective,
            cancelled=period.cancelled,
            text=customer_text(situation.policy.text, month=situation.key.month, mark=line.reference),
        )
    )


def _take_over(situation: Situation, line: Line, foreign: Sequence[Addition]) -> Step:
    """The Addition that a person has given to us, if it still is what it was given as: write our reference into it."""
    theirs = next(iter(foreign), None)
    if theirs is None:
        why = "it no longer bills the product in this month on the agreement"
        return Continue(transition=not_given(situation, line, why=why))
    text = marked_text(theirs, text=situation.policy.text, month=situation.key.month, mark=line.reference)
    return TakeOver(agreement_id=line.agreement_id, addition_id=theirs.id, text=text, cancelled=line.cancelled)


def _look_again(situation: Situation) -> Step:
    """A hold on the opening, with the Additions in sight: is its cause still there?"""
    place = _place(situation)
    if not isinstance(place, tuple):
        return Finished(cause=place)
    found = _recognised(situation, product_id=place[2])
    if len(found.ours) > 1:
        return _hold(situation, HoldKind.CHANGED, doubled(found.ours, reference(situation.key, 0)))
    others = _others(situation, found.foreign)
    if others and not found.ours:
        return _foreign(situation, others, quantity=place[3])
    return Continue(transition=lifted(situation, why="what held the opening is gone from the agreement"))


def _recognised(situation: Situation, *, product_id: int) -> Recognised:
    return recognise(
        situation.additions or (),
        key=situation.key,
        record=situation.record,
        product_id=product_id,
        kept_apart=situation.kept_apart,
    )


def _others(situation: Situation, foreign: Sequence[Addition]) -> Sequence[Addition]:
    """The foreign ones without the one that a person has given to us."""
    given = None if situation.record is None else situation.record.given
    return [addition for addition in foreign if addition.id != given]


def _foreign(situation: Situation, foreign: Sequence[Addition], *, quantity: int) -> Finished:
    why = beside(foreign, company=situation.company, month=situation.key.month, wanted=quantity, ours=None)
    refusal = None if situation.record is None else situation.record.refusal
    if refusal is not None and refusal.of_take_over:
        why = f"{why} It could not be taken over: {refusal.why}"
    return _hold(situation, HoldKind.FOREIGN, why, quantity=quantity, foreign=of_others(foreign))


def _hold(
    situation: Situation,
    kind: HoldKind,
    why: str,
    *,
    quantity: int | None = None,
    foreign: tuple[int, ...] = (),
) -> Finished:
    record = situation.record
    cause = Cause(state=StandingState.HELD, reason=why, notices=() if record is None else record.notices)
    hold = None if record is None else record.hold
    if hold is not None and (hold.kind, hold.why, hold.foreign) == (kind, why, foreign):
        return Finished(cause=cause)
    wanted = situation.count or 0 if quantity is None else quantity
    return Finished(cause=cause, transition=held(situation, kind=kind, why=why, quantity=wanted, foreign=foreign))


type _Place = tuple[Agreement, ServicePeriod, int, int]


def _place(situation: Situation) -> _Place | Cause | NoWord:
    """Agreement, period, product and quantity to open with; else why not."""
    reading = situation.reading
    stopped = _stopped(situation)
    if stopped is not None:
        return stopped
    if isinstance(reading, Unknown):
        return _waits(reading.why)
    if situation.product_id is None:
        return NoWord.PLANNERS
    agreement = _still_the_one(situation)
    if not isinstance(agreement, Agreement):
        return agreement
    period = service_period(agreement, situation.key.month)
    if period is None:
        return not_billed(agreement, situation.key.month)
    start = begins(period, situation.key.month, situation.policy.time_zone)
    if situation.tick < start:
        return not_begun(period, situation.key.month, start)
    quantity = reading.value
    if situation.only_if_used and quantity == 0:
        return NoWord.PLANNERS
    return agreement, period, situation.product_id, quantity


def _stopped(situation: Situation) -> Cause | NoWord | None:
    """What stops the opening whatever the agreement is like; None if nothing does."""
    facts = situation.opening
    if situation.too_late:
        refusal = None if situation.record is None else situation.record.refusal
        return missed(situation.key.month, "" if refusal is None else refusal.why)
    if facts is None:
        held = situation.record is not None and situation.record.hold is not None
        return NoWord.PLANNERS if isinstance(situation.reading, Unknown) and not held else NoWord.STAYS
    if facts.newest_tick - situation.tick > _OPENS_FOR:
        return NoWord.STAYS
    if facts.excluded or facts.tied_to is None or facts.tied_to != situation.connectwise_id:
        return NoWord.PLANNERS
    if not facts.monthly:
        return _waits(ON_TRIAL)
    return None


def _still_the_one(situation: Situation) -> Agreement | Cause | NoWord:
    agreement, expected = situation.agreement, situation.expected_agreement
    if agreement is None or expected is None or agreement.id != expected.id:
        return NoWord.PLANNERS
    if agreement.company_id != situation.connectwise_id or agreement.type_id != expected.type_id:
        return Cause(
            state=StandingState.NEEDS_SETUP,
            reason=f"Agreement '{agreement.name}' (id {agreement.id}) is no longer of this company and type: looked for again at the next tick.",
        )
    return choose_agreement(
        (agreement,),
        company=situation.company,
        day=decisive_day(situation.key.month, situation.tick, situation.policy.time_zone),
        pinned=None,
        cycles=situation.policy.cycles,
    )


def post_fingerprint(agreement: Agreement, period: ServicePeriod, *, product_id: int) -> str:
    """What a refused POST depends on: it is tried again when the agreement or the product has changed (SAFE-2)."""
    return f"post {agreement.id} {agreement.version} {period.effective} {product_id}"


def _refused(refusal: Refusal) -> Cause:
    return Cause(state=StandingState.NEEDS_SETUP, reason=refusal.why)


def _waits(reason: str, *, until: datetime | None = None) -> Cause:
    return Cause(state=StandingState.WAITING, reason=reason, until=until)
