"""Make texts from outside fit to show: redact them, then shorten them (SAFE-10).

This is the one place that does. It remembers the keys as long as the process lives, so no error and
no log line can show one: no caller has to hand the keys on, or could forget to.
"""

import base64
import re
from collections.abc import Iterable, Iterator
from string import ascii_lowercase, ascii_uppercase

from tally.domain.model.screen import brief, fit, shortened

SHORTEST = 8
"""The fewest characters of a key in a row that are struck out."""

_SHORTEST_KEY = 6
"""The fewest characters of a key: vendors give no shorter ones, and words would contain them."""

_FEWEST_DIFFERENT = 5
"""The fewest different characters of a part of a key that is struck out.

Other parts, such as the zeros of a made-up client id, are in many texts.
"""

_WORDS = frozenset(f"{ascii_lowercase}-_")
"""Characters of words: a part of these alone is not struck out. Random keys have hardly any."""

_STRUCK_OUT = "[key]"
_LONGEST_KEY = 1_000
_LONGEST_QUOTED = 20_000
"""The characters of an answer that are searched for its first words, which blanks may precede."""

_ESCAPE = re.compile(r"(?:\\u00|\\x|%|&#x)([2-7][0-9a-f]);?|&#(\d{2,3});", re.IGNORECASE)
"""A sign as JSON, Python, addresses and HTML write it."""

_LOWER = str.maketrans(ascii_uppercase, ascii_lowercase)
"""A table for lower case; ``str.lower`` may change a text's length."""


class Redactor:
    """Strikes keys out of texts: whole or in part, in either case, escaped, and in base64."""

    __slots__ = ("_keys", "_parts", "_whole")

    def __init__(self) -> None:
        self._keys: set[bytes] = set()
        self._whole: set[str] = set()
        """The keys in lower case."""
        self._parts: set[str] = set()
        """Their parts of ``SHORTEST`` characters to strike out, in lower case."""

    def __repr__(self) -> str:
        return "Redactor()"

    def remember(self, keys: Iterable[str]) -> None:
        """Strike out these keys, too, from now on."""
        for key in keys:
            if len(key) >= _SHORTEST_KEY and key.encode() not in self._keys:
                self._keys.add(key.encode())
                self._whole.add(key.translate(_LOWER))
                self._parts.update(_parts_of(key))

    def __call__(self, text: str) -> str:
        """Return the text with ``[key]`` in place of each part of a key.

        Escapes stay as they are, unless there is a part of a key behind them.
        """
        shown = self._struck(text)
        if (plain := _ESCAPE.sub(_unescaped, shown)) != shown:
            struck = self._struck(plain)
            return struck if struck != plain else shown
        return shown

    def _struck(self, text: str) -> str:
        lowered = text.lower() if text.isascii() else text.translate(_LOWER)
        shown, end = [], 0
        for begins, ends in sorted(self._found(lowered)):
            if begins >= end:
                shown += [text[end:begins], _STRUCK_OUT]
            end = max(end, ends)
        return "".join((*shown, text[end:]))

    def _found(self, lowered: str) -> list[tuple[int, int]]:
        """Return where keys and parts of them begin and end in a text in lower case."""
        # Nearly all texts have none, and many a job makes several: the loop does one thing.
        parts, ends = self._parts, len(lowered) - SHORTEST + 1
        found = [(at, at + SHORTEST) for at in range(ends) if lowered[at : at + SHORTEST] in parts]
        for key in self._whole:
            at = lowered.find(key)
            while at >= 0:
                found.append((at, at + len(key)))
                at = lowered.find(key, at + 1)
        return found

    def body(self, body: bytes) -> bytes:
        """Return an answer's body without whole keys; bodies are too long to look for parts."""
        for key in self._keys:
            if key in body:
                body = body.replace(key, _STRUCK_OUT.encode())
        return body


def _unescaped(escape: re.Match[str]) -> str:
    return chr(int(escape[1], 16) if escape[1] else int(escape[2]))


def _parts_of(key: str) -> Iterator[str]:
    for form in (key, *_as_base64(key)):
        parts = (form[at : at + SHORTEST] for at in range(len(form) - SHORTEST + 1))
        for part in parts:
            if len({*part}) >= _FEWEST_DIFFERENT and not _WORDS.issuperset(part):
                yield part.translate(_LOWER)


def _as_base64(key: str) -> Iterator[str]:
    """Give the key's part of the base64 of any text around it: one for each place in a group."""
    for before in range(3):
        whole = base64.b64encode(b"\0" * before + key.encode()).decode().rstrip("=")
        # The first characters hold bits of the text before the key, the last one bits of the rest.
        yield whole[(0, 2, 3)[before] : -1]


redact = Redactor()
"""The process's one redactor: a key that one part knows, no other part may show."""


def told(text: str, longest: int) -> str:
    """Return the text redacted, then shortened, then made fit for one line of a screen."""
    return brief(redact(text[: longest + _LONGEST_KEY]), longest)


def quoted(text: str, longest: int) -> str:
    """Return the text like ``told``, with one space for each run of blanks and controls."""
    said = redact(text[:_LONGEST_QUOTED])
    if not said.isprintable():
        said = "".join(char if char.isprintable() else " " for char in said)
    return told(" ".join(said.split()), longest)


def told_lines(text: str, longest: int) -> str:
    """Return the text like ``told``, but with its line breaks, as for a stack trace."""
    return "\n".join(
        fit(line) for line in shortened(redact(text[: longest + _LONGEST_KEY]), longest).split("\n")
    )
