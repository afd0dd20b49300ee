"""Which note is an answer: all conditions of the protocol together, and each of them alone."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tally.domain.asking.answer import Answerers, answers, first_line, near_misses, reason
from tally.domain.asking.question import code_of, question_of_hold, reference
from tally.domain.asking.seen import SeenMember, SeenNote
from tally.domain.asking.ticket import Given, Ticket
from tally.domain.holds import KINDS, Moved, Strangers
from tests.unit.asking_scene import ASKED, JANE, OURS, held, note, question, ticket
from tests.unit.digest_scene import hold

TICKET = ticket()
CODE = TICKET.code


def taken(
    *notes: SeenNote,
    of: Ticket = TICKET,
    members: tuple[SeenMember, ...] = (JANE,),
    answerers: Answerers | None = None,
) -> list[Given]:
    """The answers among the notes."""
    return answers(
        of,
        question(),
        notes,
        members={each.identifier: each for each in members},
        answerers=answerers or Answerers(),
    )


@pytest.mark.parametrize(
    "text",
    [
        "TALLY {code} approve",
        "tally {code} APPROVE 240",
        "\n \n  Tally\t{code}  approve  \nthey moved in forty people",
        "TALLY\u00a0{code} approve",
    ],
)
def test_a_note_that_meets_all_conditions_is_an_answer(text: str) -> None:
    """ASK-3: case and spaces aside; the rest of the note is the reason (ASK-5)."""
    (found,) = taken(note(text.format(code=CODE)))
    assert (found.option, found.member, found.note_id) == ("approve", "JDoe", 77)
    assert found.about == question().about


def test_the_rest_of_the_note_is_why() -> None:
    """ASK-5: on one line, shortened, and fit for a screen."""
    (found,) = taken(note(f"TALLY {CODE} reject\n\nsee  mail of\n\x1b[31mMonday"))
    assert found.why == "see mail of \\x1b[31mMonday"
    assert len(reason("x\n" + "y" * 9000)) <= 2000


BROKEN: dict[str, dict[str, Any]] = {
    "of another ticket": {"ticket_id": 9002},
    "by a contact too": {"contact": True},
    "by no member": {"member": ""},
    "not internal": {"internal": False},
    "before the question": {"created": ASKED - timedelta(seconds=1)},
    "in the second of the question": {"created": ASKED},
    "of no time": {"created": None},
    "filed from a mail": {"member": "zAdmin", "created_by": "zAdmin", "updated_by": "zAdmin"},
    "by ourselves": {"member": OURS, "created_by": OURS, "updated_by": OURS},
    "by an integration in her name": {"created_by": "SomeBot"},
    "of unknown making": {"created_by": ""},
    "changed by somebody else": {"updated_by": "SomeBot"},
    "by somebody unknown": {"member": "Ghost", "created_by": "Ghost", "updated_by": "Ghost"},
}


@pytest.mark.parametrize("told", BROKEN.values(), ids=BROKEN)
def test_each_condition_alone_makes_it_none(told: dict[str, Any]) -> None:
    """ASK-3: all conditions hold together, or it is no answer."""
    others = (JANE, SeenMember(identifier="zAdmin", license_class="F", active=True))
    ours = SeenMember(identifier=OURS, license_class="F", active=True)
    text = f"TALLY {CODE} approve"
    assert taken(note(text), members=(*others, ours))
    assert not taken(note(text, **told), members=(*others, ours))


@pytest.mark.parametrize(
    "text",
    [
        "> TALLY {code} approve",
        "Please: TALLY {code} approve",
        "yes\nTALLY {code} approve",
        "TALLY {code} approve.",
        "TALLY {code} approve 240 seats",
        "TALLY {code} approve 241",
        "TALLY {code} approve -240",
        "TALLY {code} approve 2\u0664\u0660",
        "TALLY {code} approve 1" + "0" * 12,
        "TALLY {code} void",
        "TALLY {code} take-over 900",
        "TALLY {code} keep-apart",
        "TALLY {code}",
        "TALLY approve",
        "TALLY ZZZZ approve",
        "T\u0410LLY {code} approve",
        "TALLY {code} ta\u212ae-over 900",
        "TALLY {code} approve reject",
        "",
    ],
)
def test_anything_else_is_no_answer(text: str) -> None:
    """ASK-3: a quotation, another word, another number, another code, look-alike letters."""
    assert not taken(note(text.format(code=CODE)))


@pytest.mark.parametrize(
    "text",
    [
        "TALLY {code} approve 240\n    Set to 240.\n\nTALLY {code} reject\n    31 stay billed.",
        "TALLY {code} approve\nNo, wait. tally  {code} Reject!",
        "TALLY {code} approve\n> TALLY {code} reject",
        "TALLY {code} approve 240\nTALLY {code} approve 260",
        "TALLY {code} approve\x0bTALLY {code} void",
    ],
)
def test_a_note_that_names_another_answer_too_is_none(text: str) -> None:
    """ASK-3: who copies all lines that are offered, or thinks again, has not chosen; one hint."""
    found = note(text.format(code=CODE))
    assert not taken(found)
    assert near_misses(TICKET, [found], []) == [found.id]


@pytest.mark.parametrize(
    "below", ["TALLY {code} approve 240", "Approve, by TALLY {code} approve.", "TALLY AAAA reject"]
)
def test_the_same_answer_again_below_is_no_other(below: str) -> None:
    """ASK-3: nor is what has another question's code."""
    assert taken(note(f"TALLY {CODE} approve\n{below.format(code=CODE)}"))


def test_a_note_that_was_used_is_none() -> None:
    """ASK-4: what answered an earlier question answers no later one."""
    assert not taken(note(f"TALLY {CODE} approve"), of=replace(TICKET, used=(77,)))


def test_a_question_that_is_not_surely_asked_has_no_answer() -> None:
    """ASK-3: without the question's time nothing is later than it."""
    assert not taken(note(f"TALLY {CODE} approve"), of=replace(TICKET, asked=None))


@pytest.mark.parametrize(
    ("license_class", "active", "answerers", "counts"),
    [
        ("F", True, Answerers(), True),
        ("F", False, Answerers(), False),
        ("X", True, Answerers(), False),
        ("X", True, Answerers(subcontractors=True), True),
        ("A", True, Answerers(subcontractors=True), False),
        ("C", True, Answerers(subcontractors=True), False),
        ("", True, Answerers(), False),
        ("F", True, Answerers(listed=("jdoe",)), True),
        ("F", True, Answerers(listed=("someone",)), False),
        ("A", True, Answerers(listed=("JDoe",)), False),
    ],
)
def test_only_some_members_answer(
    license_class: str, active: bool, answerers: Answerers, counts: bool
) -> None:
    """ASK-3: an active member with a full licence, and on the list if there is one."""
    jane = SeenMember(identifier="JDoe", license_class=license_class, active=active)
    found = taken(note(f"TALLY {CODE} approve"), members=(jane,), answerers=answerers)
    assert bool(found) is counts


@pytest.mark.slow
@settings(max_examples=300)
@given(st.text(max_size=60))
def test_no_text_is_read_by_chance(text: str) -> None:
    """ASK-3: what is read is exactly the form, and nothing near it."""
    line = first_line(text)
    if line is not None:
        first = next(each for each in text.splitlines() if each.strip())
        said = ["tally", line.code.lower(), line.word]
        said += [] if line.number is None else [first.split()[-1]]
        assert first.lower().split() == said


@pytest.mark.parametrize(
    ("text", "is_near"),
    [
        ("> TALLY {code} approve", True),
        ("tally please approve", True),
        ("what does {code} mean?", True),
        ("TALLY ABCD approve", True),
        ("Jane called, they grew", False),
        ("the tally was wrong", False),
    ],
)
def test_what_seems_to_be_meant_as_an_answer_brings_a_hint(text: str, is_near: bool) -> None:
    """ASK-3: our own notes never do, nor what was taken, nor what was hinted at."""
    of = note(text.format(code=CODE), internal=False)
    assert bool(near_misses(TICKET, [of], [])) is is_near
    assert not near_misses(TICKET, [replace(of, created_by=OURS)], [])
    assert not near_misses(replace(TICKET, used=(77,), hinted=True), [of], [])
    answer = note(f"TALLY {CODE} approve")
    assert not near_misses(TICKET, [answer], taken(answer))


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_hold_has_a_question(kind: type) -> None:
    """ASK-1: the question as the accountant reads it, with what each answer will do."""
    of = held(hold(kind), pushed=None if kind is Strangers else 31)
    found = question_of_hold(of, "Harbor Dental")
    assert found is not None
    assert of.hold is not None
    assert found.why == of.hold.why
    assert all(each.follows for each in found.options)
    words = [(each.word, each.number) for each in found.options]
    assert len(set(words)) == len(words)


def test_a_question_changes_with_its_numbers() -> None:
    """ASK-4: other numbers, another code; the same question has the same, whenever it is asked."""
    asked = held()
    assert asked.hold is not None
    later = replace(asked, hold=replace(asked.hold, since=ASKED + timedelta(days=1)))
    more = replace(asked, hold=replace(asked.hold, why="GravityZone counts 241.", agreed=241))  # type: ignore[call-arg]
    assert question(later).about == question(asked).about
    assert question(more).about != question(asked).about
    moved = Moved(why="A, B, C, D, E and 1 more came.", since=ASKED, counted=9, children=("f",))
    others = replace(moved, children=("g",))
    assert question(held(moved)).about != question(held(others)).about
    mark = reference("tally", question().subject, 1)
    codes = {
        code_of(question(), reference=mark, edition=each, at=ASKED + timedelta(hours=at))
        for each in range(1, 14)
        for at in range(3)
    }
    assert len(codes) == 39
    assert all(len(each) == 4 and each.isalnum() and each.isupper() for each in codes)


@given(st.text(min_size=1, max_size=130), st.integers(1, 99))
def test_a_reference_has_room(deployment: str, number: int) -> None:
    """ASK-1: at most 100 characters, and another one for each ticket."""
    subject = question().subject
    mark = reference(deployment, subject, number)
    assert len(mark) <= 100
    assert mark != reference(deployment, subject, number + 1)
