"""The base of every simulator: a call, its answer, the log of calls, and faults in between.

Nothing here knows a transport. The adapter and the server both call `BaseSimulator.handle`.
"""

from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from copy import replace
from datetime import datetime
from typing import NamedTuple, NoReturn, Protocol

from pydantic_core import to_json

from simulators.clock import VirtualClock
from simulators.faults import Fault, FaultKind, FaultPlan, Garble
from simulators.request import Request

__all__ = [
    "HTML_TYPE",
    "JSON_TYPE",
    "LOGGED_CALLS",
    "TEXT_TYPE",
    "BaseSimulator",
    "Call",
    "CallLog",
    "NoAnswerError",
    "RefusedError",
    "Request",
    "Response",
    "SilenceError",
    "Simulator",
    "json_bytes_response",
    "json_response",
    "text_response",
]

JSON_TYPE = "application/json; charset=utf-8"
HTML_TYPE = "text/html; charset=utf-8"
TEXT_TYPE = "text/plain; charset=utf-8"
LOGGED_CALLS = 10_000


class Response(NamedTuple):
    """One answer; `delay` is how many seconds it takes to come."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    delay: float = 0.0


class NoAnswerError(Exception):
    """The call gets no answer. What a caller sees of it is the transport's matter."""


class RefusedError(NoAnswerError):
    """Nobody listens: the call never arrived."""


class SilenceError(NoAnswerError):
    """The connection stands, and nothing comes before any timeout."""


class Call(NamedTuple):
    """One logged call; `status` is None if no answer came, `fault` None if none struck."""

    at: datetime
    method: str
    path: str
    operation: str
    status: int | None
    fault: FaultKind | None
    query: Mapping[str, str]
    body: bytes


class CallLog:
    """The last calls, and how many there were of each operation since the log was last cleared."""

    __slots__ = ("_calls", "counts")

    def __init__(self, size: int = LOGGED_CALLS) -> None:
        self._calls: deque[Call] = deque(maxlen=size)
        self.counts: Counter[str] = Counter()
        """Calls by operation, those that met a fault included."""

    def __iter__(self) -> Iterator[Call]:
        return iter(self._calls)

    def __len__(self) -> int:
        return self.counts.total()

    def of(self, operation: str) -> list[Call]:
        """Give the logged calls of one operation, oldest first."""
        return [call for call in self._calls if call.operation == operation]

    def count(self, operation: str | None = None) -> int:
        """Count the calls of one operation, or all."""
        return self.counts.total() if operation is None else self.counts[operation]

    def clear(self) -> None:
        """Forget every call and count."""
        self._calls.clear()
        self.counts.clear()

    def add(self, call: Call) -> None:
        """Log one call."""
        self._calls.append(call)
        self.counts[call.operation] += 1


class Simulator(Protocol):
    """The part of a simulator that the adapter and the server use."""

    clock: VirtualClock
    faults: FaultPlan
    calls: CallLog

    def handle(self, request: Request) -> Response:
        """Answer one call of the real API, or raise `NoAnswerError`."""
        ...

    def control(self, method: str, path: str, body: bytes) -> Response:
        """Answer one call below `/_sim/`; `path` is the whole path."""
        ...


class BaseSimulator:
    """Clock, faults, call log and latency around an API; a subclass implements each call.

    `latency` is in seconds and delays every answer. `faults` and `calls` are public on purpose.
    """

    def __init__(self, clock: VirtualClock, *, latency: float = 0.0) -> None:
        self.clock = clock
        self.latency = latency
        self.faults = FaultPlan()
        self.calls = CallLog()

    def route(self, request: Request) -> tuple[str, Callable[[], Response]]:
        """Return the name of the call's operation, and a function that carries it out and answers.

        This method itself must have no effect.
        """
        raise NotImplementedError

    def vendor_error(self, status: int, request: Request) -> Response:
        """Answer with a status as this vendor words it."""
        raise NotImplementedError

    def throttled(self, seconds: float, request: Request) -> Response:
        """Answer 429 with `Retry-After`, in the vendor's words."""
        answer = self.vendor_error(429, request)
        return replace(
            answer, headers={**answer.headers, "Retry-After": str(max(1, round(seconds)))}
        )

    def handle(self, request: Request) -> Response:
        """Answer one call of the API, or raise `NoAnswerError` if a fault says so."""
        operation, carry_out = self.route(request)
        fault = self.faults.pick(request, operation)
        at = self.clock.now()
        if fault is None:
            answer = carry_out()
            self._log(at, request, operation, answer.status, None)
            if not self.latency:
                return answer
            return Response(answer.status, answer.headers, answer.body, answer.delay + self.latency)
        return self._strike(fault, request, operation, carry_out)

    def control(self, method: str, path: str, body: bytes) -> Response:
        """Answer a control call of this simulator's own.

        `control_calls` has answered the common ones before.
        """
        del body
        return json_response({"error": f"no control call {method} {path}"}, 404)

    def _strike(
        self, fault: Fault, request: Request, operation: str, carry_out: Callable[[], Response]
    ) -> Response:
        at = self.clock.now()
        answer = carry_out() if fault.takes_effect else None
        if fault.kind in {FaultKind.REFUSED, FaultKind.TIMEOUT_BEFORE, FaultKind.TIMEOUT_AFTER}:
            self._log(at, request, operation, None, fault.kind)
            _no_answer(fault, operation)
        if fault.kind is FaultKind.SLOW or fault.kind is FaultKind.GARBLED:
            answer = answer or carry_out()
            answer = (
                replace(answer, delay=fault.seconds)
                if fault.kind is FaultKind.SLOW
                else _garbled(answer, fault)
            )
        elif fault.kind is FaultKind.THROTTLED:
            answer = _with_body(self.throttled(fault.seconds, request), fault)
        else:
            answer = _with_body(self.vendor_error(fault.status, request), fault)
        self._log(at, request, operation, answer.status, fault.kind)
        return replace(answer, delay=answer.delay + self.latency)

    def _log(
        self,
        at: datetime,
        request: Request,
        operation: str,
        status: int | None,
        fault: FaultKind | None,
    ) -> None:
        self.calls.add(
            Call(
                at,
                request.method,
                request.path,
                operation,
                status,
                fault,
                request.query,
                request.body,
            )
        )


def json_response(
    payload: object, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """Build a JSON answer."""
    return json_bytes_response(to_json(payload), status, headers)


def json_bytes_response(
    body: bytes, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """Build an answer from JSON that is already rendered."""
    return Response(
        status, {"Content-Type": JSON_TYPE, **headers} if headers else _JSON_HEADERS, body
    )


def text_response(body: str, status: int, content_type: str = TEXT_TYPE) -> Response:
    """Build an answer that is not JSON."""
    return Response(status, {"Content-Type": content_type}, body.encode())


_JSON_HEADERS: Mapping[str, str] = {"Content-Type": JSON_TYPE}


def _no_answer(fault: Fault, operation: str) -> NoReturn:
    if fault.kind is FaultKind.REFUSED:
        raise RefusedError(f"{operation}: connection refused, as ordered")
    raise SilenceError(f"{operation}: no answer, as ordered ({fault.kind})")


def _with_body(answer: Response, fault: Fault) -> Response:
    if fault.body is None:
        return answer
    headers = {**answer.headers, "Content-Type": fault.content_type}
    return replace(answer, headers=headers, body=fault.body.encode())


def _garbled(answer: Response, fault: Fault) -> Response:
    match fault.garble:
        case Garble.TRUNCATED:
            return replace(answer, body=answer.body[: len(answer.body) // 2])
        case Garble.EMPTY:
            return replace(answer, body=b"")
        case Garble.DOUBLED:
            return replace(answer, body=answer.body.replace(b"{", b'{"id": 1, "id": 2, ', 1))
        case Garble.HTML:
            page = (
                b"<html><head><title>One moment</title></head><body>We will be right "
                b"back.</body></html>"
            )
            return replace(answer, headers={**answer.headers, "Content-Type": HTML_TYPE}, body=page)
