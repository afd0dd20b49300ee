"""First question: how many are to be billed in all?"""

from dataclasses import replace
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tally.domain.facts.owed import Owed, Uncounted, falls, never_written, owed, quantity_of
from tally.domain.model.reading import Count, Unknown
from tally.domain.record.lines import LineState
from tally.domain.record.partner import Children
from tally.domain.record.rulings import Ruling, Said
from tally.domain.record.usage_record import RecordState, UsageRecord
from tally.domain.record.writes import Refusal, SetQuantity
from tests.unit.rig import POLICY, TICK, UNOPENED, a_line, a_record

COUNTS = st.integers(0, 60)
MINIMUM = replace(POLICY, bill_minimum=True)


def said(what: Said, number: int = 0, *about: str) -> Ruling:
    return Ruling(said=what, number=number, by="ann", at=TICK, about=about)


def ruled(*rulings: Ruling, stands: int = 5, **line: object) -> UsageRecord:
    return a_record(a_line(quantity=stands, **line), rulings=rulings)


def total(
    record: UsageRecord,
    count: int,
    *,
    closing: bool = False,
    floor: int | None = None,
    minimum: bool = False,
) -> int:
    policy = MINIMUM if minimum else POLICY
    answer = owed(record, Count(count, floor), children=None, closing=closing, policy=policy)
    assert isinstance(answer, Owed)
    assert answer.counted == count
    return answer.total


@given(COUNTS, st.booleans())
def test_without_a_word_it_is_the_count(count: int, closing: bool) -> None:
    """FOLLOW-1: what GravityZone counts is owed, whatever stands."""
    assert (
        total(UNOPENED, count, closing=closing) == total(ruled(), count, closing=closing) == count
    )


@given(COUNTS, COUNTS, st.booleans(), st.booleans())
def test_the_floor_is_for_the_close(count: int, floor: int, closing: bool, minimum: bool) -> None:
    """CLOSE-2: the contract's floor is billed at the close alone, and only where the setting says
    so.
    """
    expected = max(count, floor) if closing and minimum else count
    assert total(ruled(), count, closing=closing, floor=floor, minimum=minimum) == expected


def test_no_count_is_no_number() -> None:
    """READ-2: unknown is unknown, with its reason."""
    answer = owed(ruled(), Unknown("nothing to say"), children=None, closing=True, policy=MINIMUM)
    assert answer == Uncounted("nothing to say")


@pytest.mark.parametrize(("count", "expected"), [(3, 5), (4, 5), (5, 5), (6, 6)])
def test_a_fall_that_was_rejected_keeps_what_stands(count: int, expected: int) -> None:
    """READ-7: until the count is back at what was pushed."""
    assert total(ruled(said(Said.KEEP_FALLEN, 3)), count) == expected


def test_a_fall_that_was_rejected_is_measured_by_what_may_stand() -> None:
    """READ-7, SAFE-2: a quantity whose answer never came may stand there."""
    assert total(ruled(said(Said.KEEP_FALLEN, 3), unsure=(8,)), 7) == 5
    assert total(ruled(said(Said.KEEP_FALLEN, 3), unsure=(8,)), 8) == 8


@pytest.mark.parametrize(("count", "expected"), [(4, 4), (30, 5), (50, 5), (60, 5), (61, 61)])
def test_growth_that_was_rejected_keeps_what_stands(count: int, expected: int) -> None:
    """FOLLOW-4: until the count exceeds the rejected one by the same margins, 50 % and 20 seats of
    40.
    """
    assert total(ruled(said(Said.KEEP_GROWN, 40)), count) == expected


def test_a_rejection_before_anything_stands_keeps_nothing() -> None:
    """FOLLOW-4: nothing stands that could stay; the question is asked anew where it is due."""
    assert total(replace(a_record(), rulings=(said(Said.KEEP_GROWN, 40),)), 45) == 45


@pytest.mark.parametrize(("count", "expected"), [(5, 5), (7, 5), (9, 5), (10, 10)])
def test_what_is_left_out_is_left_out_up_to_its_number(count: int, expected: int) -> None:
    """LATE-2: nine were not to be billed, so up to nine are not; ten is another question."""
    assert total(ruled(said(Said.LEAVE_OUT, 9)), count) == expected


def test_what_is_left_out_may_be_a_floor() -> None:
    """LATE-2, CLOSE-2: the rest up to the contract's floor was left out with it."""
    assert total(ruled(said(Said.LEAVE_OUT, 9)), 5, closing=True, floor=9, minimum=True) == 5


def test_other_children_keep_what_stands() -> None:
    """READ-4: as long as nobody has said whether the set is right, what stands is owed; a closed
    month is not counted anew.
    """
    children, record = Children(ids=("b",)), replace(ruled(), children=("a",))
    answer = owed(record, Count(9), children=children, closing=False, policy=POLICY)
    assert isinstance(answer, Owed)
    assert (answer.agreed, answer.total) == (5, 5)
    over = replace(
        record, state=RecordState.CLOSED, lines=(a_line(quantity=5, state=LineState.FINAL),)
    )
    assert isinstance(
        owed(over, Count(9), children=children, closing=True, policy=POLICY), Uncounted
    )


@given(
    st.permutations(
        [
            said(Said.GROW, 8),
            said(Said.LATE, 9),
            said(Said.KEEP_GROWN, 30),
            said(Said.AS_SEEN, 0, "x"),
        ]
    ),
    COUNTS,
)
def test_the_order_of_rulings_does_not_matter(rulings: list[Ruling], count: int) -> None:
    """FOLLOW-4: each word stands for itself."""
    assert total(ruled(*rulings), count) == total(ruled(*next(iter(permutations(rulings)))), count)
    assert total(ruled(*rulings), count) == total(ruled(*reversed(rulings)), count)


def test_the_newest_last_word_counts_alone() -> None:
    """READ-7, FOLLOW-4: a person who says something else of a held number takes the word before
    back.
    """
    record = ruled(said(Said.KEEP_FALLEN, 3)).ruled(said(Said.LOWER, 3))
    assert [each.said for each in record.rulings] == [Said.LOWER]
    assert total(record, 3) == 3


@given(COUNTS, st.integers(0, 9))
def test_a_quantity_is_never_negative(number: int, beside: int) -> None:
    """LATE-3: with more on frozen lines than is owed, the newest goes to 0, and no further."""
    record = a_record(a_line(quantity=beside, state=LineState.FROZEN), a_line(1, quantity=2))
    quantity = quantity_of(record, number)
    assert quantity >= 0
    assert quantity + beside == max(number, beside)


@given(st.integers(0, 9), st.integers(0, 9), st.lists(st.integers(0, 9), max_size=2))
def test_a_fall_is_below_what_may_stand(quantity: int, pushed: int, unsure: list[int]) -> None:
    """READ-7: without leave nothing goes below what was confirmed or sent, but for what stands
    there already.
    """
    record = a_record(a_line(quantity=pushed, unsure=tuple(unsure)))
    assert falls(record, quantity) == (quantity != pushed and quantity < max(pushed, *unsure, 0))


@pytest.mark.parametrize(("quantity", "falling"), [(2, True), (3, False), (4, False)])
def test_leave_to_lower_goes_so_far(quantity: int, falling: bool) -> None:
    """READ-7: three was accepted, two was not."""
    assert falls(ruled(said(Said.LOWER, 3)), quantity) is falling


def test_what_was_never_written() -> None:
    """CLOSE-5: more was allowed, or refused by ConnectWise, than stands."""
    refusal = Refusal(
        why="no", at=TICK, write=SetQuantity(number=0, quantity=8), version="", total=8
    )
    assert never_written(ruled()) is None
    assert never_written(ruled(said(Said.LATE, 9))) == 9
    assert never_written(ruled(said(Said.LATE, 5))) is None
    assert never_written(ruled(said(Said.LATE, 9), said(Said.LEAVE_OUT, 9))) is None
    assert never_written(replace(ruled(), refusal=refusal)) == 8
    assert never_written(replace(ruled(said(Said.LATE, 9)), refusal=refusal)) == 9
