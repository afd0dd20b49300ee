"""Letters as glyphs: joined, composed and placed as their script asks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby, pairwise

import uharfbuzz

from tally.statements.pdf.direction import ISOLATES, in_sight, levels
from tally.statements.pdf.faces import Face, in_faces

_KEPT = 4_096
"""The most texts whose shape is kept: dates, titles and words come again on every page."""

_FEATURES = {"liga": False, "clig": False}
"""Without ligatures of Latin letters, so that a text that is searched or copied is the text."""

_MIRRORED = str.maketrans("()[]{}<>«»", ")(][}{><»«")
"""Signs that are drawn as their mirror where a line is read from right to left."""

_NO_LETTER = "\u200b"
"""The meaning of a glyph that is a part of a letter: a space of no width. A glyph without meaning
would be read as the letter that has its number.
"""

_UNSEEN = str.maketrans("", "", "".join(ISOLATES))


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """Glyphs of one face in one direction.

    ``letters`` has what each glyph stands for. ``shown`` has the operands of a PDF's TJ, in the
    order in which they are read, each with its height above the line: some marks stand higher.
    """

    face: Face
    letters: Mapping[int, str]
    shown: Sequence[tuple[int, str]]
    width: int


@dataclass(frozen=True, slots=True)
class Line:
    """The runs of a line in the order in which they are read, each with its left end."""

    runs: Sequence[tuple[int, Run]]
    width: int


@lru_cache(_KEPT)
def width(text: str, *, bold: bool) -> int:
    """Return the width of a text on one line, in thousandths of its size."""
    return line(text, tuple(levels(text)), bold=bold).width


@lru_cache(_KEPT)
def line(text: str, of: tuple[int, ...], *, bold: bool) -> Line:
    """Set one line of text, the levels of whose letters are known."""
    pieces = [
        (of[first], _run(face, part[start:end].translate(_UNSEEN), backwards=of[first] % 2 == 1))
        for first, last in _runs_of(of)
        for part in [text[first:last]]
        for face, start, end in in_faces(part, bold=bold)
    ]
    order = in_sight(range(len(pieces)), [level for level, _ in pieces])
    left, ends = 0, {}
    for each in order:
        ends[each] = left
        left += pieces[each][1].width
    runs = [(ends[at], run) for at, (_, run) in enumerate(pieces) if run.shown]
    return Line(runs, left)


def _runs_of(of: Sequence[int]) -> Sequence[tuple[int, int]]:
    """Return the ends of the runs of one level."""
    turns = [at for at in range(1, len(of)) if of[at] != of[at - 1]]
    return [*pairwise([0, *turns, len(of)])] if of else []


@lru_cache(_KEPT)
def _run(face: Face, text: str, *, backwards: bool) -> Run:
    glyphs, width = _glyphs(face, text, backwards=backwards)
    letters: dict[int, str] = {}
    for glyph in glyphs:
        meant = letters.setdefault(glyph.id, glyph.letters)
        if meant == _NO_LETTER:
            letters[glyph.id] = glyph.letters
    level = groupby(glyphs, key=lambda each: each.y)
    return Run(face, letters, [(y, _operands(face, [*each])) for y, each in level], width)


@dataclass(frozen=True, slots=True)
class _Glyph:
    id: int
    x: int
    y: int
    letters: str


def _glyphs(face: Face, text: str, *, backwards: bool) -> tuple[Sequence[_Glyph], int]:
    """Return the glyphs of a text in the order in which they are read, and their whole width."""
    if not text:
        return (), 0
    buffer = uharfbuzz.Buffer()
    buffer.cluster_level = uharfbuzz.BufferClusterLevel.MONOTONE_CHARACTERS
    buffer.add_str(text)
    buffer.guess_segment_properties()
    buffer.direction = "rtl" if backwards else "ltr"
    uharfbuzz.shape(face.font, buffer, _FEATURES)
    pen, placed = 0, []
    for info, at in zip(buffer.glyph_infos, buffer.glyph_positions, strict=True):
        placed.append((info.codepoint, pen + at.x_offset, at.y_offset, info.cluster))
        pen += at.x_advance
    starts = [*sorted({cluster for *_, cluster in placed}), len(text)]
    drawn = text.translate(_MIRRORED) if backwards else text
    letters = {start: drawn[start:end] for start, end in pairwise(starts)}
    read = reversed(placed) if backwards else placed
    # The first glyph of a cluster stands for all its letters, the others for no letter.
    return [_Glyph(number, x, y, letters.pop(at, _NO_LETTER)) for number, x, y, at in read], pen


def _operands(face: Face, glyphs: Sequence[_Glyph]) -> str:
    """Return glyphs, and between them how far the pen goes back, in thousandths."""
    operands, pen, codes = [], 0, ""
    for glyph in glyphs:
        if back := pen - glyph.x:
            operands.append(f"<{codes}>{back}" if codes else f"{back}")
            codes = ""
        codes += f"{glyph.id:04x}"
        pen = glyph.x + face.advance(glyph.id)
    return "".join((*operands, f"<{codes}>"))
