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

_JOINTS = ".-_/@"

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
    """Return the last place at which a word can be broken; one letter at least goes before it.

    It is behind a sign that joins, as in the name of a machine, if that leaves half a line.
    """
    last, room = start, most
    while last < end and (room := room - style.wide(text[last])) >= 0:
        last += 1
    while last > start + 1 and _cannot_break(text, start, last, style, most):
        last -= 1
    joint = max(text.rfind(sign, start, last) for sign in _JOINTS) + 1
    return joint if joint - start > (last - start) // 2 else max(last, start + 1)


def _cannot_break(text: str, start: int, last: int, style: Style, most: float) -> bool:
    is_mark = category(text[last]).startswith("M") if last < len(text) else False
    return is_mark or style.wide(text[start:last]) > most
