"""Where a month's Addition goes, and from which day."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tally.domain.model.agreement import Addition, Agreement, choose_agreement, decisive_day
from tally.domain.model.month import Month
from tally.domain.model.service_period import (
    ServicePeriod,
    begins,
    service_period,
)
from tally.domain.model.standing import Cause, StandingState

NOVEMBER = Month(2026, 11)
ZONES = st.sampled_from(
    ["UTC", "Pacific/Honolulu", "Pacific/Tongatapu", "Europe/Berlin", "America/New_York"]
).map(ZoneInfo)
DAYS = st.dates(date(2026, 9, 1), date(2027, 1, 31))
INSTANTS = st.datetimes(datetime(2026, 9, 1), datetime(2027, 1, 31)).map(  # noqa: DTZ001 - made aware
    lambda each: each.replace(tzinfo=UTC)
)


def agreement(agreement_id: int = 1, **fields: Any) -> Agreement:  # noqa: ANN401 - any field of an agreement
    """A monthly agreement, running since 2020 unless told otherwise."""
    told: dict[str, Any] = {
        "starts": date(2020, 1, 1),
        "billing_cycle": "Monthly",
        "name": f"Agreement {agreement_id}",
    }
    return Agreement(id=agreement_id, type_id=18, company_id=7, **{**told, **fields})


def chosen(
    *agreements: Agreement, day: date = date(2026, 11, 10), pinned: int | None = None
) -> Agreement | Cause:
    """What is chosen for November."""
    return choose_agreement(
        agreements, company="Harbor Dental", day=day, pinned=pinned, cycles=frozenset({"Monthly"})
    )


@given(st.none() | DAYS, st.none() | DAYS, st.builds(Month, st.just(2026), st.integers(10, 12)))
def test_service_period(starts: date | None, bills: date | None, month: Month) -> None:
    """OPEN-3: within the month, not before either start, to the last day; none if a start is after
    the month.
    """
    period = service_period(agreement(starts=starts, bill_starts=bills), month)
    latest = max(filter(None, (month.first, starts, bills)))
    assert period == (
        None if latest > month.last else ServicePeriod(effective=latest, cancelled=month.last)
    )


@given(INSTANTS, ZONES, st.builds(Month, st.just(2026), st.integers(10, 12)))
def test_decisive_day_lies_in_the_month(tick: datetime, zone: ZoneInfo, month: Month) -> None:
    """MATCH-3: the tick's own date where it lies in the month, else the month's day that is nearest
    to it.
    """
    day = decisive_day(month, tick, zone)
    local = tick.astimezone(zone).date()
    assert month.first <= day <= month.last
    assert day == local or (local < month.first == day) or (local > month.last == day)


@given(st.integers(0, 29), ZONES)
def test_nothing_begins_before_both_midnights(offset: int, zone: ZoneInfo) -> None:
    """OPEN-2: at the first possible instant GMT is in the month, and the MSP's date has reached the
    effective date.
    """
    period = ServicePeriod(
        effective=NOVEMBER.first + timedelta(days=offset), cancelled=NOVEMBER.last
    )
    start = begins(period, NOVEMBER, zone)
    assert start >= NOVEMBER.starts
    assert start.astimezone(zone).date() >= period.effective
    before = start - timedelta(seconds=1)
    assert before < NOVEMBER.starts or before.astimezone(zone).date() < period.effective


@pytest.mark.parametrize(
    ("fields", "day", "active"),
    [
        ({}, date(2026, 11, 10), True),
        ({"starts": None}, date(2026, 11, 10), True),
        ({"starts": date(2026, 11, 10)}, date(2026, 11, 10), True),
        ({"starts": date(2026, 11, 11)}, date(2026, 11, 10), False),
        ({"ends": date(2026, 11, 10)}, date(2026, 11, 10), True),
        ({"ends": date(2026, 11, 9)}, date(2026, 11, 10), False),
        ({"cancelled": True}, date(2026, 11, 10), False),
        ({"cancelled": True, "cancelled_on": date(2026, 11, 10)}, date(2026, 11, 10), False),
        ({"cancelled": True, "cancelled_on": date(2026, 11, 11)}, date(2026, 11, 10), True),
        ({"cancelled_on": date(2026, 11, 9)}, date(2026, 11, 10), False),
    ],
)
def test_active_on(fields: dict[str, Any], day: date, *, active: bool) -> None:
    """MATCH-3: by dates and cancelled flag; both ends of the agreement belong to it, its cancelled
    date does not.
    """
    assert agreement(**fields).active_on(day) is active


def test_one_is_chosen_out_of_ended_ones() -> None:
    """MATCH-3: what has ended does not make the one that runs ambiguous."""
    runs = agreement(2)
    assert chosen(agreement(1, ends=date(2025, 12, 31)), runs, agreement(3, cancelled=True)) == runs


def test_the_one_that_starts_later_is_chosen_if_it_is_alone() -> None:
    """MATCH-3, OPEN-2: the only one to come is the place; of two to come, or beside one that runs,
    it is not.
    """
    later = agreement(2, starts=date(2026, 11, 20))
    assert chosen(agreement(1, ends=date(2026, 11, 5)), later) == later
    assert chosen(agreement(1), later) == agreement(1)
    assert isinstance(chosen(later, agreement(3, starts=date(2026, 11, 25))), Cause)
    next_month = agreement(2, starts=date(2026, 12, 1))
    assert chosen(next_month) == next_month


@pytest.mark.parametrize(
    ("agreements", "said"),
    [
        ([], ["Harbor Dental", "no agreement of the type"]),
        (
            [agreement(1), agreement(2)],
            ["2 active", "'Agreement 1' (id 1, ", "'Agreement 2' (id 2, ", "Pin"],
        ),
        ([agreement(1, ends=date(2026, 11, 1))], ["2026-11-10", "ends 2026-11-01"]),
        ([agreement(1, cancelled=True, cancelled_on=date(2026, 11, 2))], ["cancelled 2026-11-02"]),
        ([agreement(1, cancelled=True)], ["cancelled"]),
        ([agreement(1, starts=None, ends=date(2026, 1, 1))], ["ends 2026-01-01"]),
        ([agreement(1, billing_cycle="Quarterly")], ["'Quarterly'", "Monthly", "BillingCycles"]),
    ],
)
def test_candidates_are_listed(agreements: list[Agreement], said: list[str]) -> None:
    """MATCH-3, MATCH-5: needs set-up, with each candidate's name, id and why it is none."""
    found = chosen(*agreements)
    assert isinstance(found, Cause)
    assert found.state is StandingState.NEEDS_SETUP
    for each in said:
        assert each in found.reason


def test_pinned() -> None:
    """MATCH-3: the pinned one is the place if it is active, of the type and on a monthly cycle;
    another never is.
    """
    both = (agreement(1), agreement(2))
    assert chosen(*both, pinned=2) == agreement(2)
    assert isinstance(chosen(*both, pinned=9), Cause)
    assert isinstance(chosen(pinned=9), Cause)
    assert isinstance(chosen(agreement(1), agreement(2, cancelled=True), pinned=2), Cause)
    assert isinstance(chosen(agreement(1), agreement(2, billing_cycle="Yearly"), pinned=2), Cause)


@given(st.none() | DAYS, st.none() | DAYS)
def test_what_covers_a_month_bills_a_day_of_it(
    effective: date | None, cancelled: date | None
) -> None:
    """OPEN-6: an Addition covers the month if any day of it lies between its two dates, both
    included.
    """
    addition = Addition(
        id=1,
        agreement_id=1,
        product_id=1,
        quantity=Decimal(1),
        effective=effective,
        cancelled=cancelled,
    )
    days = (NOVEMBER.first + timedelta(days=offset) for offset in range(30))
    billed = any((effective or date.min) <= day <= (cancelled or date.max) for day in days)
    inside_out = effective is not None and cancelled is not None and cancelled < effective
    assert inside_out or addition.covers(NOVEMBER) == billed


def test_an_odd_agreement_beside_the_pinned_one_stops_nothing() -> None:
    """MATCH-3, MATCH-5: a person has chosen; without a pin the odd one may be meant."""
    odd = agreement(2, unreadable="Its start is no date.")
    assert isinstance(chosen(agreement(1), odd), Cause)
    assert chosen(agreement(1), odd, pinned=1) == agreement(1)
    assert isinstance(chosen(agreement(1), odd, pinned=2), Cause)
