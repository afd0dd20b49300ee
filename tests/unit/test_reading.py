"""Judging counters."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tally.domain.reading import ENDPOINTS, Count, Unknown, Usage, read_count


def usage(value: object, floor: object = None) -> Usage:
    """Counters as they came."""
    return Usage(
        counters={"endpointMonthlyUsage": value, "other": 99},
        floors={"endpointMonthlyUsage": floor},
        request="getMonthlyUsage of company abc",
    )


@given(st.integers(min_value=0))
def test_whole_numbers_from_zero_are_counts(value: int) -> None:
    """READ-2: a whole number of at least zero is the count."""
    assert read_count(usage(value), ENDPOINTS) == Count(value)


@given(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(max_value=-1),
        st.floats(),
        st.text(),
        st.decimals(allow_nan=False),
        st.lists(st.integers()),
        st.dictionaries(st.text(), st.integers()),
    )
)
def test_everything_else_is_unknown(value: object) -> None:
    """READ-2: missing, negative, fractional, of another type: unknown, with the call and the counter in the reason."""
    reading = read_count(usage(value), ENDPOINTS)
    assert isinstance(reading, Unknown)
    assert "getMonthlyUsage of company abc" in reading.why
    assert "endpointMonthlyUsage" in reading.why


def test_a_counter_left_out_is_unknown() -> None:
    """READ-2: a counter that the answer lacks is not zero."""
    assert isinstance(read_count(Usage(counters={"endpointmonthlyusage": 4}), ENDPOINTS), Unknown)


@pytest.mark.parametrize(
    ("floor", "read"), [(5, 5), (0, 0), (None, None), ("5", None), (-1, None), (True, None), (Decimal(5), None)]
)
def test_a_floor_that_is_none_spoils_no_count(floor: object, read: int | None) -> None:
    """CLOSE-2: the floor is recorded where it is a number; where it is not, the count stands all the same."""
    assert read_count(usage(7, floor), ENDPOINTS) == Count(7, read)
