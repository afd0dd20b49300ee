"""Third question: what should stand? Which row answers, in which order, and what is wanted then."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given

from tally.domain.decision import may_write
from tally.domain.decision import wanted as tables
from tally.domain.decision.case import Ask, Case, Close, Forget
from tally.domain.decision.wanted import want
from tally.domain.decision.write_changes import claimed
from tally.domain.facts.job_facts import Facts, MonthBefore
from tally.domain.facts.owed import owing_of
from tally.domain.facts.place import Freeze, Thaw, find_place
from tally.domain.holds import (
    Broken,
    Fallen,
    Grown,
    LateUsage,
    Moved,
    Strangers,
    Unplaced,
    Unwritten,
)
from tally.domain.model.invoicing import Invoicing
from tally.domain.model.invoicing import LateUsage as LateUsageSetting
from tally.domain.model.reading import Count, Unknown
from tally.domain.model.standing import Cause, StandingState, Unsaid
from tally.domain.model.terms import OtherTerms
from tally.domain.record.lines import LineState, Place
from tally.domain.record.partner import Children
from tally.domain.record.rulings import Person, Ruling, Said
from tally.domain.record.usage_record import Closing, RecordState, UsageRecord
from tally.domain.record.writes import Create, Refusal, SetQuantity, SetTerms, TakeOver
from tests.unit.met import AGREED, CATALOG, Met, cases
from tests.unit.rig import (
    AGREEMENT,
    CLOSE,
    INVOICED,
    PLACE,
    POLICY,
    TICK,
    UNOPENED,
    a_line,
    a_record,
    facts,
)

UNKNOWN = Unknown("GravityZone has nothing to say.")
LATE = {"agreement": INVOICED, "tick": CLOSE, "late": True}
FROZEN = a_line(state=LineState.FROZEN)
SEEN = Strangers(why="another", since=TICK, wanted=4, additions=(70,))
TAKEN_BACK = replace(AGREEMENT, next_invoice=date(2026, 12, 1))


def said(what: Said, number: int = 0, *about: str) -> Ruling:
    return Ruling(said=what, number=number, by="ann", at=TICK, about=about)


def refusal(write: Any, total: int = 6) -> Refusal:  # noqa: ANN401 - any of the writes
    return Refusal(why="no", at=TICK, write=write, version="v1", total=total)


def closed(*lines: Any, reread: bool = False) -> UsageRecord:  # noqa: ANN401 - lines
    return a_record(*lines, state=RecordState.CLOSED, closing=Closing(count=4, reread=reread))


FINAL = a_line(state=LineState.FINAL)
CHILDREN = Children(ids=("b",))
A_PARTNERS = replace(a_record(a_line()), children=("a",))
GROWN = MonthBefore(baseline=4, line=None)

COUNTED: dict[str, tuple[UsageRecord, Facts]] = {
    "over": (closed(FINAL, reread=True), facts(tick=CLOSE)),
    "voiding": (a_record(a_line(state=LineState.VOIDING)), facts()),
    "held_by_connectwise": (replace(a_record(a_line()), hold=SEEN), facts()),
    "turned": (a_record(a_line()), facts(agreement=INVOICED)),
    "children_moved": (A_PARTNERS, facts(children=CHILDREN)),
    "all_stands": (a_record(FROZEN), facts(agreement=INVOICED)),
    "head_follows": (a_record(a_line()), facts()),
    "next_line": (UNOPENED, facts()),
}
UNCOUNTED: dict[str, tuple[UsageRecord, Facts]] = {
    "over": (closed(FINAL), facts(tick=CLOSE)),
    "voiding": (a_record(a_line(state=LineState.VOIDING)), facts()),
    "held_by_connectwise": (replace(a_record(a_line()), hold=SEEN), facts()),
    "children_moved": (A_PARTNERS, facts(children=CHILDREN)),
    "question_kept": (
        replace(a_record(a_line()), hold=Fallen(why="fell", since=TICK, counted=2)),
        facts(),
    ),
    "turned": (a_record(a_line()), facts(agreement=INVOICED)),
    "unwritten": (a_record(a_line(), rulings=(said(Said.LATE, 9),)), facts(tick=CLOSE)),
    "refused_uncounted": (
        a_record(a_line(), refusal=refusal(SetQuantity(number=0, quantity=6))),
        facts(),
    ),
    "voided_uncounted": (a_record(a_line(state=LineState.VOID, quantity=0)), facts(tick=CLOSE)),
    "closed_uncounted": (a_record(a_line()), facts(tick=CLOSE)),
    "uncounted": (UNOPENED, facts()),
}
HEAD: dict[str, tuple[UsageRecord, Facts]] = {
    "fallen": (a_record(a_line(quantity=6)), facts()),
    "grown": (a_record(a_line()), facts(reading=Count(60), before=GROWN)),
    "late": (
        a_record(FROZEN, a_line(1, late=True, quantity=1)),
        facts(reading=Count(9), tick=CLOSE),
    ),
    "fall_is_over": (a_record(a_line(), rulings=(said(Said.LOWER, 2),)), facts()),
    "stands_already": (a_record(a_line()), facts()),
    "refused": (
        a_record(a_line(), refusal=refusal(SetQuantity(number=0, quantity=6))),
        facts(reading=Count(6)),
    ),
    "written": (a_record(a_line()), facts(reading=Count(6))),
}
NEXT: dict[str, tuple[UsageRecord, Facts]] = {
    "nothing_to_bill": (UNOPENED, facts(reading=Count(0), only_if_used=True)),
    "wrong_place": (a_record(a_line(state=LineState.VOID, quantity=0)), facts()),
    "refused": (a_record(refusal=refusal(Create(number=0, place=PLACE, quantity=4))), facts()),
    "given_too_late": (
        a_record(rulings=(said(Said.GIVE, 70), said(Said.ASKED))),
        facts(**LATE),
    ),
    "opening_held": (a_record(hold=SEEN), facts()),
    "grown": (UNOPENED, facts(reading=Count(60), before=GROWN)),
    "late": (a_record(FROZEN), facts(reading=Count(9), **LATE)),
    "not_permitted": (
        a_record(FROZEN, rulings=(said(Said.LATE, 9),)),
        facts(reading=Count(9), permit=None, **LATE),
    ),
    "written": (UNOPENED, facts()),
}


def answering(rows: tuple[Callable[..., Any], ...], *told: Any) -> str:  # noqa: ANN401 - what a row is told
    """The name of the first row that answers."""
    return next(row.__name__ for row in rows if row(*told) is not None)


@pytest.mark.parametrize("row", [each.__name__ for each in tables.COUNTED])
def test_rows_of_a_month_that_is_counted(row: str) -> None:
    """FOLLOW-1, OPEN-4: each row of the table has a month for which it, and none before it,
    answers.
    """
    record, known = COUNTED[row]
    assert answering(tables.COUNTED, Case(record, owing_of(record, known), known)) == row


@pytest.mark.parametrize("row", [each.__name__ for each in tables.UNCOUNTED])
def test_rows_of_a_month_that_is_not_counted(row: str) -> None:
    """READ-2, CLOSE-5: likewise, where no count is to be had; and nothing is written but what a
    person has asked for.
    """
    record, known = UNCOUNTED[row]
    known = replace(known, reading=UNKNOWN)
    assert answering(tables.UNCOUNTED, Case(record, owing_of(record, known), known)) == row
    assert want(record, known).write in (None, SetQuantity(number=0, quantity=0))


@pytest.mark.parametrize("row", [each.__name__ for each in may_write.HEAD])
def test_rows_of_the_line_that_follows(row: str) -> None:
    """READ-7, FOLLOW-4, LATE-2: which question comes first, and when it is written."""
    record, known = HEAD[row]
    owing, head = owing_of(record, known), record.head
    assert head is not None
    case = Case(record, owing, known)
    write = SetQuantity(number=head.number, quantity=max(case.total - record.beside, 0))
    assert answering(may_write.HEAD, case, write, head.place) == row


@pytest.mark.parametrize("row", [each.__name__ for each in may_write.NEXT])
def test_rows_of_a_next_line(row: str) -> None:
    """OPEN-6, OPEN-7, LATE-2: likewise of a line that is to be opened."""
    record, known = NEXT[row]
    place = find_place(record, known)
    assert isinstance(place, Place)
    case, given_one = Case(record, owing_of(record, known), known), record.ruling(Said.GIVE)
    told = {"number": 0, "place": place, "quantity": case.total - record.stands}
    write = Create(**told) if given_one is None else TakeOver(addition_id=given_one.number, **told)
    assert answering(may_write.NEXT, case, write, place) == row


@pytest.mark.parametrize(("lines", "opens"), [(9, True), (10, False)])
def test_no_line_is_made_that_a_restored_ledger_would_not_recognise(
    lines: int, opens: bool
) -> None:
    """SAFE-8: an eleventh Addition of a month would be a stranger; what to do is said instead."""
    void = [
        a_line(number, agreement_id=99, state=LineState.VOID, quantity=0) for number in range(lines)
    ]
    wanted = want(a_record(*void), facts())
    assert isinstance(wanted.write, Create) is opens
    told = isinstance(wanted.say, Cause) and "bill the rest by hand" in wanted.say.reason
    assert told is not opens


MOVES: dict[str, tuple[UsageRecord, Facts, type | None]] = {
    "a first line": (*COUNTED["next_line"], Create),
    "a higher count": (*HEAD["written"], SetQuantity),
    "the same count": (*HEAD["stands_already"], None),
    "at the close": (a_record(a_line()), facts(tick=CLOSE), Close),
    "closed without a count": (a_record(a_line()), facts(tick=CLOSE, reading=UNKNOWN), Close),
    "an invoice": (*COUNTED["turned"], Freeze),
    "an invoice taken back": (a_record(FROZEN), facts(agreement=TAKEN_BACK), Thaw),
    "what was given": (a_record(rulings=(said(Said.GIVE, 70),)), facts(), TakeOver),
    "a fall that is over": (*HEAD["fall_is_over"], Forget),
    "given too late": (*NEXT["given_too_late"], Forget),
}


@pytest.mark.parametrize("name", MOVES)
def test_what_is_wanted(name: str) -> None:
    """FOLLOW-1, OPEN-1, CLOSE-2, LATE-1: the one move that brings about what should stand."""
    record, known, move = MOVES[name]
    found = want(record, known).move
    assert (None if found is None else type(found)) is move


QUESTIONS: dict[str, tuple[UsageRecord, Facts, type]] = {
    "a fall": (*HEAD["fallen"], Fallen),
    "growth": (*HEAD["grown"], Grown),
    "growth before anything stands": (*NEXT["grown"], Grown),
    "late usage": (*NEXT["late"], LateUsage),
    "other children": (*COUNTED["children_moved"], Moved),
    "no place for the rest": (
        a_record(FROZEN),
        facts(
            reading=Count(9), **{**LATE, "agreement": replace(INVOICED, ends=date(2026, 11, 30))}
        ),
        Unplaced,
    ),
    "never written": (
        a_record(a_line(), rulings=(said(Said.LATE, 9),)),
        facts(tick=CLOSE, reading=UNKNOWN),
        Unwritten,
    ),
    "nothing in its place": (
        a_record(a_line(state=LineState.VOID, quantity=0)),
        facts(tick=CLOSE, reading=UNKNOWN),
        Unplaced,
    ),
}


@pytest.mark.parametrize("name", QUESTIONS)
def test_what_is_asked(name: str) -> None:
    """READ-4, READ-7, FOLLOW-4, LATE-2, CLOSE-5: a person is asked, and the standing says what."""
    record, known, kind = QUESTIONS[name]
    found = want(record, known)
    assert isinstance(found.move, Ask)
    assert type(found.move.hold) is kind
    assert isinstance(found.say, Cause)
    assert (found.say.state, found.say.reason) == (StandingState.HELD, found.move.hold.why)


@pytest.mark.parametrize(
    ("ended", "is_place"),
    [
        pytest.param({"ends": date(2027, 1, 1)}, True, id="its last day is the line's first"),
        pytest.param({"ends": date(2026, 12, 31)}, False, id="its last day is the one before"),
        pytest.param({"cancelled_on": date(2027, 1, 2)}, True, id="cancelled a day later"),
        pytest.param({"cancelled_on": date(2027, 1, 1)}, False, id="cancelled on its first day"),
    ],
)
def test_late_usage_stands_on_a_day_on_which_its_agreement_runs(
    ended: dict[str, date], is_place: bool
) -> None:
    """LATE-2, MATCH-3: an agreement runs on its last day, not on that of its cancellation."""
    policy = replace(POLICY, invoicing=Invoicing.ADVANCE, late_usage=LateUsageSetting.BILL)
    told = facts(tick=CLOSE, policy=policy, agreement=replace(INVOICED, **ended))
    found = find_place(a_record(FROZEN), told)
    assert isinstance(found, Place) is is_place


@pytest.mark.parametrize(
    ("ended", "words"),
    [
        ({"ends": date(2026, 12, 31)}, "ends on 2026-12-31, before"),
        ({"cancelled_on": date(2027, 1, 1)}, "is cancelled on 2027-01-01, before"),
        ({"ends": date(2026, 12, 9), "cancelled_on": date(2026, 12, 31)}, "ends on 2026-12-09,"),
        ({"ends": date(2026, 12, 9), "cancelled_on": date(2026, 12, 9)}, "cancelled on 2026-12-09"),
    ],
)
def test_an_end_is_told_as_connectwise_has_it(ended: dict[str, Any], words: str) -> None:
    """LATE-2: a last day and the day of a cancellation are not the same, in words neither."""
    policy = replace(POLICY, invoicing=Invoicing.ADVANCE, late_usage=LateUsageSetting.BILL)
    told = facts(tick=CLOSE, policy=policy, agreement=replace(INVOICED, **ended))
    found = find_place(a_record(FROZEN), told)
    assert isinstance(found, Cause)
    assert words in found.reason


def test_what_is_left_out_is_refused_no_more() -> None:
    """LATE-2, SAFE-7: whichever question about it a person rejects, its refusal is over."""
    record = a_record(FROZEN, refusal=refusal(Create(number=1, place=PLACE, quantity=2)))
    ann = Person(by="ann", why="by hand", at=TICK)
    for kind, number in ((LateUsage, "total"), (Unwritten, "number"), (Unplaced, "total")):
        after = kind(why="why", since=TICK, **{number: 6}).rejected(record, ann)
        assert isinstance(after, UsageRecord)
        assert after.refusal is None


def test_growth_is_measured_by_the_month_before_or_an_approved_number() -> None:
    """FOLLOW-4: each month ramps up from near zero, so its own last push is no measure."""
    record, known = (
        a_record(a_line(quantity=1)),
        facts(reading=Count(60), before=MonthBefore(baseline=50, line=None)),
    )
    assert want(record, known).write == SetQuantity(number=0, quantity=60)
    approved = replace(record, rulings=(said(Said.GROW, 60), said(Said.LATE, 60)))
    assert want(approved, replace(known, reading=Count(81), before=GROWN)).write == SetQuantity(
        number=0, quantity=81
    )
    assert isinstance(want(approved, replace(known, reading=Count(91))).move, Ask)


def test_late_usage_is_told_before_it_is_asked() -> None:
    """LATE-2: until the close it is a notice, since more may come."""
    record = a_record(FROZEN)
    found = want(record, facts(reading=Count(9), agreement=INVOICED, late=True, tick=TICK))
    assert isinstance(found.say, Cause)
    assert found.move is None
    assert any("is asked when the month closes" in each for each in found.say.notices)


def test_place_comes_before_questions() -> None:
    """MATCH-3, FOLLOW-4: what has no place is not asked about."""
    found = want(
        UNOPENED,
        facts(reading=Count(60), before=GROWN, agreement=replace(AGREEMENT, cancelled=True)),
    )
    assert isinstance(found.say, Cause)
    assert (found.say.state, found.move) == (StandingState.NEEDS_SETUP, None)


def test_terms_are_carried_while_the_count_is_refused() -> None:
    """OPEN-5, SAFE-2: a refused quantity is told, and stops no terms; to announce them is no reason
    to try it again.
    """
    line = a_line(terms=OtherTerms(before=AGREED, now=CATALOG, asked=True))
    record, known = (
        a_record(line, refusal=refusal(SetQuantity(number=0, quantity=6))),
        facts(reading=Count(6)),
    )
    assert want(record, known).write == SetTerms(number=0)
    announced = claimed(record, SetTerms(number=0), known).after
    assert want(announced, known).write == SetTerms(number=0)


def test_a_question_of_growth_outlives_its_place() -> None:
    """SAFE-7, FOLLOW-4: an agreement that is gone for a while takes no question back; at the close
    a place is asked for first.
    """
    asked = Grown(why="growth", since=TICK, agreed=60)
    nowhere = {"reading": Count(60), "before": GROWN, "agreement": None, "late": True}
    found = want(replace(a_record(FROZEN), hold=asked), facts(**nowhere))
    assert isinstance(found.move, Ask)
    assert found.move.hold == asked
    assert not isinstance(want(a_record(FROZEN), facts(**nowhere)).move, Ask)
    closing = want(replace(a_record(FROZEN), hold=asked), facts(tick=CLOSE, **nowhere)).move
    assert isinstance(closing, Ask)
    assert isinstance(closing.hold, Unplaced)


def test_terms_come_after_the_count_and_before_the_close() -> None:
    """OPEN-5: what a person asked to be carried over is no reason not to follow the count."""
    line = a_line(terms=OtherTerms(before=AGREED, now=CATALOG, asked=True))
    assert want(a_record(line), facts()).write == SetTerms(number=0)
    assert want(a_record(line), facts(tick=CLOSE)).write == SetTerms(number=0)
    assert want(a_record(line), facts(reading=Count(6))).write == SetQuantity(number=0, quantity=6)
    broken = Broken(why="gone", since=TICK, total=4)
    assert want(replace(a_record(line), hold=broken), facts()).write is None


@pytest.mark.parametrize(
    ("later", "same"),
    [
        ({}, True),
        ({"agreement": replace(AGREEMENT, version="v2")}, False),
        ({"tick": TICK + timedelta(days=1)}, False),
    ],
)
def test_what_was_refused_is_not_tried_until_something_changes(
    later: dict[str, Any], same: bool
) -> None:
    """SAFE-2: the same write is tried once a day, when the agreement has changed, or when a person
    asks.
    """
    record, _ = HEAD["refused"]
    known = facts(reading=Count(6), **later)
    assert (want(record, known).write is None) is same
    asked = replace(known, when=replace(known.when, by_person=True))
    at_an_earlier_tick = replace(
        record, refusal=replace(record.refusal, at=TICK - timedelta(minutes=15))
    )  # type: ignore[type-var]
    assert want(at_an_earlier_tick, asked).write is not None


@given(cases())
def test_the_clock_is_not_asked(met: Met) -> None:
    """SAFE-4: what should stand hangs on the tick, never on the hour at which a job happens to
    run.
    """
    later = met.known.at(met.known.when.now + timedelta(minutes=20))
    assert want(met.record, met.known) == want(met.record, later)


@given(cases())
def test_what_is_said_is_of_the_move(met: Met) -> None:
    """SAFE-7: where a person is asked, that is what is told; a write is never told as a
    question.
    """
    found = want(met.record, met.known)
    if isinstance(found.move, Ask):
        assert isinstance(found.say, Cause)
        assert found.say.state is StandingState.HELD
    if found.write is not None and met.record.hold is None and isinstance(found.say, Cause):
        assert found.say.state is not StandingState.HELD
    assert isinstance(found.say, Cause | Unsaid)
