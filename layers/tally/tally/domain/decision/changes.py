"""How a record changes: each function gives the record as it is then, what happened, and why.

The ledger counts versions and keeps the history. A claim that ends without an outcome leaves its
quantity among the unsure ones, since the worker before us may have sent it.
"""

from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from tally.domain.decision.wanted import Forget
from tally.domain.facts.as_written import Differences, Field, as_found, may_be_left, untold
from tally.domain.facts.job_facts import Facts, When
from tally.domain.facts.owed import Owed, owing_of
from tally.domain.facts.place import Freeze, Thaw, why_frozen
from tally.domain.holds import Altered, Broken, Edited, Hold
from tally.domain.model.agreement import Addition
from tally.domain.model.terms import BILLABLE, Terms, described, differing
from tally.domain.record.history import TALLY
from tally.domain.record.lines import LAID_DOWN, Line, LineState, Written
from tally.domain.record.record_key import reference
from tally.domain.record.rulings import Ruling, Said
from tally.domain.record.usage_record import Closing, Credit, RecordState, UsageRecord
from tally.domain.record.writes import (
    Claim,
    Create,
    Refusal,
    SetQuantity,
    SetTerms,
    TakeOver,
    Write,
)
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
    unsure = tuple(dict.fromkeys((*line.written.unsure, claim.quantity)))
    return bare.with_line(replace(line, written=replace(line.written, unsure=unsure)))


def dropped(record: UsageRecord, *, why: str) -> Change:
    """Give up the claim: what was to be written is not wanted any more."""
    return Change(released(record), "intent withdrawn", why)


def claimed(record: UsageRecord, write: Write, facts: Facts) -> Change:
    """Announce a write (SAFE-1). A claim that stands is taken over: its worker can write no more."""
    name = _NAMES[type(write)]
    claim = Claim(write=write, at=facts.when.now)
    if record.claim is not None and isinstance(record.claim.write, Create | TakeOver):
        why = f"no outcome was recorded since {record.claim.at:%Y-%m-%dT%H:%M:%SZ}"
        return Change(replace(record, claim=claim), f"{name} intent renewed", why)
    after = replace(released(record), claim=claim)
    if isinstance(write, Create | TakeOver):
        return Change(_to_open(after, facts), f"{name} intended", _announced(record, write))
    if isinstance(write, SetQuantity):
        after = replace(after, refusal=None)
    return Change(after, f"{name} intended", _announced(record, write))


_NAMES: dict[type, str] = {
    Create: "post",
    TakeOver: "take-over",
    SetQuantity: "patch",
    SetTerms: "terms",
}


def _to_open(record: UsageRecord, facts: Facts) -> UsageRecord:
    """The record without its hold. Why a take-over was refused is told with the hold it leads to."""
    kept = (
        record.refusal
        if record.refusal is not None and isinstance(record.refusal.write, TakeOver)
        else None
    )
    children = record.children
    # The count of this job is taken with these, whatever earlier ones were.
    if not record.is_standing:
        children = None if facts.children is None else facts.children.ids
    return replace(record, hold=None, refusal=kept, children=children)


def _announced(record: UsageRecord, write: Write) -> str:
    match write:
        case Create():
            on = f"from {write.place.effective} on agreement {write.place.agreement_id}"
            return f"quantity {write.quantity} {on}"
        case TakeOver():
            return f"Addition {write.addition_id} on agreement {write.place.agreement_id}"
        case SetQuantity():
            return f"quantity {record.line(write.number).pushed} to {write.quantity}"
        case SetTerms():
            terms = record.line(write.number).terms
            return "" if terms is None else described(terms.before, terms.now)


def opened(
    record: UsageRecord,
    it: Addition,
    facts: Facts,
    *,
    before: Terms | str | None,
    why: str,
    sent: bool = False,
) -> Change:
    """The claimed Addition is known to exist: just created (``sent``), taken over, or found.

    ``before`` are the terms of the month before's Addition, or why they could not be read. What it has
    otherwise than it was written is held in the same save (OPEN-3).
    """
    claim = record.claim
    assert claim is not None
    assert isinstance(claim.write, Create | TakeOver)
    given = record.ruling(Said.GIVE)
    taken = given is not None and given.number == it.id
    line, notices = (
        _opened_line(record, claim.write, it, facts, taken=taken, sent=sent),
        record.notices,
    )
    # What was rejected before anything stood keeps nothing standing: what is opened follows its
    # count.
    first = () if record.lines else (Said.KEEP_GROWN,)
    after = replace(
        record.without(Said.LOWER, Said.GIVE, *first), claim=None, refusal=None
    ).with_line(line)
    after = replace(after, hold=not_as_written(after, line, it, facts))
    if not taken and isinstance(before, Terms):
        after = after.with_line(replace(line, terms=differing(it.terms, before)))
    elif not taken and before is not None:
        after = replace(after, notices=(*notices, str(before)))
    return Change(after, "taken over" if taken else "opened", why)


def _opened_line(
    record: UsageRecord,
    write: Create | TakeOver,
    it: Addition,
    facts: Facts,
    *,
    taken: bool,
    sent: bool,
) -> Line:
    """The line as it was written; what we did not write of one of others is as they have it."""
    place, flag, quantity = write.place, BILLABLE, write.quantity
    if taken:
        place = replace(place, product_id=it.product_id, effective=it.effective or place.effective)
        flag = it.terms.bill_customer or ""
    elif not sent:
        mark = reference(record.key, write.number)
        place = as_found(place, write.number, it, record.key.month, mark=mark)
    if not sent and it.seats is not None:
        quantity = it.seats
    return Line(
        number=write.number,
        state=LineState.OPEN,
        place=place,
        reference=reference(record.key, write.number),
        addition_id=it.id,
        written=Written(quantity=quantity, at=facts.when.now, flag=flag),
    )


def not_as_written(record: UsageRecord, line: Line, it: Addition, facts: Facts) -> Hold | None:
    """Return the hold of an Addition that is shown otherwise than it was just written; None if it is."""
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

    A quantity can be answered for; a flag that bills the customer nothing can be left, and the day that a
    customer left. All else is put right in ConnectWise, as it would be billed in other months, or not
    found again.
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


def confirmed(
    record: UsageRecord,
    line: Line,
    quantity: int,
    facts: Facts,
    *,
    why: str,
    answer: Addition | None = None,
) -> Change:
    """ConnectWise shows the quantity that was sent; what stood there before may echo in its lists.

    Where the ``answer`` to the write shows something else otherwise than we wrote it, that is held.
    """
    was, when = line.written, facts.when
    lingering = was.echoes if when.settles(was.at) else ()
    stood = dict.fromkeys((*lingering, was.quantity, *was.unsure))
    echoes = tuple(each for each in stood if each != quantity)
    written = replace(was, quantity=quantity, at=when.now, unsure=(), echoes=echoes)
    claim = None if record.claim is None else record.claim.write
    announced = isinstance(claim, SetQuantity) and claim.quantity == quantity
    after = replace(released(record), refusal=None)
    if announced:  # a person's leave to lower is for one write (READ-7)
        after = after.without(Said.LOWER)
    line = replace(line, written=written)
    after = after.with_line(line)
    if answer is not None:
        after = replace(after, hold=not_as_written(after, line, answer, facts))
    return Change(after, "pushed", why)


def refused(record: UsageRecord, why: str, *, when: When, version: str, content: bool) -> Change:
    """A 4xx: it has not happened. A refused content is not tried again until something changes (SAFE-2)."""
    claim, refusal = record.claim, None
    assert claim is not None
    write = claim.write
    if content and not isinstance(write, SetTerms):
        beside = record.beside if isinstance(write, SetQuantity) else record.stands
        refusal = Refusal(
            why=why, at=when.tick, write=write, version=version, total=beside + write.quantity
        )
    after = _asked(replace(record, claim=None, refusal=refusal), when)
    if content and isinstance(write, TakeOver):
        after = after.without(Said.GIVE)
    if content and isinstance(write, SetTerms):
        after = _terms(after, write.number, refused=why)
    return Change(after, "refused by ConnectWise", why)


def _terms(record: UsageRecord, number: int, *, refused: str) -> UsageRecord:
    """The record with its terms no longer asked for, and why they could not be carried over."""
    line = record.line(number)
    assert line.terms is not None
    return record.with_line(replace(line, terms=replace(line.terms, asked=False, refused=refused)))


def terms_set(record: UsageRecord, it: Addition, now: datetime) -> Change:
    """ConnectWise has taken the terms. Where it shows others all the same, a person is asked anew."""
    claim = record.claim
    assert claim is not None
    line = record.line(claim.write.number)
    assert line.terms is not None
    done = _with_flag(line, it)
    if done.written.flag != line.written.flag:  # lists may still show the one of before
        done = replace(done, written=replace(done.written, at=now))
    left, bare = differing(it.terms, line.terms.before), replace(record, claim=None)
    if left is None:
        why = f"Addition {it.id}: {described(line.terms.before, line.terms.now)}"
        return Change(bare.with_line(replace(done, terms=None)), "terms carried over", why)
    why = "ConnectWise answered that it was done, and shows others."
    other = replace(done, terms=replace(left, refused=why))
    return Change(bare.with_line(other), "terms not carried over", why)


def terms_seen(record: UsageRecord, it: Addition) -> Change | None:
    """The terms to be replaced are not there any more; None if they still are."""
    claim = record.claim
    assert claim is not None
    line = record.line(claim.write.number)
    assert line.terms is not None
    left = line.terms.seen(it.terms)
    if left is not None and left.asked:
        return None
    after = replace(record, claim=None).with_line(replace(line, terms=left))
    if left is None:
        return Change(after, "terms carried over", "ConnectWise shows them already")
    why = f"they were changed in ConnectWise meanwhile: {described(left.now, left.before)}"
    return Change(after, "terms not carried over", why)


def with_terms_shown(line: Line, it: Addition) -> Line:
    """Return the line with what is left of the difference in terms, as ConnectWise shows it now."""
    if line.terms is None:
        return line
    return replace(_with_flag(line, it), terms=line.terms.seen(it.terms))


def _with_flag(line: Line, it: Addition) -> Line:
    """The line with the bill-customer flag of the month before, where that is shown: it was carried over."""
    flag, agreed = (
        it.terms.bill_customer,
        None if line.terms is None else line.terms.before.bill_customer,
    )
    if flag is None or flag != agreed:
        return line
    return replace(line, written=replace(line.written, flag=flag))


def held(record: UsageRecord, hold: Hold, when: When) -> Change:
    """Wait for a person, of one kind since it began; the claim is given up."""
    known = record.hold
    since = known.since if known is not None and type(known) is type(hold) else hold.since
    after = replace(released(record), hold=replace(hold, since=since))
    return Change(_asked(after, when), f"held: {hold.kind}", hold.why)


def _asked(record: UsageRecord, when: When) -> UsageRecord:
    """The record with a note that a person is to act before anything stands (OPEN-9)."""
    if record.lines or record.ruling(Said.ASKED) is not None:
        return record
    return record.ruled(Ruling(said=Said.ASKED, by=TALLY, at=when.now))


def lifted(record: UsageRecord, *, why: str) -> Change:
    """The hold's cause is gone."""
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
    """The newest line can no longer grow, or it can again (LATE-1)."""
    line = record.newest
    assert line is not None
    if isinstance(turn, Thaw):
        open_again = record.with_line(replace(line, state=LineState.OPEN))
        told = notice_texts.taken_back(line, facts.agreement(line.agreement_id))
        return Change(
            with_notices(replace(open_again, hold=None), told), "no longer frozen", turn.why
        )
    doubts = notice_texts.invoice_doubts(line, facts.agreement(line.agreement_id), facts)
    written = replace(line.written, unsure=())
    settled = record.without(Said.LOWER).with_line(
        replace(line, state=LineState.FROZEN, written=written)
    )
    after = replace(settled, hold=None, refusal=None, notices=(*record.notices, *doubts))
    return Change(after, "frozen", turn.why)


def voided(record: UsageRecord, line: Line, facts: Facts, *, why: str) -> Change:
    """The line bills nothing any more, as a person has asked; the next line takes its place (OPEN-1)."""
    agreement = facts.agreement(line.agreement_id)
    invoiced = "" if agreement is None or not line.pushed else why_frozen(line, agreement, facts)
    told = (notice_texts.voided_too_late(line, invoiced),) if invoiced else ()
    written = Written(quantity=0, at=facts.when.now, flag=line.written.flag)
    void = replace(line, state=LineState.VOID, written=written)
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
    """The month is over, and ConnectWise was seen to show its final quantity (CLOSE-2).

    A closed month was read once more, when its further line has been seen (CLOSE-4).
    """
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
