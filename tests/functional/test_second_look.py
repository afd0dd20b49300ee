"""Sequences that went wrong once: each is a life of one customer over several ticks."""

from dataclasses import replace
from datetime import timedelta

import pytest

from simulators.clock import VirtualClock
from simulators.faults import Fault, FaultKind, Garble
from tally.domain.model.standing import StandingState
from tally.domain.record.usage_record import RecordState
from testing.world import Customer, World, plain_connectwise
from tests.functional.instants import every, gmt
from tests.functional.kinds_seen import CHANGED

HOUR = timedelta(hours=1)
pytestmark = pytest.mark.world(at=gmt("2026-10-01 00:00"))


@pytest.fixture
def harbor(world: World) -> Customer:
    """A customer with seven machines in October."""
    customer = world.add_customer("Harbor Dental")
    world.check_in(customer, 7, at=gmt("2026-10-01 00:00"))
    return customer


def quantities(world: World, customer: Customer) -> list[int]:
    return [each[0] for each in world.additions(customer)]


def test_a_customer_that_became_a_partner_is_not_billed_for_its_children(
    world: World, harbor: Customer
) -> None:
    """READ-4: its counters include its children's from then on; a list that fails later makes it no
    customer again.
    """
    world.play(gmt("2026-10-01 00:05"))
    tenant = world.gravityzone.tenant
    tenant.company(harbor.id).kind = "partner"
    child = world.add_customer("Harbor Dental North", parent_id=harbor.id)
    world.check_in(child, 40, at=gmt("2026-10-05 00:00"))
    world.play(gmt("2026-10-05 00:05"))
    world.gravityzone.faults.add(
        Fault(kind=FaultKind.STATUS, status=500, operation="getCompaniesList")
    )
    world.play(gmt("2026-10-05 00:20"), gmt("2026-10-05 00:35"))
    assert quantities(world, harbor) == [7]


def test_a_trial_month_is_not_billed_afterwards(world: World, harbor: Customer) -> None:
    """READ-3, OPEN-9: listed all through its trial, the customer begins to be billed with the month
    of its subscription.
    """
    world.gravityzone.tenant.change_subscription(harbor.id, 5)
    world.play(*every(timedelta(days=3), "2026-10-01 00:05", "2026-11-02 00:05"))
    world.gravityzone.tenant.change_subscription(harbor.id, 3)
    world.play(gmt("2026-11-03 00:05"), gmt("2026-11-04 00:05"))
    assert [each[1] for each in world.additions(harbor)] == ["2026-11-01"]


def test_a_month_that_nobody_could_open_is_told(world: World, harbor: Customer) -> None:
    """SAFE-7, OPEN-9: with its agreement made after the 10th, the last month is in no Addition, and
    a notice says so.
    """
    world.connectwise.people.cancel_agreement(harbor.agreement_id, gmt("2026-09-01 00:00").date())
    world.play(*every(timedelta(days=5), "2026-10-01 00:05", "2026-11-10 00:05"))
    world.add_agreement(harbor.connectwise_id, name="Late")
    world.play(gmt("2026-11-12 00:05"), gmt("2026-11-13 00:05"))
    shown = world.standing(harbor).shown
    assert shown.state is StandingState.BILLING
    assert any("October 2026 could not be opened in time" in notice for notice in shown.notices)
    world.play(gmt("2026-12-01 00:05"), gmt("2026-12-03 00:05"))
    assert world.standing(harbor).shown.notices == ()


def test_a_refused_push_is_tried_again_once_a_day(world: World, harbor: Customer) -> None:
    """SAFE-2: what is mended on the Addition is heard of nowhere, so a refused push is tried once a
    day, and no more.
    """
    world.play(gmt("2026-10-01 00:05"))
    world.connectwise.faults.add(
        Fault(kind=FaultKind.STATUS, operation="PATCH additions/{id}", status=400)
    )
    world.check_in(harbor, 3, at=gmt("2026-10-02 00:00"))
    world.play(*every(HOUR, "2026-10-02 00:05", "2026-10-03 22:05"))
    assert world.connectwise.calls.count("PATCH additions/{id}") == 2
    world.connectwise.faults.clear()
    world.play(gmt("2026-10-04 00:05"))
    assert quantities(world, harbor) == [10]


def test_a_customer_moved_while_the_lists_are_read_is_asked_for(
    world: World, harbor: Customer
) -> None:
    """SAFE-7, CLOSE-2: the day's list of all customers shows it, the licensed ones do not: it is
    asked for, not given up.
    """
    north = world.gravityzone.tenant.add_company("North", kind="partner")
    south = world.gravityzone.tenant.add_company("South", kind="partner")
    world.gravityzone.tenant.move_company(harbor.id, south)
    world.play(gmt("2026-10-01 00:05"), gmt("2026-10-31 00:05"))
    lists = 0

    def move(request: object, operation: str) -> None:
        nonlocal lists
        lists += operation == "getCompaniesList"
        if lists == 5:  # the root's two and one partner's two have been read
            world.gravityzone.tenant.move_company(harbor.id, south if parent == north else north)

    parent = world.gravityzone.tenant.company(harbor.id).parent_id
    world.check_in(harbor, 2, at=gmt("2026-10-31 23:00"))
    world.gravityzone.faults.chooser = move
    world.play(gmt("2026-11-02 00:05"))
    world.gravityzone.faults.chooser = None
    record = world.record(harbor, "2026-10")
    assert record is not None
    assert (record.state, record.count) == (RecordState.CLOSED, 9)


def test_an_agreement_deleted_under_an_intent(world: World, harbor: Customer) -> None:
    """SAFE-2, MATCH-3: with the agreement gone from the list and by its id, the month is opened on
    the one that there is.
    """
    world.connectwise.faults.add(Fault(kind=FaultKind.TIMEOUT_BEFORE, operation="POST additions"))
    world.play(gmt("2026-10-01 00:05"))
    world.connectwise.faults.clear()
    world.connectwise.people.delete_agreement(harbor.agreement_id)
    other = world.add_agreement(harbor.connectwise_id, name="Instead")
    world.play(*every(timedelta(minutes=15), "2026-10-01 00:35", "2026-10-01 02:05"))
    (made,) = world.connectwise.truth.additions(agreement_id=other)
    assert made.quantity == 7


def test_an_agreement_deleted_under_an_open_month(world: World, harbor: Customer) -> None:
    """FOLLOW-3: with the agreement gone from the list and by its id, its Addition is gone: held,
    not failing for ever.
    """
    world.add_customer("Somebody whose agreement is seen")
    world.play(gmt("2026-10-01 00:05"))
    world.connectwise.people.delete_agreement(harbor.agreement_id)
    world.check_in(harbor, 1, at=gmt("2026-10-02 00:00"))
    world.play(gmt("2026-10-02 00:05"))
    record = world.record(harbor, "2026-10")
    assert record is not None
    assert record.hold is not None
    assert record.hold.kind in CHANGED
    assert "is gone from the agreement" in record.hold.why


def test_a_refused_opening_is_tried_with_another_product() -> None:
    """SAFE-2: what was refused of one product is tried with another."""
    plain = plain_connectwise()
    spare = replace(plain.products[0], id=502, identifier="SPARE")
    world = World(
        clock=VirtualClock(gmt("2026-10-01 00:00")),
        connectwise_world=replace(plain, products=(*plain.products, spare)),
    )
    harbor = world.add_customer("Harbor Dental")
    world.connectwise.faults.add(
        Fault(kind=FaultKind.STATUS, operation="POST additions", status=400)
    )
    world.play(gmt("2026-10-01 00:05"))
    world.connectwise.faults.clear()
    world.connectwise.people.edit_product(501, {"identifier": "OLD"})
    world.connectwise.people.edit_product(502, {"identifier": world.product})
    world.play(gmt("2026-10-01 00:20"), gmt("2026-10-01 00:35"))
    assert quantities(world, harbor) == [0]


def test_a_month_that_gravityzone_does_not_tell_any_more_is_closed(
    world: World, harbor: Customer
) -> None:
    """CLOSE-5: after a long outage the past month may not be readable; late enough, what stands is
    the last word.
    """
    world.play(gmt("2026-10-01 00:05"))
    world.gravityzone.faults.add(
        Fault(
            kind=FaultKind.STATUS,
            status=200,
            operation="getMonthlyUsage",
            contains='"10/2026"',
            body=(
                '{"jsonrpc": "2.0", "id": null, "error": {"code": -32602, "message": "Invalid '
                'params"}}'
            ),
        )
    )
    world.play(gmt("2026-11-05 00:05"))
    assert world.standing(harbor).shown.state is StandingState.FAILING
    world.play(gmt("2026-11-10 00:05"), gmt("2026-11-10 00:20"))
    record = world.record(harbor, "2026-10")
    assert record is not None
    assert (record.state, record.count) == (RecordState.CLOSED, 7)
    shown = world.standing(harbor).shown
    assert shown.state is StandingState.BILLING


def test_what_a_month_closed_with_is_told_through_the_next_one(
    world: World, harbor: Customer
) -> None:
    """SAFE-7: a notice of the close is seen after the close, beside the new month's standing."""
    world.play(gmt("2026-10-01 00:05"))
    world.gravityzone.tenant.delete_company(harbor.id)
    world.play(gmt("2026-11-01 00:05"), gmt("2026-11-02 00:05"), gmt("2026-11-03 00:05"))
    notices = world.standing(harbor).shown.notices
    assert any("Closed with the last count that could be read" in notice for notice in notices)
    world.play(gmt("2026-11-10 00:05"), gmt("2026-11-30 00:05"))
    assert any(
        "Closed with the last count" in notice for notice in world.standing(harbor).shown.notices
    )
    world.play(gmt("2026-12-01 00:05"))
    assert world.standing(harbor).shown.notices == ()


def test_the_floor_is_billed_where_the_setting_says_so() -> None:
    """CLOSE-2: within the month the Addition shows what is active; at the close not less than what
    was committed to.
    """
    for bill_minimum, expected in ((True, 10), (False, 7)):
        world = World(clock=VirtualClock(gmt("2026-10-01 00:00")), bill_minimum=bill_minimum)
        company = world.gravityzone.tenant.add_company("Harbor Dental", minimum_usage=10)
        connectwise_id = world.connectwise.people.add_company("Harbor", "Harbor Dental")
        agreement_id = world.add_agreement(connectwise_id)
        customer = Customer(
            name="Harbor Dental",
            id=company,
            connectwise_id=connectwise_id,
            agreement_id=agreement_id,
        )
        world.check_in(customer, 7)
        world.play(gmt("2026-10-01 00:05"), gmt("2026-10-31 00:05"))
        assert quantities(world, customer)[:1] == [7]
        world.play(gmt("2026-11-02 00:05"), gmt("2026-11-03 00:05"))
        assert quantities(world, customer)[:1] == [expected]
        record = world.record(customer, "2026-10")
        assert record is not None
        assert (record.state, record.count, record.floor) == (RecordState.CLOSED, 7, 10)


@pytest.mark.parametrize("garble", [Garble.TRUNCATED, Garble.HTML, Garble.EMPTY])
def test_a_garbled_answer_closes_nothing(world: World, harbor: Customer, garble: Garble) -> None:
    """CLOSE-2: late as it may be, an answer that cannot be read says nothing about the count; the
    next one does.
    """
    world.play(gmt("2026-10-01 00:05"))
    world.check_in(harbor, 9, at=gmt("2026-10-20 00:00"))
    world.gravityzone.faults.add(
        Fault(kind=FaultKind.GARBLED, garble=garble, operation="getMonthlyUsage")
    )
    world.play(gmt("2026-11-15 00:05"))
    world.gravityzone.faults.clear()
    world.play(gmt("2026-11-15 01:05"))
    record = world.record(harbor, "2026-10")
    assert record is not None
    assert (record.state, record.count) == (RecordState.CLOSED, 16)


def test_a_refused_push_is_not_closed_over(world: World, harbor: Customer) -> None:
    """CLOSE-2, CLOSE-5: with a higher count known and refused, the month is held, not closed on the
    lower one for want of a reading.
    """
    world.play(gmt("2026-10-01 00:05"))
    world.check_in(harbor, 9, at=gmt("2026-10-20 00:00"))
    world.connectwise.faults.add(
        Fault(kind=FaultKind.STATUS, operation="PATCH additions/{id}", status=400)
    )
    world.play(gmt("2026-10-20 00:05"))
    world.gravityzone.tenant.delete_company(harbor.id)
    world.play(gmt("2026-11-02 00:05"))
    record = world.record(harbor, "2026-10")
    assert record is not None
    assert record.state is RecordState.OPEN
    assert world.standing(harbor).shown.state is StandingState.HELD


def test_a_floor_that_stands_already_is_no_fall() -> None:
    """CLOSE-2, READ-2: the floor was pushed and the close comes again: the count below it is the
    count, on trial by now or not.
    """
    world = World(clock=VirtualClock(gmt("2026-10-01 00:00")), bill_minimum=True)
    company = world.gravityzone.tenant.add_company("Harbor Dental", minimum_usage=10)
    connectwise_id = world.connectwise.people.add_company("Harbor", "Harbor Dental")
    agreement_id = world.add_agreement(connectwise_id)
    customer = Customer(
        name="Harbor Dental", id=company, connectwise_id=connectwise_id, agreement_id=agreement_id
    )
    world.check_in(customer, 7)
    world.play(gmt("2026-10-01 00:05"))
    world.connectwise.options.list_lag = timedelta(minutes=4)
    world.tick(gmt("2026-11-02 00:05"))
    world.work(until=timedelta(seconds=30))
    world.gravityzone.tenant.change_subscription(company, 5)
    world.work()
    record = world.record(customer, "2026-10")
    assert record is not None
    assert (record.state, record.count, record.floor, record.notices) == (
        RecordState.CLOSED,
        7,
        10,
        (),
    )
