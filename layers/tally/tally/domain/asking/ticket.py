"""What the ledger remembers of a subject's tickets, from the first question to the last word."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from tally.domain.asking.question import Subject

MOST_TICKETS = 3
"""The most tickets of one subject: closed by hand without an answer, it is asked again (ASK-1)."""


class TicketState(StrEnum):
    """The life of a ticket.

    ``asking``: announced, and perhaps made · ``open``: found or made · ``closing``: its cause is
    gone, and the last word is being written · ``closed``: closed by us · ``left``: closed, moved,
    merged, converted or deleted by others, and never acted on (ASK-7)
    """

    # Stored in the ledger: an item with a word that is not here cannot be read.
    ASKING = "asking"
    OPEN = "open"
    CLOSING = "closing"
    CLOSED = "closed"
    LEFT = "left"


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """An answer that was taken: written to the ledger before it is carried out (ASK-5).

    ``option`` and ``number`` are what the note's first line chose, ``about`` the question's.
    ``before`` is the record's version when it was taken: a later transition by ``who`` carried it
    out.
    """

    note_id: int
    member: str
    option: str
    number: int | None
    why: str
    at: datetime
    about: str
    before: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """The newest ticket of a subject.

    ``number`` counts the subject's tickets from 1, ``edition`` the questions asked in this one.
    ``about`` and ``code`` are those of the newest question, ``asked`` is when it was written, by
    ConnectWise's clock; None while that is not certain. ``announced`` is when the write was
    announced whose outcome is not known yet. ``used`` are ids of notes that answer nothing any
    more. ``unanswered`` counts the subject's tickets in a row that ended without an answer.
    ``word`` is the last word, to be written before it is closed. ``ours`` is the name under which
    ConnectWise notes what we write. ``entries_read`` is the ticket's last change when its time
    entries were read.
    """

    subject: Subject
    number: int
    connectwise_id: int
    reference: str
    state: TicketState
    about: str
    code: str
    edition: int = 1
    ticket_id: int | None = None
    announced: datetime | None = None
    asked: datetime | None = None
    hinted: bool = False
    used: tuple[int, ...] = ()
    given: Given | None = None
    word: str = ""
    ours: str = ""
    why_left: str = ""
    unanswered: int = 0
    entries_read: datetime | None = None
    changed: datetime | None = None
    version: int = 0

    @property
    def is_over(self) -> bool:
        """True if nothing is done with this ticket any more."""
        return self.state in (TicketState.CLOSED, TicketState.LEFT)

    def left(self, why: str, *, now: datetime) -> "Ticket":
        """Return it as one that is never acted on again (ASK-7)."""
        lost = replace(self, state=TicketState.LEFT, why_left=why, announced=None, changed=now)
        return lost if self.given is not None else replace(lost, unanswered=self.unanswered + 1)
