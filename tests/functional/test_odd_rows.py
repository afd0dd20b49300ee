"""One odd row of a list: it concerns whom it names, and nobody else."""

from datetime import date, timedelta
from typing import Any

import pytest
from requests import PreparedRequest, Response
from requests.adapters import BaseAdapter

from tally.domain.model.standing import StandingState
from tally.errors import IncompletePlanError
from testing.world import PRODUCT, Customer, World
from tests.functional.instants import gmt

FIRST = gmt("2026-11-01 00:05")
QUARTER = timedelta(minutes=15)
BILLING, FAILING, SET_UP = StandingState.BILLING, StandingState.FAILING, StandingState.NEEDS_SETUP

ODD_AGREEMENTS: dict[str, tuple[dict[str, Any], StandingState]] = {
    "odd start": ({"startDate": "soon"}, FAILING),
    "no such day": ({"endDate": "2026-02-30T00:00:00Z"}, FAILING),
    "a day as a number": ({"dateCancelled": 20261101}, FAILING),
    "odd billing start": ({"billStartDate": "31/12/2026"}, FAILING),
    "odd flag": ({"cancelledFlag": "perhaps"}, FAILING),
    "cycle a text": ({"billingCycle": "Monthly"}, FAILING),
    "cycle's id a text": ({"billingCycle": {"id": "2", "name": "Monthly"}}, BILLING),
    "no cycle": ({"billingCycle": ""}, SET_UP),
    "cycle null": ({"billingCycle": None}, SET_UP),
    "cycle without a name": ({"billingCycle": {"id": 2, "name": None}}, SET_UP),
    "type null": ({"type": None}, FAILING),
    "type's id a text": ({"type": {"id": "18", "name": "Endpoint Security"}}, FAILING),
    "company null": ({"company": None}, SET_UP),
    "company empty": ({"company": ""}, SET_UP),
    "name a list": ({"name": ["x"]}, BILLING),
    "next invoice odd": ({"nextInvoiceDate": "never"}, BILLING),
    "next invoice of .NET": ({"nextInvoiceDate": "0001-01-01T00:00:00Z"}, BILLING),
    "next invoice of a database": ({"nextInvoiceDate": "1900-01-01T00:00:00Z"}, BILLING),
    "next invoice at the end of time": ({"nextInvoiceDate": "9999-12-31T23:59:59Z"}, BILLING),
    "start of .NET": ({"startDate": "0001-01-01T00:00:00Z"}, BILLING),
    "end at the end of time": ({"endDate": "9999-12-31T00:00:00Z"}, BILLING),
    "end of .NET": ({"endDate": "0001-01-01T00:00:00Z"}, BILLING),
    "cancelled of .NET": ({"dateCancelled": "0001-01-01T00:00:00Z"}, BILLING),
    "cancelled in 1900": ({"dateCancelled": "1900-01-01"}, BILLING),
    "billing begins in 1753": ({"billStartDate": "1753-01-01T00:00:00Z"}, BILLING),
    "half a character": ({"name": "Managed \ud800"}, BILLING),
    "500 kB": ({"name": "M" * 500_000}, BILLING),
    "info a list": ({"_info": []}, BILLING),
    "limit NaN": ({"applicationLimit": float("nan")}, BILLING),
    "id of the cycle infinite": (
        {"billingCycle": {"id": float("inf"), "name": "Monthly"}},
        BILLING,
    ),
    "end infinite": ({"endDate": float("inf")}, FAILING),
}


def _three(world: World) -> list[Customer]:
    customers = [
        world.add_customer(name) for name in ("Anchor Law", "Harbor Dental", "Zenith Foods")
    ]
    for customer in customers:
        world.check_in(customer, 4)
    return customers


@pytest.mark.parametrize("kind", ODD_AGREEMENTS)
def test_odd_agreement(world: World, kind: str) -> None:
    """SAFE-5: an agreement of which a field is odd is its company's trouble, named by its id; the
    others are billed.
    """
    anchor, harbor, zenith = _three(world)
    odd, state = ODD_AGREEMENTS[kind]
    world.connectwise.people.show_oddly("agreement", harbor.agreement_id, odd)
    planned = world.tick(FIRST)
    world.work()
    assert [world.additions(each)[0][0] for each in (anchor, zenith)] == [4, 4]
    shown = world.standing(harbor).shown
    assert (shown.state, planned.unplaced) == (state, 0), shown.reason
    if state is not BILLING:
        assert world.additions(harbor) == []
    if state is FAILING:
        assert f"(id {harbor.agreement_id}) cannot be read" in shown.reason
        assert len(shown.reason) < 1_000
    world.connectwise.people.show_truly("agreement", harbor.agreement_id)
    world.play(FIRST + QUARTER)
    assert world.additions(harbor)[0][0] == 4
    assert world.standing(harbor).shown.state is BILLING


@pytest.mark.parametrize(
    "kind", [kind for kind, (_, state) in ODD_AGREEMENTS.items() if state is FAILING]
)
def test_open_records_go_on(world: World, kind: str) -> None:
    """MATCH-2, SAFE-5: what is open on an agreement that cannot be read is not gone: it waits,
    told, until the agreement can be.
    """
    customers = _three(world)
    harbor = customers[1]
    world.play(FIRST)
    world.connectwise.people.show_oddly("agreement", harbor.agreement_id, ODD_AGREEMENTS[kind][0])
    for customer in customers:
        world.check_in(customer, 2)
    world.play(FIRST + QUARTER)
    assert [world.additions(each)[0][0] for each in customers] == [6, 4, 6]
    shown = world.standing(harbor).shown
    assert shown.state is FAILING
    assert f"finance/agreements/{harbor.agreement_id}" in shown.reason
    world.connectwise.people.show_truly("agreement", harbor.agreement_id)
    world.play(FIRST + 2 * QUARTER)
    assert world.standing(harbor).shown.state is BILLING
    assert [world.additions(each)[0][0] for each in customers] == [6, 6, 6]


@pytest.mark.parametrize("start", ["startDate", "billStartDate"])
def test_what_never_begins_is_not_billed(world: World, start: str) -> None:
    """OPEN-3: an agreement that begins in the year 9999 has not begun, rather than always."""
    harbor = _three(world)[1]
    world.connectwise.people.show_oddly(
        "agreement", harbor.agreement_id, {start: "9999-12-31T00:00:00Z"}
    )
    world.play(FIRST)
    assert world.additions(harbor) == []
    assert world.standing(harbor).shown.state is StandingState.WAITING


UNPLACED: dict[str, Any] = {
    "null": None,
    "a number": 12,
    "id a text": {"id": "12"},
    "id true": {"id": True},
    "id below zero": {"id": -5},
    "id zero": {"id": 0},
    "id with an underscore": {"id": "1_2"},
    "id a fraction": {"id": 12.5},
    "id null": {"id": None},
    "id huge": {"id": 10**30},
    "company's id a text": {"company": {"id": "12", "name": "x"}},
    "company a text": {"company": "Harbor Dental"},
    "company's id true": {"company": {"id": True}},
}


@pytest.mark.parametrize("kind", UNPLACED)
def test_agreement_that_nobody_can_place(world: World, kind: str) -> None:
    """SAFE-5: a row of which nobody can tell whom it concerns is counted and told, and stops
    nobody.
    """
    customers = _three(world)
    stranger = world.connectwise.people.add_company("stranger", "Nobody's")
    odd = world.add_agreement(stranger)
    world.connectwise.people.show_oddly("agreement", odd, UNPLACED[kind])
    planned = world.tick(FIRST)
    world.work()
    assert planned.unplaced == 1
    assert "agreements" in planned.troubles[0]
    assert [world.additions(each)[0][0] for each in customers] == [4, 4, 4]
    assert world.tick(FIRST + QUARTER).unplaced == 1


def test_list_of_nothing_that_can_be_placed(world: World) -> None:
    """SAFE-5: a list none of whose rows can be placed is no list: it is not used at all."""
    customers = _three(world)
    for customer in customers:
        world.connectwise.people.show_oddly("agreement", customer.agreement_id, None)
    with pytest.raises(IncompletePlanError, match="ConnectWise GET /finance/agreements: row"):
        world.tick(FIRST)
    assert [world.additions(each) for each in customers] == [[], [], []]


ODD_ADDITIONS: dict[str, dict[str, Any]] = {
    "quantity null": {"quantity": None},
    "quantity a text": {"quantity": "12"},
    "quantity true": {"quantity": True},
    "quantity NaN": {"quantity": float("nan")},
    "quantity infinite": {"quantity": float("-inf")},
    "product null": {"product": None},
    "product's id a text": {"product": {"id": "501"}},
    "effective odd": {"effectiveDate": "soon"},
}


@pytest.mark.parametrize("kind", ODD_ADDITIONS)
@pytest.mark.parametrize("ended", [date(2025, 12, 31), date(2026, 10, 31)])
def test_odd_addition_of_the_past(world: World, kind: str, ended: date) -> None:
    """SAFE-5: an Addition that cannot be read, and ended before the month, keeps the month from
    nothing.
    """
    harbor = _three(world)[1]
    old = world.connectwise.people.add_addition(
        harbor.agreement_id, PRODUCT, quantity=3, effective=date(2025, 1, 1), cancelled=ended
    )
    odd = {"cancelledDate": f"{ended}T00:00:00Z", **ODD_ADDITIONS[kind]}
    world.connectwise.people.show_oddly("addition", old, odd)
    world.play(FIRST)
    assert [each[0] for each in world.additions(harbor)] == [3, 4]
    assert world.standing(harbor).shown.state is BILLING


@pytest.mark.parametrize("kind", [*ODD_ADDITIONS, "cancelled odd"])
def test_odd_addition_of_the_month(world: World, kind: str) -> None:
    """SAFE-5: one that may bill the month is its company's `failing`; the error names that very
    Addition.
    """
    anchor, harbor, zenith = _three(world)
    odd_id = world.connectwise.people.add_addition(
        harbor.agreement_id,
        PRODUCT,
        quantity=3,
        effective=date(2026, 11, 1),
        cancelled=date(2026, 11, 30),
    )
    odd = ODD_ADDITIONS.get(kind, {"cancelledDate": "later"})
    world.connectwise.people.show_oddly("addition", odd_id, odd)
    world.play(FIRST)
    shown = world.standing(harbor).shown
    assert shown.state is FAILING
    assert f"Addition {odd_id} cannot be read" in shown.reason
    assert [each[0] for each in world.additions(harbor)] == [3]
    assert [world.additions(each)[0][0] for each in (anchor, zenith)] == [4, 4]


ODD_COMPANIES: dict[str, Any] = {
    "no name": {"name": None},
    "name a number": {"name": 12},
    "name a list": {"name": ["Harbor Dental"]},
    "half a character": {"name": "Harbor\ud800Dental"},
    "500 kB": {"name": "H" * 500_000},
}


@pytest.mark.parametrize("kind", ODD_COMPANIES)
def test_odd_company_in_connectwise(world: World, kind: str) -> None:
    """SAFE-5, MATCH-1: a ConnectWise company without a name that can be read is linked to nobody;
    the others are.
    """
    anchor, harbor, zenith = _three(world)
    world.connectwise.people.show_oddly("company", harbor.connectwise_id, ODD_COMPANIES[kind])
    planned = world.tick(FIRST)
    world.work()
    assert planned.linked == 2
    assert [world.additions(each)[0][0] for each in (anchor, zenith)] == [4, 4]
    assert world.standing(harbor).shown.state is SET_UP


@pytest.mark.parametrize("odd", [{"deletedFlag": "perhaps"}, b'"deletedFlag":true'])
def test_company_of_which_nobody_knows_if_it_is_deleted(world: World, odd: object) -> None:
    """READ-8, MATCH-7, SAFE-5: it is linked to nobody; where it is linked, its customer shows
    `failing` and its deletion is not claimed. The others are billed.
    """
    anchor, harbor, zenith = _three(world)
    people = world.connectwise.people
    people.show_oddly("company", harbor.connectwise_id, odd)
    assert (world.tick(FIRST).linked, world.standing(harbor).shown.state) == (2, SET_UP)
    people.show_truly("company", harbor.connectwise_id)
    world.play(FIRST + QUARTER)
    people.show_oddly("company", harbor.connectwise_id, odd)
    world.play(FIRST + 2 * QUARTER)
    shown = world.standing(harbor).shown
    assert (shown.state, "could not be asked for" in shown.reason) == (FAILING, True)
    people.show_truly("company", harbor.connectwise_id)
    world.play(FIRST + 3 * QUARTER)
    assert world.standing(harbor).shown.state is BILLING
    assert [world.additions(each)[0][0] for each in (anchor, harbor, zenith)] == [4, 4, 4]
    assert world.failures == []


@pytest.mark.parametrize("row", [None, 5, [], {"id": "3"}, {"id": None}, {"id": True}])
def test_company_in_connectwise_that_nobody_can_place(world: World, row: Any) -> None:  # noqa: ANN401
    """SAFE-5: so with a row that is no company at all: it is counted."""
    customers = _three(world)
    stranger = world.connectwise.people.add_company("stranger", "Nobody's")
    world.connectwise.people.show_oddly("company", stranger, row)
    planned = world.tick(FIRST)
    assert planned.unplaced == 1
    assert planned.linked == len(customers)


class _Retold(BaseAdapter):
    """A network on which one text of the answers is another one."""

    def __init__(self, inner: BaseAdapter, text: str, instead: str) -> None:
        super().__init__()
        self._inner, self._text, self._instead = inner, text.encode(), instead.encode()

    def send(self, request: PreparedRequest, *args: Any, **kwargs: Any) -> Response:  # noqa: ANN401
        answer = self._inner.send(request, *args, **kwargs)
        answer._content = answer.content.replace(self._text, self._instead)
        return answer

    def close(self) -> None:
        self._inner.close()


AGREEMENT = '"id":{agreement},"name":"Managed security"'
TWICE = {
    "end": (AGREEMENT, f'{AGREEMENT},"endDate":"2026-10-31T00:00:00Z","endDate":null', FAILING),
    "cancelled": (AGREEMENT, f'{AGREEMENT},"cancelledFlag":true', FAILING),
    "name": (AGREEMENT, f'{AGREEMENT},"name":"Another"', BILLING),
    "type": (
        '"company":{{"id":{harbor},',
        '"type":{{"id":19}},"company":{{"id":{harbor},',
        FAILING,
    ),
    "company": ('"company":{{"id":{harbor},', '"company":{{"id":{anchor},"id":{harbor},', SET_UP),
    "itself": (AGREEMENT, f'"id":999,{AGREEMENT}', SET_UP),
}


@pytest.mark.parametrize("what", TWICE)
def test_a_row_with_a_key_twice_is_odd(world: World, what: str) -> None:
    """READ-8, SAFE-5: what stands twice in one row of a list is unknown: it is that row's trouble,
    and nobody else's agreement.
    """
    anchor, harbor, zenith = _three(world)
    text, twice, state = TWICE[what]
    ids = {
        "harbor": harbor.connectwise_id,
        "anchor": anchor.connectwise_id,
        "agreement": harbor.agreement_id,
    }
    retold = (text.format(**ids), twice.format(**ids))
    world.plan = world.planner(
        wrap=lambda port: _Retold(port, *retold) if isinstance(port, BaseAdapter) else port
    )
    planned = world.tick(FIRST)
    world.work()
    assert [world.additions(each)[0][0] for each in (anchor, zenith)] == [4, 4]
    shown = world.standing(harbor).shown
    assert (shown.state, planned.unplaced) == (state, int(state is SET_UP)), shown.reason
