"""What only a person can set up: whom a company is linked to, which agreement it is billed on, and
whether at all.
"""

from collections.abc import Callable
from datetime import date

import pytest

from tally.domain.model.company import CompanyLink
from tally.domain.model.standing import StandingState
from tally.errors import ConflictError, NotFoundError, SetupError
from tally.people.company_setup import SetUp
from testing.world import PRODUCT, Customer, World
from tests.functional.instants import gmt

FIRST, SECOND = gmt("2026-11-01 00:05"), gmt("2026-11-01 00:20")
LATER, CLOSE = gmt("2026-11-20 00:05"), gmt("2026-12-02 00:05")
WHO = {"by": "ann@example.com", "why": "the owner called"}


@pytest.fixture
def harbor(world: World) -> Customer:
    """A customer whose November is open at 4."""
    customer = world.add_customer("Harbor Dental")
    world.check_in(customer, 4)
    world.play(FIRST)
    return customer


def link(world: World, company_id: str) -> CompanyLink:
    found = world.ledger.link(company_id)
    assert found is not None
    return found


def made(world: World) -> list[tuple[int, int, str]]:
    """Agreement, quantity and first day of all that Tally made."""
    return [
        (each.agreement_id, int(each.quantity), str(each.effective))
        for each in world.connectwise.truth.made_by_api()
    ]


def unmatched(world: World) -> tuple[str, int, int]:
    """A customer of another name in ConnectWise: its id, its ConnectWise company and its agreement
    there.
    """
    company_id = world.gravityzone.tenant.add_company("Old Mill Bakery")
    connectwise_id = world.connectwise.people.add_company("OldMill", "The Old Mill")
    return company_id, connectwise_id, world.add_agreement(connectwise_id)


def test_a_company_is_linked_by_hand(world: World) -> None:
    """MATCH-1: what no name links, a person links by id; its months are opened from the next tick
    on.
    """
    company_id, connectwise_id, agreement_id = unmatched(world)
    world.play(FIRST)
    assert made(world) == []
    said = world.set_up().link(company_id, connectwise_id, **WHO)
    assert said == (
        f"Old Mill Bakery is linked to ConnectWise company 'The Old Mill' (id {connectwise_id}). "
        "No month of it is open at present."
    )
    world.play(SECOND)
    assert made(world) == [(agreement_id, 0, "2026-11-01")]
    (entry,) = world.ledger.link_history(company_id)
    assert (entry.what, entry.by, entry.why, entry.changes["connectwise_id"]) == (
        "tied",
        "ann@example.com",
        "the owner called",
        (None, connectwise_id),
    )


def test_an_unlinked_company_waits_for_a_person(world: World, harbor: Customer) -> None:
    """MATCH-1: what a person has unlinked is not linked by its name again; its open month goes on
    where it is.
    """
    said = world.set_up().unlink(harbor.id, **WHO)
    addition = world.connectwise.truth.made_by_api()[0].id
    assert said == (
        "Harbor Dental is linked to nobody, and opens no more months. November 2026 (endpoints) "
        f"goes on: Addition {addition} on agreement {harbor.agreement_id} follows the count until "
        "the month closes."
    )
    world.check_in(harbor, 2, at=SECOND)
    world.play(SECOND, CLOSE)
    assert made(world) == [(harbor.agreement_id, 6, "2026-11-01")]
    shown = world.standing(harbor).shown
    assert shown.state is StandingState.NEEDS_SETUP
    assert shown.reason == (
        "It was left without a ConnectWise company by ann@example.com on 2026-11-01: link it by "
        "hand."
    )
    assert link(world, harbor.id).connectwise_id is None
    world.set_up().link(harbor.id, harbor.connectwise_id, **WHO)
    world.play(gmt("2026-12-02 00:20"))
    assert made(world)[1] == (harbor.agreement_id, 0, "2026-12-01")
    assert [entry.version for entry in world.ledger.link_history(harbor.id)] == [1, 2, 3]


def test_a_customer_made_again_takes_the_place_of_the_old_one(
    world: World, harbor: Customer
) -> None:
    """MATCH-1: deleted and made again in GravityZone, it is linked once the old one is unlinked,
    and not before.
    """
    world.gravityzone.tenant.delete_company(harbor.id)
    again = world.gravityzone.tenant.add_company("Harbor Dental")
    world.play(SECOND)
    with pytest.raises(SetupError, match=f"is linked to Harbor Dental \\({harbor.id}\\)"):
        world.set_up().link(again, harbor.connectwise_id, **WHO)
    assert world.ledger.link(again) is None
    world.set_up().unlink(harbor.id, **WHO)
    world.set_up().link(again, harbor.connectwise_id, **WHO)
    assert link(world, again).connectwise_id == harbor.connectwise_id
    assert link(world, harbor.id).connectwise_id is None


def test_a_link_moves_the_next_month(world: World, harbor: Customer) -> None:
    """MATCH-1: linked to another ConnectWise company, the open month stays where it is, the next
    one goes to the new one.
    """
    other = world.connectwise.people.add_company("HarborGroup", "Harbor Group")
    agreement_id = world.add_agreement(other)
    set_up = world.set_up()
    set_up.pin(harbor.id, harbor.agreement_id, **WHO)
    said = set_up.link(harbor.id, other, **WHO)
    assert f"(id {other}). November 2026 (endpoints) goes on" in said
    world.play(SECOND, gmt("2026-12-01 00:05"))
    assert made(world) == [(harbor.agreement_id, 4, "2026-11-01"), (agreement_id, 0, "2026-12-01")]
    assert link(world, harbor.id).pinned_agreement_id is None
    # The one that it was linked to is anybody's again.
    again = world.gravityzone.tenant.add_company("Harbor Dental South")
    world.play(gmt("2026-12-01 00:20"))
    set_up.link(again, harbor.connectwise_id, **WHO)


def test_one_of_several_agreements_is_pinned(world: World, harbor: Customer) -> None:
    """MATCH-3: of several agreements a person pins one; unpinned, nothing is opened and they are
    listed again.
    """
    second = world.add_agreement(harbor.connectwise_id, name="Managed security, new")
    world.play(gmt("2026-12-01 00:05"))
    assert len(made(world)) == 1
    said = world.set_up().pin(harbor.id, second, **WHO)
    assert said.startswith(
        f"Months of Harbor Dental are opened on agreement 'Managed security, new' (id {second}). "
        "November"
    )
    world.play(gmt("2026-12-01 00:20"))
    assert made(world)[1] == (second, 0, "2026-12-01")
    assert "only active agreement" in world.set_up().unpin(harbor.id, **WHO)
    world.play(gmt("2027-01-01 00:05"))
    assert "has 2 active agreements" in world.standing(harbor).shown.reason
    assert [entry.what for entry in world.ledger.link_history(harbor.id)] == [
        "tied",
        "agreement pinned",
        "agreement unpinned",
    ]


def test_only_its_own_agreement_is_pinned(world: World, harbor: Customer) -> None:
    """MATCH-3: an agreement of another company, or one that is not there, is not pinned."""
    _, _, foreign = unmatched(world)
    with pytest.raises(SetupError, match="Harbor Dental is linked to 'Harbor Dental'"):
        world.set_up().pin(harbor.id, foreign, **WHO)
    with pytest.raises(NotFoundError):
        world.set_up().pin(harbor.id, 99999, **WHO)
    assert link(world, harbor.id).version == 1


def test_an_exclusion_takes_effect_with_the_next_month(world: World, harbor: Customer) -> None:
    """CLOSE-5: excluded, the open month is followed to its close, the next one is not opened until
    it is included again.
    """
    said = world.set_up().exclude(harbor.id, **WHO)
    assert said.startswith(
        "Harbor Dental is excluded: no more months are opened for it. November 2026 (endpoints) "
        "goes on"
    )
    world.check_in(harbor, 3, at=SECOND)
    world.play(SECOND, CLOSE)
    assert made(world) == [(harbor.agreement_id, 7, "2026-11-01")]
    november = world.record(harbor, "2026-11")
    assert november is not None
    assert november.count == 7
    assert world.standing(harbor).shown.reason == "Excluded from billing since 2026-11-01."
    assert (
        world.set_up().include(harbor.id, **WHO)
        == "Harbor Dental is billed again from the next tick on."
    )
    world.play(gmt("2026-12-02 00:20"))
    assert made(world)[1] == (harbor.agreement_id, 0, "2026-12-01")


def test_a_company_that_is_nobody_in_connectwise_can_be_excluded(world: World) -> None:
    """CLOSE-5, SAFE-7: excluded without a link, it no longer asks to be set up, and its name links
    it to nobody.
    """
    company_id = world.gravityzone.tenant.add_company("Our own office")
    world.play(FIRST)
    office = Customer(name="Our own office", id=company_id, connectwise_id=0, agreement_id=0)
    assert world.standing(office).shown.state is StandingState.NEEDS_SETUP
    world.set_up().exclude(company_id, **WHO)
    namesake = world.connectwise.people.add_company("Office", "Our own office")
    world.play(SECOND)
    assert world.standing(office).shown.state is StandingState.WAITING
    assert "link it by hand" in world.set_up().include(company_id, **WHO)
    world.play(gmt("2026-11-01 00:35"))
    assert world.standing(office).shown.state is StandingState.NEEDS_SETUP
    assert world.standing(office).shown.reason.startswith("It was never linked")
    world.set_up().link(company_id, namesake, **WHO)


REFUSED: list[tuple[str, Callable[[SetUp, Customer], str]]] = [
    (
        "linked to ConnectWise company 'Harbor Dental' .* already",
        lambda set_up, it: set_up.link(it.id, it.connectwise_id, **WHO),
    ),
    ("no company of id 99", lambda set_up, it: set_up.link(it.id, 99, **WHO)),
    ("knows no company nobody", lambda set_up, it: set_up.link("nobody", it.connectwise_id, **WHO)),
    ("knows no company nobody", lambda set_up, _: set_up.exclude("nobody", **WHO)),
    ("neither linked", lambda set_up, _: set_up.unlink("nobody", **WHO)),
    ("No agreement is pinned", lambda set_up, it: set_up.unpin(it.id, **WHO)),
    ("is not excluded", lambda set_up, it: set_up.include(it.id, **WHO)),
]


@pytest.mark.parametrize(("said", "act"), REFUSED, ids=[said for said, _ in REFUSED])
def test_what_cannot_be_is_said(
    world: World, harbor: Customer, said: str, act: Callable[[SetUp, Customer], str]
) -> None:
    """SAFE-7: what makes no sense changes nothing and says why."""
    with pytest.raises(SetupError, match=said):
        act(world.set_up(), harbor)
    assert link(world, harbor.id).version == 1


def test_twice_is_said_too(world: World, harbor: Customer) -> None:
    """SAFE-7: what has been done already is said, and not done again; what needs a link is not done
    without.
    """
    set_up = world.set_up()
    set_up.pin(harbor.id, harbor.agreement_id, **WHO)
    with pytest.raises(SetupError, match="pinned for Harbor Dental already"):
        set_up.pin(harbor.id, harbor.agreement_id, **WHO)
    set_up.exclude(harbor.id, **WHO)
    with pytest.raises(SetupError, match="has been excluded since 2026-11-01"):
        set_up.exclude(harbor.id, **WHO)
    set_up.unlink(harbor.id, **WHO)
    for again in (
        lambda: set_up.unlink(harbor.id, **WHO),
        lambda: set_up.pin(harbor.id, harbor.agreement_id, **WHO),
    ):
        with pytest.raises(SetupError, match="is not linked to a ConnectWise company"):
            again()
    assert link(world, harbor.id).version == 4


def test_a_deleted_connectwise_company_is_linked_to_nobody(world: World, harbor: Customer) -> None:
    """MATCH-1: a ConnectWise company that is deleted is not one to link to."""
    deleted = world.connectwise.people.add_company("Gone", "Gone")
    world.connectwise.people.delete_company(deleted)
    with pytest.raises(SetupError, match="it is deleted or hidden"):
        world.set_up().link(harbor.id, deleted, **WHO)


def test_of_two_people_one_is_first(world: World, harbor: Customer) -> None:
    """SAFE-3: of two that change one company at once, the second is told and changes nothing."""
    first, second = world.set_up(), world.set_up()

    class Late:
        """A ledger on which another person acts right before the write."""

        def __getattr__(self, name: str) -> object:
            if name == "change_link":
                first.exclude(harbor.id, **WHO)
            return getattr(world.ledger, name)

    late = SetUp(ledger=Late(), connectwise=second.connectwise, clock=world.clock)  # type: ignore[arg-type]
    with pytest.raises(ConflictError):
        late.unlink(harbor.id, **WHO)
    found = link(world, harbor.id)
    assert (found.connectwise_id, found.excluded_since) == (
        harbor.connectwise_id,
        world.clock.now(),
    )


def test_a_link_that_the_index_does_not_show_yet_is_refused(world: World, harbor: Customer) -> None:
    """MATCH-1: two people link two companies to one ConnectWise company; the index lags, the ledger
    itself does not.
    """
    company_id, connectwise_id, _ = unmatched(world)
    world.play(SECOND)
    other = world.set_up()

    class Late:
        def __getattr__(self, name: str) -> object:
            if name == "change_link":
                other.link(harbor.id, connectwise_id, **WHO)
            return getattr(world.ledger, name)

    late = SetUp(ledger=Late(), connectwise=other.connectwise, clock=world.clock)  # type: ignore[arg-type]
    with pytest.raises(ConflictError):
        late.link(company_id, connectwise_id, **WHO)
    assert world.ledger.link(company_id) is None
    assert link(world, harbor.id).connectwise_id == connectwise_id


def test_a_month_that_was_not_opened_is_told_too(world: World) -> None:
    """SAFE-7, CLOSE-5: what stays is said of every open month, also of one that waits without an
    Addition.
    """
    harbor = world.add_customer("Harbor Dental")
    world.connectwise.people.add_addition(
        harbor.agreement_id, PRODUCT, quantity=9, effective=date(2026, 1, 1)
    )
    world.play(FIRST)
    assert (
        world.set_up()
        .unlink(harbor.id, **WHO)
        .endswith("November 2026 (endpoints) has no Addition yet.")
    )
    world.play(SECOND)
    assert "link it by hand" in world.standing(harbor).shown.reason
    assert made(world) == []


def test_a_company_without_a_standing_has_its_name_from_the_link(
    world: World, harbor: Customer
) -> None:
    """SAFE-8: a ledger that has a company's link alone knows whom a person speaks of."""
    world.ledger._standings.clear()
    assert world.set_up().exclude(harbor.id, **WHO).startswith("Harbor Dental is excluded")


def test_unlinked_while_a_job_is_on_its_way(world: World) -> None:
    """MATCH-1: a job planned before the company was unlinked opens nothing."""
    harbor = world.add_customer("Harbor Dental")
    world.tick(FIRST)
    world.set_up().unlink(harbor.id, **WHO)
    world.work()
    assert made(world) == []


def test_excluded_while_a_job_is_on_its_way(world: World) -> None:
    """CLOSE-5: a job planned before the company was excluded opens nothing."""
    harbor = world.add_customer("Harbor Dental", bill_start=date(2026, 11, 1))
    world.tick(FIRST)
    world.set_up().exclude(harbor.id, **WHO)
    world.work()
    assert made(world) == []
