"""What both functions, as deployed, write for CloudWatch: the metrics that alarms and the dashboard
are made of.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from simulators.faults import Fault, FaultKind
from tally.domain.model.month import Month
from tally.domain.pulse.state import Pulse, Trust
from tally.errors import IncompletePlanError
from tally.ledger.pulse.pulse_table import DynamoDBPulse
from tally.runtime import metrics
from tests.functional.deployed_functions import Deployed

pytestmark = pytest.mark.slow

FIRST = datetime(2026, 11, 1, 0, 5, tzinfo=UTC)
QUARTER = timedelta(minutes=15)


class Printed:
    """The lines in the embedded metric format that were printed since the last look."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys
        self.names: set[str] = set()
        self.dimensions: set[str] = set()

    def lines(self) -> Sequence[Mapping[str, Any]]:
        """Them as data; what metrics and dimensions they have is kept."""
        lines = [
            json.loads(line)
            for line in self._capsys.readouterr().out.splitlines()
            if '"_aws"' in line
        ]
        for line in lines:
            for told in line["_aws"]["CloudWatchMetrics"]:
                assert told["Namespace"] == "Tally"
                self.names |= {each["Name"] for each in told["Metrics"]}
                self.dimensions |= {
                    json.dumps({name: line[name] for name in each}) for each in told["Dimensions"]
                }
        return lines


@pytest.fixture
def printed(capsys: pytest.CaptureFixture[str]) -> Printed:
    """What the functions print."""
    return Printed(capsys)


def _work_all(deployed: Deployed) -> None:
    while records := deployed.batch():
        deployed.work(records)
        for record in records:
            deployed.sqs.delete_message(
                QueueUrl=deployed.queue_url, ReceiptHandle=record["receiptHandle"]
            )


def test_a_month_writes_no_more_than_twelve_metrics(deployed: Deployed, printed: Printed) -> None:
    """At most 12 custom metrics, dimensions counted, whatever happens: opening, pushing, a hold, a
    throttle, a skipped tick.
    """
    customers = [
        deployed.world.add_customer(name) for name in ("Harbor Dental", "Copper Kettle Cafe")
    ]
    deployed.world.add_customer("Lost Name Ltd", connectwise_name="Another")
    for customer in customers:
        deployed.world.check_in(customer, 12)
    deployed.tick(FIRST)
    _work_all(deployed)
    deployed.world.check_in(customers[0], 50)
    deployed.world.gravityzone.faults.add(
        Fault(kind=FaultKind.THROTTLED, operation="getMonthlyUsage", seconds=1, times=1)
    )
    deployed.tick(FIRST + QUARTER)
    _work_all(deployed)
    deployed.tick(FIRST + 2 * QUARTER)
    deployed.tick(FIRST + 3 * QUARTER)
    printed.lines()
    assert printed.dimensions == {'{"Stack": "tally"}'}
    assert printed.names == {*metrics.UNITS}, "each that is paid for is written, and no other"
    assert len(printed.names) * len(printed.dimensions) <= 12


def test_a_tick_tells_how_customers_stand(deployed: Deployed, printed: Printed) -> None:
    """SAFE-7: one that waits for its first month, one that needs set-up, on one line of the
    tick.
    """
    deployed.world.check_in(deployed.world.add_customer("Harbor Dental"), 3)
    deployed.world.add_customer("Lost Name Ltd", connectwise_name="Another")
    deployed.tick(FIRST)
    (line,) = printed.lines()
    assert (line["CompaniesNeedingSetUp"], line["CompaniesWaiting"], line["CompaniesBilling"]) == (
        [1.0],
        [1.0],
        [0.0],
    )
    assert (line["StalestReadingAge"], line["OldestHoldAge"], line["RecordsPastClose"]) == (
        [0.0],
        [0.0],
        [0.0],
    )
    assert line["function"] == "planner"
    assert line["GravityZone"]["calls"] == len(line["GravityZoneLatency"]) > 0


def test_a_look_hides_no_silence_of_ticks(deployed: Deployed, printed: Printed) -> None:
    """PULSE-4: what only ticks write stays unwritten by a look, also by one that searches and sends
    a job, so that an alarm hears when ticks do not come; its calls are counted all the same.
    """
    third = FIRST + timedelta(days=2)
    customer = deployed.world.add_customer("Harbor Dental")
    deployed.world.check_in(customer, 3)
    deployed.tick(third)
    _work_all(deployed)
    memory = DynamoDBPulse(boto3.client("dynamodb"), "ledger")
    memory.change(_proven_by_its_sweep)
    deployed.world.check_in(customer, 2)
    printed.lines()
    assert deployed.look(third + timedelta(minutes=1))["jobs"] == 1
    (line,) = printed.lines()
    assert line["GravityZone"]["calls"] > 0
    assert not [each for each in line if each.startswith(("Companies", "Records", "Oldest"))]


def _proven_by_its_sweep(known: Pulse) -> Pulse:
    """The memory after its sweep was the last that it took to believe totals."""
    assert known.expected is not None
    return replace(
        known,
        proof=replace(known.proof, trust=Trust.PROVEN),
        totals=known.expected.totals,
        swept=known.expected.tick,
        expected=None,
    )


def test_a_batch_tells_its_records_and_calls(deployed: Deployed, printed: Printed) -> None:
    """One line a batch: outcomes and calls by API as plain fields, and how long after its tick the
    sweep has got there.
    """
    for name in ("Harbor Dental", "Copper Kettle Cafe"):
        deployed.world.check_in(deployed.world.add_customer(name), 3)
    deployed.tick(FIRST)
    printed.lines()
    deployed.world.clock.advance(timedelta(seconds=90))
    deployed.sqs.send_message(QueueUrl=deployed.queue_url, MessageBody="no job")
    deployed.work(deployed.batch())
    (line,) = printed.lines()
    assert line["records"] == {
        "opened": 2,
        "pushed": 0,
        "unchanged": 0,
        "closed": 0,
        "held": 0,
        "failed": 1,
    }
    assert line["SweepLength"][0] >= 90
    assert {
        api: line[api]["calls"] == len(line[f"{api}Latency"])
        for api in ("GravityZone", "ConnectWise")
    } == {
        "GravityZone": True,
        "ConnectWise": True,
    }
    assert "Throttles" not in line


def test_a_tick_whose_lists_fail_tells_what_it_knows(deployed: Deployed, printed: Printed) -> None:
    """SAFE-5: while GravityZone cannot be listed, readings grow old, and the planner goes on to say
    how old.
    """
    deployed.world.check_in(deployed.world.add_customer("Harbor Dental"), 3)
    deployed.tick(FIRST)
    _work_all(deployed)
    printed.lines()
    deployed.world.gravityzone.faults.add(Fault(kind=FaultKind.STATUS, status=403))
    with pytest.raises(IncompletePlanError):
        deployed.tick(FIRST + timedelta(hours=25))
    (line,) = printed.lines()
    assert line["StalestReadingAge"] == [25 * 3600.0]
    assert line["GravityZone"]["errors"] > 0


def test_a_skipped_tick_says_how_long_the_sweep_takes_already(
    deployed: Deployed, printed: Printed
) -> None:
    """Pace: a tick that finds the last one's jobs still waiting plans nothing, and says so by the
    sweep's length.
    """
    deployed.world.check_in(deployed.world.add_customer("Harbor Dental"), 3)
    deployed.tick(FIRST)
    assert "SweepLength" not in printed.lines()[0]
    assert deployed.tick(FIRST + QUARTER)["skipped"]
    assert printed.lines()[0]["SweepLength"] == [QUARTER.total_seconds()]


def test_a_month_that_stays_open_past_its_close_is_told(
    deployed: Deployed, printed: Printed
) -> None:
    """CLOSE-2: a record whose close cannot be reached is counted from the close day on, until it is
    closed.
    """
    harbor = deployed.world.add_customer("Harbor Dental")
    deployed.world.check_in(harbor, 3)
    deployed.tick(FIRST)
    _work_all(deployed)
    deployed.world.connectwise.faults.add(Fault(kind=FaultKind.STATUS, status=403))
    close = Month(2026, 11).day_after_end(2)
    with pytest.raises(IncompletePlanError):
        deployed.tick(close)
    _work_all(deployed)
    printed.lines()
    deployed.world.connectwise.faults.clear()
    deployed.tick(close + QUARTER)
    (line,) = printed.lines()
    assert line["RecordsPastClose"] == [1.0]
    _work_all(deployed)
    printed.lines()
    deployed.tick(close + 2 * QUARTER)
    assert printed.lines()[-1]["RecordsPastClose"] == [0.0]
