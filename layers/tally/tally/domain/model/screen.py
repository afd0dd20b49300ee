"""Text that others wrote, made safe to show (SAFE-10).

Names, reasons and answers come from two APIs and from AWS. Some of their characters are orders to a
terminal (ESC, and the C1 controls that stand for it). Some reverse the line (bidi overrides), and
some cannot be seen at all.
"""

import unicodedata

_MOST_MARKS = 4
"""The most marks on one letter: no script needs more, and a tower of them hides other lines."""

BLANKS = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0\U0001d159"
    + "".join(map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))
)
"""Letters, marks and signs that are drawn as nothing, though Python calls them printable."""


def shows(char: str) -> bool:
    """Return True if a character can be seen and does nothing but stand there."""
    return char.isprintable() and char not in BLANKS


def fit(text: str) -> str:
    r"""Return the text on one line, safe on any screen.

    White space becomes a space. A character that does not show becomes its escape (``\u202e``).
    """
    if text.isascii() and text.isprintable():
        return text
    text = text.replace("\r\n", "\n")  # one line break becomes one space
    for char in set(text):
        if not shows(char):
            text = text.replace(char, " " if char.isspace() else _escaped(char))
    return _few_marks(text)


def _escaped(char: str) -> str:
    return char.encode("unicode_escape").decode()


def _few_marks(text: str) -> str:
    """Escape the marks of a letter that has too many."""
    marks = {char for char in set(text) if unicodedata.category(char) in {"Mn", "Me"}}
    if not marks:
        return text
    shown, stacked = [], 0
    for char in text:
        stacked = stacked + 1 if char in marks else 0
        shown.append(char if stacked <= _MOST_MARKS else _escaped(char))
    return "".join(shown)


def is_encodable(text: str) -> bool:
    """Return True if it can be sent and stored; a lone surrogate, half a character, cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


LONGEST = 2_000
"""The most characters of a reason: enough for a sentence or two, with the names in it."""


def shortened(text: str, longest: int) -> str:
    """Return the text, cut to so many characters."""
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def brief(text: str, longest: int = LONGEST) -> str:
    """Return the text shortened, and safe to show and to store."""
    # Cut twice: first so that no huge text is gone through letter by letter, then because escapes
    # have made it longer.
    return shortened(fit(shortened(text, longest)), longest)


def keep_brief(thing: object, *names: str) -> None:
    """Shorten these texts of a frozen value while it is made; most need no change."""
    for name in names:
        text = getattr(thing, name)
        if len(text) > LONGEST or not text.isprintable():
            object.__setattr__(thing, name, brief(text))
