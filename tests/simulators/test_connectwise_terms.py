"""Terms of an Addition, and agreements that are renewed or end, in the ConnectWise simulator."""

import json
from datetime import date
from typing import Any

import pytest

from simulators.connectwise import API, ConnectWiseSimulator
from simulators.connectwise.example import (
    FOREIGN_ADDITION,
    HARBOR,
    HARBOR_AGREEMENT,
    Caller,
    example_simulator,
    new_addition,
)
from simulators.control_calls import control

TERMS = ("unitPrice", "lessIncluded", "taxableFlag", "billCustomer")
ADDITIONS = f"finance/agreements/{HARBOR_AGREEMENT}/additions"


@pytest.fixture
def simulator() -> ConnectWiseSimulator:
    return example_simulator()


@pytest.fixture
def caller(simulator: ConnectWiseSimulator) -> Caller:
    return Caller(simulator)


def agreement(caller: Caller, agreement_id: int) -> dict[str, Any]:
    record: dict[str, Any] = json.loads(caller.get(f"finance/agreements/{agreement_id}").body)
    return record


def test_terms_agreed_by_a_person_are_that_additions_alone(
    simulator: ConnectWiseSimulator, caller: Caller
) -> None:
    """Somebody's terms for one Addition say nothing of the next one, which has the catalog's."""
    simulator.people.set_terms(
        FOREIGN_ADDITION,
        unit_price=3.25,
        less_included=1,
        taxable=False,
        bill_customer="NoCharge",
        by="mkane",
    )
    caller.post_addition(HARBOR_AGREEMENT, new_addition())
    agreed, fresh = caller.rows(ADDITIONS)
    assert [agreed[name] for name in TERMS] == [3.25, 1.0, False, "NoCharge"]
    assert [fresh[name] for name in TERMS] == [4.5, 0.0, True, "Billable"]
    assert [change.by for change in simulator.truth.addition(FOREIGN_ADDITION).changes] == [
        "mkane"
    ] * 4


def test_a_term_left_out_stays(simulator: ConnectWiseSimulator, caller: Caller) -> None:
    """What a person does not name of the terms is as it was."""
    simulator.people.set_terms(FOREIGN_ADDITION, unit_price=0)
    assert [caller.rows(ADDITIONS)[0][name] for name in TERMS] == [0.0, 0.0, True, "Billable"]


def test_terms_are_carried_over_in_one_patch(
    simulator: ConnectWiseSimulator, caller: Caller
) -> None:
    """One PATCH of the four fields changes those and what is computed from them, and nothing
    else.
    """
    made = json.loads(caller.post_addition(HARBOR_AGREEMENT, new_addition()).body)
    values = (3.25, 5, False, "Billable")
    operations = [
        {"op": "replace", "path": path, "value": value}
        for path, value in zip(TERMS, values, strict=True)
    ]
    answer = caller.send("PATCH", f"{ADDITIONS}/{made['id']}", operations)
    record = json.loads(answer.body)
    assert (answer.status, [record[name] for name in TERMS]) == (
        200,
        [3.25, 5.0, False, "Billable"],
    )
    assert (record["quantity"], record["billedQuantity"], record["extPrice"]) == (12.0, 7.0, 22.75)
    changed = {name for name in record if record[name] != made[name]}
    assert changed <= {*TERMS, "billedQuantity", "extPrice", "extCost", "margin", "_info"}
    assert [
        (change.by, change.field) for change in simulator.truth.addition(made["id"]).changes
    ] == [
        (API, "unitPrice"),
        (API, "lessIncluded"),
        (API, "taxableFlag"),
    ]


@pytest.mark.parametrize(
    ("path", "value"), [("billCustomer", "Free"), ("unitPrice", "4.5"), ("taxableFlag", "no")]
)
def test_wrong_terms_are_refused(
    simulator: ConnectWiseSimulator, caller: Caller, path: str, value: object
) -> None:
    """A term of a wrong kind is a 400, and leaves all as it was."""
    assert caller.patch_addition(HARBOR_AGREEMENT, FOREIGN_ADDITION, path, value).status == 400
    assert simulator.truth.addition(FOREIGN_ADDITION).changes == []


@pytest.mark.parametrize(
    ("invoicing", "due"), [("arrears", "2027-01-01"), ("advance", "2026-12-01")]
)
def test_a_renewal(
    simulator: ConnectWiseSimulator, caller: Caller, invoicing: str, due: str
) -> None:
    """The old agreement ends the day before; one of its type starts, open-ended, with its own first
    invoice.
    """
    simulator.people.set_invoicing(
        HARBOR_AGREEMENT, "advance" if invoicing == "advance" else "arrears"
    )
    made = simulator.people.renew_agreement(HARBOR_AGREEMENT, on=date(2026, 12, 1), by="mkane")
    old, new = agreement(caller, HARBOR_AGREEMENT), agreement(caller, made)
    assert (old["endDate"], old["noEndingDateFlag"]) == ("2026-11-30T00:00:00Z", False)
    assert (new["startDate"], new["billStartDate"]) == (
        "2026-12-01T00:00:00Z",
        "2026-12-01T00:00:00Z",
    )
    assert (new["noEndingDateFlag"], "endDate" in new) == (True, False)
    assert new["nextInvoiceDate"] == f"{due}T00:00:00Z"
    assert [new[name] for name in ("name", "type", "company", "billingCycle")] == [
        old[name] for name in ("name", "type", "company", "billingCycle")
    ]
    assert (old["agreementStatus"], new["agreementStatus"]) == ("Active", "Inactive")
    assert (simulator.tenant.invoicing(made), new["_info"]["updatedBy"]) == (invoicing, "mkane")
    assert caller.rows(f"finance/agreements/{made}/additions") == []


def test_one_of_the_two_is_in_force_on_every_day(
    simulator: ConnectWiseSimulator, caller: Caller
) -> None:
    """Old and new never run on the same day, and no day is without one."""
    made = simulator.people.renew_agreement(HARBOR_AGREEMENT, on=date(2026, 11, 6))
    assert [agreement(caller, each)["agreementStatus"] for each in (HARBOR_AGREEMENT, made)] == [
        "Active",
        "Inactive",
    ]
    simulator.clock.set(simulator.clock.now().replace(day=6))
    assert [agreement(caller, each)["agreementStatus"] for each in (HARBOR_AGREEMENT, made)] == [
        "Expired",
        "Active",
    ]


def test_old_and_new_are_invoiced_for_their_own_days(simulator: ConnectWiseSimulator) -> None:
    """The last period of the old agreement is billed by its own invoice, and the first of the new
    one by another.
    """
    simulator.people.edit_agreement(HARBOR_AGREEMENT, {"nextInvoiceDate": "2026-12-01T00:00:00Z"})
    made = simulator.people.renew_agreement(HARBOR_AGREEMENT, on=date(2026, 12, 1))
    fresh = simulator.people.add_addition(
        made, "GZ-ENDPOINT", quantity=7, effective=date(2026, 12, 1)
    )
    for each in (HARBOR_AGREEMENT, made):
        simulator.people.run_invoice(each)
    old, new = simulator.truth.invoices()
    assert ([line.addition_id for line in old.lines], old.last) == (
        [FOREIGN_ADDITION],
        date(2026, 11, 30),
    )
    assert ([line.addition_id for line in new.lines], new.first) == ([fresh], date(2026, 12, 1))
    assert new.company_id == HARBOR
    assert simulator.people.run_invoice(HARBOR_AGREEMENT) is None


def test_a_renewal_after_a_gap(simulator: ConnectWiseSimulator, caller: Caller) -> None:
    """An agreement that had ended keeps its end; the renewal may have a first invoice date of its
    own.
    """
    simulator.people.expire_agreement(HARBOR_AGREEMENT, date(2026, 10, 31))
    made = simulator.people.renew_agreement(
        HARBOR_AGREEMENT, on=date(2026, 12, 15), next_invoice=date(2027, 1, 1)
    )
    assert agreement(caller, HARBOR_AGREEMENT)["endDate"] == "2026-10-31T00:00:00Z"
    assert agreement(caller, made)["nextInvoiceDate"] == "2027-01-01T00:00:00Z"


def test_renewals_that_cannot_be(simulator: ConnectWiseSimulator, caller: Caller) -> None:
    """An agreement that is not there, or that starts no earlier, cannot be renewed."""
    with pytest.raises(LookupError):
        simulator.people.renew_agreement(999, on=date(2026, 12, 1))
    with pytest.raises(ValueError, match="not before"):
        simulator.people.renew_agreement(HARBOR_AGREEMENT, on=date(2026, 1, 1))
    assert agreement(caller, HARBOR_AGREEMENT)["noEndingDateFlag"] is True


@pytest.mark.parametrize(
    "act",
    [
        {"act": "renew_agreement", "agreement_id": HARBOR_AGREEMENT, "on": "2026-12-01"},
        {"act": "expire_agreement", "agreement_id": HARBOR_AGREEMENT, "on": "2026-11-30"},
        {"act": "set_invoicing", "agreement_id": HARBOR_AGREEMENT, "invoicing": "advance"},
        {
            "act": "set_terms",
            "addition_id": FOREIGN_ADDITION,
            "unit_price": 3.25,
            "bill_customer": "NoCharge",
        },
    ],
)
def test_these_acts_over_the_control_calls(
    simulator: ConnectWiseSimulator, act: dict[str, Any]
) -> None:
    """Each can be ordered by its name; a value that is none of the allowed ones is a 400."""
    assert control(simulator, "POST", "/_sim/acts", json.dumps(act).encode()).status == 200
    wrong = {
        name: "neither" if name in {"on", "invoicing", "bill_customer"} else value
        for name, value in act.items()
    }
    assert control(simulator, "POST", "/_sim/acts", json.dumps(wrong).encode()).status == 400
