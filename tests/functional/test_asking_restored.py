"""Tickets once the ledger was restored to an earlier point (SAFE-8, ASK-1, ASK-4).

ConnectWise has tickets of which the ledger does not know, and old notes that look like answers.
"""

import copy
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from simulators.connectwise.desk.example import JANE, PETER
from tally.domain.asking.ticket import TicketState
from tests.functional.asking_world import DAY, QUARTER, AskingWorld
from tests.functional.restoring import backup, restore


@contextmanager
def restored_after(scene: AskingWorld) -> Iterator[None]:
    """Let something happen, and set the ledger back to before it."""
    ledger, tickets = backup(scene.world), copy.deepcopy(scene.memory.tickets)
    yield
    restore(scene.world, ledger)
    scene.memory.tickets = tickets


@pytest.fixture
def scene() -> AskingWorld:
    """November is held at 240, and nobody was asked yet."""
    return AskingWorld.held()


def test_an_old_answer_in_a_closed_ticket_answers_nothing(scene: AskingWorld) -> None:
    """ASK-4: the same question is asked in another ticket, though its reference counts anew."""
    with restored_after(scene):
        scene.run()
        scene.answer()
        scene.settle()
        assert scene.tickets[0]["closedFlag"]
    scene.settle()
    assert scene.rulings == []
    assert [each["closedFlag"] for each in scene.tickets] == [True, False]
    assert scene.remembered.number == 2
    scene.answer("reject")
    scene.settle()
    assert len(scene.rulings) == 1
    assert len(scene.texts(1)) == 2
    assert list(scene.problems()) == []


def test_tickets_that_people_closed_are_no_reason_for_silence(scene: AskingWorld) -> None:
    """ASK-1: asked three times, and forgotten: it is asked at once, and not in those tickets."""
    with restored_after(scene):
        for _ in range(3):
            scene.run()
            scene.people.set_ticket_status(scene.newest, scene.ids.closed_status)
            scene.settle()
            scene.world.clock.advance(DAY)
    scene.run()
    assert [each["closedFlag"] for each in scene.tickets] == [True, True, True, False]
    scene.settle()
    assert scene.remembered.state is TicketState.OPEN
    assert [len(scene.texts(each)) for each in (1, 2, 3)] == [1, 1, 1]


def test_an_old_answer_in_an_open_ticket_answers_nothing(scene: AskingWorld) -> None:
    """ASK-1, ASK-4: the ticket is found by its reference, and asks with a new code."""
    with restored_after(scene):
        scene.run()
        old = scene.code
        scene.answer()
    scene.settle()
    assert len(scene.tickets) == 1
    assert scene.rulings == []
    assert scene.code != old
    scene.answer("reject", code=old)
    scene.settle()
    assert scene.rulings == []
    scene.answer("reject")
    scene.settle()
    assert len(scene.rulings) == 1
    assert list(scene.problems()) == []


def test_what_was_asked_later_counts_no_more(scene: AskingWorld) -> None:
    """ASK-4: two answers differed, and a third was given; the ledger knows the first question."""
    scene.run()
    with restored_after(scene):
        scene.answer("approve")
        scene.answer("reject", by=PETER)
        scene.run()
        # As if Peter's had never been: an answer to a question that was taken back.
        [note] = [
            each.fields["id"]
            for each in scene.world.connectwise.desk.notes(1).current()
            if each.fields["createdBy"] == PETER
        ]
        scene.people.edit_note(note, "never mind", by=PETER)
    known = {scene.remembered.code, scene.code}
    scene.settle()
    assert scene.rulings == []
    assert scene.code not in known
    scene.answer("reject", by=JANE)
    scene.settle()
    assert len(scene.rulings) == 1
    assert list(scene.problems()) == []


def test_a_ticket_that_was_found_asks_what_it_asks(scene: AskingWorld) -> None:
    """ASK-4: its POST's answer was lost, and the numbers moved before it was found."""
    with restored_after(scene):
        scene.run()
        old = scene.code
    scene.tick(260)
    scene.world.clock.advance(QUARTER)
    scene.people.add_note(scene.newest, scene.line("reject", code=old), by=JANE)
    scene.settle()
    assert len(scene.tickets) == 1
    assert scene.rulings == []
    assert "approve 260" in scene.texts()[-1]
