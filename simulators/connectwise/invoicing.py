"""Agreement invoices: what one covers, what it bills, and what it leaves behind in the tenant."""

from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from simulators.connectwise.api_records import Fields, billed_quantity, day_of, midnight
from simulators.connectwise.billing_truth import Invoice, InvoiceLine
from simulators.connectwise.periods import Period, covered
from simulators.connectwise.tenant import Tenant

_CENT = Decimal("0.01")


def run_invoice(tenant: Tenant, agreement_id: int, *, by: str) -> int | None:
    """Make an agreement's next invoice, and return its id; None if the agreement ended before it.

    The invoice also bills the agreements that are invoiced through this one; an agreement that is
    invoiced through another gets none. In arrears it covers the period that ended at
    `nextInvoiceDate`, in advance the one that begins there. Then `nextInvoiceDate` moves on by a
    period. Raise LookupError for an unknown agreement, ValueError for one without that date.
    """
    document = tenant.agreements.get(agreement_id)
    if document is None:
        raise LookupError(f"no agreement {agreement_id}")
    owner = document.fields
    if owner["parentAgreement"] is not None:
        return None
    invoice_date = day_of(owner["nextInvoiceDate"])
    if invoice_date is None:
        raise ValueError(f"agreement {agreement_id} has no next invoice date")
    begins = _begins(owner)
    period, following = covered(
        invoice_date, owner["billingCycle"]["name"], tenant.invoicing(agreement_id), anchor=begins
    )
    ends = _last_day(owner)
    if ends < period.first:
        return None
    served = Period(max(period.first, begins), min(period.last, ends))
    lines = _bill(tenant, owner, period, served)
    for child in tenant.children(agreement_id):
        runs = Period(
            max(period.first, _begins(child.fields)), min(period.last, _last_day(child.fields))
        )
        lines += _bill(tenant, child.fields, period, runs)
    tenant.change(tenant.agreements, agreement_id, {"nextInvoiceDate": midnight(following)}, by=by)
    invoice = Invoice(
        id=tenant.truth.last_invoice_id + 1,
        agreement_id=agreement_id,
        company_id=owner["company"]["id"],
        first=period.first,
        last=period.last,
        made_at=tenant.clock.now(),
        made_by=by,
        lines=lines,
    )
    tenant.truth.add_invoice(invoice)
    return invoice.id


def _bill(tenant: Tenant, owner: Fields, period: Period, served: Period) -> tuple[InvoiceLine, ...]:
    """Bill one agreement's Additions for the days that it was served.

    Note on the agreement how far it has been invoiced.
    """
    agreement_id = owner["id"]
    state = tenant.state(agreement_id)
    lines = tuple(
        _line(entry.fields)
        for entry in state.additions.current()
        if entry.fields["id"] in state.owed or _overlaps(entry.fields, served)
    )
    state.owed.clear()
    state.invoiced_through = max(period.last, state.invoiced_through or period.last)
    for line in lines:
        tenant.note_billed(
            agreement_id, line.addition_id, max(line.quantity - line.less_included, 0.0)
        )
    return lines


def _begins(owner: Fields) -> date:
    return day_of(owner["billStartDate"]) or day_of(owner["startDate"]) or date.min


def take_back_invoice(tenant: Tenant, agreement_id: int, *, by: str) -> int | None:
    """Delete an agreement's newest invoice, and return its id; None if there is none.

    The agreement gets back its earlier invoice date, and the period will be invoiced again. The
    usage on the deleted invoice counts as billed to nobody.
    """
    invoice = tenant.truth.take_back(agreement_id)
    if invoice is None:
        return None
    for each in (
        agreement_id,
        *(int(child.fields["id"]) for child in tenant.children(agreement_id)),
    ):
        tenant.state(each).invoiced_through = invoice.first - timedelta(days=1)
    in_arrears = tenant.invoicing(agreement_id) == "arrears"
    date_before = invoice.last + timedelta(days=1) if in_arrears else invoice.first
    tenant.change(
        tenant.agreements, agreement_id, {"nextInvoiceDate": midnight(date_before)}, by=by
    )
    return invoice.id


def _last_day(owner: Fields) -> date:
    """Return the last day on which an agreement runs."""
    ends = date.max if owner["noEndingDateFlag"] else day_of(owner["endDate"]) or date.max
    if not owner["cancelledFlag"]:
        return ends
    cancelled = day_of(owner["dateCancelled"])
    return date.min if cancelled is None else min(ends, cancelled - timedelta(days=1))


def _overlaps(fields: Fields, period: Period) -> bool:
    effective, cancelled = day_of(fields["effectiveDate"]), day_of(fields["cancelledDate"])
    if period.last < period.first or (effective is not None and effective > period.last):
        return False
    return cancelled is None or cancelled >= period.first


def _line(fields: Fields) -> InvoiceLine:
    price = Decimal(str(fields["unitPrice"]))
    billed = (
        Decimal(str(billed_quantity(fields)))
        if fields["billCustomer"] == "Billable"
        else Decimal(0)
    )
    return InvoiceLine(
        addition_id=fields["id"],
        quantity=fields["quantity"],
        less_included=fields["lessIncluded"],
        unit_price=price,
        bill_customer=fields["billCustomer"],
        amount=(billed * price).quantize(_CENT, ROUND_HALF_UP),
    )
