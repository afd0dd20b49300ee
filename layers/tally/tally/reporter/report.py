"""Send a digest of the ledger to the topic: the reporter's use case."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from tally.domain.attaching.month import MonthAttached
from tally.domain.book.ledger_port import BookLedger
from tally.domain.model.month import Month
from tally.domain.pulse.state import Pulse
from tally.domain.reporting.attached_words import with_unattached
from tally.domain.reporting.book_words import NO_BOOK, book_section, unreadable_book
from tally.domain.reporting.digest import DigestKind, DigestTime, digest
from tally.domain.reporting.letter import Section
from tally.domain.reporting.overview import Overview
from tally.errors import UnreadableItemError
from tally.people.read_overview import read_overview
from tally.ports import Announcements, Ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """The digest that was sent: its subject, and the bytes of its text."""

    subject: str
    bytes: int


def _nothing_attached(_month: Month) -> MonthAttached | None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The use case with what it needs; it writes nothing to the ledger.

    ``attached`` reads the account of a month's attaching, None where statements are not attached.
    ``pulse`` reads the pulse's memory: an empty one where the settings have no pulse. ``bucket`` is
    where ``books`` are published, "" where the settings have none.

    EventBridge Scheduler and Lambda both deliver at least once, so a digest may be sent twice, with
    the same text. To prevent it, this function would need the right to write.
    """

    ledger: Ledger
    announcements: Announcements
    close_day: int
    stack: str
    books: BookLedger
    bucket: str = ""
    pulse: Callable[[], Pulse] = Pulse
    attached: Callable[[Month], MonthAttached | None] = _nothing_attached

    def __call__(self, kind: DigestKind, at: datetime) -> Reported:
        """Send the digest due at ``at``, an aware instant. Raises TallyError if that fails."""
        time = DigestTime.of(at, close_day=self.close_day)
        seen = read_overview(self.ledger, months=time.months)
        letter = digest(
            seen,
            kind,
            time,
            stack=self.stack,
            pulse=self.pulse(),
            book=with_unattached(
                self._book(seen, time.month), filter(None, map(self.attached, time.months))
            ),
        )
        self.announcements.publish(subject=letter.subject, text=letter.text)
        return Reported(subject=letter.subject, bytes=len(letter.text.encode()))

    def _book(self, seen: Overview, month: Month) -> Section:
        """Return what is told of the month's book; nothing where the month was not recorded."""
        if not self.bucket or not any(row.of(month) for row in seen.companies):
            return NO_BOOK
        try:
            return book_section(self.books.read(month), bucket=self.bucket)
        # One item of the ledger must not keep the digest from everybody (SAFE-5).
        except UnreadableItemError as error:
            return unreadable_book(str(error))
