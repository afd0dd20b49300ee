"""Two stacks of one name that ask in one ConnectWise, and tickets that an earlier version made."""

import copy
from collections.abc import Sequence
from typing import Any

import pytest

from tally.asking import round as asking
from tally.domain.asking.question import LONGEST_REFERENCE, Deployment, Subject
from tally.domain.asking.ticket import TicketState
from tally.domain.asking.words import MORE
from tally.domain.model.month import Month
from testing.asking import MemoryAsking, asking_round
from tests.functional.asking_world import DAY, QUARTER, AskingWorld
from tests.functional.restoring import backup, restore

FORMER = Deployment(name="tally")
OURS, THEIRS = (
    Deployment(name="tally", where=f"{account} eu-west-1")
    for account in ("123456789012", "210987654321")
)
HELD = Subject(company_id="c" * 24, month=Month(2026, 11), service="endpoints")


def run(scene: AskingWorld, memory: MemoryAsking, deployment: Deployment) -> asking.Asked:
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
        (ours, former), (theirs, same) = (each.references(subject, 1) for each in (OURS, THEIRS))
        assert former == same == f"tally:tally:{subject}:1"
        assert len({ours, theirs, former}) == 3
    long = Deployment(name="t" * 128, where="123456789012 eu-west-1").references(HELD, 1)
    assert len(set(long)) == 2
    assert max(map(len, long)) <= LONGEST_REFERENCE
    assert OURS.references(HELD, 1) == OURS.references(HELD, 1)


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


def test_an_upgrade_goes_on_with_the_ticket_that_is_open(scene: AskingWorld) -> None:
    """ASK-1: the ledger knows it by its id and by the reference that it was given."""
    run(scene, scene.memory, FORMER)
    for _ in range(3):
        run(scene, scene.memory, OURS)
    assert marks(scene) == list(FORMER.references(scene.remembered.subject, 1))
    scene.answer()
    for _ in range(3):
        run(scene, scene.memory, OURS)
    assert len(scene.rulings) == 1
    assert [each["closedFlag"] for each in scene.tickets] == [True]


@pytest.mark.parametrize("answered", [True, False])
def test_a_ledger_from_before_the_upgrade_asks_once(scene: AskingWorld, answered: bool) -> None:
    """SAFE-8, ASK-1: restored to before the question, it finds the open ticket of the former
    version, and passes by a closed one.
    """
    ledger, tickets = backup(scene.world), copy.deepcopy(scene.memory.tickets)
    run(scene, scene.memory, FORMER)
    if answered:
        scene.people.set_ticket_status(scene.newest, scene.ids.closed_status)
    restore(scene.world, ledger)
    scene.memory.tickets = tickets
    scene.world.clock.advance(DAY)
    for _ in range(3):
        run(scene, scene.memory, OURS)
    assert [each["closedFlag"] for each in scene.tickets] == (
        [True, False] if answered else [False]
    )
    known = scene.remembered
    assert (known.state, known.reference) == (TicketState.OPEN, marks(scene)[-1])
    assert known.number == (2 if answered else 1)
