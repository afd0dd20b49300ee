"""The service desk over the PSA REST API (OpenAPI description and developer guide, 2025.x)."""

from collections.abc import Callable, Sequence
from itertools import islice

from tally.connectwise.calls import Calls
from tally.connectwise.tickets import sent
from tally.connectwise.tickets.desk_names import find_desk, what_mails
from tally.connectwise.tickets.rows import MemberRow, NoteRow, TextRow, TicketRow
from tally.domain.asking.seen import SERVICE_TICKET, SeenMember, SeenNote, SeenTicket
from tally.domain.asking.tickets_port import Desk, DeskNames, NewTicket
from tally.errors import (
    ContractError,
    MissingRightError,
    NotFoundError,
    TooLargeError,
    TransientError,
)
from tally.transport.failures import Effect

_TICKETS = "/service/tickets"
_MEMBERS = "/system/members"
_CLOSING = "Service Desk > Close Service Tickets: Edit"
"""The right to give a ticket a status that closes it."""
MOST_NOTES = 2_000
"""The most notes of a ticket that are read (SAFE-10): with more, nothing is concluded from them."""


class TicketClient:
    """Reads and writes service tickets. Implements ``domain.asking.tickets_port.Tickets``.

    It makes its calls over those of a ``ConnectWiseClient``. Searches are filtered again (MATCH-4).
    """

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def desk(self, names: DeskNames) -> Desk:
        """Resolve the names to ids."""
        return find_desk(self._calls, names)

    def what_mails(self, desk: Desk) -> Sequence[str]:
        """Say what of a desk would mail a ticket's contact, if it had one (ASK-2)."""
        return what_mails(self._calls, desk)

    def find(self, reference: str, *, company_id: int) -> Sequence[SeenTicket]:
        """List the tickets with exactly that reference and company, oldest first."""
        if '"' in reference or "\\" in reference:
            raise ContractError(f"The reference {reference!r} cannot be searched for.")
        # A tenant was reported whose searches with "and" found nothing, and one that is not found
        # would be made twice: so there is one condition, and it is exact. Broad ones are not
        # answered in time (public client code).
        rows = self._calls.rows(
            _TICKETS,
            TicketRow.model_validate,
            conditions=f'externalXRef="{reference}"',
            of_many=False,
        )
        found = [each.ticket() for each in rows]
        ours = [
            each for each in found if each.reference == reference and each.company_id == company_id
        ]
        return sorted(ours, key=lambda each: each.id)

    def ticket(self, ticket_id: int) -> SeenTicket | None:
        """Return one ticket; None if it is no service ticket any more (404)."""
        try:
            answer = self._calls.send("GET", f"{_TICKETS}/{ticket_id:d}", effect=Effect.NONE)
        except NotFoundError:
            self._is_not_listed(ticket_id)
            return None
        row = self._calls.parse(answer, TicketRow.of)
        if row.id != ticket_id:
            raise self._calls.unreadable(answer, f"it answered ticket {row.id}")
        return row.ticket()

    def create(self, new: NewTicket, desk: Desk) -> SeenTicket:
        """POST once, never again."""
        body = sent.ticket_body(new, desk)
        answer = self._calls.send("POST", _TICKETS, effect=Effect.CREATES, body=body)
        return self._calls.parse(answer, TicketRow.of).ticket()

    def clear_contact(self, ticket_id: int) -> SeenTicket:
        """Take the contact off a ticket, and set all flags that mail to false."""
        return self._change(ticket_id, sent.quiet_patch())

    def set_status(self, ticket_id: int, status_id: int) -> SeenTicket:
        """PATCH the status alone; safe to repeat."""
        try:
            return self._change(ticket_id, sent.status_patch(status_id))
        except MissingRightError as error:
            raise MissingRightError(f"{error}, or to close it {_CLOSING}") from None

    def notes(self, ticket_id: int) -> Sequence[SeenNote]:
        """List the notes of a ticket; those that say that they are another ticket's are left out.

        Raises ContractError for a note without an id, as it may be an answer, or ours.
        """
        rows = self._few(f"{_TICKETS}/{ticket_id:d}/notes", NoteRow.model_validate)
        return [each.note() for each in rows if each.ticket_id in {None, ticket_id}]

    def all_note_texts(self, ticket_id: int) -> Sequence[str]:
        """List the texts of all notes, time entries included."""
        rows = self._few(f"{_TICKETS}/{ticket_id:d}/allNotes", TextRow.model_validate)
        return [each.text for each in rows]

    def add_note(self, ticket_id: int, text: str) -> SeenNote:
        """POST an internal note once, never again."""
        path = f"{_TICKETS}/{ticket_id:d}/notes"
        answer = self._calls.send("POST", path, effect=Effect.CREATES, body=sent.note_body(text))
        row = self._calls.parse(answer, NoteRow.of)
        if row.ticket_id not in {None, ticket_id}:
            raise self._calls.unreadable(answer, f"it answered a note of ticket {row.ticket_id}")
        return row.note()

    def member(self, identifier: str) -> SeenMember | None:
        """Return the member with exactly that identifier, whatever its case; None for none."""
        if not identifier or '"' in identifier or "\\" in identifier:
            return None
        rows = self._calls.rows(
            _MEMBERS, MemberRow.model_validate, conditions=f'identifier="{identifier}"'
        )
        wanted = identifier.casefold()
        found = [each.member() for each in rows if each.identifier.casefold() == wanted]
        # Two of one name: nobody can tell who wrote.
        return found[0] if len(found) == 1 else None

    def members(self) -> Sequence[SeenMember]:
        """List all members, by identifier; those without one are left out."""
        rows = self._calls.rows(_MEMBERS, MemberRow.model_validate)
        found = [each.member() for each in rows if each.identifier]
        return sorted(found, key=lambda each: each.identifier.casefold())

    def _is_not_listed(self, ticket_id: int) -> None:
        """Search for a ticket that was not found; TransientError if it is there all the same.

        One 404 is no proof: cloud sites answer a wrong key with it (public client code), and what
        stands in front of a site may answer it once. A ticket that is left by mistake would be made
        a second time (ASK-1).
        """
        listed = self._calls.rows(
            _TICKETS, TicketRow.model_validate, conditions=f"id={ticket_id:d}", of_many=False
        )
        found = (each.ticket() for each in listed if each.id == ticket_id)
        if any(each.record_type == SERVICE_TICKET for each in found):
            raise TransientError(
                f"ConnectWise answers 404 for the service ticket {ticket_id}, and lists it. The "
                "next run looks at it again."
            )

    def _few[R: (NoteRow, TextRow)](self, path: str, read: Callable[[object], R]) -> list[R]:
        rows = list(islice(self._calls.rows(path, read, of_many=False), MOST_NOTES + 1))
        if len(rows) > MOST_NOTES:
            raise TooLargeError(f"ConnectWise GET {path}: it has more than {MOST_NOTES:,} notes")
        return rows

    def _change(self, ticket_id: int, body: bytes) -> SeenTicket:
        # A PATCH that sets values may be repeated: done twice, it is done once.
        answer = self._calls.send(
            "PATCH", f"{_TICKETS}/{ticket_id:d}", effect=Effect.SETS, body=body
        )
        row = self._calls.parse(answer, TicketRow.of)
        if row.id != ticket_id:
            raise self._calls.unreadable(answer, f"it answered ticket {row.id}")
        return row.ticket()
