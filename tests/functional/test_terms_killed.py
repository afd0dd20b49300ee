"""OPEN-5, SAFE-2: terms whose worker is stopped dead at any point, or whose answer is lost, are
carried over all the same.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

import pytest

from simulators.clock import VirtualClock
from simulators.connectwise.billing_truth import API, AdditionTruth
from simulators.faults import Fault, FaultKind, Garble
from tally.domain.model.month import Month
from tally.domain.model.standing import StandingState
from tally.domain.record.record_key import RecordKey
from tally.ledger.history_entry import paths
from tally.ledger.record_codec import record_fields
from testing.audit import audit, gaps, replayed
from testing.effects import Effects, KilledError, kill
from testing.world import Customer, World
from tests.functional.instants import gmt
from tests.functional.killed_scene import beside_another, moments, overtaken, redelivered, work

pytestmark = pytest.mark.slow

OCTOBER, NOVEMBER, CLOSED = (
    gmt("2026-10-01 00:05"),
    gmt("2026-11-01 00:05"),
    gmt("2026-11-02 00:05"),
)
FIRST, SECOND, THIRD = gmt("2026-11-05 00:00"), gmt("2026-11-05 00:15"), gmt("2026-11-05 00:30")
PATCH = "PATCH additions/{id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A customer whose terms a person wants carried over, and whose count has grown to 5; its job
    waits.
    """

    world: World
    harbor: Customer
    ours: AdditionTruth
    key: RecordKey
    tick = SECOND
    following = THIRD

    @classmethod
    def make(cls, *, lag: timedelta = timedelta(0)) -> "Scene":
        world = World(clock=VirtualClock(OCTOBER))
        harbor = world.add_customer("Harbor Dental")
        world.play(OCTOBER)
        (october,) = world.connectwise.truth.made_by_api()
        world.connectwise.people.set_terms(october.id, unit_price=3.9, less_included=1)
        world.check_in(harbor, 3, at=NOVEMBER)
        world.play(NOVEMBER, CLOSED, FIRST)
        ours = world.connectwise.truth.made_by_api()[-1]
        key = RecordKey(company_id=harbor.id, month=Month(2026, 11), service="endpoints")
        world.answers().carry_terms(key, by="ann", why="agreed")
        world.check_in(harbor, 2, at=SECOND)
        world.connectwise.options.list_lag = lag
        world.clock.set(max(world.clock.now(), SECOND))
        world.tick(SECOND)
        return cls(world=world, harbor=harbor, ours=ours, key=key)

    def problems(self) -> list[str]:
        """What is wrong in the end."""
        found = audit(self.world, self.harbor, "2026-11")
        record, history = self.world.ledger.record(self.key), self.world.ledger.history(self.key)
        assert record is not None
        found += gaps(history)
        if replayed(history) != dict(paths(record_fields(record))):
            found.append("the history does not replay to the record")
        if (self.ours.fields["unitPrice"], self.ours.fields["lessIncluded"]) != (3.9, 1):
            found.append(f"the terms are {self.ours.fields}")
        changed = [(each.field, each.after) for each in self.ours.changes_by(API)]
        if sorted(changed) != [("lessIncluded", 1.0), ("quantity", 5.0), ("unitPrice", 3.9)]:
            found.append(f"what was changed is {changed}")
        if record.lines[0].terms is not None:
            found.append(f"the line has {record.lines[0].terms}")
        if sum(entry.what == "terms carried over" for entry in history) != 1:
            found.append(f"the history says {[entry.what for entry in history]}")
        return found


@pytest.mark.parametrize("recovery", [redelivered, overtaken])
@pytest.mark.parametrize("lag", [timedelta(0), timedelta(minutes=4)], ids=["at once", "under lag"])
def test_killed_anywhere(lag: timedelta, recovery: Callable[[Scene], None]) -> None:
    """OPEN-5, SAFE-1, SAFE-2: wherever the worker is killed, in the end count and terms are right,
    each once.
    """
    for moment in moments(lambda: Scene.make(lag=lag)):
        scene = Scene.make(lag=lag)
        work(scene, Effects(kill, at=moment))
        recovery(scene)
        assert (moment, scene.problems()) == (moment, [])
        shown = scene.world.standing(scene.harbor).shown
        assert (moment, shown.state, shown.notices) == (moment, StandingState.BILLING, ())


@pytest.mark.parametrize("lag", [timedelta(0), timedelta(minutes=4)], ids=["at once", "under lag"])
def test_two_workers(lag: timedelta) -> None:
    """SAFE-3: of two workers with one job at most one writes at a time, and the terms are carried
    over once.
    """
    for moment in moments(lambda: Scene.make(lag=lag)):
        scene = Scene.make(lag=lag)
        beside_another(scene, moment)
        assert (moment, scene.problems()) == (moment, [])


@pytest.mark.parametrize(
    "fault",
    [
        Fault(kind=FaultKind.TIMEOUT_AFTER, operation=PATCH, contains="unitPrice", times=3),
        Fault(kind=FaultKind.TIMEOUT_BEFORE, operation=PATCH, contains="unitPrice", times=3),
        Fault(kind=FaultKind.STATUS, status=500, operation=PATCH, contains="unitPrice", times=3),
        Fault(
            kind=FaultKind.GARBLED,
            garble=Garble.TRUNCATED,
            operation=PATCH,
            contains="unitPrice",
            times=3,
        ),
    ],
    ids=["lost after", "lost before", "500", "garbled"],
)
@pytest.mark.parametrize("lag", [timedelta(0), timedelta(minutes=4)], ids=["at once", "under lag"])
def test_lost_answers(fault: Fault, lag: timedelta) -> None:
    """OPEN-5, SAFE-2: an answer that never came, or cannot be read, leaves the intent; the next job
    finds what happened.
    """
    scene = Scene.make(lag=lag)
    scene.world.connectwise.faults.add(fault)
    redelivered(scene)
    scene.world.play(gmt("2026-11-05 01:00"))
    assert scene.problems() == []


def test_nothing_is_sent_before_a_person_asks() -> None:
    """OPEN-5, SAFE-1: terms are written only after the history says who asked for it, and that it
    was about to be done.
    """
    scene = Scene.make()
    assert scene.ours.changes_by(API) == []
    redelivered(scene)
    history = {entry.what: entry for entry in scene.world.ledger.history(scene.key)}
    assert (history["terms to be carried over"].by, history["terms to be carried over"].why) == (
        "ann",
        "agreed",
    )
    priced = [change for change in scene.ours.changes_by(API) if change.field == "unitPrice"]
    assert len(priced) == 1
    assert history["terms to be carried over"].at <= history["terms intended"].at <= priced[0].at


def _opening(*, renewed: bool) -> tuple[World, Customer]:
    """A customer with a price of its own in October, and November's job waiting, on another
    agreement if it was renewed.
    """
    world = World(clock=VirtualClock(OCTOBER))
    harbor = world.add_customer("Harbor Dental")
    world.play(OCTOBER)
    (october,) = world.connectwise.truth.made_by_api()
    world.connectwise.people.set_terms(october.id, unit_price=3.9)
    if renewed:
        world.connectwise.people.renew_agreement(harbor.agreement_id, on=Month(2026, 11).first)
    world.tick(NOVEMBER)
    return world, harbor


@pytest.mark.parametrize("renewed", [False, True])
def test_an_opening_killed_anywhere_is_compared(*, renewed: bool) -> None:
    """OPEN-5, SAFE-2: wherever the worker that opens the month is killed, in the end there is one
    notice of other terms.
    """
    effects = Effects()
    world, _ = _opening(renewed=renewed)
    world.work(deliver=world.worker(wrap=effects.wrap))
    assert effects.count("connectwise.test POST") == 1
    for moment in effects.moments:
        world, harbor = _opening(renewed=renewed)
        with suppress(KilledError):
            world.work(deliver=world.worker(wrap=Effects(kill, at=moment).wrap))
        world.work(until=timedelta(minutes=40))
        (_, november) = world.connectwise.truth.made_by_api()
        shown = world.standing(harbor).shown
        assert (moment, len(shown.notices)) == (moment, 1)
        assert (
            f"Addition {november.id} for November 2026 has unit price 4.50 instead of 3.90"
            in shown.notices[0]
        )
