"""The answers that are no records: ConnectWise's errors, in the words it uses."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

from simulators.core import HTML_TYPE, Response, json_response, text_response

SECURITY = "You do not have security permission to perform this action."
ALREADY_INVOICED = (
    "Since this period has already been invoiced there will not be an invoice generated for "
    "additional products for this period. Please prorate the agreement or update the start date to "
    "on or after the Next Invoice Date."
)
_FIRST_GATEWAY_ERROR = 502


@dataclass(frozen=True, slots=True)
class FieldError:
    """One entry of an error's `errors`."""

    code: str
    message: str
    field: str


class RefusalError(Exception):
    """A call whose content is refused with a 400."""

    def __init__(
        self,
        message: str,
        *,
        code: str = "InvalidObject",
        errors: Sequence[FieldError] = (),
        resource: str = "addition",
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.errors = tuple(errors)
        self.resource = resource

    def response(self) -> Response:
        """Return the answer."""
        entries = [
            {
                "code": error.code,
                "message": error.message,
                "resource": self.resource,
                "field": error.field,
            }
            for error in self.errors
        ]
        return error(400, self.code, self.message, entries or None)


def error(
    status: int, code: str, message: str, errors: list[dict[str, Any]] | None = None
) -> Response:
    """Return an error in the usual JSON form."""
    return json_response({"code": code, "message": message, "errors": errors}, status)


def cannot_route() -> Response:
    """Return the router's answer to a wrong path or company: plain text, not JSON."""
    return text_response("Cannot route. Codebase/company is invalid", 400)


def not_found(what: str) -> Response:
    """Return the answer for a record or resource that is not there."""
    return error(404, "NotFound", f"{what} not found")


def unauthorized() -> Response:
    """Return the answer to keys, or a clientId, that are wrong or missing."""
    return error(401, "Unauthorized", "The supplied authentication is incorrect.")


def forbidden() -> Response:
    """Return the answer when the member's role lacks a permission."""
    return json_response({"code": "Security", "message": SECURITY}, 403)


def unknown_version(asked: str, known: Collection[str], url: str) -> Response:
    """Return the answer to a version of the API that this server does not know.

    The framework below ConnectWise gives it, in its own words.
    """
    message = (
        f"The HTTP resource that matches the request URI '{url}' does not support the API version "
        f"'{asked}'."
    )
    inner = {"code": "UnsupportedApiVersion", "message": message, "innerError": None}
    return json_response(
        {"error": inner}, 400, {"api-supported-versions": ", ".join(sorted(known))}
    )


def too_many(seconds: float) -> Response:
    """Return the answer to a caller that should wait; its form is its own."""
    wait = max(1, round(seconds))
    message = f"Too many requests. Please try again in {wait} seconds."
    return json_response(
        {"error": "ConnectWiseAPI", "message": message}, 429, {"Retry-After": str(wait)}
    )


def worded(status: int) -> Response:
    """Return an error of any status as this vendor, or the gateway before it, words it."""
    if status in _WORDED:
        return _WORDED[status]()
    if status >= _FIRST_GATEWAY_ERROR:
        page = (
            f"<html><head><title>{status}</title></head><body><h1>Server Error</h1></body></html>"
        )
        return text_response(page, status, HTML_TYPE)
    return error(status, "UnexpectedError", "An unexpected error occurred.")


_WORDED: dict[int, Callable[[], Response]] = {
    400: lambda: error(400, "InvalidObject", "addition object is invalid", []),
    401: unauthorized,
    403: forbidden,
    404: lambda: not_found("Resource"),
    405: lambda: error(
        405, "MethodNotAllowed", "The requested resource does not support this method."
    ),
    409: lambda: error(
        409, "RecordInUse", "The record is in use and cannot be updated at this time."
    ),
    429: lambda: too_many(30),
}
