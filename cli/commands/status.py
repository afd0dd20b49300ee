"""`tally status`: shows every company at a glance."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Annotated

import typer

from cli.command import Session, UsageError, command
from cli.first_tick import DISABLED, nobody_known
from cli.output import Column
from cli.presentation.documents import Document, company_document
from cli.presentation.words import NOTHING, age, instant, month_of, number, several, within
from cli.pulse_state import PulseState
from tally.domain.model.month import Month
from tally.domain.model.standing import StandingState
from tally.domain.record.counts import counted
from tally.domain.record.usage_record import UsageRecord
from tally.domain.reporting.overview import CompanyRow, Overview
from tally.people.read_overview import read_overview

_MOST_EXPLAINED = 10
_NAMES = {state.label.replace(" ", "-"): state for state in StandingState}
_COLUMNS = (
    Column("Company", wide=1),
    Column("Count", right=True),
    Column("Billed", right=True),
    Column("Addition", right=True),
    Column("Standing"),
    Column("Read within", right=True),
)


def add(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "status")(status)


def status(
    session: Session,
    *,
    standing: Annotated[
        list[str] | None,
        typer.Option(help=f"Only companies of this standing: {', '.join(_NAMES)}."),
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="Only companies whose name or id contains this.")
    ] = None,
    month: Annotated[
        str | None, typer.Option(help="The month as yyyy-mm; the present one if left out.")
    ] = None,
    service: Annotated[str | None, typer.Option(help="Only records of this service.")] = None,
    why: Annotated[
        bool, typer.Option("--why", help="Say of each company why it stands as it does.")
    ] = False,
) -> None:
    """Show every company: count, bill, Addition and standing, and the time of the last reading.

    The last reading lies back at most as long as is shown.
    """
    now = session.stack.clock.now()
    shown = month_of(month, now=now)
    states = _states(standing)
    seen = read_overview(session.stack.ledger(), months=[shown])
    rows = [row for row in seen.companies if _is_wanted(row, states, name, shown, service)]
    if session.output.as_json:
        pulse = PulseState.of(session.stack)
        session.output.document(_document(seen, rows, shown, service, now, pulse=pulse))
        return
    _print(session, seen, rows, month=shown, service=service, now=now, why=why)


def _states(given: Sequence[str] | None) -> set[StandingState]:
    found = {
        each: _NAMES.get(each.lower().replace(" ", "-").replace("setup", "set-up"))
        for each in given or ()
    }
    unknown = [each for each, state in found.items() if state is None]
    if unknown:
        raise UsageError(f"{unknown[0]!r} is no standing: there are {', '.join(_NAMES)}.")
    return {state for state in found.values() if state is not None}


def _is_wanted(
    row: CompanyRow, states: set[StandingState], name: str | None, month: Month, service: str | None
) -> bool:
    if states and row.cause.state not in states:
        return False
    if service is not None and not row.of(month, service):
        return False
    return (
        name is None
        or name.casefold() in row.name.casefold()
        or name.casefold() in row.company_id.casefold()
    )


def _document(
    seen: Overview,
    rows: Sequence[CompanyRow],
    month: Month,
    service: str | None,
    now: datetime,
    *,
    pulse: PulseState,
) -> Document:
    return {
        "month": str(month),
        "at": instant(now),
        "newest_tick": None if seen.ticks is None else instant(seen.ticks.newest),
        "pulse": pulse.word,
        "companies": [company_document(row, row.of(month, service), now=now) for row in rows],
        "totals": _totals(rows, month, service),
    }


def _totals(rows: Sequence[CompanyRow], month: Month, service: str | None) -> Document:
    records = [record for row in rows for record in row.of(month, service)]
    return {
        "companies": len(rows),
        "standings": {
            state.label: sum(row.cause.state is state for row in rows)
            for state in sorted(StandingState, reverse=True)
        },
        "records": len(records),
        "held": sum(record.hold is not None for record in records),
        "count": sum(counted(record) or 0 for record in records),
        "billed": sum(record.stands for record in records),
    }


def _print(
    session: Session,
    seen: Overview,
    rows: Sequence[CompanyRow],
    *,
    month: Month,
    service: str | None,
    now: datetime,
    why: bool,
) -> None:
    out = session.output
    if not seen.companies:
        out.say(nobody_known(session.stack, seen.ticks))
        return
    if not rows:
        out.say("No company is like that.")
        return
    out.table(_COLUMNS, _table(rows, month, service, now))
    out.say()
    out.say(_summary(seen, rows, month, service, now))
    if not session.stack.scheduled():
        out.say(DISABLED)
    if warning := PulseState.of(session.stack).warning:
        out.paragraph(warning)
    _explain_all(session, rows, why=why)


def _explain_all(session: Session, rows: Sequence[CompanyRow], *, why: bool) -> None:
    telling = [
        row for row in rows if row.cause.state is not StandingState.BILLING or row.cause.notices
    ]
    if why or len(telling) <= _MOST_EXPLAINED:
        for row in telling:
            _explain(session, row)
    else:
        session.output.say(
            f"{len(telling)} companies have more to tell: add --why, or see one with `tally show "
            "COMPANY`."
        )


def _table(
    rows: Sequence[CompanyRow], month: Month, service: str | None, now: datetime
) -> Iterator[Sequence[str]]:
    """Yield a line for each record, and one for each company without any."""
    services = {record.key.service for row in rows for record in row.of(month, service)}
    for row in rows:
        records = row.of(month, service)
        standing = (row.cause.state.label, within(row.last_reading, now=now))
        if not records:
            yield (row.name, NOTHING, NOTHING, NOTHING, *standing)
        for place, record in enumerate(records):
            of_service = f" ({record.key.service})" if len(services) > 1 else ""
            yield (
                f"{row.name}{of_service}",
                number(counted(record)),
                # Without an Addition nothing is billed: a 0 would say that one stands at 0.
                number(record.stands if record.lines else None),
                _addition(record),
                *(standing if place == 0 else ("", "")),
            )


def _addition(record: UsageRecord) -> str:
    ids = [str(line.addition_id) for line in record.lines]
    return "+".join(ids) or NOTHING


def _summary(
    seen: Overview, rows: Sequence[CompanyRow], month: Month, service: str | None, now: datetime
) -> str:
    totals = _totals(rows, month, service)
    standings = ", ".join(
        f"{count} {label}" for label, count in totals["standings"].items() if count
    )
    tick = (
        "no tick yet"
        if seen.ticks is None
        else f"newest tick {age(seen.ticks.newest, now=now)} ago"
    )
    companies = several(len(rows), "company", "companies")
    return (
        f"{month.label}: {companies} ({standings}); counted {totals['count']}, billed "
        f"{totals['billed']}; {tick}."
    )


def _explain(session: Session, row: CompanyRow) -> None:
    cause = row.cause
    since = "" if cause.since is None else f" since {cause.since:%Y-%m-%d}"
    until = "" if cause.until is None else f" until {cause.until:%Y-%m-%d %H:%M} GMT"
    notices = "".join(f" Notice: {each}" for each in cause.notices)
    session.output.paragraph(
        f"{row.name}: {cause.state.label}{since}{until}. {cause.reason}{notices}".rstrip(),
        hanging="  ",
    )
