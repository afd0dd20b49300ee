"""What people and rules do at the desk past the API, in ConnectWise's own windows.

`by` is a member's identifier.
"""

from datetime import timedelta
from typing import Any, Literal

from simulators.connectwise.desk import records
from simulators.connectwise.desk.desk import Desk, NewNote
from simulators.connectwise.desk.mails import Event, Rule
from simulators.connectwise.store import Document, Table

SOMEONE = "jlee"
MAIL_ROBOT = "zAdmin"
"""The name by which mails that come in are noted (public client code)."""

type NoteKind = Literal["internal", "discussion", "resolution"]
_FLAGS: dict[str, frozenset[str]] = {
    "internal": frozenset({"internalAnalysisFlag"}),
    "discussion": frozenset({"detailDescriptionFlag"}),
    "resolution": frozenset({"resolutionFlag"}),
}


class DeskPeople:
    """The acts of people at the desk; LookupError for a record that is not there."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def add_board(
        self,
        name: str,
        *,
        inactive: bool = False,
        project: bool = False,
        send_to_contact: bool = False,
    ) -> int:
        """Make a board without statuses; returns its id."""
        desk = self._desk
        return self._insert(
            desk.boards,
            records.board(
                board_id=desk.boards.last_id + 1,
                name=name,
                inactive=inactive,
                project=project,
                send_to_contact=send_to_contact,
            ),
        )

    def add_status(
        self,
        board_id: int,
        name: str,
        *,
        closed: bool = False,
        default: bool = False,
        inactive: bool = False,
        notifies: tuple[str, ...] = (),
    ) -> int:
        """Give a board a status; returns its id. `notifies` are roles such as `Contact`."""
        desk = self._desk
        made = self._insert(
            desk.statuses,
            records.status(
                status_id=desk.statuses.last_id + 1,
                name=name,
                of=_there(desk.boards, board_id),
                closed=closed,
                default=default,
                inactive=inactive,
            ),
        )
        desk.notified[made] = list(notifies)
        return made

    def add_type(self, board_id: int, name: str, *, inactive: bool = False) -> int:
        """Give a board a type; returns its id."""
        return self._of_board(self._desk.types, board_id, name, inactive=inactive)

    def add_team(self, board_id: int, name: str, *, inactive: bool = False) -> int:
        """Give a board a team; returns its id."""
        return self._of_board(self._desk.teams, board_id, name, inactive=inactive)

    def add_priority(self, name: str, *, default: bool = False) -> int:
        """Make a priority; returns its id."""
        return self._choice(self._desk.priorities, name, default=default)

    def add_source(self, name: str, *, default: bool = False) -> int:
        """Make a source; returns its id."""
        return self._choice(self._desk.sources, name, default=default)

    def add_member(
        self, identifier: str, *, license_class: str = "F", inactive: bool = False
    ) -> int:
        """Make a member; returns the id."""
        table = self._desk.members
        made = records.member(
            member_id=table.last_id + 1,
            identifier=identifier,
            license_class=license_class,
            inactive=inactive,
        )
        return self._insert(table, made)

    def edit_desk(self, kind: str, record_id: int, fields: dict[str, Any]) -> None:
        """Change fields of one of the desk's `boards`, `statuses`, `members` and so on."""
        if kind not in _KINDS:
            raise LookupError(f"no {kind} at the desk")
        table: Table = getattr(self._desk, kind)
        self._insert(table, {**_there(table, record_id), **fields})

    def set_default_contact(self, company_id: int, name: str | None) -> None:
        """Give a company a default contact, or with None none."""
        if name is None:
            self._desk.contacts.pop(company_id, None)
        else:
            self._desk.contacts[company_id] = {"id": 9000 + company_id, "name": name}

    def add_rule(
        self,
        when: Event,
        *,
        sets_status: int | None = None,
        mails: str = "",
        board_id: int | None = None,
    ) -> None:
        """Make a rule that runs after each such event; `Rule` says what it does."""
        rule = Rule(when=when, sets_status=sets_status, mails=mails, board_id=board_id)
        self._desk.rules.append(rule)

    def drop_rules(self) -> None:
        """Take all rules away."""
        self._desk.rules.clear()

    def add_note(
        self, ticket_id: int, text: str, *, kind: NoteKind = "internal", by: str = SOMEONE
    ) -> int:
        """Write a note in ConnectWise's window; returns its id."""
        new = NewNote(text=text, flags=_FLAGS[kind], member=self._named(by))
        return self._note(ticket_id, new, by=by)

    def add_note_as(self, ticket_id: int, text: str, *, member: str, by: str) -> int:
        """Have an integration write a note that names a member; returns its id."""
        new = NewNote(text=text, flags=_FLAGS["internal"], member=self._named(member))
        return self._note(ticket_id, new, by=by)

    def mail_reply(self, ticket_id: int, text: str, *, contact: str = "Ann Harbor") -> int:
        """File a mail that came in as a note; returns its id."""
        new = NewNote(
            text=text,
            flags=_FLAGS["discussion"],
            contact={"id": 8001, "name": contact},
            created_by=MAIL_ROBOT,
        )
        return self._note(ticket_id, new, by=MAIL_ROBOT)

    def customer_note(self, ticket_id: int, text: str, *, contact: str = "Ann Harbor") -> int:
        """Have a customer's person write in the portal; returns the note's id."""
        new = NewNote(text=text, flags=_FLAGS["discussion"], contact={"id": 8001, "name": contact})
        return self._note(ticket_id, new, by=contact)

    def add_time_entry(self, ticket_id: int, text: str, *, by: str = SOMEONE) -> int:
        """Enter time with a note; returns the note's id."""
        return self._desk.add_time_entry(ticket_id, text, by=by)

    def edit_note(self, note_id: int, text: str, *, by: str = SOMEONE) -> None:
        """Change a note's text."""
        self._desk.edit_note(note_id, text, by=by)

    def set_ticket_status(self, ticket_id: int, status_id: int, *, by: str = SOMEONE) -> None:
        """Close or reopen a ticket by a status."""
        self._change(ticket_id, self._desk.with_status(status_id, by=by), by=by)

    def edit_ticket(self, ticket_id: int, fields: dict[str, Any], *, by: str = SOMEONE) -> None:
        """Change fields of a ticket."""
        self._change(ticket_id, fields, by=by)

    def merge_ticket(self, ticket_id: int, *, into: int, by: str = SOMEONE) -> None:
        """Merge a ticket into another one: it is closed, and names that one."""
        parent = self._desk.ticket(into)
        closed = {"closedFlag": True, "closedBy": by}
        merged = {"mergedParentTicket": {"id": into, "summary": parent["summary"]}}
        self._change(ticket_id, {**closed, **merged}, by=by)

    def bundle_ticket(self, ticket_id: int, *, below: int, by: str = SOMEONE) -> None:
        """Put a ticket below another one."""
        self._desk.ticket(below)
        self._change(ticket_id, {"parentTicketId": below}, by=by)

    def convert_ticket(self, ticket_id: int, *, shown: bool = False, by: str = SOMEONE) -> None:
        """Convert a ticket to a project's: it is gone here, or shown as what it is now."""
        if shown:
            self._change(ticket_id, {"recordType": records.PROJECT_TICKET}, by=by)
        else:
            self._desk.delete(ticket_id)

    def move_ticket(self, ticket_id: int, *, board_id: int, by: str = SOMEONE) -> None:
        """Move a ticket to another board, whose first status it gets."""
        board = _there(self._desk.boards, board_id)
        status = self._desk.with_status(self._desk.default_status(board_id), by=by)
        self._change(ticket_id, {"board": records.named(board), **status}, by=by)

    def change_ticket_company(self, ticket_id: int, company_id: int, *, by: str = SOMEONE) -> None:
        """Give a ticket to another company."""
        company = _there(self._desk.tenant.companies, company_id)
        self._change(ticket_id, {"company": records.named(company, "identifier")}, by=by)

    def delete_ticket(self, ticket_id: int) -> None:
        """Delete a ticket."""
        self._desk.delete(ticket_id)

    def _change(self, ticket_id: int, fields: dict[str, Any], *, by: str) -> None:
        self._desk.change(ticket_id, fields, by=by, notify=True)

    def _note(self, ticket_id: int, new: NewNote, *, by: str) -> int:
        return int(self._desk.add_note(ticket_id, new, by=by, notify=True).fields["id"])

    def _named(self, identifier: str) -> dict[str, Any]:
        for each in self._desk.members.current():
            if each.fields["identifier"] == identifier:
                return {"id": each.fields["id"], "identifier": identifier, "name": identifier}
        raise LookupError(f"no member {identifier}")

    def _of_board(self, table: Table, board_id: int, name: str, *, inactive: bool) -> int:
        board = _there(self._desk.boards, board_id)
        made = records.of_board(record_id=table.last_id + 1, name=name, of=board, inactive=inactive)
        return self._insert(table, made)

    def _choice(self, table: Table, name: str, *, default: bool) -> int:
        made = records.choice(record_id=table.last_id + 1, name=name, default=default)
        return self._insert(table, made)

    def _insert(self, table: Table, fields: dict[str, Any]) -> int:
        tenant = self._desk.tenant
        table.put(fields["id"], Document(fields), now=tenant.clock.now(), lag=_AT_ONCE)
        return int(fields["id"])


_AT_ONCE = timedelta()
_KINDS = frozenset({"boards", "statuses", "types", "teams", "priorities", "sources", "members"})


def _there(table: Table, record_id: int) -> dict[str, Any]:
    document = table.get(record_id)
    if document is None:
        raise LookupError(f"no record {record_id}")
    return document.fields
