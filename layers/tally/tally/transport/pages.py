"""Pages that something in front of an API answers in its place, such as a firewall."""

import re
from http import HTTPStatus

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


def is_in_front(status: int, body: bytes) -> bool:
    """Return True if an answer that is not in the vendor's words is not the vendor's.

    A 5xx, a 408 and a 429 mean the same, whoever words them. About keys and rights the vendor
    uses its own words or none, so other words are a firewall's or a proxy's.
    """
    if (
        status in {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS}
        or status >= HTTPStatus.INTERNAL_SERVER_ERROR
    ):
        return False
    return is_page(body) or (
        status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN} and bool(body.strip())
    )
