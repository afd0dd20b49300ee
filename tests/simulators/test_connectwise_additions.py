"""POST and PATCH of Additions in the ConnectWise simulator."""

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest

from simulators.connectwise import API, ConnectWiseSimulator
from simulators.connectwise.example import (
    BUNDLE,
    ENDPOINT,
    FOREIGN_ADDITION,
    HARBOR_AGREEMENT,
    OLD_MILL_AGREEMENT,
    Caller,
    example_simulator,
    new_addition,
)
from simulators.core import Response

ADDITIONS = f"finance/agreements/{HARBOR_AGREEMENT}/additions"


@pytest.fixture
def simulator() -> ConnectWiseSimulator:
    return example_simulator()


@pytest.fixture
def caller(simulator: ConnectWiseSimulator) -> Caller:
    return Caller(simulator)


def made(answer: Response) -> dict[str, Any]:
    assert answer.status == 201, answer.body
    record: dict[str, Any] = json.loads(answer.body)
    return record


def refusal(answer: Response) -> tuple[str, list[str]]:
    """Return a 400's code and the fields it complains of."""
    assert answer.status == 400, answer.body
    body = json.loads(answer.body)
    return body["code"], [error["field"] for error in body["errors"] or []]


def test_post_takes_its_terms_from_the_catalog(
    simulator: ConnectWiseSimulator, caller: Caller
) -> None:
    """Price, cost, text and tax that are left out come from the product; the answer is 201 and the
    record.
    """
    answer = caller.post_addition(HARBOR_AGREEMENT, new_addition(invoiceDescription=None))
    record = made(answer)
    assert (record["unitPrice"], record["unitCost"], record["taxableFlag"]) == (4.5, 1.2, True)
    assert record["description"] == record["invoiceDescription"] == "Endpoint security"
    assert (record["quantity"], record["billedQuantity"], record["extPrice"], record["margin"]) == (
        12,
        12,
        54,
        39.6,
    )
    assert record["effectiveDate"] == "2026-11-01T00:00:00Z"
    assert record["_info"] == {"lastUpdated": "2026-11-05T12:00:00Z", "updatedBy": "TallyAPI"}
    assert answer.headers["Location"].endswith(f"{ADDITIONS}/{record['id']}")
    assert simulator.truth.addition(record["id"]).created_by == API


def test_ids_follow_each_other(caller: Caller) -> None:
    """Ids are sequential over all agreements, so that a run is the same every time."""
    first = made(caller.post_addition(HARBOR_AGREEMENT, new_addition()))
    second = made(
        caller.post_addition(OLD_MILL_AGREEMENT, new_addition(effectiveDate="2026-11-10T00:00:00Z"))
    )
    assert (first["id"], second["id"]) == (FOREIGN_ADDITION + 1, FOREIGN_ADDITION + 2)


def test_a_price_sent_is_taken_even_if_it_is_null(caller: Caller) -> None:
    """A price that is sent unset becomes 0: only one that is left out comes from the catalog."""
    record = made(caller.post_addition(HARBOR_AGREEMENT, new_addition() | {"unitPrice": None}))
    assert record["unitPrice"] == 0.0
    assert (
        made(caller.post_addition(HARBOR_AGREEMENT, new_addition(unitPrice=3.25)))["unitPrice"]
        == 3.25
    )


def test_product_by_identifier(caller: Caller) -> None:
    """The product may be named by its identifier in place of its id."""
    record = made(
        caller.post_addition(HARBOR_AGREEMENT, new_addition(product={"identifier": "GZ-ENDPOINT"}))
    )
    assert record["product"] == {"id": ENDPOINT, "identifier": "GZ-ENDPOINT"}


def test_less_included_lowers_what_is_billed(caller: Caller) -> None:
    """Included units are taken off the billed quantity, not off the quantity."""
    record = made(caller.post_addition(HARBOR_AGREEMENT, new_addition(lessIncluded=5)))
    assert (record["quantity"], record["billedQuantity"], record["extPrice"]) == (12, 7, 31.5)


def test_effective_date_left_out_is_the_msps_today(
    simulator: ConnectWiseSimulator, caller: Caller
) -> None:
    """Without an effective date the Addition starts on the MSP's local date."""
    simulator.options.time_zone = "Pacific/Honolulu"
    simulator.clock.set(datetime(2026, 11, 6, 5, tzinfo=UTC))
    body = new_addition(effectiveDate=None, cancelledDate=None)
    assert (
        made(caller.post_addition(HARBOR_AGREEMENT, body))["effectiveDate"]
        == "2026-11-05T00:00:00Z"
    )


def test_unknown_fields_are_ignored_and_line_breaks_become_spaces(caller: Caller) -> None:
    """A field that it does not know does no harm, and a line break in a string shows as a space."""
    body = new_addition(colour="red", id=7, agreementId=9, invoiceDescription="Endpoints\nNovember")
    record = made(caller.post_addition(HARBOR_AGREEMENT, body))
    assert "colour" not in record
    assert (record["id"], record["agreementId"]) == (FOREIGN_ADDITION + 1, HARBOR_AGREEMENT)
    assert record["invoiceDescription"] == "Endpoints November"


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"product": None}, ["product"]),
        ({"billCustomer": None}, ["billCustomer"]),
        ({"product": None, "billCustomer": None}, ["product", "billCustomer"]),
        ({"product": {"id": 999}}, ["product"]),
        ({"product": {"identifier": "nothing"}}, ["product"]),
        ({"product": {"id": BUNDLE}}, ["product"]),
        ({"billCustomer": "billable"}, ["billCustomer"]),
        ({"quantity": "12"}, ["quantity"]),
        ({"quantity": True}, ["quantity"]),
        ({"effectiveDate": "2025-12-31T00:00:00Z"}, ["effectiveDate"]),
        ({"cancelledDate": "2026-10-31T00:00:00Z"}, ["cancelledDate"]),
        ({"serialNumber": "x" * 51}, ["serialNumber"]),
        ({"invoiceDescription": "x" * 6001}, ["invoiceDescription"]),
    ],
)
def test_post_refused(caller: Caller, changes: dict[str, object], fields: list[str]) -> None:
    """What is missing, unknown or out of bounds is a 400 InvalidObject that names the field, and
    nothing is made.
    """
    assert refusal(caller.post_addition(HARBOR_AGREEMENT, new_addition(**changes))) == (
        "InvalidObject",
        fields,
    )
    assert len(caller.simulator.truth.additions()) == 1


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"text"'])
def test_post_without_an_object(caller: Caller, body: bytes) -> None:
    """A body that is no JSON object is a 400."""
    assert caller.send("POST", ADDITIONS, body).status == 400


def test_effective_date_before_billing_starts(caller: Caller) -> None:
    """The agreement's billing start refuses an earlier effective date, in the documented words."""
    answer = caller.post_addition(
        OLD_MILL_AGREEMENT, new_addition(effectiveDate="2026-11-09T00:00:00Z")
    )
    assert refusal(answer) == ("InvalidObject", ["effectiveDate"])
    error = json.loads(answer.body)["errors"][0]
    assert error["message"] == "effectiveDate cannot be less than the agreement billing start date"
    assert error["resource"] == "addition"
    made(
        caller.post_addition(OLD_MILL_AGREEMENT, new_addition(effectiveDate="2026-11-10T00:00:00Z"))
    )


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-01",
        "2026-11-01T00:00:00",
        "2026-11-01T00:00:00.000Z",
        "2026-11-01T00:00:00+00:00",
        "1 Nov",
        "",
        20261101,
        "2026-11-31T00:00:00Z",
    ],
)
def test_dates_have_one_form(caller: Caller, text: object) -> None:
    """Anything but yyyy-MM-ddTHH:mm:ssZ is an UnsupportedFormat."""
    assert (
        refusal(caller.post_addition(HARBOR_AGREEMENT, new_addition(effectiveDate=text)))[0]
        == "UnsupportedFormat"
    )


def test_cancelled_agreement(simulator: ConnectWiseSimulator, caller: Caller) -> None:
    """A cancelled agreement takes no new Addition; whether old ones can be changed is the host's
    choice.
    """
    simulator.people.cancel_agreement(HARBOR_AGREEMENT, date(2026, 11, 4))
    assert refusal(caller.post_addition(HARBOR_AGREEMENT, new_addition()))[0] == "InvalidObject"
    assert caller.patch_addition(HARBOR_AGREEMENT, FOREIGN_ADDITION, "quantity", 4).status == 200
    simulator.options.cancelled_agreements_refuse_changes = True
    assert caller.patch_addition(HARBOR_AGREEMENT, FOREIGN_ADDITION, "quantity", 5).status == 400


def test_period_already_invoiced(simulator: ConnectWiseSimulator, caller: Caller) -> None:
    """Once an invoice covers it, a period takes no new Addition, unless the agreement prorates or
    does not mind.
    """
    simulator.people.mark_invoiced(
        HARBOR_AGREEMENT, date(2026, 11, 30), next_invoice=date(2026, 12, 1)
    )
    answer = caller.post_addition(HARBOR_AGREEMENT, new_addition())
    assert refusal(answer) == ("InvalidObject", ["effectiveDate"])
    assert json.loads(answer.body)["errors"][0]["message"].startswith(
        "Since this period has already been invoiced"
    )
    later = new_addition(effectiveDate="2026-12-01T00:00:00Z", cancelledDate=None)
    made(caller.post_addition(HARBOR_AGREEMENT, later))
    simulator.people.allow_invoiced_periods(HARBOR_AGREEMENT)
    made(caller.post_addition(HARBOR_AGREEMENT, new_addition()))
    simulator.people.allow_invoiced_periods(HARBOR_AGREEMENT, allowed=False)
    simulator.people.edit_agreement(HARBOR_AGREEMENT, {"prorateFlag": True})
    made(caller.post_addition(HARBOR_AGREEMENT, new_addition()))


def test_next_invoice_date_in_the_future_refuses_nothing_by_itself(
    simulator: ConnectWiseSimulator, caller: Caller
) -> None:
    """A first invoice date ahead is not an invoice that was made."""
    simulator.people.edit_agreement(HARBOR_AGREEMENT, {"nextInvoiceDate": "2026-12-01T00:00:00Z"})
    made(caller.post_addition(HARBOR_AGREEMENT, new_addition()))


def test_quantity_changes_in_an_invoiced_period_are_answered_as_usual(
    simulator: ConnectWiseSimulator, caller: Caller
) -> None:
    """A PATCH after the invoice is answered 200, though no invoice will show it; moving the date
    there is refused.
    """
    record = made(caller.post_addition(HARBOR_AGREEMENT, new_addition()))
    simulator.people.mark_invoiced(HARBOR_AGREEMENT, date(2026, 11, 30))
    assert caller.patch_addition(HARBOR_AGREEMENT, record["id"], "quantity", 13).status == 200
    answer = caller.patch_addition(
        HARBOR_AGREEMENT, record["id"], "effectiveDate", "2026-11-02T00:00:00Z"
    )
    assert refusal(answer)[1] == ["effectiveDate"]


def test_patch_changes_what_it_names(simulator: ConnectWiseSimulator, caller: Caller) -> None:
    """A bare path replaces one field, amounts follow, and who and when stand in _info and in the
    truth.
    """
    answer = caller.patch_addition(HARBOR_AGREEMENT, FOREIGN_ADDITION, "quantity", 5)
    record = json.loads(answer.body)
    assert (answer.status, record["quantity"], record["extPrice"]) == (200, 5.0, 22.5)
    assert record["_info"]["updatedBy"] == "TallyAPI"
    change = simulator.truth.addition(FOREIGN_ADDITION).changes[0]
    assert (change.by, change.field, change.before, change.after) == (API, "quantity", 3.0, 5.0)
    assert [one.id for one in simulator.truth.foreign_changed_by_api()] == [FOREIGN_ADDITION]


def test_patch_takes_several_operations(caller: Caller) -> None:
    """One PATCH may change several fields, and remove takes a value away."""
    operations = [
        {"op": "replace", "path": "invoiceDescription", "value": "By hand"},
        {"op": "add", "path": "cancelledDate", "value": "2026-11-30T00:00:00Z"},
        {"op": "remove", "path": "description"},
    ]
    record = json.loads(caller.send("PATCH", f"{ADDITIONS}/{FOREIGN_ADDITION}", operations).body)
    assert (record["invoiceDescription"], record["cancelledDate"]) == (
        "By hand",
        "2026-11-30T00:00:00Z",
    )
    assert "description" not in record


def test_path_into_an_object_is_a_false_success(
    simulator: ConnectWiseSimulator, caller: Caller
) -> None:
    """A path into an object answers 200 and changes nothing."""
    answer = caller.patch_addition(HARBOR_AGREEMENT, FOREIGN_ADDITION, "product/id", BUNDLE)
    assert (answer.status, json.loads(answer.body)["product"]["id"]) == (200, ENDPOINT)
    assert simulator.truth.addition(FOREIGN_ADDITION).changes == []
    assert json.loads(answer.body)["_info"]["updatedBy"] == "jlee"


@pytest.mark.parametrize(
    "path", ["Quantity", "/quantity", "quantities", "company/id", "quantity/value", ""]
)
def test_paths_are_bare_and_mind_case(caller: Caller, path: str) -> None:
    """A path with a slash before it, in another case, or of no field, is a 400."""
    assert caller.patch_addition(HARBOR_AGREEMENT, FOREIGN_ADDITION, path, 4).status == 400
    assert caller.simulator.truth.addition(FOREIGN_ADDITION).changes == []


def test_reference_is_replaced_whole(simulator: ConnectWiseSimulator, caller: Caller) -> None:
    """A reference is replaced by another reference; one to a product that is not there, or a
    bundle, is refused.
    """
    answer = caller.patch_addition(
        HARBOR_AGREEMENT, FOREIGN_ADDITION, "product", {"identifier": "GZ-ENDPOINT"}
    )
    assert json.loads(answer.body)["product"] == {"id": ENDPOINT, "identifier": "GZ-ENDPOINT"}
    for wrong in ({"id": 999}, {"id": BUNDLE}, None):
        answer = caller.patch_addition(HARBOR_AGREEMENT, FOREIGN_ADDITION, "product", wrong)
        assert refusal(answer) == ("InvalidObject", ["product"])
    assert simulator.truth.addition(FOREIGN_ADDITION).product == "GZ-ENDPOINT"


def test_fields_of_the_servers_own_cannot_be_written(caller: Caller) -> None:
    """A computed field is accepted and stays as it is."""
    answer = caller.patch_addition(HARBOR_AGREEMENT, FOREIGN_ADDITION, "extPrice", 1)
    assert (answer.status, json.loads(answer.body)["extPrice"]) == (200, 13.5)


@pytest.mark.parametrize(
    "body",
    [
        {"quantity": 4},
        b"",
        [1],
        [{"op": "replace", "value": 4}],
        [{"op": "replace", "path": "quantity"}],
        [{"op": "move", "path": "quantity", "value": 4}],
    ],
)
def test_patch_document_of_a_wrong_form(caller: Caller, body: object) -> None:
    """A PATCH is an array of operations with op, path and value; anything else is a 400."""
    assert caller.send("PATCH", f"{ADDITIONS}/{FOREIGN_ADDITION}", body).status == 400


def test_an_unrelated_bad_field_fails_a_patch(
    simulator: ConnectWiseSimulator, caller: Caller
) -> None:
    """The whole record is checked again: a bad value that stood there before refuses a change of
    another field.
    """
    simulator.people.edit_addition(FOREIGN_ADDITION, {"serialNumber": "x" * 60}, by="import")
    answer = caller.patch_addition(HARBOR_AGREEMENT, FOREIGN_ADDITION, "quantity", 4)
    assert refusal(answer) == ("InvalidObject", ["serialNumber"])
    simulator.people.edit_addition(FOREIGN_ADDITION, {"serialNumber": None}, by="jlee")
    simulator.people.edit_agreement(HARBOR_AGREEMENT, {"billStartDate": "2026-06-01T00:00:00Z"})
    answer = caller.patch_addition(HARBOR_AGREEMENT, FOREIGN_ADDITION, "quantity", 4)
    assert refusal(answer) == ("InvalidObject", ["effectiveDate"])


def test_patch_of_an_addition_of_another_agreement(caller: Caller) -> None:
    """An Addition is found below its own agreement only."""
    assert caller.patch_addition(OLD_MILL_AGREEMENT, FOREIGN_ADDITION, "quantity", 4).status == 404
