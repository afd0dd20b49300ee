"""Sheets of paper and what stands on them: looks, tables, a chart, and a footer on each sheet.

A sheet is A4; what is drawn stays within what Letter, which is wider and shorter, can print.
"""

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from reportlab import rl_config
from reportlab.graphics.shapes import Drawing, Line, Rect, String
from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import CondPageBreak, Flowable, Frame, HRFlowable, LongTable, PageTemplate
from reportlab.platypus.doctemplate import BaseDocTemplate

from tally.statements.pdf.letters import BOLD, PLAIN, text

rl_config.useA85 = 0  # bytes as they are: a quarter less

WIDTH, HEIGHT = A4
LEFT, TOP, BOTTOM = 51.0, 54.0, 86.0
"""The margins in points: 18 mm at the sides; Letter is 50 points shorter than A4."""

WIDE, HIGH = WIDTH - 2 * LEFT, HEIGHT - TOP - BOTTOM
_INK, _SOFT, _FAINT = HexColor("#1b1f24"), HexColor("#4d5761"), HexColor("#c4cbd4")
_FILL, _ALERT, _PALE = HexColor("#2f5f8f"), HexColor("#b45309"), HexColor("#fff8ec")


def _look(size: float, height: float = 1.4, **more: Any) -> ParagraphStyle:  # noqa: ANN401 - reportlab's
    look = {"fontName": PLAIN, "textColor": _INK, "embeddedHyphenation": 1, **more}
    return ParagraphStyle("", fontSize=size, leading=size * height, **look)


_SIDE = {"rightIndent": 24}  # longer lines are hard to read
TEXT = _look(9.5, spaceAfter=3, **_SIDE)
SMALL = _look(8, textColor=_SOFT, spaceAfter=3, **_SIDE)
H1 = _look(19, 1.25, fontName=BOLD, spaceAfter=2)
_H2 = _look(13.5, 1.3, fontName=BOLD, spaceAfter=3)
_H3 = _look(10.5, fontName=BOLD, spaceBefore=13, spaceAfter=4)
_POINT = _look(9.5, leftIndent=12, bulletIndent=2, spaceAfter=2, **_SIDE)
_LEAD, _MARK, _LARGE = _look(10.5), _look(8, fontName=BOLD), _look(30, 1.15, fontName=BOLD)
_LABEL, _FACT = _look(7.6, textColor=_SOFT), _look(9, fontName=BOLD)
_NOTICE, _STRONG = _look(9.5), _look(9.5, fontName=BOLD)
_CAPTION, _FOOT = _look(8, textColor=_SOFT, spaceBefore=4, spaceAfter=1), _look(8, textColor=_SOFT)
_CELL, _ADDED = _look(8.2, 1.35), _look(8.2, 1.35, textColor=_SOFT)
_TITLE = _look(7.6, 1.35, fontName=BOLD, textColor=_SOFT)
_GAP = 8.0
_ALL = (0, 0), (-1, -1)

type Story = list[Flowable]


def section(title: str, *, with_next: float = 54) -> Story:
    """Return a line across and the title of a section, together with so much of what follows."""
    rule = HRFlowable(width="100%", thickness=1, color=_INK, spaceBefore=20, spaceAfter=3)
    return [CondPageBreak(with_next + 48), rule, text(title, _H2)]


def heading(title: str, *, with_next: float = 75) -> Story:
    """Return the title of a part of a section, together with so much of what follows."""
    return [CondPageBreak(with_next + 30), text(title, _H3)]


def points(each: Iterable[str]) -> Story:
    """Return a list."""
    return [text(of, _POINT, bulletText="•") for of in each]


def mark(lead: str, word: str, told: str) -> Story:
    """Return a line with a framed word in it, and what the word means."""
    texts = [text(lead, _LEAD), "", text(word, _MARK), "", text(told, _NOTICE)]
    widths = [_wide(lead, _LEAD), _GAP, _wide(word, _MARK) + 10, _GAP]
    frame = [("BOX", (2, 0), (2, 0), 0.8, _INK), ("LEFTPADDING", (2, 0), (2, 0), 5)]
    return [_panel(texts, widths, *frame, ("VALIGN", *_ALL, "MIDDLE"), after=4)]


def number(large: str, told: str) -> Story:
    """Return a large number, and beside it what it is."""
    lower = ("VALIGN", *_ALL, "BOTTOM"), ("BOTTOMPADDING", (2, 0), (2, 0), 4)
    texts = [text(large, _LARGE), "", text(told, _LEAD)]
    return [_panel(texts, [_wide(large, _LARGE), 12], *lower, after=7)]


def facts(each: Sequence[tuple[str, str]]) -> Story:
    """Return facts side by side, each below its title."""
    natural = [max(_wide(title, _LABEL), _wide(value, _FACT)) for title, value in each]
    more = (WIDE - sum(natural)) / len(each) - _GAP
    cells = [part for of in each for part in ([text(of[0], _LABEL), text(of[1], _FACT)], "")]
    widths = [part for wide in natural for part in (wide + more, _GAP)]
    rules = [("LINEABOVE", (at, 0), (at, 0), 1, _FAINT) for at in range(0, len(cells), 2)]
    return [_panel(cells, widths[:-1], ("TOPPADDING", *_ALL, 3), *rules, after=8)]


def notice(title: str, told: str) -> Story:
    """Return what must not be overlooked, in a box of its own."""
    texts = [[text(title, _STRONG), text(told, _NOTICE)], ""]
    pads = [(f"{side}PADDING", *_ALL, 5) for side in ("TOP", "BOTTOM")]
    box = ("BACKGROUND", *_ALL, _PALE), ("LINEBEFORE", (0, 0), (0, -1), 3, _ALERT)
    return [_panel(texts, [WIDE - 12], *pads, *box, ("LEFTPADDING", (0, 0), (0, 0), 12), after=8)]


def _panel(texts: Sequence[Any], widths: Sequence[float], *rules: Any, after: float) -> Flowable:  # noqa: ANN401 - reportlab's
    """Return texts side by side, the last as wide as is left."""
    return _Rows([texts], [*widths, WIDE - sum(widths)], style=_rules(*rules), spaceAfter=after)


def _rules(*rules: Any) -> list[Any]:  # noqa: ANN401 - reportlab's
    pads = [(f"{side}PADDING", *_ALL, 0) for side in ("TOP", "BOTTOM", "LEFT", "RIGHT")]
    return [*pads, ("VALIGN", *_ALL, "TOP"), *rules]


def _wide(text: str, style: ParagraphStyle) -> float:
    return float(stringWidth(text, style.fontName, style.fontSize)) + 0.1


@dataclass(frozen=True, slots=True)
class Column:
    """A column. Without a width in points it has a share of what the others leave."""

    title: str
    wide: float = 0
    right: bool = False


def table(caption: str, columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> Story:
    """Return a table with a caption; its titles stand on each of its sheets.

    What stands below the first line of a cell is set softer.
    """
    widths = _widths(columns, rows)
    room = [*(each - _GAP for each in widths[:-1]), widths[-1]]
    titles = [text(each.title, _TITLE) for each in columns]
    cells = [[_set(*each) for each in zip(row, room, strict=True)] for row in rows]
    rules = _rules(
        *((f"{side}PADDING", *_ALL, 2.6) for side in ("TOP", "BOTTOM")),
        ("RIGHTPADDING", (0, 0), (-2, -1), _GAP),
        ("LINEBELOW", (0, 0), (-1, 0), 0.7, _INK),
        ("LINEBELOW", (0, 1), (-1, -1), 0.4, _FAINT),
        ("FONT", (0, 1), (-1, -1), PLAIN, _CELL.fontSize, _CELL.leading),
        ("TEXTCOLOR", (0, 1), (-1, -1), _INK),
        *(("ALIGN", (at, 1), (at, -1), "RIGHT") for at, each in enumerate(columns) if each.right),
    )
    drawn = _Rows([titles, *cells], widths, style=rules, repeatRows=1, spaceAfter=4)
    return [CondPageBreak(5 * _CELL.leading), text(caption, _CAPTION), drawn]


def _widths(columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> Sequence[float]:
    """Return the columns' widths. Who needs less than an equal share gets that, others the rest."""
    widths = [each.wide for each in columns]
    room = WIDE - sum(widths)
    natural = {}
    for at, each in enumerate(columns):
        if not each.wide:
            parts = [part for row in rows for part in row[at].split("\n")]
            natural[at] = _GAP + max(_wide(each.title, _TITLE), *(_wide(of, _CELL) for of in parts))
    for done, at in enumerate(sorted(natural, key=natural.__getitem__)):
        widths[at] = min(natural[at], room / (len(natural) - done))
        room -= widths[at]
    widths[-1] += room
    return widths


def _set(cell: str, room: float) -> Any:  # noqa: ANN401 - reportlab's
    """Return what is drawn: a text that fits as it is, which is much faster than a paragraph."""
    if cell.isascii() and "\n" not in cell and _wide(cell, _CELL) <= room:
        return cell
    first, *rest = cell.split("\n")
    return [text(first, _CELL), *(text(each, _ADDED) for each in rest)]


class _Rows(LongTable):  # type: ignore[misc]  # reportlab has no types
    """A table whose rows stay whole, but for one that no sheet can hold."""

    def split(self, wide: float, high: float) -> Story:
        """Return what fits, and the rest."""
        self.splitInRow = int(high > HIGH - 1)
        return list(super().split(wide, high))


def bars(
    values: Sequence[int | None], *, places: int, line_at: int | None, below: Sequence[str]
) -> Story:
    """Return the bars of the first ``places`` days, a dashed line, and labels below."""
    most = max(1, line_at or 0, *(each or 0 for each in values))
    left, foot, high = 26.0, 12.0, 78.0
    step = (WIDE - left) / places
    drawing = Drawing(WIDE, foot + high + 6)
    for value, y in ((most, foot + high), (0, foot)):
        drawing.add(Line(left, y, WIDE, y, strokeColor=_FAINT, strokeWidth=0.5))
        drawing.add(_label(f"{value:,}", left - 5, y - 3, "end"))
    for at, billed in enumerate(values):
        if billed:
            tall, x = max(1.0, high * billed / most), left + step * (at + 0.11)
            drawing.add(Rect(x, foot, step * 0.78, tall, fillColor=_FILL, strokeColor=None))
    if line_at:
        y = foot + high * line_at / most
        drawing.add(Line(left, y, WIDE, y, strokeColor=_INK, strokeDashArray=[5, 3]))
    for at, (told, anchor) in enumerate(zip(below, ("start", "middle", "end"), strict=True)):
        drawing.add(_label(told, left + (WIDE - left) * at / 2, 1, anchor))
    return [drawing]


def _label(told: str, x: float, y: float, anchor: str) -> String:
    return String(x, y, told, textAnchor=anchor, fontName=PLAIN, fontSize=8, fillColor=_SOFT)


class _Numbered(Canvas):  # type: ignore[misc]  # reportlab has no types
    """A canvas that keeps its sheets until it knows how many there are."""

    def __init__(self, file: io.BytesIO, *, footer: Sequence[str], **options: Any) -> None:  # noqa: ANN401 - reportlab's
        super().__init__(file, **options)
        self._footer = footer
        self._sheets: list[dict[str, Any]] = []

    def showPage(self) -> None:  # noqa: N802 - reportlab's name
        """Keep a sheet."""
        self._sheets.append(dict(self.__dict__))
        self._startPage()

    def save(self) -> None:
        """Write the sheets, each with its number."""
        sheets = self._sheets
        for each in sheets:
            self.__dict__.update(each)
            self._foot(f"{self._pageNumber} of {len(sheets)}")
            super().showPage()
        super().save()

    def _foot(self, page: str) -> None:
        y = BOTTOM - 16
        self.setStrokeColor(_FAINT)
        self.setLineWidth(0.5)
        self.line(LEFT, y, LEFT + WIDE, y)
        at_right = LEFT + WIDE - _wide(page, _FOOT)
        for at, (x, told) in enumerate(
            [*((LEFT, each) for each in self._footer), (at_right, page)]
        ):
            line = text(told, _FOOT)
            line.wrap(LEFT + WIDE - x - (60 if x == LEFT else 0), HEIGHT)
            # One line for each text: a name too long for it stands in full on the first sheet.
            del line.blPara.lines[1:]
            line.drawOn(self, x, y - 5 - line.height - (at % len(self._footer)) * _FOOT.leading)


def file_of(story: Story, *, title: str, subject: str, footer: Sequence[str]) -> bytes:
    """Return the file: the same story is the same bytes, with no date and no random id."""
    file = io.BytesIO()
    told = {"title": title, "subject": subject, "author": "Tally", "creator": "Tally", "lang": "en"}
    document = BaseDocTemplate(
        file, pagesize=A4, invariant=1, pageCompression=1, displayDocTitle=True, **told
    )
    frame = Frame(LEFT, BOTTOM, WIDE, HIGH, *[0] * 4)
    document.addPageTemplates(PageTemplate(frames=[frame]))
    document.build(story, canvasmaker=partial(_Numbered, footer=footer))
    return file.getvalue()
