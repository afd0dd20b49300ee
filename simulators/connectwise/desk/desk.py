"""The desk: its boards, members and tickets, and every write to a ticket.

All writes, the API's, people's and those of rules, go through here, so that none escapes `_info`,
the lag of lists, the rules or the mails.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from simulators.connectwise.api_records import Fields, instant
from simulators.connectwise.billing_truth import API
from simulators.connectwise.desk import records
from simulators.connectwise.desk.mails import RULE, Event, Mail, Rule, Ruled, reasons
from simulators.connectwise.store import Document, Table
from simulators.connectwise.tenant import Tenant


@dataclass(frozen=True, slots=True, kw_only=True)
class NewNote:
    """A note to be added: its text, its flags by name, and whom it names."""

    text: str
    flags: frozenset[str]
    member: Mapping[str, Any] | None = None
    contact: Mapping[str, Any] | None = None
    created_by: str = ""
    """The name that ConnectWise notes; "" for who adds it."""


class Desk:
    """The service desk of a tenant.

    `mails` are all mails to people outside, `ruled` what rules have closed and reopened, oldest
    first.
    """

    def __init__(self, tenant: Tenant) -> None:
        self.tenant = tenant
        self.boards, self.statuses, self.types, self.teams = Table(), Table(), Table(), Table()
        self.priorities, self.sources, self.members = Table(), Table(), Table()
        self.tickets = Table()
        self.contacts: dict[int, Fields] = {}
        """The default contact of companies that have one."""
        self.notified: dict[int, list[str]] = {}
        """Whom a status notifies, by its id: `Contact`, `Resource` or another role."""
        self.rules: list[Rule] = []
        self.mails: list[Mail] = []
        self.ruled: list[Ruled] = []
        self._notes: dict[int, Table] = {}
        self._time_entries: dict[int, list[Fields]] = {}
        self._last_note = 0

    def __iter__(self) -> Iterator[Fields]:
        return (each.fields for each in self.tickets.current())

    def shown_as(self, by: str) -> str:
        """Return the name that ConnectWise notes for somebody."""
        return self.tenant.options.api_member if by == API else by

    def ticket(self, ticket_id: int) -> Fields:
        """Return a ticket as it is; LookupError for one that is not there."""
        document = self.tickets.get(ticket_id)
        if document is None:
            raise LookupError(f"no ticket {ticket_id}")
        return document.fields

    def notes(self, ticket_id: int) -> Table:
        """Return the notes of a ticket, without those of time entries."""
        return self._notes.setdefault(ticket_id, Table())

    def all_notes(self, ticket_id: int) -> list[Fields]:
        """Return what `allNotes` shows: time entries and merged tickets' notes too.

        Those two have no author and no date, as in the specification.
        """
        merged = [
            each["id"] for each in self if (each["mergedParentTicket"] or {}).get("id") == ticket_id
        ]
        shown = [self._shown(each) for each in (ticket_id, *merged)]
        return sorted((each for some in shown for each in some), key=lambda each: int(each["id"]))

    def _shown(self, ticket_id: int) -> list[Fields]:
        listed = self.notes(ticket_id).listed(self.tenant.clock.now())
        told = ("id", "ticketId", "text", *records.NOTE_FLAGS)
        notes = [
            {"noteType": "TicketNote", **{name: each.fields[name] for name in told}}
            for each in listed
        ]
        return notes + self._time_entries.get(ticket_id, [])

    def make(self, fields: Fields, *, by: str, notify: bool) -> Document:
        """Add a ticket, and do what follows."""
        made = self._put(fields, by=by)
        self._follow("made", made.fields, by=by, notify=notify, status_changed=True)
        return self._after(made)

    def change(
        self, ticket_id: int, updates: Mapping[str, Any], *, by: str, notify: bool
    ) -> Document:
        """Change a ticket, and do what follows; LookupError if it is not there."""
        before = self.ticket(ticket_id)
        changed = self._put({**before, **updates}, by=by)
        self._follow(
            "changed",
            changed.fields,
            by=by,
            notify=notify,
            status_changed=before["status"] != changed.fields["status"],
        )
        return self._after(changed)

    def delete(self, ticket_id: int) -> None:
        """Take a ticket away: lists and reads by id know it no more."""
        self.ticket(ticket_id)
        self.tickets.put(ticket_id, None, now=self.tenant.clock.now(), lag=self._lag)

    def add_note(self, ticket_id: int, new: NewNote, *, by: str, notify: bool) -> Document:
        """Add a note, and do what follows; LookupError if the ticket is not there."""
        ticket = self.ticket(ticket_id)
        self._last_note += 1
        fields = records.note(
            note_id=self._last_note,
            ticket_id=ticket_id,
            text=new.text,
            created=instant(self.tenant.clock.now()),
            created_by=new.created_by or self.shown_as(by),
        )
        fields.update(dict.fromkeys(new.flags, True), member=new.member, contact=new.contact)
        added = self._put_note(fields, by=new.created_by or by)
        self._touch(ticket, by=by)
        # Notes that customers may read are mailed to them by what the desk is for.
        open_note = bool(new.flags & {"detailDescriptionFlag", "resolutionFlag"})
        self._follow("noted", ticket, by=by, notify=notify or open_note)
        return added

    def edit_note(self, note_id: int, text: str, *, by: str) -> None:
        """Change a note's text; LookupError if there is no such note."""
        found = (table.get(note_id) for table in self._notes.values())
        document = next((each for each in found if each is not None), None)
        if document is None:
            raise LookupError(f"no note {note_id}")
        self._put_note({**document.fields, "text": text}, by=by)

    def add_time_entry(self, ticket_id: int, text: str, *, by: str) -> int:
        """Add a time entry with a note, which `allNotes` alone shows; return the note's id."""
        ticket = self.ticket(ticket_id)
        self._last_note += 1
        self._time_entries.setdefault(ticket_id, []).append(
            {
                "id": self._last_note,
                "noteType": "TimeEntryNote",
                "ticketId": ticket_id,
                "text": text,
                "internalAnalysisFlag": True,
            }
        )
        self._touch(ticket, by=by)
        return self._last_note

    def with_status(self, status_id: int, *, by: str) -> Fields:
        """Return the fields of a ticket that a status brings; LookupError for an unknown one."""
        status = self.statuses.get(status_id)
        if status is None:
            raise LookupError(f"no status {status_id}")
        closed = status.fields["closedStatus"]
        now = instant(self.tenant.clock.now())
        return {
            "status": records.named(status.fields),
            "closedFlag": closed,
            "closedBy": self.shown_as(by) if closed else None,
            "closedDate": now if closed else None,
        }

    def default_status(self, board_id: int) -> int:
        """Return the status that a board gives a new ticket; LookupError for an unknown board."""
        own = [
            each.fields
            for each in self.statuses.current()
            if each.fields["board"]["id"] == board_id and not each.fields["inactive"]
        ]
        if not own:
            raise LookupError(f"no board {board_id}")
        return int(next((each for each in own if each["defaultFlag"]), own[0])["id"])

    def _follow(
        self,
        event: Event,
        ticket: Mapping[str, Any],
        *,
        by: str,
        notify: bool,
        status_changed: bool = False,
    ) -> None:
        """Mail whom it concerns, and let rules run; a rule's own change runs none."""
        board = self.boards.get(ticket["board"]["id"])
        if notify and board is not None:
            status_mails = "Contact" in self.notified.get(ticket["status"]["id"], ())
            for why in reasons(
                event,
                ticket,
                board=board.fields,
                status_mails=status_mails,
                status_changed=status_changed,
            ):
                self._mail(ticket, "contact", why=why, by=by)
        if by == RULE:
            return
        for rule in [each for each in self.rules if each.is_about(event, ticket)]:
            if rule.mails:
                self._mail(ticket, rule.mails, why="rule", by=by)
            if rule.sets_status is not None:
                self._rule(int(ticket["id"]), rule.sets_status, by=by)

    def _rule(self, ticket_id: int, status_id: int, *, by: str) -> None:
        updates, now = self.with_status(status_id, by=RULE), self.tenant.clock.now()
        closes = bool(updates["closedFlag"])
        if closes != self.ticket(ticket_id)["closedFlag"]:
            self.ruled.append(Ruled(at=now, ticket_id=ticket_id, closes=closes, by=by))
        self.change(ticket_id, updates, by=RULE, notify=True)

    def _mail(self, ticket: Mapping[str, Any], to: str, *, why: str, by: str) -> None:
        contact = self.ticket(ticket["id"])["contact"]
        address = (contact or {}).get("name", "") if to == "contact" else to
        if address:
            now = self.tenant.clock.now()
            self.mails.append(Mail(at=now, ticket_id=ticket["id"], to=address, why=why, by=by))

    def _touch(self, ticket: Fields, *, by: str) -> None:
        self._put(dict(ticket), by=by)

    def _after(self, document: Document) -> Document:
        """Return a ticket as rules have left it."""
        return self.tickets.get(document.fields["id"]) or document

    def _put(self, fields: Fields, *, by: str) -> Document:
        now, name = instant(self.tenant.clock.now()), self.shown_as(by)
        before = fields.get("_info") or {"dateEntered": now, "enteredBy": name}
        fields["_info"] = {**before, "lastUpdated": now, "updatedBy": name}
        document = Document(fields)
        self.tickets.put(fields["id"], document, now=self.tenant.clock.now(), lag=self._lag)
        return document

    def _put_note(self, fields: Fields, *, by: str) -> Document:
        now = self.tenant.clock.now()
        fields["_info"] = {"lastUpdated": instant(now), "updatedBy": self.shown_as(by)}
        document = Document(fields)
        self.notes(fields["ticketId"]).put(fields["id"], document, now=now, lag=self._lag)
        return document

    @property
    def _lag(self) -> timedelta:
        return self.tenant.options.list_lag
