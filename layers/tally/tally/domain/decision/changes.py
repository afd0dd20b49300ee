"""Change a record: each function returns the record afterwards, what happened, and why.

The ledger counts versions and keeps the history. A claim that ends without an outcome leaves its
quantity among the unsure ones, since the worker before us may have sent it.
"""

from dataclasses import replace
from typing import NamedTuple

from tally.domain.decision.case import Forget
from tally.domain.facts.as_written import Differences, Field, may_be_left, untold
from tally.domain.facts.job_facts import Facts, When
from tally.domain.facts.owed import Owed, owing_of
from tally.domain.facts.place import Freeze, Thaw, why_frozen
from tally.domain.holds import Altered, Broken, Edited, Hold
from tally.domain.model.agreement import Addition
from tally.domain.record.history import TALLY
from tally.domain.record.lines import LAID_DOWN, Line, LineState, Written
from tally.domain.record.rulings import Ruling, Said
from tally.domain.record.usage_record import Closing, Credit, RecordState, UsageRecord
from tally.domain.record.writes import SetQuantity
from tally.domain.texts import changed_additions as seen_texts
from tally.domain.texts import notices as notice_texts


class Change(NamedTuple):
    """The record afterwards, what happened in a few words, and why."""

    after: UsageRecord
    what: str
    why: str


def released(record: UsageRecord) -> UsageRecord:
    """Return the record without its claim, whose outcome nobody knows."""
    claim = None if record.claim is None else record.claim.write
    bare = replace(record, claim=None)
    if not isinstance(claim, SetQuantity) or claim.quantity == record.line(claim.number).pushed:
        return bare
    line = record.line(claim.number)
    # The worker before us may have sent it: it may show in ConnectWise at any time from now on.
    unsure = tuple(dict.fromkeys((*line.written.unsure, claim.quantity)))
    return bare.with_line(replace(line, written=replace(line.written, unsure=unsure)))


def not_as_written(record: UsageRecord, line: Line, it: Addition, facts: Facts) -> Hold | None:
    """Return the hold of an Addition that is not shown as it was just written; None if it is."""
    found = untold(record, line, it)
    if not found:
        return None
    owing = owing_of(record, facts)
    total = owing.total if isinstance(owing, Owed) else record.stands
    return change_hold(record, line, it, found, facts, total=total)


def change_hold(
    record: UsageRecord, line: Line, it: Addition, found: Differences, facts: Facts, *, total: int
) -> Hold:
    """Return the hold of an Addition that is not as we wrote it.

    A quantity can be answered for; a flag that bills the customer nothing can be left, and the day
    that a customer left. All else is put right in ConnectWise, as it would be billed in other
    months, or not found again.
    """
    tick, fields = facts.when.tick, {each.field for each in found}
    if fields == {Field.QUANTITY}:
        why = seen_texts.edited(record, line, it, facts, total=total)
        if it.seats is not None:
            return Edited(why=why, since=tick, total=total, stands=it.seats)
        return Broken(why=why, since=tick, total=total)
    why = seen_texts.unlike(record, line, it, found, facts)
    if may_be_left(line, it, found):
        return Altered(why=why, since=tick, total=total, line=line.number, shown=found[0].of(line))
    return Broken(why=why, since=tick, total=total)


def held(record: UsageRecord, hold: Hold, when: When) -> Change:
    """Wait for a person, of one kind since it began; the claim is given up."""
    # A question keeps its date while only its numbers move, so that its age can be seen.
    known = record.hold
    since = known.since if known is not None and type(known) is type(hold) else hold.since
    after = replace(released(record), hold=replace(hold, since=since))
    return Change(_asked(after, when), f"held: {hold.kind}", hold.why)


def _asked(record: UsageRecord, when: When) -> UsageRecord:
    """Return the record with a note that a person is to act before a line exists (OPEN-9)."""
    if record.lines or record.ruling(Said.ASKED) is not None:
        return record
    return record.ruled(Ruling(said=Said.ASKED, by=TALLY, at=when.now))


def lifted(record: UsageRecord, *, why: str) -> Change:
    """Lift the hold, as its cause is gone."""
    return Change(replace(record, hold=None), "hold lifted", why)


def forgotten(record: UsageRecord, what: Forget, *, why: str) -> Change:
    """A ruling has had its time."""
    if what.said is Said.GIVE:
        return Change(replace(record.without(Said.GIVE), claim=None), "not taken over", why)
    line = record.newest
    assert line is not None
    # A lower quantity that arrives yet is nobody's leave any more.
    unsure = tuple(each for each in line.written.unsure if each >= line.pushed)
    after = record.without(what.said).with_line(
        replace(line, written=replace(line.written, unsure=unsure))
    )
    return Change(after, "fall is over", why)


def turned(record: UsageRecord, turn: Freeze | Thaw, facts: Facts) -> Change:
    """Freeze the newest line, or let it grow again (LATE-1)."""
    line = record.newest
    assert line is not None
    if isinstance(turn, Thaw):
        open_again = record.with_line(replace(line, state=LineState.OPEN))
        told = notice_texts.taken_back(line, facts.agreement(line.agreement_id))
        return Change(
            with_notices(replace(open_again, hold=None), told), "no longer frozen", turn.why
        )
    doubts = notice_texts.invoice_doubts(line, facts.agreement(line.agreement_id), facts)
    # ``look`` has asked for what was unsure before: what stands now is what the invoice took.
    written = replace(line.written, unsure=())
    # What was invoiced cannot be lowered any more: less is a matter of credit (LATE-3).
    settled = record.without(Said.LOWER).with_line(
        replace(line, state=LineState.FROZEN, written=written)
    )
    after = replace(settled, hold=None, refusal=None, notices=(*record.notices, *doubts))
    return Change(after, "frozen", turn.why)


def voided(record: UsageRecord, line: Line, facts: Facts, *, why: str) -> Change:
    """Call the line void, as a person has asked; the next line takes its place (OPEN-1)."""
    agreement = facts.agreement(line.agreement_id)
    invoiced = "" if agreement is None or not line.pushed else why_frozen(line, agreement, facts)
    told = (notice_texts.voided_too_late(line, invoiced),) if invoiced else ()
    was = line.written
    # Lists may show for a while what stood there, which is no change of somebody else's.
    echoes = tuple(dict.fromkeys(filter(None, (*was.echoes, was.quantity, *was.unsure))))
    written = Written(quantity=0, at=facts.when.now, flag=was.flag, echoes=echoes)
    void = replace(line, state=LineState.VOID, written=written)
    # Questions and refusals were about a place that is given up. The next line has its own.
    after = replace(record, claim=None, hold=None, refusal=None)
    return Change(with_notices(after.with_line(void), told), "voided", why)


def with_notices(record: UsageRecord, told: tuple[str, ...]) -> UsageRecord:
    """Return the record with something to be told beside it, once."""
    new = tuple(each for each in told if each not in record.notices)
    return replace(record, notices=(*record.notices, *new))


def closed(
    record: UsageRecord,
    when: When,
    *,
    count: int,
    floor: int | None,
    credit: Credit | None,
    notices: tuple[str, ...],
) -> Change:
    """Close the month, since ConnectWise was seen to show its final quantity (CLOSE-2).

    A closed month was read once more, when its further line has been seen (CLOSE-4).
    """
    # Past OPEN-9's date there is no later reading: the close and the second one are the same.
    closing = Closing(
        count=count,
        floor=floor,
        credit=credit,
        credited=record.credited,
        reread=when.too_late or not record.lines,  # a month without lines was left out whole
    )
    after = replace(
        record,
        state=RecordState.CLOSED,
        lines=tuple(_final(line) for line in record.lines),
        hold=None,
        refusal=None,
        closing=closing,
    )
    what = "read again" if record.state is RecordState.CLOSED else "closed"
    why = f"ConnectWise shows {record.stands}; the final count is {count}"
    return Change(with_notices(after, notices), what, why)


def _final(line: Line) -> Line:
    if line.state in LAID_DOWN:
        return line
    written = replace(line.written, unsure=(), echoes=())
    return replace(line, state=LineState.FINAL, written=written)
