"""Third question: what should stand, and who is asked first?

A table of rows, in order: the first row that applies answers. No Addition is seen here. There is
one table for a month that can be counted, and one for a month that cannot. Where something is to be
written, the tables of ``may_write`` say whether it may be, or who is asked.
"""

from tally.domain.decision.case import (
    CLOSE,
    Ask,
    Case,
    Close,
    Row,
    Wanted,
    WriteRow,
)
from tally.domain.decision.growth import is_beyond_baseline
from tally.domain.decision.may_write import (
    HEAD,
    NEXT,
    is_same_try,
    may_be_late,
    told_late,
    unplaced,
)
from tally.domain.facts import place_texts
from tally.domain.facts.job_facts import Facts
from tally.domain.facts.owed import Uncounted, never_written, owing_of, quantity_of
from tally.domain.facts.place import NoPlace, find_place, forbidden, turn_of
from tally.domain.holds import Grown, Moved, Unplaced, Unwritten
from tally.domain.holds.count_questions import moved_question
from tally.domain.holds.late_questions import nothing_in_its_place, unwritten_question
from tally.domain.model.service_period import missed
from tally.domain.model.standing import Cause, StandingState, Unsaid, needs_setup, waiting
from tally.domain.record.lines import LineState, Place
from tally.domain.record.partner import others_below
from tally.domain.record.record_key import MOST_LINES
from tally.domain.record.rulings import Said
from tally.domain.record.usage_record import UsageRecord
from tally.domain.record.writes import Create, SetQuantity, SetTerms, TakeOver, Write


def want(record: UsageRecord, facts: Facts) -> Wanted:
    """Answer what should stand."""
    owing = owing_of(record, facts)
    case = Case(record=record, owing=owing, facts=facts)
    rows = UNCOUNTED if isinstance(owing, Uncounted) else COUNTED
    wanted = next(found for row in rows if (found := row(case)) is not None)
    return _with_terms(case, wanted)


def _with_terms(case: Case, wanted: Wanted) -> Wanted:
    """Carry over the terms that a person asked for: after the count, and before the close (OPEN-5).

    A question about the count does not stop them, but it is on the record first.
    """
    record, head, move = case.record, case.record.head, wanted.move
    if head is None or head.terms is None or not head.terms.asked or record.held_by_connectwise:
        return wanted
    asked = isinstance(move, Ask) and move.hold.same_as(record.hold)
    if asked or (record.hold is None and (move is None or isinstance(move, Close))):
        return wanted._replace(move=SetTerms(number=head.number))
    return wanted


def over(case: Case) -> Wanted | None:
    """CLOSE-4: a closed month is read once more; then only its credit may be left to tell."""
    closing = case.record.closing
    if closing is None or not case.record.is_over:
        return None
    # The count of a month may still change after its close: it is read once more, and never again.
    if closing.reread:
        return case.stay(Unsaid.PLANNERS)
    return None if case.facts.when.too_late else case.stay(Unsaid.AS_BEFORE)


def voiding(case: Case) -> Wanted | None:
    """OPEN-1: a person wants the newest line at 0."""
    record, line = case.record, case.record.newest
    if line is None or line.state is not LineState.VOIDING:
        return None
    write = SetQuantity(number=line.number, quantity=0)
    if record.refusal is not None and is_same_try(case, write):
        return case.stay(needs_setup(record.refusal.why))
    return Wanted(total=record.beside, say=Unsaid.AS_BEFORE, move=write)


def held_by_connectwise(case: Case) -> Wanted | None:
    """FOLLOW-3, OPEN-6: what ConnectWise shows holds the record; only a look lifts that."""
    record = case.record
    if record.hold is None or not record.held_by_connectwise or record.lacks_line:
        return None
    return case.stay(case.held(record.hold.why))


def turned(case: Case) -> Wanted | None:
    """LATE-1: the newest line's agreement was invoiced or has ended, or is to be billed again."""
    line = case.record.newest
    turn = None if line is None else turn_of(line, case.facts)
    return None if turn is None else case.stay(case.well(), turn)


def children_moved(case: Case) -> Wanted | None:
    """READ-4: others stand below the partner than those its count was taken with."""
    record, children = case.record, case.facts.children
    if (
        children is None
        or record.is_over
        or record.was_voided
        or not others_below(record, children)
    ):
        return None
    # The answer holds for exactly these children: another move asks again.
    kept = record.ruling(Said.KEEP_CHILDREN)
    if kept is not None and kept.about == children.ids:
        return None
    reading = case.facts.reading
    count = None if isinstance(case.owing, Uncounted) else case.counted
    hold = Moved(
        why=moved_question(record.key, record, case.facts.company, reading, children),
        since=case.facts.when.tick,
        counted=record.stands if count is None else count,
        children=children.ids,
        grown=count is not None and is_beyond_baseline(case, count),
    )
    return case.ask(hold)


def question_kept(case: Case) -> Wanted | None:
    """CLOSE-5: a question about a count stays while there is no count.

    Who stands below a partner is known without one.
    """
    record, hold = case.record, case.record.hold
    if hold is None or record.lacks_line:
        return None
    if isinstance(hold, Moved) and case.facts.children is not None:
        return None
    return case.stay(case.held(hold.why), Ask(hold=hold))


def unwritten(case: Case) -> Wanted | None:
    """CLOSE-5: more was allowed, or refused by ConnectWise, than stands."""
    record, number = case.record, never_written(case.record)
    if number is None or not case.closing or record.lacks_line:
        return None
    why = unwritten_question(record, case.facts.company, number=number, why=case.why)
    return case.ask(Unwritten(why=why, since=case.facts.when.tick, number=number))


def refused_uncounted(case: Case) -> Wanted | None:
    """SAFE-2: a higher count was known, and ConnectWise refused it."""
    record = case.record
    if record.refusal is None or record.lacks_line:
        return None
    return case.stay(needs_setup(record.refusal.why))


def voided_uncounted(case: Case) -> Wanted | None:
    """OPEN-1, CLOSE-5: a line was voided, and nobody knows whether one is missing in its place."""
    record = case.record
    if not record.was_voided or not case.closing or record.is_over:
        return None
    if record.ruling(Said.LEAVE_OUT) is not None:
        return case.stay(case.well(), CLOSE)
    why = nothing_in_its_place(record, case.facts.company, why=case.why)
    return case.ask(Unplaced(why=why, since=case.facts.when.tick, total=record.stands))


def closed_uncounted(case: Case) -> Wanted | None:
    """CLOSE-5: what stands is the last word."""
    record = case.record
    if not (case.closing or record.is_over) or not record.lines:
        return None
    return case.stay(case.well(), CLOSE)


def uncounted(case: Case) -> Wanted:
    """READ-2: unknown never writes."""
    record, facts = case.record, case.facts
    if not record.lacks_line:
        stays = (
            f"What stands for {facts.when.month.label}, {record.stands}, stays until the month "
            "closes."
        )
        return case.stay(waiting(f"{case.why} {stays}"))
    if not record.lines and facts.when.too_late:
        if record.ruling(Said.ASKED) is not None:
            return case.stay(missed(facts.when.month, case.why.rstrip(".")))
        return case.stay(
            missed(facts.when.month, "" if record.refusal is None else record.refusal.why)
        )
    if facts.offer.permit is None:
        return case.stay(Unsaid.PLANNERS if record.hold is None else case.held(record.hold.why))
    return case.stay(forbidden(record, facts) or waiting(case.why))


def all_stands(case: Case) -> Wanted | None:
    """CLOSE-2, CLOSE-4: all that is owed stands, and no line is there that could be written."""
    record = case.record
    if record.head is not None or not record.is_standing or case.total > record.stands:
        return None
    return case.stay(case.well(case.counted), CLOSE if case.closing or record.is_over else None)


def head_follows(case: Case) -> Wanted | None:
    """FOLLOW-1: the newest line follows the count."""
    head = case.record.head
    if head is None:
        return None
    write = SetQuantity(number=head.number, quantity=quantity_of(case.record, case.total))
    return _first(HEAD, case, write, head.place)


def next_line(case: Case) -> Wanted:
    """OPEN-4, LATE-2: a first line is opened, or a further one."""
    record = case.record
    place = find_place(record, case.facts)
    if not isinstance(place, Place):
        return _nowhere(case, place)
    number = _next_number(record, place)
    # A ledger that was restored could not recognise an Addition of a higher number as ours.
    if number >= MOST_LINES:
        return _nowhere(case, place_texts.too_many_lines(record.key, case.facts.company))
    quantity, given = case.total - record.stands, record.ruling(Said.GIVE)
    write: Write
    if given is None:
        write = Create(number=number, place=place, quantity=quantity)
    else:
        write = TakeOver(number=number, place=place, quantity=quantity, addition_id=given.number)
    return _first(NEXT, case, write, place)


def _first(rows: tuple[WriteRow, ...], case: Case, write: Write, place: Place) -> Wanted:
    return next(found for row in rows if (found := row(case, write, place)) is not None)


def _next_number(record: UsageRecord, place: Place) -> int:
    """Line 0 is the month's own; a line that is being opened keeps its number."""
    claimed = None if record.claim is None else record.claim.write
    if isinstance(claimed, Create | TakeOver):
        return claimed.number
    return int(place.late) if record.newest is None else record.newest.number + 1


def _nowhere(case: Case, place: NoPlace) -> Wanted:
    """LATE-2: what has no place is told until the close, and then a person's."""
    record = case.record
    if not record.is_standing:
        return case.stay(place)
    if case.closing:
        missing = _missing(case, place)
        return unplaced(case, missing) if missing else case.stay(place)
    if isinstance(record.hold, Grown) and is_beyond_baseline(case, case.agreed):
        return case.ask(record.hold)  # its place may be back before an answer is
    unasked = (
        case.facts.offered is None and record.is_carried_on and record.ruling(Said.LATE) is None
    )
    return told_late(case) if unasked or not may_be_late(case) else case.stay(place)


def _missing(case: Case, place: NoPlace) -> str:
    """Say what has to be set up for what is left over; empty where nobody can say."""
    facts = case.facts
    if isinstance(place, Cause):
        return place.reason if place.state is StandingState.NEEDS_SETUP else ""
    if facts.offered is None and facts.offer.listed:
        return place_texts.no_agreement(facts.company)
    no_product = place is Unsaid.PLANNERS and facts.offer.product_id is None and facts.offer.listed
    return place_texts.no_product(case.record.key, facts.company) if no_product else ""


COUNTED: tuple[Row, ...] = (
    over,
    voiding,
    held_by_connectwise,
    turned,
    children_moved,
    all_stands,
    head_follows,
    next_line,
)


UNCOUNTED: tuple[Row, ...] = (
    over,
    voiding,
    held_by_connectwise,
    children_moved,
    question_kept,  # before ``turned``, which drops a question that needs a count
    turned,
    unwritten,
    refused_uncounted,
    voided_uncounted,
    closed_uncounted,
    uncounted,
)
