"""Fifth question: what follows? Which row answers, in which order; and whether ConnectWise is
looked at before.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given

from tally.domain.decision import reconcile as tables
from tally.domain.decision.look import claimed_write, look_at, needs_look
from tally.domain.decision.reconcile import reconcile
from tally.domain.decision.scene import Do, Done, Outcome, Record, Scene, Wait, is_same_write
from tally.domain.decision.wanted import want
from tally.domain.decision.without_a_write import without_a_write
from tally.domain.facts.job_facts import Facts
from tally.domain.facts.sighting import Looked, sight
from tally.domain.holds import Broken, Edited, Fallen, SettledEdited, Strangers
from tally.domain.model.agreement import Addition
from tally.domain.model.reading import Count
from tally.domain.model.terms import BILLABLE, OtherTerms, Terms
from tally.domain.record.lines import LineState, Written
from tally.domain.record.record_key import reference
from tally.domain.record.rulings import Ruling, Said
from tally.domain.record.usage_record import RecordState, UsageRecord
from tally.domain.record.writes import Claim, Create, SetQuantity, SetTerms, TakeOver
from tests.unit.met import AGREED, CATALOG, Met, cases
from tests.unit.rig import (
    AGREEMENT,
    CLOSE,
    INVOICED,
    KEY,
    PLACE,
    PRODUCT_ID,
    SETTLE,
    TICK,
    UNOPENED,
    Rig,
    a_line,
    a_record,
    addition,
    facts,
)

OLD = TICK - SETTLE * 2
JUST_NOW = TICK - timedelta(seconds=30)
STRANGER = addition(70, text="a person's")
POST = Claim(write=Create(number=0, place=PLACE, quantity=4), at=TICK)
PATCH = Claim(write=SetQuantity(number=0, quantity=6), at=TICK)
TERMS = a_line(terms=OtherTerms(before=AGREED, now=CATALOG, asked=True))
GIVEN = Ruling(said=Said.GIVE, number=70, by="ann", at=TICK)
TAKE = Claim(write=TakeOver(number=0, place=PLACE, quantity=4, addition_id=70), at=TICK)
HELD = Strangers(why="another", since=TICK, wanted=4, additions=(70,))
FROZEN = a_line(state=LineState.FROZEN)
INVOICE = {"agreement": INVOICED, "tick": CLOSE}

SCENES: dict[str, tuple[UsageRecord, Sequence[Addition], Facts, str, type]] = {
    "a void, still standing": (
        a_record(a_line(state=LineState.VOIDING)),
        [addition()],
        facts(),
        "voiding",
        Do,
    ),
    "a void, at 0": (
        a_record(a_line(state=LineState.VOIDING)),
        [addition(quantity=Decimal(0))],
        facts(),
        "voiding",
        Record,
    ),
    "a void, not listed yet": (
        a_record(a_line(state=LineState.VOIDING, at=JUST_NOW)),
        [],
        facts(),
        "voiding",
        Wait,
    ),
    "a line that the ledger lacks": (UNOPENED, [addition()], facts(), "unknown_lines", Record),
    "two of a line that it lacks": (
        UNOPENED,
        [addition(), addition(901)],
        facts(),
        "unknown_lines",
        Done,
    ),
    "the claimed one is there": (
        a_record(claim=POST),
        [addition()],
        facts(),
        "opening_found",
        Record,
    ),
    "the claimed one is there twice": (
        a_record(claim=POST),
        [addition(), addition(901)],
        facts(),
        "opening_found",
        Done,
    ),
    "ours is not listed yet": (
        a_record(a_line(at=JUST_NOW), claim=PATCH),
        [],
        facts(reading=Count(6)),
        "head_not_listed",
        Wait,
    ),
    "ours is gone": (a_record(a_line()), [], facts(), "head_lost", Done),
    "ours is there twice": (
        a_record(a_line()),
        [addition(), addition(901)],
        facts(),
        "head_lost",
        Done,
    ),
    "another before ours is made": (a_record(claim=POST), [STRANGER], facts(), "strangers", Done),
    "another beside ours": (a_record(a_line()), [addition(), STRANGER], facts(), "strangers", Done),
    "another quantity": (
        a_record(a_line()),
        [addition(quantity=Decimal(9))],
        facts(),
        "head_changed",
        Done,
    ),
    "another date": (
        a_record(a_line()),
        [addition(cancelled=date(2026, 11, 20))],
        facts(),
        "head_changed",
        Done,
    ),
    "a lost answer": (
        a_record(a_line(quantity=2, unsure=(4,))),
        [addition()],
        facts(),
        "head_arrived",
        Record,
    ),
    "terms to be carried": (
        a_record(TERMS, claim=Claim(write=SetTerms(number=0), at=TICK)),
        [addition(terms=CATALOG)],
        facts(),
        "terms_claimed",
        Do,
    ),
    "terms that are there already": (
        a_record(TERMS, claim=Claim(write=SetTerms(number=0), at=OLD)),
        [addition(terms=AGREED)],
        facts(),
        "terms_claimed",
        Record,
    ),
    "a frozen one was changed": (
        a_record(FROZEN),
        [addition(quantity=Decimal(9))],
        facts(**INVOICE),
        "settled_lines",
        Done,
    ),
    "a claim that is wanted": (
        a_record(a_line(), claim=PATCH),
        [addition()],
        facts(reading=Count(6)),
        "claim",
        Do,
    ),
    "a claim that is not wanted": (
        a_record(a_line(), claim=PATCH),
        [addition()],
        facts(reading=Count(7)),
        "claim",
        Record,
    ),
    "an opening that is wanted": (a_record(claim=POST), [], facts(), "claim", Do),
    "a take-over": (a_record(claim=TAKE, rulings=(GIVEN,)), [STRANGER], facts(), "claim", Do),
    "a take-over of what is gone": (
        a_record(claim=TAKE, rulings=(GIVEN,)),
        [],
        facts(),
        "claim",
        Record,
    ),
    "a take-over of no number of seats": (
        a_record(claim=TAKE, rulings=(GIVEN,)),
        [addition(70, text="", quantity=Decimal(-1))],
        facts(),
        "claim",
        Record,
    ),
    "an echo": (
        a_record(a_line(quantity=6, at=JUST_NOW, echoes=(4,))),
        [addition()],
        facts(reading=Count(6)),
        "head_echoes",
        Wait,
    ),
    "an echo under a hold": (
        a_record(
            a_line(quantity=6, at=JUST_NOW, echoes=(4,)),
            hold=Broken(why="gone", since=TICK, total=6),
        ),
        [addition()],
        facts(reading=Count(6)),
        "head_echoes",
        Wait,
    ),
    "put right": (
        a_record(a_line(), hold=Broken(why="gone", since=TICK, total=4)),
        [addition()],
        facts(),
        "put_right",
        Record,
    ),
    "all as left": (a_record(a_line()), [addition()], facts(), "quiet", Done),
    "the close": (a_record(a_line()), [addition()], facts(tick=CLOSE), "quiet", Done),
}


def scene_of(record: UsageRecord, there: Sequence[Addition], known: Facts) -> Scene:
    """What the rows look at."""
    seen = sight(record, Looked(additions=there), known.when, product_id=PRODUCT_ID)
    return Scene(record, want(record, known), seen, known)


def follows(record: UsageRecord, there: Sequence[Addition], known: Facts) -> Outcome:
    """What follows of it."""
    return reconcile(*scene_of(record, there, known))


@pytest.mark.parametrize("name", SCENES)
def test_which_row_answers(name: str) -> None:
    """SAFE-8, SAFE-2, OPEN-6, FOLLOW-3: what the ledger does not know comes first, then what it
    knows; a write comes after both.
    """
    record, there, known, row, outcome = SCENES[name]
    scene = scene_of(record, there, known)
    assert next(each.__name__ for each in tables.SEEN if each(scene) is not None) == row
    assert type(follows(record, there, known)) is outcome


def test_no_row_is_left_out() -> None:
    """SAFE-7: each row of the table is the answer to a scene above."""
    assert {row for *_, row, _ in SCENES.values()} == {each.__name__ for each in tables.SEEN}


HOLDS: dict[str, type] = {
    "two of a line that it lacks": Broken,
    "the claimed one is there twice": Broken,
    "ours is gone": Broken,
    "ours is there twice": Broken,
    "another before ours is made": Strangers,
    "another beside ours": Strangers,
    "another quantity": Edited,
    "another date": Broken,
    "a frozen one was changed": SettledEdited,
}


@pytest.mark.parametrize("name", HOLDS)
def test_what_is_held(name: str) -> None:
    """FOLLOW-3, OPEN-6, LATE-1: held, without a claim left, told, and asked once."""
    record, there, known, *_ = SCENES[name]
    outcome = follows(record, there, known)
    assert isinstance(outcome, Done)
    assert outcome.change is not None
    after = outcome.change.after
    assert (type(after.hold), after.claim) == (HOLDS[name], None)
    again = follows(replace(after, version=4), there, known)
    assert isinstance(again, Done)
    assert again.change is None or again.change.after.hold == after.hold


def test_a_claim_is_written_only_as_it_is_wanted() -> None:
    """SAFE-3, OPEN-7: the quantity that was claimed is the one that is written, or none is."""
    done = follows(a_record(a_line(), claim=PATCH), [addition()], facts(reading=Count(6)))
    assert done == Do(SetQuantity(number=0, quantity=6), addition())
    dropped = follows(a_record(a_line(), claim=PATCH), [addition()], facts(reading=Count(7)))
    assert isinstance(dropped, Record)
    assert dropped.change is not None
    assert dropped.change.after.claim is None
    # It may have been sent by the worker before us: it stays among those that may stand there.
    assert dropped.change.after.lines[0].written.unsure == (6,)


@pytest.mark.parametrize(
    "there",
    [
        pytest.param([addition(), addition(901), addition(902, agreement_id=32)], id="copied"),
        pytest.param([addition(901, agreement_id=32)], id="only a copy elsewhere is left"),
    ],
)
def test_voiding_ends_once_no_copy_bills(there: list[Addition]) -> None:
    """OPEN-1: a copy that bears our reference is set to 0 as well, on whichever agreement it is."""
    rig = Rig(record=a_record(a_line(state=LineState.VOIDING)), there=there)
    rig.run(facts(others=(32,)))
    assert [each.quantity for each in rig.there[: len(there)]] == [0] * len(there)
    assert rig.done[:2] == ["patch intended", "voided"]


def test_a_flag_that_we_carried_over_is_ours_though_its_answer_was_lost() -> None:
    """OPEN-5, FOLLOW-3: once the look shows the terms that were sent, what is compared with later
    is that flag.
    """
    free = Terms(bill_customer="NoCharge")
    told = Written(quantity=4, at=OLD, flag=BILLABLE)
    line = a_line(
        written=told, terms=OtherTerms(before=free, now=Terms(bill_customer=BILLABLE), asked=True)
    )
    claim = Claim(write=SetTerms(number=0), at=OLD)
    rig = Rig(record=a_record(line, claim=claim), there=[addition(terms=free)])
    rig.run(facts(), look_due=True)
    rig.run(facts(), look_due=True)
    assert (rig.record.hold, rig.terms, rig.done) == (
        None,
        [],
        ["terms intended", "terms carried over"],
    )


def test_nothing_is_written_under_an_older_claim() -> None:
    """SAFE-2: a claim of a job before is given up, since its age would tell the next job when this
    one wrote.
    """
    older = replace(PATCH, at=OLD)
    outcome = follows(a_record(a_line(), claim=older), [addition()], facts(reading=Count(6)))
    assert isinstance(outcome, Record)
    assert outcome.change is not None
    assert outcome.change.after.claim is None


def test_what_is_only_wanted_since_the_look_is_claimed_first() -> None:
    """SAFE-1, OPEN-7: the agreement read by the look lets the line grow: the job goes round again,
    and claims.
    """
    assert follows(a_record(a_line()), [addition()], facts(reading=Count(6))) == Record()
    ended = facts(reading=Count(6), agreement=replace(AGREEMENT, cancelled=True))
    rig = Rig(record=a_record(a_line(unsure=(6,))), there=[addition()])
    rig.run(replace(ended, when=replace(ended.when, now=CLOSE)))
    assert (rig.patches, rig.record.stands) == ([6], 6)


def test_a_late_line_may_have_been_claimed_for_later_days() -> None:
    """LATE-2, SAFE-2: an opening that was claimed for the next period is not made a second time for
    this one.
    """
    late = replace(PLACE, late=True, effective=date(2026, 12, 1), cancelled=date(2026, 12, 31))
    sooner = replace(late, effective=date(2026, 11, 15))
    write = Create(number=1, place=late, quantity=2)
    assert is_same_write(write, write._replace(place=sooner))
    assert not is_same_write(write._replace(place=sooner), write)
    assert not is_same_write(write, write._replace(quantity=3))


@given(cases())
def test_nothing_is_written_that_was_not_claimed(met: Met) -> None:
    """SAFE-1: whatever is met, a write is the record's claim, and what is wanted now."""
    outcome = follows(met.record, met.there, met.known)
    if isinstance(outcome, Do) and met.record.claim is not None and met.record.newest is not None:
        voiding = met.record.newest.state is LineState.VOIDING
        assert voiding or is_same_write(met.record.claim.write, outcome.write)
    if isinstance(outcome, Do):
        assert met.record.claim is not None


@given(cases())
def test_a_closed_month_was_seen(met: Met) -> None:
    """CLOSE-2: it closes where all lines are as left, and nothing else is there."""
    outcome = follows(met.record, met.there, met.known)
    if (
        isinstance(outcome, Done)
        and outcome.change is not None
        and outcome.change.after.state is RecordState.CLOSED
    ):
        shown = {each.id: each.quantity for each in met.there}
        assert all(
            shown[line.addition_id] == line.pushed
            for line in met.record.lines
            if line.addition_id in shown
        )
        assert outcome.change.after.hold is None


# Between the questions.


LOOKS: dict[str, tuple[UsageRecord, Facts, bool, bool]] = {
    "unchanged": (a_record(a_line()), facts(), False, False),
    "unchanged, on its day": (a_record(a_line()), facts(), True, True),
    "a change": (a_record(a_line()), facts(reading=Count(6)), False, True),
    "an opening": (UNOPENED, facts(), False, True),
    "nothing to open": (UNOPENED, facts(reading=Count(0), only_if_used=True), True, False),
    "a claim": (a_record(a_line(), claim=PATCH), facts(), False, True),
    "held for what stands there": (a_record(a_line(), hold=HELD), facts(), False, True),
    "held for a fall": (
        a_record(a_line(quantity=6), hold=Fallen(why="fell", since=TICK, counted=4)),
        facts(),
        False,
        False,
    ),
    "a new question": (a_record(a_line(quantity=6)), facts(), False, True),
    "the close": (a_record(a_line()), facts(tick=CLOSE), False, True),
    "an invoice": (a_record(a_line()), facts(agreement=INVOICED), False, False),
    "an invoice, and a lost answer": (
        a_record(a_line(unsure=(6,))),
        facts(agreement=INVOICED),
        False,
        True,
    ),
    "an invoice, on its day": (a_record(a_line()), facts(agreement=INVOICED), True, False),
}


@pytest.mark.parametrize("name", LOOKS)
def test_whether_connectwise_is_called(name: str) -> None:
    """FOLLOW-2, FOLLOW-5: an unchanged count calls nobody, but once a day, and where it must be
    known what stands.
    """
    record, known, due, looks = LOOKS[name]
    assert needs_look(record, want(record, known), known, due=due) is looks


def test_what_is_claimed_before_a_look() -> None:
    """SAFE-1, SAFE-2: the wanted write; a claimed opening is renewed with today's quantity,
    wherever it would stand now.
    """
    known = facts(reading=Count(6))
    wanted = want(a_record(a_line()), known)
    assert claimed_write(a_record(a_line()), wanted) == SetQuantity(number=0, quantity=6)
    opening = a_record(claim=POST)
    assert claimed_write(opening, want(opening, known)) == POST.write._replace(quantity=6)  # type: ignore[union-attr]
    held = a_record(a_line(), hold=Fallen(why="fell", since=TICK, counted=2))
    assert claimed_write(held, want(held, known)) is None


def test_where_is_looked() -> None:
    """OPEN-7, LATE-2, SAFE-8: where it would be opened, read again; beside all lines that can no
    longer grow; and elsewhere.
    """
    known = facts(others=(33, 34))
    at = look_at(UNOPENED, want(UNOPENED, known), known)
    assert (at.first, at.also, at.elsewhere, at.product_id) == (
        AGREEMENT.id,
        (),
        (33, 34),
        PRODUCT_ID,
    )
    opening = a_record(claim=POST)
    assert look_at(opening, want(opening, known), known).reread
    moved = a_record(replace(FROZEN, place=replace(PLACE, agreement_id=33)), a_line(1, late=True))
    at = look_at(moved, want(moved, known), known)
    assert (at.first, at.also, at.elsewhere) == (AGREEMENT.id, (33,), (34,))


def test_a_copy_of_an_agreement_grows_stale() -> None:
    """OPEN-7: half an hour after it was listed, an agreement is read again before a PATCH."""
    known = facts(reading=Count(6))
    record = a_record(a_line())
    assert not look_at(record, want(record, known), known).reread
    later = known.at(TICK + timedelta(minutes=31))
    assert look_at(record, want(record, later), later).reread


def test_what_nobody_says_anything_of_is_told_all_the_same() -> None:
    """SAFE-7: a hold stays told where this job has nothing to say."""
    record = replace(a_record(FROZEN), hold=HELD)
    outcome = without_a_write(record, want(record, facts(**INVOICE)), facts(**INVOICE), None)
    assert isinstance(outcome, Done)
    assert reference(KEY, 0) == record.lines[0].reference
