"""The API's checks of an Addition in POST and PATCH, and its words where it refuses."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from simulators.connectwise.answers import ALREADY_INVOICED, FieldError, RefusalError
from simulators.connectwise.api_records import (
    ADDITION_NAMES,
    BILLING_FORMS,
    LONGEST_INVOICE_DESCRIPTION,
    LONGEST_SERIAL_NUMBER,
    Fields,
    reference,
)
from simulators.connectwise.tenant import Tenant

_REFERENCES = frozenset({"product", "opportunity", "invoiceGrouping"})
_WITH_PARTS = _REFERENCES | {"_info", "customFields"}
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z")
_LINE_BREAK = re.compile(r"\r?\n")
_INVALID = "addition object is invalid"


def new_addition(tenant: Tenant, agreement_id: int, body: bytes) -> tuple[Fields, Fields]:
    """Return the product and the fields that a POST names; raise RefusalError if it is refused.

    Unknown names are ignored.
    """
    payload = _json(body)
    if not isinstance(payload, dict):
        raise RefusalError("addition object is required")
    owner = _owner(tenant, agreement_id)
    updates = {
        name: value
        for name in payload
        if (value := _accepted(tenant, name, payload[name])) is not _NOT_WRITABLE
    }
    if missing := _missing(updates):
        raise RefusalError(_INVALID, errors=missing)
    product = _product(tenant, updates["product"])
    if updates.get("effectiveDate") is None:
        updates.pop("effectiveDate", None)
    errors = [*_unsuitable(product), *_whole(updates, owner)]
    if owner["agreementStatus"] == "Cancelled":
        errors.append(
            FieldError(
                "InvalidAgreement",
                "an addition cannot be added to a cancelled agreement",
                "agreementId",
            )
        )
    if not errors and tenant.covered_by_invoice(agreement_id, updates.get("effectiveDate")):
        errors.append(FieldError("PeriodInvoiced", ALREADY_INVOICED, "effectiveDate"))
    if errors:
        raise RefusalError(_INVALID, errors=errors)
    return product, updates


def _missing(updates: Fields) -> list[FieldError]:
    return [
        FieldError("MissingRequiredField", f"{name} is required", name)
        for name in ("product", "billCustomer")
        if updates.get(name) is None
    ]


def changes(tenant: Tenant, fields: Mapping[str, Any], body: bytes) -> Fields:
    """Return the fields that a PATCH changes in an Addition; raise RefusalError if it is refused.

    The record is checked whole as it would become, so a bad value from before fails the PATCH too.
    A path into an object is accepted and changes nothing.
    """
    operations = _json(body)
    if not isinstance(operations, list):
        raise RefusalError("the patch document must be an array of operations")
    updates: Fields = {}
    for operation in operations:
        updates.update(_operation(tenant, operation))
    if not updates:
        return updates
    owner = _owner(tenant, fields["agreementId"])
    errors = _whole({**fields, **updates}, owner)
    if (
        owner["agreementStatus"] == "Cancelled"
        and tenant.options.cancelled_agreements_refuse_changes
    ):
        errors.append(
            FieldError(
                "InvalidAgreement", "additions of a cancelled agreement are closed", "agreementId"
            )
        )
    moved = "effectiveDate" in updates and updates["effectiveDate"] != fields["effectiveDate"]
    if moved and tenant.covered_by_invoice(fields["agreementId"], updates["effectiveDate"]):
        errors.append(FieldError("PeriodInvoiced", ALREADY_INVOICED, "effectiveDate"))
    if errors:
        raise RefusalError(_INVALID, errors=errors)
    return updates


def _operation(tenant: Tenant, operation: object) -> Fields:
    if not isinstance(operation, dict) or not isinstance(operation.get("path"), str):
        raise RefusalError("each operation needs op and path")
    verb, path = operation.get("op"), operation["path"]
    if verb not in {"replace", "add", "remove"}:
        raise RefusalError(f"operation {verb} is not supported")
    head, slash, _ = path.partition("/")
    if slash and head in _WITH_PARTS:
        return {}
    value = _accepted(tenant, path, _given_value(operation, verb, path))
    if value is _NOT_WRITABLE:
        return {}
    return {path: value if path != "product" else _changed_product(tenant, value)}


def _given_value(operation: Mapping[str, Any], verb: str, path: str) -> Any:  # noqa: ANN401 - a JSON value
    if path not in ADDITION_NAMES:
        raise RefusalError(f"Path {path} is not supported")
    if verb == "remove":
        return None
    if "value" not in operation:
        raise RefusalError(f"operation {verb} on {path} needs a value")
    return operation["value"]


def _changed_product(tenant: Tenant, wanted: Fields | None) -> Fields:
    product = _product(tenant, wanted)
    if unsuitable := _unsuitable(product):
        raise RefusalError(_INVALID, errors=unsuitable)
    return reference(product, "identifier")


def _product(tenant: Tenant, wanted: Fields | None) -> Fields:
    product = None if wanted is None else tenant.product(wanted)
    if product is None:
        raise RefusalError(
            _INVALID,
            errors=[FieldError("InvalidReference", "product could not be found", "product")],
        )
    return product


def _whole(fields: Mapping[str, Any], owner: Mapping[str, Any]) -> list[FieldError]:
    errors: list[FieldError] = []
    if fields["billCustomer"] not in BILLING_FORMS:
        allowed = ", ".join(BILLING_FORMS)
        errors.append(
            FieldError("InvalidValue", f"billCustomer must be one of {allowed}", "billCustomer")
        )
    if effective := fields.get("effectiveDate"):
        errors += _misdated(effective, fields.get("cancelledDate"), owner)
    for name, longest in (
        ("serialNumber", LONGEST_SERIAL_NUMBER),
        ("invoiceDescription", LONGEST_INVOICE_DESCRIPTION),
    ):
        if len(fields.get(name) or "") > longest:
            errors.append(
                FieldError("MaxLength", f"{name} must be at most {longest} characters", name)
            )
    return errors


def _misdated(
    effective: str, cancelled: str | None, owner: Mapping[str, Any]
) -> Iterator[FieldError]:
    if owner["billStartDate"] and effective < owner["billStartDate"]:
        message = "effectiveDate cannot be less than the agreement billing start date"
        yield FieldError("InvalidDate", message, "effectiveDate")
    elif effective < owner["startDate"]:
        message = "effectiveDate cannot be less than the agreement start date"
        yield FieldError("InvalidDate", message, "effectiveDate")
    if cancelled and cancelled < effective:
        message = "cancelledDate cannot be less than effectiveDate"
        yield FieldError("InvalidDate", message, "cancelledDate")


def _unsuitable(product: Mapping[str, Any]) -> list[FieldError]:
    if product["productClass"] == "Bundle":
        return [FieldError("InvalidProduct", "a bundle cannot be used as an addition", "product")]
    if product["inactiveFlag"]:
        return [FieldError("InvalidProduct", "product is inactive", "product")]
    return []


_NOT_WRITABLE: Any = object()


def _accepted(tenant: Tenant, name: str, value: Any) -> Any:  # noqa: ANN401 - a JSON value
    if name in _REFERENCES:
        return _reference(tenant, name, value)
    read = _READERS.get(name)
    return _NOT_WRITABLE if read is None else read(name, value)


def _number(name: str, value: Any) -> float:  # noqa: ANN401 - a JSON value
    if value is None:
        # Sent as null is not left out: the price becomes 0 instead of the catalog's.
        return 0.0
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _mistyped(name, "number")
    return float(value)


def _flag(name: str, value: Any) -> bool:  # noqa: ANN401 - a JSON value
    if value is not None and not isinstance(value, bool):
        raise _mistyped(name, "boolean")
    return bool(value)


def _text(name: str, value: Any) -> str | None:  # noqa: ANN401 - a JSON value
    if value is not None and not isinstance(value, str):
        raise _mistyped(name, "string")
    return _LINE_BREAK.sub(" ", value) if value else None


def _as_sent(name: str, value: Any) -> Any:  # noqa: ANN401 - a JSON value
    del name
    return value


def _reference(tenant: Tenant, name: str, value: Any) -> Fields | None:  # noqa: ANN401 - a JSON value
    if value is None:
        return None
    if not isinstance(value, dict):
        raise _mistyped(name, "reference")
    if name != "product":
        return {"id": value["id"]} if "id" in value else None
    product = tenant.product(value)
    return value if product is None else reference(product, "identifier")


def _date(name: str, value: Any) -> str | None:  # noqa: ANN401 - a JSON value
    if value is None or (value == "" and name == "cancelledDate"):
        return None
    if isinstance(value, str) and _INSTANT.fullmatch(value):
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            pass
        else:
            return f"{moment.date().isoformat()}T00:00:00Z"
    message = f"{name} is not in the format yyyy-MM-ddTHH:mm:ssZ"
    raise RefusalError(
        message, code="UnsupportedFormat", errors=[FieldError("UnsupportedFormat", message, name)]
    )


_READERS: dict[str, Callable[[str, Any], Any]] = {
    **dict.fromkeys(
        ("quantity", "lessIncluded", "unitPrice", "unitCost", "prorateCost", "proratePrice"),
        _number,
    ),
    **dict.fromkeys(
        ("taxableFlag", "purchaseItemFlag", "specialOrderFlag", "prorateCurrentPeriodFlag"), _flag
    ),
    **dict.fromkeys(("serialNumber", "invoiceDescription", "description", "uom"), _text),
    **dict.fromkeys(("effectiveDate", "cancelledDate"), _date),
    "billCustomer": _as_sent,
}
"""Readers of each plain field that a caller may write; the others are the server's own."""


def _mistyped(name: str, kind: str) -> RefusalError:
    return RefusalError(
        _INVALID, errors=[FieldError("InvalidType", f"{name} must be a {kind}", name)]
    )


def _owner(tenant: Tenant, agreement_id: int) -> Fields:
    document = tenant.agreements.get(agreement_id)
    if document is None:
        raise LookupError(f"no agreement {agreement_id}")
    return document.fields


def _json(body: bytes) -> object:
    try:
        return json.loads(body)
    except ValueError:
        raise RefusalError("The request body is not valid JSON.", code="InvalidJson") from None
