"""The core as a whole: laws that hold whatever is met."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from tally.domain.decision import may_write
from tally.domain.decision import reconcile as reconciling
from tally.domain.decision import wanted as wanting
from tally.domain.decision.wanted import want
from tally.domain.facts.owed import Owed, owed
from tally.domain.facts.sighting import AsLeft, Lagging, Looked, sight
from tally.domain.model.reading import Count
from tally.domain.model.terms import Terms
from tally.domain.record.lines import LineState
from tally.domain.record.record_key import reference
from tally.domain.record.usage_record import RecordState
from tests.unit.met import AGREED, CATALOG, UNKNOWN, Met, cases
from tests.unit.rig import (
    AGREEMENT,
    CLOSE,
    KEY,
    MONTH,
    PRODUCT_ID,
    Rig,
    a_line,
    a_record,
)


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
    """CLOSE-2: it closes without hold or claim, when due, at the quantity that ConnectWise
    shows.
    """
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
        may_write.HEAD,
        may_write.NEXT,
        reconciling.SEEN,
    )
    for table in tables:
        assert len(set(table)) == len(table)


def test_a_month_that_is_over_has_no_line_left_to_write() -> None:
    """CLOSE-4: a closed record with all lines final is over; one with a further line is not."""
    final = a_line(state=LineState.FINAL)
    assert a_record(final, state=RecordState.CLOSED).is_over
    assert not a_record(final, a_line(1), state=RecordState.CLOSED).is_over
