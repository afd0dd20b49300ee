"""Say whether a wanted write may be made, or who is asked first.

``HEAD`` is the table for the line that follows the count, ``NEXT`` the one for a first or further
line. The first row that applies answers; the four questions come in one order in both. The row of
FOLLOW-4 stands in ``growth``.
"""

from dataclasses import replace

from tally.domain.decision.case import CLOSE, Case, Forget, Wanted, WriteRow
from tally.domain.decision.growth import grown
from tally.domain.facts import place_texts
from tally.domain.facts.owed import falls
from tally.domain.facts.place import unpermitted
from tally.domain.holds import Fallen, LateUsage, Unplaced
from tally.domain.holds.count_questions import fall_question
from tally.domain.holds.late_questions import late_question, unplaced_question
from tally.domain.model.invoicing import LateUsage as LateUsagePolicy
from tally.domain.model.standing import Unsaid, waiting
from tally.domain.record.lines import LineState, Place
from tally.domain.record.rulings import Said
from tally.domain.record.writes import Create, Refusal, SetQuantity, SetTerms, TakeOver, Write
from tally.domain.texts import notices


def unplaced(case: Case, missing: str) -> Wanted:
    """Ask a person about usage that has no place, once the month closes (LATE-2)."""
    why = unplaced_question(
        case.record, case.facts.company, counted=case.counted, total=case.total, missing=missing
    )
    return case.ask(Unplaced(why=why, since=case.facts.when.tick, total=case.total))


def told_late(case: Case) -> Wanted:
    """Want nothing, and tell of late usage in a notice (LATE-2)."""
    cause = case.well()
    told = notices.late_usage(case.record, total=case.total)
    return case.stay(replace(cause, notices=(*cause.notices, told)))


def fallen(case: Case, write: Write, place: Place) -> Wanted | None:
    """READ-7: a count only rises within a month."""
    record = case.record
    if not isinstance(write, SetQuantity) or not falls(record, write.quantity):
        return None
    why = fall_question(record, case.facts.company, counted=case.counted)
    return case.ask(Fallen(why=why, since=case.facts.when.tick, counted=case.counted))


def nothing_to_bill(case: Case, write: Write, place: Place) -> Wanted | None:
    """OPEN-9: no line is opened at 0 late, or where nobody saw the company licensed."""
    record = case.record
    # Nobody saw this company licensed in the month, and without a licence GravityZone answers 0.
    if case.facts.offer.only_if_used and case.counted == 0:
        return case.stay(Unsaid.PLANNERS)
    if not place.late or case.total > record.stands:
        return None
    if not record.lines and record.ruling(Said.LEAVE_OUT) is None:
        label = case.facts.when.month.label
        return case.stay(
            waiting(
                f"{label} has been invoiced, and GravityZone counts 0: there is nothing to bill."
            )
        )
    return case.stay(case.well(case.counted), CLOSE if case.closing else None)


def wrong_place(case: Case, write: Write, place: Place) -> Wanted | None:
    """OPEN-1: a line was voided at this very place."""
    record, agreement = case.record, case.facts.offered
    # Tally never deletes an Addition, so a voided one stays at 0 beside the next one.
    voided = [each for each in record.lines if each.state is LineState.VOID]
    if agreement is None or not any(each.place.is_beside(place) for each in voided):
        return None
    cause = place_texts.voided_there(record, agreement)
    # Before the close there is time to pin another agreement, so nobody is asked yet.
    if record.is_standing and case.closing:
        return unplaced(case, cause.reason)
    return case.stay(cause)


def refused(case: Case, write: Write, place: Place) -> Wanted | None:
    """SAFE-2: what ConnectWise refused is not tried again until something has changed."""
    refusal = case.record.refusal
    if refusal is None or not is_same_try(case, write):
        return None
    return case.stay(place_texts.refused(refusal.why))


def is_same_try(case: Case, write: Write) -> bool:
    """Return True if nothing has changed on which the refused write depends (SAFE-2)."""
    refusal, when = case.record.refusal, case.facts.when
    # Tried again each GMT day: the cause is often outside the agreement, whose version stays.
    if refusal is None or refusal.at.date() != when.tick.date():
        return False
    # Refused at its own tick, a job that a person asked for has had its try.
    if when.by_person and refusal.at < when.tick:
        return False
    if isinstance(write, Create | TakeOver):
        same = isinstance(refusal.write, type(write)) and refusal.write.place == write.place
        agreement = case.facts.offered
        return same and agreement is not None and agreement.version == refusal.version
    return write == refusal.write and _is_unchanged(case, write, refusal)


def _is_unchanged(case: Case, write: SetQuantity | SetTerms, refusal: Refusal) -> bool:
    """Return True if the line's agreement is as it was when ConnectWise refused."""
    line = case.record.line(write.number)
    agreement = case.facts.agreement(line.agreement_id)
    return agreement is None or agreement.version == refusal.version


def given_too_late(case: Case, write: Write, place: Place) -> Wanted | None:
    """OPEN-6: the month of what was given to us was invoiced with it as it was."""
    if not isinstance(write, TakeOver) or not place.late:
        return None
    return case.stay(Unsaid.AS_BEFORE, Forget(Said.GIVE))


def opening_held(case: Case, write: Write, place: Place) -> Wanted | None:
    """OPEN-6: ConnectWise shows what holds the opening; the write waits for a look."""
    record = case.record
    if record.hold is None or not record.held_by_connectwise:
        return None
    return case.stay(case.held(record.hold.why), write)


def late(case: Case, write: Write, place: Place) -> Wanted | None:
    """LATE-2: usage that an invoice has left out is told until the close, and then asked."""
    record, opens = case.record, isinstance(write, Create)
    if (
        not place.late
        or isinstance(write, TakeOver)
        or case.total <= record.stands
        or may_be_late(case)
    ):
        return None
    # Until the close more may come, and one question about all of it is enough.
    if record.is_standing and not case.closing:
        return told_late(case)
    why = late_question(
        record,
        case.facts.company,
        counted=case.counted,
        total=case.total,
        agreement=case.facts.offered if opens else None,
        place=place if opens else None,
    )
    hold = LateUsage(why=why, since=case.facts.when.tick, total=case.total)
    return case.ask(hold, about=place if opens else None)


def may_be_late(case: Case) -> bool:
    """Return True if late usage is billed without a question, or a person has allowed so many."""
    ruling = case.record.ruling(Said.LATE)
    allowed = ruling is not None and case.total <= ruling.number
    return allowed or case.facts.when.policy.late_usage is LateUsagePolicy.BILL


def fall_is_over(case: Case, write: Write, place: Place) -> Wanted | None:
    """READ-7: leave to lower is for one write, and for no fall after the count has risen again."""
    # Counters reset at 00:00 GMT on the 1st, and only there: a count that was lowered once and
    # rises past it again was no fall.
    leave, head = case.record.ruling(Said.LOWER), case.record.head
    stands = head is not None and isinstance(write, SetQuantity) and write.quantity == head.pushed
    if leave is None or not stands or case.total <= leave.number:
        return None
    return case.stay(Unsaid.AS_BEFORE, Forget(Said.LOWER))


def stands_already(case: Case, write: Write, place: Place) -> Wanted | None:
    """FOLLOW-2, CLOSE-2: nothing is to be written; the month may close."""
    head = case.record.head
    if head is None or not isinstance(write, SetQuantity) or write.quantity != head.pushed:
        return None
    return case.stay(case.well(case.counted), CLOSE if case.closing else None)


def not_permitted(case: Case, write: Write, place: Place) -> Wanted | None:
    """OPEN-7: this job may open nothing; another will."""
    return case.stay(unpermitted(case.facts.when)) if case.facts.offer.permit is None else None


def written(case: Case, write: Write, place: Place) -> Wanted:
    """FOLLOW-1, OPEN-1: it is written."""
    return case.stay(case.well(), write)


HEAD: tuple[WriteRow, ...] = (
    fallen,
    grown,
    late,
    fall_is_over,
    stands_already,
    refused,
    written,
)
"""Fall, growth and late usage are asked before a refusal is told.

A person's word may make the refused write needless.
"""


NEXT: tuple[WriteRow, ...] = (
    nothing_to_bill,
    wrong_place,
    refused,
    given_too_late,
    opening_held,
    grown,
    late,
    not_permitted,
    written,
)
"""Place comes before questions: a line without a place is not asked about.

The permit comes last, so that no question waits a tick for it.
"""
