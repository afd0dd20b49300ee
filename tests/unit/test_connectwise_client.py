"""The ConnectWise client's reads: what an answer means, and when it means nothing."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.connectwise.example import (
    ENDPOINT,
    FOREIGN_ADDITION,
    HARBOR,
    HARBOR_AGREEMENT,
    OLD_MILL,
    OLD_MILL_AGREEMENT,
    SECURITY,
)
from simulators.faults import Fault, FaultKind, Garble
from tally.connectwise.client import ConnectWiseClient
from tally.connectwise.fields import parse_day
from tally.connectwise.writes import format_day
from tally.domain.model.agreement import Addition, Agreement
from tally.domain.model.terms import Terms
from tally.errors import (
    ContractError,
    InFrontError,
)
from tests.unit.connectwise_caller import (
    READS,
    World,
    listing,
    scripted,
)
from tests.unit.scripted import Loose, answer, error_of


@pytest.fixture
def world() -> World:
    return World()


def test_companies_that_are_not_deleted(world: World) -> None:
    """MATCH-1: deleted companies are left out; names come as they are, trailing spaces too."""
    assert [(each.id, each.identifier, each.name) for each in world.client.companies()] == [
        (HARBOR, "HarborDental", "Harbor Dental"),
        (OLD_MILL, "OldMill", "Old Mill Bakery  "),
    ]


def test_agreements_of_a_type(world: World) -> None:
    """MATCH-3: an agreement comes with all that decides where and whether a month is billed."""
    document = world.simulator.tenant.agreements.get(HARBOR_AGREEMENT)
    assert document is not None
    expected = Agreement(
        id=HARBOR_AGREEMENT,
        name="Harbor Dental security",
        type_id=SECURITY,
        company_id=HARBOR,
        starts=date(2026, 1, 1),
        bill_starts=date(2026, 1, 1),
        billing_cycle="Monthly",
        next_invoice=date(2026, 11, 1),
        version=document.fields["_info"]["lastUpdated"],
    )
    assert list(world.client.agreements(SECURITY)) == [expected]
    assert world.client.agreement(HARBOR_AGREEMENT) == expected
    assert world.client.agreement(OLD_MILL_AGREEMENT).bill_starts == date(2026, 11, 10)


@pytest.mark.parametrize("empty", [{}, None, ""])
def test_values_that_are_not_there(empty: Loose) -> None:
    """Nulls are left out, null or empty: in each form the value is none."""
    names = (
        "startDate",
        "endDate",
        "dateCancelled",
        "billStartDate",
        "nextInvoiceDate",
        "name",
        "_info",
        "billingCycle",
    )
    fields = (
        {}
        if empty == {}
        else dict.fromkeys(names, empty)
        | ({"_info": None, "billingCycle": None} if empty == "" else {})
    )
    row = {"id": 1, "type": {"id": 2}, "company": {"id": 3}, **fields}
    found = scripted(answer(200, json.dumps(row))).agreement(1)
    assert found == Agreement(id=1, name="", type_id=2, company_id=3)


def test_dates_of_an_agreement() -> None:
    """MATCH-3: an ending date beside "no ending date" is none; the next invoice date has two forms,
    or says nothing.
    """
    row: dict[str, Any] = {
        "id": 1,
        "type": {"id": 2},
        "company": {"id": 3},
        "endDate": "2026-11-30T00:00:00Z",
    }
    assert scripted(answer(200, json.dumps(row))).agreement(1).ends == date(2026, 11, 30)
    assert (
        scripted(answer(200, json.dumps(row | {"noEndingDateFlag": True}))).agreement(1).ends
        is None
    )
    for text, day in {
        "2026-12-01": date(2026, 12, 1),
        "2026-12-01T00:00:00Z": date(2026, 12, 1),
        "soon": None,
    }.items():
        assert (
            scripted(answer(200, json.dumps(row | {"nextInvoiceDate": text})))
            .agreement(1)
            .next_invoice
            == day
        )


def test_additions_of_an_agreement(world: World) -> None:
    """FOLLOW-3: an Addition comes with who changed it and when; without a cancelled date it is
    open-ended.
    """
    found = world.client.additions(HARBOR_AGREEMENT)
    assert found == [
        Addition(
            id=FOREIGN_ADDITION,
            agreement_id=HARBOR_AGREEMENT,
            product_id=ENDPOINT,
            quantity=Decimal(3),
            effective=date(2026, 1, 1),
            text=found[0].text,
            updated_by="jlee",
            updated_at=found[0].updated_at,
            terms=Terms(
                unit_price=Decimal("4.5"),
                less_included=Decimal(0),
                taxable=True,
                bill_customer="Billable",
            ),
            agreement_status="Active",
        )
    ]
    assert found[0].updated_at is not None
    assert found[0].updated_at.tzinfo is not None


@pytest.mark.parametrize("cancelled", [{}, {"cancelledDate": None}, {"cancelledDate": ""}])
def test_an_open_end_in_each_form(cancelled: dict[str, Any]) -> None:
    """An Addition's cancelled date may be missing, null or an empty string: it is open-ended."""
    row = {"id": 1, "product": {"id": 2}, "quantity": 2.5, "invoiceDescription": None, **cancelled}
    assert listing([row])[0].additions(9) == [
        Addition(id=1, agreement_id=9, product_id=2, quantity=Decimal("2.5"))
    ]


@pytest.mark.parametrize(
    "info",
    [
        None,
        {},
        {"lastUpdated": "yesterday", "updatedBy": None},
        {"lastUpdated": "", "updatedBy": ""},
    ],
)
def test_a_version_mark_that_says_nothing(info: Loose) -> None:
    """`_info` is for the reader of a hold: one that cannot be read spoils nothing."""
    found = listing([{"id": 1, "product": {"id": 2}, "quantity": 1, "_info": info}])[0].additions(
        9
    )[0]
    assert (found.updated_by, found.updated_at) == ("", None)


def test_a_version_mark_without_a_zone() -> None:
    """An instant without its zone is UTC, as all of ConnectWise's are."""
    row = {
        "id": 1,
        "product": {"id": 2},
        "quantity": 1,
        "_info": {"lastUpdated": "2026-11-01T10:00:00"},
    }
    assert listing([row])[0].additions(9)[0].updated_at == datetime(2026, 11, 1, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    "change",
    [
        {"id": None},
        {"id": 0},
        {"product": None},
        {"quantity": None},
        {"quantity": "many"},
        {"effectiveDate": "1 November"},
        {"effectiveDate": "2026-02-30T00:00:00Z"},
        {"effectiveDate": 20261101},
        {"agreementId": 10},
    ],
)
def test_an_addition_that_is_not_understood(change: dict[str, Any]) -> None:
    """SAFE-5: an Addition that cannot be read, or is another agreement's, makes the list an error,
    not a shorter one.
    """
    rows = [{"id": 1, "product": {"id": 2}, "quantity": 1, **change}]
    error = error_of(lambda: listing(rows)[0].additions(9))
    assert type(error) is ContractError
    assert "ConnectWise GET /finance/agreements/9/additions" in str(error)


def test_an_agreement_answered_in_place_of_another() -> None:
    """MATCH-4: what is answered must be what was asked for."""
    row = {"id": 1, "type": {"id": 2}, "company": {"id": 3}}
    assert (
        type(error_of(lambda: scripted(answer(200, json.dumps(row))).agreement(2))) is ContractError
    )


@given(day=st.dates())
def test_days_round_trip(day: date) -> None:
    """A day sent is the day read back, whatever zone anybody is in; with or without its time."""
    assert parse_day(format_day(day)) == day
    assert parse_day(day.isoformat()) == day


@pytest.mark.parametrize("read", READS)
@pytest.mark.parametrize("garble", [each for each in Garble if each is not Garble.DOUBLED])
def test_a_garbled_answer_is_no_answer(
    world: World, garble: Garble, read: Callable[[ConnectWiseClient], object]
) -> None:
    """SAFE-5: HTML, an empty body or truncated JSON is a clear error that names call and
    request.
    """
    read(world.client)
    world.simulator.faults.add(Fault(kind=FaultKind.GARBLED, garble=garble))
    error = error_of(lambda: read(world.client))
    assert type(error) is (InFrontError if garble is Garble.HTML else ContractError)
    assert str(error).startswith("ConnectWise GET /")
    assert "-0000-4000-8000-" in str(error)


@pytest.mark.parametrize("number", [True, "12", "1_2", 12.5, 0, -5, 2**31, 10**30, None])
@pytest.mark.parametrize("field", ["id", "product", "agreementId"])
def test_an_id_is_a_json_number(number: Loose, field: str) -> None:
    """READ-8: text, flags, fractions and what no id can be are none: nothing of the list is
    used.
    """
    if (field, number) == ("agreementId", None):
        return  # ConnectWise may leave it out
    row = {
        "id": 1,
        "product": {"id": 2},
        "quantity": 3,
        field: {"id": number} if field == "product" else number,
    }
    assert type(error_of(lambda: listing([row])[0].additions(9))) is ContractError


@pytest.mark.parametrize("quantity", [True, "12", "1_2", None, [1]])
def test_a_quantity_is_a_json_number(quantity: Loose) -> None:
    """READ-8: as with ids."""
    row = {"id": 1, "product": {"id": 2}, "quantity": quantity}
    assert type(error_of(lambda: listing([row])[0].additions(9))) is ContractError


@pytest.mark.parametrize("read", READS)
def test_reads_are_tried_again(world: World, read: Callable[[ConnectWiseClient], object]) -> None:
    """SAFE-6: a read that meets two failures in a row still answers."""
    world.simulator.faults.add(Fault(kind=FaultKind.TIMEOUT_BEFORE, times=1))
    world.simulator.faults.add(
        Fault(kind=FaultKind.STATUS, status=502, times=1, body="<html>Bad gateway</html>")
    )
    read(world.client)


def test_a_refused_condition_is_ours() -> None:
    """A 400 on a read means that we asked wrongly; its text is handed on."""
    body = (
        '{"code": "ApiFindCondition", "message": "typeids is not a recognized name.", "errors": '
        "null}"
    )
    error = error_of(lambda: scripted(answer(400, body)).agreements(1))
    assert type(error) is ContractError
    assert "ApiFindCondition: typeids is not a recognized name." in str(error)
