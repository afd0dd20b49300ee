"""A calendar month as GravityZone counts it."""

from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tally.domain.model.month import Month

MONTHS = st.builds(Month, st.integers(2000, 2199), st.integers(1, 12))


@given(MONTHS)
def test_text_is_a_round_trip(month: Month) -> None:
    """A month written as yyyy-mm is read as itself."""
    assert Month.parse(str(month)) == month


@given(MONTHS, MONTHS)
def test_months_sort_as_their_texts_and_their_days(one: Month, other: Month) -> None:
    """Months are ordered by time, and so are their texts, by which the ledger sorts."""
    assert (
        (one < other)
        == (str(one) < str(other))
        == (one.first < other.first)
        == (one.starts < other.starts)
    )


@given(MONTHS)
def test_neighbours(month: Month) -> None:
    """Each month begins on the day after the one before ends, across years too."""
    assert month.next.previous == month.previous.next == month
    assert month.last + timedelta(days=1) == month.next.first
    assert month.previous < month < month.next


@given(MONTHS, st.integers(1, 28), st.integers(-14 * 60, 14 * 60))
@example(Month(2026, 11), 1, -60)
def test_an_instant_is_in_its_gmt_month(month: Month, day: int, offset: int) -> None:
    """READ-1: an instant falls in the month that GMT shows, whatever zone it is written in."""
    instant = month.starts + timedelta(days=day - 1)
    assert Month.of(instant.astimezone(timezone(timedelta(minutes=offset)))) == month


@pytest.mark.parametrize(
    ("instant", "month"),
    [
        (datetime(2026, 10, 31, 23, 59, 59, tzinfo=UTC), Month(2026, 10)),
        (datetime(2026, 11, 1, tzinfo=UTC), Month(2026, 11)),
        (datetime(2026, 11, 1, 12, 59, tzinfo=timezone(timedelta(hours=13))), Month(2026, 10)),
        (datetime(2026, 10, 31, 14, 0, tzinfo=timezone(timedelta(hours=-10))), Month(2026, 11)),
    ],
)
def test_the_reset_is_at_midnight_gmt(instant: datetime, month: Month) -> None:
    """READ-1: GravityZone resets at 00:00 GMT on the 1st."""
    assert Month.of(instant) == month


@pytest.mark.parametrize(
    ("month", "last"),
    [(Month(2028, 2), 29), (Month(2026, 2), 28), (Month(2100, 2), 28), (Month(2026, 12), 31)],
)
def test_last_day(month: Month, last: int) -> None:
    """OPEN-3: the last day minds leap years."""
    assert month.last.day == last


def test_target_and_label() -> None:
    """READ-1, OPEN-1: GravityZone wants mm/yyyy; a customer reads the month's name in English,
    whatever the locale.
    """
    assert Month(2026, 3).target == "03/2026"
    assert Month(2026, 3).label == "March 2026"
    assert len({Month(2026, number).label for number in range(1, 13)}) == 12


@pytest.mark.parametrize(
    ("day", "instant"),
    [(2, datetime(2027, 1, 2, tzinfo=UTC)), (10, datetime(2027, 1, 10, tzinfo=UTC))],
)
def test_day_after_end(day: int, instant: datetime) -> None:
    """CLOSE-1, OPEN-9: a day of the month after, at 00:00 GMT."""
    assert Month(2026, 12).day_after_end(day) == instant


@pytest.mark.parametrize(
    "text",
    ["", "2026-13", "2026-00", "2026-1", "26-01", "2026/01", "2026-01-01", "2026-01\n", " 2026-01"],
)
def test_anything_else_is_no_month(text: str) -> None:
    """What is not yyyy-mm is refused with the form that is wanted."""
    with pytest.raises(ValueError, match="yyyy-mm"):
        Month.parse(text)


@pytest.mark.parametrize(
    ("months", "found"),
    [(0, "2026-11"), (1, "2026-12"), (2, "2027-01"), (-10, "2026-01"), (-11, "2025-12")],
)
def test_months_are_counted_over_years(months: int, found: str) -> None:
    """READ-1: a number of months later or earlier."""
    assert str(Month(2026, 11).plus(months)) == found


@given(st.integers(2000, 2999), st.integers(1, 12), st.integers(-30, 30))
def test_a_stretch_of_months_is_whole(year: int, number: int, months: int) -> None:
    """READ-1: from the first to the last, each the next of the one before; none backwards."""
    first = Month(year, number)
    found = list(first.through(first.plus(months)))
    assert len(found) == max(0, months + 1)
    assert all(after == before.next for before, after in pairwise(found))
    assert found[:1] == ([first] if months >= 0 else [])
