"""The one form of a statement that is hashed: a document of plain values (PROOF-4)."""

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

from tally.domain.evidence.evidence import Evidence, Machine, MachineProof
from tally.domain.record.lines import Line
from tally.domain.statement.course import Step
from tally.domain.statement.machines import machines_in_words
from tally.domain.statement.sentences import in_gmt, in_runs, limits
from tally.domain.statement.statement import Numbers, ServiceStatement, Statement, Waiting

FORM = 2
"""The edition of the form. A change of its keys or texts is a new one."""


def document(of: Statement) -> dict[str, Any]:
    """Return all that record, history and evidence say, as plain values (PROOF-4)."""
    return {
        "form": FORM,
        "company_id": of.customer.id,
        "month": str(of.month),
        "stage": of.stage.value,
        "version": of.version,
        "services": [_service(each, str(of.month)) for each in of.services],
        "machines": None if of.evidence is None else _machines(of.evidence, of.evidence_of),
        "machines_in_words": list(machines_in_words(of)),
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
            # As text: a JSON number would be a binary fraction, and money is never rounded.
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


def _machines(of: Evidence, service: str) -> dict[str, Any]:
    return {
        "service": service,
        "edition": of.version,
        "first_walk": _instant(of.begun),
        "last_walk": _instant(of.walked),
        "seen_active": of.proven,
        # By id: a machine's name can change, and walks come in any order.
        "listed": [_machine(each) for each in sorted(of.machines, key=lambda each: each.id)],
    }


def _machine(of: Machine) -> dict[str, Any]:
    return {
        "id": of.id,
        "name": of.name,
        "fqdn": of.fqdn,
        "first_listed": of.listed.isoformat(),
        "seen_active": None if of.proof is None else _proof(of.proof),
        "fate": of.fate.value,
        "gone": None if of.gone is None else of.gone.isoformat(),
        "moved_in": _instant(of.moved_in),
    }


def _proof(of: MachineProof) -> dict[str, Any]:
    return {"last_seen": _instant(of.seen), "read": _instant(of.read)}


def _waiting(of: Waiting) -> dict[str, Any]:
    return {"since": _instant(of.since), "why": of.why, "quantity": of.quantity}


def _instant(at: datetime | None) -> str | None:
    # Whole seconds in UTC, so that neither a fraction nor another zone makes other bytes (PROOF-4).
    return None if at is None else at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
