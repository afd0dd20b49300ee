"""The Additions are in sight: is ours as we left it, and alone? Rules FOLLOW-3, OPEN-6, LATE-1 and SAFE-2."""

from datetime import datetime

from tally.domain import carried, carrying
from tally.domain.agreement import Addition
from tally.domain.as_written import beside_quantity, may_be_of_before, question, untold
from tally.domain.closing import close
from tally.domain.growth import grows_too_fast
from tally.domain.late import doubts, freezes
from tally.domain.outcomes import billing, come_back, held_as, hold
from tally.domain.recognition import beside, doubled, of_others, recognise, with_copies
from tally.domain.record import CARRY_NO_MORE, HoldKind, IntentKind, Line, LineState, UsageRecord, Verdict
from tally.domain.situation import Continue, Finished, Patch, Situation, Step
from tally.domain.target import followed, quantity_of, target
from tally.domain.transitions import confirmed, frozen, lifted, withdraw


def compare(situation: Situation, record: UsageRecord, line: Line) -> Step | None:
    """The next step once the agreement's Additions have been listed; None if they were only looked at, and are as we left them."""
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
    ours = with_copies(found.ours, situation.elsewhere, line, kept_apart=situation.kept_apart)
    as_left = line.state in CARRY_NO_MORE  # of such a line a person is asked as of all others before it
    if not ours and not as_left:
        if line.pushed_at is not None and situation.unsettled(line.pushed_at):
            return come_back(situation, line, since=line.pushed_at)
        why = f"{_gone(situation, line)} {_wanted(situation, line, wanted)}"
        return hold(situation, HoldKind.CHANGED, why, quantity=wanted)
    if len(ours) > 1 and not as_left:
        why = doubled(ours, line.reference, known=line.addition_id)
        return hold(situation, HoldKind.CHANGED, why, quantity=wanted)
    if found.foreign:
        why = beside(
            found.foreign,
            company=situation.company,
            month=situation.key.month,
            wanted=wanted,
            ours=record.stands,
            counted=situation.count,
        )
        return hold(situation, HoldKind.FOREIGN, why, quantity=wanted, foreign=of_others(found.foreign))
    if as_left:
        shown = carrying.as_shown(line, ours[0]) if len(ours) == 1 else line
        return _as_we_left_all(situation, record, shown)
    return _compare_ours(situation, record, line, ours[0], wanted=wanted)


def _compare_ours(situation: Situation, record: UsageRecord, line: Line, ours: Addition, *, wanted: int) -> Step | None:
    found = untold(record, line, ours)
    if line.pushed_at is not None and may_be_of_before(found) and situation.unsettled(line.pushed_at):
        return come_back(situation, line, since=line.pushed_at)
    sent = ours.quantity in _sent(record, line)
    echo_since = line.pushed_at if ours.quantity in line.echoes and situation.unsettled(line.pushed_at) else None
    if sent or echo_since is not None:
        found = beside_quantity(found)
    if found:
        return held_as(situation, question(situation, record, line, ours, found, wanted=wanted))
    if sent:
        # An earlier write arrived after all, ours of a moment ago or one whose answer was lost.
        quantity = int(ours.quantity)
        return Continue(transition=confirmed(situation, line, quantity=quantity, why=f"ConnectWise shows {quantity}"))
    return _as_we_left_it(situation, record, line, ours, wanted=wanted, echo_since=echo_since)


def _as_we_left_it(
    situation: Situation,
    record: UsageRecord,
    line: Line,
    ours: Addition,
    *,
    wanted: int,
    echo_since: datetime | None,
) -> Step | None:
    """Ours stands as we left it, or (``echo_since`` our last write) the list still shows what stood there before."""
    if line.intent is not None and line.intent.kind is IntentKind.TERMS:
        return carrying.carry_out(situation, line, ours)
    if (step := carried.look(situation, record)) is not None:
        return step
    if situation.only_looked:
        return None if echo_since is None else come_back(situation, line, since=echo_since)
    if line.intent is not None:
        known = situation.count is not None and not freezes(situation, line)
        quantity = quantity_of(record, wanted)
        may_be_sent = may_be_set(record, line, quantity) and not _has_outgrown(situation, record)
        if known and line.intent.quantity == quantity and may_be_sent:
            return Patch(agreement_id=line.agreement_id, addition_id=ours.id, quantity=line.intent.quantity)
        return Continue(transition=withdraw(situation, line, why=f"{wanted} is to be billed by now"))
    if record.hold is not None:
        return Continue(transition=lifted(situation, why="what held the push is gone from ConnectWise"))
    if echo_since is not None:
        return come_back(situation, line, since=echo_since)
    why = freezes(situation, line) if line.state is LineState.OPEN else ""
    if why:
        return Continue(transition=frozen(situation, line, why=why, notices=doubts(situation, line)))
    if not situation.closing:
        return Finished(cause=billing(situation, record))
    # With no intent, no hold and nothing that freezes it, the Additions are only ever looked at for the close.
    return close(situation, record.with_line(carrying.as_shown(line, ours)))


def _has_outgrown(situation: Situation, record: UsageRecord) -> bool:
    """Whether a person is to be asked of the count: the month before may have been opened only after the intent was written."""
    wanted = record.stands if situation.count is None else followed(situation, record, situation.count)
    return wanted > record.stands and grows_too_fast(situation, wanted)


def _as_we_left_all(situation: Situation, record: UsageRecord, line: Line) -> Step | None:
    """The newest line can carry no more: are all of them as we left them, or as a person lets them be?"""
    if (step := carried.look(situation, record)) is not None or situation.only_looked:
        return step
    if record.hold is not None:
        return Continue(transition=lifted(situation, why="what was held in ConnectWise is put right, or answered"))
    return close(situation, record.with_line(line)) if situation.closing else Finished(cause=billing(situation, record))


def may_be_set(record: UsageRecord, line: Line, quantity: int) -> bool:
    """Whether the line's quantity is no fall (READ-7), or one that a person has accepted."""
    answer = record.answer
    if answer is not None and answer.verdict is Verdict.ACCEPTED:
        return quantity >= min(quantity_of(record, answer.quantity), line.highest)
    # What a person keeps stands lower than a quantity whose answer never came; it is where it is.
    return quantity >= line.highest or quantity == line.pushed


def _sent(record: UsageRecord, line: Line) -> tuple[int, ...]:
    """The quantities of ours that may have arrived; a lower one than what stands only if a person has accepted it."""
    intent = line.intent if line.intent is not None and line.intent.kind is IntentKind.PATCH else None
    sent = line.unconfirmed if intent is None else (*line.unconfirmed, intent.quantity)
    lowered = record.answer is not None and record.answer.verdict is Verdict.ACCEPTED
    return tuple(quantity for quantity in sent if lowered or quantity >= (line.pushed or 0))


def _gone(situation: Situation, line: Line) -> str:
    moved = [each for each in situation.elsewhere if line.reference in each.text]
    elsewhere = "".join(f" Addition {each.id} on agreement {each.agreement_id} bears its reference." for each in moved)
    return (
        f"Addition {line.addition_id} is gone from the agreement (id {line.agreement_id}), where it stood at {line.pushed}; one with "
        f"[{line.reference}] in its invoice description takes its place.{elsewhere}"
    )


def _wanted(situation: Situation, line: Line, wanted: int) -> str:
    month = situation.key.month.label
    if situation.count is None:
        return f"No count is to be had; our last number for {situation.company} in {month} is {line.pushed}."
    billed = "" if wanted == situation.count else f", and {wanted} are to be billed"
    return f"GravityZone counts {situation.count} {situation.key.service} for {situation.company} in {month}{billed}."
