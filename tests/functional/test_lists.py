"""Lists that cannot be read to their end: never a part for the whole."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import pytest

from simulators.clock import VirtualClock
from simulators.faults import Fault, FaultKind, Garble
from simulators.scenario import Agreement, ConnectWiseCompany, ConnectWiseWorld
from tally.domain.model.standing import WHOLE_COMPANY, StandingState
from tally.errors import IncompletePlanError
from testing.audit import audit
from testing.world import TYPE_ID, Customer, World, plain_connectwise
from tests.functional.instants import gmt

FIRST, SECOND = gmt("2026-11-01 00:00"), gmt("2026-11-01 00:15")
OTHERS = 1_005
FAILURES = [
    Fault(kind=FaultKind.STATUS, status=500),
    Fault(kind=FaultKind.STATUS, status=403),
    Fault(kind=FaultKind.TIMEOUT_BEFORE),
    Fault(kind=FaultKind.GARBLED, garble=Garble.TRUNCATED),
    Fault(kind=FaultKind.GARBLED, garble=Garble.EMPTY),
]


def failing(fault: Fault, operation: str, **changes: object) -> Fault:
    """The fault, for one operation."""
    return replace(fault, operation=operation, **changes)  # type: ignore[arg-type]


def crowd() -> ConnectWiseWorld:
    """More ConnectWise companies and agreements than a page holds; the first and the last are not
    of the crowd.
    """
    plain = plain_connectwise()
    return ConnectWiseWorld(
        companies=tuple(
            ConnectWiseCompany(id=number, identifier=f"Other{number}", name=f"Other {number}")
            for number in range(2, OTHERS + 2)
        ),
        agreement_types=plain.agreement_types,
        products=plain.products,
        agreements=tuple(
            Agreement(
                id=number,
                name="Security",
                type_id=TYPE_ID,
                company_id=number,
                start=gmt("2020-01-01 00:00").date(),
            )
            for number in range(2, OTHERS + 2)
        ),
    )


@pytest.fixture
def large() -> World:
    """Other 2, whose company and agreement stand on page 1, and Harbor Dental, on page 2, are
    billed.
    """
    return World(clock=VirtualClock(FIRST), connectwise_world=crowd())


def both(world: World) -> tuple[Customer, Customer]:
    """A customer whose ConnectWise side is on page 1, and one whose is on page 2; 5 and 7
    machines.
    """
    near_id = world.gravityzone.tenant.add_company("Other 2")
    near = Customer(name="Other 2", id=near_id, connectwise_id=2, agreement_id=2)
    far = world.add_customer("Harbor Dental")
    assert far.agreement_id > 1_000
    world.check_in(near, 5)
    world.check_in(far, 7)
    return near, far


def problems(world: World, customers: Sequence[Customer]) -> list[str]:
    return [each for customer in customers for each in audit(world, customer, "2026-11")]


@pytest.mark.parametrize(
    "fault", FAILURES[1:4], ids=lambda fault: f"{fault.kind}-{fault.status}-{fault.garble}"
)
class TestSecondPage:
    def test_of_agreements(self, large: World, fault: Fault) -> None:
        """SAFE-5: when page 2 of the agreements fails, nothing is opened from page 1 alone; the
        next tick is whole.
        """
        customers = both(large)
        large.connectwise.faults.add(failing(fault, "GET agreements", after=1))
        with pytest.raises(IncompletePlanError, match="agreements"):
            large.tick(FIRST)
        assert large.queue.backlog() == 0
        large.connectwise.faults.clear()
        large.play(SECOND)
        assert problems(large, customers) == []

    def test_of_agreements_is_no_secret(self, large: World, fault: Fault) -> None:
        """SAFE-7: those who cannot be opened for it are not shown as billing; their standing names
        the list that failed.
        """
        customers = both(large)
        large.connectwise.faults.add(failing(fault, "GET agreements", after=1))
        large.play(FIRST)
        shown = [large.standing(each).shown for each in customers]
        assert all(
            each.state is not StandingState.BILLING and "agreements" in each.reason
            for each in shown
        )

    @pytest.mark.slow
    def test_of_companies(self, large: World, fault: Fault) -> None:
        """SAFE-5, MATCH-1: when page 2 of the companies fails, nobody is linked, since a namesake
        may stand there.
        """
        customers = both(large)
        large.connectwise.faults.add(failing(fault, "GET companies", after=1))
        with pytest.raises(IncompletePlanError, match="matched"):
            large.tick(FIRST)
        assert list(large.ledger.all_links()) == []
        assert large.queue.backlog() == 0
        large.connectwise.faults.clear()
        large.play(SECOND)
        assert problems(large, customers) == []

    def test_of_companies_with_a_namesake(self, large: World, fault: Fault) -> None:
        """MATCH-1: the namesake on page 2 makes a name ambiguous, whether that page could be read
        the first time or not.
        """
        near, _ = both(large)
        large.connectwise.people.add_company("OtherTwo", "Other 2")
        large.connectwise.faults.add(failing(fault, "GET companies", after=1))
        large.play(FIRST)
        large.connectwise.faults.clear()
        large.play(SECOND)
        assert [each.company_name for each in large.ledger.all_links()] == ["Harbor Dental"]
        assert large.standing(near).shown.state is StandingState.NEEDS_SETUP

    def test_of_agreements_later_on(self, large: World, fault: Fault) -> None:
        """SAFE-5, MATCH-2: open records go on by their ids; nobody on page 2 is told to have no
        agreement.
        """
        customers = both(large)
        large.play(FIRST)
        for customer in customers:
            large.check_in(customer, 1)
        large.connectwise.faults.add(failing(fault, "GET agreements", after=1))
        large.play(SECOND)
        assert large.failures
        assert problems(large, customers) == []
        assert {large.standing(each).shown.state for each in customers} == {StandingState.BILLING}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """Harbor Dental directly below the MSP, North Quay below a sub-partner."""

    world: World
    harbor: Customer
    quay: Customer
    partner_id: str


@pytest.fixture
def tree() -> Tree:
    world = World(clock=VirtualClock(FIRST))
    partner_id = world.gravityzone.tenant.add_company("Tidewater IT", kind="partner")
    harbor, quay = (
        world.add_customer("Harbor Dental"),
        world.add_customer("North Quay", parent_id=partner_id),
    )
    world.check_in(harbor, 5)
    world.check_in(quay, 7)
    return Tree(world=world, harbor=harbor, quay=quay, partner_id=partner_id)


@pytest.mark.parametrize(
    "fault", FAILURES, ids=lambda fault: f"{fault.kind}-{fault.status}-{fault.garble}"
)
class TestSubPartner:
    def test_first_tick(self, tree: Tree, fault: Fault) -> None:
        """SAFE-5, MATCH-1: a sub-partner's list that fails hides names: nobody new is linked until
        it can be read.
        """
        world = tree.world
        world.gravityzone.faults.add(failing(fault, "getCompaniesList", contains=tree.partner_id))
        with pytest.raises(IncompletePlanError, match=tree.partner_id):
            world.tick(FIRST)
        assert list(world.ledger.all_links()) == []
        world.gravityzone.faults.clear()
        world.play(SECOND)
        assert problems(world, (tree.harbor, tree.quay)) == []

    def test_later_on(self, tree: Tree, fault: Fault) -> None:
        """SAFE-5, SAFE-7: the others are planned; its own companies are neither gone nor doubled,
        and stay followed.
        """
        world = tree.world
        world.play(FIRST)
        before = world.standing(tree.quay)
        for customer in (tree.harbor, tree.quay):
            world.check_in(customer, 2)
        world.gravityzone.faults.add(failing(fault, "getCompaniesList", contains=tree.partner_id))
        world.play(SECOND)
        assert problems(world, (tree.harbor, tree.quay)) == []
        assert world.standing(tree.quay).shown == before.shown
        assert world.standing(tree.quay).shown.state is StandingState.BILLING
        assert WHOLE_COMPANY not in world.standing(tree.quay).causes

    def test_across_the_months(self, tree: Tree, fault: Fault) -> None:
        """SAFE-5, OPEN-4: unread at the month's start, they are opened as soon as the list is back,
        as if nothing had been.
        """
        world = tree.world
        world.play(FIRST)
        world.gravityzone.faults.add(failing(fault, "getCompaniesList", contains=tree.partner_id))
        world.play(gmt("2026-12-01 00:00"), gmt("2026-12-02 00:00"))
        assert audit(world, tree.harbor, "2026-12") == []
        assert audit(world, tree.harbor, "2026-11", closed=True) == []
        assert audit(world, tree.quay, "2026-11", closed=True) == []
        assert world.record(tree.quay, "2026-12") is None
        world.gravityzone.faults.clear()
        world.play(gmt("2026-12-02 00:15"))
        assert audit(world, tree.quay, "2026-12") == []

    def test_is_no_secret(self, tree: Tree, fault: Fault) -> None:
        """SAFE-7: whose new month cannot be opened for it is not shown as simply billing."""
        world = tree.world
        world.play(FIRST)
        world.gravityzone.faults.add(failing(fault, "getCompaniesList", contains=tree.partner_id))
        world.play(gmt("2026-12-01 00:00"))
        assert world.standing(tree.quay).shown.state is not StandingState.BILLING


@pytest.mark.parametrize("operation", ["getCompanyDetails", "getCompaniesList"])
def test_root_of_gravityzone_at_the_start_of_a_month(tree: Tree, operation: str) -> None:
    """SAFE-5, SAFE-7: without GravityZone's lists on the 1st nothing is opened, and nobody is shown
    as simply billing.
    """
    world = tree.world
    world.play(FIRST, gmt("2026-11-30 23:45"))
    world.gravityzone.faults.add(Fault(kind=FaultKind.STATUS, operation=operation, status=500))
    world.play(gmt("2026-12-01 00:00"), gmt("2026-12-01 00:15"))
    for customer in (tree.harbor, tree.quay):
        assert world.record(customer, "2026-12") is None
        assert world.standing(customer).shown.state is not StandingState.BILLING
        assert world.standing(customer).shown.since == gmt("2026-12-01 00:00")


def test_unlicensed_customer_is_seen_though_the_census_failed(tree: Tree) -> None:
    """SAFE-7: the day's list of all customers is tried again at the next tick when it failed:
    nobody is skipped for a day.
    """
    world = tree.world
    world.play(FIRST)
    unlicensed = world.gravityzone.tenant.add_company("Old Mill", subscription_type=1)
    world.gravityzone.faults.add(
        Fault(kind=FaultKind.STATUS, operation="getCompaniesList", status=500, after=4)
    )
    world.play(gmt("2026-11-02 00:00"))
    assert world.failures
    world.gravityzone.faults.clear()
    world.play(gmt("2026-11-02 00:15"))
    standing = world.ledger.standing(unlicensed)
    assert standing is not None
    assert standing.shown.state is StandingState.WAITING


def absent_by_licence(tree: Tree) -> None:
    tree.world.gravityzone.tenant.change_subscription(tree.quay.id, 1)


def absent_by_deletion(tree: Tree) -> None:
    tree.world.gravityzone.tenant.delete_company(tree.quay.id)


@pytest.mark.parametrize("absent", [absent_by_licence, absent_by_deletion])
def test_asked_for_by_id_before_it_counts_as_gone(
    tree: Tree, absent: Callable[[Tree], None]
) -> None:
    """SAFE-7, SAFE-5, CLOSE-5: a company that a list lacks is asked for by its id; until that is
    answered it is as it was, and the tick has not failed for it.
    """
    world = tree.world
    world.play(FIRST)
    absent(tree)
    world.gravityzone.faults.add(
        Fault(
            kind=FaultKind.STATUS, operation="getCompanyDetails", contains=tree.quay.id, status=500
        )
    )
    planned = world.tick(SECOND)
    assert [tree.quay.id in each for each in planned.troubles] == [True]
    assert WHOLE_COMPANY not in world.standing(tree.quay).causes
    assert world.queue.backlog() == 2
    world.gravityzone.faults.clear()
    world.play(gmt("2026-11-01 01:00"))
    assert world.standing(tree.quay).shown.state is StandingState.WAITING
    assert problems(world, (tree.harbor,)) == []
    assert world.additions(tree.quay) == [(7, "2026-11-01", "2026-11-30")]


def test_company_in_a_list_twice_is_billed_once(tree: Tree) -> None:
    """OPEN-1: a customer moved from one partner to another keeps its link, its record and its one
    Addition.
    """
    world = tree.world
    world.play(FIRST)
    world.gravityzone.tenant.move_company(tree.quay.id, world.gravityzone.tenant.own.id)
    world.check_in(tree.quay, 1)
    world.play(SECOND)
    assert problems(world, (tree.harbor, tree.quay)) == []
    assert len(list(world.ledger.all_links())) == 2
