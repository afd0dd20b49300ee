"""Several services at once: each has its own count, line and record, and none is another's
trouble.
"""

import json

import pytest

from simulators.faults import Fault, FaultKind
from simulators.gravityzone.counters import MISSING
from tally.domain.model.month import Month
from tally.domain.model.standing import StandingState
from tally.domain.record.usage_record import RecordState
from testing.scopes import of_record
from testing.world import Customer, World
from tests.functional.instants import gmt
from tests.functional.services_world import (
    EDR,
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
ENDPOINT, MAIL, SENSOR = "GZ-ENDPOINT", "GZ-EMAIL", "GZ-EDR"
pytestmark = pytest.mark.world(**options_of(setting(email=EMAIL, edr=EDR)))


def asked(world: World) -> list[str]:
    """The licensing methods that were called since the log was cleared, in order."""
    methods = [json.loads(call.body)["method"] for call in world.gravityzone.calls]
    return [each for each in methods if each.startswith("getMonthlyUsage")]


def test_two_services_on_one_agreement() -> None:
    """READ-6: each service is a line of its own with its own count, product and text, and follows
    its own counter.
    """
    world = world_of(setting(email=EMAIL))
    harbor = world.add_customer("Harbor Dental")
    world.check_in(harbor, 3)
    use(world, harbor, EMAIL["counter"], 2)
    world.play(gmt("2026-11-01 00:00"))
    assert lines(world, harbor.agreement_id) == [(ENDPOINT, 5, *NOVEMBER), (MAIL, 2, *NOVEMBER)]
    use(world, harbor, EMAIL["counter"], 1)
    world.play(gmt("2026-11-01 00:15"), gmt("2026-12-02 00:00"))
    assert lines(world, harbor.agreement_id)[:2] == [(ENDPOINT, 6, *NOVEMBER), (MAIL, 3, *NOVEMBER)]
    texts = [
        each.text
        for each in world.connectwise.truth.additions(
            agreement_id=harbor.agreement_id, deleted=False
        )
    ]
    assert texts[0].startswith("Bitdefender GravityZone active endpoints, November 2026")
    assert texts[1].startswith("Bitdefender GravityZone email, November 2026")
    for service, count in (("endpoints", 6), ("email", 3)):
        record = world.record(harbor, "2026-11", service)
        assert record is not None
        assert (record.state, record.count) == (RecordState.CLOSED, count)
    assert world.failures == []


def test_a_service_of_another_agreement_type(world: World, harbor: Customer) -> None:
    """READ-6, MATCH-3: a service with its own agreement type is billed on the customer's agreement
    of that type, added up over its product types.
    """
    edr_agreement = add_edr_agreement(world, harbor)
    use(world, harbor, EDR["counter"], 2)
    use(world, harbor, EDR["counter"], 3, product_type=3)
    use(world, harbor, EDR["counter"], 9, product_type=5)
    world.play(gmt("2026-11-01 00:00"))
    assert lines(world, harbor.agreement_id) == [(ENDPOINT, 2, *NOVEMBER), (MAIL, 0, *NOVEMBER)]
    assert lines(world, edr_agreement) == [(SENSOR, 5, *NOVEMBER)]
    assert world.standing(harbor).shown.state is StandingState.BILLING


def test_one_call_serves_all_of_type_0() -> None:
    """READ-6: services of product type 0 alone need one getMonthlyUsage, however many they are."""
    world = world_of(
        setting(
            email=EMAIL, patch={"counter": "patchManagementMonthlyUsage", "product": "GZ-PATCH"}
        )
    )
    world.add_customer("Harbor Dental")
    world.play(gmt("2026-11-01 00:00"))
    assert asked(world) == ["getMonthlyUsage"]
    world.gravityzone.calls.clear()
    before = len(list(world.connectwise.calls))
    world.play(gmt("2026-11-01 00:15"))
    assert asked(world) == ["getMonthlyUsage"]
    # FOLLOW-2: the planner's own lists, and nothing for an unchanged count.
    additions = [
        call for call in list(world.connectwise.calls)[before:] if "additions" in call.path
    ]
    assert additions == []


def test_one_more_call_for_all_others(world: World, harbor: Customer) -> None:
    """READ-6: getMonthlyUsagePerProductType is called once, and only where a service of another
    type is due.
    """
    restarted(
        world,
        setting(
            email=EMAIL,
            edr=EDR,
            phasr={**EDR, "counter": "phasrMonthlyUsage", "product": "GZ-PATCH"},
        ),
    )
    add_edr_agreement(world, harbor)
    world.play(gmt("2026-11-01 00:00"))
    assert asked(world) == ["getMonthlyUsage", "getMonthlyUsagePerProductType"]
    world.gravityzone.calls.clear()
    restarted(world, setting(endpoints=False, edr=EDR))
    lakeside = world.add_customer("Lakeside Library")
    add_edr_agreement(world, lakeside)
    world.play(gmt("2026-11-02 00:15"))
    usage_calls = [
        json.loads(call.body)["params"]
        for call in world.gravityzone.calls
        if b"Monthly" in call.body
    ]
    assert asked(world) == ["getMonthlyUsagePerProductType"] * 2
    assert {each["companyId"] for each in usage_calls if "companyId" in each} == {
        harbor.id,
        lakeside.id,
    }


@pytest.mark.parametrize("option", ["types_repeated", "types_in_use_only"])
def test_entries_repeated_or_left_out(world: World, harbor: Customer, option: str) -> None:
    """READ-6: entries of one product type that come twice add up; a type that the company does not
    use adds nothing.
    """
    edr_agreement = add_edr_agreement(world, harbor)
    setattr(world.gravityzone.options, option, True)
    use(world, harbor, EDR["counter"], 3, product_type=3)
    world.play(gmt("2026-11-01 00:00"))
    assert lines(world, edr_agreement) == [(SENSOR, 3, *NOVEMBER)]


def test_no_usages_are_no_zero(world: World, harbor: Customer) -> None:
    """READ-2, READ-6: an answer without any entry is unknown: nothing is opened on it, and the
    standing says so.
    """
    edr_agreement = add_edr_agreement(world, harbor)
    world.gravityzone.options.types_in_use_only = True
    world.play(gmt("2026-11-01 00:00"))
    assert lines(world, edr_agreement) == []
    assert lines(world, harbor.agreement_id) == [(ENDPOINT, 0, *NOVEMBER), (MAIL, 0, *NOVEMBER)]
    failing = world.standing(harbor).causes[of_record("2026-11", "edr")]
    assert failing.state is StandingState.FAILING
    assert "without any product type" in failing.reason


def test_a_service_added_in_mid_month() -> None:
    """READ-6: a service that is added is opened for the present month, on the record's own place;
    the others go on as they were.
    """
    world = world_of("")
    harbor = world.add_customer("Harbor Dental")
    use(world, harbor, EMAIL["counter"], 2)
    world.play(gmt("2026-11-01 00:00"), gmt("2026-11-20 00:00"))
    before = world.record(harbor, "2026-11")
    restarted(world, setting(email=EMAIL))
    world.play(gmt("2026-11-20 00:15"))
    assert lines(world, harbor.agreement_id) == [(ENDPOINT, 2, *NOVEMBER), (MAIL, 2, *NOVEMBER)]
    assert world.record(harbor, "2026-11") == before
    use(world, harbor, EMAIL["counter"], 1)
    world.play(gmt("2026-11-20 00:30"))
    assert [line[1] for line in lines(world, harbor.agreement_id)] == [3, 3]
    assert world.standing(harbor).shown.state is StandingState.BILLING


@pytest.mark.parametrize("first_month", [None, Month(2026, 10)], ids=str)
def test_a_service_added_early_in_a_month_does_not_bill_the_last(first_month: Month | None) -> None:
    """OPEN-8, OPEN-9: until the 10th the month before is opened late, but not for a service that
    nobody had then.
    """
    world = world_of("", at="2026-10-01 00:00")
    world.first_month = first_month
    harbor = world.add_customer("Harbor Dental")
    restarted(world, "")
    use(world, harbor, EMAIL["counter"], 2)
    world.play(gmt("2026-10-01 00:00"), gmt("2026-11-03 00:00"))
    restarted(world, setting(email=EMAIL))
    use(world, harbor, EMAIL["counter"], 1)
    world.play(gmt("2026-11-03 00:15"))
    assert [line for line in lines(world, harbor.agreement_id) if line[0] == MAIL] == [
        (MAIL, 1, *NOVEMBER)
    ]
    assert world.record(harbor, "2026-10", "email") is None


def test_an_agreement_made_late_opens_last_month_for_its_service_alone(
    world: World, harbor: Customer
) -> None:
    """OPEN-9: what one service could not open in its month is opened until the 10th, though the
    others had their records.
    """
    use(world, harbor, EDR["counter"], 2)
    world.play(gmt("2026-11-01 00:00"), gmt("2026-12-01 00:00"))
    assert world.record(harbor, "2026-11", "edr") is None
    edr_agreement = add_edr_agreement(world, harbor)
    world.play(gmt("2026-12-01 00:15"))
    assert (SENSOR, 2, *NOVEMBER) in lines(world, edr_agreement)
    assert [line[2] for line in lines(world, harbor.agreement_id) if line[0] == MAIL] == [
        "2026-11-01",
        "2026-12-01",
    ]


def test_a_service_taken_out_is_not_lost_sight_of(world: World, harbor: Customer) -> None:
    """SAFE-7, CLOSE-5: a service that is no longer in the settings opens no month; its open one
    stays, says why, and is closed as it stands.
    """
    use(world, harbor, EMAIL["counter"], 2)
    add_edr_agreement(world, harbor)
    world.play(gmt("2026-11-01 00:00"))
    restarted(world, setting(edr=EDR))
    use(world, harbor, EMAIL["counter"], 5)
    world.play(gmt("2026-11-01 00:15"))
    assert lines(world, harbor.agreement_id) == [(ENDPOINT, 7, *NOVEMBER), (MAIL, 2, *NOVEMBER)]
    cause = world.standing(harbor).causes[of_record("2026-11", "email")]
    assert cause.state is StandingState.WAITING
    assert "Services" in cause.reason
    world.play(gmt("2026-12-01 00:00"), gmt("2026-12-02 00:00"))
    record = world.record(harbor, "2026-11", "email")
    assert record is not None
    assert (record.state, record.count) == (RecordState.CLOSED, 2)
    assert record.notices
    assert world.record(harbor, "2026-12", "email") is None
    assert world.failures == []


def test_a_missing_counter_stops_its_service_alone(world: World, harbor: Customer) -> None:
    """READ-2, SAFE-5: one service whose counter is missing fails, and says so at its own scope; the
    others are brought up to date.
    """
    edr_agreement = add_edr_agreement(world, harbor)
    world.play(gmt("2026-11-01 00:00"))
    world.gravityzone.tenant.override_counter(harbor.id, "2026-11", "endpointMonthlyUsage", MISSING)
    use(world, harbor, EMAIL["counter"], 2)
    use(world, harbor, EDR["counter"], 1, product_type=3)
    world.play(gmt("2026-11-01 00:15"))
    assert lines(world, harbor.agreement_id) == [(ENDPOINT, 0, *NOVEMBER), (MAIL, 2, *NOVEMBER)]
    assert lines(world, edr_agreement) == [(SENSOR, 1, *NOVEMBER)]
    standing = world.standing(harbor)
    assert {scope: cause.state for scope, cause in standing.causes.items()} == {
        of_record("2026-11"): StandingState.FAILING,
        of_record("2026-11", "email"): StandingState.BILLING,
        of_record("2026-11", "edr"): StandingState.BILLING,
    }
    assert "endpointMonthlyUsage" in standing.shown.reason
    assert world.failures
    world.gravityzone.tenant.clear_overrides()
    world.play(gmt("2026-11-01 00:30"))
    assert world.standing(harbor).shown.state is StandingState.BILLING


@pytest.mark.parametrize(
    ("method", "fails"), [("getMonthlyUsage", 2), ("getMonthlyUsagePerProductType", 1)]
)
def test_a_call_that_fails_stops_the_services_it_serves(
    world: World, harbor: Customer, method: str, fails: int
) -> None:
    """SAFE-5, READ-6: of two calls one that fails stops those that it serves, by name, and no
    other.
    """
    edr_agreement = add_edr_agreement(world, harbor)
    use(world, harbor, EDR["counter"], 1)
    body = '{"id": null, "jsonrpc": "2.0", "error": {"code": -32000, "message": "Server error"}}'
    error = Fault(
        kind=FaultKind.STATUS,
        operation=method,
        status=200,
        body=body,
        content_type="application/json",
    )
    world.gravityzone.faults.add(error)
    world.play(gmt("2026-11-01 00:00"))
    states = [cause.state for cause in world.standing(harbor).causes.values()]
    assert states.count(StandingState.FAILING) == fails
    assert states.count(StandingState.BILLING) == 3 - fails
    assert len(lines(world, harbor.agreement_id)) == (0 if fails == 2 else 2)
    assert len(lines(world, edr_agreement)) == (1 if fails == 2 else 0)


def test_a_refused_addition_stops_its_service_alone(world: World, harbor: Customer) -> None:
    """SAFE-2, SAFE-5: a write that comes to nothing for one service leaves the others' writes
    alone, and is made up for.
    """
    edr_agreement = add_edr_agreement(world, harbor)
    world.connectwise.faults.add(
        Fault(kind=FaultKind.STATUS, operation="POST additions", status=503, times=1)
    )
    world.play(gmt("2026-11-01 00:00"))
    world.play(gmt("2026-11-01 00:15"))
    assert sorted(line[0] for line in lines(world, harbor.agreement_id)) == [MAIL, ENDPOINT]
    assert len(lines(world, edr_agreement)) == 1
    assert world.standing(harbor).shown.state is StandingState.BILLING


def test_what_an_opening_needs_stops_no_record_that_is_open() -> None:
    """READ-3, SAFE-5: the licence is asked for to open the added service; where that fails, the
    open one is followed all the same.
    """
    world = world_of("")
    harbor = world.add_customer("Harbor Dental")
    world.play(gmt("2026-11-01 00:00"))
    restarted(world, setting(email=EMAIL))
    world.check_in(harbor, 2)
    world.gravityzone.faults.add(
        Fault(kind=FaultKind.STATUS, operation="getLicenseInfo", status=500)
    )
    world.play(gmt("2026-11-01 00:15"))
    assert lines(world, harbor.agreement_id) == [(ENDPOINT, 2, *NOVEMBER)]
    causes = world.standing(harbor).causes
    assert causes[of_record("2026-11")].state is StandingState.BILLING
    assert causes[of_record("2026-11", "email")].state is StandingState.FAILING


def test_a_licence_lost_is_seen_by_all_services(world: World, harbor: Customer) -> None:
    """READ-2, READ-3: one count that falls makes the licence be asked for, and without one no
    service's zero is believed.
    """
    edr_agreement = add_edr_agreement(world, harbor)
    use(world, harbor, EDR["counter"], 4)
    world.play(gmt("2026-11-01 00:00"))
    world.gravityzone.tenant.change_subscription(harbor.id, 2)
    world.play(gmt("2026-11-01 00:15"))
    assert [
        line[1] for line in (*lines(world, harbor.agreement_id), *lines(world, edr_agreement))
    ] == [4, 0, 4]
    assert world.standing(harbor).shown.state is StandingState.WAITING


def test_a_doubtful_zero_of_one_service_leaves_anothers_count() -> None:
    """READ-3, SAFE-5: at the close a service that nobody used counts 0 without the paid licence,
    which is no count; what was counted of the other service is one.
    """
    world = world_of(setting(email=EMAIL))
    harbor = world.add_customer("Harbor Dental")
    world.check_in(harbor, 3)
    world.play(gmt("2026-11-01 00:00"))
    world.gravityzone.tenant.change_subscription(harbor.id, 5)
    world.check_in(harbor, 2)
    world.play(gmt("2026-12-02 00:00"))
    assert lines(world, harbor.agreement_id)[:2] == [(ENDPOINT, 5, *NOVEMBER), (MAIL, 0, *NOVEMBER)]
    endpoints, email = (world.record(harbor, "2026-11", each) for each in ("endpoints", "email"))
    assert endpoints is not None
    assert email is not None
    assert (endpoints.state, endpoints.count) == (RecordState.CLOSED, 5)
    assert "no longer lists a monthly subscription" in " ".join(email.notices)
