"""How ConnectWise words its errors."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from tally.transport.classify import Dialect

URL = "CONNECTWISE_URL"
COMPANY = "CONNECTWISE_COMPANY"
_MISROUTED = b"cannot route"
_NEEDS_API_HOST = "SSL is required"
_UNKNOWN_VERSION = b"does not support the api version"
_KNOWN_VERSIONS = ("api-supported-versions", "api-current-version")

API_VERSION = "2025.1"
"""The version of the API's model that Tally is written to, and the oldest that it is known to work with."""
API_VERSION_SETTING = "CONNECTWISE_API_VERSION"

_RIGHTS = (
    ("/company/companies", "Companies > Company Maintenance"),
    ("/finance/agreements/types", "System > Table Setup"),
    ("/finance/agreements", "Finance > Agreements"),
    ("/procurement/catalog", "Procurement > Product Catalog"),
)
_LEVELS = {"GET": "Inquire All", "POST": "Add", "PATCH": "Edit"}


class _Detail(BaseModel):
    model_config = ConfigDict(defer_build=True, extra="ignore")

    message: str | None = None
    field: str | None = None


class _Error(BaseModel):
    """``code``, ``message`` and ``errors``; a 429 has ``error`` in place of ``code``.

    What the framework below ConnectWise says, as of a version of the API that it does not know, stands within ``error``.
    """

    model_config = ConfigDict(defer_build=True, extra="ignore")

    code: str | None = None
    message: str | None = None
    errors: list[_Detail] | None = None
    error: Any = None


def explain(body: bytes, headers: Mapping[str, str]) -> str:
    """The text of an error, or "" if its body is none of ConnectWise's own (plain text, HTML, empty)."""
    error = _read(body)
    if error is None:
        return ""
    text = f"{error.code}: {error.message}" if error.code else f"{error.message}"
    details = [
        f"{each.field}: {each.message}" if each.field else each.message
        for each in error.errors or ()
    ]
    said = "; ".join(each for each in details if each)
    text = f"{text} ({said})" if said else text
    if _NEEDS_API_HOST in text:
        text = f"{text} {URL} must be the API host, such as https://api-eu.myconnectwise.net"
    if _asks_for_unknown_version(body):
        known = [headers[name][:60] for name in _KNOWN_VERSIONS if headers.get(name)]
        text = f"It knows version {' or '.join(known)}. {text}" if known else text
    return text


def _read(body: bytes) -> _Error | None:
    try:
        read = _Error.model_validate_json(body)
        if read.message is None and isinstance(read.error, dict):
            read = _Error.model_validate(read.error)
    except ValidationError:
        return None
    return None if read.message is None else read


def _asks_for_unknown_version(body: bytes) -> bool:
    return _UNKNOWN_VERSION in body[:2000].lower()


def meaning(status: int, body: bytes) -> int:
    """The status that is meant.

    A wrong path answers 400 with the plain text "Cannot route. …", and a version of the API that the server does not know
    with a 400 too: neither refuses what was sent.
    """
    if status != HTTPStatus.BAD_REQUEST:
        return status
    if _MISROUTED in body[:200].lower():
        return HTTPStatus.NOT_FOUND
    return HTTPStatus.NOT_ACCEPTABLE if _asks_for_unknown_version(body) else status


def right_for(method: str, path: str) -> str:
    """The right that a call needs, as ConnectWise's security roles name it; "" where none is known."""
    name = next((name for begins, name in _RIGHTS if path.startswith(begins)), "")
    return f"{name}: {_LEVELS[method]}" if name else ""


def dialect(api_version: str) -> Dialect:
    """How ConnectWise answers a client that asks for that version of its API."""
    return Dialect(
        vendor="ConnectWise",
        url_setting=URL,
        request_id_header="x-cw-request-id",
        explain=explain,
        meaning=meaning,
        advice={
            HTTPStatus.UNAUTHORIZED: f"the API member's keys, the client id or {COMPANY} are wrong",
            HTTPStatus.FORBIDDEN: "the API member's security role lacks this right",
            HTTPStatus.NOT_FOUND: (
                f"it is not there, or not seen by the API member's role, or {COMPANY}, {URL} or "
                "the API member's keys are wrong"
            ),
            HTTPStatus.NOT_ACCEPTABLE: f"Tally asked for version {api_version} of its API and is made for {API_VERSION} or "
            f"newer: bring ConnectWise up to date, or let {API_VERSION_SETTING} be a "
            "version that it knows",
        },
    )
