"""Third question: what should stand?

A table of rows, in order: the first row that applies answers. No Addition is seen here. There is one
table for a month that can be counted, and one for a month that cannot; where something is to be
written, the rows of ``HEAD`` (the line that follows the count) or ``NEXT`` (a first or further line)
say whether it may be, or who is asked.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

from tally.domain.facts import place_texts
from tally.domain.facts.job_facts import Facts
from tally.domain.facts.owed import Owed, Uncounted, falls, never_written, owing_of, quantity_of
from tally.domain.facts.place import (
    Freeze,
    NoPlace,
    Thaw,
    find_place,
    forbidden,
    turn_of,
    unpermitted,
)
from tally.domain.holds import Fallen, Grown, Hold, LateUsage, Moved, Unplaced, Unwritten
from tally.domain.holds.counts import fall_question, growth_question, moved_question
from tally.domain.holds.late import (
    late_question,
    nothing_in_its_place,
    unplaced_question,
    unwritten_question,
)
from tally.domain.model.invoicing import LateUsage as LateUsagePolicy
from tally.domain.model.service_period import missed
from tally.domain.model.standing import Cause, StandingState, Unsaid, needs_setup, waiting
from tally.domain.record.lines import LineState, Place
from tally.domain.record.partner import others_below
from tally.domain.record.rulings import Said
from tally.domain.record.usage_record import UsageRecord
from tally.domain.record.writes import Create, SetQuantity, SetTerms, TakeOver, Write
from tally.domain.texts import notices


class Close:
    """Close the month, once all is seen as it should stand; a closed one was read once more."""

    __slots__ = ()


CLOSE = Close()


class Ask(NamedTuple):
    """Ask a person first. ``about`` is where the line in question would stand."""

    hold: Hold
    about: Place | None = None


class Forget(NamedTuple):
    """A ruling has had its time."""

    said: Said


type Move = Create | TakeOver | SetQuantity | SetTerms | Close | Ask | Freeze | Thaw | Forget


class Wanted(NamedTuple):
    """What should stand: all lines as they are but for the ``move``, ``total`` in all.

    ``say`` is what the standing tells once it is so.
    """

    total: int
    say: Cause | Unsaid
    move: Move | None = None

    @property
    def write(self) -> Write | None:
        """The wanted write to ConnectWise."""
        move = self.move
        return move if isinstance(move, Create | TakeOver | SetQuantity | SetTerms) else None

    @property
    def about(self) -> Place | None:
        """Where a line would be opened, or is asked about."""
        move = self.move
        if isinstance(move, Create | TakeOver):
            return move.place
        return move.about if isinstance(move, Ask) else None


class Case(NamedTuple):
    """What the rows look at."""

    record: UsageRecord
    owing: Owed | Uncounted
    facts: Facts

    @property
    def total(self) -> int:
        """What is to be billed in all; what stands where nobody can say."""
        return self.owing.total if isinstance(self.owing, Owed) else self.record.stands

    @property
    def counted(self) -> int:
        """What GravityZone counts; for rows of a month that can be counted."""
        assert isinstance(self.owing, Owed)
        return self.owing.counted

    @property
    def agreed(self) -> int:
        """The count after a person's word; as above."""
        assert isinstance(self.owing, Owed)
        return self.owing.agreed

    @property
    def why(self) -> str:
        """Why it cannot be counted."""
        return self.owing.why if isinstance(self.owing, Uncounted) else ""

    @property
    def closing(self) -> bool:
        """True if the month's close is due."""
        return self.facts.when.closing

    def stay(self, say: Cause | Unsaid, move: Move | None = None) -> Wanted:
        """Want nothing but the move, and have that said."""
        return Wanted(total=self.total, say=say, move=move)

    def well(self, counted: int | None = None) -> Cause:
        """Say that it is billed as it should be."""
        return notices.billing(self.record, self.facts, counted=counted)

    def held(self, why: str) -> Cause:
        """Say that it waits for a person."""
        return notices.held(self.record, self.facts, why)

    def ask(self, hold: Hold, *, about: Place | None = None) -> Wanted:
        """Want a person's word first."""
        return self.stay(self.held(hold.why), Ask(hold=hold, about=about))


type Row = Callable[[Case], Wanted | None]
type WriteRow = Callable[[Case, Write, Place], Wanted | None]


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


# Rows of both tables.


def over(case: Case) -> Wanted | None:
    """CLOSE-4: a closed month is read once more, and then only its credit may be left to be told."""
    closing = case.record.closing
    if closing is None or not case.record.is_over:
        return None
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
        grown=count is not None and _is_beyond_baseline(case, count),
    )
    return case.ask(hold)


# Rows of a month that cannot be counted.


def question_kept(case: Case) -> Wanted | None:
    """CLOSE-5: what was asked of a count stays while there is none; who stands below is known without."""
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


# Rows of a month that can be counted.


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
    number, quantity, given = (
        _next_number(record, place),
        case.total - record.stands,
        record.ruling(Said.GIVE),
    )
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
        return _unplaced(case, missing) if missing else case.stay(place)
    if isinstance(record.hold, Grown) and _is_beyond_baseline(case, case.agreed):
        return case.ask(record.hold)  # its place may be back before an answer is
    unasked = (
        case.facts.offered is None and record.is_carried_on and record.ruling(Said.LATE) is None
    )
    return _told_late(case) if unasked or not _may_be_late(case) else case.stay(place)


def _missing(case: Case, place: NoPlace) -> str:
    """Say what has to be set up for what is left over; empty where nobody can say."""
    facts = case.facts
    if isinstance(place, Cause):
        return place.reason if place.state is StandingState.NEEDS_SETUP else ""
    if facts.offered is None and facts.offer.listed:
        return place_texts.no_agreement(facts.company)
    no_product = place is Unsaid.PLANNERS and facts.offer.product_id is None and facts.offer.listed
    return place_texts.no_product(case.record.key, facts.company) if no_product else ""


def _unplaced(case: Case, missing: str) -> Wanted:
    why = unplaced_question(
        case.record, case.facts.company, counted=case.counted, total=case.total, missing=missing
    )
    return case.ask(Unplaced(why=why, since=case.facts.when.tick, total=case.total))


def _told_late(case: Case) -> Wanted:
    cause = case.well()
    told = notices.late_usage(case.record, total=case.total)
    return case.stay(replace(cause, notices=(*cause.notices, told)))


# Rows of a write: may it be made, or who is asked? The four questions come in one order for both.


def fallen(case: Case, write: Write, place: Place) -> Wanted | None:  # noqa: ARG001
    """READ-7: a count only rises within a month."""
    record = case.record
    if not isinstance(write, SetQuantity) or not falls(record, write.quantity):
        return None
    why = fall_question(record, case.facts.company, counted=case.counted)
    return case.ask(Fallen(why=why, since=case.facts.when.tick, counted=case.counted))


def nothing_to_bill(case: Case, write: Write, place: Place) -> Wanted | None:  # noqa: ARG001
    """OPEN-9: no line is opened for no usage, once the month's days are over or if nobody saw it licensed."""
    record = case.record
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


def wrong_place(case: Case, write: Write, place: Place) -> Wanted | None:  # noqa: ARG001
    """OPEN-1: a line was voided at this very place."""
    record, agreement = case.record, case.facts.offered
    voided = [each for each in record.lines if each.state is LineState.VOID]
    if agreement is None or not any(each.place.is_beside(place) for each in voided):
        return None
    cause = place_texts.voided_there(record, agreement)
    if record.is_standing and case.closing:
        return _unplaced(case, cause.reason)
    return case.stay(cause)


def refused(case: Case, write: Write, place: Place) -> Wanted | None:  # noqa: ARG001
    """SAFE-2: what ConnectWise refused is not tried again until something has changed."""
    refusal = case.record.refusal
    if refusal is None or not is_same_try(case, write):
        return None
    return case.stay(place_texts.refused(refusal.why))


def given_too_late(case: Case, write: Write, place: Place) -> Wanted | None:
    """OPEN-6: the month of what was given to us was invoiced with it as it was."""
    if not isinstance(write, TakeOver) or not place.late:
        return None
    return case.stay(Unsaid.AS_BEFORE, Forget(Said.GIVE))


def opening_held(case: Case, write: Write, place: Place) -> Wanted | None:  # noqa: ARG001
    """OPEN-6: ConnectWise shows what holds the opening; the write waits for a look."""
    record = case.record
    if record.hold is None or not record.held_by_connectwise:
        return None
    return case.stay(case.held(record.hold.why), write)


def grown(case: Case, write: Write, place: Place) -> Wanted | None:
    """FOLLOW-4, READ-8: growth beyond the limits asks a person."""
    record, when = case.record, case.facts.when
    if isinstance(write, TakeOver) or case.agreed <= record.stands:
        return None
    if not _is_beyond_baseline(case, case.agreed):
        return None
    said = record.ruling(Said.KEEP_GROWN)
    if (
        said is not None
        and not record.lines
        and not when.policy.is_beyond(case.agreed, baseline=said.number)
    ):
        word = f"{said.by} rejected {said.number} on {said.at:%Y-%m-%d}"
        reason = f"{word}: nothing is opened for {when.month.label}."
        return case.stay(Cause(state=StandingState.HELD, reason=reason))
    why = growth_question(
        record,
        case.facts.company,
        agreed=case.agreed,
        month_before=case.facts.before.baseline,
        first_month=when.policy.first_month_seats,
    )
    hold = Grown(why=why, since=when.tick, agreed=case.agreed)
    return case.ask(hold, about=place if isinstance(write, Create) else None)


def late(case: Case, write: Write, place: Place) -> Wanted | None:
    """LATE-2: usage that an invoice has left out is told until the close, and then asked."""
    record, opens = case.record, isinstance(write, Create)
    if (
        not place.late
        or isinstance(write, TakeOver)
        or case.total <= record.stands
        or _may_be_late(case)
    ):
        return None
    if record.is_standing and not case.closing:
        return _told_late(case)
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


def fall_is_over(case: Case, write: Write, place: Place) -> Wanted | None:  # noqa: ARG001
    """READ-7: leave to lower is for one write, and for no fall after the count has risen again."""
    leave, head = case.record.ruling(Said.LOWER), case.record.head
    stands = head is not None and isinstance(write, SetQuantity) and write.quantity == head.pushed
    if leave is None or not stands or case.total <= leave.number:
        return None
    return case.stay(Unsaid.AS_BEFORE, Forget(Said.LOWER))


def stands_already(case: Case, write: Write, place: Place) -> Wanted | None:  # noqa: ARG001
    """FOLLOW-2, CLOSE-2: nothing is to be written; the month may close."""
    head = case.record.head
    if head is None or not isinstance(write, SetQuantity) or write.quantity != head.pushed:
        return None
    return case.stay(case.well(case.counted), CLOSE if case.closing else None)


def not_permitted(case: Case, write: Write, place: Place) -> Wanted | None:  # noqa: ARG001
    """OPEN-7: this job may open nothing; another will."""
    return case.stay(unpermitted(case.facts.when)) if case.facts.offer.permit is None else None


def written(case: Case, write: Write, place: Place) -> Wanted:  # noqa: ARG001
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
"""Fall, growth and late usage are asked before a refusal is told: a person's word may make it needless."""

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
"""Place comes before questions: what has no place is not asked about. The permit comes last, so that
no question waits a tick for it."""

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
    question_kept,
    turned,
    unwritten,
    refused_uncounted,
    voided_uncounted,
    closed_uncounted,
    uncounted,
)


def is_same_try(case: Case, write: Write) -> bool:
    """Answer True if nothing has changed on which the refused write depends (SAFE-2)."""
    refusal, when = case.record.refusal, case.facts.when
    if refusal is None or refusal.at.date() != when.tick.date():
        return False
    if when.by_person and refusal.at < when.tick:
        return False
    if isinstance(write, Create | TakeOver):
        agreement = case.facts.offered
        same = isinstance(refusal.write, type(write)) and refusal.write.place == write.place
        return same and agreement is not None and agreement.version == refusal.version
    if write != refusal.write:
        return False
    line = case.record.line(write.number)
    agreement = case.facts.agreement(line.agreement_id)
    return agreement is None or agreement.version == refusal.version


def _is_beyond_baseline(case: Case, count: int) -> bool:
    """Answer True if a person is asked before so many are written (FOLLOW-4, READ-8)."""
    said, policy = case.record.ruling(Said.GROW), case.facts.when.policy
    baseline = case.facts.before.baseline if said is None else said.number
    if baseline is None:
        return count > policy.first_month_seats
    return policy.is_beyond(count, baseline=baseline)


def _may_be_late(case: Case) -> bool:
    """Answer True if late usage is billed without a question, or a person has allowed so many."""
    ruling = case.record.ruling(Said.LATE)
    allowed = ruling is not None and case.total <= ruling.number
    return allowed or case.facts.when.policy.late_usage is LateUsagePolicy.BILL
