"""A run that reads a member's answer, and what else happens at any moment of it (ASK-4, ASK-5)."""

from collections.abc import Callable
from contextlib import suppress

import pytest

from tally.domain.asking.ticket import TicketState
from tally.domain.record.rulings import Said
from tally.errors import TallyError
from testing.effects import Effects, Moment
from tests.functional.asking_world import QUARTER, AskingWorld

pytestmark = pytest.mark.slow


def answered() -> AskingWorld:
    """A member has approved 240 in the ticket."""
    scene = AskingWorld.held()
    scene.run()
    scene.answer("approve 240")
    return scene


def moments() -> list[Moment]:
    """Before and after each effect of the run that reads it."""
    scene, effects = answered(), Effects()
    scene.run(wrap=effects.wrap)
    assert len(scene.rulings) == 1
    return list(effects.moments)


def disturbed(act: Callable[[AskingWorld], object], moment: Moment) -> AskingWorld:
    """Let something happen at a moment of that run, and the schedule go on."""
    scene = answered()
    with suppress(TallyError):
        scene.run(wrap=Effects(lambda: act(scene), at=moment).wrap, fails=True)
    scene.settle()
    return scene


def by_command(scene: AskingWorld) -> None:
    """Another person rejects by command, unless the ticket's answer was first."""
    with suppress(TallyError):
        scene.world.answers().reject(scene.record.key, by="jane@msp.test", why="no")


def test_answered_by_command_and_in_the_ticket_at_once() -> None:
    """ASK-5: whoever is first in the ledger wins, alone; the ticket is closed with a word of it."""
    winners = set()
    for moment in moments():
        scene = disturbed(by_command, moment)
        [(by, _)] = scene.rulings
        winners.add(by)
        assert scene.hold is None
        assert scene.remembered.state is TicketState.CLOSED
        word = scene.texts()[-1]
        who = "JDoe: approve 240" if by.startswith("JDoe") else "jane@msp.test on the command line"
        assert word.startswith(f"Answered by {who}"), moment
        assert len(scene.texts()) == 2
        assert list(scene.problems()) == []
    assert winners == {"JDoe in ticket 1", "jane@msp.test"}


def test_a_count_that_moves_while_the_answer_is_read() -> None:
    """ASK-4: 240 was approved, so nothing else is ever let through by that note."""
    taken = set()
    for moment in moments():
        scene = disturbed(lambda it: it.tick(260), moment)
        scene.world.clock.advance(QUARTER)
        # Approved just before, 260 grows on from 240 within the limits, and is billed.
        taken.add(bool(scene.rulings))
        allowed = scene.record.ruling(Said.GROW)
        assert allowed is None or allowed.number == 240, moment
        if not scene.rulings:
            assert scene.hold is not None
            assert [each[0] for each in scene.world.additions(scene.harbor)] == [31, 44]
            assert "approve 260" in scene.texts()[-1]
        assert list(scene.problems()) == []
    assert taken == {True, False}


def test_a_customer_who_writes_while_the_answer_is_read() -> None:
    """ASK-3: it changes nothing, and brings no second word."""
    for moment in moments():
        scene = disturbed(lambda it: it.people.customer_note(1, "What is this?"), moment)
        assert (len(scene.rulings), len(scene.texts())) == (1, 2)
        assert list(scene.problems()) == []
