"""What ConnectWise shows of the lines that can carry no more, before anything is billed beside them: rules FOLLOW-3, LATE-1 and LATE-2."""

from collections.abc import Sequence

from tally.domain.agreement import Addition
from tally.domain.as_written import Field, changed, described, differences, may_be_of_before, untold
from tally.domain.month import Month
from tally.domain.outcomes import hold
from tally.domain.recognition import changed_by, doubled, plain, with_copies
from tally.domain.record import CARRY_NO_MORE, HoldKind, Line, LineState, UsageRecord
from tally.domain.situation import ComeBack, Finished, Situation
from tally.domain.target import target
from tally.domain.transitions import withdraw


def elsewhere(record: UsageRecord | None, agreement_id: int) -> tuple[int, ...]:
    """The other agreements on which lines stand that can carry no more: their Additions are wanted too."""
    lines = () if record is None else record.lines
    return tuple(sorted({line.agreement_id for line in lines if line.state in CARRY_NO_MORE} - {agreement_id}))


def look(situation: Situation, record: UsageRecord) -> Finished | ComeBack | None:
    """What follows where such a line's Addition is not as we left it; None if all are, or a person lets them be.

    Nothing of ours sets it right: a person says what was billed, on which depends how many are late.
    """
    for line in record.lines:
        if line.state not in CARRY_NO_MORE:
            continue
        near = [each for each in situation.additions or () if _is_of(situation, line, each)]
        shown = with_copies(near, situation.elsewhere, line, kept_apart=situation.kept_apart)
        if _may_lag(situation, line, shown):
            return _come_back(situation, record, line)
        seen = _seen(record, line, shown)
        if seen and seen not in record.left_so:
            return _ask(situation, record, line, shown, seen=seen)
    return None


def _is_of(situation: Situation, line: Line, addition: Addition) -> bool:
    """Whether it is the line's, by its id, or by our reference if no person has said to keep it apart."""
    return addition.id == line.addition_id or (
        line.reference in addition.text and addition.id not in situation.kept_apart
    )


def _may_lag(situation: Situation, line: Line, shown: Sequence[Addition]) -> bool:
    """Whether the list may still show what was before our last write."""
    if not situation.unsettled(line.pushed_at):
        return False
    if len(shown) != 1:
        return not shown
    (ours,) = shown
    before = may_be_of_before(differences(line, ours, month=situation.key.month))
    return before or (ours.quantity != line.pushed and ours.quantity in line.echoes)


def _come_back(situation: Situation, record: UsageRecord, line: Line) -> ComeBack:
    assert line.pushed_at is not None  # of none that was never written it is said that its list may lag
    why = f"A write to Addition {line.addition_id} may not show in ConnectWise's lists yet: it is looked at again."
    newest = record.line
    announced = newest is not None and newest.intent is not None
    return ComeBack(
        why=why,
        until=line.pushed_at + situation.policy.settle,
        transition=withdraw(situation, newest, why=why) if newest is not None and announced else None,
    )


def _seen(record: UsageRecord, line: Line, shown: Sequence[Addition]) -> str:
    """How ConnectWise shows the line, if otherwise than we left it: the same words as long as it is the same."""
    if not shown:
        return f"line {line.number} is gone"
    if len(shown) > 1:
        return f"line {line.number} is {', '.join(str(each) for each in sorted(each.id for each in shown))}"
    (ours,) = shown
    found = untold(record, line, ours)
    if not found:
        return ""
    rest = "".join(f", {each.field} {each.shown}" for each in found if each.field not in _TOLD_FIRST)
    return f"line {line.number} is {plain(ours.quantity)} until {ours.cancelled}{rest}"


_TOLD_FIRST = (Field.QUANTITY, Field.CANCELLED)


def _ask(situation: Situation, record: UsageRecord, line: Line, shown: Sequence[Addition], *, seen: str) -> Finished:
    stands = _quantity(shown)
    wanted = record.stands if situation.count is None else target(situation, record, situation.count)
    counted = (
        ""
        if situation.count is None
        else f" GravityZone counts {situation.count} {situation.key.service} for {situation.company} in {situation.key.month.label}."
    )
    why = f"{_told(line, shown, situation.key.month)} {_NOT_WRITTEN}{counted} {_advice(line, stands)}"
    return hold(situation, HoldKind.CHANGED, why, quantity=wanted, stands=stands, line=line.number, seen=seen)


_NOT_WRITTEN = "That period has been invoiced or its agreement has ended, so nothing is written there."


def _quantity(shown: Sequence[Addition]) -> int | None:
    """What the Addition bills as it is shown; None where that is no whole number, or nobody can say which one counts."""
    if not shown:
        return 0
    return shown[0].seats if len(shown) == 1 else None


def _told(line: Line, shown: Sequence[Addition], month: Month) -> str:
    if not shown:
        return f"Addition {line.addition_id} is gone from the agreement (id {line.agreement_id}), where it stood at {line.pushed}."
    if len(shown) > 1:
        return doubled(shown, line.reference, known=line.addition_id)
    (ours,) = shown
    others = [each for each in differences(line, ours, month=month) if each.field not in _TOLD_FIRST]
    rest = f"; {described(others)}" if others else ""
    return (
        f"Addition {ours.id} {changed(line, ours)} in ConnectWise by {changed_by(ours)}: it stands at {plain(ours.quantity)} until "
        f"{ours.cancelled or 'further notice'}, we left it at {line.pushed} until {line.cancelled}{rest}."
    )


def _advice(line: Line, stands: int | None) -> str:
    """What a person can do; what a month closed with can be put right or left, and not be taken for another number."""
    leave = f"Reject, and it is left as it is, with {line.pushed} as what was billed"
    if stands not in (None, line.pushed) and line.state is not LineState.FINAL:
        leave = f"{leave}; approve, if {stands or 'nothing'} was billed"
    if stands == 0 and line.pushed:
        return f"{leave}; or put it right: one with [{line.reference}] in its invoice description takes its place."
    return f"{leave}; or put it right in ConnectWise."
