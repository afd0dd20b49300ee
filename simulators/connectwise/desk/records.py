"""Records of the service desk, by the field names of the public specification (2025.x)."""

from collections.abc import Mapping
from typing import Any

from simulators.connectwise.api_records import Fields, paths

LONGEST_SUMMARY = LONGEST_REFERENCE = 100
SERVICE_TICKET, PROJECT_TICKET = "ServiceTicket", "ProjectTicket"
FLAGS = (
    "automaticEmailContactFlag",
    "automaticEmailResourceFlag",
    "automaticEmailCcFlag",
    "allowAllClientsPortalView",
)
NOTE_FLAGS = ("detailDescriptionFlag", "internalAnalysisFlag", "resolutionFlag")


def board(
    *, board_id: int, name: str, inactive: bool, project: bool, send_to_contact: bool
) -> Fields:
    """Return a service board."""
    return {
        "id": board_id,
        "name": name,
        "inactiveFlag": inactive,
        "projectFlag": project,
        "sendToContactFlag": send_to_contact,
        "sendToResourceFlag": False,
    }


def status(
    *, status_id: int, name: str, of: Mapping[str, Any], closed: bool, default: bool, inactive: bool
) -> Fields:
    """Return a status of a board."""
    return {
        "id": status_id,
        "name": name,
        "board": named(of),
        "closedStatus": closed,
        "defaultFlag": default,
        "inactive": inactive,
        "customerPortalFlag": False,
    }


def of_board(*, record_id: int, name: str, of: Mapping[str, Any], inactive: bool) -> Fields:
    """Return a type or a team of a board."""
    return {"id": record_id, "name": name, "board": named(of), "inactiveFlag": inactive}


def choice(*, record_id: int, name: str, default: bool) -> Fields:
    """Return a priority or a source."""
    return {"id": record_id, "name": name, "defaultFlag": default}


def member(*, member_id: int, identifier: str, license_class: str, inactive: bool) -> Fields:
    """Return a member: F has a full licence, A is of the API, C a customer's, X a subcontractor."""
    return {
        "id": member_id,
        "identifier": identifier,
        "licenseClass": license_class,
        "inactiveFlag": inactive,
    }


def ticket(*, ticket_id: int, summary: str, company: Mapping[str, Any]) -> Fields:
    """Return a ticket as it is before the defaults are filled in."""
    return {
        "id": ticket_id,
        "summary": summary,
        "recordType": SERVICE_TICKET,
        "company": named(company, "identifier"),
        "board": None,
        "status": None,
        "type": None,
        "team": None,
        "priority": None,
        "source": None,
        "contact": None,
        "agreement": None,
        "externalXRef": None,
        **dict.fromkeys(FLAGS, False),
        "closedFlag": False,
        "closedBy": None,
        "closedDate": None,
        "mergedParentTicket": None,
        "parentTicketId": None,
    }


def note(*, note_id: int, ticket_id: int, text: str, created: str, created_by: str) -> Fields:
    """Return a note that names nobody, without a flag."""
    return {
        "id": note_id,
        "ticketId": ticket_id,
        "text": text,
        **dict.fromkeys(NOTE_FLAGS, False),
        "internalFlag": False,
        "externalFlag": False,
        "member": None,
        "contact": None,
        "dateCreated": created,
        "createdBy": created_by,
    }


def named(record: Mapping[str, Any], *more: str) -> Fields:
    """Return a reference to a record: its id, its name, and more."""
    return {name: record[name] for name in ("id", "name", *more)}


_NAMED = ("id", "name")
TICKET_PATHS = paths(
    ticket(ticket_id=0, summary="", company={"id": 0, "name": "", "identifier": ""}),
    {
        "company": ("id", "identifier", "name"),
        **dict.fromkeys(("board", "status", "type", "team", "priority", "source"), _NAMED),
        "contact": _NAMED,
        "mergedParentTicket": ("id", "summary"),
    },
    more="_info/dateEntered _info/enteredBy",
)
NOTE_PATHS = paths(note(note_id=0, ticket_id=0, text="", created="", created_by=""), {})
OTHER_PATHS = frozenset(
    {"id", "name", "identifier", "inactive", "inactiveFlag", "licenseClass", "closedStatus"}
)
"""The names that boards, statuses and members may be asked by."""
