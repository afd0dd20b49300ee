"""Agreement invoices in the ConnectWise simulator: what each bills, and what it leaves behind."""

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from simulators.connectwise import ConnectWiseSimulator, InvoiceLine
from simulators.connectwise.example import (
    FOREIGN_ADDITION,
    HARBOR,
    HARBOR_AGREEMENT,
    Caller,
    example_simulator,
    new_addition,
)
from simulators.control_calls import control

AGREEMENT = f"finance/agreements/{HARBOR_AGREEMENT}"


@pytest.fixture
def simulator() -> ConnectWiseSimulator:
    """Give a tenant at noon on 1 December 2026, without what others keep there; November is to be
    invoiced.
    """
    simulator = example_simulator()
    simulator.clock.set(datetime(2026, 12, 1, 12, tzinfo=UTC))
    simulator.people.delete_addition(FOREIGN_ADDITION)
    simulator.people.edit_agreement(HARBOR_AGREEMENT, {"nextInvoiceDate": "2026-12-01T00:00:00Z"})
    return simulator


@pytest.fixture
def caller(simulator: ConnectWiseSimulator) -> Caller:
    return Caller(simulator)


def posted(caller: Caller, **changes: object) -> int:
    """Post an Addition, by default of November 2026 with 12 units at 4.50, and return its id."""
    answer = caller.post_addition(HARBOR_AGREEMENT, new_addition(**changes))
    assert answer.status == 201, answer.body
    return int(json.loads(answer.body)["id"])


def of_december(caller: Caller, **changes: object) -> int:
    dates = {"effectiveDate": "2026-12-01T00:00:00Z", "cancelledDate": "2026-12-31T00:00:00Z"}
    return posted(caller, **(dates | changes))


def billed(simulator: ConnectWiseSimulator) -> list[int]:
    """Make the next invoice, and return the Additions on it."""
    simulator.people.run_invoice(HARBOR_AGREEMENT)
    return [line.addition_id for line in simulator.truth.invoices()[-1].lines]


def row(caller: Caller, addition_id: int) -> dict[str, Any]:
    record: dict[str, Any] = json.loads(caller.get(f"{AGREEMENT}/additions/{addition_id}").body)
    return record


def next_invoice(caller: Caller) -> str:
    return str(json.loads(caller.get(AGREEMENT).body)["nextInvoiceDate"])


def test_an_invoice_in_arrears(simulator: ConnectWiseSimulator, caller: Caller) -> None:
    """It covers the period that ended at nextInvoiceDate, at the quantities of that moment, and
    moves the date on.
    """
    november, _december = posted(caller), of_december(caller)
    caller.patch_addition(HARBOR_AGREEMENT, november, "quantity", 14)
    made = simulator.people.run_invoice(HARBOR_AGREEMENT, by="mkane")
    (invoice,) = simulator.truth.invoices()
    assert (invoice.id, invoice.agreement_id, invoice.company_id, invoice.made_by) == (
        made,
        HARBOR_AGREEMENT,
        HARBOR,
        "mkane",
    )
    assert (invoice.first, invoice.last) == (date(2026, 11, 1), date(2026, 11, 30))
    assert invoice.made_at == datetime(2026, 12, 1, 12, tzinfo=UTC)
    assert invoice.lines == (
        InvoiceLine(
            addition_id=november,
            quantity=14.0,
            less_included=0.0,
            unit_price=Decimal("4.5"),
            bill_customer="Billable",
            amount=Decimal("63.00"),
        ),
    )
    assert next_invoice(caller) == "2027-01-01T00:00:00Z"
    assert simulator.truth.invoiced(november) == 14.0


def test_an_invoice_in_advance(simulator: ConnectWiseSimulator, caller: Caller) -> None:
    """It covers the period that begins at nextInvoiceDate; the date moves on as it does in
    arrears.
    """
    _november, december = posted(caller), of_december(caller)
    simulator.people.set_invoicing(HARBOR_AGREEMENT, "advance")
    assert billed(simulator) == [december]
    assert simulator.truth.invoices()[0].first == date(2026, 12, 1)
    assert next_invoice(caller) == "2027-01-01T00:00:00Z"


def test_invoicing_is_the_tenants_unless_the_agreement_has_its_own(
    simulator: ConnectWiseSimulator, caller: Caller
) -> None:
    """The tenant's option holds for every agreement that nobody decided otherwise for."""
    simulator.options.invoicing = "advance"
    made = simulator.people.add_agreement(
        HARBOR, 18, "Other", start=date(2026, 12, 1), invoicing="arrears"
    )
    assert [simulator.tenant.invoicing(each) for each in (HARBOR_AGREEMENT, made)] == [
        "advance",
        "arrears",
    ]


def test_an_addition_within_a_period_is_billed_once_and_an_open_one_in_every_period(
    simulator: ConnectWiseSimulator, caller: Caller
) -> None:
    """Dates decide: a month's Addition stands on one invoice, an open-ended one on each until its
    cancelled date.
    """
    month, open_end = posted(caller), posted(caller, cancelledDate=None, quantity=3)
    assert billed(simulator) == [month, open_end]
    assert billed(simulator) == [open_end]
    simulator.people.cancel_addition(open_end, date(2027, 1, 10))
    assert billed(simulator) == [open_end]
    assert billed(simulator) == []
    assert (simulator.truth.invoiced(month), simulator.truth.invoiced(open_end)) == (12.0, 9.0)


def test_what_is_deleted_or_ended_is_not_billed(
    simulator: ConnectWiseSimulator, caller: Caller
) -> None:
    """A deleted Addition, and one cancelled before the period, stand on no invoice."""
    deleted = posted(caller)
    posted(caller, effectiveDate="2026-10-01T00:00:00Z", cancelledDate="2026-10-31T00:00:00Z")
    simulator.people.delete_addition(deleted)
    assert billed(simulator) == []
    assert simulator.truth.invoiced(deleted) == 0.0


def test_a_change_after_the_invoice_reaches_nobody(
    simulator: ConnectWiseSimulator, caller: Caller
) -> None:
    """A PATCH is answered 200 as ever, billedQuantity goes on showing what was billed, and no
    invoice follows.
    """
    simulator.options.list_lag = timedelta(minutes=1)
    addition_id = posted(caller)
    simulator.clock.advance(timedelta(minutes=2))
    before = row(caller, addition_id)["_info"]
    billed(simulator)
    assert row(caller, addition_id)["_info"] == before
    answer = caller.patch_addition(HARBOR_AGREEMENT, addition_id, "quantity", 20)
    record = json.loads(answer.body)
    assert (answer.status, record["quantity"], record["billedQuantity"]) == (200, 20.0, 12.0)
    (listed,) = caller.rows(f"{AGREEMENT}/additions")
    assert (listed["quantity"], listed["billedQuantity"]) == (12.0, 12.0)
    assert billed(simulator) == []
    assert simulator.truth.invoiced(addition_id) == 12.0
    assert simulator.truth.addition(addition_id).fields["billedQuantity"] == 12.0
    assert [change.field for change in simulator.truth.addition(addition_id).changes] == [
        "quantity"
    ]


@pytest.mark.parametrize(
    ("terms", "amount"),
    [
        ({"unit_price": 3.335}, "40.02"),
        ({"less_included": 5}, "31.50"),
        ({"less_included": 20}, "0.00"),
        ({"bill_customer": "NoCharge"}, "0.00"),
        ({"bill_customer": "DoNotBill"}, "0.00"),
    ],
)
def test_terms_decide_the_amount_and_not_the_quantity(
    simulator: ConnectWiseSimulator, caller: Caller, terms: dict[str, Any], amount: str
) -> None:
    """The line has the Addition's quantity; price, included units and the way of billing decide
    what it costs.
    """
    simulator.people.set_terms(posted(caller), **terms)
    simulator.people.run_invoice(HARBOR_AGREEMENT)
    (line,) = simulator.truth.invoices()[0].lines
    assert (line.quantity, line.amount) == (12.0, Decimal(amount))


@pytest.mark.parametrize("invoicing", ["arrears", "advance"])
def test_an_invoiced_period_takes_no_new_addition(
    simulator: ConnectWiseSimulator, caller: Caller, invoicing: str
) -> None:
    """After the invoice a POST into its period is refused in the documented words; the period after
    it is open.
    """
    simulator.options.invoicing = "advance" if invoicing == "advance" else "arrears"
    simulator.people.run_invoice(HARBOR_AGREEMENT)
    answer = caller.post_addition(HARBOR_AGREEMENT, new_addition())
    assert (answer.status, b"Since this period has already been invoiced" in answer.body) == (
        400,
        True,
    )
    december = new_addition(
        effectiveDate="2026-12-01T00:00:00Z", cancelledDate="2026-12-31T00:00:00Z"
    )
    status = caller.post_addition(HARBOR_AGREEMENT, december).status
    assert status == (400 if invoicing == "advance" else 201)


def test_what_is_added_to_an_invoiced_period(
    simulator: ConnectWiseSimulator, caller: Caller
) -> None:
    """An agreement that prorates bills it with the next invoice, once; one that merely does not
    mind bills it never.
    """
    billed(simulator)
    simulator.people.allow_invoiced_periods(HARBOR_AGREEMENT)
    unbilled = posted(caller)
    simulator.people.edit_agreement(HARBOR_AGREEMENT, {"prorateFlag": True})
    late = posted(caller, quantity=2)
    assert billed(simulator) == [late]
    assert billed(simulator) == []
    assert (simulator.truth.invoiced(unbilled), simulator.truth.invoiced(late)) == (0.0, 2.0)


def test_a_longer_cycle_has_longer_periods(simulator: ConnectWiseSimulator, caller: Caller) -> None:
    """A quarterly agreement bills a quarter, and moves on by one."""
    november = posted(caller)
    simulator.people.edit_agreement(
        HARBOR_AGREEMENT, {"billingCycle": {"id": 4, "name": "Quarterly"}}
    )
    assert billed(simulator) == [november]
    assert simulator.truth.invoices()[0].first == date(2026, 9, 1)
    assert next_invoice(caller) == "2027-03-01T00:00:00Z"


@pytest.mark.parametrize("how", ["expired", "cancelled"])
def test_an_agreement_that_ended(simulator: ConnectWiseSimulator, caller: Caller, how: str) -> None:
    """In arrears the period in which it ended is still invoiced; after that there is nothing, and
    nothing moves.
    """
    kept = posted(caller)
    posted(caller, effectiveDate="2026-11-21T00:00:00Z")
    if how == "expired":
        simulator.people.expire_agreement(HARBOR_AGREEMENT, date(2026, 11, 20))
    else:
        simulator.people.cancel_agreement(HARBOR_AGREEMENT, date(2026, 11, 21))
    assert billed(simulator) == [kept]
    assert simulator.people.run_invoice(HARBOR_AGREEMENT) is None
    assert len(simulator.truth.invoices()) == 1
    assert next_invoice(caller) == "2027-01-01T00:00:00Z"


def test_an_agreement_cancelled_without_a_date(
    simulator: ConnectWiseSimulator, caller: Caller
) -> None:
    """A cancelled agreement that does not tell since when is not invoiced at all."""
    posted(caller)
    simulator.people.edit_agreement(HARBOR_AGREEMENT, {"cancelledFlag": True})
    assert simulator.people.run_invoice(HARBOR_AGREEMENT) is None


def test_a_period_before_billing_starts(simulator: ConnectWiseSimulator) -> None:
    """Nothing is billed for days before the billing start, though the date moves on."""
    simulator.people.add_addition(
        HARBOR_AGREEMENT, "GZ-ENDPOINT", quantity=2, effective=date(2026, 11, 1)
    )
    simulator.people.edit_agreement(HARBOR_AGREEMENT, {"billStartDate": "2026-12-01T00:00:00Z"})
    assert billed(simulator) == []
    assert len(billed(simulator)) == 1


def test_agreements_that_cannot_be_invoiced(simulator: ConnectWiseSimulator) -> None:
    """No agreement, or one without a next invoice date, is an error and leaves no invoice."""
    with pytest.raises(LookupError):
        simulator.people.run_invoice(999)
    simulator.people.edit_agreement(HARBOR_AGREEMENT, {"nextInvoiceDate": None})
    with pytest.raises(ValueError, match="no next invoice date"):
        simulator.people.run_invoice(HARBOR_AGREEMENT)
    assert simulator.truth.invoices() == []


def test_invoices_are_told_by_agreement_and_since(simulator: ConnectWiseSimulator) -> None:
    """The truth gives all invoices, those of one agreement, and those that are new."""
    first, second = (simulator.people.run_invoice(HARBOR_AGREEMENT) for _ in range(2))
    assert [invoice.id for invoice in simulator.truth.invoices()] == [first, second]
    assert [invoice.id for invoice in simulator.truth.invoices(after=1)] == [second]
    assert [
        invoice.id for invoice in simulator.truth.invoices(agreement_id=HARBOR_AGREEMENT, after=1)
    ] == [second]
    assert simulator.truth.invoices(agreement_id=202) == []


def test_invoices_over_the_control_calls(simulator: ConnectWiseSimulator, caller: Caller) -> None:
    """An invoice can be ordered as an act, and stands in the truth with its lines."""
    addition_id = posted(caller)
    order = {"act": "run_invoice", "agreement_id": HARBOR_AGREEMENT, "by": "mkane"}
    answer = control(simulator, "POST", "/_sim/acts", json.dumps(order).encode())
    assert (answer.status, json.loads(answer.body)) == (200, {"result": 1})
    truth = json.loads(control(simulator, "GET", "/_sim/truth", b"").body)
    assert truth["invoices"] == [
        {
            "id": 1,
            "agreement_id": HARBOR_AGREEMENT,
            "company_id": HARBOR,
            "first": "2026-11-01",
            "last": "2026-11-30",
            "made_at": "2026-12-01T12:00:00Z",
            "made_by": "mkane",
            "lines": [
                {
                    "addition_id": addition_id,
                    "quantity": 12.0,
                    "less_included": 0.0,
                    "unit_price": "4.5",
                    "bill_customer": "Billable",
                    "amount": "54.00",
                }
            ],
        }
    ]
