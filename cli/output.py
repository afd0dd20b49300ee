"""What a person and a program get to see: tables and sentences, or one JSON document on standard output.

Nothing else in the command writes to a stream. So whatever others wrote is made fit for a screen here, and once (SAFE-10).
"""

import csv
import json
import sys
import textwrap
import traceback
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import typer
from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table
from rich.text import Text

from cli.spreadsheet import harmless
from tally.domain.model.screen import fit, shows

WIDTH_OF_NO_TERMINAL = 100_000
"""Wider than any line: what is piped or kept in a file has each row on one line, for grep and cut."""

_MOST_CHARACTERS = 10_000
"""Of one text on the screen: half a megabyte is no name and no sentence."""


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
        """The result for a program: one JSON document. What does not show is escaped in it, so that it says the same."""
        text = json.dumps(document, indent=2, ensure_ascii=not _takes_every_letter(sys.stdout))
        hidden = {char for char in set(text) if not shows(char)} - {"\n"}
        sys.stdout.write(
            text.translate({ord(char): json.dumps(char)[1:-1] for char in hidden}) + "\n"
        )

    def spreadsheet(self, titles: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """The result as comma-separated values, in which no text is a formula."""
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(titles)
        writer.writerows(
            [harmless(_shown(each)) if isinstance(each, str) else each for each in row]
            for row in rows
        )

    def say(self, text: str = "", *, style: str | None = None) -> None:
        """A line of the result; with ``as_json`` it goes to standard error."""
        console = self.error_console if self.as_json else self.console
        console.print(Text(_shown(text), style=style or ""), soft_wrap=not console.is_terminal)

    def paragraph(self, text: str, *, indent: str = "", hanging: str = "") -> None:
        """A sentence or more: one line in a file; on a terminal folded between words, ``hanging`` before all lines but the first."""
        if not self.console.is_terminal:
            self.say(f"{indent}{text}")
            return
        for line in textwrap.wrap(
            _shown(text),
            max(self.console.width, len(hanging) + 20),
            initial_indent=indent,
            subsequent_indent=hanging,
            break_long_words=False,
            break_on_hyphens=False,
        ):
            self.say(line)

    def note(self, text: str) -> None:
        """What is no result: told beside it, on standard error."""
        self.error_console.print(
            Text(_shown(text), style="dim"), soft_wrap=not self.error_console.is_terminal
        )

    def error(self, text: str) -> None:
        """Why it ends here, in one line."""
        sys.stderr.write(f"tally: {' '.join(_shown(text).split())}\n")

    def traceback(self, error: BaseException) -> None:
        """Where an error arose, line by line, for a report of it."""
        for part in traceback.format_exception(error):
            sys.stderr.writelines(f"  {_shown(line)}\n" for line in part.splitlines())

    def ask(self, question: str) -> bool:
        """A question that is answered on the terminal, with no if nothing is said."""
        return typer.confirm(_shown(question), err=True)

    def table(self, columns: Sequence[Column], rows: Iterable[Sequence[str]]) -> None:
        """Rows under titles; nothing at all where ``as_json``."""
        if self.as_json:
            return
        shown = [[" ".join(_shown(cell).split()) for cell in row] for row in rows]
        if not self.console.is_terminal:
            sys.stdout.writelines(f"{line}\n" for line in _plain(columns, shown))
            return
        table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="bold")
        for column in columns:
            justify: Literal["left", "right"] = "right" if column.right else "left"
            ratio = column.wide or None
            table.add_column(
                column.title, justify=justify, overflow="fold", no_wrap=not column.wide, ratio=ratio
            )
        for row in shown:
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
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=20),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=self.error_console,
            transient=True,
        )
        with bar:
            task = bar.add_task(_shown(what), total=None)

            def step(*, done: int, total: int | None = None, what: str | None = None) -> None:
                bar.update(task, completed=done, total=total)
                if what is not None:
                    bar.update(task, description=_shown(what))

            yield step


def _plain(columns: Sequence[Column], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Each row on one line, in columns as wide as their widest cell, without colour or frame."""
    cells = [[column.title for column in columns], *rows]
    widths = [max(map(cell_len, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        parts = []
        for column, width, cell in zip(columns, widths, row, strict=True):
            gap = " " * (width - cell_len(cell))
            parts.append(gap + cell if column.right else cell + gap)
        yield "  ".join(parts).rstrip()


def _unseen(*, done: int, total: int | None = None, what: str | None = None) -> None:
    del done, total, what


def _shown(text: str) -> str:
    return fit(text if len(text) <= _MOST_CHARACTERS else f"{text[: _MOST_CHARACTERS - 1]}…")


def _takes_every_letter(stream: object) -> bool:
    return str(getattr(stream, "encoding", "")).lower().startswith("utf")


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
