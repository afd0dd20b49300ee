"""The machines of a page: in words, seen active by name, then those of which nothing is proven."""

from collections.abc import Callable, Sequence

from tally.domain.evidence.evidence import Machine
from tally.domain.statement import cells
from tally.domain.statement.machines import machines_in_words
from tally.domain.statement.statement import Statement
from tally.statements.page import named, shown
from tally.statements.stacked_table import stacked_table

MOST_UNFOLDED = 50
"""The most rows that stand on a screen without being asked for; paper has them all."""

_SEEN = {
    "Name": "wraps",
    "FQDN": "wraps",
    "First listed": "dates",
    "Seen active": "dates",
    "Read": "dates",
    "What became of it": "",
}
_NOT_SEEN = {each: _SEEN[each] for each in ("Name", "FQDN", "First listed", "What became of it")}


def machine_section(of: Statement) -> str:
    """Return the section of the machines; words alone where none is known (PROOF-5)."""
    told = "".join(f"<p>{shown(each)}</p>\n" for each in machines_in_words(of))
    return f"<section>\n<h2>Machines seen active</h2>\n{told}{_tables(of)}</section>\n"


def _tables(of: Statement) -> str:
    seen = _table(*cells.seen_machines(of), _SEEN, cells.seen_machine)
    return seen + _table(*cells.unseen_machines(of), _NOT_SEEN, cells.unseen_machine)


def _table(
    caption: str,
    machines: Sequence[Machine],
    columns: dict[str, str],
    row: Callable[[Machine], Sequence[str]],
) -> str:
    """Return a table of machines, folded if there are many; nothing if there are none."""
    if not machines:
        return ""
    # Folded by `details`, which needs no script, and which print shows unfolded (`page`).
    table = stacked_table(caption, columns, (_row(row(each)) for each in machines))
    if len(machines) <= MOST_UNFOLDED:
        return table
    return f"<details>\n<summary>{shown(caption)}, one by one</summary>\n{table}</details>\n"


def _row(of: Sequence[str]) -> Sequence[str]:
    name, fqdn, *others = of
    return named(name), named(fqdn), *map(shown, others)
