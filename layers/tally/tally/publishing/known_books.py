"""Read a month's books from the ledger; one item that cannot be read hides no other month."""

from dataclasses import dataclass

from tally.domain.book.edition import MonthBooks
from tally.domain.book.ledger_port import BookLedger
from tally.domain.model.month import Month
from tally.errors import UnreadableItemError


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreadBooks:
    """A month whose books the ledger may know, and why its item cannot be read."""

    month: Month
    why: str


def known_books(books: BookLedger, month: Month) -> MonthBooks | UnreadBooks:
    """Return what the ledger knows of a month. Raises TallyError if it cannot be asked."""
    try:
        return books.read(month)
    except UnreadableItemError as error:
        return UnreadBooks(month=month, why=str(error))
