"""Sheets of paper: text, lines and areas at their places, and the file that is made of them.

Places are in points from the upper left corner. A sheet is A4; what is drawn stays within what
Letter, which is wider and shorter, can print.
"""

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache

import pydyf

from tally.statements.pdf.embedded import EmbeddedFonts
from tally.statements.pdf.faces import EM
from tally.statements.pdf.lines import Style
from tally.statements.pdf.shaping import Line, Run
from tally.statements.pdf.structure import Mark, Tag, add_structure

WIDTH, HEIGHT = 595.28, 841.89
_THIN, _THICK = "0 Tr", "2 Tr 0.4 w"
"""Letters filled, and letters with an outline too: bold, where a face has no bold of its own."""

type Colour = tuple[float, float, float]


class Sheet:
    """One page: the orders that draw it."""

    def __init__(self, number: int, fonts: EmbeddedFonts) -> None:
        self.number = number
        self._fonts = fonts
        self._orders: list[str] = []
        self._marks = 0

    @contextmanager
    def marked(self, tag: Tag | None) -> Iterator[None]:
        """Draw what belongs to an element of the text; None for what is ornament."""
        if tag is None:
            self._orders.append("/Artifact BMC")
        else:
            tag.kids.append(Mark(self.number, self._marks))
            self._orders.append(f"/{tag.name} <</MCID {self._marks}>> BDC")
            self._marks += 1
        yield
        self._orders.append("EMC")

    def text(self, line: Line, x: float, baseline: float, style: Style) -> None:
        """Draw a line of text from its left end."""
        for left, run in line.runs:
            self._run(run, x + left * style.size / EM, HEIGHT - baseline, style)

    def _run(self, run: Run, x: float, y: float, style: Style) -> None:
        colour = _colour(style.colour)
        is_thickened = style.bold and not run.face.is_bold
        look = f"{colour} RG {_THICK}" if is_thickened else _THIN
        font = f"/{self._fonts.name(run)} {_short(style.size)} Tf"
        self._orders.append(f"BT {colour} rg {look} {font}")
        for high, shown in run.shown:
            up = y + high * style.size / EM
            self._orders.append(f"1 0 0 1 {_short(x)} {_short(up)} Tm [{shown}] TJ")
        self._orders.append("ET")

    def area(self, x: float, y: float, wide: float, high: float, colour: Colour) -> None:
        """Fill a rectangle, whose upper left corner is given."""
        place = " ".join(map(_short, (x, HEIGHT - y - high, wide, high)))
        self._orders.append(f"{_colour(colour)} rg {place} re f")

    def frame(self, x: float, y: float, wide: float, high: float, colour: Colour) -> None:
        """Draw the outline of a rectangle, whose upper left corner is given."""
        place = " ".join(map(_short, (x, HEIGHT - y - high, wide, high)))
        self._orders.append(f"{_colour(colour)} RG 0.8 w [] 0 d {place} re S")

    def rule(
        self,
        x: float,
        y: float,
        wide: float,
        colour: Colour,
        *,
        weight: float = 0.5,
        dash: str = "",
    ) -> None:
        """Draw a line across; ``dash`` gives the lengths of its strokes and gaps."""
        ends = f"{_short(x)} {_short(HEIGHT - y)} m {_short(x + wide)} {_short(HEIGHT - y)} l"
        self._orders.append(f"{_colour(colour)} RG {weight} w [{dash}] 0 d {ends} S")

    def drawing(self) -> bytes:
        """Return the orders."""
        return "\n".join(self._orders).encode("ascii")


def _short(number: float) -> str:
    return f"{number:.2f}".rstrip("0").rstrip(".")


@cache
def _colour(of: Colour) -> str:
    return " ".join(f"{each:.3f}".rstrip("0").rstrip(".") for each in of)


class Sheets:
    """The sheets of a file, and the fonts and tags that they share."""

    def __init__(self) -> None:
        self.document = Tag("Document")
        self._fonts = EmbeddedFonts()
        self._all: list[Sheet] = []

    def add(self) -> Sheet:
        """Begin a new sheet."""
        sheet = Sheet(len(self._all), self._fonts)
        self._all.append(sheet)
        return sheet

    def on_each(self, draw: Callable[[Sheet, int], None]) -> None:
        """Draw something on every sheet; it is told how many there are."""
        for each in self._all:
            draw(each, len(self._all))

    def file(self, *, title: str, author: str, subject: str) -> bytes:
        """Return the file. It has no date and no random id: the same sheets are the same bytes."""
        file = pydyf.PDF()
        pages = [self._page(file, each) for each in self._all]
        fonts = self._fonts.add_to(file)
        for each in pages:
            each["Resources"] = pydyf.Dictionary({"Font": fonts.reference})
        file.info.update(
            Title=pydyf.String(title), Author=pydyf.String(author), Subject=pydyf.String(subject)
        )
        file.catalog.update(
            Lang=pydyf.String("en"),
            MarkInfo=pydyf.Dictionary({"Marked": "true"}),
            ViewerPreferences=pydyf.Dictionary({"DisplayDocTitle": "true"}),
            StructTreeRoot=add_structure(file, self.document, pages).reference,
        )
        output = io.BytesIO()
        file.write(output, compress=True)
        return output.getvalue()

    def _page(self, file: pydyf.PDF, sheet: Sheet) -> pydyf.Dictionary:
        drawing = pydyf.Stream([sheet.drawing()], compress=True)
        file.add_object(drawing)
        page = pydyf.Dictionary(
            {
                "Type": "/Page",
                "Parent": file.pages.reference,
                "MediaBox": pydyf.Array([0, 0, WIDTH, HEIGHT]),
                "Contents": drawing.reference,
                "StructParents": sheet.number,
                "Tabs": "/S",
            }
        )
        file.add_page(page)
        return page
