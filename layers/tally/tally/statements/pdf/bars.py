"""A chart of bars, one for each day, with its scale."""

from collections.abc import Sequence

from tally.statements.pdf.flow import FAINT, INK, LEFT, SMALL, WIDE, Flow, write_line
from tally.statements.pdf.lines import lines
from tally.statements.pdf.sheets import Colour, Sheet

_HIGH = 78.0
_SCALE = 26.0
"""The room left of the bars, for the highest number."""

_PART = 0.78
"""The part of a bar's place that it fills."""

_FILL: Colour = (0.184, 0.373, 0.561)


def bars(
    flow: Flow,
    values: Sequence[int | None],
    *,
    places: int,
    line_at: int | None,
    below: Sequence[str],
    spoken: str,
) -> None:
    """Draw the bars of the first ``places`` days, a dashed line, and labels below.

    ``spoken`` says what the drawing is to those who do not see it.
    """
    flow.keep(_HIGH + 2 * SMALL.leading)
    top = flow.y + 4
    most = max(1, line_at or 0, *(each or 0 for each in values))
    with flow.sheet.marked(flow.section.add("Figure", spoken=spoken)):
        _grid(flow.sheet, top, most)
        step = (WIDE - _SCALE) / places
        for at, value in enumerate(values):
            if value:
                high = max(1.0, _HIGH * value / most)
                left = LEFT + _SCALE + step * (at + (1 - _PART) / 2)
                flow.sheet.area(left, top + _HIGH - high, step * _PART, high, _FILL)
        if line_at:
            y = top + _HIGH * (1 - line_at / most)
            flow.sheet.rule(LEFT + _SCALE, y, WIDE - _SCALE, INK, weight=1, dash="5 3")
        _labels(flow.sheet, top + _HIGH + 3, below)
    flow.y = top + _HIGH + SMALL.leading + 7


def _grid(sheet: Sheet, top: float, most: int) -> None:
    for number, y in ((most, top), (0, top + _HIGH)):
        sheet.rule(LEFT + _SCALE, y, WIDE - _SCALE, FAINT)
        told = f"{number:,}"
        at = LEFT + _SCALE - 5 - SMALL.wide(told)
        write_line(sheet, lines(told, SMALL, WIDE)[0], at, y - SMALL.leading / 2, SMALL)


def _labels(sheet: Sheet, y: float, below: Sequence[str]) -> None:
    """Write the labels at the left end, between the ends, and at the right end."""
    for at, each in enumerate(below):
        free = WIDE - _SCALE - SMALL.wide(each)
        x = LEFT + _SCALE + free * at / max(1, len(below) - 1)
        write_line(sheet, lines(each, SMALL, WIDE)[0], x, y, SMALL)
