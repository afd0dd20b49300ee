"""A month of billing through the deployed template, AWS's part played by MiniStack with IAM
enforced.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from tally.domain.model.standing import StandingState
from tally.domain.record.usage_record import RecordState
from tests.e2e.msp import FIRST, Msp

pytestmark = pytest.mark.e2e


def test_month_is_opened_raised_and_closed(msp: Msp) -> None:
    """OPEN-4, FOLLOW-1, CLOSE-1, CLOSE-2: one Addition a month, raised as machines connect, final
    on the 2nd.
    """
    north, south = msp.add_customer("North Quay Marine"), msp.add_customer("South Gate Foods")
    msp.check_in(north, 3, datetime(2025, 3, 4, 8, tzinfo=UTC))
    msp.check_in(north, 4, datetime(2025, 3, 20, 8, tzinfo=UTC))
    msp.check_in(north, 1, datetime(2025, 3, 31, 23, 50, tzinfo=UTC))

    planned = msp.tick(FIRST)
    assert (planned["linked"], planned["jobs"]) == (2, 2)
    assert (msp.quantities(north), msp.quantities(south)) == ([0], [0])

    msp.tick(datetime(2025, 3, 10, 9, 5, tzinfo=UTC))
    msp.tick(datetime(2025, 3, 31, 23, 35, tzinfo=UTC))
    msp.tick(datetime(2025, 4, 1, 0, 5, tzinfo=UTC))
    assert msp.quantities(north) == [8, 0], "the machine of 23:50 is March's"
    assert msp.records(north)["2025-03"].state is RecordState.OPEN

    msp.tick(datetime(2025, 4, 2, 0, 5, tzinfo=UTC))
    march, april = msp.additions(north)
    assert [(each["before"], each["after"]) for each in march.changes] == [(0, 3), (3, 7), (7, 8)]
    assert (march.effective, march.cancelled) == (date(2025, 3, 1), date(2025, 3, 31))
    assert (april.effective, april.cancelled) == (date(2025, 4, 1), date(2025, 4, 30))
    assert march.fields["unitPrice"] == 4.5
    assert str(march.fields["invoiceDescription"]).startswith(
        "Bitdefender GravityZone active endpoints, March 2025 [TLY-"
    )
    closed = msp.records(north)["2025-03"]
    assert (closed.state, closed.count) == (RecordState.CLOSED, 8)
    assert msp.records(south)["2025-03"].state is RecordState.CLOSED
    assert msp.quantities(south) == [0, 0]
    assert msp.standing(north).state is StandingState.BILLING


def test_schedule_opens_the_present_month(msp: Msp) -> None:
    """The schedule itself fires the planner, with its own scheduled time as the tick, and the month
    is opened.
    """
    customer = msp.add_customer("Evergreen Dental")
    now = datetime.now(UTC).replace(microsecond=0)
    msp.set_clocks(now)
    msp.check_in(customer, 5, now - timedelta(seconds=1) if now.day > 1 else now)
    fired = msp.stack.fire_schedule()
    msp.stack.wait_until_drained()
    ticks = next(item for item in msp.stack.items() if item["pk"] == "TICKS")
    assert datetime.fromisoformat(ticks["newest"]) == fired
    assert [line["tick"] for line in msp.logged("planner", "planned")] == [fired.isoformat()]
    assert msp.quantities(customer) == [5]


def test_same_tick_twice_is_once(msp: Msp) -> None:
    """SAFE-4: the schedule may fire twice; the second tick finds all done, and writes nothing to
    ConnectWise.
    """
    customer = msp.add_customer("Twin Rivers Realty")
    msp.check_in(customer, 2, FIRST)
    msp.tick(FIRST)
    items, writes = _of_companies(msp), _writes(msp)
    assert writes == 1
    again = msp.tick(FIRST)
    assert again["jobs"] == 1, "the job runs, as its first run could have failed"
    assert (msp.quantities(customer), _writes(msp)) == ([2], writes)
    assert _of_companies(msp) == items


def test_older_tick_plans_nothing(msp: Msp) -> None:
    """SAFE-4: a tick that was delivered late, after a newer one, is superseded."""
    msp.add_customer("Late Bloom Florists")
    msp.tick(FIRST)
    assert "superseded" in msp.tick(FIRST - timedelta(minutes=15))["skipped"]


def _of_companies(msp: Msp) -> list[dict[str, Any]]:
    """The ledger's items but the pulse's: a sweep that comes twice has its own account."""
    return [each for each in msp.stack.items() if each["pk"] != "PULSE"]


def _writes(msp: Msp) -> int:
    calls = msp.connectwise.count_calls()
    return sum(times for operation, times in calls.items() if not operation.startswith("GET"))
