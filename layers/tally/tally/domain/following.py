"""Following the count on an open line until the close: rules FOLLOW-1, 2, 3, 4, READ-4, 7, CLOSE-1, 2 and SAFE-2."""

from datetime import datetime
from decimal import Decimal

from tally.domain.agreement import Addition
from tally.domain.growth import exceeds, grows_too_fast, too_fast
from tally.domain.other_children import question
from tally.domain.partner import changed
from tally.domain.place import invoice_notice
from tally.domain.reading import Count, Unknown
from tally.domain.recognition import beside, doubled, of_others, recognise
from tally.domain.record import HoldKind, Line, Refusal, UsageRecord, Verdict
from tally.domain.situation import ComeBack, Continue, Finished, Look, Patch, Situation, Step
from tally.domain.standing import Cause, StandingState
from tally.domain.transitions import closed, confirmed, held, intend_patch, lifted, renew, withdraw

_ONLY_CONNECTWISE_LIFTS = frozenset({HoldKind.CHANGED, HoldKind.FOREIGN})


def follow(situation: Situation, record: UsageRecord, line: Line) -> Step:
    """The next step for a record whose Addition exists."""
    if situation.additions is not None:
        return _compare(situation, record, line)
    if line.intent is not None:
        if situation.unsettled(line.intent.at):
            return _come_back(situation, line, since=line.intent.at)
        return Look(agreement_id=line.agreement_id, transition=renew(situation, line, line.intent))
    if record.hold is not None and record.hold.kind in _ONLY_CONNECTWISE_LIFTS:
        return Look(agreement_id=line.agreement_id)
    if asked := question(situation, record, line):
        return _hold(
            situation,
            record,
            HoldKind.CHILDREN,
            asked.why,
            quantity=asked.quantity,
            children=asked.children,
            grown=asked.grown,
        )
    if record.hold is not None and record.hold.kind is HoldKind.CHILDREN and situation.children is not None:
        return Continue(transition=lifted(situation, why="the same companies are below it as before"))
    if isinstance(situation.reading, Unknown):
        return _without_reading(situation, record, line, situation.reading.why)
    return _with_count(situation, record, line, situation.reading.value)


def _with_count(situation: Situation, record: UsageRecord, line: Line, count: int) -> Step:
    target = _target(situation, record, line, count)
    if not _may_be_set(record, line, target):
        return _fallen(situation, record, line, count=count)
    followed = _followed(situation, record, line, count)
    if followed > (line.pushed or 0) and grows_too_fast(situation, followed):
        return _grown(situation, record, line, count=followed)
    if record.hold is not None:
        return Continue(transition=lifted(situation, why=f"GravityZone counts {count}"))
    if target != line.pushed:
        if record.refusal is not None and _still_refused(situation, record.refusal, quantity=target):
            return Finished(cause=Cause(state=StandingState.NEEDS_SETUP, reason=record.refusal.why))
        return Look(agreement_id=line.agreement_id, transition=intend_patch(situation, line, quantity=target))
    if situation.closing:
        return Look(agreement_id=line.agreement_id)
    return Finished(cause=_billing(situation, record, counted=count))


def _target(situation: Situation, record: UsageRecord, line: Line, count: int) -> int:
    """The quantity to be billed: what follows from the count, but at the close not less than the contract's floor."""
    followed = _followed(situation, record, line, count)
    floor = situation.reading.floor if isinstance(situation.reading, Count) else None
    if situation.closing and situation.policy.bill_minimum and floor is not None:
        return max(followed, floor)
    return followed


def _followed(situation: Situation, record: UsageRecord, line: Line, count: int) -> int:
    """The count, unless a person has said that what stands is to stay."""
    answer, pushed = record.answer, line.pushed or 0
    if changed(record, situation.children):
        return pushed
    if answer is None:
        return count
    if answer.verdict is Verdict.KEPT and count < line.highest:
        return pushed
    if answer.verdict is Verdict.REJECTED and count > pushed and not exceeds(count, answer.quantity, situation.policy):
        return pushed
    return count


def _may_be_set(record: UsageRecord, line: Line, quantity: int) -> bool:
    """Whether the quantity is no fall (READ-7), or one that a person has accepted."""
    answer = record.answer
    if answer is not None and answer.verdict is Verdict.ACCEPTED:
        return quantity >= min(answer.quantity, line.highest)
    # What a person keeps stands lower than a quantity whose answer never came; it is where it is.
    return quantity >= line.highest or quantity == line.pushed


def _grown(situation: Situation, record: UsageRecord, line: Line, *, count: int) -> Finished:
    why = too_fast(situation, count=count, stands=line.pushed)
    return _hold(situation, record, HoldKind.GROWTH, why, quantity=count)


def _without_reading(situation: Situation, record: UsageRecord, line: Line, why: str) -> Step:
    """No count is to be had: what stands, stays; at the close it is final if it still stands (CLOSE-5)."""
    if record.hold is not None:
        return Finished(
            cause=Cause(state=StandingState.HELD, reason=record.hold.why, notices=_notices(situation, record))
        )
    if record.refusal is not None:  # a higher count was known than the one that stands
        return Finished(cause=Cause(state=StandingState.NEEDS_SETUP, reason=record.refusal.why))
    if situation.closing:
        return Look(agreement_id=line.agreement_id)
    reason = f"{why} The Addition for {situation.key.month.label} stays at {line.pushed} until the month closes."
    return Finished(cause=Cause(state=StandingState.WAITING, reason=reason))


def _fallen(situation: Situation, record: UsageRecord, line: Line, *, count: int) -> Finished:
    why = (
        f"GravityZone counts {count} {situation.key.service} for {situation.company} in {situation.key.month.label}, after {line.highest}; "
        f"within a month the count only rises. The Addition stands at {line.pushed}, and {count} would be written. "
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
    wanted = line.pushed or 0
    if situation.count is not None:
        wanted = _target(situation, record, line, situation.count)
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
            found.foreign, company=situation.company, month=situation.key.month, wanted=wanted, ours=line.pushed
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
    if line.intent is not None:
        known = situation.count is not None
        if known and line.intent.quantity == wanted and _may_be_set(record, line, wanted):
            return Patch(agreement_id=line.agreement_id, addition_id=ours.id, quantity=line.intent.quantity)
        return Continue(transition=withdraw(situation, line, why=f"{wanted} is to be written by now"))
    if record.hold is not None:
        return Continue(transition=lifted(situation, why="what held the push is gone from ConnectWise"))
    if echo_since is not None:
        return _come_back(situation, line, since=echo_since)
    # With no intent and no hold, the Additions are only ever looked at for the close.
    return _close(situation, record, line)


def _close(situation: Situation, record: UsageRecord, line: Line) -> Finished:
    reading, pushed = situation.reading, line.pushed or 0
    if isinstance(reading, Count):
        count = _followed(situation, record, line, reading.value)
        transition = closed(situation, record, count=count, billed=pushed, floor=reading.floor, notices=())
    else:
        notice = f"Closed with the last count that could be read. {reading.why}"
        transition = closed(situation, record, count=pushed, billed=pushed, floor=None, notices=(notice,))
    return Finished(cause=_billing(situation, transition.after), transition=transition)


def _hold(
    situation: Situation,
    record: UsageRecord,
    kind: HoldKind,
    why: str,
    *,
    quantity: int,
    stands: int | None = None,
    foreign: tuple[int, ...] = (),
    children: tuple[str, ...] | None = None,
    grown: bool = False,
) -> Finished:
    cause = Cause(state=StandingState.HELD, reason=why, notices=_notices(situation, record))
    hold = record.hold
    unchanged = hold is not None and (hold.kind, hold.why, hold.foreign, hold.children) == (
        kind,
        why,
        foreign,
        children,
    )
    if unchanged and (record.line is None or record.line.intent is None):
        return Finished(cause=cause)
    transition = held(
        situation,
        kind=kind,
        why=why,
        quantity=quantity,
        stands=stands,
        foreign=foreign,
        children=children,
        grown=grown,
    )
    return Finished(cause=cause, transition=transition)


def _come_back(situation: Situation, line: Line, *, since: datetime) -> ComeBack:
    until = since + situation.policy.settle
    why = f"A write to Addition {line.addition_id} may not show in ConnectWise's lists yet: it is looked at again."
    # An intent that this job has just written is given up, so that nobody has to wait for its age as well.
    unsent = situation.additions is not None and line.intent is not None
    return ComeBack(why=why, until=until, transition=withdraw(situation, line, why=why) if unsent else None)


def _sent(record: UsageRecord, line: Line) -> tuple[int, ...]:
    """The quantities of ours that may have arrived; a lower one than what stands only if a person has accepted it."""
    sent = line.unconfirmed if line.intent is None else (*line.unconfirmed, line.intent.quantity)
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
    if answer is not None and line is not None and counted not in (None, line.pushed):
        kept = f"GravityZone counts {counted}; {line.pushed} stays by the word of {answer.by} on {answer.at:%Y-%m-%d}."
        notices = (*notices, kept)
    return Cause(state=StandingState.BILLING, notices=notices)


def _notices(situation: Situation, record: UsageRecord) -> tuple[str, ...]:
    notice = None if situation.agreement is None else invoice_notice(situation.agreement)
    return record.notices if notice is None else (*record.notices, notice)


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
