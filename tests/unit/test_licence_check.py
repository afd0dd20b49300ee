"""When a licence is checked for the month that comes, and for how long it is believed."""

from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from tally.domain.model.month import Month
from tally.domain.model.standing import Standing
from tally.domain.planning.look_schedule import is_licence_to_be_checked
from tally.messages import Job
from tests.functional.instants import gmt
from tests.unit.planning_scene import circumstances
from tests.unit.rig import POLICY

ENDS = Month(2026, 11).next.starts
MINUTE = timedelta(minutes=1)
EACH = [f"{number:024x}" for number in range(200)]


def standing(seen: str | None) -> Standing:
    """A standing whose licence was seen then."""
    at = None if seen is None else gmt(seen)
    return Standing(
        company_id=EACH[0], company_name="A", tick=gmt("2026-11-01 00:05"), seen_monthly=at
    )


def due(at: str, zone: str = "UTC", *, before: Standing | None = None) -> int:
    """How many of the companies are checked at a tick."""
    where = circumstances(tick=gmt(at), policy=replace(POLICY, time_zone=ZoneInfo(zone)))
    return sum(is_licence_to_be_checked(each, before, where) for each in EACH)


@pytest.mark.parametrize(
    ("zone", "first"),
    [
        ("UTC", "2026-11-30 01:00"),
        ("Asia/Tokyo", "2026-11-30 01:00"),
        ("America/New_York", "2026-11-30 06:00"),
        ("America/Los_Angeles", "2026-11-30 09:00"),
        ("Etc/GMT+12", "2026-11-30 13:00"),
    ],
)
def test_times_lie_where_the_licence_holds_until_the_opening(zone: str, first: str) -> None:
    """READ-3: nobody is checked so early that the opening would have to ask again, and all are
    before the month's last tick; between these the companies are spread evenly.
    """
    begins, last = gmt(first), ENDS - timedelta(hours=1)
    assert due(f"{begins - MINUTE:%Y-%m-%d %H:%M}", zone) == 0
    assert due(f"{last:%Y-%m-%d %H:%M}", zone) == len(EACH)
    half = begins + (last - begins) / 2
    assert 0.4 * len(EACH) < due(f"{half:%Y-%m-%d %H:%M}", zone) < 0.6 * len(EACH)


@pytest.mark.parametrize(
    ("seen", "again"),
    [(None, True), ("2026-10-31 20:05", True), ("2026-11-30 01:05", False)],
)
def test_one_check_a_month(seen: str | None, again: bool) -> None:
    """READ-3: a licence that was seen on this last day is not asked for again."""
    assert due("2026-11-30 23:05", before=standing(seen)) == (len(EACH) if again else 0)


@pytest.mark.parametrize(
    ("seen", "believed"),
    [
        (None, False),
        ("2026-11-30 00:04", False),
        ("2026-11-30 00:05", True),
        ("2026-12-01 00:05", True),
        ("2026-12-01 00:06", False),
    ],
)
def test_what_was_seen_holds_for_a_day(seen: str | None, believed: bool) -> None:
    """READ-3: 24 hours, by the clock; what the future has seen is no sight."""
    assert standing(seen).was_monthly(gmt("2026-12-01 00:05")) is believed


def test_a_job_of_the_version_before_checks_nothing() -> None:
    """A message without the field is read as before."""
    body = '{"tick": "2026-11-30T12:05:00Z", "company_id": "a", "company_name": "A", '
    assert not Job.model_validate_json(body + '"month": "2026-11"}').check_licence
