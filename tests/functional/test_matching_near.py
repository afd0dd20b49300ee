"""Names that a person reads as the same: shown, never linked by themselves; and names that nobody
can read.
"""

import pytest

from simulators.clock import VirtualClock
from tally.domain.model.standing import StandingState
from testing.world import World
from tests.functional.instants import gmt
from tests.unit.near_names import LONG, NEAR

FIRST, SECOND = gmt("2026-11-01 00:05"), gmt("2026-11-01 00:20")
pytestmark = pytest.mark.world(at=FIRST)


def needs_setup(world: World, company_id: str) -> str:
    """Why the company needs set-up; nothing is linked and nothing written."""
    standing = world.ledger.standing(company_id)
    assert standing is not None
    assert standing.shown.state is StandingState.NEEDS_SETUP
    assert world.ledger.link(company_id) is None
    assert world.connectwise.truth.made_by_api() == []
    return standing.shown.reason


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [*NEAR.values(), (LONG, LONG[:50]), (LONG, LONG.replace("&", "&amp;")[:50])],
    ids=ascii,
)
def test_a_near_miss_waits_for_a_person_who_is_told_which(
    world: World, theirs: str, ours: str
) -> None:
    """MATCH-1: a name that differs by what the eye does not see is not linked; the standing names
    it, with its id.
    """
    customer = world.add_customer(theirs, connectwise_name=ours)
    world.check_in(customer, 3)
    world.play(FIRST)
    reason = needs_setup(world, customer.id)
    assert "Nearly so: " in reason
    assert f"(id {customer.connectwise_id})" in reason
    world.set_up().link(customer.id, customer.connectwise_id, by="ann", why="it is they")
    world.play(SECOND)
    assert world.additions(customer) == [(3, "2026-11-01", "2026-11-30")]


@pytest.mark.parametrize("name", ["", " ", "\u00a0", "\u200b", "\u3164", "\u202e\u200b"], ids=ascii)
def test_a_name_of_nothing_links_to_nothing(world: World, name: str) -> None:
    """MATCH-1: a company whose name shows nothing is linked to nobody, though one on the other side
    has the very same.
    """
    customer = world.add_customer(name)
    other = world.add_customer("Harbor Dental")
    world.check_in(other, 2)
    world.play(FIRST, SECOND)
    standing = world.ledger.standing(customer.id)
    assert standing is not None
    assert standing.shown.state is StandingState.NEEDS_SETUP
    assert world.ledger.link(customer.id) is None
    assert world.additions(customer) == []
    assert world.additions(other) == [(2, "2026-11-01", "2026-11-30")]


@pytest.mark.parametrize(
    "setting",
    [
        "\u0415ndpoint Security",
        "Endpoint\u00a0Security",
        "Endpoint Security\u200b",
        "ENDPOINT\u2010SECURITY",
    ],
)
def test_a_setting_with_what_the_eye_does_not_see(setting: str) -> None:
    """MATCH-2: an agreement type that was pasted with an invisible or look-alike sign is told with
    the one that is meant.
    """
    world = World(clock=VirtualClock(FIRST), agreement_type=setting)
    customer = world.add_customer("Harbor Dental")
    world.play(FIRST)
    standing = world.standing(customer).shown
    assert standing.state is StandingState.NEEDS_SETUP
    assert "There is 'Endpoint Security'" in standing.reason
