"""A digest offers the answers that are taken, all of them, and no other."""

from dataclasses import replace
from itertools import product

import pytest

from tally.domain.holds import KINDS, Edited, Hold, SettledEdited, Strangers
from tally.domain.holds import person_answers as answers
from tally.domain.record.history import Transition
from tally.domain.record.lines import LineState
from tally.domain.record.rulings import Person
from tally.domain.record.usage_record import UsageRecord
from tally.domain.reporting.commands import possible_answers
from tests.unit.digest_scene import AT, NOVEMBER, closed, credit, hold, record

ANN = Person(by="ann", why="asked", at=AT)
ANSWERS = {
    "approve": lambda record, _: answers.approve(record, ANN),
    "reject": lambda record, _: answers.reject(record, ANN),
    "take-over": lambda record, argument: answers.take_over(
        record, ANN, addition_id=int(argument or 7)
    ),
    "keep-apart": lambda record, _: answers.keep_apart(record, ANN),
    "credit-done": lambda record, _: answers.credit_done(record, ANN),
}
HOLDS: list[Hold | None] = [
    None,
    *(hold(kind) for kind in KINDS),
    hold(SettledEdited, stands=3),
    hold(Strangers, additions=(7, 8)),
]


def records() -> list[UsageRecord]:
    opened, none_yet = record("a", NOVEMBER, 4), record("a", NOVEMBER, None)
    void = opened.with_line(replace(opened.lines[0], state=LineState.VOID))
    ended = closed("a", NOVEMBER, 4)
    held = [
        replace(each, hold=why) for each, why in product((opened, none_yet, void, ended), HOLDS)
    ]
    # What somebody else changed stands on an Addition, so there is a line.
    held = [
        each for each in held if each.lines or not isinstance(each.hold, Edited | SettledEdited)
    ]
    return [*held, closed("a", NOVEMBER, 4, credit=credit())]


@pytest.mark.parametrize("of", records(), ids=str)
def test_what_is_offered_is_taken(of: UsageRecord) -> None:
    """OPEN-6, FOLLOW-3, FOLLOW-4, LATE-2, LATE-3: a command that a mail shows is not refused, and
    none is kept back.

    Waiving is offered for Additions of others alone: elsewhere it is a last resort.
    """
    offered = {name: argument for name, argument in possible_answers(of) if name != "waive"}
    taken = {
        name
        for name, answer in ANSWERS.items()
        if isinstance(answer(of, offered.get(name)), Transition)
    }
    assert set(offered) == taken
    for name, argument in possible_answers(of):
        if name == "take-over":
            assert isinstance(answers.take_over(of, ANN, addition_id=int(argument)), Transition)
        if name == "waive":
            assert isinstance(answers.waive(of, ANN), Transition)
