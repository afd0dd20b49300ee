"""Following the count on a line until the close: rules FOLLOW-1, 2, 3, 4, READ-4, 7, CLOSE-1, 2, LATE-1, 2 and SAFE-2."""

from dataclasses import replace

from tally.domain import carried, carrying
from tally.domain.closing import close, not_read_again
from tally.domain.comparing import compare, may_be_set
from tally.domain.growth import grows_too_fast, too_fast
from tally.domain.invoicing import late_period
from tally.domain.late import (
    asks,
    doubts,
    fall_question,
    freezes,
    is_late,
    late_notice,
    late_question,
    never_written,
    never_written_question,
    taken_back,
    thaws,
    unasked,
)
from tally.domain.next_line import NextLine, next_line
from tally.domain.opening import open_line
from tally.domain.other_children import question
from tally.domain.outcomes import billing, come_back, hold, notices
from tally.domain.partner import changed
from tally.domain.reading import Unknown
from tally.domain.record import (
    CARRY_NO_MORE,
    HoldKind,
    IntentKind,
    Line,
    LineState,
    Refusal,
    Transition,
    UsageRecord,
    Verdict,
)
from tally.domain.situation import Continue, Finished, Look, NoWord, Situation, Step
from tally.domain.standing import Cause, StandingState, needs_setup, waiting
from tally.domain.target import followed, quantity_of, target
from tally.domain.transitions import frozen, intend_patch, lifted, noted, recovered, renew, thawed


def follow(situation: Situation, record: UsageRecord, line: Line) -> Step:
    """The next step for a record whose Addition exists; for a closed one, what its second reading makes of it (CLOSE-4)."""
    if situation.additions is not None:
        return _with_additions(situation, record, line)
    if line.intent is not None:
        if situation.unsettled(line.intent.at):
            return come_back(situation, line, since=line.intent.at)
        if line.intent.kind is IntentKind.TERMS:
            return carrying.count_first(situation, line, line.intent)
        return Look(
            agreement_id=line.agreement_id,
            transition=renew(situation, line, line.intent),
            reread=situation.stale,
            also=carried.elsewhere(record, line.agreement_id),
        )
    if record.held_by_connectwise:
        return look_at_all(situation, record, line)
    step = _unseen(situation, record, line)
    if situation.look_due and isinstance(step, Finished):
        return replace(look_at_all(situation, record, line), only=True)
    return step


def _unseen(situation: Situation, record: UsageRecord, line: Line) -> Step:
    """The next step without a look at ConnectWise, with nothing announced there and nothing held for what stands there."""
    if (moved := _children_moved(situation, record, line)) is not None:
        return moved
    if isinstance(situation.reading, Unknown):
        step = _without_reading(situation, record, line, situation.reading.why)
    else:
        step = _with_count(situation, record, line, situation.reading.value)
    return carrying.where_idle(situation, line, step)


def _with_additions(situation: Situation, record: UsageRecord, line: Line) -> Step:
    """The Additions are in sight: what they were wanted for."""
    if situation.only_looked:
        return compare(situation, record, line) or _unseen(replace(situation, additions=None), record, line)
    if situation.stale and not record.held_by_connectwise and _seems_thawed(situation, line):
        return Continue(transition=_thawed(situation, line))
    if _looked_for_another_line(situation, record, line):
        return _another_line(situation, record)
    if line.state is LineState.FINAL and not record.held_by_connectwise:
        return close(situation, record)  # it was looked at for the price of what is to be credited
    step = compare(situation, record, line)
    assert step is not None  # only what is looked at for the day may leave nothing to do
    if line.state is LineState.OPEN and situation.count is not None and _says_nothing(situation, record, step):
        # It was looked at to be frozen, and the agreement as it is by now does not say so.
        return _with_count(situation, record, line, situation.count)
    return step


def _children_moved(situation: Situation, record: UsageRecord, line: Line) -> Step | None:
    """What follows where others stand below a partner than those that its count was taken with (READ-4)."""
    if line.state is LineState.FINAL and changed(record, situation.children):
        why = "Other companies stand directly below it than when it was closed."
        return _ask_unwritten(situation, record, why) or not_read_again(situation, record, why)
    if asked := question(situation, record):
        return hold(
            situation,
            HoldKind.CHILDREN,
            asked.why,
            quantity=asked.quantity,
            children=asked.children,
            grown=asked.grown,
        )
    if record.hold is not None and record.hold.kind is HoldKind.CHILDREN and situation.children is not None:
        return Continue(transition=lifted(situation, why="the same companies are below it as before"))
    return None


def _says_nothing(situation: Situation, record: UsageRecord, step: Step) -> bool:
    return not situation.closing and step == Finished(cause=billing(situation, record))


def _looked_for_another_line(situation: Situation, record: UsageRecord, line: Line) -> bool:
    """Whether the Additions were wanted for what the line cannot carry, rather than for the line itself."""
    if line.state is LineState.OPEN or record.held_by_connectwise:
        return False
    return situation.count is not None and target(situation, record, situation.count) > record.stands


def _another_line(situation: Situation, record: UsageRecord) -> Step:
    if situation.agreement is None or situation.opening is None:  # there is no place for it: a person is to know
        total = record.stands if situation.count is None else target(situation, record, situation.count)
        return _ask_late(situation, record, total=total)
    return open_line(situation)


def _with_count(situation: Situation, record: UsageRecord, line: Line, count: int) -> Step:
    turned = _frozen_or_thawed(situation, record, line)
    if turned is not None:
        return turned
    can_carry = line.state is LineState.OPEN
    total, wanted = target(situation, record, count), followed(situation, record, count)
    if line.state is LineState.FINAL and total <= record.stands:
        return close(situation, record) if total == record.stands else Look(agreement_id=line.agreement_id)
    if can_carry and not may_be_set(record, line, quantity_of(record, total)):
        why = fall_question(situation, record, line, count=count)
        return hold(situation, HoldKind.FALL, why, quantity=count)
    if wanted > record.stands and grows_too_fast(situation, wanted):
        return hold(
            situation, HoldKind.GROWTH, too_fast(situation, count=wanted, stands=record.stands), quantity=wanted
        )
    late = total > record.stands and (not can_carry or is_late(record, line))
    # Without an agreement for it a person is to know, but is not asked twice.
    nowhere = not can_carry and situation.agreement is None and record.late is None
    if late and (nowhere or asks(situation, record, total)):
        return _ask_late(situation, record, total=total)
    if total > record.stands and not can_carry:
        return open_line(situation)
    if record.hold is not None:
        return Continue(transition=lifted(situation, why=f"GravityZone counts {count}"))
    if can_carry and (written := _write(situation, record, line, total=total)) is not None:
        return written
    if situation.closing:
        return look_at_all(situation, record, line)
    return Finished(cause=billing(situation, record, counted=count))


def _frozen_or_thawed(situation: Situation, record: UsageRecord, line: Line) -> Step | None:
    """What the agreement says of the line: whether it can still carry anything (LATE-1)."""
    if line.state is not LineState.OPEN:
        if not _seems_thawed(situation, line):
            return None
        if situation.stale:  # it may have been frozen for what the agreement said after the job's copy was made
            return look_at_all(situation, record, line)
        return Continue(transition=_thawed(situation, line))
    why = freezes(situation, line)
    if not why:
        return None
    if line.unconfirmed:  # first see what stands there, as that is what was invoiced
        return look_at_all(situation, record, line)
    return Continue(transition=frozen(situation, line, why=why, notices=doubts(situation, line)))


def _seems_thawed(situation: Situation, line: Line) -> bool:
    return line.state is LineState.FROZEN and thaws(situation, line)


def _thawed(situation: Situation, line: Line) -> Transition:
    transition = thawed(situation, line, why=f"agreement {line.agreement_id} can be billed for it again")
    return noted(transition, taken_back(situation, line))


def _write(situation: Situation, record: UsageRecord, line: Line, *, total: int) -> Step | None:
    """What brings the line to the total; None if it stands there."""
    quantity, answer = quantity_of(record, total), record.answer
    if quantity != line.pushed:
        return _push(situation, record, line, quantity=quantity)
    if answer is not None and answer.verdict is Verdict.ACCEPTED and total > answer.quantity:
        return Continue(transition=recovered(situation, why=f"{total} are to be billed again"))
    return None


def _push(situation: Situation, record: UsageRecord, line: Line, *, quantity: int) -> Step:
    if situation.refusal is not None and still_refused(situation, situation.refusal, quantity=quantity):
        return Finished(cause=needs_setup(situation.refusal.why))
    announced = intend_patch(situation, line, quantity=quantity)
    return Look(
        agreement_id=line.agreement_id,
        transition=announced,
        reread=situation.stale,
        also=carried.elsewhere(record, line.agreement_id),
        elsewhere=situation.others,
    )


def _ask_late(situation: Situation, record: UsageRecord, *, total: int) -> Step:
    """Usage beyond what was invoiced asks a person, once the month's count is final; until then it is told (LATE-2)."""
    if not situation.closing:
        if record.hold is not None:
            return Continue(transition=lifted(situation, why="it is asked when the month closes"))
        cause = billing(situation, record)
        notice = late_notice(situation, total=total, stands=record.stands)
        return Finished(cause=replace(cause, notices=(*cause.notices, notice)))
    agreement, line = situation.agreement, record.line
    # What was asked before a ledger was restored may have been answered, and done, since.
    anew = unasked(record) or (situation.first_of_day and isinstance(next_line(situation), NextLine))
    further = line is not None and line.state is not LineState.OPEN and anew
    if further and agreement is not None and situation.opening is not None:
        return open_line(situation)
    if agreement is None and not situation.directory_read:
        return Finished(cause=NoWord.STAYS)
    if line is not None and further and situation.additions is None:
        return look_at_all(situation, record, line)
    if further and (step := carried.look(situation, record)) is not None:
        return step
    period = (
        None
        if agreement is None
        else late_period(agreement, situation.policy.invoicing, month=situation.key.month, today=situation.today)
    )
    why = late_question(situation, record, total=total, agreement=agreement, period=period)
    return hold(situation, HoldKind.LATE, why, quantity=total)


def look_at_all(situation: Situation, record: UsageRecord, line: Line) -> Look:
    """Look at the Additions of every agreement that the record's lines stand on, or that the next one would."""
    agreements = {*carried.elsewhere(record, line.agreement_id)}
    if line.state in CARRY_NO_MORE and situation.agreement is not None:
        agreements.add(situation.agreement.id)
    reread = situation.stale and (line.state is LineState.OPEN or _seems_thawed(situation, line))
    return Look(
        agreement_id=line.agreement_id,
        also=tuple(sorted(agreements - {line.agreement_id})),
        reread=reread,
        elsewhere=situation.others,
    )


def _without_reading(situation: Situation, record: UsageRecord, line: Line, why: str) -> Step:
    """No count is to be had: what stands, stays; at the close it is final if it still stands (CLOSE-5)."""
    if record.hold is not None:
        return Finished(
            cause=Cause(state=StandingState.HELD, reason=record.hold.why, notices=notices(situation, record))
        )
    if situation.closing and (asked := _ask_unwritten(situation, record, why)) is not None:
        return asked
    if record.refusal is not None:  # a higher count was known than the one that stands
        return Finished(cause=needs_setup(record.refusal.why))
    if line.state is LineState.FINAL:
        return not_read_again(situation, record, why)
    if situation.closing:
        return look_at_all(situation, record, line)
    reason = f"{why} What stands for {situation.key.month.label}, {record.stands}, stays until the month closes."
    return Finished(cause=waiting(reason))


def _ask_unwritten(situation: Situation, record: UsageRecord, why: str) -> Finished | None:
    """More was approved, or was to be written, than stands, and no count is to be had for it: a person is asked (CLOSE-5)."""
    number = never_written(record)
    if number is None:
        return None
    question = never_written_question(record, situation.company, number=number, why=why)
    return hold(situation, HoldKind.LATE, question, quantity=number, stands=record.stands)


def patch_fingerprint(situation: Situation, *, quantity: int) -> str:
    """What a refused PATCH depends on: it is tried again when the agreement or the count has changed (SAFE-2).

    And once a day: what ConnectWise refused may be a bad field of the Addition, of whose mending we would not hear.
    """
    agreement = situation.expected_agreement
    return f"patch {quantity} {situation.tick:%Y-%m-%d} {'' if agreement is None else agreement.version}"


def still_refused(situation: Situation, refusal: Refusal, *, quantity: int) -> bool:
    """Whether nothing has changed on which a refused PATCH of that quantity depends."""
    if situation.expected_agreement is None:  # not listed at this tick: nothing says that it has changed
        return refusal.fingerprint.startswith(f"patch {quantity} {situation.tick:%Y-%m-%d} ")
    return refusal.fingerprint == patch_fingerprint(situation, quantity=quantity)
