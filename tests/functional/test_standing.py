"""Every company has one visible standing, and the most serious of its causes is what shows."""

import json
from dataclasses import replace
from datetime import timedelta

from simulators.faults import Fault, FaultKind
from tally.domain.model.standing import WHOLE_COMPANY, Standing, StandingState
from tally.domain.record.usage_record import RecordState
from testing.scopes import of_record
from testing.world import Customer, World
from tests.functional.instants import every, gmt

FIRST, SECOND, THIRD = gmt("2026-11-01 00:00"), gmt("2026-11-01 00:15"), gmt("2026-11-01 00:30")
FOLDER = "f" * 24


def standing_of(world: World, company_id: str) -> Standing:
    """A company's standing; every one has one."""
    standing = world.ledger.standing(company_id)
    assert standing is not None
    return standing


def asked_by_id(world: World) -> list[str]:
    """Which companies were asked for by id."""
    bodies = [
        json.loads(call.body)["params"] for call in world.gravityzone.calls.of("getCompanyDetails")
    ]
    return [params["companyId"] for params in bodies if "companyId" in params]


def test_nobody_is_skipped_silently(world: World, harbor: Customer) -> None:
    """SAFE-7: after the first tick each company of the tree has its standing, whoever is not billed
    included.
    """
    tenant = world.gravityzone.tenant
    partner = tenant.add_company("Summit Peak IT", kind="partner")
    expected = {
        harbor.id: StandingState.BILLING,
        tenant.add_company("Trial", subscription_type=1): StandingState.WAITING,
        tenant.add_company("Yearly", subscription_type=2): StandingState.WAITING,
        tenant.add_company("Unknown to ConnectWise"): StandingState.NEEDS_SETUP,
        partner: StandingState.NEEDS_SETUP,
        world.add_customer("Juniper Law", parent_id=partner).id: StandingState.BILLING,
        tenant.add_company(
            "Yearly below", parent_id=partner, subscription_type=2
        ): StandingState.WAITING,
    }
    world.play(FIRST)
    assert {
        each.id: standing_of(world, each.id).shown.state
        for each in world.gravityzone.truth.companies()
    } == expected


def test_a_company_without_licence_that_comes_later(world: World, harbor: Customer) -> None:
    """SAFE-7: a customer without a monthly subscription is seen within a day, though no tick bills
    it.
    """
    world.play(FIRST)
    later = world.gravityzone.tenant.add_company("Yearly", subscription_type=2)
    world.play(gmt("2026-11-02 00:00"))
    assert standing_of(world, later).shown.state is StandingState.WAITING


def test_since_when(world: World) -> None:
    """SAFE-7: a state keeps since when it has been so, whatever its words become; another state
    begins anew.
    """
    harbor = world.add_customer("Harbor Dental", connectwise_name="Nobody")
    world.play(FIRST, SECOND)
    assert world.standing(harbor).shown.since == FIRST
    near = world.connectwise.people.add_company("HarborDental2", "harbor dental")
    world.play(THIRD)
    shown = world.standing(harbor).shown
    assert f"id {near}" in shown.reason
    assert shown.since == FIRST
    made = world.connectwise.people.add_company("HarborDental3", "Harbor Dental")
    world.add_agreement(made)
    world.play(gmt("2026-11-01 00:45"))
    shown = world.standing(harbor).shown
    assert (shown.state, shown.since) == (StandingState.BILLING, gmt("2026-11-01 00:45"))


def test_the_most_serious_month_shows(world: World, harbor: Customer) -> None:
    """SAFE-7: a month before that is held shows above the new one that is billed; when it closes,
    billing shows.
    """
    world.check_in(harbor, 3)
    world.play(FIRST)
    (made,) = world.connectwise.truth.made_by_api()
    world.connectwise.people.set_quantity(made.id, 40)
    world.play(gmt("2026-12-01 00:00"), gmt("2026-12-02 00:00"))
    standing = world.standing(harbor)
    assert standing.shown.state is StandingState.HELD
    assert standing.causes[of_record("2026-12")].state is StandingState.BILLING
    world.connectwise.people.set_quantity(made.id, 3)
    world.play(gmt("2026-12-02 00:15"), gmt("2026-12-02 00:30"))
    assert world.standing(harbor).shown.state is StandingState.BILLING
    assert set(world.standing(harbor).causes) == {of_record("2026-12")}


def test_failing_shows_above_all(world: World, harbor: Customer) -> None:
    """SAFE-7: failing, since when and with its last error, shows above a hold; both go when their
    causes go.
    """
    world.check_in(harbor, 3)
    world.play(FIRST)
    (made,) = world.connectwise.truth.made_by_api()
    world.connectwise.people.set_quantity(made.id, 40)
    world.play(gmt("2026-12-02 00:00"))
    november = Fault(
        kind=FaultKind.STATUS, operation="getMonthlyUsage", contains="12/2026", status=502
    )
    world.gravityzone.faults.add(november)
    world.play(gmt("2026-12-02 00:15"), gmt("2026-12-02 00:30"))
    shown = world.standing(harbor).shown
    assert (shown.state, shown.since) == (StandingState.FAILING, gmt("2026-12-02 00:15"))
    assert "502" in shown.reason
    assert harbor.id in shown.reason
    world.gravityzone.faults.clear()
    world.play(gmt("2026-12-02 00:45"))
    assert world.standing(harbor).shown.state is StandingState.HELD


def test_the_last_good_reading(world: World, harbor: Customer) -> None:
    """SAFE-7: when the company was last read is known to six hours, and not written at every
    tick.
    """
    world.play(FIRST)
    version = world.standing(harbor).version
    world.play(*every(timedelta(minutes=15), "2026-11-01 00:15", "2026-11-01 06:00"))
    assert (world.standing(harbor).last_reading, world.standing(harbor).version) == (FIRST, version)
    world.play(gmt("2026-11-01 06:00"))
    assert world.standing(harbor).last_reading == gmt("2026-11-01 06:00")


def test_who_is_not_read_says_so_at_once(world: World, harbor: Customer) -> None:
    """SAFE-7: that the last reading is noted seldom hides nothing: the first failure stands, since
    its tick, and so does its end.
    """
    world.play(FIRST)
    world.gravityzone.faults.add(
        Fault(kind=FaultKind.STATUS, operation="getMonthlyUsage", contains=harbor.id, status=502)
    )
    world.play(gmt("2026-11-01 00:15"), gmt("2026-11-01 00:30"))
    failing = world.standing(harbor)
    assert (failing.shown.state, failing.shown.since) == (
        StandingState.FAILING,
        gmt("2026-11-01 00:15"),
    )
    assert failing.last_reading == FIRST
    world.gravityzone.faults.clear()
    world.play(gmt("2026-11-01 01:00"))
    recovered = world.standing(harbor)
    assert recovered.shown.state is StandingState.BILLING
    assert recovered.last_reading is not None
    assert recovered.last_reading > failing.tick - timedelta(minutes=15), (
        "of the attempt that ended it, six hours or not"
    )


def test_gone_is_asked_for_by_id_first(world: World, harbor: Customer) -> None:
    """SAFE-7: a company that the lists lack is asked for by id before it counts as gone; once, not
    at every tick.
    """
    world.play(FIRST)
    world.gravityzone.tenant.delete_company(harbor.id)
    world.gravityzone.calls.clear()
    world.play(SECOND)
    assert asked_by_id(world) == [harbor.id]
    shown = world.standing(harbor)
    assert "not in GravityZone any more" in shown.causes[WHOLE_COMPANY].reason
    world.play(THIRD)
    assert asked_by_id(world) == [harbor.id]


def test_not_listed_and_yet_there(world: World, harbor: Customer) -> None:
    """SAFE-7: a company that moved to where no list shows it is still there: it goes on being
    billed, and opened.
    """
    world.check_in(harbor, 1)
    world.play(FIRST)
    world.gravityzone.tenant.folders[FOLDER] = world.gravityzone.tenant.own.id
    world.gravityzone.tenant.move_company(harbor.id, FOLDER)
    world.check_in(harbor, 1)
    world.play(SECOND)
    assert world.additions(harbor) == [(2, "2026-11-01", "2026-11-30")]
    assert world.standing(harbor).shown.state is StandingState.BILLING
    world.play(gmt("2026-12-01 00:00"))
    assert world.additions(harbor)[1:] == [(0, "2026-12-01", "2026-12-31")]


def test_a_partner_that_no_list_shows(world: World) -> None:
    """SAFE-7: a partner that moved out of the lists is asked for by id too, and is still a
    partner.
    """
    partner = world.gravityzone.tenant.add_company("Summit Peak IT", kind="partner")
    world.play(FIRST)
    before = standing_of(world, partner).shown
    world.gravityzone.tenant.folders[FOLDER] = world.gravityzone.tenant.own.id
    world.gravityzone.tenant.move_company(partner, FOLDER)
    world.gravityzone.calls.clear()
    world.play(SECOND)
    assert asked_by_id(world) == [partner]
    assert standing_of(world, partner).shown == before


def test_a_month_held_at_its_opening_whose_company_lost_its_licence(
    world: World, harbor: Customer
) -> None:
    """SAFE-7, READ-3: nothing is opened without a licence, whatever has become of the hold; it
    stays for the person to see.
    """
    foreign = world.connectwise.people.add_addition(
        harbor.agreement_id, "GZ-ENDPOINT", quantity=9, effective=FIRST.date()
    )
    world.play(FIRST)
    world.gravityzone.tenant.change_subscription(harbor.id, 2)
    world.connectwise.people.delete_addition(foreign)
    world.play(SECOND, THIRD)
    assert world.connectwise.truth.made_by_api() == []
    assert world.standing(harbor).shown.state is StandingState.HELD


def test_a_failure_before_a_held_company_was_gone_is_not_shown(
    world: World, harbor: Customer
) -> None:
    """SAFE-7: the hold is the standing again once its company is known to be gone, not what the job
    before that failed with.
    """
    world.connectwise.people.add_addition(
        harbor.agreement_id, "GZ-ENDPOINT", quantity=9, effective=FIRST.date()
    )
    world.play(FIRST)
    held = world.standing(harbor).shown
    world.gravityzone.faults.add(Fault(kind=FaultKind.STATUS, operation="getMonthlyUsage"))
    world.play(SECOND)
    assert world.standing(harbor).shown.state is StandingState.FAILING
    world.gravityzone.faults.clear()
    world.queue.clear()
    world.gravityzone.tenant.delete_company(harbor.id)
    world.play(THIRD)
    shown = world.standing(harbor).shown
    assert (shown.state, shown.reason) == (StandingState.HELD, held.reason)


def test_a_company_that_cannot_be_asked_for_is_not_gone(world: World, harbor: Customer) -> None:
    """SAFE-7, SAFE-5: no answer about a company that the lists lack is no answer, and changes
    nothing of its standing.
    """
    world.check_in(harbor, 1)
    world.play(FIRST)
    world.gravityzone.tenant.folders[FOLDER] = world.gravityzone.tenant.own.id
    world.gravityzone.tenant.move_company(harbor.id, FOLDER)
    world.gravityzone.faults.add(
        Fault(kind=FaultKind.STATUS, operation="getCompanyDetails", contains=harbor.id)
    )
    world.check_in(harbor, 1)
    world.play(SECOND)
    assert world.standing(harbor).shown.state is StandingState.BILLING
    assert world.additions(harbor) == [(2, "2026-11-01", "2026-11-30")]


def test_a_licence_lost_and_found(world: World, harbor: Customer) -> None:
    """SAFE-7: without its subscription the company waits and says why; with it again, it is billed
    on.
    """
    world.check_in(harbor, 2)
    world.play(FIRST)
    world.gravityzone.tenant.change_subscription(harbor.id, 2)
    world.play(SECOND, THIRD)
    assert world.standing(harbor).shown.state is StandingState.WAITING
    world.gravityzone.tenant.change_subscription(harbor.id, 3)
    world.check_in(harbor, 1)
    world.play(gmt("2026-11-01 00:45"))
    assert world.standing(harbor).shown.state is StandingState.BILLING
    assert set(world.standing(harbor).causes) == {of_record("2026-11")}
    assert world.additions(harbor) == [(3, "2026-11-01", "2026-11-30")]


def test_unlicensed_and_then_deleted(world: World) -> None:
    """SAFE-7: what is said of a company that is not billed stays true: one that was deleted is not
    said to lack a licence.
    """
    company = world.gravityzone.tenant.add_company("Yearly", subscription_type=2)
    world.play(FIRST)
    assert "no monthly subscription" in standing_of(world, company).shown.reason
    world.gravityzone.tenant.delete_company(company)
    world.play(gmt("2026-11-02 00:00"))
    assert "not in GravityZone any more" in standing_of(world, company).shown.reason


def test_a_failure_that_is_over_is_not_shown(world: World, harbor: Customer) -> None:
    """SAFE-7: when a job succeeds at its second delivery, what failed at the first is not the
    standing any more.
    """
    world.play(FIRST)
    world.gravityzone.faults.add(Fault(kind=FaultKind.STATUS, operation="getMonthlyUsage", times=4))
    world.tick(SECOND)
    world.work(until=timedelta(seconds=20))
    assert world.standing(harbor).shown.state is StandingState.FAILING
    world.work()
    assert world.standing(harbor).shown.state is StandingState.BILLING


def test_a_later_tick_has_the_last_word(world: World, harbor: Customer) -> None:
    """SAFE-7, SAFE-4: a job of an older tick that comes after a newer one does not change what that
    one says.
    """
    world.tick(FIRST)
    (old,) = world.queue.receive()
    world.queue.delete(old)
    world.check_in(harbor, 2)
    world.play(SECOND)
    before = world.standing(harbor)
    world.gravityzone.faults.add(Fault(kind=FaultKind.STATUS, operation="getMonthlyUsage"))
    world.queue.repeat(old)
    world.work()
    assert world.standing(harbor) == before


def test_an_excluded_company(world: World, harbor: Customer) -> None:
    """OPEN-4: an excluded company is opened no more, and the standing says since when; its open
    month goes on.
    """
    world.check_in(harbor, 1)
    world.play(FIRST)
    link = world.ledger.link(harbor.id)
    assert link is not None
    excluded = replace(link, excluded_since=SECOND)
    world.ledger._links[harbor.id] = excluded
    world.ledger._index.show(excluded)
    world.check_in(harbor, 1)
    world.play(SECOND, gmt("2026-12-01 00:00"), gmt("2026-12-02 00:00"))
    assert world.additions(harbor) == [(2, "2026-11-01", "2026-11-30")]
    shown = world.standing(harbor).shown
    assert shown.state is StandingState.WAITING
    assert "2026-11-01" in shown.reason
    assert world.record(harbor, "2026-12") is None
    closed = world.record(harbor, "2026-11")
    assert closed is not None
    assert closed.state is RecordState.CLOSED
