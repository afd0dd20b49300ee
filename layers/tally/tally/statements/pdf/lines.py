"""Text broken into lines that are no wider than their column."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from unicodedata import category

from tally.statements.pdf.direction import levels
from tally.statements.pdf.faces import EM
from tally.statements.pdf.shaping import Line, line, width

_WORD = re.compile(r"\S*\s*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """The look of a text: its size and the height of a line in points, and its colour."""

    size: float
    bold: bool = False
    colour: tuple[float, float, float] = (0.106, 0.122, 0.141)
    height: float = 1.4

    @property
    def leading(self) -> float:
        """The distance from one line to the next, in points."""
        return self.size * self.height

    def wide(self, text: str) -> float:
        """Return the width of a text on one line, in points."""
        return width(text, bold=self.bold) * self.size / EM


@lru_cache(4_096)
def lines(text: str, style: Style, most: float) -> Sequence[Line]:
    """Return a text in lines of at most so many points.

    A line is broken between words; a word that is wider than a line is broken anywhere in it.
    """
    of = tuple(levels(text))
    if style.wide(text) <= most:
        return (line(text, of, bold=style.bold),)
    ends = [0, *_ends(text, style, most)]
    return tuple(_set(text, of, first, last, style) for first, last in pairwise(ends))


def _set(text: str, of: Sequence[int], first: int, last: int, style: Style) -> Line:
    part = text[first:last].rstrip()
    return line(part, tuple(of[first : first + len(part)]), bold=style.bold)


def _ends(text: str, style: Style, most: float) -> Iterator[int]:
    """Yield where each line ends."""
    start = 0
    for word in _WORD.finditer(text):
        if style.wide(text[start : word.end()].rstrip()) <= most:
            continue
        if word.start() > start:
            yield word.start()
            start = word.start()
        while style.wide(text[start : word.end()].rstrip()) > most:
            start = _break(text, start, word.end(), style, most)
            yield start
    if start < len(text):
        yield len(text)


def _break(text: str, start: int, end: int, style: Style, most: float) -> int:
    """Return the last place at which a word can be broken; one letter at least goes before it."""
    low, high = start + 1, end
    while low < high:
        middle = (low + high + 1) // 2
        if style.wide(text[start:middle]) <= most:
            low = middle
        else:
            high = middle - 1
    while start + 1 < low < len(text) and category(text[low]).startswith("M"):
        low -= 1
    return low
