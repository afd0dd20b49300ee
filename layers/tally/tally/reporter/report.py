"""The use case of the reporter: read what the ledger shows, and tell it on the topic."""

from dataclasses import dataclass
from datetime import datetime

from tally.domain.reporting.digest import DigestKind, DigestTime, digest
from tally.people.read_overview import read_overview
from tally.ports import Announcements, Ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """What was sent: its subject, and how many bytes its text has."""

    subject: str
    bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Sends digests, with what it needs. It writes nothing to the ledger: sent twice, a digest says the same twice.

    EventBridge Scheduler and Lambda both deliver at least once, so that a second mail is possible and harmless; to remember
    what was sent, the one function that only looks would need the right to write.
    """

    ledger: Ledger
    announcements: Announcements
    close_day: int
    stack: str

    def __call__(self, kind: DigestKind, at: datetime) -> Reported:
        """Send the digest that was due at the aware instant ``at``. Raises TallyError where it could not be read or sent."""
        time = DigestTime.of(at, close_day=self.close_day)
        letter = digest(
            read_overview(self.ledger, months=time.months), kind, time, stack=self.stack
        )
        self.announcements.publish(subject=letter.subject, text=letter.text)
        return Reported(subject=letter.subject, bytes=len(letter.text.encode()))
