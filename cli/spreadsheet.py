"""Text for a spreadsheet's cells: whatever the spreadsheet's language and separator, none of it is run as a formula."""

import re

_SIGNS = "=+\\-@\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b\u2212"
"""What a formula begins with; the wide and small forms, which some languages' spreadsheets take for the plain ones."""

_BEFORE = "\\s\"'"
"""What a spreadsheet passes over before it."""

_BEGINS = re.compile(rf"(^|[;,|])(?=[{_BEFORE}]*[{_SIGNS}])")


def harmless(text: str) -> str:
    """The text with an apostrophe wherever a spreadsheet may begin a cell with a formula, as OWASP advises.

    That is at its start, and behind each sign that separates cells somewhere: a file with commas that is opened where
    semicolons separate is cut in the middle of a name.
    """
    return _BEGINS.sub(r"\1'", text)
