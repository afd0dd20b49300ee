"""Say what is recorded and told where nothing is to be written, with or without a look."""

from tally.domain.decision import changes, write_changes
from tally.domain.decision.case import Ask, Close, Forget, Wanted
from tally.domain.decision.scene import Done, Outcome, Record, ask
from tally.domain.facts.job_facts import Facts
from tally.domain.facts.owed import Owed, owing_of
from tally.domain.facts.place import Freeze, Thaw
from tally.domain.facts.sighting import Sighting
from tally.domain.holds import Hold, Moved
from tally.domain.model.invoicing import is_invoiced
from tally.domain.model.reading import Count
from tally.domain.model.standing import Cause, StandingState, Unsaid
from tally.domain.record.history import LAST_COUNT, NOT_READ_AGAIN
from tally.domain.record.lines import LineState
from tally.domain.record.usage_record import Credit, RecordState, UsageRecord
from tally.domain.texts import notices


def settle(record: UsageRecord, wanted: Wanted, facts: Facts, seen: Sighting | None) -> Outcome:
    """Return what is recorded and told where nothing is written.

    ``seen`` is None if nobody looked.
    """
    move = wanted.move
    match move:
        case Forget():
            return Record(changes.forgotten(record, move, why=f"{wanted.total} are to be billed"))
        case Freeze() | Thaw():
            return Record(changes.turned(record, move, facts))
        case Ask():
            return _asked(record, move.hold, facts)
        case Close():
            return _closed(record, facts, seen)
    return _stays(record, wanted, facts, seen)


def _asked(record: UsageRecord, hold: Hold, facts: Facts) -> Outcome:
    """A new question ends the job, unless terms are to be carried over under it."""
    done, head = ask(record, hold, facts), record.head
    terms_wait = head is not None and head.terms is not None and head.terms.asked
    return Record(done.change) if done.change is not None and terms_wait else done


def _stays(record: UsageRecord, wanted: Wanted, facts: Facts, seen: Sighting | None) -> Outcome:
    """A hold whose cause is gone is lifted; one that nobody says anything of is told (SAFE-7)."""
    hold = record.hold
    if hold is None:  # the look may have shown that a write is wanted, which is to be claimed first
        return Done(wanted.say) if wanted.write is None else Record()
    looked = seen is not None or not hold.needs_look
    if looked and _is_well(wanted):
        same = "the same companies are below it as before"
        why = same if isinstance(hold, Moved) else f"{wanted.total} are to be billed"
        return Record(changes.lifted(record, why=why))
    if record.lines and isinstance(wanted.say, Unsaid):
        return ask(record, hold, facts)
    return Done(wanted.say)


def _is_well(wanted: Wanted) -> bool:
    """Return True if nothing waits for a person: it is billed, or to be written."""
    billing = isinstance(wanted.say, Cause) and wanted.say.state is StandingState.BILLING
    return billing or wanted.write is not None


def _closed(record: UsageRecord, facts: Facts, seen: Sighting | None) -> Done:
    """CLOSE-2, CLOSE-4, CLOSE-5: the month closes, or was read once more."""
    owing, when = owing_of(record, facts), facts.when
    shown = _with_terms_shown(record, seen)
    doubts = _doubts(record, facts)
    if isinstance(owing, Owed):
        floor = facts.reading.floor if isinstance(facts.reading, Count) else None
        credit = _credit(record, owing.agreed, floor, facts, seen)
        change = changes.closed(
            shown, when, count=owing.agreed, floor=floor, credit=credit, notices=doubts
        )
    elif record.state is RecordState.CLOSED and record.closing is not None:
        known = record.closing
        again = f"{when.month.label} {NOT_READ_AGAIN} {owing.why}"
        change = changes.closed(
            shown, when, count=known.count, floor=known.floor, credit=known.credit, notices=(again,)
        )
    else:
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
    """Whether a closed month's invoice was made before the last quantity was written (LATE-1)."""
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
    shown = () if seen is None or record.newest is None else seen.shown(record.newest.number)
    price = shown[0].terms.unit_price if len(shown) == 1 else None
    return Credit(billed=record.stands, counted=total, unit_price=price)
