"""Derive what is to be attached of a statement: on which agreements, and under which title."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tally.domain.attaching.document import LONGEST_TITLE
from tally.domain.model.month import Month
from tally.domain.model.screen import brief
from tally.domain.record.lines import Line, LineState
from tally.domain.statement.canonical import fingerprint
from tally.domain.statement.statement import Stage, Statement

_LONGEST_SERVICES = 30
"""Characters of the services' names in a title: the rest of it takes 67 at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """One state of a customer's month.

    ``version`` and ``fingerprint`` are the statement's. ``records`` is the version of its records
    alone, which never falls: the statement's does where evidence is removed. ``numbers`` is a hash
    of what is billed and where alone: a version that only adds a step to the history has the same.
    """

    version: int
    records: int
    fingerprint: str
    numbers: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The customer's month, and the agreement that takes its documents."""

    company_id: str
    month: Month
    agreement_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A statement's edition that is to stand at one agreement. ``services`` are those on it."""

    place: Place
    edition: Edition
    services: tuple[str, ...]


def wanted(statement: Statement) -> Iterator[Wanted]:
    """Yield what is to be attached of a statement, one for each agreement that bills it (PROOF-7).

    Nothing is before it is final, nor while a question waits: its answer may change the numbers,
    and nothing that was attached is taken back.
    """
    if statement.stage is not Stage.FINAL or any(each.waiting for each in statement.services):
        return
    # Services on the same agreement share one document.
    on: dict[int, list[str]] = {}
    for service in statement.services:
        agreement_id = own_agreement(service.lines)
        if agreement_id is not None:
            on.setdefault(agreement_id, []).append(service.service)
    if not on:
        return
    edition = Edition(
        version=statement.version,
        records=sum(each.version for each in statement.services),
        fingerprint=fingerprint(statement),
        numbers=_numbers(statement),
    )
    for agreement_id, services in sorted(on.items()):
        yield Wanted(
            place=Place(
                company_id=statement.customer.id,
                month=statement.month,
                agreement_id=agreement_id,
            ),
            edition=edition,
            services=tuple(services),
        )


def own_agreement(lines: Iterable[Line]) -> int | None:
    """Return the agreement of the month's own line, which takes the statement; None without one.

    A line that was voided stood at the wrong place, maybe another customer's.
    """
    wrong = (LineState.VOID, LineState.VOIDING)
    # Lines stand in the order of their numbers: a late one, maybe on another agreement, comes after
    # the month's own.
    return next((each.agreement_id for each in lines if each.state not in wrong), None)


def _numbers(statement: Statement) -> str:
    """Hash what is billed; never to be changed, as each customer would get a correction."""
    # Names, times and reasons are left out, so that nobody gets a correction for them.
    told = [
        [
            each.service,
            each.state.value,
            each.numbers.billed,
            each.numbers.counted,
            each.numbers.floor,
            each.numbers.credited,
            None if each.numbers.credit is None else each.numbers.credit.quantity,
            [
                [line.number, line.agreement_id, line.addition_id, line.pushed]
                for line in each.lines
            ],
        ]
        for each in statement.services
    ]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def reference(place: Place, edition: Edition) -> str:
    """Return the mark by which a document is known as this edition's, whatever the ledger says.

    It follows from place, records and numbers alone, so a restored ledger derives the same one.
    """
    text = "\n".join(
        (
            place.company_id,
            str(place.month),
            str(place.agreement_id),
            str(edition.records),
            edition.numbers,
        )
    )
    # Eight digits are enough, as only documents of one agreement are compared.
    return f"[tally:{hashlib.sha256(text.encode()).hexdigest()[:8]}]"


def file_name(place: Place, edition: Edition) -> str:
    """Return the name of its file, which has the reference, too."""
    mark = reference(place, edition).strip("[]").replace(":", "-")
    return f"statement-{place.month}-{mark}.pdf"


def title(of: Wanted, *, correction: bool) -> str:
    """Return the document's title, which names month, services and version, and its reference."""
    services = brief(" and ".join(of.services), _LONGEST_SERVICES)
    corrected = "corrected, " if correction else ""
    words = f"Tally statement {of.place.month}, {services}, {corrected}version {of.edition.version}"
    # Cut at the front, if at all: a title that has lost its reference is found by its file alone.
    return f"{words} {reference(of.place, of.edition)}"[-LONGEST_TITLE:]
