"""What is remembered of tickets in a run: in memory, with an index that lags as DynamoDB's does."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tally.domain.asking.question import Subject
from tally.domain.asking.ticket import Ticket
from testing.asking import MemoryAsking


@dataclass(slots=True, kw_only=True)
class Asking:
    """As the product's table. ``saved`` hears each ticket that was saved, and the one before."""

    now: Callable[[], datetime]
    index_lag: timedelta
    saved: Callable[[Ticket | None, Ticket], None]
    inner: MemoryAsking = field(default_factory=MemoryAsking)
    _recent: list[tuple[datetime, Subject, Ticket | None]] = field(default_factory=list)
    """The last saves, each with the subject's ticket before."""

    def all_open_tickets(self) -> Iterator[Ticket]:
        """Give the tickets that are not over, as the index has them."""
        shown: dict[Subject, Ticket | None] = dict(self.inner.tickets)
        self._recent = [each for each in self._recent if self.now() - each[0] < self.index_lag]
        shown |= {subject: before for _, subject, before in reversed(self._recent)}
        known = [each for each in shown.values() if each is not None and not each.is_over]
        return iter(sorted(known, key=lambda each: str(each.subject)))

    def ticket(self, subject: Subject) -> Ticket | None:
        """Return the newest ticket of a subject."""
        return self.inner.ticket(subject)

    def save_ticket(self, ticket: Ticket) -> Ticket:
        """Write what comes after ``ticket.version``."""
        before = self.inner.ticket(ticket.subject)
        after = self.inner.save_ticket(ticket)
        if self.index_lag:
            self._recent.append((self.now(), ticket.subject, before))
        self.saved(before, after)
        return after
