"""One row a company: what the ledger shows at a glance."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from tally.domain.holds import Grown
from tally.domain.model.company import CompanyLink
from tally.domain.model.month import Month
from tally.domain.model.standing import WHOLE_COMPANY, Cause, Standing, StandingState
from tally.domain.record.counts import counted, final
from tally.domain.record.lines import Line, LineState, Place, Written
from tally.domain.record.record_key import RecordKey
from tally.domain.record.rulings import Ruling, Said
from tally.domain.record.usage_record import Closing, Credit, RecordState, UsageRecord
from tally.domain.reporting.overview import overview
from tally.people.read_overview import read_overview
from testing.ledger import MemoryLedger

TICK = datetime(2026, 11, 3, 0, 15, tzinfo=UTC)
NOVEMBER, OCTOBER = Month(2026, 11), Month(2026, 10)
LINE = Line(
    number=0,
    state=LineState.OPEN,
    place=Place(
        agreement_id=7, product_id=501, effective=date(2026, 11, 1), cancelled=date(2026, 11, 30)
    ),
    reference="TLY-X",
    addition_id=1,
    written=Written(quantity=5, at=TICK),
)
RECORD = UsageRecord(
    key=RecordKey(company_id="gz-1", month=NOVEMBER, service="endpoints"),
    version=1,
    seen_tick=TICK,
    lines=(LINE,),
)
HOLD = Grown(why="so many", agreed=60, since=TICK)
REJECTED = Ruling(said=Said.KEEP_GROWN, number=60, by="ann", at=TICK)
CLOSED = replace(RECORD, state=RecordState.CLOSED, closing=Closing(count=6))
MAPPING = CompanyLink(
    company_id="gz-1",
    company_name="Old name",
    connectwise_id=4,
    connectwise_name="X",
    linked_by="tally",
    linked_at=TICK,
)
STANDING = Standing(
    company_id="gz-1",
    company_name="Harbor Dental",
    tick=TICK,
    causes={WHOLE_COMPANY: Cause(state=StandingState.HELD, reason="so many")},
    last_reading=TICK,
)


@pytest.mark.parametrize(
    ("record", "count"),
    [
        (replace(RECORD, lines=()), None),
        (RECORD, 5),
        (replace(RECORD, hold=HOLD), 60),
        (replace(RECORD, lines=(), hold=HOLD), 60),
        (replace(RECORD, rulings=(REJECTED,)), 60),
        (replace(RECORD, rulings=(replace(REJECTED, number=3),)), 5),
        (replace(RECORD, lines=(), rulings=(REJECTED,)), 60),
        (replace(RECORD, lines=(), rulings=(replace(REJECTED, said=Said.GROW),)), 60),
        (CLOSED, 6),
        (replace(CLOSED, hold=HOLD), 60),
        (replace(CLOSED, closing=Closing(count=6, credit=Credit(billed=5, counted=2))), 2),
    ],
    ids=[
        *(
            "no Addition",
            "unchanged",
            "held",
            "held before it opened",
            "rejected",
            "rejected and gone further",
        ),
        *(
            "rejected before it opened",
            "approved before it opened",
            "closed",
            "late",
            "to be credited",
        ),
    ],
)
def test_the_newest_count_that_is_known(record: UsageRecord, count: int | None) -> None:
    """FOLLOW-2: an unchanged count writes nothing, so what stands is the count unless a hold, an
    answer or the close has another.
    """
    assert counted(record) == count


def test_what_was_billed_in_the_end() -> None:
    """CLOSE-2, LATE-3: only what is no longer open is final; what a person has credited is taken
    off.
    """
    assert final(RECORD) is None
    assert final(replace(CLOSED, closing=Closing(count=3, credited=2))) == 3
    assert final(replace(RECORD, state=RecordState.WAIVED, lines=())) == 0
    credit = Credit(billed=5, counted=2, unit_price=Decimal(4))
    assert final(replace(CLOSED, closing=Closing(count=2, credit=credit))) == 5


def test_every_company_has_one_row() -> None:
    """SAFE-7: whoever has a link, a standing or a record has one row, by the newest name that is
    known, in its order.
    """
    only_mapped = replace(MAPPING, company_id="gz-2", company_name="alder")
    only_recorded = replace(RECORD, key=replace(RECORD.key, company_id="zz-3"))
    seen = overview(
        ticks=None,
        links=[MAPPING, only_mapped],
        standings=[STANDING],
        records=[RECORD, only_recorded],
    )
    assert [(row.company_id, row.name) for row in seen.companies] == [
        ("gz-2", "alder"),
        ("gz-1", "Harbor Dental"),
        ("zz-3", "zz-3"),
    ]
    unseen, harbor, _ = seen.companies
    assert (unseen.cause.state, unseen.cause.reason, unseen.last_reading) == (
        StandingState.WAITING,
        "No tick has seen it yet.",
        None,
    )
    assert (harbor.cause.state, harbor.last_reading, harbor.records) == (
        StandingState.HELD,
        TICK,
        (RECORD,),
    )
    assert dict(seen.standings) == {StandingState.WAITING: 2, StandingState.HELD: 1}


def test_a_record_that_shows_twice_is_one() -> None:
    """The index may show a record as open and as settled: the settled one, which was read last,
    counts.
    """
    closed = replace(CLOSED, closing=Closing(count=5, reread=True))
    (row,) = overview(ticks=None, links=[], standings=[], records=[RECORD, closed]).companies
    assert row.records == (closed,)


def test_records_of_a_month_and_a_service() -> None:
    """Records are told apart by month and service."""
    email = replace(RECORD, key=replace(RECORD.key, service="email"))
    before = replace(RECORD, key=replace(RECORD.key, month=OCTOBER))
    (row,) = overview(ticks=None, links=[], standings=[], records=[RECORD, email, before]).companies
    assert row.records == (before, email, RECORD)
    assert row.of(NOVEMBER) == (email, RECORD)
    assert row.of(NOVEMBER, "endpoints") == (RECORD,)
    assert row.of(NOVEMBER.next) == ()


def test_an_empty_ledger() -> None:
    """Before the first tick nobody is known."""
    seen = read_overview(MemoryLedger(), months=[NOVEMBER])
    assert (seen.ticks, seen.companies) == (None, ())
