"""The simulator's desk records every mail to a person outside, and why it was sent."""

import pytest

from simulators.connectwise import API
from simulators.connectwise.desk.example import JANE
from simulators.connectwise.example import HARBOR
from tests.simulators.desk_scene import Scene


@pytest.fixture
def scene() -> Scene:
    """A desk whose tickets get their company's contact by themselves."""
    scene = Scene()
    scene.people.set_default_contact(HARBOR, "Ann Harbor")
    scene.simulator.options.tickets_get_contacts = True
    return scene


def loud(scene: Scene, **changes: object) -> int:
    """Make a ticket with notifications on, on the board that mails contacts."""
    made = scene.make(
        board={"id": scene.ids.other_board},
        status={"id": scene.ids.other_open},
        processNotifications=None,
        initialInternalAnalysis=None,
        **changes,
    )
    return int(made["id"])


def test_a_new_ticket_mails_by_board_and_status(scene: Scene) -> None:
    """ASK-2: a board that sends to contacts does, and so does the first status."""
    loud(scene)
    assert scene.mails() == [("Ann Harbor", "board", API), ("Ann Harbor", "status", API)]


def test_without_a_contact_nobody_is_mailed(scene: Scene) -> None:
    """ASK-2: no contact is the guard that holds."""
    scene.simulator.options.tickets_get_contacts = False
    made = loud(scene, automaticEmailContactFlag=True)
    scene.note(made, text="x", detailDescriptionFlag=True)
    scene.patch(made, status={"id": scene.ids.other_closed})
    assert scene.mails() == []


def test_without_notifications_nobody_is_mailed(scene: Scene) -> None:
    """ASK-2: `processNotifications` false skips them all."""
    made = scene.make(board={"id": scene.ids.other_board}, status={"id": scene.ids.other_open})
    quiet = {"processNotifications": False}
    scene.note(made["id"], text="x", internalAnalysisFlag=True, **quiet)
    scene.patch(made["id"], status={"id": scene.ids.other_closed}, **quiet)
    assert scene.mails() == []


def test_an_internal_note_mails_with_notifications_on(scene: Scene) -> None:
    """ASK-2: seen live."""
    made = scene.make()["id"]
    scene.note(made, text="x", internalAnalysisFlag=True)
    assert scene.mails() == [("Ann Harbor", "note", API)]


@pytest.mark.parametrize("flag", ["detailDescriptionFlag", "resolutionFlag"])
def test_an_open_note_mails_in_any_case(scene: Scene, flag: str) -> None:
    """ASK-2: a note that customers may read is mailed to them."""
    made = scene.make()["id"]
    scene.note(made, text="x", **{flag: True}, processNotifications=False)
    assert scene.mails() == [("Ann Harbor", "note", API)]


def test_a_status_mails_when_it_is_set(scene: Scene) -> None:
    """ASK-2: only by a change to it."""
    made = loud(scene)
    scene.simulator.desk.mails.clear()
    scene.patch(made, summary="other")
    assert scene.mails() == []
    scene.patch(made, status={"id": scene.ids.other_closed})
    assert scene.mails() == [("Ann Harbor", "status", API)]


def test_a_flag_mails_each_change(scene: Scene) -> None:
    """ASK-2: the contact's flag does."""
    made = scene.make(automaticEmailContactFlag=True)["id"]
    scene.patch(made, summary="other")
    assert scene.mails() == [("Ann Harbor", "flag", API)]


def test_a_rule_mails_whatever_is_said(scene: Scene) -> None:
    """ASK-2: the contact, if there is one, or its fixed address."""
    scene.people.add_rule("noted", mails="contact")
    scene.people.add_rule("noted", mails="boss@msp.test", board_id=scene.ids.board)
    made = scene.make()["id"]
    assert scene.mails() == [("Ann Harbor", "rule", API), ("boss@msp.test", "rule", API)]
    scene.simulator.desk.mails.clear()
    scene.patch(made, contact=None, processNotifications=False)
    scene.people.add_note(made, "by hand", by=JANE)
    assert scene.mails() == [("boss@msp.test", "rule", JANE)]


def test_a_rule_that_sets_a_status_mails_by_it(scene: Scene) -> None:
    """ASK-2: its own change has notifications on."""
    scene.people.add_rule("noted", sets_status=scene.ids.other_closed)
    scene.make(board={"id": scene.ids.other_board}, status={"id": scene.ids.other_open})
    assert scene.mails() == [("Ann Harbor", "status", "workflow")]
