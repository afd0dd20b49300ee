"""Pages that something in front of an API answers in its place, such as a firewall."""

import re
from collections.abc import Mapping
from http import HTTPStatus

from tally.redaction import quoted

_PAGE = re.compile(rb"(?:\xef\xbb\xbf)?\s*<")
_MARKUP = re.compile(r"(?s)<(script|style)\b.*?</\1\s*>|<!--.*?-->|<[^>]*>?")
_LOOKED_AT = 4096
"""Characters of a page that are read: words that are worth quoting stand in its beginning."""


def words_of(page: str) -> str:
    """Return the text at the page's beginning, without its markup."""
    return " ".join(_MARKUP.sub(" ", page[:_LOOKED_AT]).split())


def is_page(body: bytes) -> bool:
    """Return True if a body is HTML or alike: it begins as no JSON does."""
    return _PAGE.match(body) is not None


def leads_to(status: int, headers: Mapping[str, str]) -> str:
    """Say where a redirect leads, without the address's query; "" for any other answer."""
    if not HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        return ""
    address = quoted(headers.get("Location", "").partition("?")[0], _LONGEST_ADDRESS)
    return f" to {address}" if address else ""


_LONGEST_ADDRESS = 100


def is_in_front(status: int, body: bytes, *, worded: bool) -> bool:
    """Return True if an answer that is not in the vendor's words is not the vendor's.

    A 5xx, a 408 and a 429 mean the same, whoever words them. About keys, rights and what is there
    the vendor uses its own words or none, so other words are a firewall's or a proxy's. ``worded``
    is as of ``Call``.
    """
    if (
        status in {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS}
        or status >= HTTPStatus.INTERNAL_SERVER_ERROR
    ):
        return False
    if status in _OTHERS or is_page(body):
        return True
    says = status in _ABOUT_KEYS or (status == HTTPStatus.NOT_FOUND and worded)
    return says and bool(body.strip())


_OTHERS = frozenset(
    {HTTPStatus.PROXY_AUTHENTICATION_REQUIRED, HTTPStatus.UNAVAILABLE_FOR_LEGAL_REASONS}
)
"""Statuses of a proxy, and of whoever blocks an address (RFC 9110, 15.5.8; RFC 7725)."""
_ABOUT_KEYS = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
