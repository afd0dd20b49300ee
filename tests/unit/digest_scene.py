"""Overviews for the digest's tests: companies with a record each, put together in a line."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from tally.domain.digest import DigestKind, DigestTime, digest
from tally.domain.letter import Letter
from tally.domain.month import Month
from tally.domain.overview import Overview, overview
from tally.domain.record import (
    Credit,
    Hold,
    HoldKind,
    Line,
    LineState,
    RecordKey,
    RecordState,
    UsageRecord,
)
from tally.domain.standing import Cause, Standing, StandingState
from tally.domain.ticks import Ticks
from tests.functional.instants import gmt

AT = gmt("2026-12-02 06:00")
OCTOBER, NOVEMBER, DECEMBER = Month(2026, 10), Month(2026, 11), Month(2026, 12)
TICK = gmt("2026-12-02 05:50")


def record(company: str, month: Month, pushed: int | None, *, service: str = "endpoints", **told: Any) -> UsageRecord:  # noqa: ANN401 - fields of a record
    """A record with one line at that quantity; None: without a line."""
    line = Line(
        number=0,
        state=LineState.OPEN,
        agreement_id=31,
        product_id=52,
        reference="TLY-ABCDEFGHIJKL",
        effective=month.first,
        cancelled=month.last,
        addition_id=900,
        pushed=pushed,
    )
    return UsageRecord(
        key=RecordKey(company_id=company, month=month, service=service),
        version=1,
        seen_tick=TICK,
        lines=() if pushed is None else (line,),
        **told,
    )


def closed(company: str, month: Month, pushed: int, **told: Any) -> UsageRecord:  # noqa: ANN401 - as above
    """A record that is closed with that quantity."""
    return record(company, month, pushed, state=RecordState.CLOSED, count=pushed, **told)


def hold(kind: HoldKind = HoldKind.GROWTH, *, days: float = 3, **told: Any) -> Hold:  # noqa: ANN401 - fields of a hold
    """A hold of so many days ago."""
    told = {"why": f"Something is {kind}.", "quantity": 240, **told}
    return Hold(kind=kind, since=AT - timedelta(days=days), **told)


def credit() -> Credit:
    """Two too many, at 4.50."""
    return Credit(billed=9, counted=7, unit_price=Decimal("4.50"))


def standing(company: str, name: str, *causes: Cause) -> Standing:
    """A company's standing, with a scope for each cause; billing without any."""
    return Standing(
        company_id=company,
        company_name=name,
        tick=TICK,
        causes={f"2026-11 service{number}": cause for number, cause in enumerate(causes)},
    )


def cause(state: StandingState, reason: str, *, days: float = 2, **told: Any) -> Cause:  # noqa: ANN401 - fields of a cause
    """A cause of so many days ago."""
    return Cause(state=state, reason=reason, since=AT - timedelta(days=days), **told)


def seen(
    *records: UsageRecord, names: dict[str, Standing | str] | None = None, newest: datetime | None = TICK
) -> Overview:
    """An overview of these records; a company is named after its id unless told otherwise."""
    told = names or {}
    companies = dict.fromkeys([*told, *(each.key.company_id for each in records)])
    standings = [
        known if isinstance(known := told.get(company, company.title()), Standing) else standing(company, known)
        for company in companies
    ]
    ticks = None if newest is None else Ticks(newest=newest, first_month=Month(2026, 9))
    return overview(ticks=ticks, mappings=(), standings=standings, records=records)


def sent(
    overview_: Overview, kind: DigestKind = DigestKind.CLOSE_DAY, *, at: datetime = AT, stack: str = "tally"
) -> Letter:
    """The digest of it."""
    return digest(overview_, kind, DigestTime.of(at, close_day=2), stack=stack)


def unwrapped(letter: Letter) -> str:
    """Its text with the line breaks of the mail taken out."""
    return " ".join(letter.text.split())
