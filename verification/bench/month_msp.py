"""An MSP that lives through a month on virtual time, with the pulse or without, in seconds.

Real is all that decides: ``Firing``, ``TickCourse``, ``Search``, the proof, the schedule, the order
and the memory of the pulse. Modelled are:

- GravityZone: a count is the number of machines seen so far, in one counter; an answer takes 0.2 s,
  and the planner's calls come at 4 a second.
- The plan of a tick: it takes the time that a real one was measured to take, and finds companies
  that are to be opened, looked at (FOLLOW-5), closed or plainly followed.
- The queue and two workers: jobs at 4.9 calls a second in batches of ten. A job is an instant at
  which a count is read, and one at which its Addition stands.

Nobody fails or is held, no message is lost, no machine leaves, and all calls find their turn.
"""

import zlib
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from heapq import merge

from simulators.clock import VirtualClock
from tally.domain.model.company import Company, CompanyKind
from tally.domain.model.month import Month
from tally.domain.model.reading import ENDPOINTS, Usage
from tally.domain.model.ticks import Ticks
from tally.domain.planning.due_services import Due, DueService
from tally.domain.planning.tick_context import TickContext
from tally.domain.pulse.account import Answer
from tally.domain.pulse.outlook import Outlook
from tally.domain.pulse.state import NEEDED, Proof, Pulse, Trust
from tally.planner.gravityzone_tree import Roster
from tally.planner.plan import Planned
from tally.planner.sweep import Course, Waiting, WholeSweep
from tally.planner.tick_lists import TickLists
from tally.ports import BATCH
from tally.pulse.firing import Firing
from tally.pulse.partner_totals import PartnerTotals
from tally.pulse.search import Search
from tally.standings import NOTED_EVERY
from testing.pulse import MemoryPulse
from testing.world import World
from verification.bench.agenda import Agenda
from verification.bench.month_scene import START, Firm

PARTNERS = 4
_PACE = 4.9
_PLANNERS_TURN, _WORKERS_TURN = timedelta(seconds=1 / 4), timedelta(seconds=1 / _PACE)
_ANSWER = timedelta(seconds=0.2)
_WRITTEN = timedelta(seconds=0.34)
"""From a reading to its Addition: the list, the PATCH, and what is written into the table before
each."""
_MINUTE, _TICK, _DAY = timedelta(minutes=1), timedelta(minutes=15), timedelta(days=1)
_TICKS_AT = 5
_ROOT = "f" * 24
_OWN = 8
"""Machines of the MSP itself, which are in its total and in no customer's count."""
_MONTH, _BEFORE = Month.of(START), Month.of(START).previous
_CLOSES = _BEFORE.day_after_end(2)
_SERVICES = (DueService(service=ENDPOINTS.name, agreement=None),)
_DUE, _LATE = Due(month=_MONTH, services=_SERVICES), Due(month=_BEFORE, services=_SERVICES)
_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(slots=True, kw_only=True)
class Customer:
    """What the ledger and GravityZone have of a customer.

    ``count`` stands on the Addition; from ``rises_at`` on GravityZone counts more. It is looked at
    by the first job after ``looks_at``.
    """

    firm: Firm
    looks_at: datetime
    rises_at: datetime
    waiting: Waiting
    needed: Waiting
    late: Waiting
    answer: Answer | None = None
    noted_at: datetime = START
    count: int = 0
    is_open: bool = False
    is_closed: bool = False


@dataclass(slots=True)
class Counted:
    """What was counted in a month, and what the bill needs of it.

    ``sent`` are the requests that put jobs on the queue, ``noted`` the standings written for a
    reading or a look that is to be noted, ``planner`` is the time of the planner's
    invocations. ``searches`` has the time of each search, and how many companies it read; ``waits``
    the time of each machine's check-in, and how long its Addition took.
    """

    calls: int = 0
    jobs: int = 0
    batches: int = 0
    sent: int = 0
    firings: int = 0
    plans: int = 0
    rises: int = 0
    noted: int = 0
    memory_reads: int = 0
    memory_writes: int = 0
    account_writes: int = 0
    planner: timedelta = timedelta()
    searches: list[tuple[datetime, int]] = field(default_factory=list)
    waits: list[tuple[datetime, timedelta]] = field(default_factory=list)


@dataclass(slots=True)
class _CountedPulse(MemoryPulse):
    """The pulse's memory, with its reads and writes counted."""

    counted: Counted = field(default_factory=Counted)

    def change(self, change: Callable[[Pulse], Pulse]) -> Pulse:
        before = self.pulse.version
        changed = MemoryPulse.change(self, change)
        self.counted.memory_reads += 1
        self.counted.memory_writes += changed.version - before
        return changed

    def add_to_account(self, tick: datetime, answers: Sequence[Answer], *, at: datetime) -> bool:
        self.counted.account_writes += 1
        return MemoryPulse.add_to_account(self, tick, answers, at=at)


class MonthMsp:
    """The MSP. ``planning`` is the time that a plan takes; ``pulse`` is switched on or off.

    ``lies``: totals are 0, so that they never prove themselves. If it ``begins`` within the month,
    everybody has been read just before.
    """

    def __init__(
        self,
        firms: Sequence[Firm],
        *,
        planning: timedelta,
        pulse: bool,
        lies: bool = False,
        begins: datetime = START,
    ) -> None:
        self.counted = Counted()
        self.agenda = Agenda(begins)
        self.pulses = _CountedPulse(counted=self.counted)
        if not lies:
            self.pulses.pulse = Pulse(
                proof=Proof(trust=Trust.PROVEN, agreed=NEEDED, rise_seen=True, since=START)
            )
        self._planning, self._lies = planning, lies
        self._branches = {each.id: _branch(number) for number, each in enumerate(firms)}
        self._customers = {each.id: _customer(each) for each in firms}
        self._seen = self._sorted(firms)
        self._lists = self._listed()
        self._policy = World(clock=VirtualClock(START)).policy
        self._finished: datetime | None = None
        self._planner_free = self._workers_free = begins
        self._firing = self._around() if pulse else None
        if begins > START:
            self._open(begins)

    def live(self, *, until: datetime = _MONTH.next.starts) -> Counted:
        """Let the schedules fire, and return what was counted."""
        self._fire_at(self.agenda.now() + timedelta(minutes=_TICKS_AT))
        self.agenda.wait_until(until)
        return self.counted

    def usage(self, company_id: str, *, month: Month) -> Usage:
        """Answer a planner's call, at its turn (GravityZone's port)."""
        del month
        self.counted.calls += 1
        begins = max(self.agenda.now(), self._planner_free)
        self._planner_free = begins + _PLANNERS_TURN
        self.agenda.wait_until(begins + _ANSWER)
        own = 0 if company_id in self._customers else _OWN
        count = own + bisect_right(self._seen[company_id], self.agenda.now())
        lies = self._lies and company_id not in self._customers
        return Usage(counters={ENDPOINTS.counter: 0 if lies else count})

    def _fire_at(self, at: datetime) -> None:
        self.agenda.add(at, lambda: self._fire(at))

    def _fire(self, at: datetime) -> None:
        self._fire_at(at + (_MINUTE if self._firing else _TICK))
        if self._firing is None:
            self.plan(at)
        elif at.minute % 15 == _TICKS_AT:
            self.counted.memory_reads += 1
            self._firing.tick(at)
        else:
            self.counted.memory_reads += 2 if self.pulses.pulse.expected else 1
            self._firing.pulse(at)
        self.counted.firings += 1
        self.counted.planner += self.agenda.now() - at

    def plan(
        self,
        tick: datetime,
        *,
        on_planned: Callable[[Planned], None] = lambda _: None,
        course: Course | None = None,
    ) -> Planned:
        """Plan as ``tally.planner.plan`` does."""
        course = course or WholeSweep()
        self.counted.plans += 1
        self.agenda.wait_until(self.agenda.now() + self._planning)
        at = TickContext(
            tick=tick,
            ticks=Ticks(newest=tick, first_month=_BEFORE, finished=self._finished),
            first_month=_BEFORE,
            services=(ENDPOINTS.name,),
            policy=self._policy,
            directory=None,
        )
        if course.finishes:
            self._finished = tick
        course.begin(self._lists, at)
        chosen = course.choose(self._waiting(tick), at)
        self._send(chosen, tick)
        found = course.search(lambda each: self._send([each], tick))
        if isinstance(course, Search):
            self.counted.searches.append((tick, course.read))
        planned = Planned(companies=len(self._customers), jobs=len(chosen) + found)
        on_planned(planned)
        return planned

    def _waiting(self, tick: datetime) -> Sequence[Waiting]:
        plain = [
            each.waiting if each.is_open and tick < each.looks_at else each.needed
            for each in self._customers.values()
        ]
        if tick > _CLOSES + _DAY:
            return plain
        closing = Outlook(must_be_read=tick >= _CLOSES, waits=tick < _CLOSES)
        late = [
            replace(each.late, outlook=closing)
            for each in self._customers.values()
            if not each.is_closed
        ]
        return [*plain, *late]

    def _send(self, waiting: Sequence[Waiting], tick: datetime) -> None:
        """Have the workers do the jobs, at their pace: all that comes of it is known at once."""
        self.counted.sent += -(-len(waiting) // BATCH)
        for first in range(0, len(waiting), BATCH):
            self._batch(waiting[first : first + BATCH], tick)

    def _batch(self, waiting: Sequence[Waiting], tick: datetime) -> None:
        at = max(self.agenda.now(), self._workers_free)
        done: list[tuple[Waiting, int, datetime]] = []
        for each in waiting:
            customer = self._customers[each.company_id]
            calls = 1 if customer.is_open or each.due is _LATE else 2
            at += calls * _WORKERS_TURN
            self.counted.calls += calls
            count = customer.count
            if customer.rises_at <= at:
                count = bisect_right(customer.firm.seen, at)
            done.append((each, count, at))
        self._workers_free = at
        self.counted.jobs += len(waiting)
        self.counted.batches += 1
        self.agenda.add(at + _WRITTEN, lambda: self._done(done, tick))

    def _done(self, done: Sequence[tuple[Waiting, int, datetime]], tick: datetime) -> None:
        """Take the ends of a batch's jobs into the ledger."""
        answers = []
        for each, count, at in done:
            customer = self._customers[each.company_id]
            if each.branch:
                answers.append(_answer(customer, each, count))
            if each.due is _LATE:
                customer.is_closed = tick >= _CLOSES
            elif count > customer.count or not customer.is_open:
                self._rise(customer, count, at + _WRITTEN)
            looked = tick >= customer.looks_at
            if looked:
                customer.looks_at += _DAY
            if looked or tick - customer.noted_at >= NOTED_EVERY:
                customer.noted_at = tick
                self.counted.noted += 1
        if answers:
            self.pulses.add_to_account(tick, answers, at=self.agenda.now())

    def _rise(self, customer: Customer, count: int, written: datetime) -> None:
        seen = customer.firm.seen
        self.counted.rises += 1
        self.counted.waits += [(each, written - each) for each in seen[customer.count : count]]
        customer.count, customer.is_open = count, True
        customer.rises_at = seen[count] if count < len(seen) else _NEVER
        customer.answer = Answer(
            company_id=customer.firm.id,
            branch=self._branches[customer.firm.id],
            services=[ENDPOINTS.name],
            counts={ENDPOINTS.name: count},
        )
        outlook = Outlook(
            must_be_read=False,
            counts={ENDPOINTS.name: count},
            moved_at=written,
            unseen=max(customer.firm.before - count, 0),
        )
        customer.waiting = replace(customer.waiting, outlook=outlook)
        customer.needed = replace(customer.waiting, outlook=replace(outlook, must_be_read=True))

    def _open(self, at: datetime) -> None:
        for each in self._customers.values():
            self._rise(each, bisect_right(each.firm.seen, at), at)
            each.is_closed = True
            each.looks_at += (at - START) - _DAY
        self.counted.waits.clear()

    def _sorted(self, firms: Sequence[Firm]) -> dict[str, Sequence[datetime]]:
        """Return the instants of each company and partner."""
        seen: dict[str, Sequence[datetime]] = {each.id: each.seen for each in firms}
        for number in range(PARTNERS):
            below = [each.seen for each in firms if self._branches[each.id] == _branch(number)]
            seen[_branch(number)] = list(merge(*below))
        seen[_ROOT] = list(merge(*(each.seen for each in firms)))
        return seen

    def _listed(self) -> TickLists:
        partners = [
            Company(id=_branch(each), name="Partner", kind=CompanyKind.PARTNER, parent_id=_ROOT)
            for each in range(PARTNERS)
        ]
        customers = [
            Company(id=each, name="Customer", kind=CompanyKind.CUSTOMER, parent_id=above)
            for each, above in self._branches.items()
        ]
        roster = Roster(
            root_id=_ROOT,
            customers={each.id: each for each in customers},
            partners={each.id: each for each in partners},
        )
        return TickLists(links={}, troubles={}, failures=[], roster=roster)

    def _around(self) -> Firing:
        return Firing(
            plan=self.plan,  # type: ignore[arg-type]  # all of it that a firing uses
            ledger=self.pulses,
            totals=PartnerTotals(gravityzone=self, services=(ENDPOINTS,)),  # type: ignore[arg-type]
            clock=self.agenda,
            code="1",
            calls_per_second=_PACE,
        )


def _answer(customer: Customer, job: Waiting, count: int) -> Answer:
    """Return a job's end for the account. Most are the same as the company's last one."""
    known = customer.answer
    if known is not None and count == customer.count and known.branch == job.branch:
        return known
    rises = max(count - customer.count, 0)
    return Answer(
        company_id=job.company_id,
        branch=job.branch,
        services=[ENDPOINTS.name],
        counts={ENDPOINTS.name: count},
        rises={ENDPOINTS.name: rises} if rises else {},
    )


def _branch(number: int) -> str:
    return f"e{number % PARTNERS:023x}"


def _customer(firm: Firm) -> Customer:
    waiting = Waiting(
        company_id=firm.id,
        company_name="Customer",
        connectwise_id=1,
        due=_DUE,
        licensed=True,
        causes={},
        last_reading=None,
        children=None,
        outlook=Outlook(),
    )
    time_of_day = timedelta(hours=23) * (zlib.crc32(firm.id.encode()) / 2**32)
    return Customer(
        firm=firm,
        looks_at=START + time_of_day + _DAY,
        rises_at=firm.seen[0] if firm.seen else _NEVER,
        waiting=waiting,
        needed=waiting,
        late=replace(waiting, due=_LATE),
    )
