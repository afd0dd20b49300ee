"""Ticks fired twice, jobs delivered again and in any order."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from simulators.clock import VirtualClock
from testing.audit import audit
from testing.queue import Message
from testing.world import Customer, World
from tests.functional.instants import every, gmt

FIRST = gmt("2026-11-01 00:00")
QUARTER = timedelta(minutes=15)
QUIET = ("POST additions", "PATCH additions/{id}")
pytestmark = [pytest.mark.world(growth_seats=10000), pytest.mark.machines(12)]


def writes(world: World) -> int:
    """Calls that change something in ConnectWise."""
    return sum(world.connectwise.calls.count(operation) for operation in QUIET)


def test_tick_fired_twice(world: World, harbor: Customer) -> None:
    """SAFE-4: EventBridge delivers at least once; a tick that comes twice changes nothing the
    second time.
    """
    world.play(FIRST, FIRST, FIRST + QUARTER, FIRST + QUARTER)
    assert audit(world, harbor, "2026-11") == []
    assert writes(world) == 1
    record = world.record(harbor, "2026-11")
    assert record is not None
    assert record.version == 2


def test_tick_fired_twice_before_any_job_was_done(world: World, harbor: Customer) -> None:
    """SAFE-4: two planners of one tick, and two sets of jobs at once, still are one Addition."""
    world.tick(FIRST)
    first = world.queue.receive()
    world.tick(FIRST)
    second = world.queue.receive()
    workers = (world.worker(), world.worker())
    for worker, batch in zip(workers, (second, first), strict=True):
        for message in batch:
            world.deliver(message, worker)
    world.work()
    assert audit(world, harbor, "2026-11") == []
    assert writes(world) == 1


def test_older_tick_after_a_newer_one(world: World, harbor: Customer) -> None:
    """SAFE-4: a tick that comes after a newer one plans nothing."""
    world.play(FIRST + QUARTER)
    planned = world.tick(FIRST)
    assert planned.jobs == 0
    assert planned.skipped
    assert audit(world, harbor, "2026-11") == []


def test_job_repeated_after_its_outcome(world: World, harbor: Customer) -> None:
    """SAFE-4: an equal job may run again; it reads and finds that nothing is to be done."""
    world.tick(FIRST)
    [message] = world.queue.receive()
    worker = world.worker()
    world.deliver(message, worker)
    for _ in range(5):
        world.queue.repeat(message)
    world.work()
    assert audit(world, harbor, "2026-11") == []
    assert writes(world) == 1
    assert world.failures == []


def test_older_job_after_a_newer_outcome_is_dropped(world: World, harbor: Customer) -> None:
    """SAFE-4: a job older than what the record's outcome has seen asks nobody anything."""
    world.tick(FIRST)
    [older] = world.queue.receive()
    world.queue.delete(older)
    world.play(FIRST + QUARTER)
    before = world.gravityzone.calls.count(), world.connectwise.calls.count()
    world.queue.repeat(older)
    world.work()
    assert (world.gravityzone.calls.count(), world.connectwise.calls.count()) == before
    assert audit(world, harbor, "2026-11") == []


def test_planning_what_has_been_done_changes_nothing(world: World, harbor: Customer) -> None:
    """FOLLOW-2, SAFE-4: ticks with nothing new make no ConnectWise write, no transition, and one
    reading each.
    """
    world.play(FIRST)
    record, before = (
        world.record(harbor, "2026-11"),
        world.gravityzone.calls.count("getMonthlyUsage"),
    )
    world.play(*(FIRST + number * QUARTER for number in range(1, 9)))
    assert world.record(harbor, "2026-11") == record
    assert world.gravityzone.calls.count("getMonthlyUsage") == before + 8
    assert world.connectwise.calls.count("GET additions") == 1


class Chaos:
    """Three customers whose jobs are shelved, repeated, and worked off in any order, at any speed;
    a seed decides.
    """

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.world = World(clock=VirtualClock(gmt("2026-10-31 00:00")), growth_seats=10_000)
        self.world.queue.chaos, self.world.queue.repeats = self.random, 0.3
        self.world.connectwise.options.list_lag = timedelta(minutes=self.random.choice([0, 1, 4]))
        self.customers = [
            self.world.add_customer(name) for name in ("Harbor Dental", "North Quay", "Old Mill")
        ]
        self.world.ledger.begin_tick(FIRST)
        self.shelf: list[Message] = []

    def happens(self, probability: float) -> bool:
        return self.random.random() < probability

    def play(self, tick: datetime) -> None:
        self.world.clock.set(max(tick, self.world.clock.now()))
        for customer in self.customers:
            if self.happens(0.3):
                self.world.check_in(customer, self.random.randint(1, 3), at=tick)
        self.world.tick(tick)
        batch = self.world.queue.receive()
        self.shelf += [message for message in batch if self.happens(0.2)]
        for message in self.shelf:
            if self.happens(0.05):
                self.world.queue.repeat(message)
        self.work(batch)

    def work(self, batch: Sequence[Message]) -> None:
        worker = self.world.worker()
        for message in batch:
            self.world.deliver(message, worker)
            if self.happens(0.5):
                self.world.clock.advance(timedelta(seconds=self.random.randint(1, 400)))
        if self.happens(0.8):
            self.world.work(until=timedelta(hours=self.random.choice([1, 6])))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_months_of_chaos(seed: int) -> None:
    """SAFE-4: jobs repeated, late and in any order over two months: one Addition a month, at the
    true final count.
    """
    chaos = Chaos(seed)
    world = chaos.world
    for tick in every(timedelta(hours=8), "2026-11-01 00:00", "2027-01-03 00:00"):
        chaos.play(tick)
    for message in chaos.shelf:
        world.queue.repeat(message)
    world.work(until=timedelta(hours=1))
    world.play(*(gmt("2027-01-03 02:00") + number * QUARTER for number in range(3)))
    problems = [
        each
        for customer in chaos.customers
        for month, closed in (("2026-11", True), ("2026-12", True), ("2027-01", False))
        for each in audit(world, customer, month, closed=closed)
    ]
    assert problems == []
    assert len(world.connectwise.truth.made_by_api()) == 9
