"""Take in lines that ConnectWise has and a restored ledger lacks (SAFE-8).

Where a higher line stands than the ledger knows, all that it knows of the lower ones is of earlier:
what ConnectWise shows of them is what was last confirmed. So it is of a frozen line that was last
changed before its period was invoiced, where the quantities then agree with the count.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from tally.domain.decision.changes import Change, not_as_written
from tally.domain.facts.as_written import as_found
from tally.domain.facts.job_facts import Facts
from tally.domain.facts.place import why_frozen
from tally.domain.facts.sighting import Sighting
from tally.domain.holds import Broken
from tally.domain.model.agreement import Addition
from tally.domain.model.invoicing import Invoicing
from tally.domain.model.reading import Count
from tally.domain.record.lines import LAID_DOWN, SETTLED, Line, LineState, Place, Written
from tally.domain.record.record_key import reference
from tally.domain.record.rulings import Said
from tally.domain.record.usage_record import UsageRecord
from tally.domain.texts.changed_additions import doubled, plain


def recover(record: UsageRecord, seen: Sighting, facts: Facts) -> Change | Broken | None:
    """Return the record with what the ledger did not know taken in; None if it knew all.

    A hold, where one of ours is there twice: nobody can say which.
    """
    older = _older(record, seen)
    if not seen.unknown:
        return _as_invoiced(record, older, facts)
    for number, additions in sorted(seen.unknown.items()):
        if len(additions) > 1:
            return _doubled(record, number, additions, facts)
    found = {number: each[0] for number, each in seen.unknown.items()}
    lines = _all_lines(record, seen, found, facts)
    return _recovered(record, lines, found, facts, why=_told(record, found, older))


def _older(record: UsageRecord, seen: Sighting) -> dict[int, Addition]:
    """Known lines that are shown at another quantity, by number."""
    shown = {
        line.number: seen.shown(line.number) for line in record.lines if line.state not in LAID_DOWN
    }
    return {
        number: each[0]
        for number, each in shown.items()
        if len(each) == 1 and each[0].quantity != record.line(number).pushed
    }


def _doubled(
    record: UsageRecord, number: int, additions: Sequence[Addition], facts: Facts
) -> Broken:
    why = doubled(additions, reference(record.key, number))
    counted = facts.reading.value if isinstance(facts.reading, Count) else 0
    return Broken(why=why, since=facts.when.tick, total=counted)


def _all_lines(
    record: UsageRecord, seen: Sighting, found: Mapping[int, Addition], facts: Facts
) -> dict[int, Line]:
    """All lines as they are shown. Only the highest is followed from now on."""
    # Only the newest line may grow, so all below it are taken as they are shown.
    newest = max((*found, *(line.number for line in record.lines)))
    lines = {line.number: line for line in record.lines}
    for number, line in lines.items():
        if number != newest or line.state is LineState.FROZEN:
            lines[number] = _as_shown(line, seen.shown(number))
    for number, it in found.items():
        lines[number] = _found(record, number, it, facts)
    return {
        number: line if number == newest else _laid_down(line, lines)
        for number, line in sorted(lines.items())
    }


def _found(record: UsageRecord, number: int, it: Addition, facts: Facts) -> Line:
    line = Line(
        number=number,
        state=LineState.OPEN,
        place=_place_found(record, number, it),
        reference=reference(record.key, number),
        addition_id=it.id,
        # The flag as it is shown counts as ours: the ledger that knew it is lost.
        written=Written(
            quantity=it.seats or 0,
            at=it.updated_at or facts.when.now,
            flag=it.terms.bill_customer or "",
        ),
    )
    agreement = facts.agreement(it.agreement_id)
    frozen = agreement is not None and why_frozen(line, agreement, facts)
    return replace(line, state=LineState.FROZEN) if frozen else line


def _place_found(record: UsageRecord, number: int, it: Addition) -> Place:
    month = record.key.month
    effective, cancelled = it.effective or month.first, it.cancelled or month.last
    place = Place(
        agreement_id=it.agreement_id,
        product_id=it.product_id,
        effective=effective,
        cancelled=cancelled,
        late=effective > month.last or any(line.state in SETTLED for line in record.lines),
    )
    if number > 0:
        return place
    # The month's own line has no other days than the month's.
    own = replace(place, effective=month.first, cancelled=month.last)
    return as_found(own, 0, it, month, mark=reference(record.key, 0))


def _as_shown(line: Line, shown: Sequence[Addition]) -> Line:
    """A line that is known from earlier, and is the newest no more."""
    if line.state in LAID_DOWN:
        return line
    written = replace(line.written, unsure=(), echoes=())
    if len(shown) != 1:
        return replace(line, written=written)
    (it,) = shown
    place = replace(line.place, cancelled=it.cancelled or line.place.cancelled)
    return replace(line, place=place, written=replace(written, quantity=it.seats or 0))


def _laid_down(line: Line, lines: Mapping[int, Line]) -> Line:
    """Freeze a line below the newest; at 0 it is void, unless a higher one is at the same place."""
    if line.state in LAID_DOWN:
        return line
    goes_on = any(
        each.number > line.number and each.place.is_beside(line.place) for each in lines.values()
    )
    return replace(
        line, state=LineState.VOID if line.pushed == 0 and not goes_on else LineState.FROZEN
    )


def _recovered(
    record: UsageRecord,
    lines: Mapping[int, Line],
    found: Mapping[int, Addition],
    facts: Facts,
    *,
    why: str,
) -> Change:
    after = replace(
        record.without(Said.GIVE),
        lines=tuple(lines[number] for number in sorted(lines)),
        claim=None,
        hold=None,
        refusal=None,
    )
    standing = (
        (lines[number], it)
        for number, it in found.items()
        if lines[number].state is not LineState.VOID
    )
    holds = (not_as_written(after, line, it, facts) for line, it in standing)
    return Change(replace(after, hold=next(filter(None, holds), None)), "found again", why)


def _as_invoiced(record: UsageRecord, older: Mapping[int, Addition], facts: Facts) -> Change | None:
    """Take frozen lines as shown, where they stood so within their period and make up the count."""
    if not older or not isinstance(facts.reading, Count):
        return None
    if not all(_is_on_the_invoice(record.line(number), it, facts) for number, it in older.items()):
        return None
    lines = {line.number: line for line in record.lines}
    more = sum(int(it.quantity) - lines[number].pushed for number, it in older.items())
    # Quantities that make up the count need no answer (SAFE-8). Any others are held as changed.
    if record.stands + more != facts.reading.value:
        return None
    taken = {
        number: _as_shown(line, (older[number],))
        for number, line in lines.items()
        if number in older
    }
    why = (
        f"{_told(record, {}, older)}: it was changed before its period was invoiced, and makes up "
        "what GravityZone counts"
    )
    return _recovered(record, {**lines, **taken}, {}, facts, why=why)


def _is_on_the_invoice(line: Line, it: Addition, facts: Facts) -> bool:
    """Return True if it was last changed before its period could be invoiced."""
    agreement, changed = facts.agreement(line.agreement_id), it.updated_at
    if line.state is not LineState.FROZEN or changed is None or it.quantity % 1:
        return False
    # ConnectWise gives the time of the last change, not of each field: a later change may be any.
    in_time = changed.date() <= line.place.cancelled
    runs = agreement is not None and agreement.active_on(line.place.cancelled)
    # In advance an invoice is made before the days that it covers, so this date proves nothing.
    return in_time and runs and facts.when.policy.invoicing is Invoicing.ARREARS


def _told(record: UsageRecord, found: Mapping[int, Addition], older: Mapping[int, Addition]) -> str:
    new = [
        f"line {number} is Addition {it.id} at {plain(it.quantity)} on agreement "
        f"{it.agreement_id}, found by its reference"
        for number, it in sorted(found.items())
    ]
    changed = [
        f"line {number} is at {plain(it.quantity)}, not {record.line(number).pushed}"
        for number, it in sorted(older.items())
    ]
    told = "; ".join((*new, *changed))
    return (
        f"{told}: the ledger did not know, as it was restored to an earlier point"
        if found
        else told
    )
