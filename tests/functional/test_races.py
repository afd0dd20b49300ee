"""Two workers on one record at once: the second runs whole at every point between two effects of
the first.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest

from simulators.clock import VirtualClock
from tally.domain.model.standing import StandingState
from tally.errors import ConflictError, NotYetError, TallyError
from testing.audit import audit
from testing.effects import Effects, Moment
from testing.queue import Message
from testing.world import Customer, World
from tests.functional.instants import gmt

pytestmark = pytest.mark.slow

FIRST, THIRD = gmt("2026-11-01 00:00"), gmt("2026-11-03 00:00")
CLOSE = gmt("2026-12-02 00:00")
QUARTER = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A tick's job that two workers have at once; `rise` machines check in between their
    readings.
    """

    name: str
    tick: datetime
    more: int
    rise: int = 0
    lag: timedelta = timedelta(0)
    months: dict[str, bool] = field(default_factory=lambda: {"2026-11": False})

    def begin(self) -> "Race":
        world = World(clock=VirtualClock(gmt("2026-10-31 00:00")))
        world.connectwise.options.list_lag = self.lag
        harbor = world.add_customer("Harbor Dental")
        world.ledger.begin_tick(FIRST)
        world.check_in(harbor, 12, at=FIRST)
        if self.tick > FIRST:
            world.play(FIRST, THIRD - QUARTER)
        world.check_in(harbor, self.more, at=min(self.tick, gmt("2026-11-30 23:50")))
        world.tick(self.tick)
        message = next(each for each in world.queue.receive() if str(each.job.month) == "2026-11")
        return Race(world=world, harbor=harbor, message=message, scene=self)


@dataclass(slots=True, kw_only=True)
class Race:
    """Two workers, A and B, with one job each; their effects, and how each job ended."""

    world: World
    harbor: Customer
    message: Message
    scene: Scene
    first: Effects = field(default_factory=Effects)
    second: Effects = field(default_factory=Effects)
    outcomes: dict[str, TallyError | None] = field(default_factory=dict)

    def run(self, moment: Moment | None, other: Callable[["Race"], Message]) -> None:
        """Run A, and B inside A at the moment; B's message is what `other` gives."""
        second = other(self)

        def whole_of_b() -> None:
            self.world.check_in(self.harbor, self.scene.rise)
            self._deliver("B", second, self.second)

        self.first = Effects(whole_of_b, at=moment)
        self._deliver("A", self.message, self.first)

    def _deliver(self, name: str, message: Message, effects: Effects) -> None:
        failures = len(self.world.failures)
        self.world.deliver(message, self.world.worker(wrap=effects.wrap))
        self.outcomes[name] = (
            self.world.failures[failures] if len(self.world.failures) > failures else None
        )
        if (
            name == "A"
            and self.outcomes.get("B") is not None
            and self.world.failures[-1] is self.outcomes["B"]
        ):
            self.outcomes["A"] = None

    def problems(self) -> list[str]:
        """What is wrong in the end."""
        months = self.scene.months.items()
        return [
            each
            for month, closed in months
            for each in audit(self.world, self.harbor, month, closed=closed)
        ]

    def losers(self) -> list[tuple[str, int]]:
        """Who was told that another was there, with the number of ConnectWise calls that it had
        made.
        """
        effects = {"A": self.first, "B": self.second}
        return [
            (name, effects[name].count("connectwise.test"))
            for name, error in self.outcomes.items()
            if isinstance(error, ConflictError | NotYetError)
        ]


def the_same_job(race: Race) -> Message:
    """SQS gives the message to a second worker as well."""
    race.world.queue.repeat(race.message)
    [again] = [each for each in race.world.queue.receive() if str(each.job.month) == "2026-11"]
    return again


def the_next_ticks_job(race: Race) -> Message:
    """The second worker has the job of a tick two minutes later."""
    race.world.tick(race.scene.tick + timedelta(minutes=2))
    return next(each for each in race.world.queue.receive() if str(each.job.month) == "2026-11")


SCENES = [
    Scene(name="opening", tick=FIRST, more=0),
    Scene(name="opening, rising between", tick=FIRST, more=0, rise=3),
    Scene(name="rise", tick=THIRD, more=5),
    Scene(name="rise, rising between", tick=THIRD, more=5, rise=2),
    Scene(
        name="rise, rising between, under lag", tick=THIRD, more=5, rise=2, lag=timedelta(minutes=4)
    ),
    Scene(name="close", tick=CLOSE, more=0, months={"2026-11": True}),
    Scene(name="close with a last rise", tick=CLOSE, more=4, months={"2026-11": True}),
]


def moments(scene: Scene, other: Callable[[Race], Message]) -> Sequence[Moment]:
    """Every point of A, left in peace."""
    race = scene.begin()
    race.run(None, other)
    return list(race.first.moments)


@pytest.mark.parametrize("other", [the_same_job, the_next_ticks_job])
@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name.replace(" ", "-"))
def test_two_workers(scene: Scene, other: Callable[[Race], Message]) -> None:
    """SAFE-3, OPEN-1: whoever comes when, one Addition, its quantity; who loses has called nobody,
    and comes again.
    """
    lost = 0
    for moment in moments(scene, other):
        race = scene.begin()
        race.run(moment, other)
        # A close that writes nothing to ConnectWise reads there without an intent.
        if "close" not in scene.name:
            assert (moment, [calls for _, calls in race.losers() if calls]) == (moment, [])
        assert len(race.losers()) <= 1
        lost += len(race.losers())
        assert len(race.world.connectwise.truth.made_by_api()) == 1
        race.world.work(until=timedelta(minutes=40))
        assert (moment, race.problems()) == (moment, [])
        assert race.world.queue.dead == []
    assert lost >= 2


@pytest.mark.parametrize("scene", SCENES[:5], ids=lambda scene: scene.name.replace(" ", "-"))
def test_one_intent_at_a_time(scene: Scene) -> None:
    """SAFE-3: nobody writes to ConnectWise without an intent of that very quantity being the
    record's last word.
    """
    for moment in moments(scene, the_same_job):
        race = scene.begin()
        race.run(moment, the_same_job)
        race.world.work(until=timedelta(minutes=40))
        record = race.world.record(race.harbor, "2026-11")
        assert record is not None
        story = [entry.what for entry in race.world.ledger.history(record.key)]
        writes = [each for each in story if each in {"opened", "pushed"}]
        intents = [each for each in story if each.endswith("intended")]
        assert (moment, len(writes)) == (moment, len(intents))


@pytest.mark.parametrize("other", [the_same_job, the_next_ticks_job])
@pytest.mark.parametrize("scene", SCENES[1:4], ids=lambda scene: scene.name.replace(" ", "-"))
def test_standing_of_a_race(scene: Scene, other: Callable[[Race], Message]) -> None:
    """SAFE-7: that another was first is never shown as failing; when both are done it says billing,
    within the tick.
    """
    for moment in moments(scene, other):
        race = scene.begin()
        race.run(moment, other)
        shown = race.world.standing(race.harbor).shown
        assert (moment, shown.state) != (moment, StandingState.FAILING), shown.reason
        race.world.work(until=timedelta(minutes=14))
        shown = race.world.standing(race.harbor).shown
        assert (moment, shown.state) == (moment, StandingState.BILLING), shown.reason


def test_licence_lost_between_list_and_reading() -> None:
    """READ-2, CLOSE-5: the 0 of a company that lost its subscription since it was listed holds
    nothing: it is unknown.
    """
    world = World(clock=VirtualClock(FIRST))
    harbor = world.add_customer("Harbor Dental")
    world.check_in(harbor, 12)
    world.play(FIRST)
    world.tick(THIRD)
    world.gravityzone.tenant.change_subscription(harbor.id, 1)
    world.work()
    world.play(THIRD + QUARTER)
    record = world.record(harbor, "2026-11")
    assert record is not None
    assert record.hold is None
    assert world.additions(harbor) == [(12, "2026-11-01", "2026-11-30")]
    world.play(CLOSE)
    assert audit(world, harbor, "2026-11", closed=True) == []


def test_company_deleted_between_list_and_reading() -> None:
    """CLOSE-5, SAFE-7: one deleted since it was listed keeps its Addition, and its month closes."""
    world = World(clock=VirtualClock(FIRST))
    harbor = world.add_customer("Harbor Dental")
    world.check_in(harbor, 12)
    world.play(FIRST)
    world.tick(THIRD)
    world.gravityzone.tenant.delete_company(harbor.id)
    world.work()
    world.play(THIRD + QUARTER)
    world.work(until=timedelta(hours=1))
    world.play(CLOSE)
    assert world.additions(harbor) == [(12, "2026-11-01", "2026-11-30")]
    assert audit(world, harbor, "2026-11", closed=True) == []


@pytest.mark.parametrize(
    "fields",
    [
        {"billingCycle": {"id": 3, "name": "Quarterly"}},
        {"type": {"id": 77, "name": "Other"}},
        {"billStartDate": "2026-11-02T00:00:00Z"},
    ],
    ids=lambda fields: next(iter(fields)),
)
def test_agreement_changed_between_list_and_post(fields: dict[str, Any]) -> None:
    """OPEN-7: the agreement as it is right before the POST decides, also where ConnectWise would
    take the Addition.
    """
    world = World(clock=VirtualClock(FIRST))
    harbor = world.add_customer("Harbor Dental")
    world.check_in(harbor, 12)
    world.tick(FIRST)
    world.connectwise.people.edit_agreement(harbor.agreement_id, fields)
    world.work()
    assert world.connectwise.calls.counts["POST additions"] == 0
    assert world.connectwise.truth.made_by_api() == []


def test_agreement_cancelled_between_list_and_post() -> None:
    """OPEN-7: right before the POST the agreement is read again; one that was cancelled meanwhile
    gets nothing.
    """
    world = World(clock=VirtualClock(FIRST))
    harbor = world.add_customer("Harbor Dental")
    world.check_in(harbor, 12)
    world.tick(FIRST)
    world.connectwise.people.cancel_agreement(harbor.agreement_id, gmt("2026-11-01 00:00").date())
    world.work()
    assert world.connectwise.truth.made_by_api() == []
    world.play(FIRST + QUARTER)
    assert world.connectwise.truth.made_by_api() == []
    assert world.standing(harbor).shown.state is StandingState.NEEDS_SETUP


def test_somebody_adds_one_between_list_and_post() -> None:
    """OPEN-6: an Addition of the product that appears right before the POST is not doubled."""
    world = World(clock=VirtualClock(FIRST))
    harbor = world.add_customer("Harbor Dental")
    world.check_in(harbor, 12)
    world.tick(FIRST)
    world.connectwise.people.add_addition(
        harbor.agreement_id, "GZ-ENDPOINT", quantity=9, effective=FIRST.date()
    )
    world.work()
    assert world.connectwise.truth.made_by_api() == []
    assert world.standing(harbor).shown.state is StandingState.HELD
