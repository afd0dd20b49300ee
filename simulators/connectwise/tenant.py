"""The tenant: its companies, catalog, agreements and Additions, and every write to them.

All writes, the API's and people's, go through here, so that none escapes `_info`, the list lag or
the truth. `AgreementState` holds facts about an agreement that the API does not show: how it is
invoiced, and how far.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from simulators.clock import VirtualClock
from simulators.connectwise.api_records import (
    Fields,
    addition,
    agreement_status,
    day_of,
    derive_addition,
    instant,
    midnight,
)
from simulators.connectwise.billing_truth import API, AdditionTruth, Change, Truth
from simulators.connectwise.options import ConnectWiseOptions, OpenEnd
from simulators.connectwise.periods import Invoicing
from simulators.connectwise.store import Document, Table

_AT_ONCE = timedelta(0)


@dataclass(slots=True)
class AgreementState:
    """Facts about an agreement beside its own record."""

    additions: Table = field(default_factory=Table)
    sequence: int = 0
    invoiced_through: date | None = None
    """The last day that an invoice has covered; None if none was made. `nextInvoiceDate` does not
    tell it: in arrears that date is in the past while its period is still to be billed."""
    refuses_invoiced_periods: bool = True
    """True if this agreement refuses an effective date on or before that day."""
    invoicing: Invoicing | None = None
    """The period that its invoices cover; None for the choice in the tenant's options."""
    billed: dict[int, float] = field(default_factory=dict)
    """The last invoice's quantity of each Addition, which is its `billedQuantity` from then on."""
    owed: set[int] = field(default_factory=set)
    """Additions made in an invoiced period; the next invoice bills them if it prorates."""


class Tenant:
    """Everything one MSP keeps in ConnectWise, as far as the simulator goes."""

    def __init__(self, clock: VirtualClock, options: ConnectWiseOptions) -> None:
        self.clock = clock
        self.options = options
        self.companies = Table()
        self.agreement_types = Table()
        self.products = Table()
        self.agreements = Table()
        self.truth = Truth()
        self._states: dict[int, AgreementState] = {}
        self._last_addition = 0
        self._day: date | None = None

    def today(self) -> date:
        """Return the MSP's local date."""
        now = self.clock.now()
        return (
            now
            if self.options.time_zone == "UTC"
            else now.astimezone(ZoneInfo(self.options.time_zone))
        ).date()

    def turn_the_day(self) -> None:
        """Bring `agreementStatus`, which is as of today, up to date; costs nothing within a day."""
        today = self.today()
        if today == self._day:
            return
        self._day = today
        for document in self.agreements.current():
            self._renew_status(document)

    def state(self, agreement_id: int) -> AgreementState:
        """Return what belongs to an agreement; LookupError for one that is not there."""
        return self._states[agreement_id]

    def invoicing(self, agreement_id: int) -> Invoicing:
        """Return the period that an agreement's invoices cover.

        Raise LookupError for an unknown agreement.
        """
        return self.state(agreement_id).invoicing or self.options.invoicing

    def insert(self, table: Table, fields: Fields, *, by: str, at_once: bool = False) -> Document:
        """Add a company, agreement type, product or agreement under the id that it carries."""
        record_id = int(fields["id"])
        if table is self.agreements:
            self._states[record_id] = AgreementState()
            fields["agreementStatus"] = agreement_status(fields, self.today())
        return self._put(table, fields, by=by, at_once=at_once)

    def change(
        self, table: Table, record_id: int, updates: Mapping[str, object], *, by: str
    ) -> Document:
        """Change a company, type, product or agreement; LookupError if it is not there."""
        document = self._existing(table, record_id)
        changed = self._put(table, {**document.fields, **updates}, by=by)
        if table is self.agreements:
            return self._renew_status(changed)
        return changed

    def remove(self, table: Table, record_id: int) -> None:
        """Delete a record; LookupError if it is not there."""
        self._existing(table, record_id)
        table.put(record_id, None, now=self.clock.now(), lag=self.options.list_lag)

    def delete_agreement(self, agreement_id: int, *, by: str) -> None:
        """Delete an agreement, and its Additions with it."""
        for document in self.state(agreement_id).additions.current():
            self.delete_addition(document.fields["id"], by=by)
        self.remove(self.agreements, agreement_id)

    def create_addition(
        self,
        agreement_id: int,
        product: Mapping[str, object],
        updates: Mapping[str, object],
        *,
        by: str,
        at_once: bool = False,
        addition_id: int | None = None,
    ) -> Document:
        """Add an Addition with the catalog's terms, overlaid by the maker's fields.

        It is effective today unless the fields say otherwise.
        """
        state = self.state(agreement_id)
        state.sequence += 1
        self._last_addition = new_id = max(
            self._last_addition, addition_id or self._last_addition + 1
        )
        owner = self._existing(self.agreements, agreement_id).fields
        fields = addition(
            addition_id=addition_id or new_id,
            agreement_id=agreement_id,
            product=product,
            sequence=state.sequence,
        )
        fields["effectiveDate"] = midnight(self.today())
        fields.update(updates)
        fields["agreementStatus"] = owner["agreementStatus"]
        derive_addition(fields)
        if owner["prorateFlag"] and _invoiced(state, fields["effectiveDate"]):
            state.owed.add(fields["id"])
        document = self._put(
            state.additions, fields, by=by, at_once=at_once, open_end=self.options.open_end
        )
        self.truth.add(
            AdditionTruth(
                id=fields["id"],
                agreement_id=agreement_id,
                company_id=owner["company"]["id"],
                created_at=self.clock.now(),
                created_by=by,
                created=document.fields,
                fields=document.fields,
            )
        )
        return document

    def change_addition(
        self,
        addition_id: int,
        updates: Mapping[str, object],
        *,
        by: str,
        open_end: OpenEnd | None = None,
    ) -> Document:
        """Change an Addition; LookupError if it is not there.

        Nothing is checked here: that is the API's task.
        """
        known = self.truth.addition(addition_id)
        state = self.state(known.agreement_id)
        table = state.additions
        document = self._existing(table, addition_id)
        fields = {**document.fields, **updates}
        derive_addition(fields, invoiced=state.billed.get(addition_id))
        at = self.clock.now()
        known.changes.extend(
            Change(at, by, name, document.fields.get(name), value)
            for name, value in updates.items()
            if document.fields.get(name) != value
        )
        changed = self._put(table, fields, by=by, open_end=open_end or document.open_end)
        known.fields = changed.fields
        return changed

    def note_billed(self, agreement_id: int, addition_id: int, quantity: float) -> None:
        """Let an Addition show how much an invoice billed.

        The field is computed, so nobody has changed it.
        """
        state = self.state(agreement_id)
        state.billed[addition_id] = quantity
        state.additions.compute(addition_id, "billedQuantity", quantity)
        self.truth.addition(addition_id).fields = self._existing(
            state.additions, addition_id
        ).fields

    def delete_addition(self, addition_id: int, *, by: str) -> None:
        """Delete an Addition; LookupError if it is not there."""
        known = self.truth.addition(addition_id)
        self.remove(self.state(known.agreement_id).additions, addition_id)
        known.deleted_at, known.deleted_by = self.clock.now(), by

    def rename_company(self, company_id: int, name: str, *, by: str) -> None:
        """Rename a company: its agreements show the new name too."""
        self.change(self.companies, company_id, {"name": name}, by=by)
        for document in self.agreements_of(company_id):
            for role in ("company", "billToCompany"):
                self.agreements.compute(
                    document.fields["id"], role, {**document.fields[role], "name": name}
                )

    def agreements_of(self, company_id: int) -> Iterable[Document]:
        """Return a company's agreements as they are now."""
        return [
            entry
            for entry in self.agreements.current()
            if entry.fields["company"]["id"] == company_id
        ]

    def children(self, agreement_id: int) -> list[Document]:
        """Return the agreements that are invoiced through one, directly or through each other."""
        found: dict[int, Document] = {}
        parents = {agreement_id}
        while parents:
            below = {
                int(entry.fields["id"]): entry
                for entry in self.agreements.current()
                if (entry.fields["parentAgreement"] or {}).get("id") in parents
            }
            parents = below.keys() - found.keys() - {agreement_id}
            found |= {child: below[child] for child in parents}
        return list(found.values())

    def product(self, wanted: Mapping[str, object]) -> Fields | None:
        """Return the product that a reference names by id or identifier, or None.

        Case does not matter.
        """
        if isinstance(product_id := wanted.get("id"), int):
            document = self.products.get(product_id)
            return document.fields if document else None
        identifier = wanted.get("identifier")
        if not isinstance(identifier, str):
            return None
        folded = identifier.casefold()
        for document in self.products.current():
            if document.fields["identifier"].casefold() == folded:
                return document.fields
        return None

    def covered_by_invoice(self, agreement_id: int, effective: str | None) -> bool:
        """Return True if that effective date is refused, since its period is invoiced."""
        state = self.state(agreement_id)
        if not _invoiced(state, effective):
            return False
        if not (self.options.refuse_invoiced_periods and state.refuses_invoiced_periods):
            return False
        return not self._existing(self.agreements, agreement_id).fields["prorateFlag"]

    def _put(
        self,
        table: Table,
        fields: Fields,
        *,
        by: str,
        at_once: bool = False,
        open_end: OpenEnd = "missing",
    ) -> Document:
        now: datetime = self.clock.now()
        shown_as = self.options.api_member if by == API else by
        fields["_info"] = {"lastUpdated": instant(now), "updatedBy": shown_as}
        document = Document(fields, open_end=open_end)
        table.put(
            fields["id"], document, now=now, lag=_AT_ONCE if at_once else self.options.list_lag
        )
        return document

    def _existing(self, table: Table, record_id: int) -> Document:
        document = table.get(record_id)
        if document is None:
            raise LookupError(f"no record {record_id}")
        return document

    def _renew_status(self, document: Document) -> Document:
        agreement_id = document.fields["id"]
        status = agreement_status(document.fields, self.today())
        if status == document.fields["agreementStatus"]:
            return document
        self.agreements.compute(agreement_id, "agreementStatus", status)
        additions = self.state(agreement_id).additions
        for entry in additions.current():
            additions.compute(entry.fields["id"], "agreementStatus", status)
        return self._existing(self.agreements, agreement_id)


def _invoiced(state: AgreementState, effective: str | None) -> bool:
    start = day_of(effective)
    return (
        state.invoiced_through is not None and start is not None and start <= state.invoiced_through
    )
