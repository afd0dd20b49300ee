"""The JSON-RPC envelope, as GravityZone fills it: an error mostly comes with HTTP status 200."""

import json
from collections.abc import Collection
from typing import Any, NamedTuple

from pydantic_core import from_json, to_json

from simulators.core import HTML_TYPE, Response, json_bytes_response, json_response, text_response

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
SERVER_ERROR = -32000
UNAUTHORIZED = -32001
NOT_FOUND = -32002
TOO_MANY = -32003

_MESSAGES = {
    PARSE_ERROR: "Parse error",
    INVALID_REQUEST: "Invalid Request",
    METHOD_NOT_FOUND: "Method not found",
    INVALID_PARAMS: "Invalid params",
    SERVER_ERROR: "Server error",
    UNAUTHORIZED: "Unauthorized",
    NOT_FOUND: "Not found",
    TOO_MANY: "Too many requests",
}
_OF_STATUS = {
    401: (SERVER_ERROR, "Invalid API key. Please generate an API key in Control Center."),
    403: (UNAUTHORIZED, "The API is not enabled for this API key."),
    429: (TOO_MANY, "The limit of requests was reached."),
}
_PAGES = {404: "Not Found", 405: "Method Not Allowed"}


class RpcError(Exception):
    """A call that is answered with an error body; ``form`` in its place, of any form."""

    def __init__(self, code: int, details: str, *, form: object = None) -> None:
        super().__init__(details)
        self.form = form
        self.code = code
        self.details = details


class RpcCall(NamedTuple):
    """One call out of an envelope.

    `id` is echoed in the answer, and `problem` says why the call cannot be served.
    """

    id: str | int | None
    method: str
    params: dict[str, Any]
    problem: RpcError | None = None


def parse_call(body: bytes) -> RpcCall:
    """Read an envelope; whatever is wrong with it stands in the call's `problem`."""
    try:
        # Each call has an id of its own. Kept with all other texts, they would look like a leak of
        # whoever makes the calls (16,384 are kept).
        payload = from_json(body, cache_strings="keys")
    except ValueError:
        return RpcCall(None, "unreadable", {}, RpcError(PARSE_ERROR, "The body is not JSON."))
    if not isinstance(payload, dict):
        return RpcCall(
            None, "unreadable", {}, RpcError(INVALID_REQUEST, "The body is not one request object.")
        )
    call_id, method, params = payload.get("id"), payload.get("method"), payload.get("params", {})
    echoed = call_id if type(call_id) in {str, int} else None
    name = method if isinstance(method, str) else "unreadable"
    if params == []:
        params = {}  # PHP clients spell an empty object as an empty array
    if echoed is None or name == "unreadable" or payload.get("jsonrpc") != "2.0":
        problem = RpcError(INVALID_REQUEST, "A request has an id, a method, and jsonrpc 2.0.")
        return RpcCall(echoed, name, {}, problem)
    if not isinstance(params, dict):
        return RpcCall(echoed, name, {}, RpcError(INVALID_PARAMS, "The params are named ones."))
    return RpcCall(echoed, name, params)


def result_response(call_id: str | int | None, result: bytes) -> Response:
    """Answer with a result that is already rendered as JSON."""
    return json_bytes_response(
        b'{"id": %b, "jsonrpc": "2.0", "result": %b}' % (to_json(call_id), result)
    )


def error_response(call_id: str | int | None, error: RpcError, status: int = 200) -> Response:
    """Answer with an error body."""
    detail = error.form or {
        "code": error.code,
        "message": _MESSAGES.get(error.code, "Error"),
        "data": {"details": error.details},
    }
    return json_response({"id": call_id, "jsonrpc": "2.0", "error": detail}, status)


def status_response(status: int, call_id: str | int | None = None) -> Response:
    """Answer with an HTTP status as GravityZone words it: JSON for some, a page for the others."""
    if status in _OF_STATUS:
        return error_response(call_id, RpcError(*_OF_STATUS[status]), status)
    text = _PAGES.get(status, "Error")
    page = f"<html><head><title>{status}</title></head><body>{text}</body></html>"
    return text_response(page, status, HTML_TYPE)


def expect(params: dict[str, Any], known: Collection[str]) -> None:
    """Refuse params that a method does not know."""
    for name in params:
        if name not in known:
            raise RpcError(INVALID_PARAMS, f"The parameter '{name}' is not expected.")


def integer(params: dict[str, Any], name: str, default: int, *, least: int, most: int) -> int:
    """Read an integer param within its bounds."""
    value = params.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise invalid(name)
    return value


def one_of(params: dict[str, Any], name: str, allowed: Collection[int]) -> int | None:
    """Read an integer param that is one of a few, None if it is not there."""
    value = params.get(name)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or value not in allowed:
        raise invalid(name)
    return value


def named_object(params: dict[str, Any], name: str) -> dict[str, Any]:
    """Read a param that is an object, an empty one if it is not there."""
    value = params.get(name, {})
    if not isinstance(value, dict):
        raise invalid(name)
    return value


def rendered(result: object) -> bytes:
    """Render a result as JSON."""
    try:
        return to_json(result)
    except ValueError:  # half a character can be escaped, and not be encoded
        return json.dumps(result).encode()


def invalid(name: str) -> RpcError:
    """Word the refusal of a param's value."""
    return RpcError(INVALID_PARAMS, f"Invalid value for '{name}' parameter.")
