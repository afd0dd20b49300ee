"""The real handlers on moto, with the simulators behind the clients: what Lambda, SQS and
EventBridge get to see.
"""

import json
from datetime import UTC, datetime, timedelta

import pytest

import planner.handler as planner_function
import worker.handler as worker_function
from simulators.faults import Fault, FaultKind
from tally.errors import ContractError, SetupError
from tally.runtime import time_limits
from testing.world import Customer
from tests.functional.deployed_functions import KEYS, Context, Deployed


def _customer(deployed: Deployed, name: str = "Harbor Dental", machines: int = 12) -> Customer:
    customer = deployed.world.add_customer(name)
    deployed.world.check_in(customer, machines)
    return customer


def test_a_tick_and_its_jobs_open_the_month(deployed: Deployed) -> None:
    """OPEN-4: planner and worker as deployed open a customer's month, and the next tick leaves
    ConnectWise alone.
    """
    harbor = _customer(deployed)
    assert deployed.tick(datetime(2026, 11, 1, 0, 5, tzinfo=UTC))["jobs"] == 1
    assert deployed.work(deployed.batch()) == []
    assert deployed.world.additions(harbor) == [(12, "2026-11-01", "2026-11-30")]
    deployed.world.connectwise.calls.clear()
    for message in deployed.sqs.receive_message(QueueUrl=deployed.queue_url).get("Messages", []):
        deployed.sqs.delete_message(
            QueueUrl=deployed.queue_url, ReceiptHandle=message["ReceiptHandle"]
        )
    assert deployed.tick(datetime(2026, 11, 1, 0, 20, tzinfo=UTC))["jobs"] == 1
    assert deployed.work(deployed.batch()) == []
    assert deployed.world.connectwise.calls.count("PATCH additions/{id}") == 0


@pytest.mark.slow
def test_one_bad_message_fails_alone(deployed: Deployed) -> None:
    """SAFE-5: a message that is no job is the only one of its batch to be reported, and comes again
    at once.
    """
    customers = [_customer(deployed, f"Customer {number}", number) for number in range(3)]
    deployed.tick(datetime(2026, 11, 1, 0, 5, tzinfo=UTC))
    deployed.sqs.send_message(QueueUrl=deployed.queue_url, MessageBody='{"tick": "yesterday"}')
    records = deployed.batch()
    poison = next(record for record in records if "yesterday" in record["body"])
    assert deployed.work(records) == [poison["messageId"]]
    assert [deployed.world.additions(customer)[0][0] for customer in customers] == [0, 1, 2]
    assert deployed.hidden_for(poison["receiptHandle"]) < 1


def test_a_longer_pause_goes_back_to_the_queue(deployed: Deployed) -> None:
    """SAFE-6: a Retry-After that a worker cannot wait for hides the message for so long."""
    _customer(deployed)
    deployed.tick(datetime(2026, 11, 1, 0, 5, tzinfo=UTC))
    deployed.world.gravityzone.faults.add(
        Fault(kind=FaultKind.THROTTLED, operation="getMonthlyUsage", seconds=90)
    )
    records = deployed.batch()
    assert deployed.work(records) == [records[0]["messageId"]]
    assert 80 < deployed.hidden_for(records[0]["receiptHandle"]) <= 90


def test_no_job_is_started_without_time_for_the_slowest(deployed: Deployed) -> None:
    """SAFE-6: with too little time left a job goes back unstarted, so that no write is cut in the
    middle.
    """
    harbor = _customer(deployed)
    deployed.tick(datetime(2026, 11, 1, 0, 5, tzinfo=UTC))
    deployed.world.gravityzone.calls.clear()
    records = deployed.batch()
    assert deployed.work(records, seconds_left=30) == [records[0]["messageId"]]
    assert deployed.world.gravityzone.calls.count() == 0
    assert deployed.world.additions(harbor) == []


def test_a_partners_readings_have_time_for_another_jobs_turns(
    deployed: Deployed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """READ-4: two jobs side by side take turns at their container's pace, so each reading of a
    partner's job may take twice as long.
    """
    monkeypatch.setenv("CALLS_PER_SECOND", "1")
    monkeypatch.setenv("JOBS_AT_ONCE", "2")
    assert worker_function._worker().deliver.each_reading == timedelta(seconds=2)


def test_gravityzone_is_not_asked_in_the_time_for_writing(
    deployed: Deployed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """READ-4, SAFE-6: reading ends while there is time for the writes that follow: of a long
    reading nothing is half written.
    """
    harbor = _customer(deployed)
    deployed.tick(datetime(2026, 11, 1, 0, 5, tzinfo=UTC))
    deployed.world.gravityzone.calls.clear()
    deployed.world.connectwise.calls.clear()
    records = deployed.batch()
    monkeypatch.setattr(time_limits, "WRITING", timedelta(seconds=75))
    assert deployed.work(records, seconds_left=84) == [records[0]["messageId"]]
    assert deployed.world.gravityzone.calls.count() == deployed.world.connectwise.calls.count() == 0
    monkeypatch.undo()
    assert deployed.work(records, seconds_left=84) == []
    assert [each[0] for each in deployed.world.additions(harbor)] == [12]


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("", "has no value yet"),
        ("keys", "is not a JSON object"),
        (json.dumps({**KEYS, "connectwise_private_key": None}), "connectwise_private_key"),
        (
            json.dumps({name: key for name, key in KEYS.items() if name != "gravityzone_api_key"}),
            "gravityzone_api_key",
        ),
        (json.dumps({**KEYS, "gravityzone_api_key": "two words"}), "gravityzone_api_key"),
    ],
)
def test_a_bad_secret_is_named_at_the_first_invocation(
    deployed: Deployed, value: str, says: str
) -> None:
    """A missing or malformed key: both functions fail, say which in one line, and show no key and
    no stack trace.
    """
    if value:
        deployed.secrets.put_secret_value(SecretId=deployed.secret_id, SecretString=value)
    else:
        deployed.secrets.delete_secret(SecretId=deployed.secret_id, ForceDeleteWithoutRecovery=True)
    with pytest.raises(SetupError, match=says) as planner_error:
        deployed.tick(datetime(2026, 11, 1, 0, 5, tzinfo=UTC))
    with pytest.raises(SetupError, match=says) as worker_error:
        deployed.work([])
    printed = deployed.log.getvalue()
    assert says in printed
    assert "Traceback" not in printed
    for text in (str(planner_error.value), str(worker_error.value), printed):
        assert not any(key in text for key in KEYS.values())
    assert planner_error.value.__cause__ is None


def test_the_functions_recover_when_the_secret_is_put_right(deployed: Deployed) -> None:
    """A container that could not start tries again at its next invocation."""
    harbor = _customer(deployed)
    deployed.secrets.put_secret_value(SecretId=deployed.secret_id, SecretString="{}")
    with pytest.raises(SetupError):
        deployed.tick(datetime(2026, 11, 1, 0, 5, tzinfo=UTC))
    deployed.secrets.put_secret_value(SecretId=deployed.secret_id, SecretString=json.dumps(KEYS))
    deployed.tick(datetime(2026, 11, 1, 0, 20, tzinfo=UTC))
    assert deployed.work(deployed.batch()) == []
    assert deployed.world.additions(harbor) == [(12, "2026-11-01", "2026-11-30")]


@pytest.mark.slow
def test_changed_keys_are_read_without_a_deployment(deployed: Deployed) -> None:
    """After a 401 the worker reads the secret anew: keys that the operator changed are in force at
    the next batch.
    """
    _customer(deployed)
    deployed.tick(datetime(2026, 11, 1, 0, 5, tzinfo=UTC))
    deployed.world.gravityzone.faults.add(
        Fault(kind=FaultKind.STATUS, status=401, operation="getMonthlyUsage", times=1)
    )
    assert deployed.work(deployed.batch()) == []
    deployed.secrets.delete_secret(SecretId=deployed.secret_id, ForceDeleteWithoutRecovery=True)
    with pytest.raises(SetupError, match="has no value yet"):
        deployed.work([])


def test_an_event_that_is_no_tick_is_refused(deployed: Deployed) -> None:
    """The tick comes in the event alone: a literal placeholder or a missing one is an error, not
    the present time.
    """
    for event in ({}, {"tick": "<aws.scheduler.scheduled-time>"}, {"tick": "2026-11-01T00:05:00"}):
        with pytest.raises(Exception, match="The event is no tick"):
            planner_function.handler(event, Context())  # type: ignore[arg-type]


WHOLE = {
    "messageId": "1",
    "receiptHandle": "r",
    "body": "{}",
    "attributes": {"ApproximateReceiveCount": "1"},
}


@pytest.mark.parametrize(
    "event",
    [
        None,
        "jobs",
        [],
        {},
        {"Records": None},
        {"Records": "x"},
        {"Records": [1]},
        {"Records": [{}]},
        {"Records": [{**WHOLE, "body": None}]},
        {"Records": [{**WHOLE, "attributes": None}]},
        {"Records": [{**WHOLE, "attributes": {"ApproximateReceiveCount": "often"}}]},
        {"Records": [WHOLE, {**WHOLE, "messageId": 1}]},
    ],
)
def test_an_event_that_is_no_batch_is_refused(deployed: Deployed, event: object) -> None:
    """SAFE-10: whoever invokes the worker by hand is told what it takes, and of no bug."""
    with pytest.raises(ContractError, match="no batch of SQS messages"):
        worker_function.handler(event, Context())  # type: ignore[arg-type]


def test_a_tick_in_the_future_is_refused(deployed: Deployed) -> None:
    """A tick later than now would open a month before its time."""
    with pytest.raises(SetupError, match="lies in the future"):
        planner_function.handler({"tick": "2026-12-01T00:05:00Z"}, Context())  # type: ignore[arg-type]


def test_log_lines_have_keys_and_no_secrets(deployed: Deployed) -> None:
    """A log line of a job names company, month, tick and decision; no key stands in any line."""
    harbor = _customer(deployed)
    deployed.world.connectwise.faults.add(
        Fault(kind=FaultKind.STATUS, status=500, operation="POST additions", times=1)
    )
    deployed.tick(datetime(2026, 11, 1, 0, 5, tzinfo=UTC))
    deployed.work(deployed.batch())
    printed = deployed.log.getvalue()
    lines = [json.loads(line) for line in printed.splitlines() if line.startswith("{")]
    job_lines = [line for line in lines if line.get("company") == harbor.id]
    assert job_lines
    assert {"month", "tick", "level", "message"} <= set(job_lines[0])
    assert not any(key in printed for key in KEYS.values())
