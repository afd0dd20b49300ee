"""People's acts in ConnectWise's own windows, past the API and its checks.

`by` is the person's name.
"""

from datetime import date, timedelta
from typing import Any, Literal

from simulators.connectwise import api_records
from simulators.connectwise.api_records import BillingForm, day_of, midnight
from simulators.connectwise.documents import Documents, RecordType
from simulators.connectwise.invoicing import run_invoice, take_back_invoice
from simulators.connectwise.options import OpenEnd
from simulators.connectwise.periods import Invoicing, moved
from simulators.connectwise.store import Table
from simulators.connectwise.tenant import Tenant

SOMEONE = "jlee"
_COPIED = (
    "quantity",
    "effectiveDate",
    "cancelledDate",
    "invoiceDescription",
    "unitPrice",
    "unitCost",
    "lessIncluded",
    "taxableFlag",
    "billCustomer",
)
"""Fields that a copy of an Addition takes from the original."""


class People:
    """The acts of people.

    Field names in `fields` are the API's own. An act raises LookupError for a record that is not
    there.
    """

    def __init__(self, tenant: Tenant, documents: Documents) -> None:
        self._tenant = tenant
        self._documents = documents

    def add_addition(
        self,
        agreement_id: int,
        product: str,
        *,
        quantity: float,
        effective: date,
        cancelled: date | None = None,
        by: str = SOMEONE,
        fields: dict[str, Any] | None = None,
    ) -> int:
        """Add an Addition of a product, by its identifier; returns its id."""
        found = self._tenant.product({"identifier": product})
        if found is None:
            raise LookupError(f"no product {product}")
        told = {
            "quantity": float(quantity),
            "effectiveDate": midnight(effective),
            "cancelledDate": midnight(cancelled),
            **(fields or {}),
        }
        return int(self._tenant.create_addition(agreement_id, found, told, by=by).fields["id"])

    def edit_addition(self, addition_id: int, fields: dict[str, Any], *, by: str = SOMEONE) -> None:
        """Change fields of an Addition, to values that the API would refuse as well."""
        self._tenant.change_addition(addition_id, fields, by=by)

    def set_quantity(self, addition_id: int, quantity: float, *, by: str = SOMEONE) -> None:
        """Change an Addition's quantity."""
        self._tenant.change_addition(addition_id, {"quantity": float(quantity)}, by=by)

    def set_terms(
        self,
        addition_id: int,
        *,
        unit_price: float | None = None,
        less_included: float | None = None,
        taxable: bool | None = None,
        bill_customer: BillingForm | None = None,
        by: str = SOMEONE,
    ) -> None:
        """Agree special terms for one Addition; None leaves a term as it is."""
        terms = {
            "unitPrice": None if unit_price is None else float(unit_price),
            "lessIncluded": None if less_included is None else float(less_included),
            "taxableFlag": taxable,
            "billCustomer": bill_customer,
        }
        agreed = {name: value for name, value in terms.items() if value is not None}
        self._tenant.change_addition(addition_id, agreed, by=by)

    def cancel_addition(self, addition_id: int, on: date | None, *, by: str = SOMEONE) -> None:
        """Give an Addition a cancelled date, or with None take it away."""
        self._tenant.change_addition(addition_id, {"cancelledDate": midnight(on)}, by=by)

    def delete_addition(self, addition_id: int, *, by: str = SOMEONE) -> None:
        """Delete an Addition."""
        self._tenant.delete_addition(addition_id, by=by)

    def add_document(
        self, record_type: RecordType, record_id: int, title: str, *, by: str = SOMEONE
    ) -> int:
        """Upload a file to an agreement or a company; returns its id."""
        return self._documents.add_by_hand(record_type, record_id, title, by=by)

    def delete_document(self, document_id: int) -> None:
        """Delete a document."""
        self._documents.delete(document_id)

    def show_open_end(self, addition_id: int, form: OpenEnd, *, by: str = SOMEONE) -> None:
        """Show an Addition's lack of a cancelled date as missing, null or an empty string."""
        self._tenant.change_addition(addition_id, {}, by=by, open_end=form)

    def add_agreement(
        self,
        company_id: int,
        type_id: int,
        name: str,
        *,
        start: date,
        end: date | None = None,
        bill_start: date | None = None,
        invoicing: Invoicing | None = None,
        by: str = SOMEONE,
        fields: dict[str, Any] | None = None,
    ) -> int:
        """Make an agreement; returns its id. `invoicing` None is what the tenant's options say."""
        tenant = self._tenant
        company, kind = tenant.companies.get(company_id), tenant.agreement_types.get(type_id)
        if company is None or kind is None:
            raise LookupError(f"no company {company_id} or no agreement type {type_id}")
        record = api_records.agreement(
            agreement_id=tenant.agreements.last_id + 1,
            name=name,
            agreement_type=kind.fields,
            company=company.fields,
            start=start,
            end=end,
            bill_start=bill_start,
        )
        made = int(
            tenant.insert(tenant.agreements, {**record, **(fields or {})}, by=by).fields["id"]
        )
        tenant.state(made).invoicing = invoicing
        return made

    def edit_agreement(
        self, agreement_id: int, fields: dict[str, Any], *, by: str = SOMEONE
    ) -> None:
        """Change fields of an agreement."""
        self._tenant.change(self._tenant.agreements, agreement_id, fields, by=by)

    def cancel_agreement(self, agreement_id: int, on: date, *, by: str = SOMEONE) -> None:
        """Cancel an agreement as of a day."""
        self.edit_agreement(
            agreement_id, {"cancelledFlag": True, "dateCancelled": midnight(on)}, by=by
        )

    def expire_agreement(self, agreement_id: int, on: date, *, by: str = SOMEONE) -> None:
        """Let an agreement end with a day."""
        self.edit_agreement(
            agreement_id, {"endDate": midnight(on), "noEndingDateFlag": False}, by=by
        )

    def double_agreement(
        self,
        agreement_id: int,
        *,
        by: str = SOMEONE,
        name: str | None = None,
        with_additions: bool = False,
    ) -> int:
        """Make a second agreement like one that exists, and return its id.

        If asked, copy its Additions too, as far as their products are in the catalog.
        """
        tenant = self._tenant
        document = tenant.agreements.get(agreement_id)
        if document is None:
            raise LookupError(f"no agreement {agreement_id}")
        made = self._copy(document.fields, {} if name is None else {"name": name}, by=by)
        for entry in list(tenant.state(agreement_id).additions.current()) if with_additions else ():
            if tenant.product(entry.fields["product"]) is not None:
                self.copy_addition(int(entry.fields["id"]), to=made, by=by)
        return made

    def copy_addition(self, addition_id: int, *, to: int | None = None, by: str = SOMEONE) -> int:
        """Copy an Addition with its texts onto an agreement, and return the new id.

        It is the Addition's own agreement unless `to` names another one.
        """
        tenant = self._tenant
        original = tenant.truth.addition(addition_id)
        copied = {name: original.fields[name] for name in _COPIED}
        product = tenant.product(original.fields["product"])
        if product is None:
            raise LookupError(f"no product {original.product}")
        target = original.agreement_id if to is None else to
        return int(tenant.create_addition(target, product, copied, by=by).fields["id"])

    def offboard(self, agreement_id: int, on: date, *, by: str = SOMEONE) -> None:
        """Cancel an agreement as of a day, and with it every Addition that would bill after it."""
        self.cancel_agreement(agreement_id, on, by=by)
        for entry in list(self._tenant.state(agreement_id).additions.current()):
            ends = day_of(entry.fields["cancelledDate"])
            if ends is None or ends > on:
                self.cancel_addition(int(entry.fields["id"]), on, by=by)

    def renew_agreement(
        self, agreement_id: int, *, on: date, next_invoice: date | None = None, by: str = SOMEONE
    ) -> int:
        """End an agreement the day before `on`, make one like it from `on`, and return its id.

        The new agreement is open-ended and has no Additions. An old one that ended earlier keeps
        its end. The new one's first invoice covers the period that begins on `on`, unless
        `next_invoice` says otherwise. Raise ValueError unless `on` is after the old one's start.
        """
        tenant = self._tenant
        document = tenant.agreements.get(agreement_id)
        if document is None:
            raise LookupError(f"no agreement {agreement_id}")
        old = document.fields
        if (midnight(on) or "") <= old["startDate"]:
            raise ValueError(
                f"agreement {agreement_id} starts on {old['startDate'][:10]}, which is not before "
                f"{on}"
            )
        if next_invoice is None:
            in_arrears = tenant.invoicing(agreement_id) == "arrears"
            next_invoice = moved(on, old["billingCycle"]["name"], periods=1) if in_arrears else on
        ends = None if old["noEndingDateFlag"] else day_of(old["endDate"])
        if ends is None or ends >= on:
            self.expire_agreement(agreement_id, on - timedelta(days=1), by=by)
        fresh = {
            "startDate": midnight(on),
            "billStartDate": midnight(on),
            "endDate": None,
            "noEndingDateFlag": True,
            "cancelledFlag": False,
            "dateCancelled": None,
            "nextInvoiceDate": midnight(next_invoice),
        }
        return self._copy(old, fresh, by=by)

    def set_parent(self, agreement_id: int, parent_id: int | None, *, by: str = SOMEONE) -> None:
        """Have an agreement invoiced through another one from now on; None: by itself again."""
        parent = None
        if parent_id is not None:
            document = self._tenant.agreements.get(parent_id)
            if document is None:
                raise LookupError(f"no agreement {parent_id}")
            parent = api_records.reference(document.fields, "name")
        self.edit_agreement(agreement_id, {"parentAgreement": parent}, by=by)

    def delete_agreement(self, agreement_id: int, *, by: str = SOMEONE) -> None:
        """Delete an agreement and its Additions."""
        self._tenant.delete_agreement(agreement_id, by=by)

    def set_invoicing(self, agreement_id: int, invoicing: Invoicing) -> None:
        """Decide which period an agreement's invoices cover, from the next one on."""
        self._tenant.state(agreement_id).invoicing = invoicing

    def run_invoice(self, agreement_id: int, *, by: str = SOMEONE) -> int | None:
        """Make an agreement's next invoice, and return the invoice's id.

        Its next invoice date moves on. The invoice also bills the agreements below it; their own
        next invoice dates stay. Return None and change nothing if the agreement ended before the
        period of the invoice, or is invoiced through a parent. Raise ValueError if it has no next
        invoice date.
        """
        return run_invoice(self._tenant, agreement_id, by=by)

    def delete_invoice(self, agreement_id: int, *, by: str = SOMEONE) -> int | None:
        """Delete an agreement's newest invoice, and return its id; None if there is none.

        Its period will be invoiced again.
        """
        return take_back_invoice(self._tenant, agreement_id, by=by)

    def mark_invoiced(
        self,
        agreement_id: int,
        through: date,
        *,
        next_invoice: date | None = None,
        by: str = SOMEONE,
    ) -> None:
        """Note that an invoice covers an agreement up to a day, that day included.

        Move its next invoice date.
        """
        self._tenant.state(agreement_id).invoiced_through = through
        if next_invoice is not None:
            self.edit_agreement(agreement_id, {"nextInvoiceDate": midnight(next_invoice)}, by=by)

    def allow_invoiced_periods(self, agreement_id: int, *, allowed: bool = True) -> None:
        """Decide whether one agreement takes new Additions in a period already invoiced."""
        self._tenant.state(agreement_id).refuses_invoiced_periods = not allowed

    def add_company(self, identifier: str, name: str, *, by: str = SOMEONE) -> int:
        """Make a company; returns its id."""
        tenant = self._tenant
        fields = api_records.company(
            company_id=tenant.companies.last_id + 1, identifier=identifier, name=name
        )
        return int(tenant.insert(tenant.companies, fields, by=by).fields["id"])

    def rename_company(self, company_id: int, name: str, *, by: str = SOMEONE) -> None:
        """Rename a company; its agreements show the new name."""
        self._tenant.rename_company(company_id, name, by=by)

    def delete_company(self, company_id: int, *, by: str = SOMEONE) -> None:
        """Delete a company: it stays in lists, with its flag set."""
        self._tenant.change(self._tenant.companies, company_id, {"deletedFlag": True}, by=by)

    def merge_company(self, company_id: int, *, into: int, by: str = SOMEONE) -> None:
        """Merge a company into another one.

        Its agreements move there unchanged, and its id is gone.
        """
        tenant = self._tenant
        survivor = tenant.companies.get(into)
        if survivor is None or company_id == into:
            raise LookupError(f"no other company {into}")
        moved = api_records.reference(survivor.fields, "identifier", "name")
        for document in tenant.agreements_of(company_id):
            self.edit_agreement(
                document.fields["id"], {"company": moved, "billToCompany": moved}, by=by
            )
            for addition in tenant.truth.additions(agreement_id=document.fields["id"]):
                addition.company_id = into
        tenant.remove(tenant.companies, company_id)

    def remove_company(self, company_id: int) -> None:
        """Take a company away for good: no list and no read by id knows it any more."""
        self._tenant.remove(self._tenant.companies, company_id)

    def edit_product(self, product_id: int, fields: dict[str, Any], *, by: str = SOMEONE) -> None:
        """Change fields of a catalog item."""
        self._tenant.change(self._tenant.products, product_id, fields, by=by)

    def edit_agreement_type(
        self, type_id: int, fields: dict[str, Any], *, by: str = SOMEONE
    ) -> None:
        """Change fields of an agreement type."""
        self._tenant.change(self._tenant.agreement_types, type_id, fields, by=by)

    def show_oddly(
        self, kind: Literal["company", "agreement", "addition"], record_id: int, odd: object
    ) -> None:
        """Let answers show a record with the fields in ``odd``, or anything else in its place.

        Bytes are put behind its fields as they are: `"name":"Another"` stands there twice.
        The record itself stays as it is.
        """
        self._table(kind, record_id).odd[record_id] = odd

    def show_truly(self, kind: Literal["company", "agreement", "addition"], record_id: int) -> None:
        """Let answers show a record as it is again."""
        self._table(kind, record_id).odd.pop(record_id, None)

    def _table(self, kind: Literal["company", "agreement", "addition"], record_id: int) -> Table:
        match kind:
            case "company":
                return self._tenant.companies
            case "agreement":
                return self._tenant.agreements
            case "addition":
                return self._tenant.state(
                    self._tenant.truth.addition(record_id).agreement_id
                ).additions

    def _copy(self, agreement: api_records.Fields, changes: api_records.Fields, *, by: str) -> int:
        tenant = self._tenant
        copy = {**agreement, **changes, "id": tenant.agreements.last_id + 1}
        made = int(tenant.insert(tenant.agreements, copy, by=by).fields["id"])
        state, original = tenant.state(made), tenant.state(agreement["id"])
        state.invoicing, state.refuses_invoiced_periods = (
            original.invoicing,
            original.refuses_invoiced_periods,
        )
        return made
