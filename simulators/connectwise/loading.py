"""Fill a tenant with a scenario's ConnectWise half."""

from simulators.connectwise import api_records
from simulators.connectwise.api_records import midnight
from simulators.connectwise.tenant import Tenant
from simulators.scenario import Addition, Agreement, ConnectWiseWorld

SETUP = "admin"
"""The maker of initial records, where the scenario names none."""


def load(tenant: Tenant, world: ConnectWiseWorld) -> None:
    """Put everything of a scenario into an empty tenant; lists show it at once.

    Raise LookupError for an id that nothing has.
    """
    for company in sorted(world.companies, key=lambda company: company.id):
        fields = api_records.company(
            company_id=company.id,
            identifier=company.identifier,
            name=company.name,
            deleted=company.deleted,
        )
        tenant.insert(tenant.companies, fields, by=SETUP, at_once=True)
    for kind in sorted(world.agreement_types, key=lambda kind: kind.id):
        fields = api_records.agreement_type(type_id=kind.id, name=kind.name)
        tenant.insert(tenant.agreement_types, fields, by=SETUP, at_once=True)
    for product in sorted(world.products, key=lambda product: product.id):
        fields = api_records.product(
            product_id=product.id,
            identifier=product.identifier,
            description=product.description,
            price=float(product.unit_price),
            cost=float(product.unit_cost),
            taxable=product.taxable,
            product_class=product.product_class,
        )
        tenant.insert(tenant.products, fields, by=SETUP, at_once=True)
    for agreement in sorted(world.agreements, key=lambda agreement: agreement.id):
        tenant.insert(tenant.agreements, _agreement(tenant, agreement), by=SETUP, at_once=True)
    for addition in sorted(world.additions, key=lambda addition: addition.id):
        _load_addition(tenant, addition)


def _agreement(tenant: Tenant, agreement: Agreement) -> api_records.Fields:
    kind = tenant.agreement_types.get(agreement.type_id)
    company = tenant.companies.get(agreement.company_id)
    if kind is None or company is None:
        raise LookupError(f"agreement {agreement.id} names a type or company that is not there")
    fields = api_records.agreement(
        agreement_id=agreement.id,
        name=agreement.name,
        agreement_type=kind.fields,
        company=company.fields,
        start=agreement.start,
        end=agreement.end,
        bill_start=agreement.bill_start,
        billing_cycle=agreement.billing_cycle,
        next_invoice=agreement.next_invoice_date,
        prorate=agreement.prorate,
        period_type=agreement.period_type,
    )
    fields["noEndingDateFlag"] = agreement.no_ending and agreement.end is None
    fields["cancelledFlag"] = agreement.cancelled
    fields["dateCancelled"] = midnight(agreement.date_cancelled)
    return fields


def _load_addition(tenant: Tenant, addition: Addition) -> None:
    product = tenant.products.get(addition.product_id)
    if product is None:
        raise LookupError(f"Addition {addition.id} names a product that is not there")
    terms: api_records.Fields = {
        "quantity": float(addition.quantity),
        "lessIncluded": float(addition.less_included),
        "billCustomer": addition.bill_customer,
        "effectiveDate": midnight(addition.effective),
        "cancelledDate": midnight(addition.cancelled),
        "unitPrice": None if addition.unit_price is None else float(addition.unit_price),
        "unitCost": None if addition.unit_cost is None else float(addition.unit_cost),
        "taxableFlag": addition.taxable,
        "description": addition.description,
        "invoiceDescription": addition.invoice_description or None,
    }
    kept = {"cancelledDate"}
    told = {name: value for name, value in terms.items() if value is not None or name in kept}
    tenant.create_addition(
        addition.agreement_id,
        product.fields,
        told,
        by=addition.updated_by,
        at_once=True,
        addition_id=addition.id,
    )
