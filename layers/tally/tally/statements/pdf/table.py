"""Tables: columns as wide as they need, titles again on each sheet, rows that stay together."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from tally.statements.pdf.flow import FAINT, INK, LEFT, SMALL, SOFT, WIDE, Flow, write_line
from tally.statements.pdf.lines import Style, lines
from tally.statements.pdf.shaping import Line
from tally.statements.pdf.sheets import Sheet
from tally.statements.pdf.structure import Tag

_CELL = Style(size=8.2, height=1.35)
_ADDED = replace(_CELL, colour=SOFT)
_TITLE = Style(size=7.6, bold=True, colour=SOFT)
_GAP = 9.0
_PAD = 2.6
_LEAST = 26.0
"""The least width of a column: a few letters."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column. One that ``wraps`` takes what the others leave, and breaks its lines."""

    title: str
    right: bool = False
    wraps: bool = False


type Cell = Sequence[str]
"""The paragraphs of a cell; those after the first are set softer."""

type _Lines = Sequence[tuple[Line, Style]]


def table(
    flow: Flow, caption: str, columns: Sequence[Column], rows: Sequence[Sequence[Cell]]
) -> None:
    """Draw a table with a caption."""
    widths = _widths(columns, rows)
    whole = flow.section.add("Table")
    flow.space(4)
    flow.keep(4 * _CELL.leading)
    with flow.sheet.marked(whole.add("Caption")):
        write_line(flow.sheet, lines(caption, SMALL, WIDE)[0], LEFT, flow.y, SMALL)
    flow.y += SMALL.leading + 1
    drawn = _Table(flow, whole, columns, widths)
    drawn.titles(is_first=True)
    for row in rows:
        drawn.row(row)
    flow.y += 4


def _widths(columns: Sequence[Column], rows: Iterable[Sequence[Cell]]) -> Sequence[float]:
    """Return the columns' widths in points: as wide as their texts, if all of that fits.

    Else those that wrap share what the others leave.
    """
    natural = [_TITLE.wide(each.title) for each in columns]
    for row in rows:
        for at, cell in enumerate(row):
            natural[at] = max(natural[at], *map(_CELL.wide, cell))
    room = WIDE - _GAP * (len(columns) - 1)
    fixed = sum(wide for wide, column in zip(natural, columns, strict=True) if not column.wraps)
    wrapping = [wide for wide, column in zip(natural, columns, strict=True) if column.wraps]
    if wrapping and fixed + len(wrapping) * _LEAST * 2 <= room:
        shares = iter(_shared(wrapping, room - fixed))
        return [
            next(shares) if column.wraps else wide
            for wide, column in zip(natural, columns, strict=True)
        ]
    if fixed + sum(wrapping) <= room:
        return natural
    return _shared(natural, room)


def _shared(natural: Sequence[float], room: float) -> Sequence[float]:
    """Share room among columns: who needs less than an equal share gets that, others the rest."""
    widths = [0.0] * len(natural)
    left, waiting = room, sorted(range(len(natural)), key=natural.__getitem__)
    while waiting:
        at = waiting.pop(0)
        widths[at] = min(natural[at], left / (len(waiting) + 1))
        left -= widths[at]
    return widths


class _Table:
    def __init__(
        self, flow: Flow, tag: Tag, columns: Sequence[Column], widths: Sequence[float]
    ) -> None:
        self._flow = flow
        self._tag = tag
        self._columns = columns
        self._widths = widths

    def titles(self, *, is_first: bool) -> None:
        """Draw the titles; those of a further sheet are ornament, said once already."""
        row = self._tag.add("TR") if is_first else None
        titles = [
            [(line, _TITLE) for line in lines(column.title, _TITLE, wide)]
            for column, wide in zip(self._columns, self._widths, strict=True)
        ]
        tags = [None if row is None else row.add("TH", Scope="/Column") for _ in self._columns]
        self._strip(titles, tags, 0, max(map(len, titles)))
        self._rule(INK, 0.7)

    def row(self, row: Sequence[Cell]) -> None:
        """Draw a row, on one sheet if one can hold it."""
        cells = [_lines(cell, wide) for cell, wide in zip(row, self._widths, strict=True)]
        tag = self._tag.add("TR")
        tags = [tag.add("TD") for _ in cells]
        high = max(map(len, cells))
        if self._flow.keep(high * _CELL.leading + 2 * _PAD):
            self.titles(is_first=False)
        first = 0
        while first < high:
            fits = max(1, int((self._flow.rest - 2 * _PAD) / _CELL.leading))
            self._strip(cells, tags, first, min(high, first + fits))
            first += fits
            if first < high:
                self._flow.keep(self._flow.rest + 1)
                self.titles(is_first=False)
        self._rule(FAINT, 0.4)

    def _strip(
        self, cells: Sequence[_Lines], tags: Sequence[Tag | None], first: int, last: int
    ) -> None:
        """Draw these lines of each cell."""
        flow = self._flow
        flow.y += _PAD
        x = LEFT
        for column, wide, cell, tag in zip(self._columns, self._widths, cells, tags, strict=True):
            if cell[first:last]:
                with flow.sheet.marked(tag):
                    _write(flow.sheet, cell[first:last], x, flow.y, wide if column.right else None)
            x += wide + _GAP
        flow.y += (last - first) * _CELL.leading + _PAD

    def _rule(self, colour: tuple[float, float, float], weight: float) -> None:
        with self._flow.sheet.marked(None):
            self._flow.sheet.rule(LEFT, self._flow.y, WIDE, colour, weight=weight)


def _lines(cell: Cell, wide: float) -> _Lines:
    return [
        (line, style)
        for at, paragraph in enumerate(cell)
        for style in [_ADDED if at else _CELL]
        for line in lines(paragraph, style, wide)
    ]


def _write(sheet: Sheet, cell: _Lines, x: float, y: float, to: float | None) -> None:
    """Draw the lines of a cell; with ``to`` they end at its right edge."""
    for at, (line, style) in enumerate(cell):
        indent = 0.0 if to is None else to - line.width * style.size / 1_000
        write_line(sheet, line, x + indent, y + at * _CELL.leading, style)
