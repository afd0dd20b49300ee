"""Decide whether and where ConnectWise is looked at, and what is claimed before.

The one place that says whether a job calls ConnectWise (FOLLOW-2).
"""

from typing import NamedTuple

from tally.domain.decision.case import Ask, Close, Forget, Wanted
from tally.domain.decision.closing import close_needs_look
from tally.domain.decision.scene import is_same_write
from tally.domain.facts.job_facts import Facts
from tally.domain.facts.place import Freeze, Thaw
from tally.domain.holds import Unplaced
from tally.domain.record.lines import SETTLED, LineState, Place
from tally.domain.record.usage_record import UsageRecord
from tally.domain.record.writes import Create, SetTerms, TakeOver, Write


class LookAt(NamedTuple):
    """The agreements whose Additions are listed, by id.

    ``reread``: the first one itself is read again, since a write or a thaw may follow (OPEN-7).
    ``product_id`` is the one that strangers would bill.
    """

    first: int
    also: tuple[int, ...]
    elsewhere: tuple[int, ...]
    reread: bool
    product_id: int


def needs_look(record: UsageRecord, wanted: Wanted, facts: Facts, *, due: bool) -> bool:
    """Return True if ConnectWise is to be looked at.

    ``due``: it is this record's turn today (FOLLOW-5).
    """
    # SAFE-2: a write was announced and nobody knows what came of it.
    if record.claim is not None:
        return True
    # What is seen of a line that can no longer grow is told as such.
    if isinstance(wanted.move, Freeze):
        return _move_needs_look(record, wanted, facts)
    # FOLLOW-5: what somebody else changes is to be told within a day, and before it is billed.
    if due and not record.is_over and (record.lines or wanted.about is not None):
        return True
    if record.held_by_connectwise:
        # Where no line stands, only an opening that is wanted now has something to look for.
        return not record.lacks_line or wanted.write is not None
    if to_claim(record, wanted) is not None:
        return True
    return _move_needs_look(record, wanted, facts)


def _move_needs_look(record: UsageRecord, wanted: Wanted, facts: Facts) -> bool:
    move, newest = wanted.move, record.newest
    match move:
        case Freeze() if newest is not None:  # what stands there is what was invoiced
            return bool(newest.written.unsure)
        case Thaw() if newest is not None:  # it may have been frozen after the job's copy was made
            return not facts.is_fresh(newest.agreement_id)
        case Ask():
            return _is_new(record, move, facts)
        case Close():
            return close_needs_look(record, wanted)
        case Forget():
            return False
    return False


def _is_new(record: UsageRecord, asked: Ask, facts: Facts) -> bool:
    """Return True if the question is new, so that it is asked of what was just seen.

    One about a line that is not there looks once a day (SAFE-8).
    """
    if not record.lines and asked.about is None:
        return False
    if record.hold is None or type(record.hold) is not type(asked.hold):
        return True
    not_there = asked.about is not None or isinstance(asked.hold, Unplaced)
    return not_there and facts.when.first_of_day


def to_claim(record: UsageRecord, wanted: Wanted) -> Write | None:
    """Return the wanted write, unless a hold must be lifted first."""
    # Terms change no number, so a question about the count does not stop them (OPEN-5).
    if isinstance(wanted.write, SetTerms) or record.hold is None:
        return wanted.write
    return None


def claimed_write(record: UsageRecord, wanted: Wanted) -> Write | None:
    """Return what is to be claimed before the look (SAFE-1); None to leave the claim as it is.

    A claimed opening without an outcome is looked for at its own place, whatever is wanted now.
    """
    write, stale = to_claim(record, wanted), None if record.claim is None else record.claim.write
    if not isinstance(stale, Create | TakeOver):
        return write
    if isinstance(stale, Create) and isinstance(write, Create):
        # The POST of before may have happened: ours is looked for where it was to stand, and made
        # anew only if it is not there.
        renewed = stale._replace(quantity=write.quantity)
        return renewed if is_same_write(renewed, write) else stale
    return stale


def look_at(record: UsageRecord, wanted: Wanted, facts: Facts) -> LookAt:
    """Return where to look: at the line that is opened or asked about, else at the newest.

    All other lines are looked at beside it.
    """
    place, newest = _opening_place(record, wanted), record.newest
    shown = place or (None if newest is None else newest.place)
    assert shown is not None  # needs_look asks for none where nothing stands and nothing is opened
    # A frozen line is looked at too: what a person changes there after the invoice is never billed.
    # So is one that was voided: what a person changes there is.
    also = {line.agreement_id for line in record.lines}
    if newest is not None and newest.state in SETTLED and facts.offered is not None:
        also.add(facts.offered.id)
    also -= {shown.agreement_id}
    return LookAt(
        first=shown.agreement_id,
        also=tuple(sorted(also)),
        elsewhere=tuple(sorted({*facts.others} - {shown.agreement_id, *also})),
        reread=_rereads(record, wanted, facts, shown, opening=place is not None),
        product_id=shown.product_id,
    )


def _opening_place(record: UsageRecord, wanted: Wanted) -> Place | None:
    claim = None if record.claim is None else record.claim.write
    return claim.place if isinstance(claim, Create | TakeOver) else wanted.about


def _rereads(
    record: UsageRecord, wanted: Wanted, facts: Facts, shown: Place, *, opening: bool
) -> bool:
    """Return True before a POST, and before a PATCH or a thaw if the job's copy is old (OPEN-7)."""
    claim, newest = record.claim, record.newest
    if claim is not None and isinstance(claim.write, Create | TakeOver):
        return True
    # An invoice may be made at any moment, and a PATCH after it would be billed to nobody.
    writable = newest is not None and newest.state in (LineState.OPEN, LineState.VOIDING)
    may_write = isinstance(wanted.move, Thaw) or (not opening and writable)
    return may_write and not facts.is_fresh(shown.agreement_id)
