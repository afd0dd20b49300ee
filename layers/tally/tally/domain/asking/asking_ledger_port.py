"""Where tickets are remembered: one item a subject, beside the billing records."""

from collections.abc import Iterable
from typing import Protocol

from tally.domain.asking.question import Subject
from tally.domain.asking.ticket import Ticket
from tally.domain.record.unreadable import Unreadable


class AskingLedger(Protocol):
    """The newest ticket of each subject. All methods raise TallyError."""

    def all_open_tickets(self) -> Iterable[Ticket | Unreadable]:
        """List the tickets that are not over, by subject; the index may lag."""
        ...

    def ticket(self, subject: Subject) -> Ticket | None:
        """Return the newest ticket of a subject, read consistently; None before the first."""
        ...

    def save_ticket(self, ticket: Ticket) -> Ticket:
        """Write what comes after ``ticket.version``; return it with its new version.

        Raises ConflictError if somebody was first.
        """
        ...
