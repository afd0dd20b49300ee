"""Everything at once, decided by a seed: faults of both APIs and of the ledger, lag, kills,
repeats, disorder, dead letters.
"""

import random
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import pytest

from simulators.clock import VirtualClock
from simulators.faults import Fault, FaultKind
from tally.domain.model.standing import StandingState
from tally.errors import AmbiguousError, ConflictError, TallyError, TransientError
from testing.audit import audit
from testing.effects import Effects, KilledError, Moment, kill
from testing.ledger import MemoryLedger
from testing.world import World
from tests.functional.instants import every, gmt

pytestmark = pytest.mark.slow

QUARTER = timedelta(minutes=15)
KINDS = [kind for kind in FaultKind if kind is not FaultKind.SLOW]
STATUSES = [500, 502, 401, 403, 404, 409, 429]
LEDGER_CALLS = ("save", "save_standing", "add_link", "record", "standing")
LEDGER_ERRORS = (ConflictError("conflict"), TransientError("busy"), AmbiguousError("no answer"))


class Storm:
    """Three customers over two months in which nothing works for long."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.world = World(clock=VirtualClock(gmt("2026-10-31 00:00")), growth_seats=10_000)
        self.world.ledger = MemoryLedger(
            now=self.world.clock.now, index_lag=timedelta(seconds=self.random.choice([0, 5, 1200]))
        )
        self.world.queue.chaos, self.world.queue.repeats = self.random, 0.2
        self.world.connectwise.options.list_lag = timedelta(minutes=self.random.choice([0, 1, 4]))
        self.customers = [
            self.world.add_customer(name) for name in ("Harbor Dental", "North Quay", "Old Mill")
        ]
        self.world.ledger.begin_tick(gmt("2026-11-01 00:00"))
        self.probability = self.random.choice([0.02, 0.1, 0.3])
        self.world.gravityzone.faults.chooser = self.world.connectwise.faults.chooser = self._fault

    def happens(self, probability: float) -> bool:
        return self.random.random() < probability

    def tick(self, at: datetime) -> None:
        """One tick with its planner and some workers, any of which may be killed."""
        self.world.clock.set(max(at, self.world.clock.now()))
        for customer in self.customers:
            if self.happens(0.3):
                self.world.check_in(customer, self.random.randint(1, 3), at=at)
        for operation in LEDGER_CALLS:
            if self.happens(self.probability / 2):
                self.world.ledger.fail_next(
                    operation, self.random.choice(LEDGER_ERRORS), after=self.happens(0.5)
                )
        with suppress(TallyError, KilledError):
            self.world.planner(wrap=self._mortal(0.2, most=60))(at)
        for _ in range(self.random.randint(0, 4)):
            worker = self.world.worker(wrap=self._mortal(0.3, most=30))
            with suppress(KilledError):
                self.world.work(
                    deliver=worker, until=timedelta(minutes=self.random.choice([1, 20, 150]))
                )
        if self.happens(0.1):
            self.world.queue.redrive()

    def calm(self) -> None:
        """The storm is over: what is dead comes again, and four ticks in peace."""
        self.world.gravityzone.faults.chooser = self.world.connectwise.faults.chooser = None
        self.world.ledger.forget_faults()
        self.world.queue.redrive()
        self.world.work(until=timedelta(hours=3))
        self.world.clock.advance(timedelta(hours=1))
        self.world.plan = self.world.planner()
        start = self.world.clock.now()
        self.world.play(*(start + number * QUARTER for number in range(4)))

    def _mortal(self, probability: float, *, most: int) -> Callable[[Any], Any]:
        moment = Moment(self.random.randint(1, most), self.happens(0.5))
        return Effects(kill, at=moment).wrap if self.happens(probability) else Effects().wrap

    def _fault(self, _request: object, _operation: str) -> Fault | None:
        if not self.happens(self.probability):
            return None
        kind, status = self.random.choice(KINDS), self.random.choice(STATUSES)
        takes_effect = self.happens(0.5) if kind is FaultKind.STATUS and status >= 500 else None
        return Fault(
            kind=kind, status=status, effect=takes_effect, seconds=self.random.choice([1, 60, 600])
        )


@pytest.mark.parametrize("seed", range(4))
def test_storm(seed: int) -> None:
    """OPEN-1, SAFE-1 to 7: after two months of faults: one Addition a month, true counts, complete
    history, billing.
    """
    storm = Storm(seed)
    step = timedelta(hours=storm.random.choice([8, 13]))
    for tick in every(step, "2026-11-01 00:00", "2027-01-03 00:00"):
        storm.tick(tick)
    storm.calm()
    world = storm.world
    problems = [
        each
        for customer in storm.customers
        for month, closed in (("2026-11", True), ("2026-12", True), ("2027-01", False))
        for each in audit(world, customer, month, closed=closed)
    ]
    assert problems == []
    assert len(world.connectwise.truth.made_by_api()) == 9
    assert {world.standing(each).shown.state for each in storm.customers} == {StandingState.BILLING}
