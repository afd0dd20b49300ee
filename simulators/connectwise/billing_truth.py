"""The truth: who made, changed and deleted each Addition, and when, and every invoice.

It is no copy of the store. Each write adds to it, and it outlives the record.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from simulators.connectwise.api_records import Fields, day_of, instant

API = "api"
"""The writer's name, if the write came through the API; else it is a person's."""


@dataclass(frozen=True, slots=True)
class Change:
    """One field of one Addition changed, by the API or by a person."""

    at: datetime
    by: str
    field: str
    before: Any
    after: Any


@dataclass(slots=True)
class AdditionTruth:
    """One Addition that is or was, with everything that ever happened to it. Read only.

    `fields` is the record as it is now, or as it was when it was deleted. Its `agreementStatus` is
    that of the last write.
    """

    id: int
    agreement_id: int
    company_id: int
    created_at: datetime
    created_by: str
    created: Fields
    fields: Fields
    changes: list[Change] = field(default_factory=list)
    deleted_at: datetime | None = None
    deleted_by: str | None = None

    @property
    def product(self) -> str:
        """The product's identifier."""
        return str(self.fields["product"]["identifier"])

    @property
    def quantity(self) -> float:
        """The quantity now."""
        return float(self.fields["quantity"])

    @property
    def effective(self) -> date | None:
        """The effective date now."""
        return day_of(self.fields["effectiveDate"])

    @property
    def cancelled(self) -> date | None:
        """The cancelled date now; None for an open end."""
        return day_of(self.fields["cancelledDate"])

    @property
    def text(self) -> str:
        """The invoice description now."""
        return self.fields["invoiceDescription"] or ""

    @property
    def deleted(self) -> bool:
        """True if it is gone."""
        return self.deleted_at is not None

    def changes_by(self, who: str) -> list[Change]:
        """Return what one person, or `API`, changed after it was made."""
        return [change for change in self.changes if change.by == who]

    def as_json(self) -> dict[str, Any]:
        """Return all of it for a control call."""
        return {
            "id": self.id,
            "agreement_id": self.agreement_id,
            "company_id": self.company_id,
            "product": self.product,
            "quantity": self.quantity,
            "effective": self.effective.isoformat() if self.effective else None,
            "cancelled": self.cancelled.isoformat() if self.cancelled else None,
            "created_at": instant(self.created_at),
            "created_by": self.created_by,
            "deleted_at": instant(self.deleted_at) if self.deleted_at else None,
            "deleted_by": self.deleted_by,
            "fields": self.fields,
            "changes": [
                {
                    "at": instant(change.at),
                    "by": change.by,
                    "field": change.field,
                    "before": change.before,
                    "after": change.after,
                }
                for change in self.changes
            ],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceLine:
    """One Addition on one invoice; money in the MSP's currency."""

    addition_id: int
    quantity: float
    """The Addition's quantity at that moment, included units not taken off."""
    less_included: float
    unit_price: Decimal
    bill_customer: str
    amount: Decimal
    """The amount over the included units, at the unit price, to the cent; 0 unless it is
    Billable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoice:
    """One agreement invoice. It covers `first` to `last`, both included."""

    id: int
    agreement_id: int
    company_id: int
    first: date
    last: date
    made_at: datetime
    made_by: str
    lines: tuple[InvoiceLine, ...]

    def as_json(self) -> dict[str, Any]:
        """Return all of it for a control call; money as text."""
        return {
            "id": self.id,
            "agreement_id": self.agreement_id,
            "company_id": self.company_id,
            "first": self.first.isoformat(),
            "last": self.last.isoformat(),
            "made_at": instant(self.made_at),
            "made_by": self.made_by,
            "lines": [
                {
                    "addition_id": line.addition_id,
                    "quantity": line.quantity,
                    "less_included": line.less_included,
                    "unit_price": str(line.unit_price),
                    "bill_customer": line.bill_customer,
                    "amount": str(line.amount),
                }
                for line in self.lines
            ],
        }


class Truth:
    """Every Addition that ever was, and every invoice."""

    def __init__(self) -> None:
        self._additions: dict[int, AdditionTruth] = {}
        self._by_agreement: dict[int, list[AdditionTruth]] = {}
        self._invoices: list[Invoice] = []
        self._invoices_of: dict[int, list[Invoice]] = {}
        self._invoiced: dict[int, float] = {}

    def __iter__(self) -> Iterator[AdditionTruth]:
        return iter(self._additions.values())

    def add(self, addition: AdditionTruth) -> None:
        """Note a new one."""
        self._additions[addition.id] = addition
        self._by_agreement.setdefault(addition.agreement_id, []).append(addition)

    def addition(self, addition_id: int) -> AdditionTruth:
        """Return one by its id; KeyError if there never was one."""
        return self._additions[addition_id]

    def additions(
        self, *, agreement_id: int | None = None, deleted: bool = True
    ) -> list[AdditionTruth]:
        """Return all, or those of one agreement; without the deleted ones if asked."""
        every = (
            self._additions.values()
            if agreement_id is None
            else self._by_agreement.get(agreement_id, ())
        )
        found = list(every)
        return found if deleted else [addition for addition in found if not addition.deleted]

    @property
    def last_invoice_id(self) -> int:
        """The id of the newest invoice; 0 before the first. Ids count up by one."""
        return len(self._invoices)

    def add_invoice(self, invoice: Invoice) -> None:
        """Note an invoice."""
        self._invoices.append(invoice)
        self._invoices_of.setdefault(invoice.agreement_id, []).append(invoice)
        for line in invoice.lines:
            self._invoiced[line.addition_id] = (
                self._invoiced.get(line.addition_id, 0.0) + line.quantity
            )

    def take_back(self, agreement_id: int) -> Invoice | None:
        """Note that an agreement's newest invoice was deleted; return it, or None."""
        standing = self._invoices_of.get(agreement_id)
        if not standing:
            return None
        invoice = standing.pop()
        for line in invoice.lines:
            self._invoiced[line.addition_id] -= line.quantity
        return invoice

    def invoices(self, *, agreement_id: int | None = None, after: int = 0) -> list[Invoice]:
        """Return all invoices ever made, oldest first, or those of one agreement that stand.

        The result begins after the id `after`.
        """
        if agreement_id is None:
            return self._invoices[after:]
        return [
            invoice for invoice in self._invoices_of.get(agreement_id, ()) if invoice.id > after
        ]

    def invoiced(self, addition_id: int) -> float:
        """Return an Addition's quantity, summed over its invoices, included units not taken off."""
        return self._invoiced.get(addition_id, 0.0)

    def made_by_api(self) -> list[AdditionTruth]:
        """Return the Additions that came through the API, deleted ones too."""
        return [addition for addition in self._additions.values() if addition.created_by == API]

    def foreign_changed_by_api(self) -> list[AdditionTruth]:
        """Return the Additions of others that the API changed.

        There are none, unless a person gave one over.
        """
        return [
            addition
            for addition in self._additions.values()
            if addition.created_by != API and any(change.by == API for change in addition.changes)
        ]
