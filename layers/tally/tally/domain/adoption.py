"""A ledger restored to an earlier point: lines that ConnectWise has and the ledger does not know are taken into the record (SAFE-8).

Where a higher line stands than the ledger knows, all that it knows of the lower ones is of earlier: what ConnectWise shows of
them is what was last confirmed. So it is of a frozen line that was last changed before its period was invoiced, where the
quantities then agree with the count.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from tally.domain.agreement import Addition
from tally.domain.as_written import as_found
from tally.domain.invoicing import Invoicing
from tally.domain.late import freezes
from tally.domain.outcomes import billing, hold
from tally.domain.recognition import by_line, doubled, plain
from tally.domain.record import LAID_DOWN, HoldKind, Line, LineState, UsageRecord, reference
from tally.domain.situation import Continue, Finished, Situation
from tally.domain.standing import Cause, StandingState
from tally.domain.transitions import adopted


def adopt(situation: Situation) -> Continue | Finished | None:
    """What follows where the Additions in sight have lines of the record that it lacks; None if there are none.

    Only the highest line is followed from then on, by the next job if it stands on another agreement than this one's.
    """
    if situation.additions is None:
        return None
    record = situation.record
    in_sight = {each.id: each for each in (*situation.additions, *situation.elsewhere)}
    shown = by_line(in_sight.values(), key=situation.key)
    known = {line.number: line for line in _lines(record) if line.state is not LineState.OPENING}
    unknown = sorted(shown.keys() - known.keys())
    older = [number for number, line in known.items() if _differs(line, shown.get(number, ()))]
    if not unknown and not _agree(situation, known, shown, older):
        return None
    if unknown and not older and _is_the_one_being_opened(situation, unknown):
        return None
    for number in unknown:
        if len(shown[number]) > 1:
            why = doubled(shown[number], reference(situation.key, number))
            return hold(situation, HoldKind.CHANGED, why, quantity=situation.count or 0)
    newest = max((*unknown, *known))
    followed = newest if newest in unknown or known[newest].state is not LineState.FROZEN else None
    below = {number: _as_shown(line, shown.get(number, ())) for number, line in known.items() if number != followed}
    found = {number: _found(situation, number, shown[number][0]) for number in unknown}
    lines = {**known, **below, **found}
    lines = {number: line if number == newest else _laid_down(line, lines) for number, line in lines.items()}
    transition = adopted(
        situation,
        [lines[number] for number in sorted(lines)],
        [shown[number][0] for number in unknown if lines[number].state is not LineState.VOID],
        why=_told(shown, unknown, [known[number] for number in older]),
    )
    after = transition.after
    if after.hold is not None:
        return Finished(cause=Cause(state=StandingState.HELD, reason=after.hold.why), transition=transition)
    agreement = situation.expected_agreement
    if agreement is not None and agreement.id == lines[newest].agreement_id:
        return Continue(transition=transition)
    return Finished(cause=billing(situation, after), transition=transition)


def _lines(record: UsageRecord | None) -> Sequence[Line]:
    return () if record is None else record.lines


def _is_the_one_being_opened(situation: Situation, unknown: Sequence[int]) -> bool:
    """Whether all that is found is the line whose intent stands, at its place: then it is opened, as after any lost answer."""
    line = None if situation.record is None else situation.record.line
    if line is None or line.state is not LineState.OPENING or list(unknown) != [line.number]:
        return False
    return all(line.reference not in addition.text for addition in situation.elsewhere)


def _differs(line: Line, shown: Sequence[Addition]) -> bool:
    return line.state not in LAID_DOWN and len(shown) == 1 and shown[0].quantity != line.pushed


def _agree(
    situation: Situation, known: Mapping[int, Line], shown: Mapping[int, Sequence[Addition]], older: Sequence[int]
) -> bool:
    """Whether what is seen of frozen lines, as they stood within their period, makes up the count with all others."""
    record = situation.record
    if record is None or not older or any(shown[each][0].quantity % 1 for each in older):
        return False
    if any(not _is_on_the_invoice(situation, known[each], shown[each][0]) for each in older):
        return False
    stands = record.stands + sum(int(shown[each][0].quantity) - (known[each].pushed or 0) for each in older)
    return stands == situation.count


def _is_on_the_invoice(situation: Situation, line: Line, addition: Addition) -> bool:
    """Whether the quantity was last changed before its period could have been invoiced: in arrears, on a running agreement."""
    agreement, changed = situation.expected_agreement, addition.updated_at
    if line.state is not LineState.FROZEN or changed is None or changed.date() > line.cancelled:
        return False
    runs = agreement is not None and agreement.id == line.agreement_id and agreement.active_on(line.cancelled)
    return runs and situation.policy.invoicing is Invoicing.ARREARS


def _found(situation: Situation, number: int, addition: Addition) -> Line:
    month = situation.key.month
    line = Line(
        number=number,
        state=LineState.OPEN,
        agreement_id=addition.agreement_id,
        product_id=addition.product_id,
        reference=reference(situation.key, number),
        effective=addition.effective or month.first,
        cancelled=addition.cancelled or month.last,
        addition_id=addition.id,
        pushed=addition.seats or 0,
        pushed_at=addition.updated_at or situation.now,
        bill_customer=addition.terms.bill_customer or "",
    )
    if number == 0:  # the month's own has no other days
        line = as_found(replace(line, effective=month.first, cancelled=month.last), addition, month)
    return replace(line, state=LineState.FROZEN) if freezes(situation, line) else line


def _as_shown(line: Line, shown: Sequence[Addition]) -> Line:
    """A line that is known from earlier, and is the newest no more."""
    if line.state in LAID_DOWN:
        return line
    line = replace(line, unconfirmed=(), echoes=(), intent=None)
    if len(shown) != 1:
        return line
    return replace(line, pushed=shown[0].seats or 0, cancelled=shown[0].cancelled or line.cancelled)


def _laid_down(line: Line, lines: Mapping[int, Line]) -> Line:
    """A line below the newest one carries no more; one at 0 was voided, unless a higher one stands at the very same place."""
    if line.state in LAID_DOWN:
        return line
    place = line.agreement_id, line.product_id
    goes_on = any((each.agreement_id, each.product_id) == place for each in lines.values() if each.number > line.number)
    return replace(line, state=LineState.VOID if line.pushed == 0 and not goes_on else LineState.FROZEN)


def _told(shown: Mapping[int, Sequence[Addition]], unknown: Sequence[int], older: Sequence[Line]) -> str:
    found = (
        f"line {number} is Addition {shown[number][0].id} at {plain(shown[number][0].quantity)} on agreement "
        f"{shown[number][0].agreement_id}, found by its reference"
        for number in unknown
    )
    changed = (f"line {line.number} is at {plain(shown[line.number][0].quantity)}, not {line.pushed}" for line in older)
    told = "; ".join((*found, *changed))
    if not unknown:
        return f"{told}: it was changed before its period was invoiced, and makes up what GravityZone counts"
    return f"{told}: the ledger did not know, as it was restored to an earlier point"
