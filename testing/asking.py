"""What is remembered of tickets, in memory: it promises what the DynamoDB adapter does."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from tally.domain.asking.question import Subject
from tally.domain.asking.ticket import Ticket
from tally.errors import ConflictError


@dataclass(slots=True)
class MemoryAsking:
    """The newest ticket of each subject, in memory."""

    tickets: dict[Subject, Ticket] = field(default_factory=dict)

    def all_open_tickets(self) -> Iterator[Ticket]:
        """Give the tickets that are not over, by subject."""
        found = sorted(self.tickets.values(), key=lambda each: str(each.subject))
        return (each for each in found if not each.is_over)

    def ticket(self, subject: Subject) -> Ticket | None:
        """Return the newest ticket of a subject."""
        return self.tickets.get(subject)

    def save_ticket(self, ticket: Ticket) -> Ticket:
        """Write what comes after ``ticket.version``."""
        known = self.tickets.get(ticket.subject)
        if (0 if known is None else known.version) != ticket.version:
            raise ConflictError(f"the ticket of {ticket.subject} was written by somebody else")
        after = replace(ticket, version=ticket.version + 1)
        self.tickets[ticket.subject] = after
        return after
