"""Letters on paper: the fonts, the escape of what they lack, and the order on a line.

The fonts come with Tally (see ``fonts/README.md``): a page must not depend on what is installed
where it is drawn (PROOF-4).
"""

from functools import cache
from pathlib import Path
from typing import Any
from unicodedata import bidirectional, category

from arabic_reshaper import ArabicReshaper
from bidi.algorithm import get_display
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase.pdfmetrics import registerFont
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Paragraph

from tally.domain.model.screen import fit

PLAIN, BOLD = "NotoSans", "NotoSans-Bold"
_FILES = {PLAIN: "NotoSans-Regular.ttf", BOLD: "NotoSans-Bold.ttf"}
_FOLDER = Path(__file__).parent / "fonts"
_FIRST_PRIVATE = 0xE000
"""reportlab numbers shapes without a letter of their own from here on, as they come."""
_ONE_SHEET = 600.0
"""Points: what stands on any sheet whole."""

_BACKWARDS = frozenset(("R", "AL"))
_ARABIC = ArabicReshaper({"delete_harakat": False, "delete_tatweel": False})
_fonts: dict[str, Any] = {}


def register_fonts() -> None:
    """Let reportlab know the fonts, as they are in their files.

    One that has drawn shapes without a letter keeps their numbers, so it is read again: a file must
    not depend on what was drawn before (PROOF-4).
    """
    for name, file in _FILES.items():
        if name in _fonts:
            if _FIRST_PRIVATE not in _fonts[name].face.charToGlyph:
                continue
            _fonts[name].unregister()
        _fonts[name] = TTFont(name, _FOLDER / file, asciiReadable=False)
        _fonts[name].face.ascent = 1_000  # so that a paragraph begins where a plain text does
        registerFont(_fonts[name])


@cache
def _drawn() -> frozenset[int]:
    register_fonts()
    letters = (frozenset(font.face.charToGlyph) for font in _fonts.values())
    return frozenset.intersection(*letters)


def drawable(text: object) -> str:
    r"""Return a text as a page shows it: fit for a screen (SAFE-10), and each letter drawn.

    What the fonts lack becomes its escape (``\U0001f600``), never nothing and never an empty box.
    """
    shown = fit(str(text))
    if shown.isascii():
        return shown
    return "".join(
        char if ord(char) in _drawn() else char.encode("unicode_escape").decode() for char in shown
    )


def name(of: str) -> str:
    """Return a name within a sentence as a page shows it; it keeps its own direction."""
    shown = drawable(of)
    return f"\u202b{shown}\u202c" if _direction(shown) == "R" else shown


def _direction(of: str) -> str:
    strong = (each for each in map(bidirectional, of) if each in {"L", *_BACKWARDS})
    return "R" if next(strong, "L") in _BACKWARDS else "L"


def text(of: str, style: ParagraphStyle, **options: Any) -> "Text":  # noqa: ANN401 - reportlab's
    """Return a text as a paragraph of one look.

    Marks above and below letters are put in their places by HarfBuzz, but not in a text that runs
    backwards: reportlab would put its words in the wrong order.
    """
    base = ""
    if any(bidirectional(char) in _BACKWARDS for char in of):
        base = _direction(of)
        of = _ARABIC.reshape(of)
    elif any(category(char).startswith("M") for char in of):
        style = _shaped(style)
    drawn = Text("", style, frags=[_piece(style).clone(text=of)], **options)
    drawn.base = base
    return drawn


@cache
def _piece(style: ParagraphStyle) -> Any:  # noqa: ANN401 - reportlab's
    """Return a piece of text of that look: a text as it is, with no markup in it."""
    return Paragraph("x", style).frags[0]


@cache
def _shaped(style: ParagraphStyle) -> ParagraphStyle:
    return ParagraphStyle("", parent=style, shaping=1)


class Text(Paragraph):  # type: ignore[misc]  # reportlab has no types
    """A paragraph whose lines have their letters in the order in which they are seen."""

    base = ""
    """The direction of the text, L or R, if any of its words are read from right to left: that of
    its first word, so that a name keeps its own.
    """

    _wrapped = -1.0

    def wrap(self, wide: float, high: float) -> tuple[float, float]:
        """Return the size in a column so wide; a table asks for it several times."""
        if self._wrapped != wide or not hasattr(self, "blPara"):
            super().wrap(wide, high)
            self._wrapped = wide
        return self.width, self.height

    def split(self, wide: float, high: float) -> list[Any]:
        """Return what fits on this sheet, and the rest; nothing fits of what is shaped or reversed.

        reportlab breaks the lines of each part anew. Words that stand in the order in which they
        are seen then come onto other lines, and a long word of shaped letters takes more of them
        than there is room for, which ends in an error. Such a text goes to the next sheet whole.
        """
        is_plain = not self.base and not self.style.shaping
        if is_plain or self.wrap(wide, high)[1] > _ONE_SHEET:
            return list(super().split(wide, high))
        return []

    def breakLines(self, width: float) -> Any:  # noqa: ANN401, N802 - reportlab's name
        """Return the lines, as wide as that at most."""
        broken = super().breakLines(width)
        if self.base:
            broken.lines = [
                (left, get_display(" ".join(words), base_dir=self.base).split(" "))
                for left, words in broken.lines
            ]
        return broken
