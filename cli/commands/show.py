"""`tally show COMPANY`: shows all that is known of one company."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import product
from typing import Annotated

import typer

from cli.command import Session, command
from cli.company_search import Found, find_company, records_of
from cli.output import Output
from cli.presentation.documents import (
    Document,
    cause_document,
    entry_document,
    link_document,
    record_document,
)
from cli.presentation.story import bar, chart, told
from cli.presentation.words import NOTHING, instant, minute, month_of, number, within
from tally.domain.asking.question import Subject
from tally.domain.model.company import CompanyLink
from tally.domain.model.month import Month
from tally.domain.model.standing import Standing
from tally.domain.record.counts import counted
from tally.domain.record.record_key import RecordKey
from tally.domain.record.usage_record import RecordState, UsageRecord
from tally.domain.statement.course import billed_over
from tally.errors import TallyError
from tally.ports import Ledger

_BAR = 30


def add(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "show")(show)


def show(
    session: Session,
    company: Annotated[
        str, typer.Argument(help="Its GravityZone id, or its name or something like it.")
    ],
    *,
    month: Annotated[
        str | None,
        typer.Option(
            help="Tell the history of this month alone, yyyy-mm; the present one if left out."
        ),
    ] = None,
    months: Annotated[
        int, typer.Option(min=1, max=60, help="For how many months back to show what was billed.")
    ] = 6,
) -> None:
    """Show one company: its link, bills, what waits for a person, and its history as a story."""
    ledger, now = session.stack.ledger(), session.stack.clock.now()
    told_month = month_of(month, now=now)
    found = find_company(session.stack, company, guess=True)
    if found.guessed:
        session.output.note(f"Taken for {found.name} ({found.id}).")
    # A month that is asked for is read however old it is.
    shown = [told_month, *(Month.of(now).plus(-back) for back in range(months))]
    records = _records(session, found, shown)
    if month is not None and told_month not in {each.key.month for each in records}:
        session.output.note(f"There is no record of {told_month.label}.")
    if session.output.as_json:
        session.output.document(_document(session, found, records))
        return
    out = session.output
    _print_company(out, found, ledger.link(found.id), ledger.standing(found.id), now)
    _print_months(out, records)
    for record in records:
        if _is_told(record, told_month, asked=month is not None):
            _print_record(out, ledger, record, now, ticket=_ticket(session, record))
    changes = list(told(ledger.link_history(found.id)))
    if changes:
        out.say()
        out.say("How it was linked", style="bold")
        _print_lines(out, changes)


def _document(session: Session, found: Found, records: Sequence[UsageRecord]) -> Document:
    ledger = session.stack.ledger()
    standing = ledger.standing(found.id)
    return {
        "id": found.id,
        "name": found.name,
        "standing": None if standing is None else cause_document(standing.shown),
        "last_reading": None if standing is None else instant(standing.last_reading),
        "connectwise": link_document(ledger.link(found.id)),
        "connectwise_history": [entry_document(each) for each in ledger.link_history(found.id)],
        "records": [
            {
                **record_document(each),
                "ticket": _ticket(session, each),
                "history": [entry_document(step) for step in ledger.history(each.key)],
            }
            for each in records
        ],
    }


def _ticket(session: Session, record: UsageRecord) -> int | None:
    """Return the number of the ticket in which an answer is waited for; None if there is none."""
    if record.hold is None:
        return None
    try:
        asked = session.stack.asking().ticket(Subject.of(record.key))
    except TallyError as error:
        session.output.note(f"Whether it was asked in a ticket cannot be read: {error}")
        return None
    return None if asked is None or asked.is_over else asked.ticket_id


def _records(session: Session, found: Found, months: Iterable[Month]) -> Sequence[UsageRecord]:
    """Return its records of the months, and all unsettled ones, by month and service."""
    ledger = session.stack.ledger()
    records = {record.key: record for record in records_of(ledger, found.id)}
    ticks = ledger.ticks()
    services = [each.service.name for each in session.stack.settings().services]
    # A service that was taken out of the settings keeps its records: ticks remember its name.
    # The index lists settled records by their month alone, so each is read by its key.
    names = dict.fromkeys([*services, *(() if ticks is None else ticks.services)])
    for month, name in product(months, names):
        key = RecordKey(company_id=found.id, month=month, service=name)
        record = records.get(key) or ledger.record(key)
        if record is not None:
            records[key] = record
    return [records[key] for key in sorted(records)]


def _is_told(record: UsageRecord, month: Month, *, asked: bool) -> bool:
    waits = record.state is RecordState.OPEN or record.hold is not None or record.credit is not None
    return record.key.month == month or (not asked and waits)


def _print_company(
    out: Output, found: Found, link: CompanyLink | None, standing: Standing | None, now: datetime
) -> None:
    out.say(f"{found.name}  (GravityZone {found.id})", style="bold")
    _print_link(out, link)
    if standing is None:
        out.say("Standing     none: no tick has seen it yet")
        return
    cause = standing.shown
    since = "" if cause.since is None else f" since {minute(cause.since)} GMT"
    out.say(f"Standing     {cause.state.label}{since}{': ' if cause.reason else ''}{cause.reason}")
    for notice in cause.notices:
        out.say(f"Notice       {notice}")
    read = (
        f"within the last {within(standing.last_reading, now=now)}"
        if standing.last_reading
        else NOTHING
    )
    out.say(f"Last read    {read}")


def _print_link(out: Output, link: CompanyLink | None) -> None:
    if link is None or link.connectwise_id is None:
        out.say("ConnectWise  linked to nobody")
    else:
        pinned = (
            f", agreement {link.pinned_agreement_id} pinned" if link.pinned_agreement_id else ""
        )
        by = f"linked by {link.linked_by} on {link.linked_at:%Y-%m-%d}"
        out.say(f"ConnectWise  {link.connectwise_name} (id {link.connectwise_id}), {by}{pinned}")
    if link is not None and link.excluded_since is not None:
        out.say(f"Excluded     since {link.excluded_since:%Y-%m-%d}")
    if link is not None and link.own_billed_since is not None:
        out.say(f"Partner      its own machines are billed since {link.own_billed_since:%Y-%m-%d}")


def _print_months(out: Output, records: Sequence[UsageRecord]) -> None:
    out.say()
    if not records:
        out.say("No month has been opened for it.")
        return
    most = max(max(counted(each) or 0, each.stands) for each in records)
    several = len({each.key.service for each in records}) > 1
    for record in records:
        name = f" {record.key.service}" if several else ""
        shown = bar(record.stands, most=most, width=_BAR, encoding=_encoding())
        held = f", held at {record.hold.quantity}" if record.hold is not None else ""
        out.say(f"{record.key.month}{name}  {shown} {record.stands} {record.state}{held}")


def _print_record(
    out: Output, ledger: Ledger, record: UsageRecord, now: datetime, *, ticket: int | None
) -> None:
    key = record.key
    out.say()
    out.say(f"{key.month.label}, {key.service}: {record.state}", style="bold")
    out.say(f"  counted {number(counted(record))}, billed {record.stands}")
    for line in record.lines:
        out.say(
            f"  line {line.number}  Addition {line.addition_id} on agreement {line.agreement_id}, "
            f"{line.place.effective} to {line.place.cancelled}, quantity {number(line.pushed)}, "
            f"{line.state}"
        )
    for kind, text in _waiting(record):
        out.say(f"  {kind}: {text}")
    if ticket is not None:
        out.say(f"  Asked in ConnectWise ticket {ticket}; answer there or here.")
    entries = ledger.history(key)
    course = [(entry.at, total) for entry, total in billed_over(entries)]
    if course:
        line_chart = chart(course, key.month, now=now, encoding=_encoding())
        out.say(f"  {line_chart}  {course[0][1]} to {course[-1][1]}, day by day")
    _print_lines(out, list(told(entries)))


def _waiting(record: UsageRecord) -> Iterator[tuple[str, str]]:
    if record.hold is not None:
        yield f"Held since {minute(record.hold.since)} GMT", record.hold.why
    if record.refusal is not None:
        yield f"Refused by ConnectWise since {minute(record.refusal.at)} GMT", record.refusal.why
    if record.credit is not None:
        credit = record.credit
        yield (
            "To be credited",
            f"{credit.quantity}: {credit.billed} were billed, {credit.counted} are counted",
        )
    for notice in record.notices:
        yield "Notice", notice


def _print_lines(out: Output, lines: Sequence[str]) -> None:
    for line in lines:
        out.say(f"  {line}")


def _encoding() -> str:
    return getattr(sys.stdout, "encoding", None) or "ascii"
