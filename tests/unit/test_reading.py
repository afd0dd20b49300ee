"""Judging counters."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tally.domain.model.reading import (
    ENDPOINTS,
    MOST_SEATS,
    Count,
    Service,
    Unknown,
    Usage,
    UsagePerProductType,
    read_count,
    read_sum,
)


def usage(value: object, floor: object = None) -> Usage:
    """Counters as they came."""
    return Usage(
        counters={"endpointMonthlyUsage": value, "other": 99},
        floors={"endpointMonthlyUsage": floor},
        request="getMonthlyUsage of company abc",
    )


@given(st.integers(min_value=0, max_value=MOST_SEATS))
def test_whole_numbers_from_zero_are_counts(value: int) -> None:
    """READ-2, READ-8: a whole number of at least zero is the count, up to the highest that can be
    one.
    """
    assert read_count(usage(value), ENDPOINTS) == Count(value)


@given(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(max_value=-1),
        st.integers(min_value=MOST_SEATS + 1),
        st.floats(),
        st.text(),
        st.decimals(allow_nan=False),
        st.lists(st.integers()),
        st.dictionaries(st.text(), st.integers()),
    )
)
def test_everything_else_is_unknown(value: object) -> None:
    """READ-2, READ-8: missing, negative, absurd, fractional, of another type: unknown, with the
    call and the counter in the reason.
    """
    reading = read_count(usage(value), ENDPOINTS)
    assert isinstance(reading, Unknown)
    assert "getMonthlyUsage of company abc" in reading.why
    assert "endpointMonthlyUsage" in reading.why


def test_a_counter_left_out_is_unknown() -> None:
    """READ-2: a counter that the answer lacks is not zero."""
    assert isinstance(read_count(Usage(counters={"endpointmonthlyusage": 4}), ENDPOINTS), Unknown)


@pytest.mark.parametrize(
    ("floor", "read"),
    [
        (5, 5),
        (0, 0),
        (None, None),
        ("5", None),
        (-1, None),
        (True, None),
        (Decimal(5), None),
        (2**31, None),
    ],
)
def test_a_floor_that_is_none_spoils_no_count(floor: object, read: int | None) -> None:
    """CLOSE-2: the floor is recorded where it is a number; where it is not, the count stands all
    the same, with what was answered in the floor's place.
    """
    reading = read_count(usage(7, floor), ENDPOINTS)
    assert isinstance(reading, Count)
    assert (reading.value, reading.floor) == (7, read)
    assert bool(reading.odd_floor) == (floor is not None and read is None)


EDR = Service(name="edr", counter="edrMonthlyUsage", product_types=(0, 3))


def per_type(*entries: tuple[int, object], floor: object = None) -> UsagePerProductType:
    """An answer with so much of the counter in entries of these product types, the floor repeated
    in each.
    """
    floors = {} if floor is None else {EDR.counter: floor}
    return UsagePerProductType(
        entries=[
            (kind, Usage(counters={EDR.counter: count, "n": 9}, floors=floors))
            for kind, count in entries
        ]
    )


@pytest.mark.parametrize(
    ("entries", "count"),
    [
        ([(0, 4), (3, 5), (5, 100)], 9),
        ([(0, 4), (3, 0), (5, 0)], 4),
        ([(3, 5)], 5),
        ([(3, 5), (3, 6), (0, 1), (0, 1)], 13),
        ([(5, 7)], 0),
    ],
)
def test_entries_of_the_services_types_are_added_up(
    entries: list[tuple[int, object]], count: int
) -> None:
    """READ-6: the entries of the service's product types are added up, repeated ones too; a type
    that is not there adds nothing.
    """
    assert read_sum(per_type(*entries), EDR) == Count(count)


def test_an_entry_without_a_count_is_unknown() -> None:
    """READ-2, READ-6: one entry of the service's types that holds no count makes the sum unknown;
    another type's does not.
    """
    for entries in ([(0, 4), (3, None)], [(0, -1), (3, 5)], [(0, 4), (3, "5")]):
        reading = read_sum(per_type(*entries), EDR)
        assert isinstance(reading, Unknown)
        assert EDR.counter in reading.why
    assert read_sum(per_type((0, 4), (5, None)), EDR) == Count(4)


def test_no_entries_are_no_zero() -> None:
    """READ-2, READ-6: an answer without any product type says nothing, and not that nothing is
    used.
    """
    assert isinstance(read_sum(per_type(), EDR), Unknown)


def test_a_floor_is_the_customers_and_is_not_added_up() -> None:
    """READ-6, CLOSE-2: entries repeat the committed number, which is one: that of Endpoint
    Security, if the service counts it.
    """
    assert read_sum(per_type((0, 4), (3, 5), (0, 1), floor=7), EDR) == Count(10, 7)
    alone = Service(name="edr", counter=EDR.counter, product_types=(3,))
    assert read_sum(per_type((0, 4), (3, 5), floor=7), alone) == Count(5)
    odd = "getMonthlyUsage answered minimumUsage = {'edrMonthlyUsage': '7'}"
    assert read_sum(per_type((0, 4), (3, 5), floor="7"), EDR) == Count(9, odd_floor=odd)
    assert read_sum(per_type((0, 4), (3, 5), floor="7"), alone) == Count(5)


@pytest.mark.parametrize("spelled", ["aLaCarteMonthlyUsage", "aLaCarteMonhtlyUsage"])
@pytest.mark.parametrize("configured", ["aLaCarteMonthlyUsage", "aLaCarteMonhtlyUsage"])
def test_a_counter_is_known_by_both_spellings(spelled: str, configured: str) -> None:
    """READ-5, READ-6: older editions misspell one counter; whichever is configured, whichever comes
    is read.
    """
    service = Service(name="carte", counter=configured)
    assert read_count(Usage(counters={spelled: 3}), service) == Count(3)
