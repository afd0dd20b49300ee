"""The periods between invoice dates in the ConnectWise simulator."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.connectwise.periods import Period, covered, moved


@pytest.mark.parametrize(
    ("cycle", "following"),
    [
        ("Monthly", date(2026, 12, 1)),
        (" monthly ", date(2026, 12, 1)),
        ("Quarterly", date(2027, 2, 1)),
        ("Semi-Annual", date(2027, 5, 1)),
        ("Semi Annually", date(2027, 5, 1)),
        ("Annually", date(2027, 11, 1)),
        ("Yearly", date(2027, 11, 1)),
        ("Weekly", date(2026, 11, 8)),
        ("Bi-Weekly", date(2026, 11, 15)),
        ("Managed services, 1st of the month", date(2026, 12, 1)),
    ],
)
def test_a_period_is_as_long_as_its_cycle(cycle: str, following: date) -> None:
    """The billing cycle's name says how long a period is; a name that is the MSP's own is a
    month.
    """
    assert moved(date(2026, 11, 1), cycle, periods=1) == following


def test_arrears_and_advance_cover_the_two_sides_of_the_date() -> None:
    """In arrears an invoice covers the period before its date, in advance the one from it; the next
    date is the same.
    """
    november, december = (
        (date(2026, 11, 1), date(2026, 11, 30)),
        (date(2026, 12, 1), date(2026, 12, 31)),
    )
    assert covered(date(2026, 12, 1), "Monthly", "arrears") == (Period(*november), date(2027, 1, 1))
    assert covered(date(2026, 12, 1), "Monthly", "advance") == (Period(*december), date(2027, 1, 1))


def test_month_ends_come_back() -> None:
    """An agreement billed on the 31st is billed on a short month's last day, and on the 31st again
    after it.
    """
    anchor = date(2026, 1, 31)
    dates = [anchor]
    for _ in range(3):
        dates.append(moved(dates[-1], "Monthly", periods=1, anchor=anchor))
    assert dates[1:] == [date(2026, 2, 28), date(2026, 3, 31), date(2026, 4, 30)]


@given(
    start=st.dates(date(2020, 1, 1), date(2030, 12, 31)),
    cycle=st.sampled_from(["Weekly", "Bi-weekly", "Monthly", "Quarterly", "Semi-annual", "Annual"]),
    ahead=st.integers(0, 30),
)
def test_periods_follow_each_other_without_gap_or_overlap(
    start: date, cycle: str, ahead: int
) -> None:
    """From any start, what one invoice covers begins on the day after what the one before covered,
    either way.
    """
    day = start
    for _ in range(ahead):
        day = moved(day, cycle, periods=1, anchor=start)
    in_advance, following = covered(day, cycle, "advance", anchor=start)
    in_arrears, _ = covered(following, cycle, "arrears", anchor=start)
    assert in_advance == in_arrears
    assert (in_advance.first, in_advance.last) == (day, following - timedelta(days=1))
