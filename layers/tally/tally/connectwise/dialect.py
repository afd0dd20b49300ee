"""Errors of ConnectWise: their form, and what to do about them."""

import re
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from tally.transport.classify import Dialect

URL = "CONNECTWISE_URL"
COMPANY = "CONNECTWISE_COMPANY"
_MISROUTED = b"cannot route"
_LOOKED_AT = 200
_NEEDS_API_HOST = "SSL is required"
# ConnectWise was seen to say "does not support the API version '…'". The framework that says so has
# other words too, and other ones from version to version.
_UNKNOWN_VERSION = re.compile(
    rb"(support|invalid|unknown)[^\"]{0,60}api[ _-]?version"
    rb"|api[ _-]?version[^\"]{0,60}(support|invalid|unknown|required)",
    re.IGNORECASE,
)
_ITS_OWN = re.compile(r"ConnectWise", re.IGNORECASE)
_DENIED = "Authorization has been denied"
"""Words of ASP.NET, on which ConnectWise runs, for a call without valid keys."""
_KNOWN_VERSIONS = ("api-supported-versions", "api-current-version")

API_VERSION = "2025.1"
"""The version of the API's model that Tally is written to: the oldest known to work."""
API_VERSION_SETTING = "CONNECTWISE_API_VERSION"

# Bitdefender lists these rights for its own integration, up to the catalog's; the others are
# inferred from the names in security roles. The longer path comes first.
_RIGHTS = (
    ("/company/companies", "Companies > Company Maintenance"),
    ("/finance/agreements/types", "System > Table Setup"),
    ("/finance/agreements", "Finance > Agreements"),
    ("/procurement/catalog", "Procurement > Product Catalog"),
    ("/system/documents", "Companies > Manage Documents"),
    ("/system/members", "System > Member Maintenance"),
    ("/service/tickets", "Service Desk > Service Tickets"),
    ("/service/", "System > Table Setup"),
)
# With "Inquire Mine" a list is answered empty, with 200 (another vendor's pages, 70 % sure). So the
# level is named as well.
_LEVELS = {"GET": "Inquire All", "POST": "Add", "PATCH": "Edit"}


class _Detail(BaseModel):
    model_config = ConfigDict(defer_build=True, extra="ignore")

    message: str | None = None
    field: str | None = None

    @property
    def text(self) -> str:
        message = self.message or ""
        return f"{self.field}: {self.message}" if self.field else message


class _Error(BaseModel):
    """``code``, ``message`` and ``errors``; a 429 has ``error`` in place of ``code``.

    The framework below ConnectWise puts the same fields into ``error``, as for an unknown version.
    """

    model_config = ConfigDict(defer_build=True, extra="ignore")

    code: str | None = None
    message: str | None = None
    errors: list[_Detail] | None = None
    error: Any = None

    @property
    def text(self) -> str:
        text = f"{self.code}: {self.message}" if self.code else f"{self.message}"
        details = "; ".join(each.text for each in self.errors or () if each.text)
        return f"{text} ({details})" if details else text


def explain(body: bytes, headers: Mapping[str, str]) -> str:
    """Return the text of an error; "" if the body is not ConnectWise's own.

    Plain text other than its "Cannot route", HTML and an empty body are not.
    """
    error = _read(body)
    if error is None:
        return body[:_LOOKED_AT].decode(errors="replace") if _is_misrouted(body) else ""
    text = error.text
    # The host of the web client, without api-, answers every call so (developer guide).
    if _NEEDS_API_HOST in text:
        text = f"{text} {URL} must be the API host, such as https://api-eu.myconnectwise.net"
    known = " or ".join(_known_versions(headers)) if _asks_for_unknown_version(body) else ""
    return f"It knows version {known}. {text}" if known else text


def _known_versions(headers: Mapping[str, str]) -> Iterator[str]:
    return (headers[name][:60] for name in _KNOWN_VERSIONS if headers.get(name))


def _read(body: bytes) -> _Error | None:
    try:
        read = _Error.model_validate_json(body)
        if isinstance(read.error, dict) and _asks_for_unknown_version(body):
            read = _Error.model_validate(read.error)
    except ValidationError:
        return None
    # Gateways word a refusal with a message too, but without ConnectWise's code:
    # `{"message": "Forbidden"}`. Where ConnectWise has `error` in its place, it names itself.
    says = read.message or ""
    is_its_own = read.code or _ITS_OWN.match(f"{read.error}") or says.startswith(_DENIED)
    return read if says and is_its_own else None


def _is_misrouted(body: bytes) -> bool:
    return _MISROUTED in body[:_LOOKED_AT].lower()


def _asks_for_unknown_version(body: bytes) -> bool:
    return _UNKNOWN_VERSION.search(body[:2000]) is not None


def meaning(status: int, body: bytes) -> int:
    """Return the status that is meant.

    A 400 may be about the path (a live tenant answered the plain text "Cannot route. …") or about
    a version that the server does not know. Neither refuses what was sent.
    """
    # Other 400s to a write are kept as a refusal of its content (SAFE-2).
    if status != HTTPStatus.BAD_REQUEST:
        return status
    if _is_misrouted(body):
        return HTTPStatus.NOT_FOUND
    return HTTPStatus.NOT_ACCEPTABLE if _asks_for_unknown_version(body) else status


def right_for(method: str, path: str) -> str:
    """Return the right that a call needs, as security roles name it; "" if none is known."""
    name = next((name for begins, name in _RIGHTS if path.startswith(begins)), "")
    return f"{name}: {_LEVELS[method]}" if name else ""


def dialect(api_version: str) -> Dialect:
    """Return how ConnectWise answers a client that asks for that version of its API."""
    return Dialect(
        vendor="ConnectWise",
        url_setting=URL,
        # ConnectWise names its requests by this header of the answer.
        request_id_header="x-cw-request-id",
        explain=explain,
        meaning=meaning,
        advice={
            HTTPStatus.UNAUTHORIZED: f"the API member's keys, the client id or {COMPANY} are wrong",
            HTTPStatus.FORBIDDEN: "the API member's security role lacks this right",
            # Cloud sites answer a wrong key with 404 too (seen in public client code).
            HTTPStatus.NOT_FOUND: (
                f"it is not there, or not seen by the API member's role, or {COMPANY}, {URL} or "
                "the API member's keys are wrong"
            ),
            HTTPStatus.NOT_ACCEPTABLE: (
                f"Tally asked for version {api_version} of its API and is made for {API_VERSION} "
                f"or newer: bring ConnectWise up to date, or let {API_VERSION_SETTING} be a "
                "version that it knows"
            ),
        },
    )
