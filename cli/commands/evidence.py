"""`tally evidence remove`: removes the machines that were recorded of one customer."""

from collections.abc import Sequence
from typing import Annotated

import typer

from cli.command import Session, UsageError, Yes, command
from cli.company_search import find_company
from cli.presentation.words import month_of, several
from tally.domain.evidence.ledger_port import EvidenceStore
from tally.domain.model.month import Month
from tally.errors import SetupError, UnreadableItemError

_MOST_MONTHS = 121
"""The present month, and as many before as EvidenceMonths can keep."""


def add(app: typer.Typer) -> None:
    """Add the command."""
    evidence = typer.Typer(
        rich_markup_mode=None, help="Look after the machines that were recorded."
    )
    # A group of one command would be that command.
    evidence.callback()(lambda: None)
    command(evidence, "remove")(remove)
    app.add_typer(evidence, name="evidence")


def remove(
    session: Session,
    company: Annotated[str, typer.Argument(help="Its GravityZone id or its name.")],
    *,
    month: Annotated[
        str | None, typer.Option(help="The month, yyyy-mm; every month if left out.")
    ] = None,
    yes: Yes = False,
) -> None:
    """Remove the names of a customer's machines, of one month or of all.

    Records, histories and statements that were written stay as they are.
    """
    stack, out = session.stack, session.output
    now = stack.clock.now()
    asked = None if month is None else month_of(month, now=now)
    found = find_company(stack, company)
    store = stack.evidence()
    if store is None:
        raise SetupError("This stack keeps no evidence.")
    months = _kept(store, found.id, _months(Month.of(now)) if asked is None else [asked])
    if not months:
        raise UsageError(f"Nothing is kept of {found.name}'s machines{_in(asked)}.")
    gone = (
        f"The machines recorded of {found.name} are removed, {several(len(months), 'month')}: "
        f"{', '.join(map(str, months))}. It cannot be undone but from a backup of the table."
    )
    follows = [gone]
    if Month.of(now) in months:
        # Evidence of a month that is over is never gathered again (PROOF-1).
        follows.append("The next walk records the present month's machines anew.")
    session.agree(*follows, yes=yes)
    for each in months:
        store.remove(found.id, each)
    if out.as_json:
        removed = [str(each) for each in months]
        out.document({"company": found.id, "name": found.name, "removed": removed})
    else:
        out.say("Removed.")


def _months(newest: Month) -> Sequence[Month]:
    """Return all months of which something may be kept, the newest first."""
    return [newest.plus(-months) for months in range(_MOST_MONTHS)]


def _kept(store: EvidenceStore, company_id: str, months: Sequence[Month]) -> Sequence[Month]:
    return [each for each in months if _is_kept(store, company_id, each)]


def _is_kept(store: EvidenceStore, company_id: str, month: Month) -> bool:
    """Return True if anything is kept, also what cannot be read."""
    try:
        return store.read(company_id, month) is not None
    # What cannot be read may hold names all the same, so it is removed too.
    except UnreadableItemError:
        return True


def _in(month: Month | None) -> str:
    return "" if month is None else f" in {month.label}"
