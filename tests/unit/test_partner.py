"""READ-4: the own count of a partner, and what is asked when others stand below it."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tally.domain.decision.case import Ask
from tally.domain.decision.wanted import want
from tally.domain.holds import Moved
from tally.domain.model.reading import Count, Unknown
from tally.domain.record.partner import (
    Children,
    has_fallen,
    least,
    others_below,
    own_count,
    settled,
)
from tally.domain.record.rulings import Ruling, Said
from tally.domain.record.usage_record import UsageRecord
from tests.unit.rig import UNOPENED, a_line, a_record, facts

TICK = datetime(2026, 11, 10, tzinfo=UTC)
LINE = a_line(quantity=12)
RECORD = a_record(LINE, children=("a", "b"))
SAME, OTHERS = Children(ids=("a", "b")), Children(ids=("a", "c"))

machines = st.integers(0, 50)


def answered(said: Said, number: int, children: tuple[str, ...] = ()) -> UsageRecord:
    ruling = Ruling(said=said, number=number, by="ann", at=TICK, about=children)
    return replace(RECORD, rulings=(ruling,))


def asked(record: UsageRecord, reading: Count, children: Children) -> Moved | None:
    """What is asked of the children of now."""
    move = want(record, facts(reading=reading, children=children)).move
    return move.hold if isinstance(move, Ask) and isinstance(move.hold, Moved) else None


@given(machines, st.lists(machines, max_size=5), machines)
def test_what_is_left(own: int, children: list[int], floor: int) -> None:
    """READ-4: with nothing checking in, the parent's count without its children's is its own; the
    floor is the parent's.
    """
    parent = Count(own + sum(children), floor)
    assert own_count(parent, [Count(each, 99) for each in children]) == Count(own, floor)


def test_less_than_nothing_is_unknown() -> None:
    """READ-4, READ-2: a negative difference is never a count, not even zero."""
    assert isinstance(own_count(Count(4), [Count(3), Count(2)]), Unknown)
    assert own_count(Count(5), [Count(3), Count(2)]) == Count(0)


@given(
    own=machines,
    later=machines,
    children=st.lists(st.tuples(machines, machines, machines), max_size=5),
    pushed=machines,
)
def test_never_too_high(
    own: int, later: int, children: list[tuple[int, int, int]], pushed: int
) -> None:
    """READ-4: whatever checks in between the reads, the count is never above the truth, nor below
    what it was.

    Each child has some machines when the parent is read first, some more when it is read itself,
    and some more when the
    parent is read last; so has the partner itself. What was pushed was true once.
    """
    pushed = min(pushed, own)
    first = Count(own + sum(before for before, _, _ in children))
    below = [Count(before + meanwhile) for before, meanwhile, _ in children]
    reading = own_count(first, below)
    if has_fallen(reading, pushed):
        last = Count(own + later + sum(map(sum, children)))
        reading = settled(reading, own_count(last, below), least=pushed)
    assert isinstance(reading, Count)
    assert pushed <= reading.value <= own


def test_a_fall_keeps_the_first_look() -> None:
    """READ-7: where even the last look is below what stood, it is a fall; of the two the lower one
    is surely not too high.
    """
    assert settled(Count(5), Count(8), least=9) == Count(5)
    assert settled(Count(5), Count(9, 3), least=9) == Count(9, 3)


def test_what_it_cannot_be_below() -> None:
    """READ-7: as much as may stand in ConnectWise by our doing, but a lower number that a person
    has accepted or kept.
    """
    unconfirmed = RECORD.with_line(replace(LINE, written=replace(LINE.written, unsure=(14,))))
    assert least(RECORD, SAME) == 12
    assert least(unconfirmed, SAME) == 14
    assert least(answered(Said.LOWER, 7), SAME) == 7
    assert least(replace(unconfirmed, rulings=answered(Said.KEEP_FALLEN, 9).rulings), SAME) == 12
    assert (
        least(UNOPENED, SAME)
        == least(replace(RECORD, lines=()), SAME)
        == least(RECORD, OTHERS)
        == 0
    )


@pytest.mark.parametrize(
    ("record", "children", "is_changed"),
    [
        (RECORD, SAME, False),
        (RECORD, OTHERS, True),
        (RECORD, Children(ids=()), True),
        (RECORD, None, False),
        (replace(RECORD, children=()), SAME, True),
        (replace(RECORD, children=()), Children(ids=()), False),
        (replace(RECORD, children=None), SAME, False),
    ],
)
def test_the_set_is_one_of_ids(
    record: UsageRecord, children: Children | None, *, is_changed: bool
) -> None:
    """READ-4: nobody below it is a set too; a record that was never a partner's has none."""
    assert others_below(record, children) is is_changed


def test_names_or_else_ids() -> None:
    """READ-4: who came and went is named; an id stands for a name that nobody knows, and of many
    some are named.
    """
    now = Children(ids=("a", *(f"n{each}" for each in range(7))), names={"n0": "Juniper Law"})
    hold = asked(RECORD, Count(3), now)
    assert hold is not None
    assert "Juniper Law, n1, n2, n3, n4 and 2 more came and b went" in hold.why
    assert (hold.children, hold.quantity) == (now.ids, 3)


def test_an_answer_is_for_its_set() -> None:
    """READ-4: that what stands is to stay, is said of one set alone."""
    rejected = answered(Said.KEEP_CHILDREN, 7, OTHERS.ids)
    assert asked(rejected, Count(7), OTHERS) is None
    assert asked(rejected, Count(7), Children(ids=("c",))) is not None
    assert asked(rejected, Count(7), SAME) is None
