"""Word for people whose statement is not attached in ConnectWise, and why (PROOF-7)."""

from collections.abc import Iterable, Iterator

from tally.domain.attaching.month import MonthAttached
from tally.domain.reporting.letter import Entry, Section

# The times of the schedule that publishes books and attaches statements (template).
_AGAIN = "It is tried again at 05:30 and at 17:30 GMT."


def with_unattached(book: Section, accounts: Iterable[MonthAttached]) -> Section:
    """Return the section on the book with what is left of several months' attaching, if anything.

    Nothing is said of a month whose statements are all attached.
    """
    left = [entry for account in accounts for entry in _entries(account)]
    title = book.title or "Statements in ConnectWise"
    return Section(title=title, entries=[*book.entries, *left]) if left else book


def _entries(account: MonthAttached) -> Iterator[Entry]:
    label = account.month.label
    if account.stopped:
        yield Entry(
            name=f"Not all statements of {label} are attached in ConnectWise",
            sentences=[_sentence(account.stopped), _AGAIN],
        )
    for each in account.left:
        yield Entry(
            name=f"Not attached in ConnectWise, {label}: {each.name}",
            sentences=[_sentence(each.why)],
        )
    if beyond := account.left_out - len(account.left):
        yield Entry(name=f"Not attached in ConnectWise, {label}: {beyond} more")


def _sentence(text: str) -> str:
    return text if text.endswith((".", "…")) else f"{text}."
