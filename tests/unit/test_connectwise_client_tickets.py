"""The client of ConnectWise's service tickets, over the simulator."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from simulators.connectwise import Right
from simulators.connectwise.desk.example import CLOSED, CONTRACTOR, JANE, OPEN
from simulators.connectwise.example import HARBOR, OLD_MILL
from simulators.faults import Fault, FaultKind, Garble
from tally.connectwise.tickets.rows import LONGEST_TEXT
from tally.domain.asking.seen import SeenMember
from tally.domain.asking.tickets_port import Desk
from tally.errors import (
    AmbiguousError,
    AmbiguousNameError,
    ContractError,
    MissingRightError,
    NotFoundError,
    RefusedError,
    SetupError,
    TallyError,
)
from tests.unit.scripted import error_of
from tests.unit.tickets_caller import NAMES, NEW, DeskWorld

NOON = datetime(2026, 11, 5, 12, tzinfo=UTC)
FLAGS = (
    "automaticEmailContactFlag",
    "automaticEmailResourceFlag",
    "automaticEmailCcFlag",
    "allowAllClientsPortalView",
    "processNotifications",
)


@pytest.fixture
def world() -> DeskWorld:
    return DeskWorld()


def test_a_ticket_is_made_and_seen(world: DeskWorld) -> None:
    """ASK-1: the answer to the POST shows what was made, by whom and when; GET and find agree."""
    made = world.tickets.create(NEW, world.desk)
    assert (made.company_id, made.board_id, made.reference) == (
        HARBOR,
        world.ids.board,
        NEW.reference,
    )
    assert (made.closed, made.contact_id, made.mails) == (False, None, False)
    assert (made.entered_by, made.entered, made.record_type) == ("TallyAPI", NOON, "ServiceTicket")
    assert world.tickets.ticket(made.id) == made
    assert world.tickets.find(NEW.reference, company_id=HARBOR) == [made]
    [note] = world.tickets.notes(made.id)
    assert (note.text, note.internal, note.created_by, note.updated_by) == (
        NEW.text,
        True,
        "TallyAPI",
        "TallyAPI",
    )
    assert (note.member, note.contact, note.created) == ("", False, NOON)


def test_every_write_is_silent(world: DeskWorld) -> None:
    """ASK-2: each says that no notification is processed; flags are off, notes internal alone."""
    made = world.make()
    world.tickets.add_note(made, "done")
    world.tickets.set_status(made, world.ids.closed_status)
    world.tickets.clear_contact(made)
    [ticket] = map(json.loads, world.bodies("POST tickets"))
    assert [ticket[each] for each in FLAGS] == [False] * 5
    assert not {"contact", "agreement", "initialDescription"} & ticket.keys()
    [note] = map(json.loads, world.bodies("POST notes"))
    assert note == {
        "text": "done",
        "internalAnalysisFlag": True,
        "detailDescriptionFlag": False,
        "resolutionFlag": False,
        "processNotifications": False,
    }
    status, quiet = (
        {each["path"]: each["value"] for each in json.loads(body)}
        for body in world.bodies("PATCH tickets/{id}")
    )
    assert status == {"status": {"id": world.ids.closed_status}, "processNotifications": False}
    assert quiet == {"contact": None, **dict.fromkeys(FLAGS, False)}


def test_a_contact_that_came_by_itself_is_cleared(world: DeskWorld) -> None:
    """ASK-2: it is seen in the answer, one PATCH takes it off, and nobody was mailed."""
    world.people.set_default_contact(HARBOR, "Ann Harbor")
    world.simulator.options.tickets_get_contacts = True
    made = world.tickets.create(NEW, world.desk)
    assert made.contact_id is not None
    assert world.tickets.clear_contact(made.id).contact_id is None
    assert world.simulator.desk.mails == []


def test_what_is_chosen_goes_along(world: DeskWorld) -> None:
    """ASK-1: type, priority, team and source, if they are configured."""
    names = replace(
        NAMES,
        type="Billing",
        priority="Priority 4 - Low",
        team="Billing team",
        source="Integration",
    )
    desk = world.tickets.desk(names)
    world.tickets.create(NEW, desk)
    [made] = world.simulator.desk
    assert [made[each]["name"] for each in ("type", "priority", "team", "source")] == [
        "Billing",
        "Priority 4 - Low",
        "Billing team",
        "Integration",
    ]


def test_the_desk_is_found_by_its_names(world: DeskWorld) -> None:
    """MATCH-2: as ids, of that board, though another one has a status of the same name."""
    assert world.tickets.desk(NAMES) == world.desk


@pytest.mark.parametrize(
    ("told", "says"),
    [
        ({"board": "tally questions"}, "'Tally questions'"),
        ({"board": "Nowhere"}, "no service board 'Nowhere' (setting TicketBoard)"),
        ({"open_status": "new "}, f"'{OPEN}'"),
        ({"closed_status": "Closed"}, "no status of the board 'Tally questions' 'Closed'"),
        ({"closed_status": "Cancelled"}, "inactive"),
        ({"open_status": CLOSED}, "closes a ticket (setting TicketOpenStatus)"),
        ({"closed_status": "Waiting"}, "does not close a ticket (setting TicketClosedStatus)"),
        ({"type": "Incident"}, "no type 'Incident'"),
        ({"team": "Incident team"}, "no team 'Incident team' (setting TicketTeam)"),
        ({"priority": "priority 4 - Low"}, "'Priority 4 - Low'"),
        ({"source": "Mail"}, "no source 'Mail'"),
    ],
)
def test_a_wrong_name_is_told(world: DeskWorld, told: dict[str, str], says: str) -> None:
    """MATCH-2: with the setting, and with what is nearly it."""
    error = error_of(lambda: world.tickets.desk(replace(NAMES, **told)))
    assert isinstance(error, SetupError)
    assert says in str(error)


@pytest.mark.parametrize(
    ("fields", "says"),
    [({"inactiveFlag": True}, "inactive"), ({"projectFlag": True}, "project board")],
)
def test_a_board_that_takes_no_tickets_is_told(
    world: DeskWorld, fields: dict[str, object], says: str
) -> None:
    """MATCH-2: an inactive board, and one of projects."""
    world.people.edit_desk("boards", world.ids.board, fields)
    error = error_of(lambda: world.tickets.desk(NAMES))
    assert isinstance(error, SetupError)
    assert says in str(error)


def test_two_of_one_name_are_told(world: DeskWorld) -> None:
    """MATCH-2: nobody can tell which one is meant; an inactive one is none."""
    world.people.add_status(world.ids.board, CLOSED, closed=True, inactive=True)
    assert world.tickets.desk(NAMES) == world.desk
    world.people.add_status(world.ids.board, CLOSED, closed=True)
    assert isinstance(error_of(lambda: world.tickets.desk(NAMES)), AmbiguousNameError)


def test_what_would_mail_is_told(world: DeskWorld) -> None:
    """ASK-2: the board's flag and what statuses notify; nothing of the desk that is made so."""
    assert world.tickets.what_mails(world.desk) == []
    loud = Desk(
        board_id=world.ids.other_board,
        open_status_id=world.ids.other_open,
        closed_status_id=world.ids.other_closed,
    )
    assert world.tickets.what_mails(loud) == [
        "the board mails contacts",
        "the open status mails contacts",
        "the closed status mails contacts",
    ]


def test_found_are_only_ours_oldest_first(world: DeskWorld) -> None:
    """MATCH-4: ConnectWise minds no case and no spaces; company and reference are compared."""
    first, second = world.make(), world.make()
    for fields in ({"company_id": OLD_MILL}, {"reference": NEW.reference.upper()}):
        world.tickets.create(replace(NEW, **fields), world.desk)  # type: ignore[arg-type]
    found = world.tickets.find(NEW.reference, company_id=HARBOR)
    assert [each.id for each in found] == [first, second]
    world.people.set_ticket_status(first, world.ids.closed_status)
    assert world.tickets.find(NEW.reference, company_id=HARBOR)[0].closed


def test_a_search_finds_where_compound_ones_find_nothing(world: DeskWorld) -> None:
    """ASK-1: a tenant whose searches with "and" come empty would get every ticket twice."""
    world.simulator.options.empty_compounds = True
    made = world.make()
    assert [each.id for each in world.tickets.find(NEW.reference, company_id=HARBOR)] == [made]
    assert world.tickets.member(JANE) is not None


def test_a_reference_that_cannot_be_searched_is_an_error(world: DeskWorld) -> None:
    """ASK-1: "none found" would be a lie."""
    assert isinstance(error_of(lambda: world.tickets.find('a"b', company_id=1)), ContractError)


@pytest.mark.parametrize("act", ["convert_ticket", "delete_ticket"])
def test_a_ticket_that_is_gone_is_none(world: DeskWorld, act: str) -> None:
    """ASK-7: converted or deleted, it is not found."""
    made = world.make()
    getattr(world.people, act)(made)
    assert world.tickets.ticket(made) is None


def test_a_wrong_key_is_no_gone_ticket(world: DeskWorld) -> None:
    """ASK-7: cloud sites answer a wrong key with 404 too, and then nothing is concluded."""
    made = world.make()
    world.simulator.options.wrong_key_status = 404
    world.simulator.options.credentials = replace(
        world.simulator.options.credentials,  # type: ignore[type-var]
        private_key="another",
    )
    assert isinstance(error_of(lambda: world.tickets.ticket(made)), NotFoundError)


@pytest.mark.parametrize(
    ("fault", "there"),
    [
        (Fault(kind=FaultKind.TIMEOUT_AFTER, operation="POST *"), True),
        (Fault(kind=FaultKind.TIMEOUT_BEFORE, operation="POST *"), False),
        (Fault(kind=FaultKind.STATUS, operation="POST *", effect=True), True),
        (Fault(kind=FaultKind.STATUS, operation="POST *"), False),
        (Fault(kind=FaultKind.GARBLED, operation="POST *"), True),
        (Fault(kind=FaultKind.GARBLED, operation="POST *", garble=Garble.HTML), True),
        (Fault(kind=FaultKind.GARBLED, operation="POST *", garble=Garble.EMPTY), True),
    ],
)
def test_a_lost_answer_is_ambiguous(world: DeskWorld, fault: Fault, there: bool) -> None:
    """SAFE-2: ticket and note are sent once, whatever became of them."""
    made = world.make()
    world.simulator.calls.clear()
    world.simulator.faults.add(fault)
    other = replace(NEW, reference="tally:other")
    assert isinstance(error_of(lambda: world.tickets.create(other, world.desk)), AmbiguousError)
    assert isinstance(error_of(lambda: world.tickets.add_note(made, "hello")), AmbiguousError)
    assert len(world.bodies("POST tickets")) == len(world.bodies("POST notes")) == 1
    assert bool(world.tickets.find("tally:other", company_id=HARBOR)) is there
    assert ("hello" in [each.text for each in world.tickets.notes(made)]) is there


def test_a_patch_is_repeated(world: DeskWorld) -> None:
    """SAFE-6: it sets a value, so that to do it twice is to do it once."""
    made = world.make()
    world.simulator.faults.add(Fault(kind=FaultKind.TIMEOUT_AFTER, operation="PATCH *", times=1))
    assert world.tickets.set_status(made, world.ids.closed_status).closed
    assert len(world.bodies("PATCH tickets/{id}")) == 2


def test_a_status_of_another_board_is_refused(world: DeskWorld) -> None:
    """ASK-7: it has not happened, and the error names the field."""
    made = world.make()
    error = error_of(lambda: world.tickets.set_status(made, world.ids.other_closed))
    assert isinstance(error, RefusedError)
    assert "status: Service Status" in str(error)


@pytest.mark.parametrize(
    "new",
    [
        replace(NEW, summary="x" * 101),
        replace(NEW, reference="x" * 101),
        replace(NEW, text="x" * (LONGEST_TEXT + 1)),
    ],
)
def test_what_is_too_long_is_not_sent(world: DeskWorld, new: object) -> None:
    """SAFE-10: summary, reference and text have bounds; so has a note."""
    error = error_of(lambda: world.tickets.create(new, world.desk))  # type: ignore[arg-type]
    assert isinstance(error, RefusedError)
    long = "x" * (LONGEST_TEXT + 1)
    assert isinstance(error_of(lambda: world.tickets.add_note(1, long)), RefusedError)
    assert world.simulator.calls.count() == 0


def test_time_entries_are_in_all_notes_alone(world: DeskWorld) -> None:
    """ASK-3: seen live."""
    made = world.make()
    world.people.add_time_entry(made, "TALLY T7K2 approve", by=JANE)
    assert [each.text for each in world.tickets.notes(made)] == [NEW.text]
    assert world.tickets.all_note_texts(made) == [NEW.text, "TALLY T7K2 approve"]


def test_who_wrote_a_note_is_seen(world: DeskWorld) -> None:
    """ASK-3: the member that it names, who made it, who changed it, and a contact."""
    made = world.make()
    own = world.people.add_note(made, "by hand", by=JANE)
    world.people.add_note_as(made, "by a robot", member=JANE, by="SyncBot")
    world.people.mail_reply(made, "by mail")
    world.people.add_note(made, "open", by=JANE, kind="discussion")
    world.people.edit_note(own, "by hand, changed", by="jlee")
    found = [
        (each.member, each.created_by, each.updated_by, each.contact, each.internal)
        for each in world.tickets.notes(made)[1:]
    ]
    assert found == [
        (JANE, JANE, "jlee", False, True),
        (JANE, "SyncBot", "SyncBot", False, True),
        ("", "zAdmin", "zAdmin", True, False),
        (JANE, JANE, JANE, False, False),
    ]


def test_a_member_is_found_whatever_the_case(world: DeskWorld) -> None:
    """ASK-3: with its licence class; nobody for an unknown or impossible name."""
    jane = SeenMember(identifier=JANE, license_class="F", active=True)
    assert world.tickets.member("jdoe") == jane
    contractor = world.tickets.member(CONTRACTOR)
    assert contractor is not None
    assert contractor.license_class == "X"
    assert [world.tickets.member(each) for each in ("nobody", "", 'a"b', "a\\")] == [None] * 4
    world.people.edit_desk("members", 1, {"inactiveFlag": True})
    assert world.tickets.member(JANE) == replace(jane, active=False)
    world.people.add_member("JDOE")
    assert world.tickets.member(JANE) is None


@pytest.mark.parametrize(
    ("right", "named"),
    [
        (Right.TICKETS_INQUIRE, "Service Desk > Service Tickets: Inquire All"),
        (Right.TICKETS_ADD, "Service Desk > Service Tickets: Add"),
        (Right.TICKETS_EDIT, "Service Desk > Service Tickets: Edit"),
        (Right.TABLES_INQUIRE, "System > Table Setup: Inquire All"),
        (Right.MEMBERS_INQUIRE, "System > Member Maintenance: Inquire All"),
    ],
)
def test_a_missing_right_is_named(world: DeskWorld, right: Right, named: str) -> None:
    """ASK-8: module and level, as security roles name them."""
    made = world.make()
    world.simulator.options.taken_rights = frozenset({right})
    calls = {
        Right.TICKETS_INQUIRE: lambda: world.tickets.ticket(made),
        Right.TICKETS_ADD: lambda: world.tickets.create(NEW, world.desk),
        Right.TICKETS_EDIT: lambda: world.tickets.set_status(made, world.ids.closed_status),
        Right.TABLES_INQUIRE: lambda: world.tickets.desk(NAMES),
        Right.MEMBERS_INQUIRE: lambda: world.tickets.member(JANE),
    }
    error = error_of(calls[right])
    assert isinstance(error, MissingRightError)
    assert named in str(error)


def test_the_right_to_close_is_named(world: DeskWorld) -> None:
    """ASK-6: a role that may edit tickets may lack the right to close them."""
    made = world.make()
    world.simulator.options.taken_rights = frozenset({Right.TICKETS_CLOSE})
    error = error_of(lambda: world.tickets.set_status(made, world.ids.closed_status))
    assert isinstance(error, MissingRightError)
    assert "Service Desk > Close Service Tickets: Edit" in str(error)


def test_lists_lag_a_write(world: DeskWorld) -> None:
    """SAFE-2: a ticket and a note may be missing from lists, and not from reads by id."""
    world.simulator.options.list_lag = timedelta(minutes=2)
    made = world.make()
    assert world.tickets.find(NEW.reference, company_id=HARBOR) == []
    assert world.tickets.notes(made) == []
    assert world.tickets.ticket(made) is not None


def test_too_many_notes_are_an_error(world: DeskWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """SAFE-10: nothing is concluded from a part of them."""
    monkeypatch.setattr("tally.connectwise.tickets.client.MOST_NOTES", 3)
    made = world.make()
    for number in range(2):
        world.people.add_note(made, f"{number}", by=JANE)
    assert len(world.tickets.notes(made)) == 3
    world.people.add_note(made, "one more", by=JANE)
    error: TallyError = error_of(lambda: world.tickets.notes(made))
    assert isinstance(error, ContractError)
