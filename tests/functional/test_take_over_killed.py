"""OPEN-6, SAFE-2: a take-over whose worker is stopped dead at any point, or whose answer is lost,
happens once.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

import pytest

from simulators.clock import VirtualClock
from simulators.connectwise.billing_truth import API, AdditionTruth
from simulators.faults import Fault, FaultKind, Garble
from tally.domain.model.month import Month
from tally.domain.model.standing import StandingState
from tally.domain.record.record_key import RecordKey, reference
from tally.domain.record.rulings import Said
from tally.domain.record.usage_record import RecordState
from testing.audit import gaps, replayed
from testing.effects import Effects, kill
from testing.world import PRODUCT, Customer, World
from tests.functional.instants import gmt
from tests.functional.killed_scene import beside_another, moments, overtaken, redelivered, work

pytestmark = pytest.mark.slow

FIRST, SECOND, THIRD = gmt("2026-11-01 00:00"), gmt("2026-11-01 00:15"), gmt("2026-11-01 00:30")
PATCH = "PATCH additions/{id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A customer whose Addition of others, at 2, a person has given to us; its job waits, and the
    count is 3.
    """

    world: World
    harbor: Customer
    foreign: AdditionTruth
    key: RecordKey
    tick = SECOND
    following = THIRD

    @classmethod
    def make(cls, *, lag: timedelta = timedelta(0)) -> "Scene":
        world = World(clock=VirtualClock(FIRST))
        harbor = world.add_customer("Harbor Dental")
        world.check_in(harbor, 3)
        made = world.connectwise.people.add_addition(
            harbor.agreement_id,
            PRODUCT,
            quantity=2,
            effective=date(2026, 1, 1),
            fields={"invoiceDescription": "Endpoints"},
        )
        world.play(FIRST)
        key = RecordKey(company_id=harbor.id, month=Month(2026, 11), service="endpoints")
        world.answers().take_over(key, made, by="ann", why="it is the same")
        world.connectwise.options.list_lag = lag
        world.clock.set(max(world.clock.now(), SECOND))
        world.tick(SECOND)
        return cls(
            world=world, harbor=harbor, foreign=world.connectwise.truth.addition(made), key=key
        )

    def problems(self) -> list[str]:
        """What is wrong in the end."""
        found: list[str] = []
        record, mark = self.world.ledger.record(self.key), reference(self.key, 0)
        assert record is not None
        history = self.world.ledger.history(self.key)
        found += gaps(history)
        replayed(history)
        if self.world.connectwise.truth.made_by_api():
            found.append("ours was made as well")
        if (self.foreign.text, self.foreign.cancelled) != (
            f"Endpoints [{mark}]",
            date(2026, 11, 30),
        ):
            found.append(f"it says {self.foreign.text!r} and ends on {self.foreign.cancelled}")
        if self.foreign.quantity != 3:
            found.append(f"it stands at {self.foreign.quantity}")
        line = record.newest
        if line is None or (line.addition_id, line.pushed, record.claim) != (
            self.foreign.id,
            3,
            None,
        ):
            found.append(f"the line is {line}")
        if (
            record.hold is not None
            or record.ruling(Said.GIVE) is not None
            or record.state is not RecordState.OPEN
        ):
            found.append(f"the record is {record}")
        if sum(entry.what in {"taken over", "opened"} for entry in history) != 1:
            found.append(f"the history says {[entry.what for entry in history]}")
        return found


@pytest.mark.parametrize("recovery", [redelivered, overtaken])
@pytest.mark.parametrize("lag", [timedelta(0), timedelta(minutes=4)], ids=["at once", "under lag"])
def test_killed_anywhere(lag: timedelta, recovery: Callable[[Scene], None]) -> None:
    """OPEN-6, SAFE-1, SAFE-2: wherever the worker is killed, in the end theirs is ours, once, and
    follows the count.
    """
    for moment in moments(lambda: Scene.make(lag=lag)):
        scene = Scene.make(lag=lag)
        work(scene, Effects(kill, at=moment))
        recovery(scene)
        assert (moment, scene.problems()) == (moment, [])
        assert scene.world.standing(scene.harbor).shown.state is StandingState.BILLING


@pytest.mark.parametrize("lag", [timedelta(0), timedelta(minutes=4)], ids=["at once", "under lag"])
def test_two_workers(lag: timedelta) -> None:
    """SAFE-3: of two workers with the one take-over at most one writes at a time, and it happens
    once.
    """
    for moment in moments(lambda: Scene.make(lag=lag)):
        scene = Scene.make(lag=lag)
        beside_another(scene, moment)
        assert (moment, scene.problems()) == (moment, [])


@pytest.mark.parametrize(
    "fault",
    [
        Fault(kind=FaultKind.TIMEOUT_AFTER, operation=PATCH, times=3),
        Fault(kind=FaultKind.TIMEOUT_BEFORE, operation=PATCH, times=3),
        Fault(kind=FaultKind.STATUS, status=500, operation=PATCH, times=3),
        Fault(kind=FaultKind.GARBLED, garble=Garble.TRUNCATED, operation=PATCH, times=3),
    ],
    ids=["lost after", "lost before", "500", "garbled"],
)
def test_lost_answers(fault: Fault) -> None:
    """SAFE-2: an answer that never came, or cannot be read, leaves the intent; the next job finds
    what happened.
    """
    scene = Scene.make()
    scene.world.connectwise.faults.add(fault)
    redelivered(scene)
    scene.world.play(gmt("2026-11-01 01:00"))
    assert scene.problems() == []


def test_nothing_of_others_is_touched_before_the_answer() -> None:
    """FOLLOW-3, OPEN-6: an Addition of others is changed only after the history says that a person
    gave it, and who.
    """
    scene = Scene.make()
    assert scene.foreign.changes_by(API) == []
    [given] = [entry for entry in scene.world.ledger.history(scene.key) if entry.what == "given"]
    assert (given.by, given.why) == ("ann", "it is the same")
    _, after = given.changes["rulings"]
    *_, word = after  # type: ignore[misc]  # a list of rulings
    assert (word["said"], word["number"], word["by"]) == ("give", scene.foreign.id, "ann")
    redelivered(scene)
    assert all(change.at >= given.at for change in scene.foreign.changes_by(API))
    assert scene.world.connectwise.truth.foreign_changed_by_api() == [scene.foreign]
