"""The desk's calls: which path is which, and what answers it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from simulators.connectwise import answers
from simulators.connectwise.api_records import Fields
from simulators.connectwise.billing_truth import API
from simulators.connectwise.desk import patches, records
from simulators.connectwise.desk.desk import Desk
from simulators.connectwise.listing import Listing, one
from simulators.connectwise.options import ConnectWiseOptions, Right
from simulators.connectwise.store import Document, Table
from simulators.core import Request, Response, json_response

_AT_ONCE = timedelta()
_TOO_LONG = 600.0
"""Seconds: longer than any caller waits."""
_LIKE = re.compile(r"""[\w/]+\s+like\s+("[^"]*"|'[^']*')""", re.IGNORECASE)
_EXACT = re.compile(r"""\b(id|externalXRef|company/id)\s*(=|in\b)""", re.IGNORECASE)

_BELOW_TICKETS = {"notes": "notes", "allNotes": "allNotes"}
_BELOW_BOARDS = {"statuses": "statuses", "types": "board types", "teams": "teams"}


@dataclass(frozen=True, slots=True)
class DeskCall:
    """What a path names: its operation, the ticket or board above, and the record itself."""

    name: str
    owner: int = 0
    record: int = 0


def named(parts: tuple[str, ...]) -> DeskCall | None:
    """Return what a path below `apis/3.0/` names at the desk; None for nothing of the desk."""
    match parts:
        case ("system", "members"):
            return DeskCall("members")
        case ("service", ("priorities" | "sources" | "tickets" | "boards") as name):
            return DeskCall(name)
        case ("service", ("tickets" | "boards") as name, "count"):
            return DeskCall(f"{name}/count")
        case ("service", ("tickets" | "boards") as name, record) if _is_id(record):
            return DeskCall(f"{name}/{{id}}", record=int(record))
        case ("service", "tickets", owner, below) if _is_id(owner) and below in _BELOW_TICKETS:
            return DeskCall(_BELOW_TICKETS[below], owner=int(owner))
        case ("service", "boards", owner, below) if _is_id(owner) and below in _BELOW_BOARDS:
            return DeskCall(_BELOW_BOARDS[below], owner=int(owner))
        case ("service", "boards", owner, "statuses", record, "notifications") if _is_id(
            owner
        ) and _is_id(record):
            return DeskCall("notifications", owner=int(owner), record=int(record))
    return None


_RIGHTS = {
    ("GET", "tickets"): Right.TICKETS_INQUIRE,
    ("GET", "tickets/count"): Right.TICKETS_INQUIRE,
    ("GET", "tickets/{id}"): Right.TICKETS_INQUIRE,
    ("POST", "tickets"): Right.TICKETS_ADD,
    ("PATCH", "tickets/{id}"): Right.TICKETS_EDIT,
    ("GET", "notes"): Right.TICKETS_INQUIRE,
    ("POST", "notes"): Right.TICKETS_EDIT,
    ("GET", "allNotes"): Right.TICKETS_INQUIRE,
    ("GET", "members"): Right.MEMBERS_INQUIRE,
    **{
        ("GET", name): Right.TABLES_INQUIRE
        for name in (
            "boards",
            "boards/count",
            "boards/{id}",
            "statuses",
            "board types",
            "teams",
            "notifications",
            "priorities",
            "sources",
        )
    },
}


class DeskCalls:
    """Answers the desk's calls of the API."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def answer(self, request: Request, call: DeskCall) -> Response:
        """Answer a call; RefusalError for one whose content is refused."""
        right = _RIGHTS.get((request.method, call.name))
        if right is None:
            return answers.worded(405)
        if right in self._options.taken_rights:
            return answers.forbidden()
        match call.name:
            case "tickets" if request.method == "POST":
                return self._post(request)
            case "tickets" | "tickets/count":
                return self._search(request, counts=call.name.endswith("/count"))
            case "tickets/{id}":
                return self._one(request, call.record)
            case "notes" | "allNotes":
                return self._notes(request, call)
            case "notifications":
                return self._notifications(call)
            case "boards/{id}":
                board = self._desk.boards.get(call.record)
                return answers.not_found("Board") if board is None else one(board, request)
        return self._listed(request, self._table(call), records.OTHER_PATHS)

    def _post(self, request: Request) -> Response:
        payload = patches.read_object(request.body)
        fields = patches.new_ticket(self._desk, payload, by=API)
        notify = patches.notifies(payload)
        made = self._desk.make(fields, by=API, notify=notify)
        for note in patches.first_notes(payload):
            self._desk.add_note(made.fields["id"], note, by=API, notify=notify)
        return one(self._rewritten(made.fields["id"]), request, 201)

    def _one(self, request: Request, ticket_id: int) -> Response:
        document = self._readable(ticket_id)
        if document is None:
            return answers.not_found(f"Service Ticket {ticket_id}")
        if request.method == "GET":
            return one(document, request)
        updates, notify = patches.changes(self._desk, document.fields, request.body, by=API)
        closes = updates.get("closedFlag") and not document.fields["closedFlag"]
        if closes and Right.TICKETS_CLOSE in self._options.taken_rights:
            return answers.forbidden()
        if updates:
            self._desk.change(ticket_id, updates, by=API, notify=notify)
        return one(self._rewritten(ticket_id), request)

    def _rewritten(self, ticket_id: int) -> Document:
        """Return a ticket as an answer to a write shows it, after what a rule sets on it."""
        if rewrites := self._options.ticket_rewrites:
            return self._desk.change(ticket_id, rewrites, by="workflow", notify=False)
        return Document(self._desk.ticket(ticket_id))

    def _readable(self, ticket_id: int) -> Document | None:
        if not self._options.lag_reads_by_id:
            return self._desk.tickets.get(ticket_id)
        listed = self._desk.tickets.listed(self._desk.tenant.clock.now())
        return next((each for each in listed if each.fields["id"] == ticket_id), None)

    def _search(self, request: Request, *, counts: bool) -> Response:
        asked = request.query.get("conditions", "")
        if _EXACT.search(asked) is None:
            # Seen in public client code: such a search is not answered in time.
            return Response(200, {}, b"[]", delay=_TOO_LONG)
        # Seen live: `like` is ignored, without an error.
        query = {**request.query, "conditions": _LIKE.sub("id != null", asked)}
        sees_mine = Right.TICKETS_INQUIRE in self._options.sees_mine
        table = Table() if sees_mine else self._desk.tickets
        return self._listed(
            request._replace(query=query), table, records.TICKET_PATHS, counts=counts
        )

    def _notes(self, request: Request, call: DeskCall) -> Response:
        if call.owner not in self._desk.tickets:
            return answers.not_found(f"Service Ticket {call.owner}")
        if call.name == "allNotes":
            whole = _of(self._desk.all_notes(call.owner), self._desk)
            return self._listed(request, whole, records.NOTE_PATHS)
        if request.method == "GET":
            return self._listed(request, self._desk.notes(call.owner), records.NOTE_PATHS)
        payload = patches.read_object(request.body)
        note = self._desk.add_note(
            call.owner, patches.new_note(payload), by=API, notify=patches.notifies(payload)
        )
        return one(note, request, 201)

    def _notifications(self, call: DeskCall) -> Response:
        status = self._desk.statuses.get(call.record)
        if status is None or status.fields["board"]["id"] != call.owner:
            return answers.not_found("Status")
        who = self._desk.notified.get(call.record, [])
        return json_response([_notification(call.record, *each) for each in enumerate(who, 1)])

    def _table(self, call: DeskCall) -> Table:
        desk = self._desk
        whole = {
            "boards": desk.boards,
            "boards/count": desk.boards,
            "priorities": desk.priorities,
            "sources": desk.sources,
            "members": desk.members,
        }
        if call.name in whole:
            return whole[call.name]
        below = {"statuses": desk.statuses, "board types": desk.types, "teams": desk.teams}
        rows = below[call.name].current()
        return _of([each.fields for each in rows if each.fields["board"]["id"] == call.owner], desk)

    def _listed(
        self, request: Request, table: Table, names: frozenset[str], *, counts: bool = False
    ) -> Response:
        listing = Listing(table, names, self._desk.tenant.clock.now(), self._options)
        return listing.count(request) if counts else listing.page(request)

    @property
    def _options(self) -> ConnectWiseOptions:
        return self._desk.tenant.options


def _of(rows: list[Fields], desk: Desk) -> Table:
    table = Table()
    for each in rows:
        table.put(each["id"], Document(each), now=desk.tenant.clock.now(), lag=_AT_ONCE)
    return table


def _notification(status_id: int, number: int, who: str) -> Mapping[str, Any]:
    return {
        "id": status_id * 100 + number,
        "statusId": status_id,
        "notifyWho": {"id": number, "identifier": who, "name": who},
    }


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and int(text) > 0
