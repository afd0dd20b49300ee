"""The parts of JSON documents that several commands share. Scripts depend on their keys."""

from datetime import datetime
from typing import Any

from cli.presentation.words import instant
from tally.domain.holds import Hold
from tally.domain.model.company import CompanyLink
from tally.domain.model.standing import Cause
from tally.domain.record.counts import counted, final
from tally.domain.record.history import HistoryEntry
from tally.domain.record.lines import Line
from tally.domain.record.usage_record import Credit, UsageRecord
from tally.domain.reporting.overview import CompanyRow

type Document = dict[str, Any]


def company_document(
    row: CompanyRow, records: tuple[UsageRecord, ...], *, now: datetime
) -> Document:
    """Return one company, with these of its records."""
    read = row.last_reading
    return {
        "id": row.company_id,
        "name": row.name,
        "standing": cause_document(row.cause),
        "last_reading": instant(read),
        "last_reading_age_seconds": None
        if read is None
        # This machine's clock may be behind that of the functions, which wrote the reading's time.
        else max(0, int((now - read).total_seconds())),
        "connectwise": link_document(row.link),
        "records": [record_document(each) for each in records],
    }


def said_document(company_id: str, name: str, *, by: str, why: str, follows: str) -> Document:
    """Return what a person said of a company, and what follows from it."""
    return {"company": company_id, "name": name, "by": by, "why": why, "follows": follows}


def cause_document(cause: Cause) -> Document:
    """Return a standing. Its state is billing, waiting, needs set-up, held or failing."""
    return {
        "state": cause.state.label,
        "reason": cause.reason,
        "since": instant(cause.since),
        "until": instant(cause.until),
        "notices": list(cause.notices),
    }


def link_document(link: CompanyLink | None) -> Document | None:
    """Return the link of a company; None if the ledger has none."""
    if link is None:
        return None
    return {
        "id": link.connectwise_id,
        "name": link.connectwise_name,
        "linked_by": link.linked_by,
        "linked_at": instant(link.linked_at),
        "pinned_agreement": link.pinned_agreement_id,
        "excluded_since": instant(link.excluded_since),
        "kept_apart": list(link.kept_apart),
        "own_machines_billed_since": instant(link.own_billed_since),
    }


def record_document(record: UsageRecord) -> Document:
    """Return one usage record.

    ``count`` is GravityZone's newest count that the ledger knows, ``billed`` is the quantity in
    ConnectWise.
    """
    return {
        "month": str(record.key.month),
        "service": record.key.service,
        "state": record.state.value,
        "count": counted(record),
        "billed": record.stands,
        "final": final(record),
        "floor": record.floor,
        "hold": None if record.hold is None else hold_document(record.hold),
        "refused": None if record.refusal is None else record.refusal.why,
        "notices": list(record.notices),
        "credit": None if record.credit is None else credit_document(record.credit),
        "credited": record.credited,
        "lines": [line_document(each) for each in record.lines],
    }


def hold_document(hold: Hold) -> Document:
    """Return a hold, which waits for a person."""
    return {
        "kind": hold.kind,
        "why": hold.why,
        "quantity": hold.quantity,
        "since": instant(hold.since),
        "additions_of_others": list(hold.foreign),
    }


def credit_document(credit: Credit) -> Document:
    """Return an overcharge. The price is text, so that no digit is lost."""
    price = credit.unit_price
    return {
        "quantity": credit.quantity,
        "billed": credit.billed,
        "count": credit.counted,
        "unit_price": None if price is None else str(price),
        "amount": None if price is None else f"{credit.quantity * price:.2f}",
    }


def line_document(line: Line) -> Document:
    """Return one Addition of ours."""
    return {
        "line": line.number,
        "state": line.state.value,
        "addition": line.addition_id,
        "agreement": line.agreement_id,
        "product": line.place.product_id,
        "quantity": line.pushed,
        "effective": line.place.effective.isoformat(),
        "cancelled": line.place.cancelled.isoformat(),
        "reference": line.reference,
    }


def entry_document(entry: HistoryEntry) -> Document:
    """Return one step of a record's or a link's history."""
    return {
        "at": instant(entry.at),
        "what": entry.what,
        "why": entry.why,
        "by": entry.by,
        "changes": {path: list(change) for path, change in entry.changes.items()},
    }
