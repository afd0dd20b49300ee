"""A statement as comma-separated values (RFC 4180), in which no text is a formula (SAFE-10)."""

import csv
import io
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from tally.domain.evidence.evidence import Evidence, Machine
from tally.domain.model.screen import fit
from tally.domain.record.lines import Line
from tally.domain.statement.canonical import fingerprint
from tally.domain.statement.course import Step
from tally.domain.statement.machines import (
    became_of,
    known_of_machines,
    machines_in_words,
    not_seen_active,
    seen_active,
)
from tally.domain.statement.sentences import NOT_RECORDED, limits
from tally.domain.statement.statement import ServiceStatement, Statement
from tally.statements.spreadsheet import harmless

COLUMNS = (
    "month",
    "company_id",
    "company",
    "service",
    "kind",
    "from_date",
    "to_date",
    "from_number",
    "number",
    "text",
    "why",
    "by",
    "addition",
    "agreement",
    "product",
    "reference",
    "machine",
    "fqdn",
    "seen_active",
    "read",
)
"""The columns. New ones come at the end."""

type Cells = Mapping[str, object]


def drawn_as_table(of: Statement) -> str:
    """Return a table with one row for each thing that the statement says."""
    file = io.StringIO()
    # Its lines end with CR LF, as RFC 4180 says: that is the writer's default.
    writer = csv.writer(file)
    writer.writerow(COLUMNS)
    said = {"month": str(of.month), "company_id": of.customer.id, "company": of.customer.name}
    for row in _rows(of):
        whole = {**said, **row}
        writer.writerow([_cell(whole.get(name)) for name in COLUMNS])
    return file.getvalue()


def _cell(value: object) -> object:
    if isinstance(value, str):
        return harmless(fit(value))
    return "" if value is None else value


def _rows(of: Statement) -> Iterator[Cells]:
    yield {"kind": "stage", "text": of.stage.value}
    yield {"kind": "version", "number": of.version}
    # The same hash as on the page and in the PDF: it is of what is said, not of a file's bytes.
    yield {"kind": "sha256", "text": fingerprint(of)}
    yield {
        "kind": "connectwise company",
        "number": of.customer.connectwise_id,
        "text": of.customer.connectwise_name,
    }
    for service in of.services:
        for row in _service(service, known_of_machines(of, service)):
            yield {"service": service.service, **row}
    for said in machines_in_words(of):
        yield {"service": of.evidence_of, "kind": "machines in words", "text": said}
    if of.evidence is not None:
        for row in _machines(of.evidence):
            yield {"service": of.evidence_of, **row}
    for limit in limits(of):
        yield {"kind": "does not prove", "text": limit}


def _service(of: ServiceStatement, machines: str) -> Iterator[Cells]:
    numbers, since = of.numbers, of.readings.billed_since
    yield {
        "kind": "billed",
        "from_date": None if since is None else _minute(since.reading or since.recorded),
        "number": numbers.billed,
        "text": of.state.value,
    }
    yield _known("counted", numbers.counted)
    yield _known("contract's minimum", numbers.floor)
    yield {
        "kind": "machines seen active",
        "number": numbers.proven,
        "text": machines if numbers.proven is None else None,
    }
    yield {"kind": "credited", "number": numbers.credited}
    if (credit := numbers.credit) is not None:
        price = None if credit.unit_price is None else str(credit.unit_price)
        yield {"kind": "to be credited", "number": credit.quantity, "text": price}
    yield {"kind": "first reading", **_when(of.readings.first)}
    yield {"kind": "last reading", **_when(of.readings.last)}
    if of.waiting is not None:
        yield {
            "kind": "waits for an answer",
            "from_date": _minute(of.waiting.since),
            "number": of.waiting.quantity,
            "text": of.waiting.why,
        }
    yield from ({"kind": "difference", "text": each} for each in of.difference)
    for day in of.days:
        yield {"kind": "day", "from_date": day.day.isoformat(), "number": day.billed}
    yield from map(_change, of.steps)
    yield from map(_addition, of.lines)
    yield from ({"kind": "notice", "text": each} for each in of.notices)


def _known(kind: str, number: int | None) -> Cells:
    return {"kind": kind, "number": number, "text": NOT_RECORDED if number is None else None}


def _when(at: datetime | None) -> Cells:
    return {"text": NOT_RECORDED} if at is None else {"from_date": _minute(at)}


def _change(step: Step) -> Cells:
    return {
        "kind": "change",
        "from_date": None if step.reading is None else _minute(step.reading),
        "to_date": _minute(step.recorded),
        "from_number": step.before,
        "number": step.after,
        "text": step.what,
        "why": step.why,
        "by": step.by,
    }


def _addition(line: Line) -> Cells:
    return {
        "kind": "late addition" if line.place.late else "addition",
        "from_date": line.place.effective.isoformat(),
        "to_date": line.place.cancelled.isoformat(),
        "number": line.pushed,
        "text": line.state.value,
        "addition": line.addition_id,
        "agreement": line.place.agreement_id,
        "product": line.place.product_id,
        "reference": line.reference,
    }


def _machines(of: Evidence) -> Iterator[Cells]:
    for each in (*seen_active(of), *not_seen_active(of)):
        yield _machine(each)


def _machine(of: Machine) -> Cells:
    proof = of.proof
    return {
        "kind": "machine not seen active" if proof is None else "machine seen active",
        "from_date": of.listed.isoformat(),
        "to_date": None if of.gone is None else of.gone.isoformat(),
        "text": of.name,
        "why": became_of(of),
        "machine": of.id,
        "fqdn": of.fqdn,
        "seen_active": None if proof is None else _minute(proof.seen),
        "read": None if proof is None else _minute(proof.read),
    }


def _minute(at: datetime) -> str:
    # In GMT, as months are counted in it.
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M}"
