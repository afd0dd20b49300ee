"""The service desk of the ConnectWise simulator: its calls, and what people do meanwhile."""

import json
from datetime import timedelta

import pytest

from simulators.connectwise import API, Right
from simulators.connectwise.control_calls import CONNECTWISE_HELP
from simulators.connectwise.desk.example import BOARD, CLOSED, JANE, OPEN
from simulators.connectwise.example import HARBOR, OLD_MILL
from tests.simulators.desk_scene import Scene


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_a_post_with_what_is_required_takes_defaults(scene: Scene) -> None:
    """ASK-2: board, status, priority and source are filled in, a contact is not (seen live)."""
    answer = scene.caller.send(
        "POST", "service/tickets", {"summary": "x", "company": {"id": HARBOR}}
    )
    made = json.loads(answer.body)
    assert (answer.status, made["board"]["name"], made["status"]["name"]) == (
        201,
        "Help desk",
        OPEN,
    )
    assert (made["priority"]["name"], made["source"]["name"]) == (
        "Priority 3 - Normal",
        "Integration",
    )
    assert "contact" not in made
    assert made["recordType"] == "ServiceTicket"
    assert made["closedFlag"] is made["automaticEmailContactFlag"] is False
    assert made["_info"]["enteredBy"] == "TallyAPI"
    assert made["_info"]["dateEntered"] == "2026-11-05T12:00:00Z"


def test_the_first_note_is_the_internal_analysis(scene: Scene) -> None:
    """ASK-1: the question is the ticket's first note, internal and by the API's member."""
    [note] = scene.notes(scene.make()["id"])
    assert (note["text"], note["createdBy"], note["dateCreated"]) == (
        "Is 240 right?",
        "TallyAPI",
        "2026-11-05T12:00:00Z",
    )
    flags = ("internalAnalysisFlag", "detailDescriptionFlag", "resolutionFlag")
    assert [note[each] for each in flags] == [True, False, False]
    assert "member" not in note


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        ({"summary": None}, "summary", "required"),
        ({"company": None}, "company", "required"),
        ({"summary": "x" * 101}, "summary", "100"),
        ({"externalXRef": "x" * 101}, "externalXRef", "100"),
        ({"company": {"id": 19299}}, "company", "company 19299 not found"),
        ({"board": {"id": 77}}, "board", "board 77 not found"),
        ({"status": {"id": 1}}, "status", "Service Status 1 not found for Service Board 2"),
    ],
)
def test_what_makes_no_ticket_is_refused(
    scene: Scene, changes: dict[str, object], field: str, message: str
) -> None:
    """SAFE-2: a 400 names the field, and there is no ticket."""
    answer = scene.post(**changes)
    [error] = json.loads(answer.body)["errors"]
    assert (answer.status, error["field"], error["resource"]) == (400, field, "ticket")
    assert message in error["message"]
    assert list(scene.simulator.desk) == []


def test_older_versions_take_a_foreign_status(scene: Scene) -> None:
    """ASK-7: by an option, the status of another board is accepted."""
    scene.simulator.options.foreign_statuses = True
    assert scene.make(status={"id": scene.ids.other_open})["status"]["id"] == scene.ids.other_open


def test_a_contact_may_come_by_itself(scene: Scene) -> None:
    """ASK-2: by an option; a PATCH takes it off again."""
    scene.people.set_default_contact(HARBOR, "Ann Harbor")
    assert "contact" not in scene.make()
    scene.simulator.options.tickets_get_contacts = True
    made = scene.make()
    assert made["contact"]["name"] == "Ann Harbor"
    patched = json.loads(scene.patch(made["id"], contact=None, processNotifications=False).body)
    assert "contact" not in patched
    assert scene.mails() == []


def test_a_patch_replaces_whole_objects_by_bare_paths(scene: Scene) -> None:
    """ASK-6: a path into an object is answered 200 and changes nothing."""
    made = scene.make()["id"]
    odd = [{"op": "replace", "path": "status/id", "value": scene.ids.closed_status}]
    answer = scene.caller.send("PATCH", f"service/tickets/{made}", odd)
    assert (answer.status, json.loads(answer.body)["closedFlag"]) == (200, False)
    closed = json.loads(scene.patch(made, status={"id": scene.ids.closed_status}).body)
    assert (closed["closedFlag"], closed["closedBy"], closed["status"]["name"]) == (
        True,
        "TallyAPI",
        CLOSED,
    )
    assert scene.patch(made, status={"id": scene.ids.other_closed}).status == 400
    assert scene.patch(made, nonsense=1).status == 400


def test_a_rule_may_reopen_or_close(scene: Scene) -> None:
    """ASK-6: the answer to a write shows what rules made of it, and the desk has a list of it."""
    scene.people.add_rule("changed", sets_status=scene.ids.open_status)
    made = scene.make()["id"]
    reopened = json.loads(scene.patch(made, status={"id": scene.ids.closed_status}).body)
    assert reopened["closedFlag"] is False
    scene.people.drop_rules()
    scene.people.add_rule("made", sets_status=scene.ids.closed_status, board_id=scene.ids.board)
    closed = scene.make()
    assert closed["closedFlag"] is True
    ruled = [(each.ticket_id, each.closes, each.by) for each in scene.simulator.desk.ruled]
    assert ruled == [(made, False, API), (closed["id"], True, API)]


def test_a_search_must_be_exact(scene: Scene) -> None:
    """ASK-8: a broad one is not answered in time, and `like` is ignored (seen live)."""
    made = scene.make()
    scene.make(externalXRef="tally:x:2")
    rows = scene.caller.rows("service/tickets", conditions='externalXRef="tally:x:1"')
    assert rows == [made]
    both = f'externalXRef="tally:x:1" and company/id={OLD_MILL}'
    assert scene.caller.rows("service/tickets", conditions=both) == []
    assert scene.caller.get("service/tickets", conditions="closedFlag=False").delay > 100
    assert scene.caller.get("service/tickets").delay > 100
    likely = f'company/id={HARBOR} and summary like "nothing%"'
    assert len(scene.caller.rows("service/tickets", conditions=likely)) == 2
    assert json.loads(
        scene.caller.get("service/tickets/count", conditions=f"company/id={HARBOR}").body
    ) == {"count": 2}


def test_lists_lag_and_reads_by_id_do_not(scene: Scene) -> None:
    """SAFE-2: by an option, searches and notes lack a write for a time."""
    scene.simulator.options.list_lag = timedelta(minutes=2)
    made = scene.make()["id"]
    assert scene.shown(made)["id"] == made
    assert scene.notes(made) == []
    assert scene.caller.rows("service/tickets", conditions="id=1") == []
    scene.simulator.clock.advance(timedelta(minutes=2))
    assert (
        len(scene.notes(made)) == len(scene.caller.rows("service/tickets", conditions="id=1")) == 1
    )


def test_notes_of_time_entries_and_merged_tickets_are_in_all_notes_alone(scene: Scene) -> None:
    """ASK-3: there they have no author and no date."""
    made, other = scene.make()["id"], scene.make(externalXRef="y")["id"]
    scene.people.add_time_entry(made, "TALLY T7K2 approve", by=JANE)
    scene.people.merge_ticket(other, into=made)
    assert [each["text"] for each in scene.notes(made)] == ["Is 240 right?"]
    rows = scene.caller.rows(f"service/tickets/{made}/allNotes")
    assert [each["text"] for each in rows] == [
        "Is 240 right?",
        "Is 240 right?",
        "TALLY T7K2 approve",
    ]
    assert not {"createdBy", "dateCreated", "member"} & {name for each in rows for name in each}
    merged = scene.shown(other)
    assert (merged["closedFlag"], merged["mergedParentTicket"]["id"]) == (True, made)


def test_who_wrote_a_note_can_differ_from_whom_it_names(scene: Scene) -> None:
    """ASK-3: an integration sets the member, a mail has a contact, an edit another author."""
    made = scene.make(initialInternalAnalysis=None)["id"]
    own = scene.people.add_note(made, "by hand", by=JANE)
    scene.people.add_note_as(made, "by a robot", member=JANE, by="SyncBot")
    scene.people.mail_reply(made, "by mail")
    scene.people.customer_note(made, "in the portal")
    scene.people.edit_note(own, "by hand, changed", by="jlee")
    found = [
        (
            each["text"],
            each.get("member", {}).get("identifier"),
            each["createdBy"],
            each["_info"]["updatedBy"],
            "contact" in each,
        )
        for each in scene.notes(made)
    ]
    assert found == [
        ("by hand, changed", JANE, JANE, "jlee", False),
        ("by a robot", JANE, "SyncBot", "SyncBot", False),
        ("by mail", None, "zAdmin", "zAdmin", True),
        ("in the portal", None, "Ann Harbor", "Ann Harbor", True),
    ]


def test_a_note_needs_a_flag_and_a_text(scene: Scene) -> None:
    """ASK-2: internal, discussion or resolution; `internalFlag` means nothing."""
    made = scene.make()["id"]
    assert scene.note(made, text="x", internalFlag=True).status == 400
    assert scene.note(made, text=" ", internalAnalysisFlag=True).status == 400
    assert scene.note(made, text="x", internalAnalysisFlag=True).status == 201
    assert scene.note(77, text="x", internalAnalysisFlag=True).status == 404


def test_what_people_do_with_a_ticket(scene: Scene) -> None:
    """ASK-7: bundled, moved, given to another company, closed and reopened."""
    made, other = scene.make()["id"], scene.make(externalXRef="y")["id"]
    scene.people.bundle_ticket(made, below=other)
    scene.people.move_ticket(made, board_id=scene.ids.other_board)
    scene.people.change_ticket_company(made, OLD_MILL)
    scene.people.set_ticket_status(made, scene.ids.other_closed)
    seen = scene.shown(made)
    assert (seen["parentTicketId"], seen["board"]["id"], seen["company"]["id"]) == (
        other,
        scene.ids.other_board,
        OLD_MILL,
    )
    assert (seen["closedFlag"], seen["closedBy"]) == (True, "jlee")
    scene.people.set_ticket_status(made, scene.ids.other_open)
    assert scene.shown(made)["closedFlag"] is False


def test_a_ticket_that_is_converted_or_deleted_is_not_found(scene: Scene) -> None:
    """ASK-7: 404 by id and below it; some versions show it as a project's."""
    converted, shown, deleted = (scene.make(externalXRef=each)["id"] for each in "abc")
    scene.people.convert_ticket(converted)
    scene.people.convert_ticket(shown, shown=True)
    scene.people.delete_ticket(deleted)
    answer = scene.get(converted)
    assert (answer.status, scene.get(deleted).status) == (404, 404)
    assert f"Service Ticket {converted} not found" in answer.body.decode()
    assert scene.caller.get(f"service/tickets/{deleted}/notes").status == 404
    assert scene.shown(shown)["recordType"] == "ProjectTicket"
    assert scene.make(externalXRef="d")["id"] == deleted + 1


def test_boards_and_what_belongs_to_them(scene: Scene) -> None:
    """MATCH-2: statuses, types and teams are a board's own."""
    boards = {each["name"]: each for each in scene.caller.rows("service/boards")}
    own = boards[BOARD]["id"]
    assert boards["Help desk"]["sendToContactFlag"] is True
    assert [boards[BOARD][each] for each in ("inactiveFlag", "projectFlag")] == [False, False]
    statuses = {each["name"]: each for each in scene.caller.rows(f"service/boards/{own}/statuses")}
    assert list(statuses) == [OPEN, "Waiting", "Cancelled", CLOSED]
    assert (statuses[CLOSED]["closedStatus"], statuses["Cancelled"]["inactive"]) == (True, True)
    for below, name in (("types", "Billing"), ("teams", "Billing team")):
        rows = scene.caller.rows(f"service/boards/{own}/{below}")
        assert [each["name"] for each in rows] == [name]
    assert [each["name"] for each in scene.caller.rows("service/priorities")] == [
        "Priority 3 - Normal",
        "Priority 4 - Low",
    ]
    path = f"service/boards/{{}}/statuses/{scene.ids.other_open}/notifications"
    [notified] = scene.caller.rows(path.format(scene.ids.other_board))
    assert notified["notifyWho"]["identifier"] == "Contact"
    assert scene.caller.get(path.format(own)).status == 404


def test_members_have_a_licence_class(scene: Scene) -> None:
    """ASK-3: by which a person is told from an API's member."""
    scene.people.edit_desk("members", 1, {"inactiveFlag": True})
    [jane] = scene.caller.rows("system/members", conditions=f'identifier="{JANE.lower()}"')
    assert (jane["identifier"], jane["licenseClass"], jane["inactiveFlag"]) == (JANE, "F", True)
    classes = {each["licenseClass"] for each in scene.caller.rows("system/members")}
    assert classes == {"F", "X", "C", "A"}


@pytest.mark.parametrize(
    ("right", "method", "path"),
    [
        (Right.TICKETS_INQUIRE, "GET", "service/tickets/1"),
        (Right.TICKETS_INQUIRE, "GET", "service/tickets/1/notes"),
        (Right.TICKETS_INQUIRE, "GET", "service/tickets/1/allNotes"),
        (Right.TICKETS_ADD, "POST", "service/tickets"),
        (Right.TICKETS_EDIT, "POST", "service/tickets/1/notes"),
        (Right.TICKETS_EDIT, "PATCH", "service/tickets/1"),
        (Right.MEMBERS_INQUIRE, "GET", "system/members"),
        (Right.TABLES_INQUIRE, "GET", "service/boards"),
        (Right.TABLES_INQUIRE, "GET", "service/sources"),
    ],
)
def test_each_call_needs_its_right(scene: Scene, right: Right, method: str, path: str) -> None:
    """ASK-8: without it the answer is 403, `Security`."""
    scene.make()
    scene.simulator.options.taken_rights = frozenset({right})
    answer = scene.caller.send(method, path, {})
    assert (answer.status, json.loads(answer.body)["code"]) == (403, "Security")


def test_to_close_needs_a_right_of_its_own(scene: Scene) -> None:
    """ASK-6: a role may edit tickets and not close them."""
    made = scene.make()["id"]
    scene.simulator.options.taken_rights = frozenset({Right.TICKETS_CLOSE})
    assert scene.patch(made, status={"id": scene.ids.closed_status}).status == 403
    assert scene.shown(made)["closedFlag"] is False
    assert scene.patch(made, summary="other").status == 200


def test_the_control_calls_know_the_desk(scene: Scene) -> None:
    """Each act that the help names can be ordered, and the truth has tickets, notes and mails."""
    made = scene.make()["id"]
    order = {"act": "add_note", "ticket_id": made, "text": "hello", "by": JANE}
    answer = scene.simulator.control("POST", "/_sim/acts", json.dumps(order).encode())
    assert json.loads(answer.body) == {"result": 2}
    truth = json.loads(scene.simulator.control("GET", "/_sim/truth", b"").body)
    assert [each["text"] for each in truth["tickets"][0]["notes"]] == ["Is 240 right?", "hello"]
    assert truth["mails"] == []
    acts = [each for each in dir(scene.people) if not each.startswith("_")]
    assert [each for each in acts if each not in CONNECTWISE_HELP] == []
