"""A Tally in one process that records machines as well: walks, their jobs, and what is kept."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Self

from simulators.clock import VirtualClock
from tally.domain.evidence.evidence import Evidence, Machine
from tally.domain.model.month import Month
from tally.domain.model.reading import ENDPOINTS
from tally.errors import TallyError
from tally.evidence.delivery import EvidenceDelivery
from tally.evidence.drain import Drain
from tally.evidence.means import Means
from tally.evidence.store import Recorder
from tally.evidence.walk import Walked
from testing.evidence import MemoryEvidence, MemoryTextQueue
from testing.world import Customer, World
from tests.functional.instants import gmt

type Wrap = Callable[[Any], Any]

BEFORE_A_WALK = timedelta(minutes=12)


@dataclass(slots=True, kw_only=True)
class EvidenceWorld:
    """An MSP, its Tally, and the evidence that is kept."""

    world: World
    store: MemoryEvidence = field(default_factory=MemoryEvidence)
    queue: MemoryTextQueue = field(default_factory=MemoryTextQueue)
    failures: list[TallyError] = field(default_factory=list)
    service: str = ENDPOINTS.name
    has_time: Callable[[], bool] = lambda: True
    calls_per_second: float = 5

    @classmethod
    def at(cls, start: str = "2026-10-31 23:00", **world: Any) -> Self:  # noqa: ANN401 - the world's own
        """A world whose clock stands at an instant."""
        return cls(world=World(clock=VirtualClock(gmt(start)), **world))

    def function(self, wrap: Wrap = lambda port: port) -> EvidenceDelivery:
        """The function in a container of its own; ``wrap`` goes around all that it reaches."""
        means = Means(
            inventory=self.world.inventory(wrap=wrap, calls_per_second=self.calls_per_second),
            ledger=wrap(self.world.ledger),
            recorder=Recorder(store=wrap(self.store), months_kept=36),
            queue=wrap(self.queue),
            clock=self.world.clock,
            service=self.service,
            has_time=self.has_time,
        )
        return EvidenceDelivery.of(means, close_day=2)

    def walk(self, at: str, *, tick: bool = True, work: bool = True) -> Walked:
        """A tick, a walk at its time, and all jobs that come of it."""
        due = gmt(at)
        if tick:
            self.world.play(due - BEFORE_A_WALK)
        self.reach(due)
        walked = self.function().walk(due)
        if work:
            self.work()
        return walked

    def reach(self, at: datetime) -> None:
        """Let time pass up to an instant."""
        if self.world.clock.now() < at:
            self.world.clock.set(at)

    def days(self, first: int, last: int, month: str = "2026-11") -> None:
        """The daily walks of some days."""
        for day in range(first, last + 1):
            self.walk(f"{month}-{day:02d} 03:37")

    def work(self, function: EvidenceDelivery | None = None) -> None:
        """Do all jobs that wait, those too that failed before. One that fails is noted."""
        function = function or self.function()
        self.queue.reappear()
        for ended in Drain(deliver=function)():
            if isinstance(ended.error, TallyError):
                self.failures.append(ended.error)
            elif ended.error is not None:
                raise ended.error

    def evidence(self, customer: Customer, month: str = "2026-11") -> Evidence:
        """What is kept of a customer's month. AssertionError if nothing is."""
        found = self.store.read(customer.id, Month.parse(month))
        assert found is not None
        return found

    def machine(self, customer: Customer, id_: str, month: str = "2026-11") -> Machine:
        """What is kept of one machine."""
        (found,) = [each for each in self.evidence(customer, month).machines if each.id == id_]
        return found

    def count(self, customer: Customer, month: str = "2026-11") -> int:
        """GravityZone's count."""
        return self.world.gravityzone.truth.count(customer.id, month)

    def calls(self, method: str) -> int:
        """The number of calls of a method so far."""
        return self.world.gravityzone.calls.count(method)

    def false_proofs(self) -> list[str]:
        """Machines that are called proven, and were not active in that month (PROOF-1)."""
        truth = self.world.gravityzone.truth
        return [
            f"{machine.name} in {month}"
            for (_, month), kept in self.store.kept.items()
            for machine in kept.machines
            if machine.proof is not None and not truth.was_active(machine.id, str(month))
        ]
