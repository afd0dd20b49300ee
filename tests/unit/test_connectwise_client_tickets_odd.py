"""Tickets, notes and members that ConnectWise answers oddly: nothing is guessed."""

import json
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from simulators.connectwise.example import HARBOR
from tally.connectwise.tickets.client import TicketClient
from tally.connectwise.tickets.rows import LONGEST_TEXT
from tally.domain.asking.seen import SeenNote
from tally.domain.asking.tickets_port import Desk
from tally.errors import AmbiguousError, ContractError
from tests.unit.connectwise_caller import listing, scripted
from tests.unit.scripted import answer, error_of
from tests.unit.tickets_caller import NEW, note_row, ticket_row

DESK = Desk(board_id=21, open_status_id=560, closed_status_id=562)
NOON = datetime(2026, 11, 5, 12, tzinfo=UTC)


def answered(row: object, status: int = 200) -> TicketClient:
    """A client whose next call is answered so."""
    return TicketClient(scripted(answer(status, json.dumps(row))).calls)


def read_note(**changes: object) -> SeenNote:
    """The note that a list with this row shows."""
    client, _ = listing([note_row(**changes)])
    [note] = TicketClient(client.calls).notes(7)
    return note


@pytest.mark.parametrize("field", ["company", "board", "closedFlag"])
@pytest.mark.parametrize("odd", [None, "", 7, {"id": "7"}, "true"])
def test_a_ticket_that_cannot_be_read_is_an_error(field: str, odd: object) -> None:
    """ASK-7: whose it is, where it is and if it is closed are not guessed."""
    row = ticket_row(**{field: odd})
    assert isinstance(error_of(lambda: answered(row).ticket(7)), ContractError)
    made = error_of(lambda: answered(row, 201).create(NEW, DESK))
    assert isinstance(made, AmbiguousError)


def test_another_ticket_is_an_error() -> None:
    """MATCH-4: what was asked for is what is answered."""
    assert isinstance(error_of(lambda: answered(ticket_row()).ticket(8)), ContractError)
    patched = error_of(lambda: answered(ticket_row()).set_status(8, 562))
    assert isinstance(patched, AmbiguousError)
    noted = error_of(lambda: answered(note_row(), 201).add_note(8, "x"))
    assert isinstance(noted, AmbiguousError)


@pytest.mark.parametrize("contact", [{"id": 5}, {"name": "Ann"}, "Ann", 5, {"id": "x"}])
def test_any_contact_is_one(contact: object) -> None:
    """ASK-2: one whose id cannot be read can be mailed all the same."""
    seen = answered(ticket_row(contact=contact)).ticket(7)
    assert seen is not None
    assert seen.contact_id is not None


@pytest.mark.parametrize("contact", [None, "", {}])
def test_no_contact_is_none(contact: object) -> None:
    """ASK-2: nulls are left out, or sent, or sent empty."""
    seen = answered(ticket_row() | {"contact": contact}).ticket(7)
    assert seen is not None
    assert seen.contact_id is None


@pytest.mark.parametrize("odd", [True, "true", 1, "false"])
@pytest.mark.parametrize(
    "flag",
    [
        "automaticEmailContactFlag",
        "automaticEmailResourceFlag",
        "automaticEmailCcFlag",
        "allowAllClientsPortalView",
    ],
)
def test_a_flag_that_may_be_set_is_set(flag: str, odd: object) -> None:
    """ASK-2: only false and null are certain."""
    seen = answered(ticket_row(**{flag: odd})).ticket(7)
    assert seen is not None
    assert seen.mails
    off = answered(ticket_row(**{flag: False})).ticket(7)
    assert off is not None
    assert not off.mails


@pytest.mark.parametrize(
    ("fields", "merged", "parent"),
    [
        ({}, None, None),
        ({"mergedParentTicket": {"id": 9}}, 9, None),
        ({"mergedParentTicket": {"summary": "x"}}, 0, None),
        ({"parentTicketId": 9}, None, 9),
        ({"parentTicketId": 0}, None, None),
        ({"parentTicketId": "9"}, None, 0),
    ],
)
def test_what_stands_above_a_ticket(
    fields: dict[str, object], merged: int | None, parent: int | None
) -> None:
    """ASK-7: merged or bundled, even if the other ticket's id cannot be read."""
    seen = answered(ticket_row(**fields)).ticket(7)
    assert seen is not None
    assert (seen.merged_into, seen.parent_id) == (merged, parent)


def test_without_a_record_type_it_is_no_service_ticket() -> None:
    """ASK-7: that is not guessed."""
    seen = answered(ticket_row(recordType=None)).ticket(7)
    assert seen is not None
    assert seen.record_type == ""


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2026-11-05T12:00:00Z", NOON),
        ("2026-11-05T13:00:00+01:00", NOON),
        ("2026-11-05T12:00:00", NOON),
        ("2026-11-05 12:00", NOON),
        ("yesterday", None),
        ("", None),
        (None, None),
        (7, None),
    ],
)
def test_when_a_note_was_made(written: object, read: datetime | None) -> None:
    """ASK-3: with an offset or without; one that cannot be read is unknown."""
    assert read_note(dateCreated=written).created == read


@pytest.mark.parametrize(
    ("changes", "internal"),
    [
        ({}, True),
        ({"detailDescriptionFlag": None, "resolutionFlag": None}, True),
        ({"internalAnalysisFlag": None, "internalFlag": True}, False),
        ({"internalAnalysisFlag": "true"}, False),
        ({"internalAnalysisFlag": 1}, False),
        ({"detailDescriptionFlag": True}, False),
        ({"resolutionFlag": "true"}, False),
    ],
)
def test_internal_is_that_alone(changes: dict[str, object], internal: bool) -> None:
    """ASK-3: certainly internal, and certainly nothing else."""
    assert read_note(**changes).internal is internal


@pytest.mark.parametrize(
    ("changes", "read"),
    [
        ({"member": None}, lambda note: note.member),
        ({"member": {"id": 1}}, lambda note: note.member),
        ({"member": "JDoe"}, lambda note: note.member),
        ({"createdBy": None}, lambda note: note.created_by),
        ({"createdBy": 7}, lambda note: note.created_by),
        ({"createdBy": "x" * 101}, lambda note: note.created_by),
        ({"_info": None}, lambda note: note.updated_by),
        ({"_info": "JDoe"}, lambda note: note.updated_by),
        ({"text": None}, lambda note: note.text),
        ({"text": ["x"]}, lambda note: note.text),
    ],
)
def test_who_is_not_told_is_nobody(
    changes: dict[str, object], read: Callable[[SeenNote], str]
) -> None:
    """ASK-3: an author is never guessed."""
    assert not read(read_note(**changes))


@pytest.mark.parametrize("contact", [{"id": 5}, "Ann", 7])
def test_a_note_with_any_contact_has_one(contact: object) -> None:
    """ASK-3: then it is no member's."""
    assert read_note(contact=contact).contact
    assert not read_note().contact


def test_a_long_note_is_cut() -> None:
    """SAFE-10: its first line and the beginning of its reason are all that is needed."""
    note = read_note(text="TALLY T7K2 approve\n" + "x" * 1_000_000)
    assert len(note.text) == LONGEST_TEXT
    assert note.text.startswith("TALLY T7K2 approve\nxxx")


def test_notes_of_another_ticket_are_left_out() -> None:
    """MATCH-4: a note that does not say whose it is stays, and answers nothing."""
    rows = [
        note_row(id=1, ticketId=8),
        note_row(id=2, ticketId="7"),
        note_row(id=3, ticketId=None),
        note_row(id=4),
    ]
    client, _ = listing(rows)
    notes = TicketClient(client.calls).notes(7)
    assert [(each.id, each.ticket_id) for each in notes] == [(3, 0), (4, 7)]


@pytest.mark.parametrize("row", [{"text": "no id"}, {"id": "7"}, None, 7])
def test_a_note_without_an_id_spoils_the_list(row: object) -> None:
    """ASK-1: it may be the one that we are looking for."""
    client, _ = listing([note_row(), row])  # type: ignore[list-item]
    assert isinstance(error_of(lambda: TicketClient(client.calls).notes(7)), ContractError)


def test_a_ticket_without_a_company_spoils_a_search() -> None:
    """ASK-1: it may be ours, and would be made twice."""
    client, _ = listing([ticket_row(company=None)])
    tickets = TicketClient(client.calls)
    found = error_of(lambda: tickets.find(NEW.reference, company_id=HARBOR))
    assert isinstance(found, ContractError)


@pytest.mark.parametrize(
    ("row", "active", "license_class"),
    [
        ({"licenseClass": "F", "inactiveFlag": False}, True, "F"),
        ({"licenseClass": "F"}, False, "F"),
        ({"licenseClass": "F", "inactiveFlag": "false"}, False, "F"),
        ({"inactiveFlag": False}, True, ""),
        ({"licenseClass": 7, "inactiveFlag": False}, True, ""),
    ],
)
def test_a_member_that_is_not_told_to_be_active_is_not(
    row: dict[str, object], active: bool, license_class: str
) -> None:
    """ASK-3: neither the class nor the flag is guessed."""
    client, _ = listing([{"id": 1, "identifier": "JDoe", **row}])
    member = TicketClient(client.calls).member("JDoe")
    assert member is not None
    assert (member.active, member.license_class) == (active, license_class)


def test_a_search_that_is_not_narrowed_is_filtered() -> None:
    """MATCH-4: a member of another name is not taken for the one that was asked for."""
    client, _ = listing([{"id": 1, "identifier": "JDoes"}, {"id": 2}])
    assert TicketClient(client.calls).member("JDoe") is None
