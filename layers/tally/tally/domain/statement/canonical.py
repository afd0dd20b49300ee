"""The one form of a statement that is hashed: a document of plain values (PROOF-4)."""

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

from tally.domain.record.lines import Line
from tally.domain.statement.course import Step
from tally.domain.statement.sentences import in_gmt, in_runs, limits
from tally.domain.statement.statement import Numbers, ServiceStatement, Statement, Waiting

FORM = 1
"""The edition of the form. A change of its keys or texts is a new one."""


def document(of: Statement) -> dict[str, Any]:
    """Return all that the ledger's record and history say, as plain values (PROOF-4)."""
    return {
        "form": FORM,
        "company_id": of.customer.id,
        "month": str(of.month),
        "stage": of.stage.value,
        "version": of.version,
        "services": [_service(each, str(of.month)) for each in of.services],
        "does_not_prove": list(limits(of)),
    }


def as_drawn(of: Statement) -> dict[str, Any]:
    """Return what is of the day on which it is drawn, and is not hashed: names, links, the clock.

    A customer that is renamed later has the same statement.
    """
    customer = of.customer
    return {
        "name": customer.name,
        "connectwise_id": customer.connectwise_id,
        "connectwise_name": customer.connectwise_name,
        "time_zone": of.time_zone,
        "times": in_gmt(of),
    }


def canonical(of: Statement) -> bytes:
    """Return the bytes that are hashed: the document with sorted keys, without spaces, in ASCII."""
    text = json.dumps(document(of), sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return text.encode("ascii")


def fingerprint(of: Statement) -> str:
    """Return the SHA-256 of the canonical form, in hexadecimal."""
    return hashlib.sha256(canonical(of)).hexdigest()


def _service(of: ServiceStatement, month: str) -> dict[str, Any]:
    since = of.readings.billed_since
    return {
        "service": of.service,
        "version": of.version,
        "state": of.state.value,
        **_numbers(of.numbers),
        "billed_since": None if since is None else _step(since),
        "first_reading": _instant(of.readings.first),
        "last_reading": _instant(of.readings.last),
        "difference": list(of.difference),
        "days": [{"day": each.day.isoformat(), "billed": each.billed} for each in of.days],
        "course": in_runs(of.days),
        "changes": [_step(each) for each in of.steps],
        "additions": [_line(each, month) for each in of.lines],
        "waiting": None if of.waiting is None else _waiting(of.waiting),
        "notices": list(of.notices),
    }


def _numbers(of: Numbers) -> dict[str, Any]:
    credit = of.credit
    price = None if credit is None else credit.unit_price
    return {
        "billed": of.billed,
        "counted": of.counted,
        "floor": of.floor,
        "credited": of.credited,
        "to_be_credited": None
        if credit is None
        else {
            "quantity": credit.quantity,
            "billed": credit.billed,
            "counted": credit.counted,
            "unit_price": None if price is None else str(price),
        },
        "machines_proven": of.proven,
    }


def _step(of: Step) -> dict[str, Any]:
    return {
        "recorded": _instant(of.recorded),
        "reading": _instant(of.reading),
        "what": of.what,
        "why": of.why,
        "by": of.by,
        "from": of.before,
        "to": of.after,
    }


def _line(of: Line, month: str) -> dict[str, Any]:
    place = of.place
    return {
        "line": of.number,
        "addition": of.addition_id,
        "agreement": place.agreement_id,
        "product": place.product_id,
        "quantity": of.pushed,
        "effective": place.effective.isoformat(),
        "cancelled": place.cancelled.isoformat(),
        "reference": of.reference,
        "state": of.state.value,
        "late": place.late,
        "usage_of": month,
    }


def _waiting(of: Waiting) -> dict[str, Any]:
    return {"since": _instant(of.since), "why": of.why, "quantity": of.quantity}


def _instant(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
