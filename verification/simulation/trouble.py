"""Trouble that any call can meet; in a rough step each job draws its own luck."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

import requests
from requests.adapters import BaseAdapter
from requests.exceptions import ReadTimeout

from simulators.adapter import SimulatorAdapter
from simulators.clock import VirtualClock
from simulators.connectwise import ConnectWiseSimulator
from simulators.core import Request
from simulators.faults import Fault, FaultKind, Garble
from tally.errors import AmbiguousError, ConflictError, TallyError, TransientError
from testing.effects import Effects, KilledError
from verification.simulation.outages import (
    CONNECTWISE,
    FRONT,
    GATEWAY,
    GATEWAY_OF_GRAVITYZONE,
    GRAVITYZONE,
    LEDGER,
    MORE_WALLS,
    OUTAGES,
    WALLS,
)
from verification.simulation.setting import Shape
from verification.simulation.story import Tell

KILLED, LEDGER_FAILS, QUEUE_FAILS, BETWEEN, BOTH, LATE = (
    "killed",
    "ledger fails",
    "queue fails",
    "another in between",
    "both cancelled",
    "arrives later",
)
REPEATED, LISTS_LAG = "messages repeated", "lists lag"

KINDS: tuple[str, ...] = (
    *OUTAGES,
    *WALLS,
    *MORE_WALLS,
    *FaultKind,
    KILLED,
    LEDGER_FAILS,
    QUEUE_FAILS,
    BETWEEN,
    BOTH,
    LATE,
    REPEATED,
    LISTS_LAG,
)
"""All kinds of trouble, by the names under which a shape leaves them out."""

_KINDS = tuple(FaultKind)
_STATUSES = (500, 500, 502, 503, 401, 403, 404, 409, 429)
_GARBLES = (Garble.TRUNCATED, Garble.HTML, Garble.EMPTY)
_SECONDS = (0.5, 1, 4, 30, 60, 600)
_WRITES = (
    "POST additions",
    "PATCH additions",
    "POST tickets",
    "PATCH tickets",
    "POST notes",
)
_FRONT_STATUSES = (200, 302, 401, 403, 404, 503)
_PAGE = (
    "<!DOCTYPE html><html><head><title>Request Rejected</title></head><body>Support ID: "
    "77</body></html>"
)
_GATEWAY_STATUSES = (401, 403, 404, 407, 410, 451, 503)
_GATEWAY_WORDS = (
    '{"message":"Forbidden"}',
    '{"error":{"code":404,"message":"Not found"}}',
    '{"message":null,"errors":[]}',
)
"""Refusals as gateways word them: their statuses are not the vendor's, and say nothing."""
_OUTAGE_KINDS = (FaultKind.REFUSED, FaultKind.TIMEOUT_BEFORE, FaultKind.STATUS)
_TABLE = frozenset({"ledger", "pulse", "evidence", "asking"})
"""The ports that keep what they have in the ledger's table."""
_ON_CONDITION = frozenset({"save", "save_standing", "add_link", "change", "save_ticket"})
_WRITES_OF_LEDGER = _ON_CONDITION | {
    "save_standings",
    "begin_tick",
    "note_lists",
    "finish_tick",
    "open_account",
    "add_to_account",
}
_SAVE = "ledger save"
_LATEST = 60


@dataclass(slots=True, kw_only=True)
class _Held:
    due: datetime
    request: requests.PreparedRequest


class Trouble:
    """The present trouble. ``between`` is another worker's act meanwhile."""

    def __init__(self, shape: Shape, clock: VirtualClock, tell: Tell) -> None:
        self.shape = shape
        self.counted: Counter[str] = Counter()
        """The faults injected so far, by kind."""
        self.between: Callable[[], None] = lambda: None
        self.before_write: Callable[[requests.PreparedRequest], None] = lambda _: None
        self._clock = clock
        self._tell = tell
        self._rough = 0.0
        self._out: frozenset[str] = frozenset()
        self._draw = Random(0)
        self.idle = True
        self._held: list[_Held] = []
        self._cancelling = 0
        self.wires: list[Wire] = []

    def set(self, *, rough: float, out: frozenset[str], draw: Random) -> None:
        """Let it be so from now on."""
        self._rough, self._out, self._draw = rough, out, draw
        self.idle = not rough and not out

    def temper(self, rough: float) -> float:
        """Let it be as rough as that from now on; answers how rough it was."""
        before, self._rough = self._rough, rough
        return before

    def luck(self, draw: Random) -> Random:
        """Draw from another generator from now on; answers the one before."""
        before, self._draw = self._draw, draw
        return before

    def gravityzone_fault(self, _request: Request, operation: str) -> Fault | None:
        """The fault that a call to GravityZone meets."""
        if GATEWAY_OF_GRAVITYZONE in self._out:
            return self._of_gateway(GATEWAY_OF_GRAVITYZONE)
        return self._fault(operation, GRAVITYZONE)

    def connectwise_fault(self, _request: Request, operation: str) -> Fault | None:
        """The fault that a call to ConnectWise meets."""
        if FRONT in self._out:
            self.counted[FRONT] += 1
            status = _FRONT_STATUSES[self._clock.now().day % len(_FRONT_STATUSES)]
            return Fault(kind=FaultKind.STATUS, status=status, body=_PAGE, content_type="text/html")
        if GATEWAY in self._out:
            return self._of_gateway(GATEWAY)
        return self._fault(operation, CONNECTWISE)

    def _of_gateway(self, kind: str) -> Fault:
        """Return a gateway's refusal in JSON, in another form each day."""
        self.counted[kind] += 1
        day = self._clock.now().toordinal()
        return Fault(
            kind=FaultKind.STATUS,
            status=_GATEWAY_STATUSES[day % len(_GATEWAY_STATUSES)],
            body=_GATEWAY_WORDS[day % len(_GATEWAY_WORDS)],
            content_type="application/json",
        )

    def around[T](self, name: str, effect: Callable[[], T]) -> T:
        """An effect of a function on the world outside, with whatever comes between."""
        self._strike(name, after=False)
        done = effect()
        self._strike(name, after=True)
        return done

    def hold_back(self, request: requests.PreparedRequest) -> bool:
        """Return True if a write gets lost on its way, and arrives later than its sender waits."""
        if self.idle or request.method == "GET" or not self._happens(self._of_writes() / 3, LATE):
            return False
        due = self._clock.now() + timedelta(seconds=self._draw.randrange(5, _LATEST))
        self._held.append(_Held(due=due, request=request.copy()))
        self._note(LATE, f"{request.method} is on its way until {due:%H:%M:%S}")
        return True

    def next_arrival(self) -> datetime | None:
        """Return the instant at which the next write that was held back arrives."""
        return min((each.due for each in self._held), default=None)

    def let_arrive(self) -> None:
        """Let the writes arrive whose time has come."""
        if not self._held:
            return
        now = self._clock.now()
        due = sorted((each for each in self._held if each.due <= now), key=lambda each: each.due)
        if not due:
            return
        self._held = [each for each in self._held if each.due > now]
        for each in due:
            self._tell(now, f"  a {each.request.method} that was given up arrives")
            self.wires[0].arrive(each.request)

    def _fault(self, operation: str, outage: str) -> Fault | None:
        if outage in self._out:
            self.counted[outage] += 1
            return Fault(kind=_OUTAGE_KINDS[self._clock.now().day % len(_OUTAGE_KINDS)], status=503)
        draw = self._draw
        if draw.random() >= (self._of_writes() if operation.startswith(_WRITES) else self._rough):
            return None
        kind = draw.choice(_KINDS)
        if not self.shape.has(kind):
            return None
        status, seconds = draw.choice(_STATUSES), draw.choice(_SECONDS)
        effect = draw.random() < 0.5 if kind is FaultKind.STATUS and status >= 500 else None  # noqa: PLR2004 - either; a 5xx
        said = (
            f"{status} {'after' if effect else 'before'} the effect"
            if kind is FaultKind.STATUS
            else kind
        )
        self._note(kind, f"{operation} meets: {said}")
        return Fault(
            kind=kind, status=status, effect=effect, seconds=seconds, garble=draw.choice(_GARBLES)
        )

    def _of_writes(self) -> float:
        """Return the luck of calls that change ConnectWise, which is the worst.

        Most of the trouble can meet only them.
        """
        return min(0.6, self._rough * 3)

    def _strike(self, name: str, *, after: bool) -> None:
        port, _, operation = name.partition(" ")
        if port in _TABLE and not after and LEDGER in self._out:
            self.counted[LEDGER] += 1
            raise TransientError("DynamoDB does not answer")
        if not self._rough:
            return
        when = "after" if after else "before"
        if self._happens(self._rough / 8, KILLED):
            self._note(KILLED, f"killed {when} {name}")
            raise KilledError
        if self._happens(self._rough / 10, BETWEEN):
            self._note(BETWEEN, f"another worker {when} {name}")
            self.between()
        if name == _SAVE and not after:
            self._cancel()
        if port in _TABLE and self._happens(self._rough / 3, LEDGER_FAILS):
            error = self._ledger_error(operation, after=after)
            if error is not None:
                self._note(LEDGER_FAILS, f"{name} fails {when} its effect: {type(error).__name__}")
                raise error
        if port == "queue" and self._happens(self._rough / 3, QUEUE_FAILS):
            self._note(QUEUE_FAILS, f"{name} fails {when} its effect")
            raise TransientError("SQS is busy")

    def _cancel(self) -> None:
        """Let two workers write one record at once, so that DynamoDB cancels both (SAFE-3)."""
        if not self._cancelling and not self._happens(self._rough / 5, BOTH):
            return
        self._note(BOTH, f"{_SAVE} is cancelled")
        if not self._cancelling:
            self._cancelling += 1
            try:
                self.between()
            finally:
                self._cancelling -= 1
        raise ConflictError("another transaction was under way")

    def _ledger_error(self, operation: str, *, after: bool) -> TallyError | None:
        writes = operation in _WRITES_OF_LEDGER
        if after:
            # A read that failed afterwards is one that failed; of a write nobody knows.
            return AmbiguousError("no answer of DynamoDB") if writes else None
        errors: tuple[TallyError, ...] = (TransientError("DynamoDB is busy"),)
        if writes:
            errors = (*errors, AmbiguousError("no answer of DynamoDB"))
        if operation in _ON_CONDITION:
            errors = (*errors, ConflictError("somebody else was first"))
        return self._draw.choice(errors)

    def _happens(self, probability: float, kind: str) -> bool:
        return self._draw.random() < probability and self.shape.has(kind)

    def _note(self, kind: str, text: str) -> None:
        self.counted[kind] += 1
        self._tell(self._clock.now(), f"  ! {text}")


class Gate(Effects):
    """Stands around the ways out of one function; wide open where there is no trouble."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__()
        self._trouble = trouble

    def wrap(self, port: Any) -> Any:  # noqa: ANN401 - as Effects
        """Return a port like ``port`` that meets trouble.

        ConnectWise's writes go over a wire of their own.
        """
        if isinstance(port, SimulatorAdapter) and isinstance(port.simulator, ConnectWiseSimulator):
            return super().wrap(Wire(port, self._trouble))
        return super().wrap(port)

    @property
    def idle(self) -> bool:
        """True if nothing can come between at present."""
        return self._trouble.idle

    def around[T](self, name: str, effect: Callable[[], T]) -> T:
        """Let one effect happen, if nothing comes between."""
        return self._trouble.around(name, effect)


class Wire(BaseAdapter):
    """The wire to ConnectWise: a write may be given up and arrive all the same.

    Each write is looked at before it is sent.
    """

    def __init__(self, inner: SimulatorAdapter, trouble: Trouble) -> None:
        super().__init__()
        self._inner = inner
        self._trouble = trouble
        trouble.wires.append(self)

    def send(
        self,
        request: requests.PreparedRequest,
        *args: Any,  # noqa: ANN401
        **kwargs: Any,  # noqa: ANN401 - requests' own
    ) -> requests.Response:
        """Carry one request."""
        self._trouble.let_arrive()
        if request.method != "GET":
            self._trouble.before_write(request)
            if self._trouble.hold_back(request):
                self._inner.simulator.clock.advance(timedelta(seconds=10))
                raise ReadTimeout("no answer within 10 s", request=request)
        return self._inner.send(request, *args, **kwargs)

    def arrive(self, request: requests.PreparedRequest) -> None:
        """Let a request arrive that its sender has given up; nobody hears the answer."""
        simulator = self._inner.simulator
        chooser, simulator.faults.chooser = simulator.faults.chooser, None
        self._inner.send(request, timeout=1e9)
        simulator.faults.chooser = chooser

    def close(self) -> None:
        """Nothing is held open."""
        self._inner.close()
