"""The control calls that every simulator has below `/_sim/`: clock, faults and log of calls."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, TypeAdapter, ValidationError

from simulators.core import Response, Simulator, json_response
from simulators.faults import Fault

CONTROL_HELP = """\
control calls of both:
  GET    /_sim/clock     {"now": "...", "running": false}
  PUT    /_sim/clock     {"now": "2026-10-01T00:00:00Z", "backwards": true}: sets it
                         (backwards only if asked)
  GET    /_sim/faults    the faults ordered, and how many calls met one
  POST   /_sim/faults    orders one (or an array); only the kind must be there: {"kind":
                         "refused|timeout_before|timeout_after|status|throttled|slow|garbled",
                         "operation": "POST *", "contains": "text in path, query or body",
                         "times": 1, "after": 0, "status": 500, "body": "...",
                         "content_type": "...", "seconds": 30,
                         "garble": "truncated|html|empty", "effect": true}
  DELETE /_sim/faults    takes all orders back
  GET    /_sim/calls     {"counts": {operation: n}, "calls": [...]}
  DELETE /_sim/calls     forgets them
  GET    /_sim/truth     what the simulator knows, and the code under test must not ask
"""

_FAULT: TypeAdapter[Fault] = TypeAdapter(Fault)
_FAULTS: TypeAdapter[list[Fault]] = TypeAdapter(list[Fault])


class _ClockOrder(BaseModel):
    model_config = ConfigDict(extra="forbid")

    now: AwareDatetime
    backwards: bool = False


def control(simulator: Simulator, method: str, path: str, body: bytes) -> Response:
    """Answer one call below `/_sim/`, a common one or the simulator's own.

    A wrong body gets a 400 that says why.
    """
    try:
        handler = _COMMON.get((method, path))
        return handler(simulator, body) if handler else simulator.control(method, path, body)
    except (ValidationError, ValueError, LookupError, TypeError) as error:
        return json_response({"error": str(error)}, 400)


def parse_object(body: bytes) -> dict[str, Any]:
    """Read a control call's body, an object; ValueError for anything else."""
    payload = json.loads(body or b"{}")
    if not isinstance(payload, dict):
        raise TypeError("the body must be a JSON object")
    return payload


def _get_clock(simulator: Simulator, _body: bytes) -> Response:
    return json_response(
        {"now": simulator.clock.now().isoformat(), "running": simulator.clock.running}
    )


def _put_clock(simulator: Simulator, body: bytes) -> Response:
    order = _ClockOrder.model_validate_json(body)
    simulator.clock.set(order.now, backwards=order.backwards)
    return _get_clock(simulator, body)


def _get_faults(simulator: Simulator, _body: bytes) -> Response:
    faults = _FAULTS.dump_python(list(simulator.faults), mode="json")
    return json_response({"struck": simulator.faults.struck, "faults": faults})


def _post_faults(simulator: Simulator, body: bytes) -> Response:
    ordered = (
        _FAULTS.validate_json(body)
        if body.lstrip().startswith(b"[")
        else [_FAULT.validate_json(body)]
    )
    for fault in ordered:
        simulator.faults.add(fault)
    return _get_faults(simulator, body)


def _delete_faults(simulator: Simulator, body: bytes) -> Response:
    simulator.faults.clear()
    return _get_faults(simulator, body)


def _get_calls(simulator: Simulator, _body: bytes) -> Response:
    calls = [
        {
            **call._asdict(),
            "at": call.at.isoformat(),
            "query": dict(call.query),
            "body": call.body.decode(errors="replace"),
        }
        for call in simulator.calls
    ]
    return json_response({"counts": dict(simulator.calls.counts), "calls": calls})


def _delete_calls(simulator: Simulator, body: bytes) -> Response:
    simulator.calls.clear()
    return _get_calls(simulator, body)


_COMMON: Mapping[tuple[str, str], Callable[[Simulator, bytes], Response]] = {
    ("GET", "/_sim/clock"): _get_clock,
    ("PUT", "/_sim/clock"): _put_clock,
    ("GET", "/_sim/faults"): _get_faults,
    ("POST", "/_sim/faults"): _post_faults,
    ("DELETE", "/_sim/faults"): _delete_faults,
    ("GET", "/_sim/calls"): _get_calls,
    ("DELETE", "/_sim/calls"): _delete_calls,
}
