"""ASK-8: what a run reads, and the bounds of what is asked at once."""

from dataclasses import replace
from datetime import timedelta

import pytest

from simulators.clock import VirtualClock
from simulators.connectwise.desk.example import JANE, example_desk
from simulators.faults import Fault, FaultKind
from tally.asking import questions
from tally.asking import round as asking
from tally.domain.asking.question import Question, Subject
from tally.domain.asking.ticket import Ticket, TicketState
from tally.domain.model.standing import StandingState
from tally.domain.record.usage_record import UsageRecord
from testing.asking import MemoryAsking, asking_round
from testing.effects import Effects, Moment
from testing.world import Customer, World
from tests.functional.asking_world import DAY, OCTOBER, QUARTER, AskingWorld
from tests.functional.instants import gmt

_FIRST = 14
"""The effect of a run that makes the first ticket."""
A_RUN = 2
"""Calls that find the board and its statuses."""


def held(customers: int) -> tuple[World, list[Customer], MemoryAsking]:
    """So many customers, each held at 240."""
    world = World(clock=VirtualClock(gmt("2026-10-01 00:00")))
    example_desk(world.connectwise.desk_people)
    all_of_them = [world.add_customer(f"Customer {number}") for number in range(customers)]
    for each in all_of_them:
        world.check_in(each, 31, at=gmt("2026-10-19 08:00"))
    world.play(*map(gmt, OCTOBER))
    for each in all_of_them:
        world.check_in(each, 209, at=gmt("2026-11-16 08:00"))
    world.play(gmt("2026-11-16 08:00"))
    world.connectwise.calls.clear()
    return world, all_of_them, MemoryAsking()


def run(
    world: World,
    memory: MemoryAsking,
    *,
    fails: bool = False,
    most_open: int = asking.MOST_OPEN,
) -> asking.Asked:
    """One run, a quarter of an hour later."""
    world.clock.advance(QUARTER)
    done = asking_round(world, memory, most_open=most_open)()
    assert fails or done.failures == {}
    return done


def test_a_run_reads_its_own_open_tickets() -> None:
    """ASK-8: a ticket and its notes for each, and `allNotes` only after a change; no search."""
    world, _, memory = held(20)
    run(world, memory)
    world.connectwise.calls.clear()
    run(world, memory)
    # 20 tickets and their notes; boards, statuses, and where the API is.
    calls = world.connectwise.calls
    assert (calls.count("GET tickets/{id}"), calls.count("GET notes")) == (20, 20)
    assert calls.count("GET tickets") == 0
    quiet = calls.count()
    assert quiet <= 20 * 2 + A_RUN + 1
    world.connectwise.desk_people.add_note(1, "I shall look.", by=JANE)
    calls.clear()
    run(world, memory)
    assert (calls.count("GET allNotes"), calls.count()) == (1, quiet + 1)
    calls.clear()
    run(world, memory)
    assert (calls.count("GET allNotes"), calls.count()) == (0, quiet)


def test_beyond_the_bound_one_ticket_says_so() -> None:
    """ASK-8: no more are open at once; those that wait come as soon as there is room."""
    world, customers, memory = held(5)
    done = run(world, memory, most_open=3)
    assert (done.made, done.left_out) == (3, 2)
    tickets = list(world.connectwise.desk)
    assert [each["externalXRef"].startswith("tally:tally:*") for each in tickets] == [
        False,
        False,
        False,
        True,
    ]
    assert "more questions wait" in tickets[-1]["summary"]
    for _ in range(4):
        assert run(world, memory, most_open=3).made == 0
    for number, each in enumerate(customers):
        record = world.record(each, "2026-11")
        assert record is not None
        world.answers().approve(record.key, by="jane@msp.test", why="true")
        assert run(world, memory, most_open=3).made == (number < 2)
    for _ in range(3):
        run(world, memory, most_open=3)
    desk = list(world.connectwise.desk)
    assert [each["closedFlag"] for each in desk] == [True] * len(desk)
    marks = [each["externalXRef"] for each in desk]
    assert len(marks) == len({*marks})
    assert all(each.state is TicketState.CLOSED for each in memory.tickets.values())


@pytest.mark.parametrize("kind", [FaultKind.TIMEOUT_AFTER, FaultKind.TIMEOUT_BEFORE])
def test_one_that_may_have_been_made_has_its_place(kind: FaultKind) -> None:
    """ASK-8, SAFE-2: its answer was lost, so the next one waits as if it were open."""
    world, _, memory = held(3)
    world.connectwise.faults.add(Fault(kind=kind, operation="POST tickets", times=1))
    assert run(world, memory, fails=True, most_open=1).left_out == 2
    for _ in range(3):
        run(world, memory, most_open=1)
    marks = [each["externalXRef"] for each in world.connectwise.desk]
    assert sorted(":*:" in each for each in marks) == [False, True]


def test_who_waits_for_the_ticket_of_an_unlinked_customer_is_told_of() -> None:
    """ASK-8: that one is open as long as its hold, and has its place among all."""
    world, customers, memory = held(1)
    run(world, memory, most_open=1)
    world.set_up().unlink(customers[0].id, by="jane@msp.test", why="a mistake")
    other = world.add_customer("Other")
    world.check_in(other, 600, at=gmt("2026-11-16 09:00"))
    world.play(gmt("2026-11-16 09:00"))
    done = run(world, memory, most_open=1)
    assert (done.made, done.left_out) == (0, 1)
    marks = [each["externalXRef"] for each in world.connectwise.desk]
    assert [":*:" in each for each in marks] == [False, True]
    run(world, memory, most_open=1)
    assert [each["closedFlag"] for each in world.connectwise.desk] == [False, False]


@pytest.mark.parametrize("number", [2, 5, _FIRST, _FIRST + 4, _FIRST + 9])
def test_two_runs_at_once_make_no_more_than_one(number: int) -> None:
    """ASK-8: what another run makes at any moment of this one has its place."""
    world, _, memory = held(4)

    def another() -> None:
        asking_round(world, memory, most_open=2)()

    effects = Effects(another, at=Moment(number=number, after=False))
    asking_round(world, memory, wrap=effects.wrap, most_open=2)()
    assert len(effects.names) >= number
    assert len([each for each in memory.tickets if each.company_id != "*"]) == 2


@pytest.mark.slow
def test_that_more_wait_is_said_where_it_can_be() -> None:
    """ASK-8: refused at a company that is gone from ConnectWise, it is said at another one."""
    world, customers, memory = held(6)
    by_id = sorted(customers, key=lambda each: each.id)
    gone = [each.connectwise_id for each in by_id[3:5]]
    group = world.connectwise.people.add_company("Group", "The Group")
    for each in gone:
        world.connectwise.people.merge_company(each, into=group)
    refused = run(world, memory, fails=True, most_open=3)
    assert refused.failures.keys() == {"*:standing"}
    for _ in range(6):
        world.clock.advance(DAY)
        run(world, memory, fails=True, most_open=3)
    said = [each for each in world.connectwise.desk if ":*:" in each["externalXRef"]]
    assert [each["closedFlag"] for each in said] == [False]
    assert said[0]["company"]["id"] not in gone


def test_two_hundred_are_the_bound() -> None:
    """ASK-8: as settings and documents say."""
    assert asking.MOST_OPEN == 200


@pytest.mark.parametrize("tickets", [3, 37, 74, 199])
def test_each_ticket_has_its_turn(tickets: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """ASK-8: where a run has time for one ticket alone, each is looked at within so many runs."""
    world, _, memory = held(1)
    run(world, memory)
    [one] = memory.tickets.values()
    subjects = [Subject(company_id=f"c{number}") for number in range(tickets)]
    memory.tickets = {each: replace(one, subject=each) for each in subjects}
    looked: list[Subject] = []

    def look(_: object, ticket: Ticket) -> Ticket:
        looked.append(ticket.subject)
        return ticket

    monkeypatch.setattr(asking, "look", look)
    for number in range(tickets):
        world.clock.advance(QUARTER)
        replace(asking_round(world, memory), has_time=lambda turn=number: len(looked) <= turn)()
    assert sorted(looked, key=str) == sorted(subjects, key=str)


def test_the_trouble_of_one_is_no_other_ones() -> None:
    """SAFE-5: a ticket that cannot be read is told, and the others are gone on with."""
    world, customers, memory = held(3)
    run(world, memory)
    world.connectwise.faults.add(
        Fault(kind=FaultKind.STATUS, status=500, operation="GET *", contains="/tickets/2")
    )
    world.clock.advance(QUARTER)
    for number in (1, 2, 3):
        [question] = world.connectwise.desk.notes(number).current()
        code = question.fields["text"].partition("\nTALLY ")[2][:4]
        world.connectwise.desk_people.add_note(number, f"TALLY {code} reject\nno", by=JANE)
    done = run(world, memory, fails=True)
    assert len(done.failures) == 1
    records = [world.record(each, "2026-11") for each in customers]
    assert sum(each is not None and each.hold is None for each in records) == 2


def test_a_question_that_cannot_be_worded_stops_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """SAFE-5: a bug of ours at one record is told, and the others are asked about."""
    world, customers, memory = held(3)
    sound = questions.question_of_hold

    def odd(record: UsageRecord, company: str) -> Question | None:
        assert record.key.company_id != customers[0].id
        return sound(record, company)

    monkeypatch.setattr(questions, "question_of_hold", odd)
    done = run(world, memory, fails=True)
    assert (done.made, len([*world.connectwise.desk])) == (2, 2)
    assert list(done.failures) == [customers[0].id]


def test_a_ticket_that_is_made_late_in_a_run_is_not_old() -> None:
    """ASK-1, SAFE-2: its lost answer is waited for from when it was sent, not from the run's start.

    The run takes ten minutes, the next one comes three minutes later, and lists lag by four.
    """
    world, _, memory = held(2)
    world.connectwise.options.list_lag = timedelta(minutes=4)
    lost = Fault(kind=FaultKind.TIMEOUT_AFTER, operation="POST tickets", after=1, times=1)
    world.connectwise.faults.add(lost)
    effects = Effects(
        lambda: world.clock.advance(timedelta(minutes=10)), at=Moment(number=_FIRST, after=True)
    )
    asking_round(world, memory, wrap=effects.wrap)()
    assert effects.names[_FIRST - 1] == "connectwise.test POST"
    world.clock.advance(timedelta(minutes=3))
    asking_round(world, memory)()
    run(world, memory)
    assert len(list(world.connectwise.desk)) == 2
    assert {each.state for each in memory.tickets.values()} == {TicketState.OPEN}


def test_a_standing_is_asked_about_by_choice_after_a_day() -> None:
    """ASK-1, ASK-6: nothing is to be answered; once it is put right, the ticket is closed."""
    scene = AskingWorld.held()
    scene.world.answers().approve(scene.record.key, by="jane@msp.test", why="true")
    people = scene.world.connectwise.people
    scene.world.gravityzone.tenant.add_company("Old Mill")
    mill = people.add_company("OldMill", "Old Mill")
    scene.tick(240)
    chosen = (StandingState.NEEDS_SETUP,)
    assert scene.run(standings=chosen).made == 0
    scene.world.clock.advance(DAY)
    assert scene.run().made == 0
    assert scene.run(standings=chosen).made == 1
    [ticket] = scene.tickets
    assert (ticket["company"]["id"], ticket["summary"][:29]) == (
        mill,
        "Tally: needs set-up - Old Mil",
    )
    scene.world.clock.advance(QUARTER)
    scene.people.add_note(scene.newest, scene.line(code="AAAA"), by=JANE)
    scene.people.add_time_entry(scene.newest, scene.line(code="AAAA"), by=JANE)
    scene.run(standings=chosen)
    assert scene.texts()[0].endswith("put it right, and Tally closes this ticket by itself.")
    scene.world.add_agreement(mill)
    scene.tick(240)
    scene.run(standings=chosen)
    assert scene.tickets[0]["closedFlag"]
    assert scene.texts()[-1] == "The cause is gone. Nothing is left to answer here."
    assert len(scene.texts()) == 2
