"""The course of a month as a drawing: one bar a day, and the same in words beside it."""

from collections.abc import Sequence

from tally.domain.model.month import Month
from tally.domain.statement import cells
from tally.domain.statement.course import Day
from tally.statements.page import shown

_HEIGHT = 100
_STEP = 10
_BAR = 8


def chart(days: Sequence[Day], month: Month, *, floor: int | None, of: str) -> str:
    """Return the figure of a month; words alone where no day is known.

    ``floor`` is drawn as a dashed line. Letters stand beside the drawing, not in it, so that they
    keep their size on a narrow screen.
    """
    told = shown(cells.chart_told(days, month, floor=floor))
    if not days:
        return f"<p>{told}</p>\n"
    last = month.last.day
    # At least 1, as it divides below: a month can have no machine at all.
    most = max(1, floor or 0, *(each.billed or 0 for each in days))
    bars = "".join(_bar(number, each, most) for number, each in enumerate(days))
    dashed = "" if not floor else _dashed(most - floor, most, last)
    label = cells.chart_spoken(of, month)
    scale = "".join(f"<span>{each}</span>" for each in cells.chart_scale(month))
    return (
        f'<figure>\n<div class="scale" aria-hidden="true"><span>{most}</span></div>\n'
        f'<svg role="img" aria-label="{shown(label)}" viewBox="0 0 {last * _STEP} {_HEIGHT}" '
        f'preserveAspectRatio="none">{bars}{dashed}</svg>\n'
        f'<div class="scale" aria-hidden="true">{scale}</div>\n'
        f"<figcaption>{told}</figcaption>\n</figure>\n"
    )


def _bar(number: int, day: Day, most: int) -> str:
    if not day.billed:
        return ""
    # At least 1, so that one machine among thousands is still seen.
    height = max(1, day.billed * _HEIGHT // most)
    return (
        f'<rect x="{number * _STEP + 1}" y="{_HEIGHT - height}" width="{_BAR}" height="{height}" '
        'fill="#2f5f8f"/>'
    )


def _dashed(above: int, most: int, days: int) -> str:
    y = above * _HEIGHT // most
    return (
        f'<line x1="0" x2="{days * _STEP}" y1="{y}" y2="{y}" stroke="#1b1f24" stroke-width="2" '
        'stroke-dasharray="6 4" vector-effect="non-scaling-stroke"/>'
    )
