"""What follows for a ticket: one case a row of the protocol, and laws over all of them."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tally.connectwise.tickets.rows import LONGEST_TEXT
from tally.domain.asking import words
from tally.domain.asking.next_step import (
    Hint,
    Leave,
    Renew,
    Step,
    Take,
    next_number,
    step,
    unanswered,
)
from tally.domain.asking.question import Question, question_of_standing
from tally.domain.asking.still_ours import not_ours_any_more
from tally.domain.asking.ticket import Given, TicketState
from tally.domain.holds import Strangers
from tally.domain.model.standing import WHOLE_COMPANY, Standing, failing, needs_setup, waiting
from tests.unit.asking_scene import ASKED, BOARD, held, question, seen, ticket

NOW = ASKED + timedelta(hours=2)
MOVED = replace(question(), why="GravityZone counts 241, after 31.")


def answer(option: str = "approve", *, note_id: int = 77, number: int | None = None) -> Given:
    """An answer to the question."""
    return Given(
        note_id=note_id,
        member="JDoe",
        option=option,
        number=number,
        why="",
        at=ASKED + timedelta(hours=1),
        about=question().about,
    )


def following(
    *given_: Given,
    asked: Question = question(),  # noqa: B008 - a frozen value
    near: tuple[int, ...] = (),
    closed: bool = False,
    **told: Any,  # noqa: ANN401 - fields of a ticket
) -> Step | None:
    """The step for an open ticket."""
    known = ticket(**told)
    return step(
        known,
        asked,
        seen(known, closed=closed),
        given=given_,
        near=near,
        now=NOW,
    )


def test_nothing_happens_while_nobody_answers() -> None:
    """ASK-8: no word, no write."""
    assert following() is None


def test_an_answer_is_taken() -> None:
    """ASK-5; also where the ticket was closed with it: its notes are read once more."""
    assert following(answer()) == Take(given=answer())
    assert following(answer(), closed=True) == Take(given=answer())


def test_the_same_answer_twice_is_one() -> None:
    """ASK-5: the first of them."""
    assert following(answer(), answer(note_id=78)) == Take(given=answer())


@pytest.mark.parametrize("closed", [False, True])
def test_two_that_differ_are_none(closed: bool) -> None:
    """ASK-4: it is asked anew, with a new code, and neither counts any more."""
    two = (answer(), answer("reject", note_id=78))
    assert following(*two, closed=closed) == Renew(why=words.DIFFER, used=(77, 78))


def test_an_answer_to_numbers_that_moved_is_none() -> None:
    """ASK-4: an answer is to the question that was asked."""
    assert following(answer(), asked=MOVED) == Renew(why=words.MOVED, used=(77,))


def test_numbers_that_move_are_asked_anew_once_an_hour() -> None:
    """ASK-4; a day of rising counts brings no note every quarter of an hour."""
    assert following(asked=MOVED) == Renew(why=words.MOVED)
    soon = replace(ticket(), asked=NOW - timedelta(minutes=59))
    assert step(soon, MOVED, seen(soon), given=(), near=(), now=NOW) is None


def test_one_hint_and_no_second() -> None:
    """ASK-3: then silence."""
    assert following(near=(77,)) == Hint(used=(77,))
    assert following(near=(78,), hinted=True) is None


def test_an_answer_beside_a_near_miss_is_taken() -> None:
    """ASK-3: a hint would only confuse."""
    assert following(answer(), near=(78,)) == Take(given=answer())


def test_a_ticket_that_was_closed_by_hand_is_left() -> None:
    """ASK-7: the hold stays."""
    assert following(closed=True) == Leave(why=words.CLOSED_BY_HAND)
    assert following(closed=True, near=(77,)) == Leave(why=words.CLOSED_BY_HAND)


BEHIND_OUR_BACK: dict[str, tuple[dict[str, Any], str]] = {
    "converted": ({"record_type": "ProjectTicket"}, words.CONVERTED),
    "merged": ({"merged_into": 9002, "closed": True}, words.MERGED),
    "bundled": ({"parent_id": 9002}, words.BUNDLED),
    "another company": ({"company_id": 251}, words.OTHER_COMPANY),
    "another board": ({"board_id": 22}, words.OTHER_BOARD),
    "another reference": ({"reference": "INC-17"}, words.OTHER_REFERENCE),
    "a contact": ({"contact_id": 5}, words.MAY_MAIL),
    "a flag that mails": ({"mails": True}, words.MAY_MAIL),
}


@pytest.mark.parametrize(("told", "why"), BEHIND_OUR_BACK.values(), ids=BEHIND_OUR_BACK)
def test_what_was_done_behind_our_back_is_never_acted_on(told: dict[str, Any], why: str) -> None:
    """ASK-7, ASK-2."""
    assert not_ours_any_more(ticket(), seen(), board_id=BOARD) == ""
    assert not_ours_any_more(ticket(), seen(**told), board_id=BOARD) == why


def test_a_ticket_that_is_not_there_is_left() -> None:
    """ASK-7: deleted, or converted: ConnectWise answers 404 to both."""
    assert not_ours_any_more(ticket(), None, board_id=BOARD) == words.GONE


def test_a_subject_has_one_ticket_at_a_time() -> None:
    """ASK-1: the first at once; none while one is open, whatever state it is in."""
    assert next_number(None, since=ASKED, now=NOW) == 1
    for state in (TicketState.ASKING, TicketState.OPEN, TicketState.CLOSING):
        assert next_number(ticket(state=state, changed=None), since=ASKED, now=NOW) is None


def test_closed_by_hand_it_is_asked_again_once_a_day_and_three_times_in_all() -> None:
    """ASK-1: then the mails and the command are left."""
    known = ticket()
    for number in (2, 3):
        left = known.left(words.CLOSED_BY_HAND, now=NOW)
        assert next_number(left, since=ASKED, now=NOW + timedelta(hours=23)) is None
        assert next_number(left, since=ASKED, now=NOW + timedelta(hours=24)) == number
        known = replace(left, number=number, state=TicketState.OPEN)
    third, later = known.left("", now=NOW), NOW + timedelta(days=30)
    assert next_number(third, since=ASKED, now=later) is None
    assert next_number(third, since=None, now=later) is None


def test_a_cause_that_began_anew_is_asked_about_again() -> None:
    """ASK-1: whoever puts a company right and closes its ticket by hand is asked of new trouble."""
    third = ticket(unanswered=2).left(words.CLOSED_BY_HAND, now=NOW)
    later = NOW + timedelta(days=30)
    assert next_number(third, since=later, now=later) == 2
    assert unanswered(third, since=later) == 0
    assert unanswered(third, since=ASKED) == 3
    assert next_number(third, since=NOW + timedelta(hours=1), now=NOW + timedelta(hours=2)) is None


def test_a_new_question_after_an_answer_is_asked_at_once() -> None:
    """ASK-1: the count went on after the answer, and is beyond the limits again."""
    closed = ticket(state=TicketState.CLOSED, given=answer(), changed=NOW)
    assert next_number(closed, since=ASKED, now=NOW) == 2
    lifted = replace(closed, given=None)
    assert next_number(lifted, since=ASKED, now=NOW) is None
    assert next_number(lifted, since=ASKED, now=NOW + timedelta(days=1)) == 2


def test_a_standing_is_asked_about_without_options() -> None:
    """ASK-1: it ends when its cause is gone; there is nothing to answer."""
    for cause in (needs_setup("No agreement."), failing("No answer.")):
        found = question_of_standing(
            Standing(
                company_id="c1", company_name="Harbor", tick=ASKED, causes={WHOLE_COMPANY: cause}
            )
        )
        assert found is not None
        assert (found.why, found.options) == (cause.reason, ())
        assert "TALLY" not in words.asked(found, "ABCD")
    idle = Standing(
        company_id="c1",
        company_name="Harbor",
        tick=ASKED,
        causes={WHOLE_COMPANY: waiting("Nothing.")},
    )
    assert question_of_standing(idle) is None


@given(st.text(max_size=200))
def test_a_summary_has_room(name: str) -> None:
    """ConnectWise takes 100 characters; the code is always there (SAFE-10)."""
    told = words.summary(replace(question(), company=name), "T7K2")
    assert len(told) <= 100
    assert told.endswith("[T7K2]")
    assert told.isprintable()


def test_the_question_says_exactly_how_to_answer() -> None:
    """ASK-3: each first line that is offered is an answer, and what it does stands below it."""
    asked = question(held())
    told = words.asked(asked, "T7K2").splitlines()
    lines = [each for each in told if each.startswith("TALLY")]
    assert lines == ["TALLY T7K2 approve 240", "TALLY T7K2 reject"]
    assert "240" in told[0]


@pytest.mark.parametrize("additions", [1, 6, 40, 500])
def test_a_question_fits_into_a_note_however_much_there_is_to_ask(additions: int) -> None:
    """SAFE-10: with a note that is too long it would never be asked, at each run anew.

    All that has no room is counted, and the answers that need none are always there.
    """
    many = tuple(range(999_999_000, 999_999_000 + additions))
    hold = Strangers(why="\u202e" * 2_000, since=ASKED, additions=many, wanted=20)
    asked = question(held(hold, pushed=None))
    told = words.asked_anew(words.asked(asked, "T7K2", statement="x" * 400), "y" * 9_000)
    assert len(told) <= LONGEST_TEXT
    assert len(words.hint(asked, "T7K2")) <= LONGEST_TEXT
    offered = [each.word for each in asked.options]
    assert offered == ["take-over"] * min(additions, 5) + ["keep-apart", "waive"]
    assert (f"{additions - 5} more Additions could be taken over" in told) is (additions > 5)
