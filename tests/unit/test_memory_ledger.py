"""What the ledger in memory can do beyond a ledger: fail when told to, and show its index late."""

from datetime import UTC, datetime, timedelta

import pytest

from simulators.clock import VirtualClock
from tally.domain.model.month import Month
from tally.domain.record.history import Transition
from tally.domain.record.record_key import RecordKey
from tally.domain.record.usage_record import UsageRecord, unopened
from tally.errors import ConflictError, TransientError
from testing.ledger import MemoryLedger

TICK = datetime(2026, 11, 3, 0, 15, tzinfo=UTC)
KEY = RecordKey(company_id="gz-1", month=Month(2026, 11), service="endpoints")
RECORD = UsageRecord(key=KEY, version=1, seen_tick=TICK)
OPENING = Transition(
    before=unopened(KEY, TICK), after=RECORD, what="opened", why="because", at=TICK, tick=TICK
)


def test_failure_before_the_effect() -> None:
    """A failure ordered before the effect leaves nothing behind, and is met once."""
    ledger = MemoryLedger()
    ledger.fail_next("save", TransientError("no answer"))
    with pytest.raises(TransientError):
        ledger.save(OPENING)
    assert ledger.record(KEY) is None
    ledger.save(OPENING)
    assert ledger.record(KEY) == RECORD


def test_failure_after_the_effect() -> None:
    """A failure ordered after the effect hides that it happened."""
    ledger = MemoryLedger()
    ledger.fail_next("save", TransientError("no answer"), after=True)
    with pytest.raises(TransientError):
        ledger.save(OPENING)
    assert ledger.record(KEY) == RECORD


def test_failures_are_of_one_method() -> None:
    """A failure ordered for one method is met by that one alone, as often as ordered."""
    ledger = MemoryLedger()
    ledger.fail_next("record", ConflictError("busy"), times=2)
    ledger.save(OPENING)
    for _ in range(2):
        with pytest.raises(ConflictError):
            ledger.record(KEY)
    assert ledger.record(KEY) == RECORD


def test_failure_of_no_method_is_refused() -> None:
    """A misspelt method would never fail, and the test that ordered it would prove nothing."""
    with pytest.raises(ValueError, match="no sav"):
        MemoryLedger().fail_next("sav", ConflictError("busy"))


def test_index_lags() -> None:
    """Bulk reads are as old as the lag; single reads are not."""
    clock = VirtualClock(TICK)
    ledger = MemoryLedger(now=clock.now, index_lag=timedelta(seconds=10))
    ledger.save(OPENING)
    clock.advance(timedelta(seconds=9))
    assert list(ledger.all_open_records()) == []
    assert ledger.record(KEY) == RECORD
    clock.advance(timedelta(seconds=1))
    assert list(ledger.all_open_records()) == [RECORD]


def test_lag_needs_a_clock() -> None:
    """A lag without a clock would be none."""
    with pytest.raises(ValueError, match="clock"):
        MemoryLedger(index_lag=timedelta(seconds=1))
