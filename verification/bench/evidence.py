"""A month of evidence for a thousand customers: calls, what is stored, and money (PROOF-1).

A month of life as MSPs have it, from October's last week to November's close day; November alone is
measured. Virtual time is that of the calls and of the table; the function's own processor time is
added at what its share of a processor makes of it.

Jobs are done as the function does them: after a walk while its time lasts, the rest at the next
firings. All other firings of the month find an empty queue.
"""

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from random import Random

from simulators.clock import VirtualClock
from tally.domain.evidence.evidence import Evidence
from tally.domain.model.month import Month
from tally.domain.model.reading import ENDPOINTS
from tally.evidence.delivery import EvidenceDelivery
from tally.evidence.drain import Drain
from tally.evidence.means import Means
from tally.evidence.store import Recorder
from tally.ledger.evidence.evidence_codec import packed
from tally.ledger.items import link_item, record_item
from testing.evidence import MemoryEvidence, MemoryTextQueue
from testing.world import World
from verification.bench import money
from verification.bench.figure import Figure
from verification.bench.load_scene import GRAVITYZONE_LATENCY, LEDGER_LATENCY
from verification.bench.month_scene import DAYS, uses

GROUP = "Evidence: a month of 12 machines a customer"
CUSTOMERS, MACHINES = 1_000, 12
CALLS_PER_SECOND, CLOSE_DAY = 2, 2
"""As of the template, as is the memory that the function has."""
EVIDENCE_GB = 0.256
MOST_MEGABYTES, MOST_DOLLARS, MOST_WALKS, MOST_LOOKS = 10, 0.30, 0.5, MACHINES

_OCTOBER, _NOVEMBER = Month(2026, 10), Month(2026, 11)
_BEGINS = _NOVEMBER.starts - timedelta(days=7)
_TICKS = (1, 2, 3, 4, 6, 9, 13, 18, 24, 30)
"""Days of November on which billing has read every count before the walk."""
_SIZES = (4, 8, 10, 12, 12, 14, 16, 20)
_NEW = _DELETED = 1 / 40
_WEEK = 7
_ITEM = 150
"""Bytes of a head beside its first part: keys, names of attributes, version, generation."""
_QUARTERS, _EMPTY = 4, 1.0
"""Firings an hour, and the seconds for which a look at the queue that finds nothing waits."""
_TIMEOUT, _ONE_MORE = timedelta(seconds=900), timedelta(seconds=60)
"""As of the template, and what must be left of it to begin with a customer, a machine or a job."""
_A_LOOK, _A_CUSTOMER, _AN_INVOCATION = 0.03, 0.014, 0.2
"""Seconds of own processor time at the seventh of a processor that 256 MB give: 4 ms for a look, 2
ms for a customer of a walk with its machines' rows, and what an invocation does besides."""
_LOG_LINE = 700


@dataclass(slots=True)
class Counting(MemoryEvidence):
    """The store, with the units that DynamoDB would charge for each call."""

    reads: int = 0
    read_units: int = 0
    writes: int = 0
    write_units: int = 0

    def read(self, company_id: str, month: Month) -> Evidence | None:
        """Return what is kept; half a unit less would do for nothing."""
        found = MemoryEvidence.read(self, company_id, month)
        self.reads += 1
        self.read_units += 1 if found is None else math.ceil(stored(found) / 4096)
        return found

    def save(self, evidence: Evidence, *, drop_at: datetime) -> Evidence:
        """Write it. Raises ConflictError."""
        self.writes += 1
        self.write_units += math.ceil(stored(evidence) / 1024)
        return MemoryEvidence.save(self, evidence, drop_at=drop_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """Dollars a month by service."""

    function: float
    queue: float
    firings_that_find_nothing: float
    table_reads: float
    table_writes: float
    logs: float

    @property
    def total(self) -> float:
        """All of it."""
        return float(sum(getattr(self, each.name) for each in fields(self)))


@dataclass(slots=True, kw_only=True)
class MonthOfEvidence:
    """Customers, their machines, and the function that records them."""

    customers: int
    world: World = field(init=False)
    store: Counting = field(default_factory=Counting)
    queue: MemoryTextQueue = field(default_factory=MemoryTextQueue)
    seconds: float = 0.0
    walked: int = 0
    looked: int = 0
    jobs: int = 0
    invocations: int = 0
    index_units: float = 0.0
    _to_come: list[tuple[datetime, Callable[[], None]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.world = World(clock=VirtualClock(_BEGINS))
        self.world.gravityzone.latency = GRAVITYZONE_LATENCY

    def live(self) -> None:
        """Play from October's last week to November's last hour, then the close day's walk."""
        self._join()
        for day in range(25, 32):
            self._day(_OCTOBER.starts + timedelta(days=day - 1), tick=day in {25, 31})
        self._walk(_OCTOBER.next.starts - timedelta(minutes=37))
        self._forget()
        for day in range(1, 31):
            self._day(_NOVEMBER.starts + timedelta(days=day - 1), tick=day in _TICKS)
        self._walk(_NOVEMBER.next.starts - timedelta(minutes=37))

    def _join(self) -> None:
        """Draw who has which machines, and all their connections of both months.

        Each machine is used as ``month_scene`` has it: a third are always on, most others on nearly
        each working day, some seldom, one in a hundred never. One in forty is deleted in a month,
        and as many are new.
        """
        random, world = Random(7), self.world
        for number in range(self.customers):
            customer = world.add_customer(f"Customer {number:04d}")
            zone = timedelta(hours=random.choice((-8, -5, -5, 1)))
            for _ in range(random.choice(_SIZES)):
                self._machine(customer.id, zone, random)
        self._to_come.sort(key=lambda each: each[0], reverse=True)

    def _machine(self, company_id: str, zone: timedelta, random: Random) -> None:
        """Draw one machine: all that it does from the beginning, or from its first day on."""
        tenant, machines = self.world.gravityzone.tenant, self.world.gravityzone.machines
        first = random.randrange(DAYS) if random.random() < _NEW else -_WEEK
        used = list(uses(zone, random, days=range(first, DAYS)))
        last = random.randrange(first, DAYS) if random.random() < _DELETED else None
        before = _BEGINS - timedelta(days=random.randrange(1, 200))

        def come() -> None:
            machine = tenant.add_endpoint(company_id)
            for at in [before, *used] if first < 0 else used:
                tenant.check_in(machine, at)
            if last is not None:
                gone = _NOVEMBER.starts + timedelta(days=last, hours=20)
                self._to_come.append((gone, lambda: machines.delete(machine)))
                self._to_come.sort(key=lambda each: each[0], reverse=True)

        if first < 0:
            come()
        elif used:
            self._to_come.append((used[0], come))

    def _day(self, day: datetime, *, tick: bool) -> None:
        """Let billing read every count, and walk."""
        self._reach(day + timedelta(hours=3))
        if tick:
            self.world.gravityzone.latency = 0.0
            self.world.play(day + timedelta(hours=3))
            self.world.gravityzone.latency = GRAVITYZONE_LATENCY
        self._walk(day + timedelta(hours=3, minutes=37))

    def _reach(self, at: datetime) -> None:
        while self._to_come and self._to_come[-1][0] <= at:
            when, happen = self._to_come.pop()
            self.world.clock.set(max(when, self.world.clock.now()))
            happen()
        if self.world.clock.now() < at:
            self.world.clock.set(at)

    def _walk(self, at: datetime) -> None:
        """Walk, and do the jobs that come of it, then and at the next firings."""
        self._reach(at)
        self._invoked(lambda function: function.walk(at))
        self.walked += self.customers
        self.index_units += self._index_units()
        while self.queue.bodies:
            self._reach(self._next_firing())
            self._invoked(lambda _: None)

    def _next_firing(self) -> datetime:
        """Return the next instant at 11, 26, 41 or 56 minutes past an hour."""
        quarter, shift = timedelta(minutes=15), timedelta(minutes=11)
        now = self.world.clock.now()
        return now + quarter - (now - _BEGINS - shift) % quarter

    def _invoked(self, act: Callable[[EvidenceDelivery], object]) -> None:
        """Count an invocation, and the seconds that its calls take on virtual time."""
        clock, touched = self.world.clock, self.store.reads + self.store.writes
        began = clock.now()

        def has_time() -> bool:
            return began + _TIMEOUT - clock.now() >= _ONE_MORE

        function = self._function(has_time)
        act(function)
        for ended in Drain(deliver=function, has_time=has_time)():
            assert ended.error is None, ended.error
            self.jobs += 1
            self.looked += int(ended.outcome.get("looks", 0))
        calls = self.store.reads + self.store.writes - touched
        waited = (clock.now() - began).total_seconds()
        self.seconds += waited + calls * LEDGER_LATENCY + _AN_INVOCATION + _EMPTY
        self.invocations += 1

    def _function(self, has_time: Callable[[], bool]) -> EvidenceDelivery:
        means = Means(
            inventory=self.world.inventory(calls_per_second=CALLS_PER_SECOND),
            ledger=self.world.ledger,
            recorder=Recorder(store=self.store, months_kept=36),
            queue=self.queue,
            clock=self.world.clock,
            service=ENDPOINTS.name,
            has_time=has_time,
        )
        return EvidenceDelivery.of(means, close_day=CLOSE_DAY)

    def _forget(self) -> None:
        """Count from here on."""
        self.world.gravityzone.calls.clear()
        self.store.reads = self.store.read_units = 0
        self.store.writes = self.store.write_units = 0
        self.seconds, self.walked, self.looked = 0.0, 0, 0
        self.jobs, self.invocations, self.index_units = 0, 0, 0.0

    def _index_units(self) -> float:
        """Read units of a walk's queries of the index: half of one for each 4 kB."""
        ledger = self.world.ledger
        items: Sequence[Mapping[str, object]] = [
            *map(record_item, ledger.all_open_records()),
            *map(link_item, ledger.all_links()),
        ]
        return sum(len(json.dumps(item)) for item in items) / 4096 / 2


def stored(evidence: Evidence) -> int:
    """Return the bytes that a customer's month takes in the table."""
    return sum(len(each) + _ITEM for each in packed(evidence))


def measure(*, customers: int = CUSTOMERS) -> Iterable[Figure]:
    """Yield the figures of a month."""
    month = MonthOfEvidence(customers=customers)
    month.live()
    calls = month.world.gravityzone.calls
    looks = calls.count("getManagedEndpointDetails")
    others = calls.count("getNetworkInventoryItems") + calls.count("getCustomGroupsList")
    yield _figure("walks, calls a customer", others / customers, bound=MOST_WALKS)
    yield _figure("looks, calls a customer", looks / customers, bound=MOST_LOOKS)
    yield _figure("of the machines counted, proven", _proven(month))
    kept = [each for (_, of), each in month.store.kept.items() if of == _NOVEMBER]
    size = sum(map(stored, kept)) / 1e6
    what = f"stored of {customers:,} customers"
    yield _figure(what, size, bound=MOST_MEGABYTES * customers / CUSTOMERS, unit="MB")
    costs = bill(month)
    for each in fields(costs):
        name = each.name.replace("_", " ")
        yield _figure(name, getattr(costs, each.name), unit="$")
    yield _figure("all of it", costs.total, bound=MOST_DOLLARS, unit="$")


def bill(month: MonthOfEvidence) -> Bill:
    """Return the cost of a month that was played."""
    own = month.looked * _A_LOOK + month.walked * _A_CUSTOMER
    firings = money.HOURS * _QUARTERS
    second = EVIDENCE_GB * money.GB_SECOND
    return Bill(
        function=(month.seconds + own) * second + month.invocations * money.INVOCATION,
        # Sent, received and deleted, each by itself; and the last look of each invocation.
        queue=(3 * month.jobs + month.invocations) * money.SQS_REQUEST,
        firings_that_find_nothing=firings
        * ((_AN_INVOCATION + _EMPTY) * second + money.INVOCATION + money.SQS_REQUEST),
        table_reads=(month.store.read_units + month.index_units + month.jobs) * money.READ_UNIT,
        table_writes=month.store.write_units * money.WRITE_UNIT,
        logs=(month.jobs + month.invocations) * _LOG_LINE / 1e9 * money.LOG_GB,
    )


def _proven(month: MonthOfEvidence) -> float:
    truth = month.world.gravityzone.truth
    kept = [each for (_, of), each in month.store.kept.items() if of == _NOVEMBER]
    counted = sum(truth.count(each.company_id, str(_NOVEMBER)) for each in kept)
    return sum(each.proven for each in kept) / counted


def _figure(what: str, figure: float, *, bound: float | None = None, unit: str = "") -> Figure:
    return Figure(group=GROUP, what=what, figure=figure, bound=bound, unit=unit)
