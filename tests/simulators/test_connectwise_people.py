"""What people do in ConnectWise, the truth that tells who did what, and the control calls."""

import json
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from simulators.connectwise import API, ConnectWiseSimulator
from simulators.connectwise.example import (
    FOREIGN_ADDITION,
    HARBOR,
    HARBOR_AGREEMENT,
    OLD_MILL_AGREEMENT,
    Caller,
    example_simulator,
    new_addition,
)
from simulators.control_calls import control
from simulators.scenario import Addition, ConnectWiseWorld

ADDITIONS = f"finance/agreements/{HARBOR_AGREEMENT}/additions"


@pytest.fixture
def simulator() -> ConnectWiseSimulator:
    return example_simulator()


@pytest.fixture
def caller(simulator: ConnectWiseSimulator) -> Caller:
    return Caller(simulator)


def order(
    simulator: ConnectWiseSimulator, method: str, path: str, body: object = None
) -> tuple[int, Any]:
    answer = control(
        simulator, method, f"/_sim/{path}", b"" if body is None else json.dumps(body).encode()
    )
    return answer.status, json.loads(answer.body)


def test_a_persons_edit_carries_their_name(simulator: ConnectWiseSimulator, caller: Caller) -> None:
    """What somebody changes by hand shows who it was and when."""
    simulator.clock.advance(timedelta(hours=1))
    simulator.people.set_quantity(FOREIGN_ADDITION, 9, by="mkane")
    row = caller.rows(ADDITIONS)[0]
    assert (row["quantity"], row["extPrice"]) == (9.0, 40.5)
    assert row["_info"] == {"lastUpdated": "2026-11-05T13:00:00Z", "updatedBy": "mkane"}


def test_truth_tells_every_change_and_by_whom(
    simulator: ConnectWiseSimulator, caller: Caller
) -> None:
    """The truth keeps who made an Addition and each change of it, beyond its deletion."""
    made = json.loads(caller.post_addition(HARBOR_AGREEMENT, new_addition()).body)["id"]
    caller.patch_addition(HARBOR_AGREEMENT, made, "quantity", 14)
    simulator.people.cancel_addition(made, date(2026, 11, 20), by="mkane")
    simulator.people.delete_addition(made, by="mkane")
    truth = simulator.truth.addition(made)
    assert [(change.by, change.field, change.before, change.after) for change in truth.changes] == [
        (API, "quantity", 12.0, 14.0),
        ("mkane", "cancelledDate", "2026-11-30T00:00:00Z", "2026-11-20T00:00:00Z"),
    ]
    assert (truth.created_by, truth.created["quantity"], truth.quantity) == (API, 12.0, 14.0)
    assert (truth.deleted, truth.deleted_by, truth.company_id) == (True, "mkane", HARBOR)
    assert (truth.effective, truth.cancelled) == (date(2026, 11, 1), date(2026, 11, 20))
    assert truth.text == "Active endpoints, November 2026"
    assert [change.field for change in truth.changes_by("mkane")] == ["cancelledDate"]
    assert simulator.truth.additions(agreement_id=HARBOR_AGREEMENT, deleted=False) == [
        simulator.truth.addition(FOREIGN_ADDITION)
    ]
    assert simulator.truth.foreign_changed_by_api() == []


def test_an_addition_of_somebody_elses(simulator: ConnectWiseSimulator, caller: Caller) -> None:
    """A person adds an Addition of the same product; it is not the API's."""
    made = simulator.people.add_addition(
        HARBOR_AGREEMENT, "GZ-ENDPOINT", quantity=2, effective=date(2026, 11, 1), by="mkane"
    )
    assert [row["id"] for row in caller.rows(ADDITIONS)] == [FOREIGN_ADDITION, made]
    assert simulator.truth.made_by_api() == []


def test_a_doubled_agreement(simulator: ConnectWiseSimulator, caller: Caller) -> None:
    """A second agreement of the type appears beside the first, without Additions."""
    twin = simulator.people.double_agreement(HARBOR_AGREEMENT)
    assert [
        row["id"] for row in caller.rows("finance/agreements", conditions=f"company/id={HARBOR}")
    ] == [
        HARBOR_AGREEMENT,
        twin,
    ]
    assert caller.rows(f"finance/agreements/{twin}/additions") == []


def test_a_new_agreement(simulator: ConnectWiseSimulator, caller: Caller) -> None:
    """A person makes an agreement with terms of their own."""
    made = simulator.people.add_agreement(
        HARBOR,
        18,
        "New",
        start=date(2026, 12, 1),
        fields={"billingCycle": {"id": 4, "name": "Quarterly"}},
    )
    row = json.loads(caller.get(f"finance/agreements/{made}").body)
    assert (row["agreementStatus"], row["billingCycle"]["name"]) == ("Inactive", "Quarterly")


def test_a_deleted_agreement_takes_its_additions_along(
    simulator: ConnectWiseSimulator, caller: Caller
) -> None:
    """Without its agreement an Addition cannot be reached."""
    simulator.people.delete_agreement(HARBOR_AGREEMENT, by="mkane")
    assert caller.get(ADDITIONS).status == 404
    assert simulator.truth.addition(FOREIGN_ADDITION).deleted_by == "mkane"


def test_a_renamed_company(simulator: ConnectWiseSimulator, caller: Caller) -> None:
    """A rename shows on the company and on its agreements, under the same id."""
    simulator.people.rename_company(HARBOR, "Harbor Dental Group ")
    row = caller.rows("finance/agreements", conditions='company/name contains "group"')[0]
    assert row["company"] == {
        "id": HARBOR,
        "identifier": "HarborDental",
        "name": "Harbor Dental Group ",
    }


def test_deleted_and_removed_companies(simulator: ConnectWiseSimulator, caller: Caller) -> None:
    """A deleted company keeps its record with the flag; a removed one is gone."""
    simulator.people.delete_company(HARBOR)
    assert json.loads(caller.get(f"company/companies/{HARBOR}").body)["deletedFlag"] is True
    simulator.people.remove_company(HARBOR)
    assert caller.get(f"company/companies/{HARBOR}").status == 404


def test_catalog_and_types_are_edited(simulator: ConnectWiseSimulator, caller: Caller) -> None:
    """An inactive product takes no new Addition; a type is renamed."""
    simulator.people.edit_product(501, {"inactiveFlag": True})
    assert caller.post_addition(HARBOR_AGREEMENT, new_addition()).status == 400
    simulator.people.edit_agreement_type(18, {"name": "security"})
    assert caller.rows("finance/agreements/types")[0]["name"] == "security"


@pytest.mark.parametrize("addition_id", [FOREIGN_ADDITION, 999])
def test_acts_on_what_is_not_there(simulator: ConnectWiseSimulator, addition_id: int) -> None:
    """An act on a record that is gone, or never was, is a LookupError and changes nothing."""
    simulator.people.delete_addition(FOREIGN_ADDITION)
    with pytest.raises(LookupError):
        simulator.people.set_quantity(addition_id, 9)
    assert simulator.truth.addition(FOREIGN_ADDITION).quantity == 3.0


def test_acts_over_the_control_calls(simulator: ConnectWiseSimulator, caller: Caller) -> None:
    """Every act can be ordered by its name, with dates as text."""
    assert order(
        simulator,
        "POST",
        "acts",
        {"act": "set_quantity", "addition_id": FOREIGN_ADDITION, "quantity": 9},
    ) == (
        200,
        {"result": None},
    )
    added = {
        "act": "add_addition",
        "agreement_id": HARBOR_AGREEMENT,
        "product": "GZ-ENDPOINT",
        "quantity": 2,
    }
    status, answer = order(
        simulator, "POST", "acts", added | {"effective": "2026-11-01", "by": "mkane"}
    )
    assert (status, answer) == (200, {"result": FOREIGN_ADDITION + 1})
    assert [row["quantity"] for row in caller.rows(ADDITIONS)] == [9.0, 2.0]


@pytest.mark.parametrize(
    "body",
    [
        {"act": "nothing"},
        {"act": "__init__"},
        {},
        {"act": "set_quantity", "addition_id": 999, "quantity": 1},
        {"act": "set_quantity", "addition_id": FOREIGN_ADDITION},
        {"act": "set_quantity", "unknown": 1},
    ],
)
def test_wrong_acts_are_refused(simulator: ConnectWiseSimulator, body: object) -> None:
    """An act that is unknown, incomplete or about nothing is a 400."""
    assert order(simulator, "POST", "acts", body)[0] == 400


def test_truth_over_the_control_calls(simulator: ConnectWiseSimulator, caller: Caller) -> None:
    """The truth can be asked for over HTTP, with makers and changes."""
    caller.post_addition(HARBOR_AGREEMENT, new_addition())
    status, truth = order(simulator, "GET", "truth")
    assert status == 200
    made = truth["additions"][1]
    assert (made["created_by"], made["quantity"], made["effective"]) == (API, 12.0, "2026-11-01")
    assert [agreement["id"] for agreement in truth["agreements"]] == [
        HARBOR_AGREEMENT,
        OLD_MILL_AGREEMENT,
    ]


def test_options_over_the_control_calls(simulator: ConnectWiseSimulator) -> None:
    """Options change while it runs; an unknown one is refused, and keys are never told."""
    keys = {"public_key": "public", "private_key": "hidden"}
    changes = {"list_lag": "PT90S", "taken_rights": ["finance/agreements/add"], "credentials": keys}
    status, options = order(simulator, "PATCH", "options", changes)
    assert status == 200
    assert simulator.options.list_lag == timedelta(seconds=90)
    assert len(simulator.options.taken_rights) == 1
    assert "hidden" not in json.dumps(options)
    assert order(simulator, "PATCH", "options", {"colour": "red"})[0] == 400
    assert order(simulator, "POST", "codebase", {"codebase": "v2025_2"})[1]["former_codebases"] == [
        "v2025_1"
    ]
    assert order(simulator, "GET", "nothing")[0] == 404


def test_scenario_with_a_dangling_id(simulator: ConnectWiseSimulator) -> None:
    """A scenario that names what is not there is refused at the start."""
    addition = Addition(
        id=1, agreement_id=1, product_id=1, quantity=Decimal(1), effective=date(2026, 1, 1)
    )
    world = ConnectWiseWorld(companies=(), agreement_types=(), products=(), additions=(addition,))
    with pytest.raises(LookupError, match="Addition 1"):
        ConnectWiseSimulator(simulator.clock, world)
