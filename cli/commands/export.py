"""`tally export`: writes a month's records for a spreadsheet or a bookkeeping import."""

from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated

import typer

from cli.command import Session, command
from cli.exit_codes import DONE, FINDINGS
from cli.first_tick import before_first_tick
from cli.presentation.documents import Document
from cli.presentation.words import instant, month_of
from tally.domain.record.counts import counted, final
from tally.domain.record.usage_record import Credit, UsageRecord
from tally.domain.reporting.overview import CompanyRow
from tally.people.read_overview import read_overview


class Format(StrEnum):
    """The form of the export."""

    CSV = "csv"
    JSON = "json"


def add(app: typer.Typer) -> None:
    """Add the command."""
    command(app, "export")(export)


def export(
    session: Session,
    *,
    month: Annotated[
        str | None, typer.Option(help="The month, yyyy-mm; the present one if left out.")
    ] = None,
    as_format: Annotated[Format, typer.Option("--format", help="What to write.")] = Format.CSV,
) -> int:
    """Write a month's records to standard output, one line each.

    A line tells what was counted, and what is billed where. Exits with 1 if something stored of a
    company cannot be read: its line may be missing.
    """
    exported = month_of(month, now=session.stack.clock.now())
    seen = read_overview(session.stack.ledger(), months=[exported])
    rows = [_row(company, record) for company in seen.companies for record in company.of(exported)]
    if as_format is Format.JSON or session.output.as_json:
        session.output.document(rows)
    else:
        session.output.spreadsheet(_COLUMNS, (list(_cells(row)) for row in rows))
    unreadable = [f"{each.name}: {each.unreadable}" for each in seen.companies if each.unreadable]
    for each in unreadable:
        session.output.note(each)
    if not (rows or unreadable):
        session.output.note(
            before_first_tick(session.stack)
            or f"There is no record of {exported.label}. `tally status` shows how each company "
            "stands, `tally doctor` what is to be set up."
        )
    return FINDINGS if unreadable else DONE


_COLUMNS = (
    "month",
    "service",
    "company_id",
    "company",
    "connectwise_id",
    "connectwise_company",
    "state",
    "standing",
    "count",
    "floor",
    "billed",
    "final",
    "additions",
    "agreements",
    "effective",
    "cancelled",
    "held_quantity",
    "held_because",
    "credit_quantity",
    "credit_amount",
    "last_reading",
)
"""The keys of each record and the columns of the file, in this order. New ones come at the end."""


def _row(company: CompanyRow, record: UsageRecord) -> Document:
    made, link = record.lines, company.link
    values = (
        str(record.key.month),
        record.key.service,
        company.company_id,
        company.name,
        *((None, None) if link is None else (link.connectwise_id, link.connectwise_name)),
        record.state.value,
        company.cause.state.label,
        counted(record),
        record.floor,
        record.stands,
        final(record),
        # A record with late lines has several Additions, maybe on several agreements (LATE-2).
        [line.addition_id for line in made],
        list(dict.fromkeys(line.agreement_id for line in made)),
        min((line.place.effective.isoformat() for line in made), default=None),
        max((line.place.cancelled.isoformat() for line in made), default=None),
        *((None, None) if record.hold is None else (record.hold.quantity, record.hold.why)),
        *((None, None) if record.credit is None else _credited(record.credit)),
        instant(company.last_reading),
    )
    return dict(zip(_COLUMNS, values, strict=True))


def _credited(credit: Credit) -> tuple[int, str | None]:
    """Return the quantity to be credited, and the amount if the price is known."""
    price = credit.unit_price
    return credit.quantity, None if price is None else f"{credit.quantity * price:.2f}"


def _cells(row: Document) -> Iterator[object]:
    for value in row.values():
        yield (
            # Ids are parted by spaces: a comma or a semicolon ends a cell in some programs.
            " ".join(map(str, value)) if isinstance(value, list) else "" if value is None else value
        )
