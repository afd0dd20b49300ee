"""Pages: what something in front of an API answers in the API's place."""

import re

_BEGINS = re.compile(rb"(?:\xef\xbb\xbf)?\s*<")
_MARKUP = re.compile(r"(?s)<(script|style)\b.*?</\1\s*>|<!--.*?-->|<[^>]*>?")
_LOOKED_AT = 4096
"""Characters: the words of a page stand in its beginning, or it has none that are worth quoting."""


def is_page(body: bytes) -> bool:
    """Whether a body is HTML or alike: it begins as no JSON does."""
    return _BEGINS.match(body) is not None


def words_of(page: str) -> str:
    """The text at the page's beginning, without its markup."""
    return " ".join(_MARKUP.sub(" ", page[:_LOOKED_AT]).split())
