"""The interface that books need of the ledger, beside ``ports``."""

from typing import Protocol

from tally.domain.book.edition import MonthBooks
from tally.domain.model.month import Month


class BookLedger(Protocol):
    """The books of each month. All methods raise TallyError."""

    def read(self, month: Month) -> MonthBooks:
        """Return the month's books, read consistently; empty if there is none.

        Raises UnreadableItemError if what is stored cannot be read.
        """
        ...

    def save(self, books: MonthBooks) -> MonthBooks:
        """Write what comes after ``books.version``; return it with its new version.

        Raises ConflictError if somebody was first.
        """
        ...
