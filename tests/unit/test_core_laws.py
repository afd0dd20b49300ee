"""The core as a whole: laws that hold whatever is met."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from tally.domain.decision import reconcile as reconciling
from tally.domain.decision import wanted as wanting
from tally.domain.decision import write_rows
from tally.domain.decision.wanted import want
from tally.domain.facts.job_facts import Facts, Permit
from tally.domain.facts.owed import Owed, owed
from tally.domain.facts.sighting import AsLeft, Lagging, Looked, sight
from tally.domain.holds import Broken, Edited, Fallen, Grown, Hold, LateUsage, Strangers, Unplaced
from tally.domain.model.agreement import Addition
from tally.domain.model.reading import Count, Unknown
from tally.domain.model.terms import OtherTerms, Terms
from tally.domain.record.lines import LineState
from tally.domain.record.record_key import reference
from tally.domain.record.usage_record import RecordState, UsageRecord
from tally.domain.record.writes import Claim, Create, Refusal, SetQuantity, SetTerms
from tests.unit.rig import (
    AGREEMENT,
    CLOSE,
    KEY,
    MONTH,
    PERMIT,
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

QUANTITIES = st.integers(0, 6)
AGES = st.sampled_from(
    [timedelta(seconds=1), SETTLE, SETTLE + timedelta(seconds=1), timedelta(hours=2)]
)
UNKNOWN = Unknown("GravityZone has nothing to say.")
CATALOG, AGREED, OTHER = (Terms(unit_price=Decimal(price)) for price in ("4.50", "3.90", "3.50"))


@dataclass(frozen=True, kw_only=True)
class Met:
    """A record, what its job knows, and what stands in ConnectWise."""

    record: UsageRecord
    known: Facts
    there: Sequence[Addition]

    def rig(self, *, there: Sequence[Addition] | None = None) -> Rig:
        """It, to be run."""
        return Rig(record=self.record, there=list(self.there if there is None else there))


def _hold(kind: type[Hold], number: int) -> Hold:
    told = {"why": "because", "since": TICK}
    match kind.__name__:
        case "Fallen":
            return Fallen(counted=number, **told)
        case "Grown":
            return Grown(agreed=number, **told)
        case "Edited":
            return Edited(total=number, stands=number, **told)
        case "Broken":
            return Broken(total=number, **told)
        case "Strangers":
            return Strangers(wanted=number, additions=(70,), **told)
        case "Unplaced":
            return Unplaced(total=number, **told)
    return LateUsage(total=number, **told)


SEEN_HOLDS: list[type[Hold]] = [Broken, Strangers]
HOLDS: list[type[Hold]] = [*SEEN_HOLDS, Edited, Fallen, Grown, LateUsage, Unplaced]


@st.composite
def unopened(draw: st.DrawFn) -> UsageRecord:
    """A month without a line, as crashes and people may leave it."""
    if draw(st.booleans()):
        return UNOPENED
    create = Create(number=0, place=PLACE, quantity=draw(QUANTITIES))
    claim = draw(st.none() | AGES.map(lambda age: Claim(write=create, at=TICK - age)))
    kind = draw(st.none() | st.sampled_from(SEEN_HOLDS))
    refusal = Refusal(why="refused", at=TICK, write=create, version="v1", total=4)
    return a_record(
        claim=claim,
        hold=None if kind is None or claim is not None else _hold(kind, draw(QUANTITIES)),
        refusal=draw(st.sampled_from([None, None, refusal])),
    )


@st.composite
def opened(draw: st.DrawFn) -> UsageRecord:
    """A month with a line, in any state that crashes, people and lags may leave it in."""
    terms = draw(
        st.none()
        | st.builds(OtherTerms, before=st.just(AGREED), now=st.just(CATALOG), asked=st.booleans())
    )
    stands = draw(QUANTITIES)
    unsure = draw(st.lists(QUANTITIES, max_size=2, unique=True))
    # `changes.released` keeps no other.
    line = a_line(
        quantity=stands,
        at=TICK - draw(AGES),
        unsure=tuple(each for each in unsure if each != stands),
        echoes=tuple(draw(st.lists(QUANTITIES, max_size=2, unique=True))),
        terms=terms,
    )
    writes: list[SetQuantity | SetTerms] = [SetQuantity(number=0, quantity=draw(QUANTITIES))]
    if terms is not None and terms.asked:
        writes.append(SetTerms(number=0))
    write = draw(st.sampled_from(writes))
    claim = draw(st.none() | AGES.map(lambda age: Claim(write=write, at=TICK - age)))
    kind = draw(st.none() | st.sampled_from(HOLDS))
    refusal = Refusal(
        why="no", at=TICK, write=SetQuantity(number=0, quantity=3), version="v1", total=3
    )
    return a_record(
        line,
        claim=claim,
        hold=None if kind is None or claim is not None else _hold(kind, draw(QUANTITIES)),
        refusal=draw(st.sampled_from([None, None, refusal])),
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

PERMITS = st.none() | st.builds(
    Permit,
    newest_tick=st.sampled_from([TICK, TICK + timedelta(days=2)]),
    tied_to=st.sampled_from([7, 7, 7, 8, None]),
    excluded=st.sampled_from([False, False, True]),
    monthly=st.sampled_from([True, True, False]),
)


@st.composite
def knowing(draw: st.DrawFn) -> Facts:
    """Anything a job may know."""
    cancelled = replace(AGREEMENT, cancelled=True)
    tick = draw(st.sampled_from([TICK, CLOSE]))
    return facts(
        reading=draw(st.builds(Count, QUANTITIES) | st.just(UNKNOWN)),
        agreement=draw(st.sampled_from([AGREEMENT, AGREEMENT, AGREEMENT, cancelled, None])),
        product_id=draw(st.sampled_from([PRODUCT_ID, PRODUCT_ID, PRODUCT_ID, None])),
        permit=draw(st.just(PERMIT) | PERMITS),
        only_if_used=draw(st.booleans()),
        tick=tick,
        now=max(tick, CLOSE if draw(st.booleans()) else TICK),
    )


@st.composite
def cases(draw: st.DrawFn) -> Met:
    """Anything: ours as we left it or may have left it, changed, or gone; and others beside it."""
    record, known = draw(unopened() | opened()), draw(knowing())
    there = list(draw(FOREIGN))
    line = record.newest
    ours = draw(st.sampled_from(["as left", "as left", "as left", "changed", "gone"]))
    if ours == "gone" or (ours == "as left" and line is None):
        return Met(record=record, known=known, there=there)
    left = [4] if line is None else [line.pushed, *line.written.unsure, *line.written.echoes]
    sent = [getattr(record.claim.write, "quantity", 4)] if record.claim is not None else []
    fraction = [Decimal("2.5")] if ours == "changed" else []
    quantity = draw(st.sampled_from([*map(Decimal, left + sent), *fraction]))
    dates = [MONTH.last, MONTH.last, None, MONTH.first] if ours == "changed" else [MONTH.last]
    terms = draw(st.sampled_from([CATALOG, CATALOG, AGREED, OTHER, Terms()]))
    it = addition(900, quantity=quantity, cancelled=draw(st.sampled_from(dates)), terms=terms)
    return Met(record=record, known=known, there=[it, *there])


@given(cases())
def test_what_is_done_is_done(met: Met) -> None:
    """FOLLOW-1, SAFE-4: it ends within its rounds; decided again after the write, nothing is
    written.
    """
    rig = met.rig()
    rig.run(met.known)
    offer = met.known.offer.agreement
    read = rig.rereads and offer is not None
    known = (
        replace(met.known, offer=met.known.offer._replace(agreement=AGREEMENT))
        if read
        else met.known
    )
    known = known.knowing(AGREEMENT.id, AGREEMENT) if read else known
    again = Rig(record=rig.record, there=rig.there, time=rig.time)
    again.run(known)
    assert (again.done, again.posts, again.patches, again.terms) == ([], [], [], [])


@given(cases())
def test_unknown_never_writes(met: Met) -> None:
    """READ-2: without a count no quantity is sent to ConnectWise, from whatever state."""
    rig = met.rig()
    rig.run(replace(met.known, reading=UNKNOWN))
    assert (rig.posts, rig.patches) == ([], [])


@given(cases())
def test_nothing_is_ever_lowered(met: Met) -> None:
    """READ-7: no PATCH sets less than the last confirmed quantity, and none sets anything but the
    count.
    """
    line, rig = met.record.newest, met.rig()
    rig.run(met.known)
    least = 0 if line is None else line.pushed
    for quantity in rig.patches:
        assert Count(quantity) == met.known.reading
        assert quantity >= min(least, *(each.written.quantity for each in rig.record.lines))


@given(cases())
def test_one_addition_ever(met: Met) -> None:
    """OPEN-1, OPEN-6: a POST only ever happens where neither ours nor another of the product bills
    the month.
    """
    rig = met.rig()
    rig.run(met.known)
    assert len(rig.posts) <= 1
    if rig.posts:
        assert not [
            each for each in met.there if each.product_id == PRODUCT_ID and each.covers(MONTH)
        ]
        permit = met.known.offer.permit
        assert permit is not None
        assert permit.monthly
        assert not permit.excluded


@given(cases())
def test_terms_are_only_carried_where_asked_for(met: Met) -> None:
    """OPEN-5: terms are sent once at most, those asked for, over those that a person saw when
    asking.
    """
    line, rig = met.record.newest, met.rig()
    asked = line is not None and line.terms is not None and line.terms.asked
    rig.run(met.known)
    assert len(rig.terms) <= int(asked)
    assert set(rig.terms) <= {AGREED}
    if rig.terms:
        (ours,) = [each for each in met.there if line is not None and line.reference in each.text]
        assert ours.terms in (CATALOG, Terms())


@given(cases())
def test_nothing_closes_with_a_question_open(met: Met) -> None:
    """CLOSE-2: it closes without hold or claim, when due, at the quantity that ConnectWise shows."""
    rig = met.rig()
    rig.run(met.known)
    if "closed" not in rig.done:
        return
    record = rig.record
    assert (record.hold, record.claim, record.state) == (None, None, RecordState.CLOSED)
    assert met.known.when.tick >= CLOSE
    assert rig.looks > 0 or not record.lines
    for line in record.lines:
        (ours,) = [each for each in rig.there if line.reference in each.text]
        assert ours.quantity == line.pushed
    assert record.stands == (record.count if record.credit is None else record.credit.billed)


@given(cases())
def test_the_line_never_forgets_what_it_is(met: Met) -> None:
    """OPEN-1: the month has one line at most here, and its reference follows from its key."""
    rig = met.rig()
    rig.run(met.known)
    assert [line.reference for line in rig.record.lines] in ([], [reference(KEY, 0)])


@given(cases())
def test_the_order_of_what_is_seen_does_not_matter(met: Met) -> None:
    """MATCH-4: lists come in any order."""
    one, other = met.rig(), met.rig(there=list(reversed(met.there)))
    assert one.run(met.known) == other.run(met.known)
    assert one.record == other.record


@given(cases())
def test_what_is_wanted_never_exceeds_what_is_owed(met: Met) -> None:
    """FOLLOW-1, CLOSE-2: no more is wanted than what is owed, or stands already."""
    wanted, when = want(met.record, met.known), met.known.when
    owing = owed(
        met.record, met.known.reading, children=None, closing=when.closing, policy=when.policy
    )
    if isinstance(owing, Owed) and wanted.write is not None:
        assert wanted.total <= max(owing.total, met.record.stands)


@given(cases())
def test_a_sighting_of_what_was_wanted_is_quiet(met: Met) -> None:
    """FOLLOW-3: what was written and is listed is as left, or still lags behind: never somebody
    else's change.
    """
    rig = met.rig()
    rig.run(met.known)
    if not (rig.posts or rig.patches):
        return
    when = replace(met.known.when, now=rig.time)
    seen = sight(rig.record, Looked(additions=rig.there), when, product_id=PRODUCT_ID)
    assert (
        all(isinstance(each, AsLeft | Lagging) for each in seen.lines.values()) or rig.record.hold
    )


@given(cases(), st.booleans())
def test_a_look_that_is_due_changes_no_number(met: Met, due: bool) -> None:
    """FOLLOW-5: the daily look writes what would be written without it."""
    plain, looking = met.rig(), met.rig()
    plain.run(met.known)
    looking.run(met.known, look_due=due)
    if looking.record.hold == plain.record.hold:
        assert (looking.posts, looking.patches) == (plain.posts, plain.patches)


def test_no_row_is_dead() -> None:
    """Each row of the tables is in a table once: one that is in none could not be missed."""
    tables = (
        wanting.COUNTED,
        wanting.UNCOUNTED,
        write_rows.HEAD,
        write_rows.NEXT,
        reconciling.SEEN,
    )
    for table in tables:
        assert len(set(table)) == len(table)


def test_a_month_that_is_over_has_no_line_left_to_write() -> None:
    """CLOSE-4: a closed record with all lines final is over; one with a further line is not."""
    final = a_line(state=LineState.FINAL)
    assert a_record(final, state=RecordState.CLOSED).is_over
    assert not a_record(final, a_line(1), state=RecordState.CLOSED).is_over
