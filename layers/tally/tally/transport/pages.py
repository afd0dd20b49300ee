"""What a page says that something in front of an API answers in the API's place."""

import re

_MARKUP = re.compile(r"(?s)<(script|style)\b.*?</\1\s*>|<!--.*?-->|<[^>]*>?")
_LOOKED_AT = 4096
"""Characters: the words of a page stand in its beginning, or it has none that are worth quoting."""


def words_of(page: str) -> str:
    """The text at the page's beginning, without its markup."""
    return " ".join(_MARKUP.sub(" ", page[:_LOOKED_AT]).split())
