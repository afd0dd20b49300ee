"""Texts that may hold what came from outside: redacted first, then shortened, then made fit. The one place for it (SAFE-10).

The keys of this run are remembered here for as long as the process lives, so that whatever is told anywhere, an error or a
log line, is without them. Nothing is handed around for it that somebody could forget.
"""

import base64
from collections.abc import Iterable, Iterator
from string import ascii_lowercase, ascii_uppercase

from tally.domain.model.screen import brief, fit, shortened

SHORTEST = 8
"""So many characters of a key in a row are struck out."""

_SHORTEST_KEY = 6
"""What is shorter than this is no key that a vendor gives, and stands in too many words."""

_FEWEST_DIFFERENT = 5
"""A part with fewer characters that differ, such as the zeros of a made-up client id, stands in many texts that are no key."""

_WORDS = frozenset(f"{ascii_lowercase}-_")
"""Nor is a part of these alone told from a word; a key that was drawn at random has next to none such."""

_STRUCK_OUT = "[key]"
_LONGEST_KEY = 1_000
_LONGEST_QUOTED = 20_000
"""Characters of an answer that are looked at for what is quoted of it: its first words may stand behind as many blanks."""

_LOWER = str.maketrans(ascii_uppercase, ascii_lowercase)
"""It keeps each character in its place, which ``str.lower`` does not."""


class Redactor:
    """Strikes keys out of texts: whole or in part, in either case, and as base64 writes them. Shows none of them itself."""

    __slots__ = ("_keys", "_parts")

    def __init__(self) -> None:
        self._keys: set[bytes] = set()
        self._parts: dict[int, set[str]] = {}
        """What is to be struck out, by its length."""

    def __repr__(self) -> str:
        return "Redactor()"

    def remember(self, keys: Iterable[str]) -> None:
        """Strike these out too from now on."""
        for key in keys:
            if len(key) >= _SHORTEST_KEY and key.encode() not in self._keys:
                self._keys.add(key.encode())
                self._parts.setdefault(len(key), set()).add(key.translate(_LOWER))
                self._parts.setdefault(SHORTEST, set()).update(_parts_of(key))

    def __call__(self, text: str) -> str:
        """The text with ``[key]`` in place of each run of characters that is part of a key."""
        lowered = text.translate(_LOWER)
        found = sorted(
            (at, at + length)
            for length, parts in self._parts.items()
            for at in range(len(lowered) - length + 1)
            if lowered[at : at + length] in parts
        )
        shown, end = [], 0
        for begins, ends in found:
            if begins >= end:
                shown += [text[end:begins], _STRUCK_OUT]
            end = max(end, ends)
        return "".join((*shown, text[end:]))

    def body(self, body: bytes) -> bytes:
        """An answer's body without the keys that stand in it whole; bodies are too long to look for parts."""
        for key in self._keys:
            if key in body:
                body = body.replace(key, _STRUCK_OUT.encode())
        return body


def _parts_of(key: str) -> Iterator[str]:
    for form in (key, *_as_base64(key)):
        parts = (form[at : at + SHORTEST] for at in range(len(form) - SHORTEST + 1))
        for part in parts:
            if len({*part}) >= _FEWEST_DIFFERENT and not _WORDS.issuperset(part):
                yield part.translate(_LOWER)


def _as_base64(key: str) -> Iterator[str]:
    """What stands of the key in the base64 of any text around it: it begins at one of three places of a group."""
    for before in range(3):
        whole = base64.b64encode(b"\0" * before + key.encode()).decode().rstrip("=")
        # The first characters hold bits of what is before, the last one those of what comes after.
        yield whole[(0, 2, 3)[before] : -1]


redact = Redactor()
"""The process's own: what one part of it knows as a key, no other part may tell."""


def told(text: str, longest: int) -> str:
    """The text on one line, redacted, then shortened to so many characters, then made fit for a screen."""
    return brief(redact(text[: longest + _LONGEST_KEY]), longest)


def quoted(text: str, longest: int) -> str:
    """As ``told``, with one space for blanks and controls of any kind and number: what an answer said."""
    said = redact(text[:_LONGEST_QUOTED])
    if not said.isprintable():
        said = "".join(char if char.isprintable() else " " for char in said)
    return told(" ".join(said.split()), longest)


def told_lines(text: str, longest: int) -> str:
    """As ``told``, with its line breaks kept: a stack trace."""
    return "\n".join(
        fit(line) for line in shortened(redact(text[: longest + _LONGEST_KEY]), longest).split("\n")
    )
