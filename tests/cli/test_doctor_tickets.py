"""`tally doctor` where questions are asked in ConnectWise tickets."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from simulators.connectwise.desk.example import (
    BOARD,
    CLOSED,
    CONTRACTOR,
    CUSTOMER,
    JANE,
    OPEN,
    PETER,
    ROBOT,
    ExampleDesk,
    example_desk,
)
from simulators.connectwise.desk.people import SOMEONE
from simulators.connectwise.options import Right
from tally.asking import questions
from tally.domain.asking.question import Question
from tally.domain.asking.ticket import Ticket, TicketState
from testing.asking import asking_round
from tests.cli.installed import TICK, Installed, only, schedule

FUNCTION = "tally-TicketsFunction-5E6F"
CHECKS = (
    "tickets",
    "ticket-rights",
    "ticket-answerers",
    "ticket-schedule",
    "ticket-questions",
)


@pytest.fixture
def desk(msp: Installed) -> ExampleDesk:
    """The installation asks in tickets, and nothing of that is wrong."""
    ids = example_desk(msp.world.connectwise.desk_people)
    msp.outputs["TicketsFunction"] = FUNCTION
    msp.environment |= {
        "STACK_NAME": "tally",
        "ACCOUNT_AND_REGION": "123456789012 eu-west-1",
        "TICKET_BOARD": BOARD,
        "TICKET_OPEN_STATUS": OPEN,
        "TICKET_CLOSED_STATUS": CLOSED,
        "TICKET_CAUSES": "holds",
    }
    made = schedule("tally-Tickets", FUNCTION, expression="cron(9/15 * * * ? *)")
    msp.formation.resources.append(("AWS::Scheduler::Schedule", made))
    return ids


def hold(msp: Installed) -> Ticket | None:
    """A first month's count is held; return the ticket that a round makes of it, if any."""
    juniper = msp.customer("Juniper Law")
    msp.world.check_in(juniper, 700, at=TICK)
    msp.world.play(TICK + timedelta(minutes=15))
    assert asking_round(msp.world, msp.asking)().failures == {}
    return next(iter(msp.asking.tickets.values()), None)


def waiting(msp: Installed) -> dict[str, Any]:
    """What is told of questions, whatever the other checks find."""
    checks = json.loads(msp.run("doctor", "--json").out)["checks"]
    found: dict[str, Any] = next(each for each in checks if each["check"] == "ticket-questions")
    return found


def test_nobody_is_asked(msp: Installed) -> None:
    """Without a board nothing is checked of tickets, and no call is made for them."""
    checks = msp.checks(code=0)
    assert not set(CHECKS) & set(checks)
    assert not [call for call in msp.world.connectwise.calls if "service/" in call.path]


@pytest.mark.usefixtures("desk")
def test_all_is_well(msp: Installed) -> None:
    """Board, rights, answerers and schedule are told; that writing cannot be tried is said."""
    calls = len(msp.world.connectwise.calls)
    checks = msp.checks(code=0)
    told = {name: only(checks[name]) for name in CHECKS}
    assert {verdict for verdict, _, _ in told.values()} == {"ok"}
    assert BOARD in told["tickets"][1]
    assert "cannot be tried without doing so" in told["ticket-rights"][1]
    names = f"{JANE}, {SOMEONE}, {PETER}"
    assert told["ticket-answerers"][1] == f"3 members may answer: {names}."
    assert told["ticket-schedule"][1].endswith("cron(9/15 * * * ? *).")
    made = list(msp.world.connectwise.calls)[calls:]
    assert all(call.method == "GET" for call in made if "service/" in call.path)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"TICKET_BOARD": "tally Questions"}, f"There is '{BOARD}'"),
        ({"TICKET_BOARD": "Nowhere"}, "(setting TicketBoard)"),
        ({"TICKET_OPEN_STATUS": CLOSED}, "closes a ticket (setting TicketOpenStatus)"),
        ({"TICKET_CLOSED_STATUS": "Waiting"}, "does not close a ticket"),
        ({"TICKET_CLOSED_STATUS": "Cancelled"}, "is inactive"),
        ({"TICKET_CLOSED_STATUS": "Closed"}, "(setting TicketClosedStatus)"),
        ({"TICKET_TYPE": "Incident"}, "(setting TicketType)"),
        ({"TICKET_TEAM": "billing team"}, "There is 'Billing team'"),
        ({"TICKET_PRIORITY": "Priority 4 - low"}, "There is 'Priority 4 - Low'"),
        ({"TICKET_SOURCE": "Mail"}, "(setting TicketSource)"),
    ],
)
@pytest.mark.usefixtures("desk")
def test_a_wrong_name(msp: Installed, given: dict[str, str], says: str) -> None:
    """MATCH-2: with the parameter, and what is nearly it; the rest of the tickets' checks wait."""
    msp.environment |= given
    checks = msp.checks(code=1)
    verdict, told, remedy = only(checks["tickets"])
    assert (verdict, says in told) == ("needs set-up", True), told
    assert "exactly as in ConnectWise" in remedy
    assert {checks[each]["verdict"] for each in CHECKS[1:]} == {"not checked"}


@pytest.mark.parametrize(
    ("fields", "says"),
    [({"inactiveFlag": True}, "is inactive"), ({"projectFlag": True}, "is a project board")],
)
def test_a_board_that_takes_no_tickets(
    msp: Installed, desk: ExampleDesk, fields: dict[str, Any], says: str
) -> None:
    """An inactive board and a project board are told."""
    msp.world.connectwise.desk_people.edit_desk("boards", desk.board, fields)
    verdict, told, _ = only(msp.check("tickets"))
    assert (verdict, says in told) == ("needs set-up", True), told


def test_a_board_and_statuses_that_mail(msp: Installed, desk: ExampleDesk) -> None:
    """ASK-2: whatever would mail a contact is told, one by one."""
    people = msp.world.connectwise.desk_people
    people.edit_desk("boards", desk.board, {"sendToContactFlag": True})
    people._desk.notified[desk.open_status] = ["Contact"]
    found = msp.check("tickets")["findings"]
    assert [each["verdict"] for each in found] == ["finding", "finding"]
    assert "the board mails contacts" in found[0]["says"]
    assert "the open status mails contacts" in found[1]["says"]


@pytest.mark.usefixtures("desk")
def test_no_right_to_tickets(msp: Installed) -> None:
    """The right that is missing is named as ConnectWise names it, with those it goes with."""
    msp.world.connectwise.options.taken_rights = frozenset({Right.TICKETS_INQUIRE})
    verdict, says, remedy = only(msp.check("ticket-rights"))
    assert verdict == "needs set-up"
    assert says.endswith("it lacks Service Desk > Service Tickets: Inquire All.")
    assert "Add, Edit, Inquire All" in remedy


@pytest.mark.usefixtures("desk")
def test_no_right_to_members(msp: Installed) -> None:
    """Without it no answer can be taken (ASK-3), and it is named."""
    msp.world.connectwise.options.taken_rights = frozenset({Right.MEMBERS_INQUIRE})
    verdict, says, remedy = only(msp.check("ticket-answerers"))
    assert verdict == "needs set-up"
    assert "nobody's answer can be taken" in says
    assert remedy.endswith("System > Member Maintenance: Inquire All.")


@pytest.mark.usefixtures("desk")
def test_whoever_is_listed_and_cannot_answer(msp: Installed) -> None:
    """ASK-3: one who is not there, who has left, or who has no full licence is named; the others
    answer.
    """
    msp.world.connectwise.desk_people.add_member("Gone", inactive=True)
    listed = (JANE.lower(), "Nobody", "Gone", CONTRACTOR, CUSTOMER, ROBOT)
    msp.environment["TICKET_ANSWERERS"] = ", ".join(listed)
    found = msp.check("ticket-answerers")["findings"]
    assert [(each["verdict"], each["says"]) for each in found] == [
        *(
            ("finding", f"TicketAnswerers names {who!r}, {why}: no answer of theirs is taken.")
            for who, why in (
                ("Nobody", "whom ConnectWise does not have"),
                ("Gone", "who is inactive"),
                (CONTRACTOR, "who has a subcontractor's licence"),
                (CUSTOMER, "who has a customer's licence"),
                (ROBOT, "who has an API member's licence"),
            )
        ),
        ("ok", f"1 member may answer: {JANE}."),
    ]
    msp.environment["TICKET_SUBCONTRACTORS"] = "true"
    assert (
        msp.check("ticket-answerers")["findings"][-1]["says"]
        == f"2 members may answer: {JANE}, {CONTRACTOR}."
    )


@pytest.mark.usefixtures("desk")
def test_nobody_may_answer(msp: Installed) -> None:
    """ASK-3: a list of which nobody counts leaves every question open, so it needs set-up."""
    msp.environment["TICKET_ANSWERERS"] = ROBOT
    check = msp.check("ticket-answerers")
    assert check["verdict"] == "needs set-up"
    assert check["findings"][-1]["says"].startswith("Nobody may answer in a ticket")


@pytest.mark.usefixtures("desk")
def test_a_disabled_schedule(msp: Installed) -> None:
    """A schedule that somebody has disabled asks nobody."""
    scheduler = msp.client("scheduler")
    given = scheduler.get_schedule(Name="tally-Tickets")
    scheduler.update_schedule(
        Name="tally-Tickets",
        State="DISABLED",
        ScheduleExpression=given["ScheduleExpression"],
        FlexibleTimeWindow=given["FlexibleTimeWindow"],
        Target=given["Target"],
    )
    verdict, says, remedy = only(msp.check("ticket-schedule"))
    assert verdict == "needs set-up"
    assert "tally-Tickets is disabled" in says
    assert "Schedules > tally-Tickets > Enable" in remedy


@pytest.mark.usefixtures("desk")
def test_a_missing_schedule(msp: Installed) -> None:
    """A template that is older than its settings has none."""
    msp.formation.resources.pop()
    verdict, _, remedy = only(msp.check("ticket-schedule"))
    assert (verdict, remedy) == ("needs set-up", "Deploy it again with `sam deploy`.")


@pytest.mark.usefixtures("desk")
def test_a_question_that_is_open(msp: Installed) -> None:
    """ASK-1: how many are open is told; a question with its ticket is no finding."""
    assert hold(msp) is not None
    verdict, says, _ = only(waiting(msp))
    assert (verdict, says) == ("ok", "Open in tickets: 1 question; without one at this moment: 0.")


@pytest.mark.usefixtures("desk")
def test_rounds_that_do_not_come(msp: Installed) -> None:
    """A hold that has waited for an hour without a ticket says that the function does not run."""
    hold(msp)
    msp.asking.tickets.clear()
    msp.world.clock.advance(timedelta(minutes=44))
    assert waiting(msp)["verdict"] == "ok"
    msp.world.clock.advance(timedelta(minutes=17))
    verdict, says, _ = only(waiting(msp))
    assert verdict == "finding"
    assert "1 hold of more than an hour ago without a ticket: Juniper Law." in says


@pytest.mark.usefixtures("desk")
def test_a_ticket_that_was_left_for_its_contact(msp: Installed) -> None:
    """ASK-2: a contact that comes back silences a ticket; the doctor says so."""
    msp.world.connectwise.options.ticket_rewrites = {"contact": {"id": 8001, "name": "Ann"}}
    left = hold(msp)
    assert left is not None
    verdict, says, remedy = only(waiting(msp))
    assert verdict == "finding"
    assert f"left ticket {left.ticket_id} (Juniper Law, November 2026 on hold)" in says
    assert "default contact" in remedy


@pytest.mark.usefixtures("desk")
def test_a_ticket_that_was_refused(msp: Installed) -> None:
    """A refusal is told in ConnectWise's words."""
    made = hold(msp)
    assert made is not None
    refused = replace(made, state=TicketState.ASKING, ticket_id=None, why_left="type is required")
    msp.asking.tickets[made.subject] = refused
    verdict, says, _ = only(waiting(msp))
    assert verdict == "finding"
    assert says.endswith("ConnectWise said: type is required.")


@pytest.mark.usefixtures("desk")
def test_a_question_that_cannot_be_worded(msp: Installed, monkeypatch: pytest.MonkeyPatch) -> None:
    """SAFE-5: a bug of ours at one record is told, and stops no other check."""
    hold(msp)

    def odd(*_: object) -> Question | None:
        raise RuntimeError("out of words")

    monkeypatch.setattr(questions, "question_of_hold", odd)
    verdict, says, remedy = only(waiting(msp))
    assert (verdict, remedy) == ("finding", "Answer by command.")
    assert says.startswith("Nothing can be asked about ")
    assert "out of words" in says


@pytest.mark.usefixtures("desk")
def test_a_question_that_nobody_answered(msp: Installed) -> None:
    """ASK-1: after three tickets without an answer there is no fourth, and the doctor says so."""
    made = hold(msp)
    assert made is not None
    now = msp.world.clock.now()
    left = replace(made.left("It was closed without an answer.", now=now), unanswered=3)
    msp.asking.tickets[made.subject] = left
    verdict, says, remedy = only(waiting(msp))
    assert verdict == "finding"
    assert "was asked in 3 tickets without an answer" in says
    assert "tally show" in remedy
    msp.asking.tickets[made.subject] = replace(left, unanswered=2)
    assert waiting(msp)["verdict"] == "ok"
    # Three about an earlier cause: this one is asked about.
    msp.asking.tickets[made.subject] = replace(left, changed=TICK)
    assert waiting(msp)["verdict"] == "ok"
