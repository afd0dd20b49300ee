"""An MSP whose totals have proven themselves, and clocks for its ticks and looks at totals."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from simulators.clock import VirtualClock
from simulators.gravityzone import TotalsTold
from tally.domain.pulse.state import Pulse, Trust
from tally.errors import ContradictedError
from tally.planner.plan import Planned
from testing.ledger import MemoryLedger
from testing.world import Customer, World

MINUTE, TICK = timedelta(minutes=1), timedelta(minutes=15)
THIRD = datetime(2026, 11, 3, 0, 5, tzinfo=UTC)
"""The first tick of a month at which totals may spare a reading."""


@dataclass(slots=True, kw_only=True)
class Fired:
    """One firing: its time, its result, and the companies whose counts it and its workers read."""

    at: datetime
    planned: Planned
    read: Sequence[str]


@dataclass(slots=True, kw_only=True)
class PulseMsp:
    """An MSP with ``size`` customers, every second of them below a partner."""

    size: int = 30
    begins: datetime = THIRD
    options: Mapping[str, Any] = field(default_factory=dict)
    """Further fields of the world."""
    index_lag: timedelta = timedelta()
    calls_per_second: float = 5
    every: timedelta = TICK
    """The time between two ticks (``ScheduleMinutes``)."""
    world: World = field(init=False)
    partner: str = field(init=False)
    customers: list[Customer] = field(init=False)
    fired: list[Fired] = field(default_factory=list)
    contradictions: list[ContradictedError] = field(default_factory=list)
    now: datetime = field(init=False)

    def __post_init__(self) -> None:
        self.world = World(clock=VirtualClock(self.begins - TICK), pulse=True, **self.options)
        if self.index_lag:
            now = self.world.clock.now
            self.world.ledger = MemoryLedger(now=now, index_lag=self.index_lag)
            self.world.firing = self.world.with_pulse(self.world.planner())
        self.world.firing = replace(self.world.firing, calls_per_second=self.calls_per_second)
        self.partner = self.world.gravityzone.tenant.add_company("North Partner", kind="partner")
        self.customers = [
            self.world.add_customer(
                f"Customer {number:03} Limited", parent_id=self.partner if number % 2 else ""
            )
            for number in range(self.size)
        ]
        for number, customer in enumerate(self.customers):
            self.world.check_in(customer, 5 + number)
        self.now = self.begins

    @property
    def root(self) -> str:
        """The key's own company."""
        return self.world.gravityzone.tenant.own.id

    @property
    def pulse(self) -> Pulse:
        """The pulse's memory."""
        return self.world.pulses.pulse

    def prove(self) -> None:
        """Let three sweeps agree, with a rise between them."""
        self.pass_time(TICK)
        self.world.check_in(self.customers[0], 2)
        self.pass_time(TICK * 2 + MINUTE * 2)
        assert self.pulse.proof.trust is Trust.PROVEN, self.pulse.proof
        while self.pulse.expected is not None or (self.now.minute - 5) % 15 < 2:
            self.fire()

    def get_stuck(self) -> None:
        """Let all totals be 0 from now on, until nobody wonders about it any more."""
        self.world.gravityzone.options.totals = TotalsTold(kind="zero")
        self.pass_time(TICK - MINUTE * 3)

    def pass_time(self, span: timedelta) -> Sequence[Fired]:
        """Let ticks and looks fire, each minute one of them; return those of the span."""
        end, before = self.now + span, len(self.fired)
        while self.now < end:
            self.fire()
        return self.fired[before:]

    def fire(self) -> Fired:
        """Let the schedule fire once, and the workers do what comes of it."""
        at, world = self.now, self.world
        world.gravityzone.calls.clear()
        try:
            if (at - THIRD) % self.every:
                planned = world.beat(at)
            else:
                planned = world.tick(at)
                world.work(until=timedelta(seconds=45))
        except ContradictedError as error:
            self.contradictions.append(error)
            planned = Planned(skipped=str(error))
            world.work(until=timedelta(seconds=45))
        read = [
            json.loads(call.body)["params"]["companyId"]
            for call in world.gravityzone.calls.of("getMonthlyUsage")
        ]
        fired = Fired(at=at, planned=planned, read=read)
        self.fired.append(fired)
        self.now = max(at + MINUTE, at)
        while self.now < world.clock.now():
            self.now += MINUTE
        return fired

    def whole(self) -> str:
        """Return why the next tick reads every company; "" if it does not."""
        (fired,) = [
            each for each in self.pass_time(TICK) if each.planned.pulse[:5] in ("every", "who m")
        ]
        said = fired.planned.pulse.removeprefix("every company is read: ")
        return said.partition("who must")[0]

    def sweep(self, why: str = "a test asks for it") -> None:
        """Have the next tick read every company, and let it fire."""
        self.world.pulses.change(lambda pulse: pulse.asking(why))
        while not self.fire().planned.pulse.startswith("every"):
            pass

    def billed(self, customer: Customer) -> int:
        """The quantity on the customer's Addition."""
        return self.world.additions(customer)[-1][0]
