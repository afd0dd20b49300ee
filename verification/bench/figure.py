"""A figure, its bound, and how close it comes to it."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass

_COLUMNS = ("what", "figure", "bound", "ratio")


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measured figure.

    ``bound`` is the most that it may be, in the same unit; None: it is told for orientation alone.
    """

    group: str
    what: str
    figure: float
    bound: float | None = None
    unit: str = ""

    @property
    def ratio(self) -> float | None:
        """The figure over its bound; None where there is none, or where it is nothing."""
        return None if not self.bound else self.figure / self.bound

    @property
    def kept(self) -> bool:
        """True if the figure is within its bound."""
        return self.bound is None or self.figure <= self.bound

    def as_json(self) -> dict[str, object]:
        """It as one object of the written file."""
        return {**asdict(self), "ratio": self.ratio, "kept": self.kept}


def table(figures: Iterable[Figure]) -> str:
    """All figures as lines of text, those beyond their bound marked."""
    lines, group = [], ""
    rows = [(_COLUMNS, True)]
    for each in figures:
        if each.group != group:
            group = each.group
            rows.append(((group, "", "", ""), True))
        bound = "" if each.bound is None else f"{_number(each.bound)} {each.unit}".strip()
        ratio = "" if each.ratio is None else f"{each.ratio:.2f}"
        rows.append(
            (
                (f"  {each.what}", f"{_number(each.figure)} {each.unit}".strip(), bound, ratio),
                each.kept,
            )
        )
    widths = [max(len(row[column]) for row, _ in rows) for column in range(len(_COLUMNS))]
    for row, kept in rows:
        what, *numbers = row
        cells = [
            what.ljust(widths[0]),
            *(cell.rjust(width) for cell, width in zip(numbers, widths[1:], strict=True)),
        ]
        lines.append(f"{'  '.join(cells)}{'' if kept else '  beyond its bound'}".rstrip())
    return "\n".join(lines)


def _number(value: float) -> str:
    if value == int(value):
        return f"{int(value):,}"
    return f"{value:,.2f}" if value < 100 else f"{value:,.0f}"  # noqa: PLR2004 - two digits before the point
