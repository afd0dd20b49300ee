"""ASK: a hold is asked about in one ticket, and answered there, by command, or not at all."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from simulators.connectwise import API
from simulators.connectwise.desk.example import CONTRACTOR, CUSTOMER, JANE, PETER, ROBOT
from tally.domain.asking import words
from tally.domain.asking.ticket import TicketState
from tests.functional.asking_world import DAY, HELD_AT, QUARTER, AskingWorld, said_once

REASON = "They took over a practice."


@pytest.fixture
def scene() -> AskingWorld:
    return AskingWorld.held()


@pytest.fixture
def asked(scene: AskingWorld) -> AskingWorld:
    """The question stands in a ticket."""
    scene.run()
    return scene


def test_a_hold_becomes_one_ticket(asked: AskingWorld) -> None:
    """ASK-1, ASK-2: on the customer's company, silent; to look at it makes no other."""
    asked.settle()
    [ticket] = asked.tickets
    assert ticket["company"]["id"] == asked.harbor.connectwise_id
    assert ticket["externalXRef"] == f"tally:tally:{asked.harbor.id}:202611:endpoints:1"
    assert ticket["summary"] == f"Tally: November 2026 on hold - Harbor Dental [{asked.code}]"
    assert (ticket["contact"], ticket["agreement"]) == (None, None)
    [question] = asked.texts()
    assert question.startswith("GravityZone counts 240 active endpoints for Harbor Dental")
    assert f"\nTALLY {asked.code} approve 240\n    At Tally's next run Addition" in question
    assert asked.hold is not None
    assert list(asked.problems()) == []


def test_an_answer_becomes_a_ruling(asked: AskingWorld) -> None:
    """ASK-5, ASK-6: the member is who, the note is why; billed once, closed once, with a word."""
    asked.answer("approve 240")
    asked.settle()
    assert asked.rulings == [("JDoe in ticket 1", REASON)]
    assert asked.hold is None
    [ticket] = asked.tickets
    assert (ticket["closedFlag"], ticket["closedBy"]) == (True, "TallyAPI")
    assert [each.startswith("Answered by JDoe: approve 240.") for each in asked.texts()] == [
        False,
        True,
    ]
    asked.tick(240)
    assert [each[0] for each in asked.world.additions(asked.harbor)] == [31, 240]
    asked.settle()
    assert list(asked.problems()) == []


def test_a_rejection_keeps_what_stands(asked: AskingWorld) -> None:
    """ASK-5: as the command does (FOLLOW-4), and nothing is asked again."""
    asked.answer("reject")
    asked.settle()
    asked.tick(240)
    asked.world.clock.advance(2 * DAY)
    asked.settle()
    assert [each[0] for each in asked.world.additions(asked.harbor)] == [31, 44]
    assert (len(asked.tickets), asked.hold) == (1, None)


def test_an_answer_without_a_reason_says_so(asked: AskingWorld) -> None:
    """ASK-5: the history is never without a why."""
    asked.world.clock.advance(timedelta(minutes=1))
    asked.people.add_note(asked.newest, f" tally  {asked.code.lower()} APPROVE ", by=JANE)
    asked.run()
    assert asked.rulings == [("JDoe in ticket 1", "No reason was given in the ticket.")]


def in_another_ticket(scene: AskingWorld) -> None:
    """The right line in a ticket of people's own."""
    fields = dict(scene.tickets[0], id=99, externalXRef="own", _info=None)
    scene.world.connectwise.desk.make(fields, by=JANE, notify=False)
    scene.people.add_note(99, scene.line(code=scene.remembered.code), by=JANE)
    scene.people.edit_ticket(99, {"closedFlag": True})


def quoted(scene: AskingWorld) -> None:
    """The whole question, and the answer below it."""
    text = "\n".join(f"> {line}" for line in scene.texts()[0].splitlines())
    scene.people.add_note(scene.newest, f"{text}\n{scene.line()}", by=JANE)


def edited(scene: AskingWorld) -> None:
    """A member's note that another one has changed into an answer."""
    note = scene.people.add_note(scene.newest, "I shall look.", by=JANE)
    scene.people.edit_note(note, scene.line(), by=PETER)


def at_first(scene: AskingWorld) -> int:
    """The ticket that was made first."""
    return int(scene.tickets[0]["id"])


NO_ANSWERS: dict[str, Callable[[AskingWorld], object]] = {
    "impersonated": lambda it: it.people.add_note_as(
        it.newest, it.line(), member=JANE, by="SyncBot"
    ),
    "by the API": lambda it: it.people.add_note_as(it.newest, it.line(), member=ROBOT, by=ROBOT),
    "as us": lambda it: it.people.add_note_as(it.newest, it.line(), member=JANE, by="TallyAPI"),
    "customer's mail": lambda it: it.people.mail_reply(it.newest, it.line()),
    "customer in the portal": lambda it: it.people.customer_note(it.newest, it.line()),
    "customer's licence": lambda it: it.people.add_note(it.newest, it.line(), by=CUSTOMER),
    "subcontractor": lambda it: it.people.add_note(it.newest, it.line(), by=CONTRACTOR),
    "discussion": lambda it: it.people.add_note(it.newest, it.line(), kind="discussion", by=JANE),
    "resolution": lambda it: it.people.add_note(it.newest, it.line(), kind="resolution", by=JANE),
    "time entry": lambda it: it.people.add_time_entry(it.newest, it.line(), by=JANE),
    "quoted": quoted,
    "edited by another": edited,
    "another ticket": in_another_ticket,
    "another code": lambda it: it.people.add_note(it.newest, it.line(code="AAAA"), by=JANE),
    "another number": lambda it: it.people.add_note(it.newest, it.line("approve 24"), by=JANE),
    "another option": lambda it: it.people.add_note(it.newest, it.line("waive"), by=JANE),
    "prose": lambda it: it.people.add_note(it.newest, f"{it.code} is fine, go on", by=JANE),
    "more on the line": lambda it: it.people.add_note(
        it.newest, it.line("approve please"), by=JANE
    ),
}


@pytest.mark.parametrize("case", NO_ANSWERS)
def test_anything_else_is_no_answer(asked: AskingWorld, case: str) -> None:
    """ASK-3: one hint at most, then silence; a right answer afterwards is taken all the same."""
    first = at_first(asked)
    asked.world.clock.advance(timedelta(minutes=1))
    NO_ANSWERS[case](asked)
    asked.settle(8)
    assert asked.rulings == []
    assert asked.hold is not None
    hints = [each for each in asked.texts(first) if "Tally says this once." in each]
    assert len(hints) == (case not in {"another ticket", "as us"})
    asked.world.clock.advance(timedelta(minutes=1))
    asked.people.add_note(first, asked.line(code=asked.remembered.code), by=JANE)
    asked.settle()
    assert asked.rulings == [(f"JDoe in ticket {first}", REASON)]
    assert list(asked.problems()) == []


def test_two_answers_that_differ_are_asked_anew(asked: AskingWorld) -> None:
    """ASK-4: neither counts, and a new code is given; the old one answers nothing."""
    old = asked.code
    asked.answer("approve")
    asked.answer("reject", by=PETER)
    asked.run()
    assert asked.code != old
    assert asked.texts()[-1].startswith("Two answers differ, so neither of them counts.")
    asked.answer("approve", code=old)
    asked.settle()
    assert (asked.rulings, asked.hold is None) == ([], False)
    asked.answer("reject", by=PETER)
    asked.settle()
    assert asked.rulings == [("PWest in ticket 1", REASON)]
    assert list(asked.problems()) == []


def test_two_answers_that_agree_are_one(asked: AskingWorld) -> None:
    """ASK-5: the older one is carried out, once."""
    asked.answer("approve")
    asked.answer("approve 240", by=PETER)
    asked.settle()
    assert asked.rulings == [("JDoe in ticket 1", REASON)]
    assert said_once(asked.texts(), "Answered by")


def test_numbers_that_moved_are_asked_anew(asked: AskingWorld) -> None:
    """ASK-4: an answer to the earlier number is none, and the new question has the new one."""
    old = asked.code
    asked.answer("approve")
    asked.tick(260)
    asked.settle()
    assert asked.rulings == []
    assert asked.code != old
    assert f"TALLY {asked.code} approve 260" in asked.texts()[-1]
    asked.answer("approve 260")
    asked.settle()
    asked.tick(260)
    assert [each[0] for each in asked.world.additions(asked.harbor)] == [31, 260]
    assert list(asked.problems()) == []


def test_a_time_entry_brings_no_hint_to_numbers_that_moved(asked: AskingWorld) -> None:
    """ASK-4: a hint has the code and the numbers of one question, never of two."""
    old = asked.code
    asked.world.clock.advance(timedelta(minutes=1))
    asked.people.add_time_entry(asked.newest, asked.line(), by=JANE)
    asked.count(260, at=HELD_AT + timedelta(minutes=30))
    asked.run()
    assert not any(f"{old} approve 260" in each for each in asked.texts())
    asked.settle()
    assert "approve 260" in asked.texts()[-1]


def test_an_answer_that_is_edited_to_the_new_code_brings_a_hint(asked: AskingWorld) -> None:
    """ASK-3: a note older than the question answers nothing; whoever waits for it is told once."""
    note = asked.answer()
    asked.tick(260)
    asked.run()
    asked.people.edit_note(note, asked.line("approve 260"), by=JANE)
    asked.settle()
    assert said_once(asked.texts(), "A note here seems to be meant as an answer")
    assert asked.rulings == []
    asked.answer("approve 260")
    asked.settle()
    assert len(asked.rulings) == 1


def test_numbers_that_go_on_moving_are_asked_once_an_hour(asked: AskingWorld) -> None:
    """ASK-4: without an answer to it, a question is renewed in the ticket, and not at each run."""
    for machines in (241, 242):
        asked.tick(machines)
        asked.settle()
    assert len(asked.tickets) == 1
    renewed = [each for each in asked.texts() if each.startswith(words.MOVED)]
    assert 1 <= len(renewed) <= 2
    assert "approve 242" in asked.texts()[-1]


def test_an_answer_by_command_is_first(asked: AskingWorld) -> None:
    """ASK-5, ASK-6: then the ticket is closed with who answered."""
    asked.world.clock.advance(QUARTER)
    asked.world.answers().approve(asked.record.key, by="jane@msp.test", why="true")
    asked.settle()
    assert asked.tickets[0]["closedFlag"]
    assert said_once(asked.texts(), "Answered by jane@msp.test on the command line.")
    assert [by for by, _ in asked.rulings] == ["jane@msp.test"]


def test_an_answer_in_the_ticket_after_one_by_command_changes_nothing(asked: AskingWorld) -> None:
    """ASK-5: whoever answers first wins."""
    asked.answer("reject")
    asked.world.answers().approve(asked.record.key, by="jane@msp.test", why="true")
    asked.settle()
    assert [by for by, _ in asked.rulings] == ["jane@msp.test"]
    assert asked.tickets[0]["closedFlag"]


def test_a_cause_that_lifts_itself_closes_the_ticket(scene: AskingWorld) -> None:
    """ASK-6: with a word, once; a ticket that was reopened afterwards is left alone."""
    scene.world.answers().approve(scene.record.key, by="jane@msp.test", why="true")
    scene.tick(240)
    [_, addition] = scene.world.connectwise.truth.additions(
        agreement_id=scene.harbor.agreement_id, deleted=False
    )
    scene.world.connectwise.people.set_quantity(addition.id, 7)
    scene.tick(241)
    assert scene.hold is not None
    scene.run()
    scene.people.add_note(scene.newest, "I have put it back.", by=JANE)
    scene.world.connectwise.people.set_quantity(addition.id, 240)
    scene.tick(241)
    assert scene.hold is None
    scene.settle()
    closed = scene.remembered
    assert (closed.state, scene.tickets[0]["closedFlag"]) == (TicketState.CLOSED, True)
    assert scene.texts()[1:] == ["The cause is gone. Nothing is left to answer here."]
    scene.people.set_ticket_status(scene.newest, scene.ids.open_status)
    scene.world.connectwise.calls.clear()
    scene.answer("approve")
    scene.settle()
    assert (scene.remembered, scene.tickets[0]["closedFlag"]) == (closed, False)
    assert scene.world.connectwise.calls.count() == 0


def test_with_nothing_open_nobody_is_called(scene: AskingWorld) -> None:
    """ASK-8: no call before a hold, none after it is answered."""
    scene.world.answers().approve(scene.record.key, by="jane@msp.test", why="true")
    scene.settle()
    assert scene.world.connectwise.calls.count() == 0


def test_people_who_were_mailed_were_mailed_by_people(asked: AskingWorld) -> None:
    """ASK-2: with a contact on the ticket, not one further word of ours is written there."""
    asked.people.set_default_contact(asked.harbor.connectwise_id, "Ann Harbor")
    contact = asked.world.connectwise.desk.contacts[asked.harbor.connectwise_id]
    asked.people.edit_ticket(asked.newest, {"contact": contact})
    asked.answer()
    asked.settle()
    assert asked.rulings == []
    assert len(asked.texts()) == 1
    mails = asked.world.connectwise.desk.mails
    assert mails
    assert API not in {each.by for each in mails}
