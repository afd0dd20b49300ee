"""Runs that are stopped dead between any two effects, or have company at any moment (ASK-1, 5)."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import cache, partial

import pytest

from simulators.connectwise.desk.example import PETER
from simulators.faults import Fault, FaultKind
from tally.domain.asking.ticket import TicketState
from tally.errors import TallyError
from testing.effects import Effects, KilledError, Moment, kill
from tests.functional.asking_world import QUARTER, AskingWorld

pytestmark = pytest.mark.slow

LAG = timedelta(minutes=4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """Acts up to a run that is disturbed, and after it.

    ``notes`` are how many of ours there may be in the end, when all is closed, and ``word`` is how
    the last one begins.
    """

    name: str
    before: Callable[[AskingWorld], object]
    after: Callable[[AskingWorld], object]
    notes: tuple[int, ...]
    lag: timedelta = timedelta(0)
    word: str = "Answered by JDoe: approve "

    def begin(self) -> AskingWorld:
        """Play up to the run that is disturbed."""
        scene = AskingWorld.held()
        scene.world.connectwise.options.list_lag = self.lag
        self.before(scene)
        return scene


def nothing(_: AskingWorld) -> None:
    """Do nothing."""


def asked(scene: AskingWorld) -> None:
    """The question stands, and everybody sees it."""
    scene.run()
    scene.world.clock.advance(QUARTER)


def answered(scene: AskingWorld) -> None:
    """A member answers, and everybody sees it."""
    asked(scene)
    scene.answer()
    scene.world.clock.advance(LAG)


def answer_newest(scene: AskingWorld) -> None:
    """A member answers the newest question."""
    scene.answer(code=scene.remembered.code)


def differing(scene: AskingWorld) -> None:
    """Two members answer otherwise."""
    answered(scene)
    scene.answer("reject", by=PETER)
    scene.world.clock.advance(LAG)


def moved(scene: AskingWorld) -> None:
    """A member answers, and the numbers move."""
    answered(scene)
    scene.tick(260)


def by_command(scene: AskingWorld) -> None:
    """A person answers by command."""
    asked(scene)
    scene.world.answers().approve(scene.record.key, by="jane@msp.test", why="true")


def mistaken(scene: AskingWorld) -> None:
    """A member writes something that is no answer."""
    asked(scene)
    scene.answer("approve please")
    scene.world.clock.advance(LAG)


def cut_off(scene: AskingWorld) -> None:
    """The answer was carried out, and its last word did not come through."""
    answered(scene)
    away = Fault(kind=FaultKind.REFUSED, operation="POST notes", times=None)
    scene.world.connectwise.faults.add(away)
    scene.run(fails=True)
    scene.world.connectwise.faults.clear()
    assert scene.remembered.state is TicketState.CLOSING
    scene.world.clock.advance(QUARTER)


STORIES = [
    Story(name="made", before=nothing, after=answer_newest, notes=(2,)),
    Story(name="made under lag", before=nothing, after=answer_newest, notes=(2,), lag=LAG),
    Story(name="answered", before=answered, after=nothing, notes=(2,)),
    Story(name="answered under lag", before=answered, after=nothing, notes=(2,), lag=LAG),
    Story(name="differing", before=differing, after=answer_newest, notes=(3,), lag=LAG),
    Story(name="moved", before=moved, after=answer_newest, notes=(3,), lag=LAG),
    Story(
        name="by command",
        before=by_command,
        after=nothing,
        notes=(2,),
        lag=LAG,
        word="Answered by jane@msp.test",
    ),
    Story(name="cut off", before=cut_off, after=nothing, notes=(2,), lag=LAG),
    Story(name="hinted", before=mistaken, after=answer_newest, notes=(2, 3)),
]


def run(scene: AskingWorld, effects: Effects) -> None:
    """One run that may be stopped, or may lose a race."""
    with suppress(KilledError, TallyError):
        scene.run(wrap=effects.wrap, fails=True)


@cache
def moments(story: Story) -> tuple[Moment, ...]:
    """Before and after each effect of a run that is left in peace."""
    scene, effects = story.begin(), Effects()
    run(scene, effects)
    finish(scene, story)
    assert effects.count("connectwise.test") >= 2
    assert effects.count("asking save_ticket") >= 1
    return tuple(effects.moments)


def finish(scene: AskingWorld, story: Story) -> None:
    """Let the schedule go on, the people too, and see that all is right in the end."""
    scene.settle()
    story.after(scene)
    scene.settle(6)
    assert list(scene.problems()) == []
    assert [each["closedFlag"] for each in scene.tickets] == [True]
    assert len(scene.rulings) == 1
    assert scene.hold is None
    assert scene.remembered.state is TicketState.CLOSED
    assert len(scene.texts()) in story.notes
    assert scene.texts()[-1].startswith(story.word)


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_a_run_that_is_killed_anywhere(story: Story) -> None:
    """ASK-1, ASK-5, ASK-6: one ticket, one ruling, one last word, whatever the moment."""
    for moment in moments(story):
        scene = story.begin()
        run(scene, Effects(kill, at=moment))
        finish(scene, story)


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_two_runs_at_once(story: Story) -> None:
    """ASK-1: the other one runs whole at any moment of the first."""
    for moment in moments(story):
        scene = story.begin()
        other = partial(run, scene, Effects())
        run(scene, Effects(other, at=moment))
        finish(scene, story)
