"""Opening a line: rules OPEN-1, 2, 3, 6, 7, MATCH-3 as of the moment before the POST, SAFE-2, and LATE-2 for further ones."""

from collections.abc import Sequence

from tally.domain import carried
from tally.domain.agreement import Addition, NewAddition
from tally.domain.closing import close
from tally.domain.growth import exceeds, grows_too_fast, too_fast
from tally.domain.late import asks, late_question, unasked
from tally.domain.next_line import NextLine, next_line, refused_cause
from tally.domain.outcomes import billing, hold
from tally.domain.reading import MOST_SEATS
from tally.domain.recognition import (
    Recognised,
    beside,
    customer_text,
    doubled,
    marked_text,
    of_others,
    plain,
    recognise,
)
from tally.domain.record import HoldKind, Intent, IntentKind, Line, UsageRecord, Verdict, reference
from tally.domain.situation import ComeBack, Continue, Finished, Look, NoWord, Post, Situation, Step, TakeOver
from tally.domain.standing import Cause, StandingState
from tally.domain.transitions import (
    intend_post,
    intend_take_over,
    lifted,
    not_given,
    opened,
    renew,
    withdraw,
)
from tally.domain.unplaced import after_a_void, unplaced


def open_line(situation: Situation) -> Step:
    """The next step for a record whose next Addition is not known to exist: the month's, or one for what that cannot carry."""
    record = situation.record
    line = None if record is None else record.line
    if line is not None and line.intent is not None:
        return _resolve(situation, line, line.intent)
    if situation.additions is not None and record is not None and record.held_by_connectwise:
        return _look_again(situation)
    if record is not None and (ended := after_a_void(situation, record)) is not None:
        return ended
    return _begin(situation, record)


def _begin(situation: Situation, record: UsageRecord | None) -> Step:
    place = next_line(situation)
    if not isinstance(place, NextLine):
        return unplaced(situation, record, place)
    known, refusal = None if record is None else record.hold, situation.refusal
    if place.late and place.quantity <= 0 and record is not None:  # nothing is left of what was voided
        return close(situation, record) if situation.closing else Finished(cause=billing(situation, record))
    if refusal is not None and refusal.fingerprint == place.fingerprint:
        return Finished(cause=refused_cause(refusal))
    also = carried.elsewhere(record, place.agreement.id)
    if record is not None and record.held_by_connectwise:
        return Look(agreement_id=place.agreement.id, also=also, elsewhere=situation.others)
    if record is not None and record.given is not None and place.late:
        why = f"{situation.key.month.label} has been invoiced with it as it was"
        return Continue(transition=not_given(situation, None, why=why))
    if record is not None and record.given is not None:
        given = intend_take_over(
            situation,
            place.agreement,
            place.period,
            number=place.number,
            product_id=place.product_id,
            count=place.quantity,
        )
        return Look(agreement_id=place.agreement.id, transition=given, reread=True, elsewhere=situation.others)
    if grows_too_fast(situation, place.followed):
        return _grown(situation, record, place)
    if place.late and asks(situation, record, place.total):
        return _ask(situation, record, place)
    if known is not None:
        return Continue(transition=lifted(situation, why=_why_lifted(place)))
    intent = intend_post(
        situation,
        place.agreement,
        place.period,
        number=place.number,
        product_id=place.product_id,
        quantity=place.quantity,
    )
    return Look(agreement_id=place.agreement.id, transition=intent, reread=True, also=also, elsewhere=situation.others)


def _why_lifted(place: NextLine) -> str:
    return f"GravityZone counts {place.total}, and {place.quantity} may be opened"


def _ask(situation: Situation, record: UsageRecord | None, place: NextLine) -> Step:
    """Late usage waits for a person; but where its Addition exists already, nobody is asked (SAFE-8)."""
    if _is_to_look_first(situation, asked=not unasked(record)):
        also = carried.elsewhere(record, place.agreement.id)
        return Look(agreement_id=place.agreement.id, also=also, elsewhere=situation.others)
    if situation.additions is not None and record is not None and (step := carried.look(situation, record)) is not None:
        return step
    why = late_question(situation, record, total=place.total, agreement=place.agreement, period=place.period)
    return hold(situation, HoldKind.LATE, why, quantity=place.total)


def _is_to_look_first(situation: Situation, *, asked: bool) -> bool:
    """Whether a person is about to be asked, or has been asked for a day, by a ledger that may know less than ConnectWise."""
    return situation.additions is None and (not asked or situation.first_of_day)


def _grown(situation: Situation, record: UsageRecord | None, place: NextLine) -> Step:
    total = place.followed
    answer = None if record is None else record.answer
    rejected = answer is not None and answer.verdict is Verdict.REJECTED
    if answer is not None and rejected and not exceeds(total, answer.quantity, situation.policy):
        reason = f"{answer.by} rejected {answer.quantity} on {answer.at:%Y-%m-%d}: nothing is opened for {situation.key.month.label}."
        return Finished(cause=Cause(state=StandingState.HELD, reason=reason))
    asked = record is not None and record.hold is not None and record.hold.kind is HoldKind.GROWTH
    if _is_to_look_first(situation, asked=asked):
        return Look(agreement_id=place.agreement.id, elsewhere=situation.others)
    stands = record.stands if record is not None and record.has_addition else None
    return hold(situation, HoldKind.GROWTH, too_fast(situation, count=total, stands=stands), quantity=total)


def _resolve(situation: Situation, line: Line, intent: Intent) -> Step:
    """An intent stands: ours of a moment ago if the Additions are here, else one whose outcome nobody recorded."""
    if situation.additions is None:
        if situation.unsettled(intent.at):
            until = intent.at + situation.policy.settle
            why = "An Addition was being written and no answer is recorded yet: it is looked for again."
            return ComeBack(why=why, until=until)
        return Look(
            agreement_id=line.agreement_id,
            transition=renew(situation, line, intent),
            reread=True,
            also=carried.elsewhere(situation.record, line.agreement_id),
            elsewhere=situation.others,
        )

    found = _recognised(situation, line)
    if len(found.ours) > 1:
        wanted = next_line(situation)
        quantity = wanted.total if isinstance(wanted, NextLine) else intent.quantity
        return hold(situation, HoldKind.CHANGED, doubled(found.ours, line.reference), quantity=quantity)
    if found.ours:
        return Continue(
            transition=opened(situation, line, found.ours[0], why=f"found Addition {found.ours[0].id} by its reference")
        )
    place = next_line(situation)
    if not isinstance(place, NextLine):
        return _not_there(situation, line, place)
    if others := _others(situation, found.foreign):
        return _foreign(situation, others, quantity=place.quantity)
    if place.late and place.quantity <= 0:
        return Continue(transition=withdraw(situation, line, why=f"GravityZone counts {place.total}: nothing is late"))
    if not place.is_where(line.agreement_id, line.product_id, line.effective):
        return Continue(
            transition=withdraw(situation, line, why="the agreement, its dates or the product changed meanwhile")
        )
    if intent.kind is IntentKind.TAKE_OVER:
        return _take_over(situation, line, found.foreign)
    return _create(situation, line, place, quantity=intent.quantity)


def _not_there(situation: Situation, line: Line, cause: Cause | NoWord) -> Step:
    """It may not be opened where it was meant to be; where another agreement is the month's by now, there."""
    chosen = situation.expected_agreement
    if cause is NoWord.PLANNERS and chosen is not None and chosen.id != line.agreement_id:
        return Continue(transition=withdraw(situation, line, why="another agreement is the one to be billed by now"))
    return Finished(cause=cause, transition=withdraw(situation, line, why="it may not be opened now"))


def _create(situation: Situation, line: Line, place: NextLine, *, quantity: int) -> Step:
    """Nothing is in its way on the agreement; what stands on the lines before it must be what the rest was reckoned from."""
    if grows_too_fast(situation, min(place.followed, place.stands + quantity)):
        # The month before may have been opened only after the intent was written.
        why = f"GravityZone counts {place.followed}, of which a person is to be asked by now"
        return Continue(transition=withdraw(situation, line, why=why))
    if situation.record is not None and (step := carried.look(situation, situation.record)) is not None:
        return step
    return Post(
        new=NewAddition(
            agreement_id=line.agreement_id,
            product_id=line.product_id,
            quantity=quantity,
            effective=line.effective,
            cancelled=line.cancelled,
            text=customer_text(situation.policy.text, month=situation.key.month, mark=line.reference),
        )
    )


def _take_over(situation: Situation, line: Line, foreign: Sequence[Addition]) -> Step:
    """The Addition that a person has given to us, if it still is what it was given as: write our reference into it."""
    theirs = next(iter(foreign), None)
    if theirs is None:
        why = "it no longer bills the product in this month on the agreement"
        return Continue(transition=not_given(situation, line, why=why))
    if not of_others([theirs]):
        return Continue(transition=not_given(situation, line, why="it bears the reference of another month by now"))
    if not 0 <= theirs.quantity <= MOST_SEATS:
        why = f"it stands at {plain(theirs.quantity)}, which is no number of seats"
        return Continue(transition=not_given(situation, line, why=why))
    text = marked_text(theirs, text=situation.policy.text, month=situation.key.month, mark=line.reference)
    return TakeOver(agreement_id=line.agreement_id, addition_id=theirs.id, text=text, cancelled=line.cancelled)


def _look_again(situation: Situation) -> Step:
    """A hold on the opening, with the Additions in sight: is its cause still there?"""
    place = next_line(situation)
    if not isinstance(place, NextLine):
        return Finished(cause=place)
    found = _recognised(situation, place)
    if len(found.ours) > 1:
        return hold(
            situation,
            HoldKind.CHANGED,
            doubled(found.ours, reference(situation.key, place.number)),
            quantity=place.total,
        )
    others = _others(situation, found.foreign)
    if others and not found.ours:
        return _foreign(situation, others, quantity=place.quantity)
    return Continue(transition=lifted(situation, why="what held the opening is gone from the agreement"))


def _recognised(situation: Situation, line: Line | NextLine) -> Recognised:
    return recognise(
        situation.additions or (),
        key=situation.key,
        record=situation.record,
        product_id=line.product_id,
        kept_apart=situation.kept_apart,
        number=line.number,
    )


def _others(situation: Situation, foreign: Sequence[Addition]) -> Sequence[Addition]:
    """The foreign ones without the one that a person has given to us."""
    given = None if situation.record is None else situation.record.given
    return [addition for addition in foreign if addition.id != given]


def _foreign(situation: Situation, foreign: Sequence[Addition], *, quantity: int) -> Finished:
    record = situation.record
    stands = record.stands if record is not None and record.has_addition else None
    why = beside(
        foreign,
        company=situation.company,
        month=situation.key.month,
        wanted=quantity,
        ours=stands,
        counted=situation.count,
    )
    refusal = None if situation.record is None else situation.record.refusal
    if refusal is not None and refusal.of_take_over:
        why = f"{why} It could not be taken over: {refusal.why}"
    return hold(situation, HoldKind.FOREIGN, why, quantity=quantity, foreign=of_others(foreign))
