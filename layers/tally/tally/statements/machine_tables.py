"""The machines of a page: in words, seen active by name, then those of which nothing is proven."""

from collections.abc import Callable, Sequence

from tally.domain.evidence.evidence import Machine
from tally.domain.statement.machines import (
    became_of,
    machines_in_words,
    not_seen_active,
    seen_active,
)
from tally.domain.statement.sentences import minute
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
    if of.evidence is None:
        return ""
    month = of.month.label
    return _table(f"Seen active in {month}", _SEEN, seen_active(of.evidence), _seen) + _table(
        f"In the inventory in {month}, not seen active",
        _NOT_SEEN,
        not_seen_active(of.evidence),
        _not_seen,
    )


def _table(
    caption: str,
    columns: dict[str, str],
    machines: Sequence[Machine],
    row: Callable[[Machine], Sequence[str]],
) -> str:
    """Return a table of machines, folded if there are many; nothing if there are none."""
    if not machines:
        return ""
    number = len(machines)
    told = f"{caption}: {number:,} {'machine' if number == 1 else 'machines'}"
    table = stacked_table(told, columns, map(row, machines))
    if number <= MOST_UNFOLDED:
        return table
    return f"<details>\n<summary>{shown(told)}, one by one</summary>\n{table}</details>\n"


def _seen(of: Machine) -> Sequence[str]:
    name, fqdn, listed, became = _not_seen(of)
    seen = read = ""
    if of.proof is not None:
        seen, read = (minute(at).removesuffix(" GMT") for at in (of.proof.seen, of.proof.read))
    return name, fqdn, listed, seen, read, became


def _not_seen(of: Machine) -> Sequence[str]:
    return named(of.name), named(of.fqdn), of.listed.isoformat(), became_of(of)
