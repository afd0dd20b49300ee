"""Overviews for the digest's tests: companies with a record each, put together in a line."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from tally.domain.holds import (
    Altered,
    Broken,
    Edited,
    Fallen,
    Grown,
    Hold,
    LateUsage,
    Moved,
    SettledEdited,
    Strangers,
    Unplaced,
    Unwritten,
)
from tally.domain.model.month import Month
from tally.domain.model.standing import Cause, Standing, StandingState
from tally.domain.model.ticks import Ticks
from tally.domain.pulse.state import Pulse
from tally.domain.record.lines import Line, LineState, Place, Written
from tally.domain.record.record_key import RecordKey
from tally.domain.record.usage_record import Closing, Credit, RecordState, UsageRecord
from tally.domain.reporting.book_words import NO_BOOK
from tally.domain.reporting.digest import DigestKind, DigestTime, digest
from tally.domain.reporting.letter import Letter, Section
from tally.domain.reporting.overview import Overview, overview
from testing.scopes import of_record
from tests.functional.instants import gmt

AT = gmt("2026-12-02 06:00")
OCTOBER, NOVEMBER, DECEMBER = Month(2026, 10), Month(2026, 11), Month(2026, 12)
TICK = gmt("2026-12-02 05:50")


def record(
    company: str,
    month: Month,
    pushed: int | None,
    *,
    service: str = "endpoints",
    **told: Any,  # noqa: ANN401 - fields of a record
) -> UsageRecord:
    """A record with one line at that quantity; None: without a line."""
    line = Line(
        number=0,
        state=LineState.OPEN,
        place=Place(agreement_id=31, product_id=52, effective=month.first, cancelled=month.last),
        reference="TLY-ABCDEFGHIJKL",
        addition_id=900,
        written=Written(quantity=pushed or 0, at=TICK),
    )
    return UsageRecord(
        key=RecordKey(company_id=company, month=month, service=service),
        version=1,
        seen_tick=TICK,
        lines=() if pushed is None else (line,),
        **told,
    )


def closed(
    company: str,
    month: Month,
    pushed: int,
    *,
    credit: Credit | None = None,
    **told: Any,  # noqa: ANN401 - as above
) -> UsageRecord:
    """A record that is closed with that quantity."""
    closing = Closing(count=pushed, credit=credit)
    return record(company, month, pushed, state=RecordState.CLOSED, closing=closing, **told)


def hold(of: type[Hold] = Grown, *, days: float = 3, **told: Any) -> Hold:  # noqa: ANN401 - fields of a hold
    """A hold of so many days ago, at 240 unless told otherwise."""
    number, more = _FIELDS[of]
    return of(
        **{
            "why": f"Something is {of.kind}.",
            "since": AT - timedelta(days=days),
            number: 240,
            **more,
            **told,
        }
    )


_FIELDS: dict[type[Hold], tuple[str, dict[str, Any]]] = {
    Fallen: ("counted", {}),
    Grown: ("agreed", {}),
    Moved: ("counted", {"children": ("a",)}),
    LateUsage: ("total", {}),
    Unwritten: ("number", {}),
    Unplaced: ("total", {}),
    Edited: ("total", {"stands": 3}),
    Broken: ("total", {}),
    Altered: ("total", {"line": 0, "shown": "line 0 has bill customer DoNotBill"}),
    SettledEdited: ("total", {"line": 0, "shown": "line 0 is gone"}),
    Strangers: ("wanted", {"additions": ()}),
}
"""The number of each kind, and what else it has; a new kind is not forgotten here, as all kinds are
asked for.
"""


UNPROVEN = Pulse()


def credit() -> Credit:
    """Two too many, at 4.50."""
    return Credit(billed=9, counted=7, unit_price=Decimal("4.50"))


def standing(company: str, name: str, *causes: Cause) -> Standing:
    """A company's standing, with a scope for each cause; billing without any."""
    return Standing(
        company_id=company,
        company_name=name,
        tick=TICK,
        causes={
            of_record("2026-11", f"service{number}"): cause for number, cause in enumerate(causes)
        },
    )


def cause(state: StandingState, reason: str, *, days: float = 2, **told: Any) -> Cause:  # noqa: ANN401 - fields of a cause
    """A cause of so many days ago."""
    return Cause(state=state, reason=reason, since=AT - timedelta(days=days), **told)


def seen(
    *records: UsageRecord,
    names: dict[str, Standing | str] | None = None,
    newest: datetime | None = TICK,
) -> Overview:
    """An overview of these records; a company is named after its id unless told otherwise."""
    told = names or {}
    companies = dict.fromkeys([*told, *(each.key.company_id for each in records)])
    standings = [
        known
        if isinstance(known := told.get(company, company.title()), Standing)
        else standing(company, known)
        for company in companies
    ]
    ticks = None if newest is None else Ticks(newest=newest, first_month=Month(2026, 9))
    return overview(ticks=ticks, links=(), standings=standings, records=records)


def sent(
    overview_: Overview,
    kind: DigestKind = DigestKind.CLOSE_DAY,
    *,
    at: datetime = AT,
    stack: str = "tally",
    pulse: Pulse = UNPROVEN,
    book: Section = NO_BOOK,
) -> Letter:
    """The digest of it."""
    return digest(
        overview_, kind, DigestTime.of(at, close_day=2), stack=stack, pulse=pulse, book=book
    )


def unwrapped(letter: Letter) -> str:
    """Its text with the line breaks of the mail taken out."""
    return " ".join(letter.text.split())
