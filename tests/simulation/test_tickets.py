"""The simulation's tickets: people's acts are drawn, and its own reading of notes judges them."""

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import pytest

from simulators.connectwise.desk.example import CONTRACTOR, JANE, PETER, ROBOT
from simulators.connectwise.store import Document
from tally.domain.asking.words import MORE
from tests.functional.asking_world import AskingWorld
from verification.simulation.desk_acts import ACTS, KINDS, LOSES, STATUS, WEIGHTS
from verification.simulation.desk_life import RULES, DeskLife
from verification.simulation.desk_notes import answers_in, asked_in
from verification.simulation.desk_setting import TICKETS, DeskSetting, desk_of
from verification.simulation.msp import Msp
from verification.simulation.play import play
from verification.simulation.setting import Shape
from verification.simulation.story import silence
from verification.simulation.ticket_checks import TicketChecks

SETTING = DeskSetting(
    listed=(), subcontractors=False, standings=(), contacts=False, rule="", busy=0.5
)
WITH_TICKETS = [seed for seed in range(120) if desk_of(Shape(seed=seed)) is not None]


@pytest.fixture
def asked() -> AskingWorld:
    scene = AskingWorld.held()
    scene.run()
    scene.world.clock.advance(timedelta(minutes=1))
    return scene


def heard(scene: AskingWorld, setting: DeskSetting = SETTING) -> list[tuple[str, str]]:
    """What the simulation reads as answers in the newest ticket."""
    found = answers_in(scene.world.connectwise.desk, scene.newest, setting)
    return [each.option for each in found]


def test_a_third_of_the_seeds_have_tickets() -> None:
    """ASK: each way to set tickets up is drawn, and a shape may leave them out."""
    assert 0.25 < len(WITH_TICKETS) / 120 < 0.42
    drawn = [desk_of(Shape(seed=seed)) for seed in range(400)]
    settings = [each for each in drawn if each is not None]
    assert {each.rule for each in settings} == {"", "made", "noted"}
    assert {each.contacts for each in settings} == {True, False}
    assert len({each.listed for each in settings}) == 3
    without = Shape(seed=WITH_TICKETS[0], without=frozenset({TICKETS}))
    assert desk_of(without) is None


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


def test_only_the_newest_question_is_answered(asked: AskingWorld) -> None:
    """ASK-4: what answered an earlier one counts no more."""
    asked.answer("approve 240")
    asked.answer("reject", by=PETER)
    assert heard(asked) == [("approve", "240"), ("reject", "")]
    asked.run()
    assert len(asked_in(asked.world.connectwise.desk, asked.newest)) == 2
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
    assert RULES in life.happened
    life.rest()
    life.happened.clear()
    made(*range(16, 31))
    assert life.notice() == 15
    assert (life.next_moment(), life.happened) == (None, [])


@pytest.mark.parametrize(
    ("held", "linked", "waits"), [(201, 5, True), (200, 5, False), (201, None, False)]
)
def test_the_ticket_that_more_wait_stands_while_they_do(
    held: int, linked: int | None, waits: bool
) -> None:
    """ASK-8: it is no customer's own; it ends once all questions have room in tickets."""
    record = SimpleNamespace(key=SimpleNamespace(company_id="c1"), hold="growth")
    ledger = SimpleNamespace(
        links=lambda: {"c1": SimpleNamespace(connectwise_id=linked)},
        all_open_records=lambda: [record] * held,
        all_standings=list,
    )
    checks = TicketChecks(
        books=SimpleNamespace(msp=SimpleNamespace(ledger=ledger)),  # type: ignore[arg-type]
        life=SimpleNamespace(subjects={7: MORE}, setting=SETTING),  # type: ignore[arg-type]
    )
    assert checks._has_cause(7) is waits
