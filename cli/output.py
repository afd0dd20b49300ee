"""What a person and a program get to see: tables and sentences, or one JSON document on standard output."""

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from tally.domain.standing import StandingState

WIDTH_OF_NO_TERMINAL = 100_000
"""Wider than any line: what is piped or kept in a file has each row on one line, for grep and cut."""

COLOURS: Mapping[StandingState, str] = {
    StandingState.BILLING: "green",
    StandingState.WAITING: "cyan",
    StandingState.NEEDS_SETUP: "yellow",
    StandingState.HELD: "magenta",
    StandingState.FAILING: "red",
}


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table. Of a terminal's width, ``wide`` ones share what the others leave, in that proportion, and fold their cells."""

    title: str
    right: bool = False
    wide: int = 0


class Step(Protocol):
    """What long work tells of how far it is."""

    def __call__(self, *, done: int, total: int | None = None, what: str | None = None) -> None:
        """So many are done, of so many, and this is under way."""
        ...


class Output:
    """Where results go: to standard output as text, or with ``as_json`` as one document; all else to standard error."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json
        self.console = _console(sys.stdout)
        self.error_console = _console(sys.stderr)

    def document(self, document: object) -> None:
        """The result for a program: one JSON document."""
        sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=False) + "\n")

    def say(self, text: str = "", *, style: str | None = None) -> None:
        """A line of the result; with ``as_json`` it goes to standard error."""
        console = self.error_console if self.as_json else self.console
        console.print(Text(text, style=style or ""), soft_wrap=not console.is_terminal)

    def note(self, text: str) -> None:
        """What is no result: told beside it, on standard error."""
        self.error_console.print(Text(text, style="dim"), soft_wrap=not self.error_console.is_terminal)

    def error(self, text: str) -> None:
        """Why it ends here, in one line."""
        sys.stderr.write(f"tally: {' '.join(text.split())}\n")

    def table(self, columns: Sequence[Column], rows: Iterable[Sequence[str | Text]]) -> None:
        """Rows under titles; nothing at all where ``as_json``."""
        if self.as_json:
            return
        if not self.console.is_terminal:
            sys.stdout.writelines(f"{line}\n" for line in _plain(columns, rows))
            return
        table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="bold")
        for column in columns:
            justify: Literal["left", "right"] = "right" if column.right else "left"
            ratio = column.wide or None
            table.add_column(column.title, justify=justify, overflow="fold", no_wrap=not column.wide, ratio=ratio)
        for row in rows:
            table.add_row(*row)
        self.console.print(table)

    @contextmanager
    def progress(self, what: str) -> Iterator[Step]:
        """Shows how far long work is, where somebody watches; a file gets nothing of it."""
        if not self.error_console.is_terminal:
            yield _unseen
            return
        bar = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(bar_width=20),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=self.error_console,
            transient=True,
        )
        with bar:
            task = bar.add_task(what, total=None)

            def step(*, done: int, total: int | None = None, what: str | None = None) -> None:
                bar.update(task, completed=done, total=total)
                if what is not None:
                    bar.update(task, description=what)

            yield step


def shown_state(state: StandingState) -> Text:
    """A standing in its colour."""
    return Text(state.label, style=COLOURS[state])


def _plain(columns: Sequence[Column], rows: Iterable[Sequence[str | Text]]) -> Iterator[str]:
    """Each row on one line, in columns as wide as their widest cell, without colour or frame."""
    cells = [[column.title for column in columns], *([" ".join(str(each).split()) for each in row] for row in rows)]
    widths = [max(map(cell_len, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        parts = []
        for column, width, cell in zip(columns, widths, row, strict=True):
            gap = " " * (width - cell_len(cell))
            parts.append(gap + cell if column.right else cell + gap)
        yield "  ".join(parts).rstrip()


def _unseen(*, done: int, total: int | None = None, what: str | None = None) -> None:
    del done, total, what


def _console(file: Any) -> Console:  # noqa: ANN401 - a stream, or a test's
    terminal = file.isatty()
    return Console(
        file=file,
        width=None if terminal else WIDTH_OF_NO_TERMINAL,
        highlight=False,
        markup=False,
        emoji=False,
        no_color=None if terminal else True,
    )
