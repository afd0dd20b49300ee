"""Text that flows down the sheets: headings, paragraphs, lists, and a footer on each sheet."""

from collections.abc import Iterable, Sequence

from tally.statements.pdf.direction import isolated
from tally.statements.pdf.faces import drawable
from tally.statements.pdf.lines import Style, lines
from tally.statements.pdf.shaping import Line
from tally.statements.pdf.sheets import HEIGHT, WIDTH, Colour, Sheet, Sheets
from tally.statements.pdf.structure import Tag

LEFT, TOP, BOTTOM = 51.0, 54.0, 86.0
"""The margins in points: 18 mm at the sides; Letter is 50 points shorter than A4."""

WIDE = WIDTH - 2 * LEFT
INK: Colour = (0.106, 0.122, 0.141)
SOFT: Colour = (0.302, 0.341, 0.380)
FAINT: Colour = (0.769, 0.796, 0.827)

TEXT = Style(size=9.5)
SMALL = Style(size=8, colour=SOFT)
_HEADINGS = {
    "H1": Style(size=19, bold=True, height=1.25),
    "H2": Style(size=13.5, bold=True, height=1.3),
    "H3": Style(size=10.5, bold=True),
}
_ABOVE = {"H1": 0.0, "H2": 20.0, "H3": 13.0}
_BELOW = {"H1": 2.0, "H2": 3.0, "H3": 4.0}
_KEPT_WITH = 54.0
"""The room that a heading wants below it: a heading at a sheet's end has lost its text."""

_ASCENT = 0.32
"""The part of a line's height, beyond the size of its letters, that stands above them."""

_MEASURE = 470.0
"""The most points of a line of text: longer ones are hard to read."""


def text(of: object) -> str:
    """Return a text as a sheet shows it (SAFE-10)."""
    return drawable(of)


def name(of: str) -> str:
    """Return a name as a sheet shows it: it keeps its own direction of writing."""
    return isolated(drawable(of))


class Flow:
    """The sheets, and where on the last one the next thing goes.

    ``y`` is the place in points from the top; ``section`` is the element that new ones go into.
    """

    def __init__(self) -> None:
        self.sheets = Sheets()
        self.section = self.sheets.document
        self._begin()

    def _begin(self) -> None:
        self.sheet = self.sheets.add()
        self.y = TOP

    @property
    def rest(self) -> float:
        """The room that is left on the sheet, in points."""
        return HEIGHT - BOTTOM - self.y

    @property
    def is_at_top(self) -> bool:
        """True if nothing stands on the sheet yet."""
        return self.y <= TOP

    def keep(self, high: float) -> bool:
        """Begin a new sheet unless so much room is left; return True if one was begun."""
        if high <= self.rest or self.is_at_top:
            return False
        self._begin()
        return True

    def space(self, high: float) -> None:
        """Leave room, but not at the top of a sheet."""
        if not self.is_at_top:
            self.y += high

    def begin_section(self) -> None:
        """Let what follows be a section of the document."""
        self.section = self.sheets.document.add("Sect")

    def heading(self, of: str, level: str, *, with_next: float = _KEPT_WITH) -> None:
        """Write a heading: H1, H2 or H3. It stays with so much of what follows."""
        style = _HEADINGS[level]
        set_lines = lines(of, style, WIDE)
        self.space(_ABOVE[level])
        self.keep(len(set_lines) * style.leading + with_next)
        if level == "H2":
            self._rule_above()
        self._write(set_lines, style, self.section.add(level), LEFT)
        self.y += _BELOW[level]

    def _rule_above(self) -> None:
        with self.sheet.marked(None):
            self.sheet.rule(LEFT, self.y, WIDE, INK, weight=1)
        self.y += 7

    def paragraph(self, of: str, style: Style = TEXT, *, below: float = 3.0) -> None:
        """Write a paragraph."""
        self._write(lines(of, style, _MEASURE), style, self.section.add("P"), LEFT)
        self.y += below

    def points(self, each: Iterable[str]) -> None:
        """Write a list."""
        whole = self.section.add("L")
        for of in each:
            item = whole.add("LI")
            set_lines = lines(of, TEXT, _MEASURE - 12)
            self.keep(TEXT.leading)
            with self.sheet.marked(item.add("Lbl")):
                write_line(self.sheet, lines("•", TEXT, 12)[0], LEFT + 2, self.y, TEXT)
            self._write(set_lines, TEXT, item.add("LBody"), LEFT + 12)
            self.y += 2

    def _write(self, of: Sequence[Line], style: Style, tag: Tag, x: float) -> None:
        for each in of:
            self.keep(style.leading)
            with self.sheet.marked(tag):
                write_line(self.sheet, each, x, self.y, style)
            self.y += style.leading

    def file(self, *, title: str, subject: str, footer: Sequence[str]) -> bytes:
        """Return the file, with the lines of the footer and the number of each page."""

        def draw(sheet: Sheet, of: int) -> None:
            y = HEIGHT - BOTTOM + 16
            page = f"{sheet.number + 1} of {of}"
            with sheet.marked(None):
                sheet.rule(LEFT, y, WIDE, FAINT)
                number = lines(page, SMALL, WIDE)[0]
                write_line(sheet, number, LEFT + WIDE - SMALL.wide(page), y + 5, SMALL)
                for at, each in enumerate(footer):
                    line = lines(each, SMALL, WIDE - 60)[0]
                    write_line(sheet, line, LEFT, y + 5 + at * SMALL.leading, SMALL)

        self.sheets.on_each(draw)
        return self.sheets.file(title=title, author="Tally", subject=subject)


def write_line(sheet: Sheet, line: Line, x: float, top: float, style: Style) -> None:
    """Draw a line of text whose upper edge is given."""
    sheet.text(line, x, top + style.size * (1 + (style.height - 1) * _ASCENT), style)
