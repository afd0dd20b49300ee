"""What ConnectWise does not show: whose fault it is, and that nothing is concluded from it
(MATCH-8).
"""

import pytest

from simulators.connectwise import Right
from simulators.faults import Fault, FaultKind
from tally.domain.model.standing import StandingState
from tally.errors import NotYetError
from testing.audit import audit
from testing.world import World
from tests.functional.instants import gmt

FIRST, SECOND, THIRD = gmt("2026-11-01 00:00"), gmt("2026-11-01 00:15"), gmt("2026-11-01 00:30")
PAGE = "<html><title>Request Rejected</title><body>Support ID 77</body></html>"
NAMES = ("Harbor Dental", "Juniper Law", "Old Mill Bakery")


def test_a_role_that_sees_no_agreement(world: World) -> None:
    """MATCH-8: nobody is told to make an agreement that may be there; with the role put right all
    are billed.
    """
    customers = [world.add_customer(name) for name in NAMES]
    world.connectwise.options.sees_mine = frozenset({Right.AGREEMENTS_INQUIRE})
    world.play(FIRST)
    for customer in customers:
        shown = world.standing(customer).shown
        assert shown.state is StandingState.NEEDS_SETUP
        assert "sees 0 of 3 companies" in shown.reason
        assert "is its role Inquire All (Finance > Agreements)?" in shown.reason
    world.connectwise.options.sees_mine = frozenset()
    world.play(SECOND)
    assert [world.standing(customer).shown.state for customer in customers] == [
        StandingState.BILLING
    ] * 3
    assert [audit(world, customer, "2026-11") for customer in customers] == [[], [], []]


def test_a_role_that_sees_no_agreement_any_more(world: World) -> None:
    """MATCH-8: a role that is changed in mid-month closes and holds nothing: open records are
    followed by their ids.
    """
    customers = [world.add_customer(name) for name in NAMES]
    world.play(FIRST)
    world.connectwise.options.sees_mine = frozenset({Right.AGREEMENTS_INQUIRE})
    world.check_in(customers[0], 4)
    world.play(SECOND)
    records = [world.record(customer, "2026-11") for customer in customers]
    assert [record is not None and record.hold is None for record in records] == [True] * 3
    assert [each[0] for each in world.additions(customers[0])] == [0]
    assert "not seen by the API member's role" in world.standing(customers[0]).shown.reason
    for customer in customers[1:]:
        assert "0 of 3 companies" in world.standing(customer).shown.reason
    world.connectwise.options.sees_mine = frozenset()
    world.play(THIRD)
    assert [world.standing(customer).shown.state for customer in customers] == [
        StandingState.BILLING
    ] * 3


def test_a_role_that_sees_some_agreements(world: World) -> None:
    """MATCH-8: where a role shows some of many, an agreement that it hides is not told as missing
    without the question for the role; what it shows is billed.
    """
    customers = [world.add_customer(name) for name in NAMES]
    world.connectwise.options.sees_mine = frozenset({Right.AGREEMENTS_INQUIRE})
    world.connectwise.options.mine = frozenset({customers[0].agreement_id})
    world.play(FIRST)
    assert world.standing(customers[0]).shown.state is StandingState.BILLING
    for customer in customers[1:]:
        assert "let the API member's role be Inquire All" in world.standing(customer).shown.reason


@pytest.mark.parametrize("right", [Right.CATALOG_INQUIRE, Right.TABLES_INQUIRE])
def test_a_role_that_sees_no_product_or_type(world: World, right: Right) -> None:
    """MATCH-8, MATCH-2: nor does an empty catalog or table of types say that the name is wrong."""
    customer = world.add_customer("Harbor Dental")
    world.connectwise.options.sees_mine = frozenset({right})
    world.play(FIRST)
    shown = world.standing(customer).shown
    assert shown.state is StandingState.NEEDS_SETUP
    assert "If it is there, let the API member's role be Inquire All." in shown.reason
    world.connectwise.options.sees_mine = frozenset()
    world.play(SECOND)
    assert world.standing(customer).shown.state is StandingState.BILLING


def test_a_role_that_sees_some_companies(world: World) -> None:
    """MATCH-8: nor is a company that such a role hides told as deleted, or as not there."""
    customers = [world.add_customer(name) for name in NAMES]
    world.play(FIRST)
    new = world.add_customer("Granite Peak")
    world.connectwise.options.sees_mine = frozenset({Right.COMPANIES_INQUIRE})
    world.connectwise.options.mine = frozenset({customers[0].connectwise_id})
    world.play(SECOND)
    assert world.standing(customers[0]).shown.state is StandingState.BILLING
    for customer in (*customers[1:], new):
        assert "Inquire All" in world.standing(customer).shown.reason


@pytest.mark.parametrize("some_are_linked", [True, False])
def test_a_role_that_sees_no_company(world: World, *, some_are_linked: bool) -> None:
    """MATCH-8: no customer is told that its ConnectWise company is missing where none at all is
    seen.
    """
    if some_are_linked:
        world.add_customer("Granite Peak")
        world.play(FIRST)
    new = world.add_customer("Harbor Dental")
    world.connectwise.options.sees_mine = frozenset({Right.COMPANIES_INQUIRE})
    world.play(SECOND)
    reason = world.standing(new).shown.reason
    assert ("sees 0 of 1 companies" if some_are_linked else "sees no company") in reason
    assert "is its role Inquire All (Companies > Company Maintenance)?" in reason
    world.connectwise.options.sees_mine = frozenset()
    world.play(THIRD)
    assert world.standing(new).shown.state is StandingState.BILLING


@pytest.mark.parametrize("status", [200, 302, 401, 403, 404])
@pytest.mark.parametrize("operation", ["GET *", "* additions*", "GET agreements", "GET types"])
def test_something_in_front_of_connectwise(world: World, status: int, operation: str) -> None:
    """MATCH-8: a page in front is nobody's missing right, key or agreement; when it is gone all is
    as it must be.
    """
    harbor = world.add_customer("Harbor Dental")
    world.play(FIRST)
    world.check_in(harbor, 5)
    world.connectwise.faults.add(
        Fault(
            kind=FaultKind.STATUS,
            status=status,
            body=PAGE,
            content_type="text/html",
            operation=operation,
        )
    )
    world.play(SECOND)
    failures = [error for error in world.failures if not isinstance(error, NotYetError)]
    assert all("Request Rejected Support ID 77" in str(error) for error in failures)
    record = world.record(harbor, "2026-11")
    assert record is not None
    assert record.hold is None
    reason = world.standing(harbor).shown.reason
    for claim in ("lacks", "keys", "make one", "address itself", "is not there"):
        assert claim not in reason
    world.connectwise.faults.clear()
    world.work()
    world.play(THIRD)
    assert [each[0] for each in world.additions(harbor)] == [5]
    assert audit(world, harbor, "2026-11") == []


def test_an_old_server(world: World) -> None:
    """An API version that the server does not know fails the tick with words that name both."""
    harbor = world.add_customer("Harbor Dental")
    world.connectwise.options.known_versions = frozenset({"2022.1"})
    world.play(FIRST)
    assert "It knows version 2022.1" in str(world.failures[0])
    world.connectwise.options.known_versions = None
    world.play(SECOND)
    assert audit(world, harbor, "2026-11") == []


def test_a_catalog_that_is_refused_is_named(world: World) -> None:
    """SAFE-7: what is said of a catalog that may not be read is about the catalog."""
    harbor = world.add_customer("Harbor Dental")
    world.connectwise.options.taken_rights = frozenset({Right.CATALOG_INQUIRE})
    world.play(FIRST)
    assert "ConnectWise could not be read: ConnectWise GET /procurement/catalog" in str(
        world.failures[0]
    )
    assert "Procurement > Product Catalog: Inquire All" in world.standing(harbor).shown.reason
