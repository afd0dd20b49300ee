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
    not_begun,
    not_billed,
    service_period,
)
from tally.domain.reading import Unknown
from tally.domain.recognition import beside, customer_text, doubled, recognise
from tally.domain.record import HoldKind, Intent, Line, Refusal, UsageRecord, reference
from tally.domain.situation import ComeBack, Continue, Finished, Look, NoWord, Post, Situation, Step
from tally.domain.standing import Cause, StandingState
from tally.domain.transitions import held, intend_post, lifted, opened, renew, withdraw

_OPENS_FOR = timedelta(days=1)
"""How much older than the newest tick a job may be and still open a month (OPEN-7)."""


def open_month(situation: Situation) -> Step:
    """The next step for a record whose Addition is not known to exist."""
    record = situation.record
    line = None if record is None else record.line
    if line is not None and line.intent is not None:
        return _resolve(situation, line, line.intent)
    if situation.additions is not None and record is not None and record.hold is not None:
        return _look_again(situation, record)
    return _begin(situation, record)


def _begin(situation: Situation, record: UsageRecord | None) -> Step:
    place = _place(situation)
    if not isinstance(place, tuple):
        return Finished(cause=place)
    agreement, period, product_id, quantity = place
    if (
        record is not None
        and record.refusal is not None
        and record.refusal.fingerprint == post_fingerprint(agreement, period)
    ):
        return Finished(cause=_refused(record.refusal))
    if record is not None and record.hold is not None and record.hold.kind is not HoldKind.GROWTH:
        return Look(agreement_id=agreement.id)
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
            why = "An Addition was being created and no answer is recorded yet: it is looked for again."
            return ComeBack(why=why, until=until)
        return Look(agreement_id=line.agreement_id, transition=renew(situation, line, intent), reread=True)

    found = recognise(situation.additions, key=situation.key, record=situation.record, product_id=line.product_id)
    if len(found.ours) > 1:
        return _hold(situation, HoldKind.CHANGED, doubled(found.ours, line.reference))
    if found.ours:
        return Continue(
            transition=opened(situation, line, found.ours[0], why=f"found Addition {found.ours[0].id} by its reference")
        )
    place = _place(situation)
    if not isinstance(place, tuple):
        return Finished(cause=place, transition=withdraw(situation, line, why="the month may not be opened now"))
    if found.foreign:
        return _foreign(situation, found.foreign, quantity=place[3])
    agreement, period, product_id, _ = place
    if (agreement.id, period.effective, product_id) != (line.agreement_id, line.effective, line.product_id):
        return Continue(
            transition=withdraw(situation, line, why="the agreement, its dates or the product changed meanwhile")
        )
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


def _look_again(situation: Situation, record: UsageRecord) -> Step:
    """A hold on the opening, with the Additions in sight: is its cause still there?"""
    place = _place(situation)
    if not isinstance(place, tuple):
        return Finished(cause=place)
    found = recognise(situation.additions or (), key=situation.key, record=record, product_id=place[2])
    if len(found.ours) > 1:
        return _hold(situation, HoldKind.CHANGED, doubled(found.ours, reference(situation.key, 0)))
    if found.foreign and not found.ours:
        return _foreign(situation, found.foreign, quantity=place[3])
    return Continue(transition=lifted(situation, why="what held the opening is gone from the agreement"))


def _foreign(situation: Situation, foreign: Sequence[Addition], *, quantity: int) -> Finished:
    why = beside(foreign, company=situation.company, month=situation.key.month, wanted=quantity, ours=None)
    return _hold(situation, HoldKind.FOREIGN, why, quantity=quantity)


def _hold(situation: Situation, kind: HoldKind, why: str, *, quantity: int | None = None) -> Finished:
    record = situation.record
    cause = Cause(state=StandingState.HELD, reason=why, notices=() if record is None else record.notices)
    hold = None if record is None else record.hold
    if hold is not None and (hold.kind, hold.why) == (kind, why):
        return Finished(cause=cause)
    return Finished(
        cause=cause,
        transition=held(situation, kind=kind, why=why, quantity=situation.count or 0 if quantity is None else quantity),
    )


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
    if facts is None or facts.newest_tick - situation.tick > _OPENS_FOR:
        return NoWord.STAYS
    if situation.too_late:
        return _missed(situation)
    if facts.excluded or facts.tied_to is None or facts.tied_to != situation.connectwise_id:
        return NoWord.PLANNERS
    if not facts.monthly:
        return _waits(
            "GravityZone lists it as monthly, but its subscription is not a paid monthly one at present: a trial is not billed."
        )
    return None


def _missed(situation: Situation) -> Cause:
    refusal = None if situation.record is None else situation.record.refusal
    why = "" if refusal is None else f" ({refusal.why})"
    return Cause(
        state=StandingState.NEEDS_SETUP,
        reason=f"{situation.key.month.label} could not be opened in time{why}: nothing is written any more. Bill it by hand in ConnectWise.",
    )


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


def post_fingerprint(agreement: Agreement, period: ServicePeriod) -> str:
    """What a refused POST depends on: it is tried again when the agreement has changed (SAFE-2)."""
    return f"post {agreement.id} {agreement.version} {period.effective}"


def _refused(refusal: Refusal) -> Cause:
    return Cause(state=StandingState.NEEDS_SETUP, reason=refusal.why)


def _waits(reason: str, *, until: datetime | None = None) -> Cause:
    return Cause(state=StandingState.WAITING, reason=reason, until=until)
