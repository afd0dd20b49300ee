"""Text for a spreadsheet's cells that no spreadsheet runs as a formula.

That holds in every language, and with every sign that separates cells.
"""

import re

_SIGNS = "=+\\-@\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b\u2212"
"""The signs that begin a formula, also in the wide and small forms that some languages take."""

_BEFORE = "\\s\"'"
"""The signs that a spreadsheet passes over before a formula."""

_BEGINS = re.compile(rf"(^|[;,|])(?=[{_BEFORE}]*[{_SIGNS}])")


def harmless(text: str) -> str:
    """Return the text with an apostrophe before each formula in it, as OWASP advises.

    A cell may begin at the start, and behind each sign that separates cells somewhere: a file with
    commas is cut in the middle of a name if it is opened where semicolons separate.
    """
    return _BEGINS.sub(r"\1'", text)
