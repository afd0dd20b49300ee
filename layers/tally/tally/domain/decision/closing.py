"""Close a month, and find what was billed beyond its last count (CLOSE-2, 4, 5, LATE-3)."""

from decimal import Decimal

from tally.domain.decision import changes, write_changes
from tally.domain.decision.case import Wanted
from tally.domain.decision.scene import Done
from tally.domain.facts.job_facts import Facts
from tally.domain.facts.owed import Owed, floor_of, owing_of
from tally.domain.facts.sighting import Sighting
from tally.domain.model.invoicing import is_invoiced
from tally.domain.model.reading import Count
from tally.domain.model.standing import Unsaid
from tally.domain.record.history import LAST_COUNT, NOT_READ_AGAIN
from tally.domain.record.lines import LineState
from tally.domain.record.usage_record import Credit, RecordState, UsageRecord
from tally.domain.texts import notices


def close_needs_look(record: UsageRecord, wanted: Wanted) -> bool:
    """Return True if the close must be seen (CLOSE-2, CLOSE-4).

    A second reading that adds nothing changes nothing.
    """
    if not record.lines:
        return False
    adds_nothing = record.head is None and wanted.total >= record.stands
    return record.state is RecordState.OPEN or not adds_nothing


def close_month(record: UsageRecord, facts: Facts, seen: Sighting | None) -> Done:
    """Close the month, or record the second reading of a closed one (CLOSE-2, CLOSE-4, CLOSE-5)."""
    owing, when = owing_of(record, facts), facts.when
    shown = _with_terms_shown(record, seen)
    doubts = _doubts(record, facts)
    if isinstance(owing, Owed):
        floor = None
        if isinstance(facts.reading, Count):
            floor = floor_of(record, facts.reading)
            doubts += notices.floor_doubts(facts.reading, when, floor=floor)
        credit = _credit(record, owing.agreed, floor, facts, seen)
        change = changes.closed(
            shown, when, count=owing.agreed, floor=floor, credit=credit, notices=doubts
        )
    elif record.state is RecordState.CLOSED and record.closing is not None:
        # What it closed with stays, and so does its credit, as no count says otherwise.
        known = record.closing
        again = f"{when.month.label} {NOT_READ_AGAIN} {owing.why}"
        change = changes.closed(
            shown, when, count=known.count, floor=known.floor, credit=known.credit, notices=(again,)
        )
    else:
        # CLOSE-5: without a reading what stands is the last word, and no floor is known.
        last = f"{LAST_COUNT} {owing.why}"
        change = changes.closed(
            shown, when, count=record.stands, floor=None, credit=None, notices=(last, *doubts)
        )
    after = change.after
    # Nothing is left to tell: the planner's word for the company stands alone again.
    if after.closing is not None and after.closing.reread and not after.notices:
        return Done(Unsaid.PLANNERS, change)
    return Done(notices.billing(after, facts), change)


def _with_terms_shown(record: UsageRecord, seen: Sighting | None) -> UsageRecord:
    line = record.newest
    shown = () if seen is None or line is None else seen.shown(line.number)
    if line is None or len(shown) != 1:
        return record
    return record.with_line(write_changes.with_terms_shown(line, shown[0]))


def _doubts(record: UsageRecord, facts: Facts) -> tuple[str, ...]:
    """Tell of lines whose invoice may have been made before their last quantity (LATE-1)."""
    agreement = facts.offered
    if agreement is None:
        return ()
    invoiced = (
        line
        for line in record.lines
        if line.state is LineState.FINAL
        and line.agreement_id == agreement.id
        and is_invoiced(agreement, line.place.cancelled, facts.when.policy.invoicing)
    )
    return tuple(
        told for line in invoiced for told in notices.invoice_doubts(line, agreement, facts)
    )


def _credit(
    record: UsageRecord, count: int, floor: int | None, facts: Facts, seen: Sighting | None
) -> Credit | None:
    """Return what was billed beyond the count, or the contract's floor if billed (LATE-3)."""
    # A customer pays its floor whatever it uses, so less than that is no reason for a credit.
    total = max(count, floor or 0) if facts.when.policy.bill_minimum else count
    if total >= record.stands:
        return None
    price = None if seen is None else _one_price(record, seen)
    return Credit(billed=record.stands, counted=total, unit_price=price)


def _one_price(record: UsageRecord, seen: Sighting) -> Decimal | None:
    """Return the price of a unit if all lines that bill some show the same, else None.

    ConnectWise sets it, so it is read there and never worked out here (OPEN-5). Which line's units
    were too many, nobody can say.
    """
    billing = (seen.shown(line.number) for line in record.lines if line.pushed)
    prices = {each[0].terms.unit_price if len(each) == 1 else None for each in billing}
    return prices.pop() if len(prices) == 1 else None
