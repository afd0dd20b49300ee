"""A table that becomes a list of cards where the screen is too narrow for its columns."""

from collections.abc import Iterable, Mapping, Sequence

from tally.statements.page import shown


def stacked_table(caption: str, columns: Mapping[str, str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table of cells that are markup already.

    ``columns`` maps each title to the class of its cells, "" for none. Roles are given, as a table
    that is shown as cards would lose its own.
    """
    heads = "".join(
        f'<th scope="col" role="columnheader"{_class(of)}>{title}</th>'
        for title, of in columns.items()
    )
    body = "".join(f'<tr role="row">{_cells(columns, row)}</tr>\n' for row in rows)
    return (
        f'<table class="stacked" role="table"><caption>{shown(caption)}</caption>'
        f'<thead role="rowgroup"><tr role="row">{heads}</tr></thead>'
        f'<tbody role="rowgroup">{body}</tbody></table>\n'
    )


def _cells(columns: Mapping[str, str], row: Sequence[str]) -> str:
    return "".join(
        f'<td role="cell" data-label="{title}"{_class(of)}>{cell}</td>'
        for (title, of), cell in zip(columns.items(), row, strict=True)
    )


def _class(of: str) -> str:
    return f' class="{of}"' if of else ""
