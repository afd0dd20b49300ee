"""Two GravityZone companies (two sites, two tenants) of one ConnectWise company."""

import pytest

from tally.domain.model.company import CompanyLink
from tally.domain.model.standing import StandingState
from tally.errors import SetupError
from testing.world import Customer, World
from tests.functional.instants import gmt

OPENED, LATER = gmt("2026-11-01 00:05"), gmt("2026-11-01 00:20")
WHO = {"by": "ann@example.com", "why": "two sites"}


@pytest.fixture
def harbor(world: World) -> Customer:
    """A customer whose November is open at 4."""
    customer = world.add_customer("Harbor Dental")
    world.check_in(customer, 4)
    world.play(OPENED)
    return customer


def second_site(world: World) -> str:
    """Its other site in GravityZone, with seven machines; by no name in ConnectWise."""
    site = world.gravityzone.tenant.add_company("Harbor Dental North")
    world.gravityzone.tenant.check_in_new(site, 7)
    world.play(LATER)
    return site


def link(world: World, company_id: str) -> CompanyLink:
    found = world.ledger.link(company_id)
    assert found is not None
    return found


def billed(world: World) -> list[tuple[int, int, str]]:
    """Agreement, quantity and first day of all that Tally made."""
    made = world.connectwise.truth.made_by_api()
    return sorted((each.agreement_id, int(each.quantity), str(each.effective)) for each in made)


def both(world: World, harbor: Customer) -> tuple[str, int]:
    """Both linked, each with its own agreement."""
    site, north = second_site(world), world.add_agreement(harbor.connectwise_id, name="North")
    world.set_up().pin(harbor.id, harbor.agreement_id, **WHO)
    world.set_up().link(site, harbor.connectwise_id, agreement_id=north, **WHO)
    return site, north


def test_both_are_billed_each_on_its_own_agreement(world: World, harbor: Customer) -> None:
    """MATCH-1: a person links a second one, and both months are opened, each on the agreement that
    is pinned for it.
    """
    _, north = both(world, harbor)
    world.play(gmt("2026-11-01 00:35"), gmt("2026-12-01 00:05"))
    assert billed(world) == sorted(
        [
            (harbor.agreement_id, 4, "2026-11-01"),
            (harbor.agreement_id, 0, "2026-12-01"),
            (north, 7, "2026-11-01"),
            (north, 0, "2026-12-01"),
        ]
    )
    assert world.standing(harbor).shown.state is StandingState.BILLING


def test_the_refusal_says_how_both_can_be(world: World, harbor: Customer) -> None:
    """MATCH-1: without agreements of their own it is refused, and the first is not to be given up
    for it.
    """
    site, north = second_site(world), world.add_agreement(harbor.connectwise_id, name="North")
    set_up = world.set_up()
    with pytest.raises(SetupError) as refused:
        set_up.link(site, harbor.connectwise_id, **WHO)
    for said in (
        "is linked to Harbor Dental",
        "agreement of its own",
        "pin one for Harbor Dental",
        "--agreement",
    ):
        assert said in str(refused.value)
    assert "unlink" not in str(refused.value)
    with pytest.raises(SetupError, match="pin one for Harbor Dental"):
        set_up.link(site, harbor.connectwise_id, agreement_id=north, **WHO)
    set_up.pin(harbor.id, harbor.agreement_id, **WHO)
    with pytest.raises(SetupError, match="each needs its own"):
        set_up.link(site, harbor.connectwise_id, agreement_id=harbor.agreement_id, **WHO)
    elsewhere = world.add_agreement(world.connectwise.people.add_company("Old", "Old Mill"))
    with pytest.raises(SetupError, match="is one of ConnectWise company"):
        set_up.link(site, harbor.connectwise_id, agreement_id=elsewhere, **WHO)
    assert world.ledger.link(site) is None
    set_up.link(site, harbor.connectwise_id, agreement_id=north, **WHO)
    assert (link(world, site).connectwise_id, link(world, site).pinned_agreement_id) == (
        harbor.connectwise_id,
        north,
    )


def test_each_keeps_an_agreement_of_its_own(world: World, harbor: Customer) -> None:
    """MATCH-1: as long as both are linked to it, none is unpinned or pinned on the other's."""
    site, north = both(world, harbor)
    for company_id in (site, harbor.id):
        with pytest.raises(SetupError, match="each with its own agreement: pin another"):
            world.set_up().unpin(company_id, **WHO)
    with pytest.raises(SetupError, match="is pinned for Harbor Dental North"):
        world.set_up().pin(harbor.id, north, **WHO)
    world.set_up().unlink(site, **WHO)
    world.set_up().unpin(harbor.id, **WHO)


@pytest.mark.parametrize("first", [True, False])
def test_nobody_is_linked_to_it_by_name_as_long_as_one_is(
    world: World, harbor: Customer, first: bool
) -> None:
    """MATCH-1: whichever of the two is unlinked, a namesake in GravityZone is not linked to it by
    itself; once both are, a person may.
    """
    site, _ = both(world, harbor)
    gone, left = (harbor.id, site) if first else (site, harbor.id)
    world.set_up().unlink(gone, **WHO)
    world.gravityzone.tenant.rename_company(harbor.id, "Something Else")
    again = world.gravityzone.tenant.add_company("Harbor Dental")
    world.play(gmt("2026-11-01 00:35"))
    assert world.ledger.link(again) is None
    with pytest.raises(SetupError, match="agreement of its own"):
        world.set_up().link(gone, harbor.connectwise_id, **WHO)
    world.set_up().unlink(left, **WHO)
    world.set_up().link(gone, harbor.connectwise_id, **WHO)
    assert link(world, gone).connectwise_id == harbor.connectwise_id


def test_the_standing_of_a_namesake_says_how_both_can_be(world: World, harbor: Customer) -> None:
    """MATCH-1: never linked by itself, and told that a person may, each with its own agreement."""
    world.gravityzone.tenant.rename_company(harbor.id, "Harbor Dental South")
    again = world.gravityzone.tenant.add_company("Harbor Dental")
    world.play(LATER)
    standing = world.ledger.standing(again)
    assert standing is not None
    assert "already linked to the GravityZone company" in standing.shown.reason
    assert "each with an agreement of its own" in standing.shown.reason
    assert "unlink" not in standing.shown.reason
