"""What a POST or a PATCH of a ticket or a note means, and the words where it is refused."""

import json
from collections.abc import Mapping
from typing import Any

from simulators.connectwise.answers import FieldError, RefusalError
from simulators.connectwise.api_records import Fields
from simulators.connectwise.desk import records
from simulators.connectwise.desk.desk import Desk, NewNote
from simulators.connectwise.store import Table

_NOTIFY = "processNotifications"
_TEXTS = {"summary": records.LONGEST_SUMMARY, "externalXRef": records.LONGEST_REFERENCE}
_FIRST_NOTES = ("initialDescription", "initialInternalAnalysis")
_INVALID = "ticket object is invalid"


def refused(code: str, message: str, field: str) -> RefusalError:
    """Return the refusal of one field of a ticket."""
    error = FieldError(code, message, field)
    return RefusalError(_INVALID, errors=[error], resource="ticket")


def notifies(payload: Mapping[str, Any]) -> bool:
    """Return True unless a call says that notifications are not to be processed."""
    return payload.get(_NOTIFY) is not False


def read_object(body: bytes) -> Fields:
    """Read the body of a POST."""
    payload = _json(body)
    if not isinstance(payload, dict):
        raise RefusalError("ticket object is required", resource="ticket")
    return payload


def new_ticket(desk: Desk, payload: Fields, *, by: str) -> Fields:
    """Return the fields of a new ticket: what was sent, and the defaults for the rest."""
    for name in ("summary", "company"):
        if not payload.get(name):
            raise refused("MissingRequiredField", f"{name} is required", name)
    company = _found(desk.tenant.companies, payload["company"], "company")
    fields = records.ticket(ticket_id=desk.tickets.last_id + 1, summary="", company=company)
    board = _board(desk, payload.get("board"))
    fields["board"] = records.named(board)
    fields.update(desk.with_status(desk.default_status(board["id"]), by=by))
    fields.update(_defaults(desk))
    if desk.tenant.options.tickets_get_contacts:
        fields["contact"] = desk.contacts.get(company["id"])
    known = {name: value for name, value in payload.items() if name in _WRITABLE}
    fields.update(_accepted(desk, known, board_id=board["id"], by=by))
    return fields


def first_notes(payload: Fields) -> list[NewNote]:
    """Return the notes that a new ticket begins with."""
    flags = {
        "initialDescription": "detailDescriptionFlag",
        "initialInternalAnalysis": "internalAnalysisFlag",
    }
    return [
        NewNote(text=str(payload[name]), flags=frozenset({flags[name]}))
        for name in _FIRST_NOTES
        if payload.get(name)
    ]


def new_note(payload: Fields) -> NewNote:
    """Return a note that is to be added; one flag must be set, whatever else is."""
    text = payload.get("text")
    flags = frozenset(name for name in records.NOTE_FLAGS if payload.get(name) is True)
    if not isinstance(text, str) or not text.strip():
        raise refused("MissingRequiredField", "text is required", "text")
    if not flags:
        raise refused(
            "InvalidObject", "a note must be a discussion, internal or a resolution", "note"
        )
    return NewNote(text=text, flags=flags, member=payload.get("member"))


def changes(desk: Desk, ticket: Mapping[str, Any], body: bytes, *, by: str) -> tuple[Fields, bool]:
    """Return the fields that a PATCH changes, and whether notifications are processed.

    A path into an object is accepted and changes nothing.
    """
    operations = _json(body)
    if not isinstance(operations, list):
        raise RefusalError("the patch document must be an array of operations", resource="ticket")
    told: Fields = {}
    for each in operations:
        if not isinstance(each, dict) or not isinstance(each.get("path"), str):
            raise RefusalError("each operation needs op and path", resource="ticket")
        name = each["path"]
        if "/" in name:
            continue
        if name not in _WRITABLE and name != _NOTIFY:
            raise RefusalError(f"Path {name} is not supported", resource="ticket")
        told[name] = None if each.get("op") == "remove" else each.get("value")
    notify = notifies(told)
    told.pop(_NOTIFY, None)
    updates: Fields = {}
    board_id = ticket["board"]["id"]
    if "board" in told:
        board = _board(desk, told["board"])
        if board["id"] != board_id:
            board_id = board["id"]
            updates.update(desk.with_status(desk.default_status(board_id), by=by))
    return {**updates, **_accepted(desk, told, board_id=board_id, by=by)}, notify


def _accepted(desk: Desk, told: Fields, *, board_id: int, by: str) -> Fields:
    updates: Fields = {}
    for name, value in told.items():
        if name in _TEXTS:
            updates[name] = _text(name, value)
        elif name in records.FLAGS:
            updates[name] = value is True
        elif name == "status":
            updates.update(_status(desk, value, board_id=board_id, by=by))
        elif name in _REFERENCES:
            updates[name] = _reference(desk, name, value)
    return updates


def _text(name: str, value: object) -> str | None:
    if value is not None and len(str(value)) > _TEXTS[name]:
        message = f"{name} must be at most {_TEXTS[name]} characters"
        raise refused("MaxLengthField", message, name)
    return None if value is None else str(value)


def _status(desk: Desk, value: object, *, board_id: int, by: str) -> Fields:
    status = _found(desk.statuses, value, "status")
    is_own = status["board"]["id"] == board_id
    if not is_own and not desk.tenant.options.foreign_statuses:
        message = f"Service Status {status['id']} not found for Service Board {board_id}"
        raise refused("NotFound", message, "status")
    return desk.with_status(status["id"], by=by)


def _reference(desk: Desk, name: str, value: object) -> Fields | None:
    if value is None:
        return None
    if name == "contact":
        wanted = value.get("id") if isinstance(value, dict) else None
        found = next((each for each in desk.contacts.values() if each["id"] == wanted), None)
        if found is None:
            raise refused("NotFound", f"contact {wanted} not found", name)
        return found
    tables = {"company": desk.tenant.companies, "board": desk.boards, **_choices(desk)}
    record = _found(tables[name], value, name)
    return records.named(record, *(["identifier"] if name == "company" else []))


def _choices(desk: Desk) -> dict[str, Table]:
    return {
        "type": desk.types,
        "team": desk.teams,
        "priority": desk.priorities,
        "source": desk.sources,
    }


def _defaults(desk: Desk) -> Fields:
    """Return the priority and the source that a new ticket gets by itself (seen live)."""
    found: Fields = {}
    for name, table in (("priority", desk.priorities), ("source", desk.sources)):
        rows = [each.fields for each in table.current()]
        chosen = next((each for each in rows if each["defaultFlag"]), None)
        found[name] = None if chosen is None else records.named(chosen)
    return found


def _board(desk: Desk, wanted: object) -> Mapping[str, Any]:
    if wanted is not None:
        return _found(desk.boards, wanted, "board")
    usable = [each.fields for each in desk.boards.current() if not each.fields["inactiveFlag"]]
    if not usable:
        raise refused("MissingRequiredField", "board is required", "board")
    return usable[0]


def _found(table: Table, wanted: object, what: str) -> Mapping[str, Any]:
    """Return the record that a reference names by its id, or else by its name."""
    if not isinstance(wanted, dict):
        raise refused("InvalidObject", f"{what} must be an object", what)
    if (record_id := wanted.get("id")) is not None:
        document = table.get(record_id) if isinstance(record_id, int) else None
        found = None if document is None else document.fields
    else:
        rows = (each.fields for each in table.current())
        found = next((each for each in rows if each["name"] == wanted.get("name")), None)
    if found is None:
        raise refused("NotFound", f"{what} {record_id or wanted.get('name')} not found", what)
    return found


def _json(body: bytes) -> Any:  # noqa: ANN401 - a JSON value
    try:
        return json.loads(body)
    except ValueError:
        raise RefusalError("the body is not JSON", resource="ticket") from None


_REFERENCES = ("company", "board", "contact", "type", "team", "priority", "source")
_WRITABLE = frozenset({*_TEXTS, *records.FLAGS, "status", *_REFERENCES})
