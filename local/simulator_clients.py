"""Clients of the simulators' control calls (`docs/simulators.md`), to play a deployed stack."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import requests
from pydantic import TypeAdapter

from local.errors import LocalError

_TIMEOUT_SECONDS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthCounts:
    """Distinct machines of one company in one month.

    `count` is by the simulator's clock, `final` the number at the month's end.
    """

    count: int
    final: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TrueCompany:
    """A company in the GravityZone simulator.

    `months` are `yyyy-mm`, those without machines left out.
    """

    id: str
    name: str
    months: Mapping[str, MonthCounts]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrueAddition:
    """An Addition that is or was in the ConnectWise simulator.

    `fields` is its record as the API shows it.
    """

    id: int
    agreement_id: int
    company_id: int
    product: str
    quantity: Decimal
    effective: date | None
    cancelled: date | None
    created_by: str
    deleted_at: datetime | None
    fields: Mapping[str, Any]
    changes: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BilledLine:
    """One Addition's line on an invoice."""

    addition_id: int
    quantity: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class TrueInvoice:
    """An agreement invoice in the ConnectWise simulator.

    It covers `first` to `last`, both included.
    """

    agreement_id: int
    company_id: int
    first: date
    last: date
    lines: Sequence[BilledLine]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrueTicket:
    """A service ticket in the ConnectWise simulator. `notes` are the texts of its notes."""

    id: int
    summary: str
    closed: bool
    notes: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrueMail:
    """A mail that the service desk sent to somebody outside."""

    ticket_id: int
    to: str


def read_companies(truth: Mapping[str, Any]) -> Sequence[TrueCompany]:
    """Read the companies out of what the GravityZone simulator answers as its truth."""
    return _COMPANIES.validate_python(truth["companies"])


def read_additions(truth: Mapping[str, Any]) -> Sequence[TrueAddition]:
    """Read the Additions out of what the ConnectWise simulator answers as its truth."""
    return _ADDITIONS.validate_python(truth["additions"])


def read_invoices(truth: Mapping[str, Any]) -> Sequence[TrueInvoice]:
    """Read the invoices out of what the ConnectWise simulator answers as its truth."""
    return _INVOICES.validate_python(truth["invoices"])


def read_tickets(truth: Mapping[str, Any]) -> Sequence[TrueTicket]:
    """Read the tickets out of what the ConnectWise simulator answers as its truth, oldest first."""
    return [
        TrueTicket(
            id=each["id"],
            summary=each["summary"],
            closed=each["closedFlag"],
            notes=[note["text"] for note in each["notes"]],
        )
        for each in truth["tickets"]
    ]


def read_mails(truth: Mapping[str, Any]) -> Sequence[TrueMail]:
    """Read the mails out of what the ConnectWise simulator answers as its truth."""
    return _MAILS.validate_python(truth["mails"])


_MAILS: TypeAdapter[list[TrueMail]] = TypeAdapter(list[TrueMail])
_COMPANIES: TypeAdapter[list[TrueCompany]] = TypeAdapter(list[TrueCompany])
_ADDITIONS: TypeAdapter[list[TrueAddition]] = TypeAdapter(list[TrueAddition])
_INVOICES: TypeAdapter[list[TrueInvoice]] = TypeAdapter(list[TrueInvoice])


@dataclass(frozen=True, slots=True)
class Controls:
    """One simulator that listens at `url`.

    Its methods raise LocalError where it refuses a call or is gone.
    """

    url: str

    def call(self, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401  # JSON
        """Make the control call `/_sim/{path}` and answer its JSON."""
        try:
            answer = requests.request(
                method, f"{self.url}/_sim/{path}", json=body, timeout=_TIMEOUT_SECONDS
            )
        except requests.RequestException as error:
            raise LocalError(f"the simulator at {self.url} does not answer: {error}") from error
        if not answer.ok:
            raise LocalError(f"{method} /_sim/{path} was refused: {answer.text}")
        return answer.json()

    def set_clock(self, now: datetime, *, backwards: bool = False) -> None:
        """Set its clock."""
        self.call("PUT", "clock", {"now": now.isoformat(), "backwards": backwards})

    def count_calls(self) -> Mapping[str, int]:
        """Return the number of calls of each operation."""
        counts: Mapping[str, int] = self.call("GET", "calls")["counts"]
        return counts


class GravityZoneControls(Controls):
    """The GravityZone simulator."""

    def companies(self) -> Sequence[TrueCompany]:
        """Its truth: every company but the key's own."""
        return read_companies(self.call("GET", "truth"))


class ConnectWiseControls(Controls):
    """The ConnectWise simulator."""

    def additions(self) -> Sequence[TrueAddition]:
        """Its truth: every Addition that ever was."""
        return read_additions(self.call("GET", "truth"))

    def invoices(self) -> Sequence[TrueInvoice]:
        """Its truth: every invoice that was made."""
        return read_invoices(self.call("GET", "truth"))

    def tickets(self) -> Sequence[TrueTicket]:
        """Its truth: every service ticket that is there."""
        return read_tickets(self.call("GET", "truth"))

    def mails(self) -> Sequence[TrueMail]:
        """Its truth: every mail to somebody outside."""
        return read_mails(self.call("GET", "truth"))

    def act(self, act: str, **details: object) -> int | None:
        """Do what a person does in ConnectWise; answers the id of what was made, if anything."""
        result: int | None = self.call("POST", "acts", {"act": act, **details})["result"]
        return result
