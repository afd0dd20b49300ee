"""The evidence function of a seed: its walks and its queue's jobs, beside all that bills.

Each of its invocations runs on time of its own: the clock is set back after it, since another
function does not wait for it. So what bills is played as if there were no evidence, to the second.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from random import Random
from typing import Any

from simulators.core import CallLog
from tally.domain.model.month import Month
from tally.errors import TallyError
from tally.evidence.delivery import EvidenceDelivery
from tally.evidence.means import Means
from tally.evidence.store import Recorder
from testing.effects import KilledError
from testing.evidence import MemoryEvidence
from verification.simulation.billed_services import ENDPOINTS
from verification.simulation.draws import Draw, drawn
from verification.simulation.evidence_checks import EvidenceChecks
from verification.simulation.evidence_queue import Queue
from verification.simulation.gathering import GATHERED, Due, Gathering, walks_of
from verification.simulation.msp import Msp
from verification.simulation.outages import SCHEDULE, WORKERS
from verification.simulation.story import Tell, ViolationError
from verification.simulation.trouble import Gate, Trouble

_CALLS_PER_SECOND, _MONTHS_KEPT = 2, 36
_COLD_START = timedelta(seconds=1)
_RETRIES = (timedelta(minutes=1), timedelta(minutes=3))
"""After a walk that failed it is invoked twice more (Lambda's asynchronous invocations)."""
_OUT_FOR = timedelta(minutes=30)
_TIME_IS_UP = 0.02
"""The probability that an invocation has no time for a further customer or machine."""
_TEMPERED = (1.0, 0.2, 0.03)
"""The part of the roughness that it meets: a walk has so many effects that it would never end."""
_READS = frozenset({"all_links", "all_open_records", "all_settled_records", "record"})


class Ledger:
    """The ledger as evidence may reach it: to read alone (PROOF-2)."""

    def __init__(self, ledger: Any) -> None:  # noqa: ANN401 - any ledger
        self._ledger = ledger

    def __getattr__(self, operation: str) -> Any:  # noqa: ANN401 - the ledger's own
        if operation not in _READS:
            raise ViolationError(13, f"evidence asks the ledger to {operation}")
        return getattr(self._ledger, operation)


class Gatherer:
    """Fires walks and does jobs when they are due. ``race`` lets one event of this instant happen.

    ``out`` tells which parts are out at an instant.
    """

    def __init__(
        self,
        msp: Msp,
        trouble: Trouble,
        tell: Tell,
        *,
        ledger: Any,  # noqa: ANN401 - any ledger
        out: Callable[[datetime], frozenset[str]],
        race: Callable[[datetime], bool],
    ) -> None:
        self._msp, self._trouble, self._tell, self._out = msp, trouble, tell, out
        self._race = race
        self._clock, setting = msp.clock, msp.setting
        self.gathering: Gathering | None = setting.gathering if msp.shape.has(GATHERED) else None
        self._walks: list[tuple[Due, int]] = []
        if self.gathering is not None:
            walks = walks_of(
                self.gathering,
                setting.months,
                seed=setting.seed,
                close_day=setting.close_day,
                rough=setting.calm < 1,
            )
            self._walks = [(due, 0) for due in walks if due.fires >= setting.begins]
        self._ledger = Ledger(ledger)
        self.store = MemoryEvidence()
        self.queue = Queue(seed=setting.seed, clock=msp.clock)
        self.checks = EvidenceChecks(msp, self.store)
        self.counted: Counter[str] = Counter()
        self._draw = Random(0)
        self._racing: datetime | None = None
        self._free = datetime.min.replace(tzinfo=self._clock.now().tzinfo)
        self._acts = 0
        self._doing: Callable[[], object] | None = None
        self._month: Month | None = None
        self._function = self._container()

    def next_moment(self) -> datetime | None:
        """Return when it has something to do next; None if it never has."""
        first = self._walks[0][0].fires if self._walks else None
        jobs = self.queue.next_change()
        due = min((each for each in (first, jobs) if each is not None), default=None)
        return None if due is None else max(due, self._free)

    def act(self, now: datetime) -> None:
        """Do what is due. Raises ViolationError."""
        self._acts += 1
        self._month_may_end(now)
        jobs = self.queue.next_change()
        if self._walks and (jobs is None or self._walks[0][0].fires <= jobs):
            due, attempt = self._walks.pop(0)
            self._fire(due, attempt, now)
        else:
            self._work(now)
        self.checks.look()

    def end(self) -> None:
        """Check what is left at the end."""
        if self.gathering is not None:
            for month in self._msp.setting.months:
                self.checks.statements(month)
            self.counted += self.checks.counted
            self.counted["dead letters"] = self.queue.dead

    def _month_may_end(self, now: datetime) -> None:
        """Draw up the statements of a month that has just ended."""
        month = Month.of(now)
        if self._month is not None and self._month != month:
            self.checks.statements(self._month)
        self._month = month

    def _fire(self, due: Due, attempt: int, now: datetime) -> None:
        away = self._out(now)
        if SCHEDULE in away and not attempt:
            self.counted["walks lost"] += 1
            return
        if self.gathering is not None:
            self.gathering.put_into(self._msp.gravityzone.options, Month.of(now))
        done = WORKERS not in away and self._run(
            f"walk of {due.at:%d. %H:%M}",
            lambda: self._function.walk(due.at),
            racing=due.fires if now == due.fires else None,
        )
        self.counted["walks" if done else "walks that failed"] += 1
        if not done and attempt < len(_RETRIES):
            again = Due(max(self._free, now) + _RETRIES[attempt], due.at)
            self._walks = sorted([*self._walks, (again, attempt + 1)])

    def _work(self, now: datetime) -> None:
        message = self.queue.receive(now)
        if message is None:
            return
        if WORKERS in self._out(now):
            message.receives -= 1
            message.visible = now + _OUT_FOR
            return
        done = self._run(
            f"evidence job {message.body}",
            lambda: self._function(
                body=message.body, receipt=message.receipt, on_job=lambda _: None
            ),
        )
        self.counted["jobs" if done else "jobs that failed"] += 1
        if done:
            self.queue.delete(message)

    def _run(
        self, what: str, doing: Callable[[], object], *, racing: datetime | None = None
    ) -> bool:
        """Run one invocation; return False if it failed or was killed."""
        with self._aside(racing):
            self._doing = doing
            try:
                done = doing()
            except TallyError as error:
                self._tell(self._clock.now(), f"  {what} failed: {type(error).__name__}: {error}")
                return False
            except KilledError:
                self._clock.advance(_COLD_START)
                self._function = self._container()
                self._tell(self._clock.now(), f"  {what} was killed")
                return False
            self._tell(self._clock.now(), f"  {what}: {done}")
            return True

    @contextmanager
    def _aside(self, racing: datetime | None) -> Iterator[None]:
        """Let time pass for this function alone, with calls and luck of its own."""
        gravityzone, trouble, before = self._msp.gravityzone, self._trouble, self._clock.now()
        calls, limits, between = gravityzone.calls, gravityzone.rate_limits, trouble.between
        self._draw = drawn(self._msp.setting.seed, Draw.EVIDENCE, 3, self._acts)
        self._racing = racing
        gravityzone.calls, gravityzone.rate_limits = CallLog(0), None
        trouble.between = self._twin
        luck = trouble.luck(drawn(self._msp.setting.seed, Draw.EVIDENCE, 4, self._acts))
        rough = trouble.temper(0.0)
        trouble.temper(rough * self._draw.choice(_TEMPERED))
        try:
            yield
        finally:
            trouble.temper(rough)
            trouble.luck(luck)
            trouble.between = between
            self.counted["calls"] += len(gravityzone.calls)
            gravityzone.calls, gravityzone.rate_limits = calls, limits
            self._free, self._doing, self._racing = self._clock.now(), None, None
            self._clock.set(before, backwards=True)

    def _twin(self) -> None:
        """Let another container do the same in between, as messages and events come twice."""
        doing, self._doing = self._doing, None
        if doing is not None:
            with suppress(TallyError, KilledError):
                doing()

    def _meanwhile(self) -> None:
        """Let what happens at the instant of the walk happen now and then in the middle of it."""
        at = self._racing
        if at is None or self._draw.random() < 0.5:  # noqa: PLR2004 - either is as likely
            return
        meanwhile = self._clock.now()
        self._clock.set(at, backwards=True)
        if self._race(at):
            self.counted["moves while walking"] += 1
        self._clock.set(meanwhile)

    def _container(self) -> EvidenceDelivery:
        wrap = self._wrap
        inventory = self._msp.world.inventory(
            wrap=wrap, calls_per_second=_CALLS_PER_SECOND, on_odd_row=lambda _: None
        )
        means = Means(
            inventory=inventory,
            ledger=wrap(self._ledger),
            recorder=Recorder(store=wrap(self.store), months_kept=_MONTHS_KEPT),
            queue=wrap(self.queue),
            clock=self._clock,
            service=ENDPOINTS.name,
            has_time=self._has_time,
        )
        return EvidenceDelivery.of(means, close_day=self._msp.setting.close_day)

    def _wrap(self, port: Any) -> Any:  # noqa: ANN401 - as a gate's
        return _Racing(self._trouble, self._meanwhile).wrap(port)

    def _has_time(self) -> bool:
        return self._draw.random() >= _TIME_IS_UP


class _Racing(Gate):
    """A gate at whose every effect something else may happen."""

    def __init__(self, trouble: Trouble, meanwhile: Callable[[], None]) -> None:
        super().__init__(trouble)
        self._meanwhile = meanwhile

    @property
    def idle(self) -> bool:
        """False: there is always something that may happen."""
        return False

    def around[T](self, name: str, effect: Callable[[], T]) -> T:
        """Let one effect happen, if nothing comes between."""
        self._meanwhile()
        return super().around(name, effect)
