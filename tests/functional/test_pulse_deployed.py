"""The pulse as deployed: both handlers on moto, with the ledger and the queue between them."""

import io
import json
from datetime import UTC, datetime, timedelta

import pytest

import planner.handler as planner_function
from simulators.gravityzone import TotalsTold
from tally.errors import ContradictedError
from tests.functional.deployed_functions import Context, Deployed

pytestmark = pytest.mark.slow

_THIRD = datetime(2026, 11, 3, 0, 5, tzinfo=UTC)
_SIX = timedelta(minutes=6)


@pytest.fixture
def with_pulse(deployed: Deployed) -> Deployed:
    """Both functions with the pulse on, and three customers."""
    deployed.world.clock.set(_THIRD)
    for number in range(3):
        customer = deployed.world.add_customer(f"Customer {number} Limited")
        deployed.world.check_in(customer, 10 + number)
    return deployed


def _look(deployed: Deployed, at: datetime) -> dict[str, object]:
    if deployed.world.clock.now() < at:
        deployed.world.clock.set(at)
    event = {"tick": at.strftime("%Y-%m-%dT%H:%M:%SZ"), "pulse": True}
    return planner_function.handler(event, Context())  # type: ignore[arg-type]


def _work(deployed: Deployed) -> int:
    """Work off what waits; return the number of jobs."""
    done = 0
    while records := deployed.batch():
        assert deployed.work(records) == []
        done += len(records)
        for each in records:
            deployed.sqs.delete_message(
                QueueUrl=deployed.queue_url, ReceiptHandle=each["receiptHandle"]
            )
    return done


def _proven(deployed: Deployed) -> datetime:
    """Let three sweeps agree, with a rise between them; return the time after that."""
    at = _THIRD
    for number in range(3):
        deployed.tick(at)
        assert _work(deployed) == 3
        _look(deployed, at + _SIX / 2)
        _look(deployed, at + _SIX)
        if number == 0:
            deployed.world.gravityzone.tenant.check_in_new(_ids(deployed)[0], 2)
        at += timedelta(minutes=15)
    return at - timedelta(minutes=8)


def _ids(deployed: Deployed) -> list[str]:
    return [each.id for each in deployed.world.gravityzone.truth.companies()]


def test_a_rise_is_found_by_a_look_and_billed(with_pulse: Deployed) -> None:
    """PULSE-1: proven by the account that workers keep in the ledger's table."""
    at = _proven(with_pulse)
    assert _look(with_pulse, at)["skipped"] == "no total has moved"
    rose = _ids(with_pulse)[1]
    with_pulse.world.gravityzone.tenant.check_in_new(rose, 4)
    found = _look(with_pulse, at + timedelta(minutes=1))
    assert found["jobs"] == 1
    records = with_pulse.batch()
    assert json.loads(records[0]["body"])["company_id"] == rose
    with_pulse.world.connectwise.calls.clear()
    assert with_pulse.work(records) == []
    assert with_pulse.world.connectwise.calls.count("PATCH additions/{id}") == 1
    again = _look(with_pulse, at + timedelta(minutes=2))
    assert again["skipped"] == "no total has moved"


def test_a_look_that_finds_nothing_is_one_call_and_one_read(with_pulse: Deployed) -> None:
    """The cost of an idle firing."""
    at = _proven(with_pulse)
    _look(with_pulse, at)
    with_pulse.world.gravityzone.calls.clear()
    with_pulse.world.connectwise.calls.clear()
    assert _look(with_pulse, at + timedelta(minutes=1))["skipped"] == "no total has moved"
    assert dict(with_pulse.world.gravityzone.calls.counts) == {"getMonthlyUsage": 1}
    assert len(with_pulse.world.connectwise.calls) == 0


def test_a_contradiction_is_an_error_of_the_function_once(with_pulse: Deployed) -> None:
    """PULSE-3: the alarm on errors tells it; the log has both vectors; the retry finds it told."""
    at = _proven(with_pulse)
    with_pulse.world.gravityzone.options.totals = TotalsTold(kind="zero")
    _look(with_pulse, at)
    _work(with_pulse)
    tick = _THIRD + timedelta(minutes=45)
    later = tick + timedelta(minutes=15)
    with_pulse.tick(tick)
    _work(with_pulse)
    with_pulse.world.gravityzone.tenant.check_in_new(_ids(with_pulse)[2], 1)
    with_pulse.tick(later)
    _work(with_pulse)
    with pytest.raises(ContradictedError, match="the total had not moved"):
        _look(with_pulse, later + _SIX)
    assert _work(with_pulse) == 3
    assert "endpointMonthlyUsage" in _log(with_pulse.log)
    assert "off" in str(_look(with_pulse, later + _SIX)["skipped"])


def test_without_the_setting_a_look_does_nothing(
    deployed: Deployed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A schedule that is left over from a deployment with the pulse."""
    monkeypatch.setenv("PULSE_MINUTES", "0")
    assert _look(deployed, _THIRD)["skipped"] == "the pulse is off"
    assert len(deployed.world.gravityzone.calls) == 0


def _log(log: io.StringIO) -> str:
    return "".join(
        str(json.loads(line).get("vectors", ""))
        for line in log.getvalue().splitlines()
        if line.startswith("{")
    )
