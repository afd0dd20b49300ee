"""PULSE-1: a total less what others have tells when every reading is still true."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tally.domain.model.month import Month
from tally.domain.pulse.order import by_likelihood
from tally.domain.pulse.outlook import Outlook
from tally.domain.pulse.rest import Followed
from tally.domain.pulse.total import Rest, Total

NOVEMBER = Month(2026, 11)
COUNTS = {"a": {"endpoints": 5}, "b": {"endpoints": 7}}
NOW = datetime(2026, 11, 10, 9, 0, tzinfo=UTC)


def _total(count: int) -> Total:
    return Total(month=NOVEMBER, counters={"0 x": str(count)}, counts={"endpoints": count})


def _rest() -> Rest:
    return Followed.of(COUNTS, NOVEMBER).rest(_total(15))


def test_the_rest_is_what_the_total_has_beyond_the_companies() -> None:
    """The MSP's own machines, and whoever is not plainly followed."""
    assert _rest().counts == {"endpoints": 3}


@pytest.mark.parametrize(("count", "missing"), [(15, 0), (16, 1), (25, 10)])
def test_what_is_missing_is_exact(count: int, missing: int) -> None:
    """However many moves have been read since the rest was known."""
    followed = Followed.of(COUNTS, NOVEMBER)
    assert followed.missing(_total(count), _rest()) == {"endpoints": missing}
    followed.found({"endpoints": missing})
    assert followed.missing(_total(count), _rest()) == {"endpoints": 0}


def test_a_rest_of_other_companies_says_nothing() -> None:
    """Nor that of another month."""
    assert Followed.of({"a": COUNTS["a"]}, NOVEMBER).missing(_total(15), _rest()) is None
    assert Followed.of(COUNTS, NOVEMBER.next).missing(_total(15), _rest()) is None
    assert Followed.of(COUNTS, NOVEMBER).missing(_total(15), None) is None


def test_a_rest_of_other_services_says_nothing() -> None:
    """A company's mailboxes were in the rest, and are followed since."""
    more = {**COUNTS, "b": {"endpoints": 7, "email": 2}}
    total = Total(month=NOVEMBER, counters={}, counts={"endpoints": 15, "email": 5})
    rest = Followed.of(COUNTS, NOVEMBER).rest(total)
    later = Total(month=NOVEMBER, counters={}, counts={"endpoints": 15, "email": 9})
    assert Followed.of(COUNTS, NOVEMBER).missing(later, rest) == {"endpoints": 0, "email": 4}
    assert Followed.of(more, NOVEMBER).missing(later, rest) is None


def test_a_rest_that_cannot_be_right_says_nothing() -> None:
    """Companies have risen, and the total has not by as much."""
    assert Followed.of(COUNTS, NOVEMBER).missing(_total(14), _rest()) is None


def test_those_come_first_whose_machines_come_at_this_time_of_the_day() -> None:
    """Fewer machines not yet seen, at their time, are likelier than more at another."""

    def moved(ago: timedelta, *, unseen: int) -> Outlook:
        return Outlook(must_be_read=False, moved_at=NOW - ago, unseen=unseen)

    day = timedelta(days=1)
    outlooks = {
        "at another time": moved(day - timedelta(hours=8), unseen=9),
        "at its time": moved(2 * day - timedelta(hours=1), unseen=3),
        "at this minute": moved(3 * day + timedelta(hours=1), unseen=4),
        "just now": moved(timedelta(minutes=5), unseen=0),
    }
    assert by_likelihood(outlooks, NOW) == [
        "just now",
        "at this minute",
        "at its time",
        "at another time",
    ]


def test_a_company_without_a_known_move_has_no_time_of_its_own() -> None:
    """It is ranked by the machines alone."""
    unknown = Outlook(must_be_read=False, unseen=5)
    assert by_likelihood({"a": unknown, "b": unknown}, NOW) == ["a", "b"]
    moved = NOW - timedelta(days=2)
    others = {
        "at its time": replace(unknown, moved_at=moved, unseen=6),
        "at another time": replace(unknown, moved_at=moved - timedelta(hours=8), unseen=9),
    }
    order = by_likelihood({**others, "unknown": unknown}, NOW)
    assert order == ["at its time", "unknown", "at another time"]
