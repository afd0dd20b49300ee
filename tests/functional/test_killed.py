"""Functions stopped dead at every point between two effects on the world, and what comes after
them.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from simulators.clock import VirtualClock
from simulators.connectwise.billing_truth import API
from tally.domain.model.standing import StandingState
from testing.audit import audit
from testing.effects import Effects, KilledError, Moment, kill
from testing.queue import Message
from testing.world import Customer, World
from tests.functional.instants import gmt

pytestmark = pytest.mark.slow

QUARTER = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """What is played up to the tick whose worker is killed, and what is to be true in the end.

    `ticks` come before it, each with the machines that check in at it; `more` check in after them,
    at `seen` or else at
    the tick, and `meanwhile` right after the kill. `months` are those that must be right, with
    whether they are closed.
    """

    name: str
    ticks: Sequence[tuple[datetime, int]] = ()
    tick: datetime
    more: int
    seen: datetime | None = None
    meanwhile: int = 0
    months: dict[str, bool] = field(default_factory=lambda: {"2026-11": False})
    lag: timedelta = timedelta(0)

    def begin(self) -> "Play":
        """Play up to the tick, whose jobs then wait on the queue."""
        world = World(clock=VirtualClock(gmt("2026-10-31 00:00")))
        world.connectwise.options.list_lag = self.lag
        customer = world.add_customer("Harbor Dental")
        world.ledger.begin_tick(gmt("2026-11-01 00:00"))
        for at, machines in self.ticks:
            world.check_in(customer, machines, at=at)
            world.play(at)
        world.check_in(customer, self.more, at=self.seen or self.tick)
        world.tick(self.tick)
        assert world.failures == []
        return Play(world=world, customer=customer, story=self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Play:
    """A story at the tick whose worker is killed."""

    world: World
    customer: Customer
    story: Story

    def problems(self) -> list[str]:
        """What is wrong in the end."""
        months = self.story.months.items()
        return [
            each
            for month, closed in months
            for each in audit(self.world, self.customer, month, closed=closed)
        ]

    def work(self, effects: Effects) -> Sequence[Message]:
        """One worker with one batch; give the messages that it had."""
        worker = self.world.worker(wrap=effects.wrap)
        batch = self.world.queue.receive()
        with suppress(KilledError):
            for message in batch:
                self.world.deliver(message, worker)
        return batch


OPENED = ((gmt("2026-11-01 00:00"), 12), (gmt("2026-11-02 23:45"), 0))
CLOSED_AND_OPENED = {"2026-11": True, "2026-12": False}
LAG = timedelta(minutes=4)
STORIES = [
    Story(name="opening", tick=gmt("2026-11-01 00:00"), more=12),
    Story(
        name="opening under lag, then a rise",
        tick=gmt("2026-11-01 00:00"),
        more=12,
        meanwhile=3,
        lag=LAG,
    ),
    Story(name="rise under lag", ticks=OPENED, tick=gmt("2026-11-03 00:00"), more=5, lag=LAG),
    Story(
        name="rise, then another", ticks=OPENED, tick=gmt("2026-11-03 00:00"), more=5, meanwhile=2
    ),
    Story(
        name="close with a last rise, and the next month's opening",
        ticks=OPENED,
        tick=gmt("2026-12-02 00:00"),
        more=4,
        seen=gmt("2026-11-30 23:50"),
        months=CLOSED_AND_OPENED,
    ),
    Story(
        name="quiet close, and a rise of the next month",
        ticks=(*OPENED, (gmt("2026-12-01 23:45"), 3)),
        tick=gmt("2026-12-02 00:00"),
        more=2,
        months=CLOSED_AND_OPENED,
        lag=LAG,
    ),
]


def redelivered(play: Play, batch: Sequence[Message]) -> None:
    """The messages come again when their visibility timeout has run out."""
    del batch
    play.world.work(until=timedelta(minutes=40))


def redelivered_at_once(play: Play, batch: Sequence[Message]) -> None:
    """Each message comes again at once, as well as after its visibility timeout."""
    for message in batch:
        play.world.queue.repeat(message)
    play.world.work(until=timedelta(minutes=40))


def lost(play: Play, batch: Sequence[Message]) -> None:
    """The messages are gone; the next ticks plan anew."""
    for message in batch:
        play.world.queue.delete(message)
    play.world.play(play.story.tick + QUARTER, play.story.tick + 2 * QUARTER)


def overtaken(play: Play, batch: Sequence[Message]) -> None:
    """The next tick's jobs run first, two minutes later, and the killed ones come again after
    them.
    """
    del batch
    play.world.clock.advance(timedelta(minutes=2))
    play.world.play(play.story.tick + timedelta(minutes=2))
    play.world.work(until=timedelta(minutes=40))


@pytest.mark.parametrize("recovery", [redelivered, redelivered_at_once, lost, overtaken])
@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name.replace(" ", "-"))
def test_worker_killed_anywhere(
    story: Story, recovery: Callable[[Play, Sequence[Message]], None]
) -> None:
    """OPEN-1, SAFE-1, SAFE-2: wherever a worker is killed, in the end there is one Addition, its
    quantity, all history.
    """
    for moment in moments_of_worker(story):
        play = story.begin()
        batch = play.work(Effects(kill, at=moment))
        if story.meanwhile:
            play.world.check_in(play.customer, story.meanwhile)
        recovery(play, batch)
        assert (moment, play.problems()) == (moment, [])


@pytest.mark.parametrize(
    "story", [STORIES[0], STORIES[2], STORIES[-1]], ids=lambda story: story.name.replace(" ", "-")
)
def test_standing_after_a_kill(story: Story) -> None:
    """SAFE-7: once the job has been done after all, the standing says billing, at once and not only
    at the next tick.
    """
    for moment in moments_of_worker(story):
        play = story.begin()
        redelivered_at_once(play, play.work(Effects(kill, at=moment)))
        assert (moment, play.world.standing(play.customer).shown.state) == (
            moment,
            StandingState.BILLING,
        )


def test_worker_killed_twice() -> None:
    """SAFE-2: a renewed intent whose worker is killed as well is taken over once more, without a
    second Addition.
    """
    story = STORIES[0]
    post = worker_effects(story).names.index("connectwise.test POST") + 1
    first = [Moment(post, after) for after in (False, True)]
    for killed_first in first:
        again = story.begin()
        again.work(Effects(kill, at=killed_first))
        again.world.clock.advance(timedelta(minutes=12))
        second = Effects()
        again.work(second)
        for moment in second.moments:
            play = story.begin()
            play.work(Effects(kill, at=killed_first))
            play.world.clock.advance(timedelta(minutes=12))
            play.work(Effects(kill, at=moment))
            redelivered(play, ())
            assert (killed_first, moment, play.problems()) == (killed_first, moment, [])


def worker_effects(story: Story) -> Effects:
    """The effects of the story's worker, left in peace."""
    play, effects = story.begin(), Effects()
    play.work(effects)
    play.world.work(until=timedelta(minutes=40))
    assert play.problems() == []
    return effects


def moments_of_worker(story: Story) -> list[Moment]:
    """Before and after each of them: what is written to ConnectWise and to the ledger is among
    them.
    """
    effects = worker_effects(story)
    assert effects.count("connectwise.test P") >= 1
    assert effects.count("ledger save") >= 2
    return list(effects.moments)


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """A new deployment with what a planner meets: two customers to bill, a partner, one that is not
    licensed.
    """

    world: World
    harbor: Customer
    quay: Customer
    partner_id: str
    unlicensed_id: str

    @classmethod
    def make(cls) -> "Start":
        world = World(clock=VirtualClock(gmt("2026-11-01 00:00")))
        tenant = world.gravityzone.tenant
        partner = tenant.add_company("Tidewater IT", kind="partner")
        harbor, quay = (
            world.add_customer("Harbor Dental"),
            world.add_customer("North Quay", parent_id=partner),
        )
        world.check_in(harbor, 12)
        unlicensed = tenant.add_company("Old Mill", subscription_type=1)
        return cls(
            world=world, harbor=harbor, quay=quay, partner_id=partner, unlicensed_id=unlicensed
        )

    def problems(self) -> list[str]:
        """What is wrong with either customer's month."""
        return [
            each
            for customer in (self.harbor, self.quay)
            for each in audit(self.world, customer, "2026-11")
        ]

    def plan(self, effects: Effects, at: datetime) -> None:
        """One tick of a planner."""
        with suppress(KilledError):
            self.world.planner(wrap=effects.wrap)(at)


def moments_of_planner() -> list[Moment]:
    """Before and after each effect of the first tick's planner."""
    start, effects = Start.make(), Effects()
    start.plan(effects, gmt("2026-11-01 00:00"))
    assert {name.split()[0] for name in effects.names} == {
        "ledger",
        "queue",
        "gravityzone.test",
        "connectwise.test",
    }
    return list(effects.moments)


def test_planner_killed_anywhere() -> None:
    """SAFE-1, MATCH-1: wherever the planner is killed, the next tick links each company once and
    opens each month once.
    """
    for moment in moments_of_planner():
        start = Start.make()
        start.plan(Effects(kill, at=moment), gmt("2026-11-01 00:00"))
        start.world.work()
        start.world.play(gmt("2026-11-01 00:15"))
        assert (moment, start.problems()) == (moment, [])
        assert start.world.failures == []
        assert len(list(start.world.ledger.all_links())) == 2


def test_planner_killed_and_invoked_again() -> None:
    """SAFE-4: the same tick, invoked again after its planner was killed, plans what the first did
    not.
    """
    for moment in moments_of_planner():
        start = Start.make()
        start.plan(Effects(kill, at=moment), gmt("2026-11-01 00:00"))
        start.world.work(until=timedelta(minutes=2))
        start.world.play(gmt("2026-11-01 00:00"))
        assert (moment, start.problems()) == (moment, [])


def test_every_company_has_a_standing_after_the_planner_was_killed() -> None:
    """SAFE-7: wherever the planner is killed, after the next tick each company has its standing,
    nobody is left out.
    """
    for moment in moments_of_planner():
        start = Start.make()
        start.plan(Effects(kill, at=moment), gmt("2026-11-01 00:00"))
        start.world.play(gmt("2026-11-01 00:15"), gmt("2026-11-01 00:30"))
        shown = {each.company_id: each.shown.state for each in start.world.ledger.all_standings()}
        assert (moment, shown) == (
            moment,
            {
                start.harbor.id: StandingState.BILLING,
                start.quay.id: StandingState.BILLING,
                start.partner_id: StandingState.NEEDS_SETUP,
                start.unlicensed_id: StandingState.WAITING,
            },
        )


def test_nothing_of_others_is_touched() -> None:
    """FOLLOW-3: a kill at any point never makes Tally write to an Addition of somebody else's."""
    story = STORIES[0]
    for moment in moments_of_worker(story):
        play = story.begin()
        play.work(Effects(kill, at=moment))
        other = play.world.connectwise.people.add_addition(
            play.customer.agreement_id,
            "GZ-ENDPOINT",
            quantity=3,
            effective=gmt("2026-10-01 00:00").date(),
        )
        redelivered(play, ())
        assert play.world.connectwise.truth.addition(other).changes_by(API) == []
        assert len(play.world.connectwise.truth.made_by_api()) <= 1
