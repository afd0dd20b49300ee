"""The records as the API shows them: fields, and plausible values where a scenario tells none.

The field names are those of the public OpenAPI description (2025.x). A record is a plain dict in
the shape of its JSON. None stands for "no value", which answers leave out.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any, Literal

type Fields = dict[str, Any]
type BillingForm = Literal["Billable", "DoNotBill", "NoCharge"]

BILLING_FORMS = ("Billable", "DoNotBill", "NoCharge")
TERMS = frozenset({"unitPrice", "lessIncluded", "taxableFlag", "billCustomer"})
"""Terms that may be agreed for one Addition; without that it has the catalog's."""
PERIOD_TYPES = ("Current", "Future", "Both", "Undefined")
LONGEST_SERIAL_NUMBER = 50
LONGEST_INVOICE_DESCRIPTION = 6000


def instant(moment: datetime) -> str:
    """Write an instant as the API does: UTC, seconds only."""
    return f"{moment.astimezone(UTC).isoformat(timespec='seconds')[:19]}Z"


def midnight(day: date | None) -> str | None:
    """Write a date as the API does: midnight Z, whatever time zone it is meant in."""
    return None if day is None else f"{day.isoformat()}T00:00:00Z"


def day_of(text: str | None) -> date | None:
    """Read the date part of what `midnight` wrote."""
    return date.fromisoformat(text[:10]) if text else None


def reference(record: Mapping[str, Any], *names: str) -> Fields:
    """Return a reference to a record: its id and the named fields, as other records show it."""
    return {"id": record["id"], **{name: record[name] for name in names}}


def company(
    *, company_id: int, identifier: str, name: str, deleted: bool = False, status: str = "Active"
) -> Fields:
    """Return a company; a deleted one is still listed, with its flag."""
    return {
        "id": company_id,
        "identifier": identifier,
        "name": name,
        "status": {"id": 1 if status == "Active" else 2, "name": status},
        "addressLine1": None,
        "city": None,
        "country": None,
        "phoneNumber": None,
        "website": None,
        "territory": {"id": 2, "name": "Main"},
        "types": [{"id": 1, "name": "Customer"}],
        "deletedFlag": deleted,
        "isVendorFlag": False,
    }


def agreement_type(
    *, type_id: int, name: str, inactive: bool = False, prorate: bool = False
) -> Fields:
    """Return an agreement type."""
    return {
        "id": type_id,
        "name": name,
        "prefixSuffixOption": "Prefix",
        "defaultFlag": False,
        "inactiveFlag": inactive,
        "prePaymentFlag": False,
        "oneTimeFlag": False,
        "invoicingCycle": "CalendarYear",
        "applicationCycle": "CalendarMonth",
        "employeeCompRate": "Actual",
        "employeeCompNotExceed": "Billing",
        "billTime": "NoDefault",
        "billExpenses": "NoDefault",
        "billProducts": "NoDefault",
        "taxableFlag": True,
        "prorateFlag": prorate,
    }


def product(
    *,
    product_id: int,
    identifier: str,
    description: str,
    price: float = 0.0,
    cost: float = 0.0,
    taxable: bool = True,
    inactive: bool = False,
    product_class: str = "Agreement",
) -> Fields:
    """Return a catalog item; money in the MSP's currency."""
    return {
        "id": product_id,
        "identifier": identifier,
        "description": description,
        "inactiveFlag": inactive,
        "subcategory": {"id": 1, "name": "Security"},
        "type": {"id": 1, "name": "Managed Services"},
        "productClass": product_class,
        "serializedFlag": False,
        "unitOfMeasure": {"id": 1, "name": "Each"},
        "price": price,
        "cost": cost,
        "taxableFlag": taxable,
        "customerDescription": description,
        "recurringFlag": False,
    }


def agreement(
    *,
    agreement_id: int,
    name: str,
    agreement_type: Mapping[str, Any],
    company: Mapping[str, Any],
    start: date,
    end: date | None = None,
    cancelled: date | None = None,
    bill_start: date | None = None,
    billing_cycle: str = "Monthly",
    billing_cycle_id: int = 2,
    next_invoice: date | None = None,
    prorate: bool = False,
    period_type: str = "Current",
    parent: Mapping[str, Any] | None = None,
) -> Fields:
    """Return an agreement.

    Its `agreementStatus` depends on the day and is computed when it is stored.
    """
    return {
        "id": agreement_id,
        "name": name,
        "type": reference(agreement_type, "name"),
        "company": reference(company, "identifier", "name"),
        "parentAgreement": None if parent is None else reference(parent, "name"),
        "customerPO": None,
        "location": {"id": 2, "name": "Main"},
        "department": {"id": 10, "name": "Professional Services"},
        "startDate": midnight(start),
        "endDate": midnight(end),
        "noEndingDateFlag": end is None,
        "opportunity": None,
        "cancelledFlag": cancelled is not None,
        "dateCancelled": midnight(cancelled),
        "reasonCancelled": None,
        "sla": None,
        "applicationUnits": "Hours",
        "applicationLimit": 0.0,
        "applicationCycle": "CalendarMonth",
        "billOneTimeFlag": False,
        "billingCycle": {"id": billing_cycle_id, "name": billing_cycle},
        "billingTerms": {"id": 1, "name": "Net 30 days"},
        "invoicingCycle": "CalendarYear",
        "billToCompany": reference(company, "identifier", "name"),
        "billAmount": 0.0,
        "taxable": True,
        "prorateFirstBill": 0.0,
        "billStartDate": midnight(bill_start or start),
        "restrictLocationFlag": False,
        "prorateFlag": prorate,
        "invoiceProratedAdditionsFlag": False,
        "periodType": period_type,
        "nextInvoiceDate": midnight(next_invoice or bill_start or start),
        "agreementStatus": None,
    }


def addition(
    *, addition_id: int, agreement_id: int, product: Mapping[str, Any], sequence: int
) -> Fields:
    """Return one unit of a product as an Addition, with the catalog's price, cost and text."""
    return {
        "id": addition_id,
        "product": reference(product, "identifier"),
        "quantity": 1.0,
        "lessIncluded": 0.0,
        "unitPrice": float(product["price"]),
        "unitCost": float(product["cost"]),
        "billCustomer": "Billable",
        "effectiveDate": None,
        "cancelledDate": None,
        "taxableFlag": product["taxableFlag"],
        "serialNumber": None,
        "invoiceDescription": product["customerDescription"],
        "purchaseItemFlag": False,
        "specialOrderFlag": False,
        "agreementId": agreement_id,
        "description": product["description"],
        "billedQuantity": 0.0,
        "uom": product["unitOfMeasure"]["name"],
        "extPrice": 0.0,
        "extCost": 0.0,
        "sequenceNumber": float(sequence),
        "margin": 0.0,
        "prorateCost": 0.0,
        "proratePrice": 0.0,
        "extendedProrateCost": 0.0,
        "extendedProratePrice": 0.0,
        "prorateCurrentPeriodFlag": False,
        "opportunity": None,
        "agreementStatus": None,
        "invoiceGrouping": None,
        "customFields": None,
    }


def billed_quantity(fields: Mapping[str, Any]) -> float:
    """Return the quantity that an invoice made now would bill of an Addition."""
    return float(max(fields["quantity"] - fields["lessIncluded"], 0.0))


def derive_addition(fields: Fields, *, invoiced: float | None = None) -> None:
    """Compute, in place, the fields of an Addition that follow from others or from an invoice."""
    billed = billed_quantity(fields)
    fields["billedQuantity"] = billed if invoiced is None else invoiced
    fields["extPrice"] = round(billed * fields["unitPrice"], 2)
    fields["extCost"] = round(billed * fields["unitCost"], 2)
    fields["margin"] = round(fields["extPrice"] - fields["extCost"], 2)


def agreement_status(fields: Mapping[str, Any], today: date) -> str:
    """Return the computed `agreementStatus` as of a day.

    It says nothing about the month billed.
    """
    day = midnight(today) or ""
    if fields["cancelledFlag"] and (fields["dateCancelled"] or "") <= day:
        return "Cancelled"
    if not fields["noEndingDateFlag"] and fields["endDate"] and fields["endDate"] < day:
        return "Expired"
    if fields["startDate"] > day:
        return "Inactive"
    return "Active"


def paths(
    fields: Mapping[str, Any], references: Mapping[str, Iterable[str]], more: str = ""
) -> frozenset[str]:
    """Return every name that conditions, `fields` and `orderBy` may use of a kind of record.

    `more` are documented fields, apart by spaces, that no record here has a value for.
    """
    into = {f"{name}/{part}" for name, parts in references.items() for part in parts}
    return (
        frozenset(fields)
        | into
        | {"_info", "_info/lastUpdated", "_info/updatedBy", "lastUpdated", *more.split()}
    )


_COMPANY = company(company_id=0, identifier="", name="")
_TYPE = agreement_type(type_id=0, name="")
_PRODUCT = product(product_id=0, identifier="", description="")
_AGREEMENT = agreement(
    agreement_id=0, name="", agreement_type=_TYPE, company=_COMPANY, start=date.min
)
_ADDITION = addition(addition_id=0, agreement_id=0, product=_PRODUCT, sequence=0)
_NAMED = ("id", "name")
_FIRM = ("id", "identifier", "name")

COMPANY_PATHS = paths(
    _COMPANY,
    {"status": _NAMED, "territory": _NAMED, "types": _NAMED},
    "accountNumber addressLine2 dateAcquired dateDeleted defaultContact deletedBy leadFlag market "
    "parentCompany site state taxIdentifier vendorIdentifier zip customFields",
)
AGREEMENT_TYPE_PATHS = paths(_TYPE, {})
PRODUCT_PATHS = paths(_PRODUCT, {"subcategory": _NAMED, "type": _NAMED, "unitOfMeasure": _NAMED})
AGREEMENT_PATHS = paths(
    _AGREEMENT,
    {
        "type": _NAMED,
        "company": _FIRM,
        "billToCompany": _FIRM,
        "parentAgreement": _NAMED,
        "billingCycle": _NAMED,
        "billingTerms": _NAMED,
        "opportunity": _NAMED,
        "sla": _NAMED,
        "location": _NAMED,
        "department": _NAMED,
    },
    "applicationUnlimitedFlag autoInvoiceFlag billExpenses billProducts billTime billToContact "
    "billToSite carryOverUnused contact currency customFields expiredDays internalNotes "
    "invoiceDescription invoiceTemplate limit oneTimeFlag restrictDepartmentFlag site taxCode "
    "workOrder",
)
ADDITION_PATHS = paths(
    _ADDITION, {"product": ("id", "identifier"), "opportunity": _NAMED, "invoiceGrouping": _NAMED}
)
ADDITION_NAMES = frozenset(_ADDITION) | {"_info"}
