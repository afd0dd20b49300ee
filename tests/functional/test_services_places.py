"""Each service's own place in ConnectWise: product, agreement type and agreement, and what is said
where one is missing.
"""

from datetime import date, timedelta

import pytest

from simulators.faults import Fault, FaultKind
from simulators.gravityzone.counters import MISSING
from tally.domain.model.month import Month
from tally.domain.model.reading import ENDPOINTS
from tally.domain.model.standing import WHOLE_COMPANY, Scope, StandingState
from testing.scopes import of_record
from testing.world import Customer, World
from tests.functional.instants import gmt
from tests.functional.services_world import (
    EDR,
    EDR_TYPE_ID,
    EMAIL,
    add_edr_agreement,
    lines,
    options_of,
    restarted,
    setting,
    use,
    world_of,
)

NOVEMBER = ("2026-11-01", "2026-11-30")
ENDPOINT, MAIL = "GZ-ENDPOINT", "GZ-EMAIL"
NEVER_MADE = {**EMAIL, "product": "GZ-Email"}
pytestmark = pytest.mark.world(**options_of(setting(email=EMAIL, edr=EDR)))


def test_a_missing_product_stops_its_service_alone() -> None:
    """MATCH-2: a product that is not in the catalog stops its service, with the near miss and the
    setting; the others bill.
    """
    world = world_of(setting(email=NEVER_MADE))
    harbor = world.add_customer("Harbor Dental")
    world.check_in(harbor, 3)
    world.play(gmt("2026-11-01 00:00"), gmt("2026-11-01 00:15"))
    assert lines(world, harbor.agreement_id) == [("GZ-ENDPOINT", 3, *NOVEMBER)]
    standing = world.standing(harbor)
    assert standing.causes[of_record("2026-11")].state is StandingState.BILLING
    assert standing.shown.state is StandingState.NEEDS_SETUP
    for said in ("'GZ-Email'", "'GZ-EMAIL'", "Services, product of email"):
        assert said in standing.shown.reason
    world.check_in(harbor, 1)
    world.play(gmt("2026-11-01 00:30"))
    assert world.standing(harbor).shown.state is StandingState.NEEDS_SETUP
    restarted(world, setting(email=EMAIL))
    world.play(gmt("2026-11-01 00:45"))
    assert len(lines(world, harbor.agreement_id)) == 2
    assert world.standing(harbor).shown.state is StandingState.BILLING


def test_a_product_renamed_stops_no_open_record(world: World, harbor: Customer) -> None:
    """MATCH-2: an open record goes on by its ids while its service's product cannot be found by
    name.
    """
    add_edr_agreement(world, harbor)
    world.play(gmt("2026-11-01 00:00"))
    restarted(world, setting(email=NEVER_MADE, edr=EDR))
    use(world, harbor, EMAIL["counter"], 2)
    world.play(gmt("2026-11-01 00:15"))
    assert ("GZ-EMAIL", 2, *NOVEMBER) in lines(world, harbor.agreement_id)
    standing = world.standing(harbor)
    assert standing.causes[of_record("2026-11", "email")].state is StandingState.BILLING
    assert standing.causes[Scope(service="email")].state is StandingState.NEEDS_SETUP


def test_a_type_that_is_not_found_proves_no_agreement_gone(world: World, harbor: Customer) -> None:
    """MATCH-2, FOLLOW-3: where a service's type is not to be found, a 404 is no proof that its
    agreement is gone.
    """
    edr_agreement = add_edr_agreement(world, harbor)
    world.play(gmt("2026-11-01 00:00"))
    restarted(world, setting(email=EMAIL, edr={**EDR, "agreementType": "Edr"}))
    use(world, harbor, EDR["counter"], 2)
    missing = Fault(
        kind=FaultKind.STATUS, operation="GET additions", contains=f"/{edr_agreement}/", status=404
    )
    world.connectwise.faults.add(missing)
    world.play(gmt("2026-11-01 00:15"))
    assert world.standing(harbor).causes[of_record("2026-11", "edr")].state is StandingState.FAILING
    assert "'EDR'" in world.standing(harbor).causes[Scope(service="edr")].reason


def test_a_word_goes_with_what_it_was_about() -> None:
    """SAFE-7: what a worker said of a service that cannot be opened any more is said no more; the
    planner's word stands.
    """
    world = world_of(setting(email=EMAIL))
    harbor = world.add_customer("Harbor Dental")
    world.gravityzone.tenant.override_counter(harbor.id, "2026-11", EMAIL["counter"], MISSING)
    world.play(gmt("2026-11-01 00:00"))
    assert (
        world.standing(harbor).causes[of_record("2026-11", "email")].state is StandingState.FAILING
    )
    restarted(world, setting(email=NEVER_MADE))
    world.play(gmt("2026-11-01 00:15"))
    assert set(world.standing(harbor).causes) == {of_record("2026-11"), Scope(service="email")}


def test_what_stops_all_services_is_the_companys() -> None:
    """MATCH-2, SAFE-7: where no service can be opened, that is said of the company as a whole."""
    world = world_of(setting(endpoints={"product": "nope"}, email=NEVER_MADE))
    harbor = world.add_customer("Harbor Dental")
    world.play(gmt("2026-11-01 00:00"))
    cause = world.standing(harbor).causes[WHOLE_COMPANY]
    assert cause.state is StandingState.NEEDS_SETUP
    assert "'nope'" in cause.reason
    assert "'GZ-Email'" in cause.reason


def test_a_missing_agreement_stops_its_service_alone(world: World, harbor: Customer) -> None:
    """MATCH-3: no agreement of one service's type stops that service; its word stays while the
    others are followed.
    """
    for tick in ("2026-11-01 00:00", "2026-11-01 00:15"):
        world.check_in(harbor, 1)
        world.play(gmt(tick))
        cause = world.standing(harbor).causes[Scope(Month(2026, 11), "edr")]
        assert cause.state is StandingState.NEEDS_SETUP
        assert cause.reason.startswith("edr: Harbor Dental has no agreement of the type")
        assert world.standing(harbor).shown == cause
    assert lines(world, harbor.agreement_id) == [
        ("GZ-ENDPOINT", 2, *NOVEMBER),
        ("GZ-EMAIL", 0, *NOVEMBER),
    ]
    edr_agreement = add_edr_agreement(world, harbor)
    world.play(gmt("2026-11-01 00:30"))
    assert len(lines(world, edr_agreement)) == 1
    assert world.standing(harbor).shown.state is StandingState.BILLING
    assert Scope(Month(2026, 11), "edr") not in world.standing(harbor).causes


def test_a_month_as_a_whole_has_one_word(world: World, harbor: Customer) -> None:
    """SAFE-7: what is so for every service is said once, of the month."""
    world.connectwise.people.edit_agreement(harbor.agreement_id, {"cancelledFlag": True})
    restarted(world, setting(email=EMAIL))
    world.play(gmt("2026-11-01 00:00"))
    assert set(world.standing(harbor).causes) == {Scope(Month(2026, 11))}


def test_a_pin_counts_for_the_services_of_its_type(world: World, harbor: Customer) -> None:
    """MATCH-3: a pinned agreement is the one for the services of its type; those of another type
    choose by themselves.
    """
    second = world.connectwise.people.add_agreement(
        harbor.connectwise_id, EDR_TYPE_ID, "More", start=date(2020, 1, 1)
    )
    edr_agreement = add_edr_agreement(world, harbor)
    world.play(gmt("2026-11-01 00:00"))
    assert (
        "has 2 active agreements"
        in world.standing(harbor).causes[Scope(Month(2026, 11), "edr")].reason
    )
    world.set_up().pin(harbor.id, second, by="anna", why="that one")
    world.play(gmt("2026-11-01 00:15"))
    assert len(lines(world, second)) == 1
    assert lines(world, edr_agreement) == []
    assert len(lines(world, harbor.agreement_id)) == 2
    lakeside = world.add_customer("Lakeside Library")
    add_edr_agreement(world, lakeside)
    world.add_agreement(lakeside.connectwise_id, name="Spare")
    world.play(gmt("2026-11-01 00:30"))
    world.set_up().pin(lakeside.id, lakeside.agreement_id, by="anna", why="that one")
    world.play(gmt("2026-11-01 00:45"))
    assert len(lines(world, lakeside.agreement_id)) == 2
    assert world.standing(lakeside).shown.state is StandingState.BILLING
    world.play(gmt("2026-12-01 00:00"))
    for customer in (harbor, lakeside):
        for service in ("endpoints", "email", "edr"):
            assert world.record(customer, "2026-12", service) is not None


def test_a_pin_outside_all_types_is_said(world: World, harbor: Customer) -> None:
    """MATCH-3: a pin on an agreement that is of no service's type stops them all: it is never
    passed over in silence.
    """
    add_edr_agreement(world, harbor)
    other = world.connectwise.people.add_agreement(
        harbor.connectwise_id, 18, "Other", start=date(2020, 1, 1)
    )
    world.play(gmt("2026-11-01 00:00"))
    world.set_up().pin(harbor.id, other, by="anna", why="that one")
    world.connectwise.people.edit_agreement(other, {"type": {"id": 1}})
    world.play(gmt("2026-11-01 00:15"))
    assert "pinned for Harbor Dental" in world.standing(harbor).shown.reason


def test_a_hold_on_one_service_is_its_own(world: World, harbor: Customer) -> None:
    """OPEN-6: somebody's Addition of one product holds that service; Additions of other products
    are no matter.
    """
    edr_agreement = add_edr_agreement(world, harbor)
    world.connectwise.people.add_addition(
        harbor.agreement_id,
        "GZ-EMAIL",
        quantity=4,
        effective=date(2026, 11, 1),
        cancelled=date(2026, 11, 30),
    )
    world.check_in(harbor, 2)
    world.play(gmt("2026-11-01 00:00"))
    standing = world.standing(harbor)
    assert standing.causes[of_record("2026-11", "email")].state is StandingState.HELD
    assert standing.causes[of_record("2026-11")].state is StandingState.BILLING
    assert len(lines(world, edr_agreement)) == 1
    assert [line for line in lines(world, harbor.agreement_id) if line[0] == "GZ-ENDPOINT"] == [
        ("GZ-ENDPOINT", 2, *NOVEMBER)
    ]


def test_the_floor_is_of_the_counter_it_names() -> None:
    """READ-6, CLOSE-2: the committed number is that of all endpoints: it raises their line at the
    close, and no other.
    """
    world = world_of(setting(email=EMAIL))
    world.bill_minimum = True
    harbor = world.add_customer("Harbor Dental")
    world.gravityzone.tenant.company(harbor.id).minimum_usage = 7
    restarted(world, setting(email=EMAIL))
    use(world, harbor, EMAIL["counter"], 2)
    world.play(gmt("2026-11-01 00:00"), gmt("2026-12-02 00:00"))
    assert lines(world, harbor.agreement_id)[:2] == [
        ("GZ-ENDPOINT", 7, *NOVEMBER),
        ("GZ-EMAIL", 2, *NOVEMBER),
    ]


def test_little_time_left_brings_the_job_back() -> None:
    """SAFE-6: a further service is begun only with time left for it; the job comes back and goes on
    with the rest.
    """
    world = world_of(setting(email=EMAIL))
    harbor = world.add_customer("Harbor Dental")
    world.tick(gmt("2026-11-01 00:00"))
    slow = world.worker(has_time=lambda: False)
    (message,) = world.queue.receive()
    world.deliver(message, slow)
    assert [line[0] for line in lines(world, harbor.agreement_id)] == ["GZ-ENDPOINT"]
    assert of_record("2026-11", "email") not in world.standing(harbor).causes
    world.work()
    assert len(lines(world, harbor.agreement_id)) == 2
    assert world.clock.now() < gmt("2026-11-01 00:15")


def two_without_an_agreement(foreign: tuple[str, ...]) -> tuple[World, Customer]:
    """A customer with these products' Additions beside ours, whose one agreement has ended since;
    email's counter is gone too.
    """
    world = world_of(setting(email=EMAIL))
    harbor = world.add_customer("Harbor Dental")
    people = world.connectwise.people
    for product in foreign:
        people.add_addition(
            harbor.agreement_id, product, quantity=3, effective=date(2026, 11, 1), cancelled=None
        )
    if ENDPOINT not in foreign:
        world.gravityzone.tenant.override_counter(harbor.id, "2026-11", ENDPOINTS.counter, MISSING)
    world.play(gmt("2026-11-02 00:00"))
    world.work(until=timedelta(days=1))
    people.edit_agreement(
        harbor.agreement_id, {"cancelledFlag": True, "dateCancelled": "2026-11-03T00:00:00Z"}
    )
    world.gravityzone.tenant.override_counter(harbor.id, "2026-11", EMAIL["counter"], MISSING)
    world.play(gmt("2026-11-04 00:00"))
    return world, harbor


@pytest.mark.parametrize("foreign", [(ENDPOINT, MAIL), (MAIL,)])
def test_what_the_planner_says_of_both_stays_for_the_other(foreign: tuple[str, ...]) -> None:
    """SAFE-7, READ-6: a worker's word on one service takes nothing away from what the planner has
    to say of the other.
    """
    world, harbor = two_without_an_agreement(foreign)
    causes = world.standing(harbor).causes
    assert causes[of_record("2026-11", "email")].state is StandingState.FAILING
    of_endpoints = [
        cause for scope, cause in causes.items() if scope in of_record("2026-11").planners
    ]
    assert [cause.state for cause in of_endpoints] == [StandingState.NEEDS_SETUP]
    assert "no agreement of the type that is active" in of_endpoints[0].reason
