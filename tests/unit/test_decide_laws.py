"""The decision as a pure function: laws that hold whatever is met."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from tally.domain.agreement import Addition
from tally.domain.decide import decide
from tally.domain.reading import Count, Unknown
from tally.domain.record import (
    Hold,
    HoldKind,
    Intent,
    IntentKind,
    Line,
    LineState,
    RecordState,
    Refusal,
    UsageRecord,
    reference,
)
from tally.domain.situation import ComeBack, Finished, Look, NoWord, OpeningFacts, Patch, Post, SetTerms, Situation
from tally.domain.terms import OtherTerms, Terms
from tests.unit.rig import (
    AGREEMENT,
    CLOSE,
    FACTS,
    KEY,
    MONTH,
    PRODUCT_ID,
    SETTLE,
    TICK,
    Rig,
    addition,
    situation,
)

QUANTITIES = st.integers(0, 6)
AGES = st.sampled_from([timedelta(seconds=1), SETTLE, SETTLE + timedelta(seconds=1), timedelta(hours=2)])
UNKNOWN = Unknown("GravityZone has nothing to say.")
CATALOG, AGREED, OTHER = (Terms(unit_price=Decimal(price)) for price in ("4.50", "3.90", "3.50"))


@st.composite
def lines(draw: st.DrawFn) -> Line:
    """The month's line in any state that crashes, people and lags may leave it in."""
    opening = draw(st.booleans())
    terms = draw(st.none() | st.builds(OtherTerms, before=st.just(AGREED), now=st.just(CATALOG), asked=st.booleans()))
    asked = terms is not None and terms.asked
    kind = IntentKind.POST if opening else draw(st.sampled_from([IntentKind.PATCH, *[IntentKind.TERMS] * asked]))
    intent = draw(
        st.none() | st.builds(Intent, kind=st.just(kind), quantity=QUANTITIES, at=AGES.map(lambda age: TICK - age))
    )
    line = Line(
        number=0,
        state=LineState.OPENING if opening else LineState.OPEN,
        agreement_id=AGREEMENT.id,
        product_id=PRODUCT_ID,
        reference=reference(KEY, 0),
        effective=MONTH.first,
        cancelled=MONTH.last,
        intent=intent,
    )
    if opening:
        return line
    return replace(
        line,
        addition_id=900,
        pushed=draw(QUANTITIES),
        pushed_at=TICK - draw(AGES),
        unconfirmed=tuple(draw(st.lists(QUANTITIES, max_size=2, unique=True))),
        echoes=tuple(draw(st.lists(QUANTITIES, max_size=2, unique=True))),
        terms=terms,
    )


@st.composite
def records(draw: st.DrawFn) -> UsageRecord:
    """A record with that line, held, refused or closed."""
    line = draw(lines())
    kinds = [HoldKind.FOREIGN, HoldKind.CHANGED] if line.state is LineState.OPENING else list(HoldKind)
    hold = draw(
        st.none()
        | st.builds(Hold, kind=st.sampled_from(kinds), why=st.just("because"), quantity=QUANTITIES, since=st.just(TICK))
    )
    refusal = draw(
        st.none()
        | st.builds(
            Refusal,
            why=st.just("refused"),
            fingerprint=st.sampled_from(["post 31 v1 2026-11-01", "patch 3 v1"]),
            since=st.just(TICK),
        )
    )
    closed = line.state is LineState.OPEN and draw(st.booleans()) and draw(st.booleans())
    return UsageRecord(
        key=KEY,
        version=draw(st.integers(1, 9)),
        seen_tick=TICK - timedelta(minutes=15),
        state=RecordState.CLOSED if closed else RecordState.OPEN,
        lines=(replace(line, state=LineState.FINAL) if closed else line,),
        hold=None if closed else hold,
        refusal=refusal,
    )


FOREIGN = st.lists(
    st.one_of(
        st.builds(
            addition,
            st.just(70),
            text=st.just("a person's"),
            effective=st.sampled_from([date(2026, 1, 1), MONTH.first]),
            cancelled=st.sampled_from([None, date(2026, 10, 31), MONTH.last]),
        ),
        st.builds(addition, st.just(71), text=st.just(""), product_id=st.just(999)),
        st.builds(addition, st.just(901), quantity=QUANTITIES.map(Decimal)),
    ),
    max_size=1,
)
"""Another's of the product, another product's, or a copy of ours."""


FACTS_MET = st.none() | st.builds(
    OpeningFacts,
    newest_tick=st.sampled_from([TICK, TICK + timedelta(days=2)]),
    tied_to=st.sampled_from([7, 7, 7, 8, None]),
    excluded=st.sampled_from([False, False, True]),
    monthly=st.sampled_from([True, True, False]),
)


@st.composite
def situations(draw: st.DrawFn) -> Situation:
    """Any situation, before ConnectWise is looked at."""
    agreement = draw(st.sampled_from([AGREEMENT, AGREEMENT, AGREEMENT, replace(AGREEMENT, cancelled=True), None]))
    return situation(
        record=draw(st.none() | records()),
        reading=draw(st.builds(Count, QUANTITIES) | st.just(UNKNOWN)),
        agreement=agreement,
        expected_agreement=agreement,
        product_id=draw(st.sampled_from([PRODUCT_ID, PRODUCT_ID, PRODUCT_ID, None])),
        opening=draw(st.just(FACTS) | FACTS_MET),
        only_if_used=draw(st.booleans()),
        tick=draw(st.sampled_from([TICK, CLOSE])),
        now=CLOSE if draw(st.booleans()) else TICK,
    )


@st.composite
def cases(draw: st.DrawFn) -> tuple[Situation, list[Addition]]:
    """Any situation, and what stands in ConnectWise: ours as we left it or may have left it, changed, or gone; others."""
    met = draw(situations())
    there = list(draw(FOREIGN))
    line = None if met.record is None else met.record.line
    ours = draw(st.sampled_from(["as left", "as left", "as left", "changed", "gone"]))
    if ours == "gone" or (ours == "as left" and (line is None or line.state is LineState.OPENING)):
        return met, there
    left = [4] if line is None else [line.pushed or 0, *line.unconfirmed, *line.echoes]
    sent = [line.intent.quantity] if line is not None and line.intent is not None else []
    quantity = draw(st.sampled_from([*map(Decimal, left + sent), *([Decimal("2.5")] if ours == "changed" else [])]))
    cancelled = draw(st.sampled_from([MONTH.last, MONTH.last, None, MONTH.first])) if ours == "changed" else MONTH.last
    terms = draw(st.sampled_from([CATALOG, CATALOG, AGREED, OTHER, Terms()]))
    return met, [addition(900, quantity=quantity, cancelled=cancelled, terms=terms), *there]


@given(cases())
def test_it_comes_to_an_end(case: tuple[Situation, list[Addition]]) -> None:
    """Whatever is met, a job ends within its steps, and each step builds on the record that the one before left."""
    met, there = case
    Rig(additions=there).run(met)


@given(cases())
def test_what_is_done_is_done(case: tuple[Situation, list[Addition]]) -> None:
    """FOLLOW-1, SAFE-4: asked again about its own result, it writes nothing: no transition, no POST, no PATCH."""
    met, there = case
    rig = Rig(additions=there)
    after = rig.run(met)
    again = Rig(additions=rig.additions)
    assert again.run(replace(after, additions=None)).record == after.record
    assert (again.transitions, again.posts, again.patches, again.terms) == ([], [], [], [])


@given(cases())
def test_unknown_never_writes(case: tuple[Situation, list[Addition]]) -> None:
    """READ-2: without a count nothing is sent to ConnectWise, from whatever state."""
    met, there = case
    rig = Rig(additions=there)
    rig.run(replace(met, reading=UNKNOWN))
    assert (rig.posts, rig.patches) == ([], [])


@given(cases())
def test_nothing_is_ever_lowered(case: tuple[Situation, list[Addition]]) -> None:
    """READ-7: no PATCH sets less than the last confirmed quantity, and none sets anything but the count."""
    met, there = case
    pushed = met.record.line.pushed if met.record is not None and met.record.line is not None else None
    rig = Rig(additions=there)
    rig.run(met)
    for patch in rig.patches:
        assert patch.quantity == met.count
        assert patch.quantity >= (pushed or 0)


@given(cases())
def test_one_addition_ever(case: tuple[Situation, list[Addition]]) -> None:
    """OPEN-1, OPEN-6: a POST only ever happens where neither ours nor another of the product bills the month."""
    met, there = case
    rig = Rig(additions=list(there))
    rig.run(met)
    assert len(rig.posts) <= 1
    if rig.posts:
        assert not [each for each in there if each.product_id == PRODUCT_ID and each.covers(MONTH)]
        assert met.opening is not None
        assert met.opening.monthly
        assert not met.opening.excluded


def announced(step: Post | Patch | SetTerms) -> tuple[IntentKind, int | None]:
    """The intent that must stand in the record before the call is made, and its quantity, if it is one that is written."""
    match step:
        case Post():
            return IntentKind.POST, step.new.quantity
        case Patch():
            return IntentKind.PATCH, step.quantity
        case SetTerms():
            return IntentKind.TERMS, None


@given(cases())
def test_terms_are_only_carried_where_asked_for(case: tuple[Situation, list[Addition]]) -> None:
    """OPEN-5: terms are sent once at most, and only those asked for, over those that a person saw when asking."""
    met, there = case
    line = None if met.record is None else met.record.line
    asked = line is not None and line.terms is not None and line.terms.asked
    rig = Rig(additions=list(there))
    rig.run(met)
    assert len(rig.terms) <= int(asked)
    for step in rig.terms:
        (ours,) = [each for each in there if each.id == step.addition_id]
        assert (step.terms, ours.terms in (CATALOG, Terms())) == (AGREED, True)


@given(cases())
def test_every_write_was_announced(case: tuple[Situation, list[Addition]]) -> None:
    """SAFE-1, SAFE-3: before each POST or PATCH its intent is in the record, renewed or new, with its very quantity."""
    met, there = case
    at = met
    rig = Rig(additions=there)
    for _ in range(12):
        step = decide(at)
        if isinstance(step, Post | Patch | SetTerms):
            assert at.record is not None
            assert at.record.line is not None
            intent = at.record.line.intent
            assert intent is not None
            kind, quantity = announced(step)
            assert (intent.kind, intent.at) == (kind, at.now)
            assert quantity in (intent.quantity, None)
            return
        if isinstance(step, Finished | ComeBack):
            return
        transition = step.transition
        at = at if transition is None else replace(at, record=transition.after, additions=None)
        if isinstance(step, Look):
            at = replace(at, agreement=rig.agreement if step.reread else at.agreement, additions=tuple(rig.additions))


@given(cases())
def test_nothing_closes_with_a_question_open(case: tuple[Situation, list[Addition]]) -> None:
    """CLOSE-2: a record is closed without hold or intent, after the month's close, at the quantity that ConnectWise shows."""
    met, there = case
    rig = Rig(additions=there)
    after = rig.run(met).record
    for transition in rig.transitions:
        if transition.what == "closed":
            assert after is not None
            assert after.line is not None
            assert (after.hold, after.line.intent) == (None, None)
            assert met.tick >= CLOSE
            (ours,) = [each for each in rig.additions if after.line.reference in each.text]
            assert ours.quantity == after.line.pushed
            assert after.line.pushed == (after.count if after.credit is None else after.credit.billed)


@given(cases())
def test_closed_is_for_ever(case: tuple[Situation, list[Addition]]) -> None:
    """CLOSE-4: a closed record asks for nothing, and says nothing."""
    met, there = case
    if met.record is not None and met.record.state is RecordState.CLOSED:
        assert decide(met) == decide(replace(met, additions=tuple(there))) == Finished(cause=NoWord.STAYS)


@given(cases())
def test_the_line_never_forgets_what_it_is(case: tuple[Situation, list[Addition]]) -> None:
    """OPEN-1: whatever happens, the month has one line at most, and its reference is the one that follows from its key."""
    met, there = case
    after = Rig(additions=there).run(met).record
    if after is not None and after.lines:
        assert [line.reference for line in after.lines] == [reference(KEY, 0)]
