"""Whether billing is right and current: the few numbers over all customers, as alarms see them."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tally.domain.model.month import Month
from tally.domain.model.standing import WHOLE_COMPANY, Cause, Scope, Standing, StandingState
from tally.domain.planning.company_plan import CompanyPlan
from tally.domain.planning.tick_context import CompanyState, Presence
from tally.domain.record.usage_record import RecordState
from tally.domain.reporting.vitals import Gauge, Vitals
from testing.scopes import of_record
from tests.unit.planning_scene import NOVEMBER, TICK, circumstances, company, due, record

OCTOBER = Month(2026, 10)
HOUR = 3600


def _ago(hours: float) -> datetime:
    return TICK - timedelta(hours=hours)


def _standing(
    last_reading: datetime | None = None, *, causes: Mapping[Scope, Cause] | None = None
) -> Standing:
    return Standing(
        company_id="c" * 24,
        company_name="Harbor Dental",
        tick=TICK,
        causes=causes or {},
        last_reading=last_reading,
    )


def _cause(state: StandingState, hours: float) -> Cause:
    return Cause(state=state, since=_ago(hours))


def _seen(
    *rows: tuple[CompanyState, Standing], tick: datetime = TICK, is_due: bool = True
) -> Vitals:
    plan = CompanyPlan(due=[due(NOVEMBER)] if is_due else [])
    gauge = Gauge(circumstances(tick=tick))
    for each, standing in rows:
        gauge.add(each, plan, standing)
    return gauge.vitals()


def test_every_customer_is_counted_by_the_standing_that_shows() -> None:
    """SAFE-7: each is counted once, by its most serious cause; a standing that nobody has is
    counted too, as none.
    """
    held = _standing(
        causes={
            of_record("2026-11"): _cause(StandingState.HELD, 1),
            of_record("2026-11", "email"): _cause(StandingState.WAITING, 1),
        }
    )
    seen = _seen((company(), held), (company(), _standing()), (company(), _standing()))
    assert seen.companies == {
        "billing": 2,
        "waiting": 0,
        "needs set-up": 0,
        "held": 1,
        "failing": 0,
    }


def test_a_partner_that_nobody_bills_needs_nothing() -> None:
    """READ-4: its customers are counted; that its own machines are not billed is no set-up that is
    missing.
    """
    told = _standing(causes={WHOLE_COMPANY: _cause(StandingState.NEEDS_SETUP, 100)})
    partner = company(presence=Presence.PARTNER, link=None)
    assert _seen((partner, told), is_due=False).companies["needs set-up"] == 0
    assert (
        _seen((replace(partner, records=(record(NOVEMBER),)), told)).companies["needs set-up"] == 1
    )
    assert _seen((company(presence=Presence.PARTNER), told)).companies["needs set-up"] == 1


def test_the_stalest_reading_is_the_oldest_of_those_to_be_read() -> None:
    """The age of the oldest last good reading, in seconds."""
    followed = company(records=(record(NOVEMBER),))
    assert (
        _seen((followed, _standing(_ago(1))), (followed, _standing(_ago(30)))).stalest_reading
        == 30 * HOUR
    )


@pytest.mark.parametrize("presence", [Presence.GONE, Presence.UNLICENSED])
def test_who_cannot_be_read_is_not_waited_for(presence: Presence) -> None:
    """CLOSE-5: one that left GravityZone keeps its open record to the close, and no alarm for
    it.
    """
    gone = company(presence=presence, records=(record(NOVEMBER),))
    assert _seen((gone, _standing(_ago(200)))).stalest_reading == 0


def test_what_a_list_that_failed_may_hide_is_waited_for() -> None:
    """SAFE-5: where GravityZone cannot be listed, readings grow old, and that is to be seen."""
    unread = company(presence=Presence.UNREAD, records=(record(NOVEMBER),))
    assert _seen((unread, _standing(_ago(25)))).stalest_reading == 25 * HOUR


def test_who_has_nothing_due_is_not_waited_for() -> None:
    """An excluded customer, or one without an agreement, is not read; its standing tells it."""
    assert _seen((company(), _standing(_ago(900))), is_due=False).stalest_reading == 0


def test_a_customer_that_comes_back_is_waited_for_from_then_on() -> None:
    """What was read of it half a year ago, in a month long closed, is not late now."""
    opening = _standing(_ago(4000), causes={Scope(NOVEMBER): _cause(StandingState.WAITING, 0)})
    assert _seen((company(), opening)).stalest_reading == 0
    failing = _standing(
        _ago(4000), causes={of_record("2026-11"): _cause(StandingState.FAILING, 26)}
    )
    assert _seen((company(), failing)).stalest_reading == 26 * HOUR


def test_a_customer_that_was_never_read_is_waited_for_since_it_was_to_be() -> None:
    """Its first reading may fail for a day too."""
    failing = _standing(causes={of_record("2026-11"): _cause(StandingState.FAILING, 27)})
    assert _seen((company(), failing)).stalest_reading == 27 * HOUR
    assert _seen((company(records=(record(NOVEMBER),)), failing)).stalest_reading == 27 * HOUR
    assert _seen((company(), _standing())).stalest_reading == 0


def test_the_oldest_hold_is_the_one_that_waits_longest() -> None:
    """Of all months and services of all customers; also one behind a more serious cause."""
    two = _standing(
        causes={
            of_record("2026-11"): _cause(StandingState.FAILING, 90),
            of_record("2026-11", "email"): _cause(StandingState.HELD, 40),
            of_record("2026-10", "email"): _cause(StandingState.HELD, 50),
        }
    )
    assert (
        _seen(
            (company(), two),
            (company(), _standing(causes={WHOLE_COMPANY: _cause(StandingState.HELD, 3)})),
        ).oldest_hold
        == 50 * HOUR
    )
    assert (
        _seen(
            (company(), _standing(causes={WHOLE_COMPANY: _cause(StandingState.NEEDS_SETUP, 90)}))
        ).oldest_hold
        == 0
    )


def test_what_is_open_past_its_close_is_counted() -> None:
    """CLOSE-2: from the close day on, 00:00 GMT, a record of the month before is late; the month's
    own is not.
    """
    both = company(records=(record(OCTOBER), record(NOVEMBER)))
    close = datetime(2026, 11, 2, tzinfo=UTC)
    assert _seen((both, _standing()), tick=close - timedelta(seconds=1)).past_close == 0
    assert _seen((both, _standing()), tick=close).past_close == 1
    closed = company(records=(replace(record(OCTOBER), state=RecordState.CLOSED),))
    assert _seen((closed, _standing()), tick=close).past_close == 0


def test_of_nobody_there_is_nothing_to_tell() -> None:
    """An empty GravityZone has no stalest reading, no hold, and nobody by any standing."""
    seen = _seen()
    assert (
        seen.stalest_reading,
        seen.oldest_hold,
        seen.past_close,
        sum(seen.companies.values()),
    ) == (0, 0, 0, 0)
