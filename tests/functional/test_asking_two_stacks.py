"""Two stacks of one name that ask in one ConnectWise."""

from collections.abc import Sequence
from typing import Any

import pytest

from tally.asking import round as asking
from tally.domain.asking.question import LONGEST_REFERENCE, Subject, deployment_name, reference
from tally.domain.asking.words import MORE
from tally.domain.model.month import Month
from testing.asking import MemoryAsking, asking_round
from tests.functional.asking_world import QUARTER, AskingWorld

OURS, THEIRS = (
    deployment_name("tally", f"{account} eu-west-1") for account in ("123456789012", "210987654321")
)
HELD = Subject(company_id="c" * 24, month=Month(2026, 11), service="endpoints")


def run(scene: AskingWorld, memory: MemoryAsking, deployment: str) -> asking.Asked:
    """One run of a stack."""
    scene.world.clock.advance(QUARTER)
    done = asking_round(scene.world, memory, deployment=deployment)()
    assert done.failures == {}
    return done


def marks(scene: AskingWorld) -> Sequence[Any]:
    return [each["externalXRef"] for each in scene.tickets]


@pytest.fixture
def scene() -> AskingWorld:
    """November is held at 240, and nobody was asked yet."""
    return AskingWorld.held()


def test_references_tell_stacks_apart() -> None:
    """ASK-1: by account and region beside the name, whatever is asked; one has at most the
    characters that ConnectWise takes.
    """
    for subject in (HELD, MORE):
        assert reference(OURS, subject, 1) != reference(THEIRS, subject, 1)
    long = [
        reference(deployment_name("t" * 128, f"123456789012 {region}"), HELD, 1)
        for region in ("eu-west-1", "us-east-1")
    ]
    assert len(set(long)) == 2
    assert max(map(len, long)) <= LONGEST_REFERENCE


def test_a_stack_of_the_same_name_leaves_our_ticket_alone(scene: AskingWorld) -> None:
    """ASK-6, ASK-7: each stack has its own ticket, and closes no other's."""
    ours, theirs = scene.memory, MemoryAsking()
    for memory, deployment in ((ours, OURS), (theirs, THEIRS)):
        run(scene, memory, deployment)
    assert len(set(marks(scene))) == 2
    theirs.tickets.clear()  # a stack that has forgotten its tickets finds its own again
    run(scene, theirs, THEIRS)
    assert len(scene.tickets) == 2
    assert [each.ticket_id for each in ours.tickets.values()] == [scene.tickets[0]["id"]]
    assert [each.ticket_id for each in theirs.tickets.values()] == [scene.tickets[1]["id"]]
