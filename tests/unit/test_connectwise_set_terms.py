"""The ConnectWise client and the terms of an Addition: how they are read, what is sent, and what an
error means.
"""

import json
from decimal import Decimal
from typing import Any

import pytest
import requests
from requests.exceptions import ConnectionError as Reset

from simulators.connectwise.billing_truth import API
from simulators.connectwise.example import FOREIGN_ADDITION, HARBOR_AGREEMENT
from tally.connectwise.client import ConnectWiseClient
from tally.domain.model.agreement import Addition
from tally.domain.model.terms import Terms
from tally.errors import AmbiguousError, NotFoundError, RefusedError, TallyError
from tests.unit.connectwise_caller import INFO, World, listing, make_client
from tests.unit.scripted import Loose, Scripted, Step, answer, error_of

AGREED = Terms(
    unit_price=Decimal("3.90"), less_included=Decimal(2), taxable=False, bill_customer="NoCharge"
)
FIELDS = {"unitPrice": 3.9, "lessIncluded": 2.0, "taxableFlag": False, "billCustomer": "NoCharge"}


def set_terms(client: ConnectWiseClient, terms: Terms = AGREED) -> Addition:
    return client.set_terms(
        agreement_id=HARBOR_AGREEMENT, addition_id=FOREIGN_ADDITION, terms=terms
    )


def row(**changes: Loose) -> Step:
    """An answer to the PATCH."""
    fields = {
        "id": FOREIGN_ADDITION,
        "product": {"id": 1},
        "quantity": 9.0,
        "agreementId": HARBOR_AGREEMENT,
    }
    return answer(200, json.dumps({**fields, **FIELDS, **changes}))


def test_the_four_are_set_at_once() -> None:
    """OPEN-5: one PATCH with bare paths and numbers sets the terms and nothing else; the answer is
    as it stands there.
    """
    world = World()
    assert set_terms(world.client).terms == AGREED
    (call,) = world.simulator.calls.of("PATCH additions/{id}")
    # Fmt: skip.
    assert json.loads(call.body) == [
        {"op": "replace", "path": path, "value": value} for path, value in FIELDS.items()
    ]
    changes = world.simulator.truth.addition(FOREIGN_ADDITION).changes_by(API)
    assert {each.field: each.after for each in changes} == FIELDS


@pytest.mark.parametrize(
    ("terms", "operations"),
    [
        (Terms(unit_price=Decimal(0)), [{"op": "replace", "path": "unitPrice", "value": 0}]),
        (
            Terms(less_included=Decimal("0.0")),
            [{"op": "replace", "path": "lessIncluded", "value": 0}],
        ),
        (Terms(taxable=False), [{"op": "replace", "path": "taxableFlag", "value": False}]),
        (
            Terms(bill_customer="DoNotBill"),
            [{"op": "replace", "path": "billCustomer", "value": "DoNotBill"}],
        ),
    ],
)
def test_only_what_is_told_is_sent(terms: Terms, operations: list[dict[str, Any]]) -> None:
    """OPEN-5: a term that is None is left out: sent as null it would become 0. A price of 0 is a
    price.
    """
    world = World()
    set_terms(world.client, terms)
    (call,) = world.simulator.calls.of("PATCH additions/{id}")
    assert json.loads(call.body) == operations


def test_twice_is_once() -> None:
    """SAFE-2: terms that are set again change nothing more."""
    world = World()
    assert set_terms(world.client) == set_terms(world.client)


@pytest.mark.parametrize(
    ("fields", "terms"),
    [
        ({}, Terms()),
        (dict.fromkeys(FIELDS), Terms()),
        (dict.fromkeys(FIELDS, ""), Terms()),
        (
            {"unitPrice": "NaN", "lessIncluded": "many", "taxableFlag": "yes", "billCustomer": 1},
            Terms(),
        ),
        ({"unitPrice": True, "lessIncluded": [], "taxableFlag": 1, "billCustomer": {}}, Terms()),
        (
            {"unitPrice": 0.1, "lessIncluded": 3},
            Terms(unit_price=Decimal("0.1"), less_included=Decimal(3)),
        ),
        (FIELDS, AGREED),
    ],
)
def test_terms_as_they_are_shown(fields: dict[str, Any], terms: Terms) -> None:
    """OPEN-5: a term that is missing, null or nonsense says nothing, and spoils neither the
    Addition nor the list.
    """
    found = listing([{"id": 1, "product": {"id": 2}, "quantity": 1, **fields}])[0].additions(9)
    assert [each.terms for each in found] == [terms]


@pytest.mark.parametrize("changes", [{"id": 302}, {"agreementId": 999}, {"quantity": "x"}])
def test_an_answer_that_is_not_of_this_addition_is_doubtful(changes: dict[str, Loose]) -> None:
    """SAFE-2: answered as done, and of something else: it may or may not have happened."""
    client = make_client(Scripted([INFO, row(**changes)]))
    assert isinstance(error_of(lambda: set_terms(client)), AmbiguousError)


def test_terms_that_were_not_taken_are_shown() -> None:
    """OPEN-5: answered as done, and with other terms, it is certain: the caller sees what
    stands.
    """
    client = make_client(Scripted([INFO, row(unitPrice=4.5)]))
    assert set_terms(client).terms.unit_price == Decimal("4.5")


def test_a_lost_answer_is_repeated() -> None:
    """SAFE-6: it sets values, so an answer that never came is asked for again."""
    assert set_terms(make_client(Scripted([INFO, Reset(), row()]))).terms == AGREED


@pytest.mark.parametrize(
    ("status", "expected"), [(400, RefusedError), (404, NotFoundError), (500, AmbiguousError)]
)
def test_what_an_error_means(status: int, expected: type[TallyError]) -> None:
    """SAFE-2: refused is refused; what is not there has not happened; a 5xx may have."""

    def network(request: requests.PreparedRequest) -> Step:
        return (
            INFO
            if "companyinfo" in (request.url or "")
            else answer(status, '{"code": "X", "message": "no"}')
        )

    assert isinstance(error_of(lambda: set_terms(make_client(Scripted(network)))), expected)


def test_what_connectwise_refuses() -> None:
    """OPEN-5, SAFE-2: a word that it does not know is refused with a 400, and changes nothing."""
    world = World()
    refused = error_of(
        lambda: set_terms(world.client, Terms(unit_price=Decimal(1), bill_customer="Free"))
    )
    assert isinstance(refused, RefusedError)
    assert "billCustomer" in str(refused)
    assert world.simulator.truth.addition(FOREIGN_ADDITION).changes_by(API) == []
