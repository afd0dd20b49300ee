"""The fonts that letters are drawn with, and the escape of what none of them can draw.

They come with Tally (see ``fonts/README.md``): a page must not depend on what is installed where it
is drawn (PROOF-4).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import uharfbuzz

from tally.domain.model.screen import fit
from tally.statements.pdf.direction import ISOLATES

EM = 1_000
"""The units in which letters are measured: thousandths of their size, as in a PDF."""

_FOLDER = Path(__file__).parent / "fonts"
_OTHERS = ("Hebrew", "Arabic", "Armenian", "Georgian", "Thai", "Devanagari")


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """One font file; ``letters`` are the code points that it can draw."""

    name: str
    face: uharfbuzz.Face
    font: uharfbuzz.Font
    letters: frozenset[int]

    @property
    def is_bold(self) -> bool:
        """True if its strokes are thick."""
        return self.name.endswith("Bold")

    def advance(self, glyph: int) -> int:
        """Return how far a glyph moves the pen."""
        return int(self.font.get_glyph_h_advance(glyph))


def faces(*, bold: bool) -> Iterator[Face]:
    """Yield the faces in the order in which they are asked for a letter; each is read when it is.

    Only Latin, Greek and Cyrillic letters have a bold face.
    """
    yield _face("NotoSans-Bold" if bold else "NotoSans-Regular")
    yield from (_face(f"NotoSans{of}-Regular") for of in _OTHERS)


@cache
def _face(name: str) -> Face:
    face = uharfbuzz.Face(uharfbuzz.Blob.from_file_path(str(_FOLDER / f"{name}.ttf")))
    font = uharfbuzz.Font(face)
    font.scale = (EM, EM)
    return Face(name, face, font, frozenset(face.unicodes))


@cache
def _drawn_by_any() -> frozenset[int]:
    by_weight = (
        frozenset().union(*(face.letters for face in faces(bold=bold))) for bold in (False, True)
    )
    return frozenset.intersection(*by_weight)


def drawable(text: object) -> str:
    r"""Return a text as a page shows it: fit for a screen (SAFE-10), and each letter drawn.

    What no font has becomes its escape (``\U0001f600``), never nothing and never an empty box.
    """
    shown = fit(str(text))
    if shown.isascii():
        return shown
    known = _drawn_by_any()
    return "".join(char if ord(char) in known else _escaped(char) for char in shown)


def _escaped(char: str) -> str:
    return char.encode("unicode_escape").decode()


def in_faces(text: str, *, bold: bool) -> Iterator[tuple[Face, int, int]]:
    """Yield the runs of a text that one face draws, with their ends.

    A letter stays with the face of the letter before, if that has it: marks and spaces too.
    """
    start, current = 0, next(faces(bold=bold))
    for at, char in enumerate(text):
        if ord(char) in current.letters or char in ISOLATES:
            continue
        other = next((face for face in faces(bold=bold) if ord(char) in face.letters), current)
        if at > start:
            yield current, start, at
        start, current = at, other
    if text:
        yield current, start, len(text)
