"""An MSP of any size under load: containers as actors, APIs with latency and limits.

Time is virtual.
"""

from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from http import HTTPStatus
from random import Random
from typing import Any

import requests

from simulators.adapter import SimulatorAdapter
from simulators.clock import VirtualClock
from simulators.connectwise import ConnectWiseOptions, ConnectWiseSimulator
from simulators.core import Simulator
from simulators.gravityzone import GravityZoneSimulator, RateLimits
from tally.errors import TallyError
from tally.ports import BATCH
from tally.worker.delivery import may_open
from testing.queue import Message
from testing.world import Customer, World, plain_connectwise
from verification.bench.timeline import Timeline

CONTAINERS, BURST, AT_ONCE = 2, 2, 2
"""The workers at once at 5 calls a second, the depth of each one's bucket, and the jobs that each
has in hand side by side, as in the template."""
TICK = timedelta(minutes=15)
CONNECTWISE_A_MINUTE = 1000
GRAVITYZONE_LATENCY, CONNECTWISE_LATENCY, LEDGER_LATENCY = 0.2, 0.15, 0.005
"""Seconds that a call takes where nothing else is said."""

_POLL = timedelta(seconds=0.5)
_START = datetime(2026, 11, 5, 0, 5, tzinfo=UTC)


@dataclass(slots=True, kw_only=True)
class TimedWorld(World):
    """The world of the functional tests, but whoever waits in it lets the others go on."""

    timeline: Timeline

    def _sleep(self, seconds: float) -> None:
        self.timeline.wait(seconds)


@dataclass(slots=True, kw_only=True)
class Latencies:
    """Seconds that a call takes."""

    gravityzone: float = GRAVITYZONE_LATENCY
    connectwise: float = CONNECTWISE_LATENCY
    ledger: float = LEDGER_LATENCY


@dataclass(slots=True, kw_only=True)
class Scene:
    """An MSP with so many monthly-licensed customers, each linked by its name, with one agreement.

    ``partners`` of them lie below partners, evenly. ``sweeps`` has, for each tick, the end of its
    last job.
    """

    companies: int
    partners: int = 0
    machines: int = 10
    start: datetime = _START
    latencies: Latencies = field(default_factory=Latencies)
    limits: RateLimits | None = field(default_factory=RateLimits)
    queued: bool = True
    """True if calls beyond GravityZone's rate wait for their turn while its burst has room; else
    they come at once."""
    containers: int = CONTAINERS
    at_once: int = AT_ONCE
    batch: int = BATCH
    """The most messages that a poll finds."""
    clock: VirtualClock = field(init=False)
    timeline: Timeline = field(init=False)
    world: TimedWorld = field(init=False)
    customers: list[Customer] = field(init=False)
    throttled: int = 0
    """The number of calls that each API has answered with 429."""
    ledger_calls: Counter[str] = field(default_factory=Counter)
    """The number of the ledger's calls, by method."""
    done: int = 0
    invoked: int = 0
    """The number of batches that the workers got."""
    planned: timedelta = timedelta()
    """The planner's time, but for its own processor time."""
    worked: timedelta = timedelta()
    """The time of the workers' invocations, waits for tokens and answers included."""
    last_done: datetime = field(init=False)
    errors: list[TallyError] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.clock = VirtualClock(self.start)
        self.timeline = Timeline(self.clock)
        self.last_done = self.start
        self.world = world = TimedWorld(
            clock=self.clock,
            timeline=self.timeline,
            workers=self.containers,
            burst=BURST,
            jitter=Random(0).random,
        )
        world.gravityzone = GravityZoneSimulator(
            self.clock,
            rate_limits=self.limits,
            queue_delays=self.queued,
            latency=self.latencies.gravityzone,
        )
        world.connectwise = ConnectWiseSimulator(
            self.clock,
            plain_connectwise(),
            ConnectWiseOptions(requests_per_minute=CONNECTWISE_A_MINUTE),
            latency=self.latencies.connectwise,
        )
        world.plan = world.planner(wrap=self._wired)
        above = [
            world.gravityzone.tenant.add_company(f"Partner {n}", kind="partner")
            for n in range(self.partners)
        ]
        self.customers = [
            world.add_customer(f"Customer {n}", parent_id=above[n % self.partners] if above else "")
            for n in range(self.companies)
        ]
        for customer in self.customers:
            world.check_in(customer, self.machines, at=self.start - timedelta(hours=1))

    def play(
        self, *ticks: datetime, until: datetime, beside: Callable[[], None] | None = None
    ) -> None:
        """Fire the ticks at their times, with all containers at work until then.

        ``beside`` is one more actor.
        """
        actors = [
            partial(self._fire, ticks),
            *(partial(self._work, until) for _ in range(self.containers)),
        ]
        self.timeline.run([*actors, beside] if beside else actors)

    def sweep(self, tick: datetime, *, within: timedelta = TICK) -> timedelta:
        """One tick and all its jobs; how long from the tick until the last job was done."""
        self.play(tick, until=tick + within)
        return self.last_done - tick

    def forget_calls(self) -> None:
        """Count calls, refusals and invocations from here."""
        self.world.gravityzone.calls.clear()
        self.world.connectwise.calls.clear()
        self.ledger_calls.clear()
        self.throttled = self.invoked = 0
        self.planned = self.worked = timedelta()

    def refused(self) -> None:
        """Count one call that was answered with 429."""
        self.throttled += 1

    def _fire(self, ticks: tuple[datetime, ...]) -> None:
        for tick in ticks:
            self.timeline.wait_until(tick)
            self.world.plan(tick)
            self.planned += self.clock.now() - tick

    def _work(self, until: datetime) -> None:
        """Live as one container: its memory and pace last from the first message to the end."""
        deliver, queue = self.world.worker(wrap=self._wired), self.world.queue
        while self.clock.now() < until:
            messages = queue.receive(self.batch)
            began = self.clock.now()
            if messages:
                lane = partial(self._empty, deque(messages), deliver)
                opens = any(may_open(message.body) for message in messages)
                self.timeline.together([lane] * (self.at_once if opens else 1))
                self.invoked += 1
                self.worked += self.clock.now() - began
            else:
                following = queue.next_change() or until
                self.timeline.wait_until(
                    max(self.clock.now(), min(following, self.clock.now() + _POLL, until))
                )

    def _empty(self, waiting: deque[Message], deliver: Callable[..., object]) -> None:
        """One thread of a container: it takes the batch's next message, as long as there is one."""
        while waiting:
            self._deliver(waiting.popleft(), deliver)

    def _deliver(self, message: Message, deliver: Callable[..., object]) -> None:
        try:
            deliver(
                body=message.body,
                receipt=message.receipt,
                receives=message.receives,
                on_job=lambda _: None,
            )
        except TallyError as error:
            self.errors.append(error)
        else:
            self.world.queue.delete(message)
            self.done += 1
            self.last_done = self.clock.now()

    def _wired(self, port: Any) -> Any:  # noqa: ANN401 - a ledger, a queue, an adapter of requests: whatever goes out
        if isinstance(port, SimulatorAdapter):
            return _Watched(self, port.simulator)
        return port if port is self.world.queue else _Slow(self, port)


class _Watched(SimulatorAdapter):
    """Carries calls to a simulator, and tells the scene of those that were too many."""

    def __init__(self, scene: Scene, simulator: Simulator) -> None:
        super().__init__(simulator, on_delay=scene.timeline.wait)
        self._scene = scene

    def send(
        self,
        request: requests.PreparedRequest,
        *args: Any,  # noqa: ANN401
        **kwargs: Any,  # noqa: ANN401 - requests' own
    ) -> requests.Response:
        answer = super().send(request, *args, **kwargs)
        if answer.status_code == HTTPStatus.TOO_MANY_REQUESTS:
            self._scene.refused()
        return answer


class _Slow:
    """A ledger each of whose calls takes a moment."""

    def __init__(self, scene: Scene, inner: Any) -> None:  # noqa: ANN401 - any port
        self._scene = scene
        self._inner = inner

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._inner, name)

        def slow(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - the method's own
            scene = self._scene
            scene.ledger_calls[name] += 1
            scene.timeline.wait(scene.latencies.ledger)
            return method(*args, **kwargs)

        return slow
