"""Change a record with a write to ConnectWise: claimed, opened, confirmed, refused, carried over.

Each function gives the record as it is then, what happened, and why.
"""

from dataclasses import replace
from datetime import datetime

from tally.domain.decision.changes import Change, _asked, not_as_written, released
from tally.domain.facts.as_written import as_found
from tally.domain.facts.job_facts import Facts, When
from tally.domain.model.agreement import Addition
from tally.domain.model.terms import BILLABLE, Terms, described, differing
from tally.domain.record.lines import Line, LineState, Written
from tally.domain.record.record_key import reference
from tally.domain.record.rulings import Said
from tally.domain.record.usage_record import UsageRecord
from tally.domain.record.writes import (
    Claim,
    Create,
    Refusal,
    SetQuantity,
    SetTerms,
    TakeOver,
    Write,
)


def dropped(record: UsageRecord, *, why: str) -> Change:
    """Give up the claim: what was to be written is not wanted any more."""
    return Change(released(record), "intent withdrawn", why)


def claimed(record: UsageRecord, write: Write, facts: Facts) -> Change:
    """Announce a write (SAFE-1). An older claim is taken over: its worker can write no more."""
    # ``at`` is the wall clock: jobs of two ticks can run a second apart after a backlog.
    name = _NAMES[type(write)]
    claim = Claim(write=write, at=facts.when.now)
    # The renewal is a conditional write on the record's version, so the older worker can record
    # nothing, and the look that follows finds what it has sent.
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
    """Return the record without its hold.

    It keeps why a take-over was refused, to be told with the hold that follows.
    """
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
    """Record that the claimed Addition exists: just created (``sent``), taken over, or found.

    ``before`` are the terms of the month before's Addition, or why they could not be read. What it
    has otherwise than it was written is held in the same save (OPEN-3).
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
    """Return the line as it was written, with others' values in what we did not write."""
    place, flag, quantity = write.place, BILLABLE, write.quantity
    if taken:
        place = replace(place, product_id=it.product_id, effective=it.effective or place.effective)
        flag = it.terms.bill_customer or ""
    elif not sent:
        mark = reference(record.key, write.number)
        place = as_found(place, write.number, it, record.key.month, mark=mark)
    # What is found may have been edited since it was sent: its own quantity is the one confirmed.
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


def confirmed(
    record: UsageRecord,
    line: Line,
    quantity: int,
    facts: Facts,
    *,
    why: str,
    answer: Addition | None = None,
) -> Change:
    """Record that ConnectWise shows the quantity that was sent. Its lists may echo the one before.

    Where the ``answer`` to the write shows something else otherwise than we wrote it, that is held.
    """
    was, when = line.written, facts.when
    # A list may be older than the write before the last one.
    lingering = was.echoes if when.settles(was.at) else ()
    stood = dict.fromkeys((*lingering, was.quantity, *was.unsure))
    echoes = tuple(each for each in stood if each != quantity)
    written = replace(was, quantity=quantity, at=when.now, unsure=(), echoes=echoes)
    # What has arrived may be an older write than the one that is claimed.
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
    """Record a 4xx: the write has not happened. Refused content is not sent again (SAFE-2)."""
    claim, refusal = record.claim, None
    assert claim is not None
    write = claim.write
    # 401, 403, 404, 409 and 429 say nothing of the content: the next tick tries again (SAFE-2).
    if content and not isinstance(write, SetTerms):
        beside = record.beside if isinstance(write, SetQuantity) else record.stands
        refusal = Refusal(
            why=why, at=when.tick, write=write, version=version, total=beside + write.quantity
        )
    after = _asked(replace(record, claim=None, refusal=refusal), when)
    # What cannot be taken over holds the record again, and a person has another answer.
    if content and isinstance(write, TakeOver):
        after = after.without(Said.GIVE)
    # A person asked for them, so a person is told; they are not sent again by themselves.
    if content and isinstance(write, SetTerms):
        after = _terms(after, write.number, refused=why)
    return Change(after, "refused by ConnectWise", why)


def _terms(record: UsageRecord, number: int, *, refused: str) -> UsageRecord:
    """Return the record with its terms no longer asked for, and why they were not carried over."""
    line = record.line(number)
    assert line.terms is not None
    return record.with_line(replace(line, terms=replace(line.terms, asked=False, refused=refused)))


def terms_set(record: UsageRecord, it: Addition, now: datetime) -> Change:
    """Record that ConnectWise has taken the terms. If it shows others, a person is asked anew."""
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
    """Record that the terms to be replaced are gone; return None if they are still there."""
    claim = record.claim
    assert claim is not None
    shown = with_terms_shown(record.line(claim.write.number), it)
    left = shown.terms
    if left is not None and left.asked:
        return None
    after = replace(record, claim=None).with_line(shown)
    if left is None:
        return Change(after, "terms carried over", "ConnectWise shows them already")
    why = f"they were changed in ConnectWise meanwhile: {described(left.now, left.before)}"
    return Change(after, "terms not carried over", why)


def with_terms_shown(line: Line, it: Addition) -> Line:
    """Return the line with the difference in terms that ConnectWise shows now."""
    if line.terms is None:
        return line
    return replace(_with_flag(line, it), terms=line.terms.seen(it.terms))


def _with_flag(line: Line, it: Addition) -> Line:
    """Return the line with the bill-customer flag of the month before, where that is shown."""
    flag, agreed = (
        it.terms.bill_customer,
        None if line.terms is None else line.terms.before.bill_customer,
    )
    if flag is None or flag != agreed:
        return line
    return replace(line, written=replace(line.written, flag=flag))
