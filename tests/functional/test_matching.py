"""Linking customers to ConnectWise companies."""

from dataclasses import replace

import pytest

from simulators.faults import Fault, FaultKind
from tally.domain.model.standing import StandingState
from tally.errors import ConflictError
from testing.world import Customer, World
from tests.functional.instants import gmt

FIRST, SECOND, THIRD = gmt("2026-11-01 00:00"), gmt("2026-11-01 00:15"), gmt("2026-11-01 00:30")


def linked_to(world: World, customer: Customer) -> int | None:
    """The ConnectWise company that a customer is linked to."""
    link = world.ledger.link(customer.id)
    return None if link is None else link.connectwise_id


def assert_waits_for_a_person(world: World, customer: Customer, *said: str) -> None:
    """It is linked to nobody, bills nothing, and its standing says these words."""
    assert linked_to(world, customer) is None
    assert world.additions(customer) == []
    shown = world.standing(customer).shown
    assert shown.state is StandingState.NEEDS_SETUP
    for each in said:
        assert each in shown.reason


def test_the_one_namesake_is_linked(world: World) -> None:
    """MATCH-1: a name that is the same and unique on both sides links by itself, once, by ids."""
    harbor = world.add_customer("Harbor Dental")
    lakeside = world.add_customer("Lakeside Library")
    assert world.tick(FIRST).linked == 2
    world.work()
    assert linked_to(world, harbor) == harbor.connectwise_id
    assert linked_to(world, lakeside) == lakeside.connectwise_id
    link = world.ledger.link(harbor.id)
    assert link is not None
    assert (link.linked_by, link.linked_at, link.connectwise_name) == (
        "tally",
        FIRST,
        "Harbor Dental",
    )
    assert world.tick(SECOND).linked == 0


@pytest.mark.parametrize(
    "name",
    [
        "harbor dental",
        "Harbor  Dental",
        "HarborDental",
        "Harbor Dental ",
        "Harbor Dental Ltd",
        "Harbor Dental Limited",
        "Harbor Dental, Inc.",
    ],
)
def test_a_near_miss_is_named_and_not_linked(world: World, name: str) -> None:
    """MATCH-1: a name that differs by case, spaces or legal form waits for a person, who is told of
    it and its id.
    """
    harbor = world.add_customer("Harbor Dental", connectwise_name=name)
    world.add_customer("Lakeside Library")
    world.play(FIRST)
    assert_waits_for_a_person(world, harbor, repr(name), f"id {harbor.connectwise_id}")


def test_no_namesake_at_all(world: World) -> None:
    """MATCH-1: a customer that ConnectWise does not know waits for a person, and is linked once the
    company is made.
    """
    harbor = world.add_customer("Harbor Dental", connectwise_name="Something Else")
    world.check_in(harbor, 2)
    world.play(FIRST)
    assert_waits_for_a_person(world, harbor, "'Harbor Dental'")
    made = world.connectwise.people.add_company("HarborDental2", "Harbor Dental")
    agreement = world.add_agreement(made)
    world.play(SECOND)
    assert linked_to(world, harbor) == made
    assert world.additions(replace(harbor, agreement_id=agreement)) == [
        (2, "2026-11-01", "2026-11-30")
    ]


def test_two_of_a_name_in_connectwise(world: World) -> None:
    """MATCH-1: two ConnectWise companies of the name: neither is guessed, both are listed."""
    harbor = world.add_customer("Harbor Dental")
    twin = world.connectwise.people.add_company("HarborDental2", "Harbor Dental")
    world.play(FIRST)
    assert_waits_for_a_person(world, harbor, f"id {harbor.connectwise_id}", f"id {twin}")


def test_a_deleted_namesake_in_connectwise_does_not_count(world: World) -> None:
    """MATCH-1: ConnectWise goes on listing what was deleted; such a company is nobody's
    namesake.
    """
    harbor = world.add_customer("Harbor Dental")
    world.connectwise.people.delete_company(
        world.connectwise.people.add_company("HarborOld", "Harbor Dental")
    )
    world.play(FIRST)
    assert linked_to(world, harbor) == harbor.connectwise_id


def test_a_deleted_namesake_in_gravityzone_does_not_count(world: World) -> None:
    """MATCH-1: a company deleted from GravityZone is nobody's namesake."""
    harbor = world.add_customer("Harbor Dental")
    world.gravityzone.tenant.delete_company(world.gravityzone.tenant.add_company("Harbor Dental"))
    world.play(FIRST)
    assert linked_to(world, harbor) == harbor.connectwise_id


@pytest.mark.parametrize("subscription", [1, 2, 3], ids=["trial", "yearly", "monthly"])
def test_two_of_a_name_in_gravityzone(world: World, subscription: int) -> None:
    """MATCH-1: two GravityZone customers of the name, billable or not: who is meant is for a person
    to say.
    """
    harbor = world.add_customer("Harbor Dental")
    world.gravityzone.tenant.add_company("Harbor Dental", subscription_type=subscription)
    world.play(FIRST)
    assert_waits_for_a_person(world, harbor, "'Harbor Dental'", "2 GravityZone companies")


def test_a_namesake_below_a_partner(world: World) -> None:
    """MATCH-1: names are unique over the whole tree: a sub-partner's customer may bear the same
    one.
    """
    partner = world.gravityzone.tenant.add_company("Summit Peak IT", kind="partner")
    harbor = world.add_customer("Harbor Dental")
    world.gravityzone.tenant.add_company("Harbor Dental", parent_id=partner, subscription_type=2)
    world.play(FIRST)
    assert_waits_for_a_person(world, harbor, "2 GravityZone companies")


def test_a_partner_is_a_namesake_too(world: World) -> None:
    """MATCH-1: a partner and a customer of one name: the ConnectWise company may be either's, so it
    is nobody's.
    """
    world.gravityzone.tenant.add_company("Harbor Dental", kind="partner")
    harbor = world.add_customer("Harbor Dental")
    world.play(FIRST)
    assert_waits_for_a_person(world, harbor, "2 GravityZone companies")


def test_a_customer_made_anew_is_not_billed_twice(world: World) -> None:
    """MATCH-1: deleted and made again in GravityZone, it has a new id: its ConnectWise company is
    taken, by the old one.
    """
    harbor = world.add_customer("Harbor Dental")
    world.check_in(harbor, 3)
    world.play(FIRST)
    world.gravityzone.tenant.delete_company(harbor.id)
    anew = replace(harbor, id=world.gravityzone.tenant.add_company("Harbor Dental"))
    world.check_in(anew, 3)
    world.play(SECOND, THIRD)
    assert world.additions(harbor) == [(3, "2026-11-01", "2026-11-30")]
    assert linked_to(world, anew) is None
    assert linked_to(world, harbor) == harbor.connectwise_id
    shown = world.standing(anew).shown
    assert shown.state is StandingState.NEEDS_SETUP
    assert "already linked" in shown.reason
    assert "Harbor Dental" in shown.reason


def test_not_before_all_names_are_known(world: World) -> None:
    """MATCH-1, SAFE-5: while a partner's customers cannot be listed, one of them may bear the name:
    nobody is linked.
    """
    partner = world.gravityzone.tenant.add_company("Summit Peak IT", kind="partner")
    harbor = world.add_customer("Harbor Dental")
    world.gravityzone.faults.add(
        Fault(kind=FaultKind.STATUS, operation="getCompaniesList", contains=partner)
    )
    world.play(FIRST)
    assert_waits_for_a_person(world, harbor, "all partners")
    world.gravityzone.faults.clear()
    world.play(SECOND)
    assert linked_to(world, harbor) == harbor.connectwise_id


def test_linked_by_another_tick_meanwhile(world: World) -> None:
    """MATCH-1, SAFE-3: the ledger takes one link of a ConnectWise company alone; whoever was late
    says so and goes on.
    """
    harbor = world.add_customer("Harbor Dental")
    lakeside = world.add_customer("Lakeside Library")
    world.ledger.fail_next("add_link", ConflictError("somebody was first"))
    world.play(FIRST)
    unlinked, linked = (
        (harbor, lakeside) if linked_to(world, harbor) is None else (lakeside, harbor)
    )
    assert_waits_for_a_person(world, unlinked, "linked elsewhere")
    assert linked_to(world, linked) == linked.connectwise_id
    world.play(SECOND)
    assert linked_to(world, unlinked) == unlinked.connectwise_id


def test_renames_change_nothing(world: World) -> None:
    """MATCH-1: a link is by ids: renamed on either side, or both, the customer is billed where it
    was.
    """
    harbor = world.add_customer("Harbor Dental")
    world.check_in(harbor, 1)
    world.play(FIRST)
    world.gravityzone.tenant.rename_company(harbor.id, "Harbour Dentistry")
    world.connectwise.people.rename_company(harbor.connectwise_id, "HD Group")
    world.check_in(harbor, 1)
    world.play(SECOND, gmt("2026-12-01 00:00"))
    assert linked_to(world, harbor) == harbor.connectwise_id
    assert world.additions(harbor) == [
        (2, "2026-11-01", "2026-11-30"),
        (0, "2026-12-01", "2026-12-31"),
    ]
    assert world.standing(harbor).company_name == "Harbour Dentistry"


def test_a_name_given_up_goes_to_nobody(world: World) -> None:
    """MATCH-1: another customer that takes on the old name does not take over the ConnectWise
    company with it.
    """
    harbor = world.add_customer("Harbor Dental")
    world.play(FIRST)
    world.gravityzone.tenant.rename_company(harbor.id, "Harbour Dentistry")
    other = replace(harbor, id=world.gravityzone.tenant.add_company("Harbor Dental"))
    world.play(SECOND)
    assert linked_to(world, other) is None
    assert world.standing(other).shown.state is StandingState.NEEDS_SETUP
