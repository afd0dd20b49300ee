"""The output for a person or a program: tables and sentences, or one JSON document.

Nothing else in the command writes to a stream. So whatever others wrote is made fit for a screen
here, and once (SAFE-10). Rich is imported where there is a terminal: a file needs none of it.
"""

import csv
import json
import sys
import textwrap
import traceback
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal, Protocol, TextIO

import typer
from rich.cells import cell_len

from tally.domain.model.screen import fit, shows
from tally.statements.spreadsheet import harmless

if TYPE_CHECKING:
    from rich.console import Console

_MOST_CHARACTERS = 10_000
"""The longest text on a screen: half a megabyte is no name and no sentence."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table.

    On a terminal, ``wide`` columns share the width that the others leave, in that proportion, and
    fold their cells.
    """

    title: str
    right: bool = False
    wide: int = 0


class Step(Protocol):
    """The listener that long work tells how far it is."""

    def __call__(self, *, done: int, total: int | None = None, what: str | None = None) -> None:
        """Take how many are done, out of how many, and what is under way."""
        ...


class Output:
    """The command's two streams: the result goes to standard output, all else to standard error.

    With ``as_json`` the result is one document, and sentences go to standard error.
    """

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json

    @cached_property
    def terminal(self) -> "Console | None":
        """The terminal on standard output; None for a file or a pipe."""
        return _console(sys.stdout)

    @cached_property
    def error_terminal(self) -> "Console | None":
        """The terminal on standard error; None for a file or a pipe."""
        return _console(sys.stderr)

    def document(self, document: object) -> None:
        """Print the result for a program: one JSON document, its hidden letters escaped."""
        text = json.dumps(document, indent=2, ensure_ascii=not _takes_every_letter(sys.stdout))
        # Only the indentation has newlines by now: those within a text are escaped by json.dumps.
        hidden = {char for char in set(text) if not shows(char)} - {"\n"}
        sys.stdout.write(
            text.translate({ord(char): json.dumps(char)[1:-1] for char in hidden}) + "\n"
        )

    def drawn(self, file: bytes) -> None:
        """Print a file that was drawn elsewhere, in which nothing is left to be made fit."""
        # The text above it is in another buffer, and would come out after the file.
        sys.stdout.flush()
        sys.stdout.buffer.write(file)

    def spreadsheet(self, titles: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """Print the result as comma-separated values, in which no text is a formula."""
        # A plain line feed, as other programs of a shell expect it.
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(titles)
        writer.writerows(
            [harmless(_shown(each)) if isinstance(each, str) else each for each in row]
            for row in rows
        )

    def say(self, text: str = "", *, style: str = "") -> None:
        """Print a line of the result; with ``as_json`` on standard error."""
        if self.as_json:
            _write(sys.stderr, self.error_terminal, text, style)
        else:
            _write(sys.stdout, self.terminal, text, style)

    def paragraph(self, text: str, *, indent: str = "", hanging: str = "") -> None:
        """Print sentences: in a file on one line, on a terminal folded between words.

        ``hanging`` stands before all lines but the first.
        """
        if self.terminal is None:
            self.say(f"{indent}{text}")
            return
        for line in textwrap.wrap(
            _shown(text),
            # 20 letters a line are left on the narrowest terminal.
            max(self.terminal.width, len(hanging) + 20),
            initial_indent=indent,
            subsequent_indent=hanging,
            break_long_words=False,
            break_on_hyphens=False,
        ):
            self.say(line)

    def note(self, text: str) -> None:
        """Print on standard error what is no part of the result."""
        _write(sys.stderr, self.error_terminal, text, "dim")

    def error(self, text: str) -> None:
        """Print in one line why the command ends here."""
        sys.stderr.write(f"tally: {' '.join(_shown(text).split())}\n")

    def traceback(self, error: BaseException) -> None:
        """Print where an error arose, line by line, for a report of it."""
        for part in traceback.format_exception(error):
            sys.stderr.writelines(f"  {_shown(line)}\n" for line in part.splitlines())

    def ask(self, question: str) -> bool:
        """Ask on the terminal. No answer means no."""
        # On standard error, so that a result that goes to a file has no question in it.
        return typer.confirm(_shown(question), err=True)

    def table(self, columns: Sequence[Column], rows: Iterable[Sequence[str]]) -> None:
        """Print rows under titles; nothing at all with ``as_json``."""
        if self.as_json:
            return
        # One line a cell: white space in a name must not look like a further column.
        shown = [[" ".join(_shown(cell).split()) for cell in row] for row in rows]
        if self.terminal is None:
            sys.stdout.writelines(f"{line}\n" for line in _plain(columns, shown))
        else:
            _print_table(self.terminal, columns, shown)

    @contextmanager
    def progress(self, what: str) -> Iterator[Step]:
        """Show how far long work is. A file gets nothing of it."""
        if self.error_terminal is None:
            yield _unseen
            return
        from rich import progress

        bar = progress.Progress(
            progress.SpinnerColumn(),
            progress.TextColumn("{task.description}", markup=False),
            progress.BarColumn(bar_width=20),
            progress.MofNCompleteColumn(),
            progress.TimeElapsedColumn(),
            console=self.error_terminal,
            transient=True,
        )
        with bar:
            task = bar.add_task(_shown(what), total=None)

            def step(*, done: int, total: int | None = None, what: str | None = None) -> None:
                bar.update(task, completed=done, total=total)
                if what is not None:
                    bar.update(task, description=_shown(what))

            yield step


def _write(stream: TextIO, terminal: "Console | None", text: str, style: str) -> None:
    if terminal is None:
        stream.write(f"{_shown(text)}\n")
        return
    from rich.text import Text

    terminal.print(Text(_shown(text), style=style))


def _print_table(
    terminal: "Console", columns: Sequence[Column], rows: Iterable[Sequence[str]]
) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="bold")
    for column in columns:
        justify: Literal["left", "right"] = "right" if column.right else "left"
        ratio = column.wide or None
        table.add_column(
            column.title, justify=justify, overflow="fold", no_wrap=not column.wide, ratio=ratio
        )
    for row in rows:
        table.add_row(*row)
    terminal.print(table)


def _plain(columns: Sequence[Column], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yield each row on one line, in columns as wide as their widest cell."""
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


def _console(stream: TextIO) -> "Console | None":
    """Return the terminal behind a stream; None if nobody watches it."""
    if not stream.isatty():
        return None
    from rich.console import Console

    # Without markup: brackets in a name are no orders to Rich (SAFE-10).
    return Console(file=stream, highlight=False, markup=False, emoji=False)
