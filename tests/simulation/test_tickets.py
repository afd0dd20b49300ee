"""The simulation's tickets: people's acts are drawn, and its own reading of notes judges them."""

from dataclasses import replace
from datetime import timedelta
from functools import partial
from random import Random
from types import SimpleNamespace

import pytest

from simulators.connectwise import API
from simulators.connectwise.desk.example import CONTRACTOR, JANE, PETER, ROBOT
from simulators.connectwise.store import Document
from tally.asking.round import MOST_OPEN
from tally.domain.asking.ticket import TicketState
from tally.domain.asking.words import MORE, STAYS_OPEN
from tests.functional.asking_world import DAY, AskingWorld
from verification.simulation.books import Books
from verification.simulation.desk_acts import ACTS, KINDS, LOSES, STATUS, WEIGHTS
from verification.simulation.desk_life import RULES as ANY_RULE
from verification.simulation.desk_life import DeskLife, Subject
from verification.simulation.desk_members import Members
from verification.simulation.desk_notes import answers_in, asked_in
from verification.simulation.desk_rules import LATER_THAN_A_CONTACT, RULES, DeskRules
from verification.simulation.desk_setting import FEW_AT_ONCE, TICKETS, DeskSetting, desk_of
from verification.simulation.msp import Msp
from verification.simulation.play import play
from verification.simulation.setting import Shape
from verification.simulation.story import ViolationError, silence
from verification.simulation.ticket_checks import TicketChecks

SETTING = DeskSetting(
    listed=(), subcontractors=False, standings=(), contacts=False, rule="", busy=0.5
)
WITH_TICKETS = [seed for seed in range(120) if desk_of(Shape(seed=seed)) is not None]


def bound(seed: int, *without: str) -> int:
    """The most questions that a seed has open at once."""
    setting = desk_of(Shape(seed=seed, without=frozenset(without)))
    assert setting is not None
    return setting.most_open


@pytest.fixture
def asked() -> AskingWorld:
    scene = AskingWorld.held()
    scene.run()
    scene.world.clock.advance(timedelta(minutes=1))
    return scene


def members_of(scene: AskingWorld, setting: DeskSetting = SETTING) -> Members:
    """Who answers at that desk."""
    return Members(scene.world.connectwise.desk, scene.people, setting)


def heard(
    scene: AskingWorld, setting: DeskSetting = SETTING, members: Members | None = None
) -> list[tuple[str, str]]:
    """What the simulation reads as answers in the newest ticket."""
    known, now = members or members_of(scene, setting), scene.world.clock.now()
    counts = partial(known.counts, since=now)
    found = answers_in(scene.world.connectwise.desk, scene.newest, counts)
    return [each.option for each in found]


def test_a_third_of_the_seeds_have_tickets() -> None:
    """ASK: each way to set tickets up is drawn, and a shape may leave them out."""
    assert 0.25 < len(WITH_TICKETS) / 120 < 0.42
    drawn = [desk_of(Shape(seed=seed)) for seed in range(400)]
    settings = [each for each in drawn if each is not None]
    assert {each.rule for each in settings} == {"", *RULES}
    with_contacts = {each.rule for each in settings if each.contacts}
    assert not with_contacts & LATER_THAN_A_CONTACT
    assert {each.most_open for each in settings} == {1, 2, 4, MOST_OPEN}
    assert {each.contacts for each in settings} == {True, False}
    assert len({each.listed for each in settings}) == 3
    seed = next(each for each in WITH_TICKETS if bound(each) < MOST_OPEN)
    assert bound(seed, FEW_AT_ONCE) == MOST_OPEN
    assert desk_of(Shape(seed=seed, without=frozenset({TICKETS}))) is None


def test_each_act_has_its_name_and_weight() -> None:
    """ASK-7: what takes a ticket from us is told apart from what only closes it."""
    assert len(KINDS) == len(ACTS) == len(WEIGHTS)
    assert {"ticket merged", "ticket moved", "ticket deleted"} <= LOSES
    assert not LOSES & STATUS


@pytest.mark.parametrize(
    ("line", "option"),
    [
        ("TALLY {} approve 240", ("approve", "240")),
        ("\n  tally  {}   Approve ", ("approve", "240")),
        ("TALLY {} reject", ("reject", "")),
        ("TALLY {} approve 241", None),
        ("TALLY {} reject 31", None),
        ("TALLY {} waive", None),
        ("TALLY {} approve 240 please", None),
        ("> TALLY {} approve 240", None),
        ("Hello\nTALLY {} approve 240", None),
        ("TALLY AAAA approve 240", None),
        ("TALLY {}", None),
    ],
)
def test_a_first_line_is_read(
    asked: AskingWorld, line: str, option: tuple[str, str] | None
) -> None:
    """ASK-3: the code, an option that is offered, its own number, and nothing else."""
    asked.people.add_note(asked.newest, line.format(asked.code), by=JANE)
    assert heard(asked) == ([] if option is None else [option])


@pytest.mark.parametrize("who", [CONTRACTOR, ROBOT, "CAnn"])
def test_only_members_count(asked: AskingWorld, who: str) -> None:
    """ASK-3: a full licence, or a subcontractor's where the setting says so; on the list if any."""
    asked.people.add_note(asked.newest, asked.line(), by=who)
    assert heard(asked) == []
    allowed = [("approve", "240")] if who == CONTRACTOR else []
    assert heard(asked, replace(SETTING, subcontractors=True)) == allowed
    assert heard(asked, replace(SETTING, subcontractors=True, listed=(JANE,))) == []


def test_what_only_looks_like_an_answer(asked: AskingWorld) -> None:
    """ASK-3: wrong places, customers, integrations and edits by others are none."""
    people, ticket, line = asked.people, asked.newest, asked.line()
    people.add_note(ticket, line, kind="discussion", by=JANE)
    people.add_note(ticket, line, kind="resolution", by=JANE)
    people.add_time_entry(ticket, line, by=JANE)
    people.mail_reply(ticket, line)
    people.customer_note(ticket, line)
    people.add_note_as(ticket, line, member=JANE, by=ROBOT)
    people.edit_note(people.add_note(ticket, "Let me see.", by=JANE), line, by=PETER)
    assert heard(asked) == []
    people.edit_note(people.add_note(ticket, "Let me see.", by=JANE), line, by=JANE)
    assert heard(asked) == [("approve", "240")]


def test_a_member_who_leaves_counts_no_more(asked: AskingWorld) -> None:
    """ASK-3: nor does his note, until he is back; then nobody can tell if it was used up."""
    clock, members = asked.world.clock, members_of(asked)
    asked.answer("approve 240")
    written = clock.now()
    assert members.lose(JANE, clock.now(), Random(1))
    assert not members.lose(JANE, clock.now(), Random(2))
    assert members.counts(JANE, since=written)
    clock.advance(timedelta(minutes=1))
    assert not members.counts(JANE, since=clock.now())
    assert heard(asked, members=members) == []
    members.come_back(clock.now() + timedelta(hours=201))
    assert heard(asked, members=members) == [("approve", "240")]
    assert members.was_away(JANE, since=written)
    assert not members.was_away(PETER, since=written)


def test_what_rules_do_to_tickets(asked: AskingWorld) -> None:
    """ASK-6: reopened for a write of Tally's it is Tally's to close; else it is people's."""
    desk, now = asked.world.connectwise.desk, asked.world.clock.now
    rules = DeskRules(desk, asked.people, asked.ids, "reopens noted")
    assert rules.begin(now()) == "a rule reopens each ticket that is noted, for 1 day, 6:00:00"
    assert not rules.begin(now())
    asked.people.set_ticket_status(asked.newest, asked.ids.closed_status, by=JANE)
    rules.ended[asked.newest] = now()
    asked.answer()
    rules.look(lambda _: True)
    assert asked.newest in rules.ended
    asked.people.set_ticket_status(asked.newest, asked.ids.closed_status, by=JANE)
    asked.run()
    rules.look(lambda _: True)
    assert (rules.ended, rules.is_reopened(asked.newest, now())) == ({}, True)
    assert rules.is_theirs(asked.newest)
    rules.end(now() + timedelta(hours=31))
    assert not rules.is_theirs(asked.newest)


def test_only_the_newest_question_is_answered(asked: AskingWorld) -> None:
    """ASK-4: what answered an earlier one counts no more."""
    asked.answer("approve 240")
    asked.answer("reject", by=PETER)
    assert heard(asked) == [("approve", "240"), ("reject", "")]
    asked.run()
    assert len(asked_in(asked.world.connectwise.desk, asked.newest)) == 2
    assert heard(asked) == []


def test_a_question_that_no_answer_helps_takes_the_place_of_the_one_before(
    asked: AskingWorld,
) -> None:
    """ASK-4: the code of before counts no more, though there is no new one."""
    said = "Nothing is to be answered here: put it right."
    asked.people.add_note_as(asked.newest, said, member=JANE, by=API)
    asked.world.clock.advance(timedelta(minutes=1))
    asked.answer("approve 240")
    assert heard(asked) == []


@pytest.mark.slow
@pytest.mark.no_cover
def test_life_goes_on_in_tickets() -> None:
    """ASK: tickets are made and closed, and answers come right and wrong; a shape has none."""
    seed = WITH_TICKETS[0]
    lived = play(Shape(seed=seed)).lived
    assert {"tickets made", "tickets closed", "answers taken", "ticket answered"} <= lived.keys()
    without = play(Shape(seed=seed, without=frozenset({TICKETS}))).lived
    assert not {each for each in without if each.startswith("ticket")}


def test_who_rests_leaves_new_tickets_alone_too() -> None:
    """Invariant 18: in peace nobody acts on a ticket, and no rule closes one that is made then."""
    msp = Msp(Shape(seed=WITH_TICKETS[0]))
    busy = replace(SETTING, rule="noted", busy=1.0)
    life = DeskLife(msp, busy, silence, is_known=lambda _: True)

    def made(*numbers: int) -> None:
        for each in numbers:
            about = {"externalXRef": f"tally:tally:{each:024x}:202807:service{each}:1"}
            ticket = Document({"id": each, "closedBy": "", **about})
            life.desk.tickets.put(each, ticket, now=life.now, lag=timedelta())

    made(*range(1, 16))
    assert life.notice() == 15
    assert life.next_moment() is not None
    assert ANY_RULE in life.happened
    life.rest()
    life.happened.clear()
    made(*range(16, 31))
    assert life.notice() == 15
    assert (life.next_moment(), life.happened) == (None, [])


@pytest.mark.parametrize(
    ("held", "linked", "others", "fought", "waits"),
    [
        (201, 5, 0, False, True),
        (200, 5, 0, False, False),
        (201, None, 0, False, False),
        (199, 5, 2, False, True),
        (199, 5, 2, True, True),
    ],
)
def test_the_ticket_that_more_wait_stands_while_they_do(
    held: int, linked: int | None, others: int, fought: bool, waits: bool
) -> None:
    """ASK-8: it is no customer's own; it ends once all questions have room in tickets.

    Room is taken, too, by ``others``: tickets of a company that is not linked any more, or
    (``fought``) those that a rule reopens each time they are closed.
    """
    record = SimpleNamespace(key=SimpleNamespace(company_id="c1"), hold="growth")
    ledger = SimpleNamespace(
        links=lambda: {"c1": SimpleNamespace(connectwise_id=linked)},
        all_open_records=lambda: [record] * held,
        all_standings=list,
        standing=lambda _: None,
    )
    of = SimpleNamespace(company_id="c1" if fought else "c2", rest="standing")
    desk = [
        {
            "id": number,
            "closedFlag": False,
            "contact": None,
            "_info": {"enteredBy": "TallyAPI"},
        }
        for number in range(others)
    ]
    life = SimpleNamespace(
        subjects={7: MORE} | {each["id"]: of for each in desk},
        setting=SETTING,
        desk=desk,
        lost={},
        rules=SimpleNamespace(is_theirs=lambda _: fought, is_fought_over=lambda _: fought),
    )
    connectwise = SimpleNamespace(options=SimpleNamespace(api_member="TallyAPI"))
    msp = SimpleNamespace(ledger=ledger, connectwise=connectwise)
    checks = TicketChecks(
        books=SimpleNamespace(msp=msp),  # type: ignore[arg-type]
        life=life,  # type: ignore[arg-type]
    )
    assert checks._has_cause(7) is waits


def checks_of(scene: AskingWorld, *, most_open: int = MOST_OPEN) -> TicketChecks:
    """The checks of a world's tickets, in a run that begins now."""
    desk, clock = scene.world.connectwise.desk, scene.world.clock
    life = SimpleNamespace(
        now=clock.now(),
        desk=desk,
        notice=lambda: 0,
        subjects={each["id"]: Subject.of(each) for each in desk},
        lost={},
        rules=DeskRules(desk, scene.people, scene.ids, "reopens changed"),
        setting=replace(SETTING, most_open=most_open),
    )
    msp = SimpleNamespace(connectwise=scene.world.connectwise, ledger=scene.world.ledger)
    books = Books(msp=msp)  # type: ignore[arg-type]
    return TicketChecks(books=books, life=life, begun=[clock.now()])  # type: ignore[arg-type]


def test_no_more_are_open_than_may_be(asked: AskingWorld) -> None:
    """Invariant 17: one is, and none may be (ASK-8)."""
    checks_of(asked, most_open=1).after_run(quiet=False)
    with pytest.raises(ViolationError, match="open at once"):
        checks_of(asked, most_open=0).after_run(quiet=False)


@pytest.mark.parametrize(("after", "reopens"), [(DAY, True), (DAY / 2, True), (DAY, False)])
def test_a_ticket_is_left_open_only_after_a_day_of_a_rule(
    asked: AskingWorld, after: timedelta, reopens: bool
) -> None:
    """Invariant 17: and only where the rule reopened it just now (ASK-6)."""
    checks, remembered = checks_of(asked), asked.remembered
    rules = checks.life.rules
    checks.saved(remembered, replace(remembered, state=TicketState.CLOSING))
    asked.world.clock.advance(after)
    if reopens:
        rules.begin(asked.world.clock.now())
    asked.world.tickets().set_status(asked.newest, asked.ids.closed_status)
    rules.look(lambda _: True)
    checks.life.now = asked.world.clock.now()  # type: ignore[misc]
    left = remembered.left(STAYS_OPEN, now=asked.world.clock.now())
    if reopens and after == DAY:
        checks.saved(remembered, left)
        assert rules.left == {asked.newest}
    else:
        with pytest.raises(ViolationError, match="left open"):
            checks.saved(remembered, left)


def test_a_word_of_an_answer_that_was_not_carried_out(asked: AskingWorld) -> None:
    """Invariant 16: the ticket says who answered; the history must say so too (ASK-5)."""
    checks = checks_of(asked)
    asked.world.answers().approve(asked.record.key, by="jane@msp.test", why="true")
    asked.run()
    checks._no_false_word()
    asked.world.tickets().add_note(asked.newest, "Answered by JDoe: approve 240.")
    with pytest.raises(ViolationError, match="says 'Answered by JDoe"):
        checks._no_false_word()
