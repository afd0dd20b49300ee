"""Following the count on a line until the close: rules FOLLOW-1, 2, 3, 4, READ-7, CLOSE-1, 2, LATE-1 and SAFE-2."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from tally.domain import carrying
from tally.domain.agreement import Addition
from tally.domain.growth import grows_too_fast, too_fast
from tally.domain.invoicing import late_period
from tally.domain.late import asks, credit_notice, doubts, freezes, is_late, late_notice, late_question, thaws
from tally.domain.opening import open_line
from tally.domain.place import invoice_notice
from tally.domain.reading import Count, Unknown
from tally.domain.recognition import beside, doubled, of_others, recognise
from tally.domain.record import HoldKind, IntentKind, Line, LineState, Refusal, Transition, UsageRecord, Verdict
from tally.domain.situation import ComeBack, Continue, Finished, Look, NoWord, Patch, Situation, Step
from tally.domain.standing import Cause, StandingState
from tally.domain.target import followed, highest, quantity_of, target
from tally.domain.transitions import (
    closed,
    confirmed,
    frozen,
    held,
    intend_patch,
    lifted,
    renew,
    thawed,
    withdraw,
)

_ONLY_CONNECTWISE_LIFTS = frozenset({HoldKind.CHANGED, HoldKind.FOREIGN})


def follow(situation: Situation, record: UsageRecord, line: Line) -> Step:
    """The next step for a record whose Addition exists; for a closed one, what its second reading makes of it (CLOSE-4)."""
    if situation.additions is not None:
        if _looked_for_another_line(situation, record, line):
            return open_line(situation)
        return _compare(situation, record, line)
    if line.intent is not None:
        if situation.unsettled(line.intent.at):
            return _come_back(situation, line, since=line.intent.at)
        if line.intent.kind is IntentKind.TERMS:
            return carrying.count_first(situation, line, line.intent)
        return Look(agreement_id=line.agreement_id, transition=renew(situation, line, line.intent))
    if record.hold is not None and record.hold.kind in _ONLY_CONNECTWISE_LIFTS:
        return _look_at_all(situation, record, line)
    if isinstance(situation.reading, Unknown):
        step = _without_reading(situation, record, line, situation.reading.why)
    elif line.state is LineState.FINAL and target(situation, record, situation.reading.value) <= record.stands:
        step = _close(situation, record, line)
    else:
        step = _with_count(situation, record, line, situation.reading.value)
    return carrying.where_idle(situation, line, step)


def _looked_for_another_line(situation: Situation, record: UsageRecord, line: Line) -> bool:
    """Whether the Additions were wanted for what the line cannot carry, rather than for the line itself."""
    if line.state is LineState.OPEN or (record.hold is not None and record.hold.kind in _ONLY_CONNECTWISE_LIFTS):
        return False
    return situation.count is not None and target(situation, record, situation.count) > record.stands


def _with_count(situation: Situation, record: UsageRecord, line: Line, count: int) -> Step:
    turned = _frozen_or_thawed(situation, record, line)
    if turned is not None:
        return turned
    can_carry = line.state is LineState.OPEN
    total, wanted = target(situation, record, count), followed(situation, record, count)
    if can_carry and not _may_be_set(record, line, quantity_of(record, total)):
        return _fallen(situation, record, count=count)
    if wanted > record.stands and grows_too_fast(situation, wanted):
        return _hold(
            situation, record, HoldKind.GROWTH, too_fast(situation, count=wanted, stands=record.stands), quantity=wanted
        )
    late = total > record.stands and (not can_carry or is_late(record, line))
    nowhere = not can_carry and situation.agreement is None
    if late and (nowhere or asks(situation, record, total)):
        return _ask_late(situation, record, total=total)
    if total > record.stands and not can_carry:
        return open_line(situation)
    if record.hold is not None:
        return Continue(transition=lifted(situation, why=f"GravityZone counts {count}"))
    if can_carry and quantity_of(record, total) != line.pushed:
        return _push(situation, record, line, quantity=quantity_of(record, total))
    if situation.closing:
        return _look_at_all(situation, record, line)
    return Finished(cause=_billing(situation, record, counted=count))


def _frozen_or_thawed(situation: Situation, record: UsageRecord, line: Line) -> Step | None:
    """What the agreement says of the line: whether it can still carry anything (LATE-1)."""
    if line.state is not LineState.OPEN:
        if line.state is LineState.FINAL or not thaws(situation, line):
            return None
        return Continue(
            transition=thawed(situation, line, why=f"agreement {line.agreement_id} can be billed for it again")
        )
    why = freezes(situation, line)
    if not why:
        return None
    if line.unconfirmed:  # first see what stands there, as that is what was invoiced
        return _look_at_all(situation, record, line)
    return Continue(transition=frozen(situation, line, why=why, notices=doubts(situation, line)))


def _push(situation: Situation, record: UsageRecord, line: Line, *, quantity: int) -> Step:
    if record.refusal is not None and _still_refused(situation, record.refusal, quantity=quantity):
        return Finished(cause=Cause(state=StandingState.NEEDS_SETUP, reason=record.refusal.why))
    return Look(agreement_id=line.agreement_id, transition=intend_patch(situation, line, quantity=quantity))


def _ask_late(situation: Situation, record: UsageRecord, *, total: int) -> Step:
    """Usage beyond what was invoiced asks a person, once the month's count is final; until then it is told (LATE-2)."""
    if not situation.closing:
        if record.hold is not None:
            return Continue(transition=lifted(situation, why="it is asked when the month closes"))
        cause = _billing(situation, record)
        notice = late_notice(situation, total=total, stands=record.stands)
        return Finished(cause=replace(cause, notices=(*cause.notices, notice)))
    agreement, line = situation.agreement, record.line
    unasked = record.hold is None or record.hold.kind is not HoldKind.LATE
    further = line is not None and line.state is not LineState.OPEN
    if further and unasked and agreement is not None and situation.opening is not None:
        return open_line(situation)
    if agreement is None and not situation.directory_read:
        return Finished(cause=NoWord.STAYS)
    period = None if agreement is None else late_period(agreement, situation.policy.invoicing, today=situation.today)
    why = late_question(situation, total=total, stands=record.stands, agreement=agreement, period=period)
    return _hold(situation, record, HoldKind.LATE, why, quantity=total)


def _look_at_all(situation: Situation, record: UsageRecord, line: Line) -> Look:
    """Look at the Additions of every agreement that the record's lines stand on, or that the next one would."""
    agreements = {each.agreement_id for each in record.lines if each.state is LineState.FROZEN}
    if line.state is LineState.FROZEN and situation.agreement is not None:
        agreements.add(situation.agreement.id)
    return Look(agreement_id=line.agreement_id, also=tuple(sorted(agreements - {line.agreement_id})))


def _may_be_set(record: UsageRecord, line: Line, quantity: int) -> bool:
    """Whether the line's quantity is no fall (READ-7), or one that a person has accepted."""
    answer = record.answer
    if answer is not None and answer.verdict is Verdict.ACCEPTED:
        return quantity >= min(quantity_of(record, answer.quantity), line.highest)
    # What a person keeps stands lower than a quantity whose answer never came; it is where it is.
    return quantity >= line.highest or quantity == line.pushed


def _without_reading(situation: Situation, record: UsageRecord, line: Line, why: str) -> Step:
    """No count is to be had: what stands, stays; at the close it is final if it still stands (CLOSE-5)."""
    if record.hold is not None:
        return Finished(
            cause=Cause(state=StandingState.HELD, reason=record.hold.why, notices=_notices(situation, record))
        )
    if record.refusal is not None:  # a higher count was known than the one that stands
        return Finished(cause=Cause(state=StandingState.NEEDS_SETUP, reason=record.refusal.why))
    if line.state is LineState.FINAL:
        notice = f"{situation.key.month.label} could not be read once more. {why}"
        again = closed(situation, record, count=record.count or 0, floor=record.floor, notices=(notice,))
        return _closed(situation, again)
    if situation.closing:
        return _look_at_all(situation, record, line)
    reason = f"{why} What stands for {situation.key.month.label}, {record.stands}, stays until the month closes."
    return Finished(cause=Cause(state=StandingState.WAITING, reason=reason))


def _fallen(situation: Situation, record: UsageRecord, *, count: int) -> Finished:
    why = (
        f"GravityZone counts {count} {situation.key.service} for {situation.company} in {situation.key.month.label}, after {highest(record)}; "
        f"within a month the count only rises. {_stands(record)}, and {count} would be written. "
        "Keep what stands, or accept the lower number."
    )
    return _hold(situation, record, HoldKind.FALL, why, quantity=count)


def _compare(situation: Situation, record: UsageRecord, line: Line) -> Step:
    """The Additions are here: is ours as we left it, and alone?"""
    found = recognise(
        situation.additions or (),
        key=situation.key,
        record=record,
        product_id=line.product_id,
        kept_apart=situation.kept_apart,
    )
    wanted = record.stands
    if situation.count is not None:
        wanted = target(situation, record, situation.count)
    if not found.ours:
        if line.pushed_at is not None and situation.unsettled(line.pushed_at):
            return _come_back(situation, line, since=line.pushed_at)
        why = f"Addition {line.addition_id} is gone from the agreement (id {line.agreement_id}). {_would_write(situation, line, wanted)}"
        return _hold(situation, record, HoldKind.CHANGED, why, quantity=wanted)
    if len(found.ours) > 1:
        why = doubled(found.ours, line.reference)
        return _hold(situation, record, HoldKind.CHANGED, why, quantity=wanted)
    if found.foreign:
        why = beside(
            found.foreign, company=situation.company, month=situation.key.month, wanted=wanted, ours=record.stands
        )
        return _hold(situation, record, HoldKind.FOREIGN, why, quantity=wanted, foreign=of_others(found.foreign))
    return _compare_ours(situation, record, line, found.ours[0], wanted=wanted)


def _compare_ours(situation: Situation, record: UsageRecord, line: Line, ours: Addition, *, wanted: int) -> Step:
    since = line.pushed_at if line.reference not in ours.text and situation.unsettled(line.pushed_at) else None
    if ours.cancelled != line.cancelled and since is not None:
        # The list still shows it as it was before it was taken over.
        return _come_back(situation, line, since=since)
    if ours.cancelled != line.cancelled:
        why = (
            f"The cancelled date of Addition {ours.id} was changed in ConnectWise by {_who(ours)}: {ours.cancelled or 'none'} "
            f"instead of {line.cancelled}. {_would_write(situation, line, wanted)}"
        )
        return _hold(situation, record, HoldKind.CHANGED, why, quantity=wanted)
    if ours.quantity in _sent(record, line):
        # An earlier write arrived after all, ours of a moment ago or one whose answer was lost.
        quantity = int(ours.quantity)
        return Continue(transition=confirmed(situation, line, quantity=quantity, why=f"ConnectWise shows {quantity}"))
    echo_since = line.pushed_at if ours.quantity in line.echoes and situation.unsettled(line.pushed_at) else None
    if ours.quantity != line.pushed and echo_since is None:
        why = (
            f"Addition {ours.id} was changed in ConnectWise by {_who(ours)}: it stands at {_plain(ours.quantity)}, we left it at {line.pushed}. "
            f"{_would_write(situation, line, wanted)}"
        )
        stands = int(ours.quantity) if ours.quantity == int(ours.quantity) else None
        return _hold(situation, record, HoldKind.CHANGED, why, quantity=wanted, stands=stands)
    return _as_we_left_it(situation, record, line, ours, wanted=wanted, echo_since=echo_since)


def _as_we_left_it(
    situation: Situation,
    record: UsageRecord,
    line: Line,
    ours: Addition,
    *,
    wanted: int,
    echo_since: datetime | None,
) -> Step:
    """Ours stands as we left it, or (``echo_since`` our last write) the list still shows what stood there before."""
    if line.intent is not None and line.intent.kind is IntentKind.TERMS:
        return carrying.carry_out(situation, line, ours)
    if line.intent is not None:
        known = situation.count is not None and not freezes(situation, line)
        quantity = quantity_of(record, wanted)
        if known and line.intent.quantity == quantity and _may_be_set(record, line, quantity):
            return Patch(agreement_id=line.agreement_id, addition_id=ours.id, quantity=line.intent.quantity)
        return Continue(transition=withdraw(situation, line, why=f"{wanted} is to be billed by now"))
    if record.hold is not None:
        return Continue(transition=lifted(situation, why="what held the push is gone from ConnectWise"))
    if echo_since is not None:
        return _come_back(situation, line, since=echo_since)
    why = freezes(situation, line) if line.state is LineState.OPEN else ""
    if why:
        return Continue(transition=frozen(situation, line, why=why, notices=doubts(situation, line)))
    if not situation.closing:
        return Finished(cause=_billing(situation, record))
    # With no intent, no hold and nothing that freezes it, the Additions are only ever looked at for the close.
    return _close(situation, record.with_line(carrying.as_shown(line, ours)), line)


def _close(situation: Situation, record: UsageRecord, line: Line) -> Finished:
    for other in record.lines:
        if other.number != line.number and other.state is LineState.FROZEN:
            changed = _changed(situation, other)
            if changed:
                return _hold(situation, record, HoldKind.CHANGED, changed, quantity=record.stands)
    reading = situation.reading
    if isinstance(reading, Count):
        count = followed(situation, record, reading.value)
        transition = closed(situation, record, count=count, floor=reading.floor, notices=())
    else:
        notice = f"Closed with the last count that could be read. {reading.why}"
        transition = closed(situation, record, count=record.stands, floor=None, notices=(notice,))
    return _closed(situation, transition)


def _closed(situation: Situation, transition: Transition) -> Finished:
    """What a closed month says is seen until it was read once more; then only what is to be credited, by the planner."""
    cause = NoWord.PLANNERS if transition.after.reread else _billing(situation, transition.after)
    return Finished(cause=cause, transition=transition)


def _changed(situation: Situation, line: Line) -> str:
    """How ConnectWise shows a line otherwise than we left it; empty if it does not."""
    shown = [each for each in situation.additions or () if each.id == line.addition_id or line.reference in each.text]
    if not shown:
        return f"Addition {line.addition_id} is gone from the agreement (id {line.agreement_id}); it stood at {line.pushed}."
    if len(shown) > 1:
        return doubled(shown, line.reference)
    if shown[0].quantity == line.pushed and shown[0].cancelled == line.cancelled:
        return ""
    return (
        f"Addition {shown[0].id} was changed in ConnectWise by {_who(shown[0])}: it stands at {_plain(shown[0].quantity)} until "
        f"{shown[0].cancelled or 'further notice'}, we left it at {line.pushed} until {line.cancelled}. Put it right in ConnectWise."
    )


def _stands(record: UsageRecord) -> str:
    lines = [line for line in record.lines if line.state is not LineState.VOID]
    return f"The Addition{'' if len(lines) == 1 else 's'} stand{'s' if len(lines) == 1 else ''} at {record.stands}"


def _hold(
    situation: Situation,
    record: UsageRecord,
    kind: HoldKind,
    why: str,
    *,
    quantity: int,
    stands: int | None = None,
    foreign: tuple[int, ...] = (),
) -> Finished:
    cause = Cause(state=StandingState.HELD, reason=why, notices=_notices(situation, record))
    unchanged = record.hold is not None and (record.hold.kind, record.hold.why, record.hold.foreign) == (
        kind,
        why,
        foreign,
    )
    if unchanged and (record.line is None or record.line.intent is None):
        return Finished(cause=cause)
    transition = held(situation, kind=kind, why=why, quantity=quantity, stands=stands, foreign=foreign)
    return Finished(cause=cause, transition=transition)


def _come_back(situation: Situation, line: Line, *, since: datetime) -> ComeBack:
    until = since + situation.policy.settle
    why = f"A write to Addition {line.addition_id} may not show in ConnectWise's lists yet: it is looked at again."
    # An intent that this job has just written is given up, so that nobody has to wait for its age as well.
    unsent = situation.additions is not None and line.intent is not None
    return ComeBack(why=why, until=until, transition=withdraw(situation, line, why=why) if unsent else None)


def _sent(record: UsageRecord, line: Line) -> tuple[int, ...]:
    """The quantities of ours that may have arrived; a lower one than what stands only if a person has accepted it."""
    intent = line.intent if line.intent is not None and line.intent.kind is IntentKind.PATCH else None
    sent = line.unconfirmed if intent is None else (*line.unconfirmed, intent.quantity)
    lowered = record.answer is not None and record.answer.verdict is Verdict.ACCEPTED
    return tuple(quantity for quantity in sent if lowered or quantity >= (line.pushed or 0))


def patch_fingerprint(situation: Situation, *, quantity: int) -> str:
    """What a refused PATCH depends on: it is tried again when the agreement or the count has changed (SAFE-2).

    And once a day: what ConnectWise refused may be a bad field of the Addition, of whose mending we would not hear.
    """
    agreement = situation.expected_agreement
    return f"patch {quantity} {situation.tick:%Y-%m-%d} {'' if agreement is None else agreement.version}"


def _still_refused(situation: Situation, refusal: Refusal, *, quantity: int) -> bool:
    if situation.expected_agreement is None:  # not listed at this tick: nothing says that it has changed
        return refusal.fingerprint.startswith(f"patch {quantity} {situation.tick:%Y-%m-%d} ")
    return refusal.fingerprint == patch_fingerprint(situation, quantity=quantity)


def _billing(situation: Situation, record: UsageRecord, *, counted: int | None = None) -> Cause:
    answer, line = record.answer, record.line
    notices = _notices(situation, record)
    if answer is not None and line is not None and counted not in (None, record.stands):
        kept = (
            f"GravityZone counts {counted}; {record.stands} stays by the word of {answer.by} on {answer.at:%Y-%m-%d}."
        )
        notices = (*notices, kept)
    return Cause(state=StandingState.BILLING, notices=notices)


def _notices(situation: Situation, record: UsageRecord) -> tuple[str, ...]:
    invoice = None if situation.agreement is None else invoice_notice(situation.agreement)
    credit = None if record.credit is None else credit_notice(record, situation.company)
    return (*record.notices, *filter(None, (carrying.notice(record), invoice, credit)))


def _would_write(situation: Situation, line: Line, wanted: int) -> str:
    if situation.count is None:
        return f"It was not overwritten; our last number for {situation.company} in {situation.key.month.label} is {line.pushed}."
    return (
        f"It was not overwritten. GravityZone counts {wanted} {situation.key.service} for {situation.company} in {situation.key.month.label}. "
        f"Restore {line.pushed} in ConnectWise, or accept what stands."
    )


def _who(addition: Addition) -> str:
    when = "" if addition.updated_at is None else f" on {addition.updated_at:%Y-%m-%d %H:%M} GMT"
    return f"{addition.updated_by or 'somebody'}{when}"


def _plain(quantity: Decimal) -> str:
    return f"{quantity.normalize():f}"
