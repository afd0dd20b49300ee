"""The interface to ConnectWise's service desk. No call of it ever mails anybody (ASK-2)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from tally.domain.asking.seen import SeenMember, SeenNote, SeenTicket


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTicket:
    """A ticket to be made at a desk, without a contact, with every flag off."""

    company_id: int
    reference: str
    summary: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskNames:
    """The names of where tickets are made, as in ConnectWise; "" takes its default."""

    board: str
    open_status: str
    closed_status: str
    type: str = ""
    priority: str = ""
    team: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The same by id; None where ConnectWise's default is taken."""

    board_id: int
    open_status_id: int
    closed_status_id: int
    type_id: int | None = None
    priority_id: int | None = None
    team_id: int | None = None
    source_id: int | None = None


class Tickets(Protocol):
    """Service tickets, their notes, and members. All methods raise TallyError."""

    def desk(self, names: DeskNames) -> Desk:
        """Resolve the names to ids: statuses, type and team are the board's own.

        Raises SetupError with the near misses for a name that is not there, an inactive board or
        status, an open status that closes, or a closed one that does not.
        """
        ...

    def find(self, reference: str, *, company_id: int) -> Sequence[SeenTicket]:
        """List the tickets with exactly that reference and company, open or not, oldest first."""
        ...

    def ticket(self, ticket_id: int) -> SeenTicket | None:
        """Return one ticket; None if it is no service ticket any more (404)."""
        ...

    def create(self, new: NewTicket, desk: Desk) -> SeenTicket:
        """POST once, never again. After AmbiguousError it may exist; after others it does not."""
        ...

    def clear_contact(self, ticket_id: int) -> SeenTicket:
        """Take the contact off a ticket, and set all flags that mail to false; mails nobody."""
        ...

    def notes(self, ticket_id: int) -> Sequence[SeenNote]:
        """List the notes of a ticket, without those of time entries."""
        ...

    def all_note_texts(self, ticket_id: int) -> Sequence[str]:
        """List the texts of all notes, those of time entries included, which ``notes`` lacks."""
        ...

    def add_note(self, ticket_id: int, text: str) -> SeenNote:
        """POST an internal note once, never again; AmbiguousError as ``create``."""
        ...

    def set_status(self, ticket_id: int, status_id: int) -> SeenTicket:
        """PATCH the status alone; safe to repeat."""
        ...

    def member(self, identifier: str) -> SeenMember | None:
        """Return the member with exactly that identifier, whatever its case; None for none."""
        ...
