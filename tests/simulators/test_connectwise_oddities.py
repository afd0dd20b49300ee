"""What is seldom done in ConnectWise: copies, offboarding, invoices taken back, rules that
rewrite.
"""

import json
from datetime import date

import pytest

from simulators.connectwise import API, ConnectWiseSimulator
from simulators.connectwise.example import (
    FOREIGN_ADDITION,
    HARBOR_AGREEMENT,
    Caller,
    example_simulator,
    new_addition,
)

ADDITIONS = f"finance/agreements/{HARBOR_AGREEMENT}/additions"


@pytest.fixture
def simulator() -> ConnectWiseSimulator:
    return example_simulator()


@pytest.fixture
def caller(simulator: ConnectWiseSimulator) -> Caller:
    return Caller(simulator)


def test_an_agreement_is_copied_with_its_additions(
    simulator: ConnectWiseSimulator, caller: Caller
) -> None:
    """A copy has the texts, dates, quantities and terms of the original, and an id of its own."""
    twin = simulator.people.double_agreement(HARBOR_AGREEMENT, with_additions=True)
    (original,), (copy,) = (
        caller.rows(ADDITIONS),
        caller.rows(f"finance/agreements/{twin}/additions"),
    )
    same = ("quantity", "effectiveDate", "invoiceDescription", "unitPrice", "billCustomer")
    assert [copy[each] for each in same] == [original[each] for each in same]
    assert copy["id"] != original["id"]


def test_a_customer_is_offboarded(simulator: ConnectWiseSimulator, caller: Caller) -> None:
    """The agreement is cancelled as of a day, and what would bill after it is cancelled with it."""
    simulator.people.offboard(HARBOR_AGREEMENT, date(2026, 11, 4), by="mkane")
    (row,) = caller.rows(ADDITIONS)
    assert row["cancelledDate"] == "2026-11-04T00:00:00Z"
    assert row["agreementStatus"] == "Cancelled"


def test_an_invoice_is_taken_back(simulator: ConnectWiseSimulator) -> None:
    """The agreement's next invoice date is what it was before, its period is billed again, and what
    was billed was not.
    """
    agreement = simulator.tenant.agreements.get(HARBOR_AGREEMENT)
    assert agreement is not None
    before = agreement.fields["nextInvoiceDate"]
    first = simulator.people.run_invoice(HARBOR_AGREEMENT)
    billed = simulator.truth.invoiced(FOREIGN_ADDITION)
    assert simulator.people.delete_invoice(HARBOR_AGREEMENT) == first
    again = simulator.tenant.agreements.get(HARBOR_AGREEMENT)
    assert again is not None
    assert again.fields["nextInvoiceDate"] == before
    assert simulator.truth.invoiced(FOREIGN_ADDITION) == 0
    assert simulator.people.delete_invoice(HARBOR_AGREEMENT) is None
    simulator.people.run_invoice(HARBOR_AGREEMENT)
    assert simulator.truth.invoiced(FOREIGN_ADDITION) == billed


def test_a_rule_rewrites_what_the_api_writes(
    simulator: ConnectWiseSimulator, caller: Caller
) -> None:
    """What a rule sets is in the answer already, and is the rule's doing; what people write is left
    alone.
    """
    simulator.options.rewrites = {"billCustomer": "NoCharge"}
    answer = caller.post_addition(HARBOR_AGREEMENT, new_addition())
    assert json.loads(answer.body)["billCustomer"] == "NoCharge"
    (made,) = simulator.truth.made_by_api()
    assert [(change.by, change.field) for change in made.changes] == [("workflow", "billCustomer")]
    assert made.created_by == API
    simulator.people.set_quantity(FOREIGN_ADDITION, 4)
    assert simulator.truth.addition(FOREIGN_ADDITION).fields["billCustomer"] == "Billable"
