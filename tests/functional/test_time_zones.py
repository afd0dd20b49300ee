"""The 1st of the month, where GravityZone's midnight is not the MSP's."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest

from simulators.clock import VirtualClock
from tally.domain.model.standing import StandingState
from testing.world import Customer, World
from tests.functional.instants import every, gmt

BEHIND, AT_GMT, AHEAD = "Pacific/Honolulu", "UTC", "Pacific/Tongatapu"
NOVEMBER = ("2026-11-01", "2026-11-30")


def world_in(zone: str, now: str = "2026-10-31 00:00") -> tuple[World, Customer]:
    """An MSP in that zone with one customer, whose October has been opened."""
    world = World(clock=VirtualClock(gmt(now)), zone=zone)
    customer = world.add_customer("Harbor Dental")
    world.check_in(customer, 3)
    world.play(gmt(now))
    return world, customer


@pytest.mark.parametrize(
    ("zone", "opened"),
    [(BEHIND, False), (AT_GMT, True), (AHEAD, True)],
    ids=["UTC-10", "UTC", "UTC+13"],
)
def test_five_past_midnight_on_the_1st(zone: str, *, opened: bool) -> None:
    """OPEN-2: at 00:05 GMT on the 1st the new month is opened where it is the 1st already, and only
    there.
    """
    world, harbor = world_in(zone)
    world.play(gmt("2026-11-01 00:05"))
    assert world.additions(harbor)[1:] == ([(0, *NOVEMBER)] if opened else [])
    if not opened:
        shown = world.standing(harbor).shown
        assert (shown.state, shown.until) == (StandingState.WAITING, gmt("2026-11-01 10:00"))


@pytest.mark.parametrize(
    ("zone", "five_past"),
    [(BEHIND, "2026-11-01 10:05"), (AT_GMT, "2026-11-01 00:05"), (AHEAD, "2026-10-31 11:05")],
    ids=["UTC-10", "UTC", "UTC+13"],
)
def test_five_past_the_msps_own_midnight(zone: str, five_past: str) -> None:
    """OPEN-2: at 00:05 on the 1st by the MSP's clock: both it and GMT must be in the month before
    it is opened.
    """
    world, harbor = world_in(zone)
    world.play(gmt(five_past))
    begun = gmt(five_past) >= gmt("2026-11-01 00:00")
    assert world.additions(harbor)[1:] == ([(0, *NOVEMBER)] if begun else [])


@pytest.mark.parametrize("zone", [BEHIND, AT_GMT, AHEAD], ids=["UTC-10", "UTC", "UTC+13"])
def test_a_turn_of_the_month(zone: str) -> None:
    """OPEN-2, OPEN-3, CLOSE-1: in every zone each GMT month has one Addition with its own dates,
    opened on a day that had come.
    """
    world, harbor = world_in(zone)
    world.check_in(harbor, 1, at=gmt("2026-10-31 23:50"))
    world.check_in(harbor, 2, at=gmt("2026-11-01 00:10"))
    world.play(
        *every(timedelta(minutes=15), "2026-10-31 22:00", "2026-11-01 12:00"),
        gmt("2026-11-02 00:00"),
    )
    assert world.additions(harbor) == [(4, "2026-10-01", "2026-10-31"), (2, *NOVEMBER)]
    october, november = (world.record(harbor, month) for month in ("2026-10", "2026-11"))
    assert october is not None
    assert november is not None
    assert (october.state, november.state) == ("closed", "open")
    for made in world.connectwise.truth.made_by_api():
        assert made.effective is not None
        assert made.created_at.astimezone(ZoneInfo(zone)).date() >= made.effective
    assert world.failures == []


@pytest.mark.parametrize(
    ("zone", "opens"),
    [(BEHIND, "2026-11-15 10:00"), (AT_GMT, "2026-11-15 00:00"), (AHEAD, "2026-11-14 11:00")],
    ids=["UTC-10", "UTC", "UTC+13"],
)
def test_billing_that_starts_mid_month(zone: str, opens: str) -> None:
    """OPEN-2: within the month it is the MSP's own date that must have reached the effective
    date.
    """
    world = World(clock=VirtualClock(gmt("2026-11-10 00:00")), zone=zone)
    harbor = world.add_customer("Harbor Dental", bill_start=date(2026, 11, 15))
    world.play(gmt("2026-11-10 00:00"), gmt(opens) - timedelta(minutes=1))
    assert world.additions(harbor) == []
    assert world.standing(harbor).shown.until == gmt(opens)
    world.play(gmt(opens))
    assert world.additions(harbor) == [(0, "2026-11-15", "2026-11-30")]


@pytest.mark.parametrize(
    ("zone", "tick", "runs"),
    [
        # By the MSP's date the agreement's last day is the 14th, whatever GMT says.
        (BEHIND, "2026-11-15 09:45", True),
        (BEHIND, "2026-11-15 10:00", False),
        (AT_GMT, "2026-11-14 23:45", True),
        (AT_GMT, "2026-11-15 00:00", False),
        (AHEAD, "2026-11-14 10:45", True),
        (AHEAD, "2026-11-14 11:00", False),
    ],
)
def test_an_agreement_that_ends_goes_by_the_msps_date(zone: str, tick: str, *, runs: bool) -> None:
    """MATCH-3: an agreement's last day is a day of the MSP's calendar."""
    world = World(clock=VirtualClock(gmt(tick)), zone=zone)
    harbor = world.add_customer(
        "Harbor Dental", end=date(2026, 11, 14), fields={"noEndingDateFlag": False}
    )
    world.play(gmt(tick))
    assert world.additions(harbor) == ([(0, *NOVEMBER)] if runs else [])


@pytest.mark.parametrize("zone", [BEHIND, AT_GMT, AHEAD], ids=["UTC-10", "UTC", "UTC+13"])
def test_a_leap_february_and_a_new_year(zone: str) -> None:
    """OPEN-3: December to January and through a leap February, in every zone."""
    world, harbor = world_in(zone, "2027-12-31 00:00")
    for turn in (
        "2028-01-01 12:00",
        "2028-01-02 00:00",
        "2028-02-01 12:00",
        "2028-02-02 00:00",
        "2028-03-01 12:00",
    ):
        world.play(gmt(turn))
    assert world.additions(harbor) == [
        (3, "2027-12-01", "2027-12-31"),
        (0, "2028-01-01", "2028-01-31"),
        (0, "2028-02-01", "2028-02-29"),
        (0, "2028-03-01", "2028-03-31"),
    ]
