"""Voiding a line that stands at the wrong place: its Addition is set to 0 and kept, and the next line takes its place (OPEN-1)."""

from tally.domain.following import still_refused
from tally.domain.late import freezes
from tally.domain.recognition import recognise
from tally.domain.record import Line, UsageRecord
from tally.domain.situation import ComeBack, Continue, Finished, Look, Patch, Situation, Step
from tally.domain.standing import needs_setup
from tally.domain.transitions import intend_patch, noted, voided, withdraw


def void_line(situation: Situation, record: UsageRecord, line: Line) -> Step:
    """The next step for a line that a person wants to bill nothing. What somebody else wrote there is no obstacle to that."""
    if situation.additions is not None:
        return _set_to_nothing(situation, record, line)
    if line.intent is not None:
        if situation.unsettled(line.intent.at):
            why = (
                f"Addition {line.addition_id} was being set to 0 and no answer is recorded yet: it is looked for again."
            )
            return ComeBack(why=why, until=line.intent.at + situation.policy.settle)
        why = f"no outcome was recorded since {line.intent.at:%Y-%m-%dT%H:%M:%SZ}"
        return Look(agreement_id=line.agreement_id, transition=withdraw(situation, line, why=why), reread=True)
    if situation.refusal is not None and still_refused(situation, situation.refusal, quantity=0):
        return Finished(cause=needs_setup(situation.refusal.why))
    return Look(agreement_id=line.agreement_id, reread=True)


def _set_to_nothing(situation: Situation, record: UsageRecord, line: Line) -> Step:
    ours = recognise(
        situation.additions or (), key=situation.key, record=record, product_id=line.product_id, number=line.number
    ).ours
    standing = [addition for addition in ours if addition.quantity != 0]
    written = line.pushed or any(line.unconfirmed)
    if not standing and (written or not ours) and situation.unsettled(line.pushed_at):
        assert line.pushed_at is not None
        why = f"Addition {line.addition_id} may not show in ConnectWise's list as it was left: it is looked at again."
        return ComeBack(why=why, until=line.pushed_at + situation.policy.settle)
    if not standing:
        seen = "stands at 0" if ours else "is gone from the agreement"
        return Continue(transition=voided(situation, line, why=f"Addition {line.addition_id} {seen}"))
    if line.intent is None:
        announced = noted(intend_patch(situation, line, quantity=0), _too_late(situation, line))
        return Look(agreement_id=line.agreement_id, transition=announced)
    return Patch(agreement_id=line.agreement_id, addition_id=standing[0].id, quantity=0)


def _too_late(situation: Situation, line: Line) -> tuple[str, ...]:
    """The notice where an invoice has taken the line's quantity before a person could have it voided."""
    why = freezes(situation, line)
    if not why:
        return ()
    return (
        f"Addition {line.addition_id} is voided, but {why}: see whether {line.pushed} must be credited there by hand.",
    )
