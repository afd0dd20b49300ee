"""ASK-7: what people, rules and a bad network do to a ticket, and that it is never acted on."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from simulators.connectwise import API, Credentials, Right
from simulators.connectwise.desk.example import JANE, PETER
from simulators.faults import Fault, FaultKind
from tally.domain.asking import words
from tally.domain.asking.ticket import TicketState
from tally.errors import SetupError
from testing.effects import Effects, Moment
from tests.functional.asking_world import DAY, QUARTER, AskingWorld

WRITES = ("POST tickets", "POST notes", "PATCH tickets/{id}")


@pytest.fixture
def scene() -> AskingWorld:
    return AskingWorld.held()


@pytest.fixture
def asked(scene: AskingWorld) -> AskingWorld:
    """The question stands in a ticket, and the calls until now are forgotten."""
    scene.run()
    scene.world.connectwise.calls.clear()
    return scene


def writes(scene: AskingWorld) -> int:
    """The writes to the desk since the calls were forgotten."""
    return sum(scene.world.connectwise.calls.count(each) for each in WRITES)


def merge(scene: AskingWorld) -> None:
    fields = dict(scene.tickets[0], id=99, externalXRef="own", closedFlag=True, _info=None)
    scene.world.connectwise.desk.make(fields, by=JANE, notify=False)
    scene.people.merge_ticket(1, into=99)


def bundle(scene: AskingWorld) -> None:
    fields = dict(scene.tickets[0], id=99, externalXRef="own", closedFlag=True, _info=None)
    scene.world.connectwise.desk.make(fields, by=JANE, notify=False)
    scene.people.bundle_ticket(1, below=99)


def another_company(scene: AskingWorld) -> None:
    other = scene.world.connectwise.people.add_company("Other", "Other")
    scene.people.change_ticket_company(1, other)


BEHIND: dict[str, tuple[Callable[[AskingWorld], None], str]] = {
    "merged": (merge, words.MERGED),
    "bundled": (bundle, words.BUNDLED),
    "moved": (
        lambda it: it.people.move_ticket(1, board_id=it.ids.other_board),
        words.OTHER_BOARD,
    ),
    "converted": (lambda it: it.people.convert_ticket(1), words.GONE),
    "shown as a project's": (
        lambda it: it.people.convert_ticket(1, shown=True),
        words.CONVERTED,
    ),
    "given to another company": (another_company, words.OTHER_COMPANY),
    "deleted": (lambda it: it.people.delete_ticket(1), words.GONE),
    "given another reference": (
        lambda it: it.people.edit_ticket(1, {"externalXRef": "own"}),
        words.OTHER_REFERENCE,
    ),
    "given a flag that mails": (
        lambda it: it.people.edit_ticket(1, {"automaticEmailCcFlag": True}),
        words.MAY_MAIL,
    ),
}


@pytest.mark.parametrize("case", BEHIND)
def test_it_is_never_acted_on(asked: AskingWorld, case: str) -> None:
    """ASK-7: not even for a good answer in it; the hold stays, and is asked about a day later."""
    act, why = BEHIND[case]
    asked.answer()
    act(asked)
    asked.settle()
    assert (asked.remembered.state, asked.remembered.why_left) == (TicketState.LEFT, why)
    assert writes(asked) == 0
    assert (asked.rulings, asked.hold is None) == ([], False)
    asked.world.clock.advance(DAY)
    asked.run()
    assert asked.remembered.number == 2
    asked.answer(code=asked.remembered.code)
    asked.settle()
    assert len(asked.rulings) == 1
    assert not [each.why for each in asked.world.connectwise.desk.mails if each.by == API]


@pytest.mark.parametrize("case", BEHIND)
def test_nor_is_it_closed_when_its_cause_is_gone(asked: AskingWorld, case: str) -> None:
    """ASK-7: no word and no status, though it was open when the hold was answered by command."""
    act, _ = BEHIND[case]
    asked.world.answers().approve(asked.record.key, by="jane@msp.test", why="true")
    act(asked)
    asked.settle()
    assert writes(asked) == 0
    assert asked.remembered.state is TicketState.LEFT


def test_closed_by_hand_it_is_asked_once_a_day_three_times_in_all(asked: AskingWorld) -> None:
    """ASK-1: never reopened; after the third one there is silence."""
    for number in (1, 2, 3):
        assert len(asked.tickets) == number
        asked.people.set_ticket_status(asked.newest, asked.ids.closed_status)
        asked.settle(40)
        assert len(asked.tickets) == number
        assert list(asked.problems()) == []
        asked.world.clock.advance(DAY)
        asked.run()
    asked.world.clock.advance(3 * DAY)
    asked.settle()
    assert len(asked.tickets) == 3
    assert [len(asked.texts(each)) for each in (1, 2, 3)] == [1, 1, 1]
    assert asked.hold is not None
    asked.world.connectwise.calls.clear()
    asked.settle()
    assert asked.world.connectwise.calls.count() == 0


def test_a_customer_that_is_linked_elsewhere_is_asked_there(asked: AskingWorld) -> None:
    """ASK-7: not by an answer in the ticket of the wrong customer, which is closed with a word."""
    world = asked.world
    other = world.connectwise.people.add_company("Harbor2", "Harbor Dental Group")
    asked.answer()
    world.set_up().link(asked.harbor.id, other, by="jane@msp.test", why="the group")
    asked.settle()
    assert asked.rulings == []
    assert asked.texts(1)[-1] == words.LINKED_ELSEWHERE
    world.clock.advance(DAY)
    asked.run()
    assert [(each["company"]["id"], each["closedFlag"]) for each in asked.tickets] == [
        (asked.harbor.connectwise_id, True),
        (other, False),
    ]
    assert list(asked.problems()) == []


def test_a_ticket_with_more_notes_than_are_read_is_left(
    asked: AskingWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SAFE-10: nothing is concluded from some of them, and no run fails of it for ever."""
    monkeypatch.setattr("tally.connectwise.tickets.client.MOST_NOTES", 3)
    for number in range(3):
        asked.people.add_note(asked.newest, f"{number}", by=JANE)
    asked.answer()
    asked.settle()
    assert (asked.remembered.state, asked.remembered.why_left) == (
        TicketState.LEFT,
        words.TOO_MUCH,
    )
    assert (asked.rulings, writes(asked)) == ([], 0)
    asked.world.clock.advance(DAY)
    asked.run()
    assert len(asked.tickets) == 2


def test_an_answer_in_a_ticket_closed_by_hand_counts(asked: AskingWorld) -> None:
    """ASK-5: its notes are read once more; the word is added, and the status stays people's."""
    asked.answer()
    asked.people.set_ticket_status(asked.newest, asked.ids.closed_status, by=JANE)
    asked.settle()
    assert len(asked.rulings) == 1
    assert (asked.tickets[0]["closedBy"], writes(asked)) == (JANE, 1)


def differ(scene: AskingWorld) -> None:
    scene.answer()
    scene.answer("reject", by=PETER)


def answer_what_moved(scene: AskingWorld) -> None:
    scene.answer()
    scene.tick(260)


def note_the_time(scene: AskingWorld) -> None:
    scene.world.clock.advance(timedelta(minutes=1))
    scene.people.add_time_entry(scene.newest, scene.line(), by=JANE)


@pytest.mark.parametrize(
    ("act", "why"),
    [
        (differ, words.DIFFER),
        (answer_what_moved, words.MOVED),
        (note_the_time, words.CLOSED_BY_HAND),
    ],
)
def test_nothing_is_asked_in_a_closed_ticket(
    asked: AskingWorld, act: Callable[[AskingWorld], None], why: str
) -> None:
    """ASK-4, ASK-6: nobody looks there any more, so it is asked anew in another one."""
    act(asked)
    asked.people.set_ticket_status(asked.newest, asked.ids.closed_status, by=JANE)
    asked.settle()
    assert (asked.remembered.state, asked.remembered.why_left) == (TicketState.LEFT, why)
    assert (asked.rulings, writes(asked)) == ([], 0)
    asked.world.clock.advance(DAY)
    asked.run()
    assert [each["closedFlag"] for each in asked.tickets] == [True, False]
    asked.answer("reject")
    asked.settle()
    assert len(asked.rulings) == 1


def test_a_rule_that_closes_new_tickets(scene: AskingWorld) -> None:
    """ASK-1: as if closed by hand: three in all, a day between them."""
    scene.people.add_rule("made", sets_status=scene.ids.closed_status)
    for _ in range(6):
        scene.settle(2)
        scene.world.clock.advance(DAY)
    assert len(scene.tickets) == 3
    assert list(scene.problems()) == []


def test_a_rule_that_reopens_is_not_fought(asked: AskingWorld) -> None:
    """ASK-6: the word is written once; after a day of it the ticket is left."""
    asked.people.add_rule("changed", sets_status=asked.ids.open_status)
    asked.answer()
    asked.settle(120)
    assert (asked.remembered.state, asked.remembered.why_left) == (
        TicketState.LEFT,
        words.STAYS_OPEN,
    )
    assert len(asked.texts()) == 2
    asked.world.connectwise.calls.clear()
    asked.settle()
    assert (writes(asked), len(asked.rulings)) == (0, 1)


def test_a_rule_that_reopens_for_the_last_word(asked: AskingWorld) -> None:
    """ASK-6: somebody answers and closes at once, as people do; the word leaves it closed."""
    asked.people.add_rule("noted", sets_status=asked.ids.open_status)
    asked.answer()
    asked.people.set_ticket_status(asked.newest, asked.ids.closed_status, by=JANE)
    asked.settle()
    assert asked.tickets[0]["closedFlag"]
    assert (asked.remembered.state, len(asked.rulings)) == (TicketState.CLOSED, 1)
    assert len(asked.texts()) == 2


@pytest.mark.parametrize("move", ["moved", "deleted"])
def test_a_ticket_that_goes_while_its_last_word_is_written(asked: AskingWorld, move: str) -> None:
    """ASK-7: closed by others, and taken away once the word stands in it: nothing more is done."""
    asked.answer()
    asked.people.set_ticket_status(asked.newest, asked.ids.closed_status, by=JANE)
    effects = Effects()
    probe = AskingWorld.held()
    probe.run()
    probe.answer()
    probe.people.set_ticket_status(probe.newest, probe.ids.closed_status, by=JANE)
    probe.run(wrap=effects.wrap)
    word = max(n for n, name in enumerate(effects.names, 1) if name.endswith("POST"))
    act, why = BEHIND[move]
    asked.run(wrap=Effects(lambda: act(asked), at=Moment(number=word, after=True)).wrap)
    assert (asked.remembered.state, asked.remembered.why_left) == (TicketState.LEFT, why)
    assert (writes(asked), len(asked.rulings)) == (1, 1)


def test_a_contact_that_comes_by_itself_is_taken_off(scene: AskingWorld) -> None:
    """ASK-2: by one PATCH, and no mail was sent, though board and status would have."""
    scene.people.edit_desk("boards", scene.ids.board, {"sendToContactFlag": True})
    scene.world.connectwise.desk.notified[scene.ids.open_status] = ["Contact"]
    scene.people.set_default_contact(scene.harbor.connectwise_id, "Ann Harbor")
    scene.world.connectwise.options.tickets_get_contacts = True
    scene.settle()
    assert scene.tickets[0]["contact"] is None
    scene.answer()
    scene.settle()
    assert (len(scene.rulings), scene.world.connectwise.desk.mails) == (1, [])
    assert scene.world.connectwise.calls.count("PATCH tickets/{id}") == 2


def test_a_contact_that_comes_back_leaves_the_ticket(scene: AskingWorld) -> None:
    """ASK-2: not one further word on it, and no mail."""
    contact = {"id": 8001, "name": "Ann Harbor"}
    scene.world.connectwise.options.ticket_rewrites = {"contact": contact}
    scene.settle()
    assert (scene.remembered.state, scene.remembered.why_left) == (
        TicketState.LEFT,
        words.MAY_MAIL,
    )
    scene.people.add_note(scene.newest, scene.line(), by=JANE)
    scene.settle()
    assert len(scene.texts()) == 1
    assert API not in {each.by for each in scene.world.connectwise.desk.mails}


@pytest.mark.parametrize("kind", [FaultKind.TIMEOUT_AFTER, FaultKind.TIMEOUT_BEFORE])
@pytest.mark.parametrize("lag", [timedelta(0), timedelta(minutes=4)])
@pytest.mark.parametrize("operation", ["POST tickets", "POST notes", "PATCH tickets/{id}"])
def test_a_lost_answer_doubles_nothing(
    scene: AskingWorld, operation: str, kind: FaultKind, lag: timedelta
) -> None:
    """ASK-1, SAFE-2: one ticket, one question, one last word, though lists lag."""
    scene.world.connectwise.options.list_lag = lag
    scene.world.connectwise.faults.add(Fault(kind=kind, operation=operation, times=1))
    for _ in range(6):
        scene.run(after=QUARTER, fails=True)
    scene.answer()
    for _ in range(6):
        scene.run(after=QUARTER, fails=True)
    assert [each["closedFlag"] for each in scene.tickets] == [True]
    assert (len(scene.rulings), len(scene.texts())) == (1, 2)
    assert scene.remembered.state is TicketState.CLOSED
    assert list(scene.problems()) == []


def test_a_ticket_that_is_found_elsewhere_is_left_as_it_is(scene: AskingWorld) -> None:
    """ASK-7: its POST's answer was lost, and people moved it and gave it a contact: no PATCH."""
    lost = Fault(kind=FaultKind.TIMEOUT_AFTER, operation="POST tickets", times=1)
    scene.world.connectwise.faults.add(lost)
    scene.run(fails=True)
    scene.people.set_default_contact(scene.harbor.connectwise_id, "Ann Harbor")
    contact = scene.world.connectwise.desk.contacts[scene.harbor.connectwise_id]
    scene.people.edit_ticket(1, {"contact": contact})
    scene.people.move_ticket(1, board_id=scene.ids.other_board)
    scene.settle()
    assert (scene.remembered.state, scene.remembered.why_left) == (
        TicketState.LEFT,
        words.OTHER_BOARD,
    )
    assert scene.world.connectwise.calls.count("PATCH tickets/{id}") == 0
    assert scene.tickets[0]["contact"] == contact


@pytest.mark.parametrize("kind", [FaultKind.TIMEOUT_AFTER, FaultKind.TIMEOUT_BEFORE])
def test_a_lost_answer_to_a_renewed_question(asked: AskingWorld, kind: FaultKind) -> None:
    """ASK-4, SAFE-2: it stands there once, and its code answers."""
    asked.world.connectwise.options.list_lag = timedelta(minutes=4)
    asked.answer("approve")
    asked.tick(260)
    asked.world.connectwise.faults.add(Fault(kind=kind, operation="POST notes", times=1))
    for _ in range(4):
        asked.run(after=QUARTER, fails=True)
    assert len(asked.texts()) == 2
    asked.answer("approve 260")
    asked.settle()
    assert len(asked.rulings) == 1
    assert list(asked.problems()) == []


def test_a_refusal_is_tried_again_in_a_day(scene: AskingWorld) -> None:
    """ASK-8: it has not happened, its cause is elsewhere, and it fills no log at each run."""
    refusal = Fault(kind=FaultKind.STATUS, status=400, operation="POST tickets")
    scene.world.connectwise.faults.add(refusal)
    assert "HTTP 400" in "".join(scene.run(fails=True).failures.values())
    for _ in range(8):
        assert scene.run(after=QUARTER).failures == {}
    assert scene.world.connectwise.calls.count("POST tickets") == 1
    scene.world.connectwise.faults.clear()
    scene.world.clock.advance(DAY)
    scene.run()
    assert len(scene.tickets) == 1


def refused_and_linked_to(scene: AskingWorld, *, merged: bool) -> int:
    """Let ConnectWise refuse the first ticket, and a person link the customer elsewhere."""
    world = scene.world
    other = world.connectwise.people.add_company("Harbor2", "Harbor Dental Group")
    if merged:
        world.connectwise.people.merge_company(scene.harbor.connectwise_id, into=other)
    else:
        world.connectwise.faults.add(
            Fault(kind=FaultKind.STATUS, status=400, operation="POST tickets", times=1)
        )
    assert "HTTP 400" in "".join(scene.run(fails=True).failures.values())
    world.set_up().link(scene.harbor.id, other, by="jane@msp.test", why="the group")
    return other


@pytest.mark.parametrize("merged", [True, False])
def test_a_refused_ticket_is_made_where_the_customer_is_linked_by_then(
    scene: AskingWorld, merged: bool
) -> None:
    """ASK-1: a hold of a linked customer is asked about there, and at no former company."""
    other = refused_and_linked_to(scene, merged=merged)
    scene.world.clock.advance(DAY)
    scene.settle()
    assert [each["company"]["id"] for each in scene.tickets] == [other]
    scene.answer()
    scene.settle()
    assert len(scene.rulings) == 1
    assert list(scene.problems()) == []


def test_a_ticket_that_was_taken_along_is_found_where_the_customer_is_linked(
    scene: AskingWorld,
) -> None:
    """ASK-1, SAFE-2: its making was not told, people moved it with its company; no second one."""
    world = scene.world
    world.connectwise.faults.add(
        Fault(kind=FaultKind.TIMEOUT_AFTER, operation="POST tickets", times=1)
    )
    scene.run(fails=True)
    other = world.connectwise.people.add_company("Harbor2", "Harbor Dental Group")
    scene.people.change_ticket_company(scene.newest, other)
    world.set_up().link(scene.harbor.id, other, by="jane@msp.test", why="the group")
    scene.settle()
    assert (len(scene.tickets), scene.remembered.state) == (1, TicketState.OPEN)
    scene.answer()
    scene.settle()
    assert len(scene.rulings) == 1
    assert list(scene.problems()) == []


def test_a_refused_ticket_of_an_unlinked_customer_is_not_made(scene: AskingWorld) -> None:
    """ASK-1: there is no place for it, until the customer is linked again."""
    other = refused_and_linked_to(scene, merged=False)
    scene.world.set_up().unlink(scene.harbor.id, by="jane@msp.test", why="not theirs")
    scene.world.clock.advance(DAY)
    scene.settle()
    assert (scene.tickets, scene.remembered.state) == ([], TicketState.CLOSED)
    scene.world.set_up().link(scene.harbor.id, other, by="jane@msp.test", why="theirs")
    scene.world.clock.advance(DAY)
    scene.run()
    assert [each["company"]["id"] for each in scene.tickets] == [other]


@pytest.mark.parametrize(
    "right", [Right.TICKETS_ADD, Right.TICKETS_INQUIRE, Right.TICKETS_EDIT, Right.MEMBERS_INQUIRE]
)
def test_a_missing_right_is_told_and_made_up_for(scene: AskingWorld, right: Right) -> None:
    """ASK-8: nothing is carried out halfway; once the right is there, all goes on."""
    scene.world.connectwise.options.taken_rights = frozenset({right})
    scene.run(fails=True)
    if scene.tickets:
        scene.answer()
        done = scene.run(fails=True)
        assert "role lacks this right" in "".join(done.failures.values())
    scene.world.connectwise.options.taken_rights = frozenset()
    scene.settle()
    if not scene.rulings:
        scene.answer()
        scene.settle()
    assert (len(scene.tickets), len(scene.rulings)) == (1, 1)
    assert list(scene.problems()) == []


def test_an_outage_of_days_leaves_no_ticket_open(asked: AskingWorld) -> None:
    """ASK-6: it is closed once ConnectWise answers again, however late that is."""
    asked.answer()
    away = Fault(kind=FaultKind.REFUSED, operation="P*", times=None)
    asked.world.connectwise.faults.add(away)
    asked.run(fails=True)
    asked.world.clock.advance(3 * DAY)
    asked.run(fails=True)
    asked.world.connectwise.faults.clear()
    asked.settle()
    assert (asked.tickets[-1]["closedBy"], len(asked.texts())) == ("TallyAPI", 2)
    assert asked.remembered.state is TicketState.CLOSED


@pytest.mark.parametrize("lag", [timedelta(0), timedelta(minutes=4)])
def test_one_404_leaves_no_ticket(asked: AskingWorld, lag: timedelta) -> None:
    """ASK-1, ASK-7: a ticket that is listed is there, whatever one answer says of it."""
    asked.world.connectwise.options.list_lag = lag
    once = Fault(kind=FaultKind.STATUS, status=404, operation="GET tickets/{id}", times=1)
    asked.world.connectwise.faults.add(once)
    asked.run(fails=True)
    assert asked.remembered.state is TicketState.OPEN
    asked.world.clock.advance(2 * DAY)
    asked.settle()
    assert len(asked.tickets) == 1
    assert list(asked.problems()) == []


def test_a_ledger_that_refuses_us_is_told_to_the_operator(
    asked: AskingWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ASK-5: a role that lacks a right is no reason to ask anew, nor to say so in a ticket."""

    def refused(*_: object) -> None:
        raise SetupError("the function's role does not allow it")

    asked.answer()
    with monkeypatch.context() as patched:
        patched.setattr(asked.world.ledger, "save", refused)
        assert asked.run(fails=True).failures
    assert len(asked.texts()) == 1
    asked.settle()
    assert (len(asked.rulings), len(asked.texts())) == (1, 2)


def test_a_wrong_key_leaves_no_ticket(asked: AskingWorld) -> None:
    """ASK-7: cloud sites answer it with 404, which says nothing of a ticket."""
    options = asked.world.connectwise.options
    options.wrong_key_status = 404
    options.credentials = Credentials(public_key="another", private_key="another")
    with pytest.raises(SetupError):
        asked.run()
    assert asked.remembered.state is TicketState.OPEN
    options.credentials = None
    asked.answer()
    asked.settle()
    assert len(asked.rulings) == 1
