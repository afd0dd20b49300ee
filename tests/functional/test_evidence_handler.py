"""PROOF-2: the evidence function's handler on moto, from the schedule's event to what is kept."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import boto3
import pytest
from moto import mock_aws

import evidence.handler as evidence_function
from simulators.adapter import SimulatorAdapter
from simulators.clock import VirtualClock
from simulators.faults import Fault, FaultKind
from simulators.gravityzone import inventory
from tally.domain.model.month import Month
from tally.errors import ContractError, SetupError, TallyError
from tally.ledger.dynamodb import DynamoDBLedger
from tally.ledger.evidence.evidence_table import DynamoDBEvidence
from tally.runtime.parts import evidence as evidence_parts
from testing.ledger_table import create_ledger_table
from testing.world import Customer, World
from tests.functional import deployed_environment
from tests.functional.deployed_functions import KEYS, Context
from tests.functional.instants import gmt

WALK = {"walk": "2026-11-01T03:37:00Z"}


@dataclass(slots=True, kw_only=True)
class Deployed:
    """The function with its AWS, and an MSP whose one customer has 3 machines."""

    world: World
    customer: Customer
    store: DynamoDBEvidence
    sqs: Any
    queue_url: str
    log: io.StringIO

    def invoke(self, event: dict[str, Any], *, seconds_left: int = 900) -> dict[str, Any]:
        return evidence_function.handler(event, Context(seconds_left=seconds_left))  # type: ignore[arg-type]

    def batch(self, visibility: int = 0) -> dict[str, Any]:
        """The event of the messages that wait."""
        messages = self.sqs.receive_message(
            QueueUrl=self.queue_url, MaxNumberOfMessages=10, VisibilityTimeout=visibility
        ).get("Messages", [])
        return {
            "Records": [
                {
                    "messageId": each["MessageId"],
                    "receiptHandle": each["ReceiptHandle"],
                    "body": each["Body"],
                }
                for each in messages
            ]
        }

    def proven(self) -> int:
        found = self.store.read(self.customer.id, Month(2026, 11))
        assert found is not None
        return found.proven


@pytest.fixture
def deployed(monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployed]:
    with mock_aws():
        for name, value in deployed_environment.ENVIRONMENT.items():
            monkeypatch.setenv(name, value)
        tables, sqs = boto3.client("dynamodb"), boto3.client("sqs")
        create_ledger_table(tables, "ledger")
        queue_url = sqs.create_queue(QueueName="tally-evidence")["QueueUrl"]
        secrets = boto3.client("secretsmanager")
        secrets.create_secret(Name="keys", SecretString=str(KEYS).replace("'", '"'))
        monkeypatch.setenv("SECRET_ID", "keys")
        monkeypatch.setenv("EVIDENCE_QUEUE_URL", queue_url)
        world = World(clock=VirtualClock(gmt("2026-10-31 23:00")))
        world.ledger = DynamoDBLedger(tables, "ledger")  # type: ignore[assignment]
        world.plan = world.planner()
        customer = world.add_customer("Harbor Dental")
        world.check_in(customer, 3, at=gmt("2026-11-01 02:00"))
        world.play(gmt("2026-11-01 03:25"))
        world.clock.set(gmt("2026-11-01 03:37"))
        outside = evidence_parts.Outside(
            gravityzone=SimulatorAdapter(world.gravityzone), clock=world.clock
        )
        monkeypatch.setattr(evidence_parts, "Outside", lambda: outside)
        monkeypatch.setattr("time.sleep", lambda _: None)
        log = io.StringIO()
        monkeypatch.setattr(evidence_function.logger.registered_handler, "stream", log)
        evidence_function._evidence.cache_clear()
        yield Deployed(
            world=world,
            customer=customer,
            store=DynamoDBEvidence(tables, "ledger"),
            sqs=sqs,
            queue_url=queue_url,
            log=log,
        )
        evidence_function._evidence.cache_clear()


def test_a_walk_and_its_jobs(deployed: Deployed) -> None:
    """PROOF-1: the schedule's event is walked, and the job that it queues proves the machines."""
    walked = deployed.invoke(WALK)
    assert (walked["customers"], walked["looks"], walked["troubles"]) == (1, 1, {})
    assert deployed.proven() == 0
    assert deployed.invoke(deployed.batch()) == {"batchItemFailures": []}
    assert deployed.proven() == 3
    assert '"looks":3' in deployed.log.getvalue()
    assert KEYS["gravityzone_api_key"] not in deployed.log.getvalue()


def test_off_does_nothing(deployed: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    """PROOF-2: neither an event nor a job that is still under way does anything."""
    deployed.invoke(WALK)
    calls = deployed.world.gravityzone.calls.count()
    monkeypatch.setenv("EVIDENCE", "false")
    evidence_function._evidence.cache_clear()
    for event in (WALK, deployed.batch()):
        assert deployed.invoke(event) == {"skipped": "evidence is off"}
    assert deployed.world.gravityzone.calls.count() == calls
    assert deployed.proven() == 0


def test_a_job_that_fails_comes_again(deployed: Deployed) -> None:
    """SAFE-6: it alone is reported, with its reason in the log, and done when its cause is gone."""
    deployed.invoke(WALK)
    fault = Fault(kind=FaultKind.STATUS, status=503, operation="getManagedEndpointDetails")
    deployed.world.gravityzone.faults.add(fault)
    deployed.sqs.send_message(QueueUrl=deployed.queue_url, MessageBody="no job")
    event = deployed.batch()
    answer = deployed.invoke(event)
    failed = {each["itemIdentifier"] for each in answer["batchItemFailures"]}
    assert failed == {each["messageId"] for each in event["Records"]}
    assert deployed.log.getvalue().count("comes again") == 2
    deployed.world.gravityzone.faults.clear()
    deployed.invoke({"Records": event["Records"][:1]})
    deployed.invoke({"Records": event["Records"][1:]})
    assert deployed.proven() == 3


def test_a_row_that_is_left_out_is_told(
    deployed: Deployed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SAFE-7: machines without a company are nobody's evidence, and are in the log."""
    whole = inventory._row

    def odd(node: inventory.Node, now: datetime, *, with_scans: bool) -> dict[str, Any]:
        return {**whole(node, now, with_scans=with_scans), "companyId": None}

    monkeypatch.setattr(inventory, "_row", odd)
    deployed.invoke(WALK)
    [line] = deployed.log.getvalue().splitlines()
    assert '"level":"WARNING"' in line
    assert '"odd":6,' in line, "three rows of the root's walk, and of the customer's own"
    assert "a row that cannot be placed" in line


def test_an_answer_that_is_left_out_is_told(deployed: Deployed) -> None:
    """SAFE-7: the other machines are proven, and the odd answer is in the log."""
    deployed.invoke(WALK)
    fault = Fault(
        kind=FaultKind.STATUS,
        status=200,
        body="{}",
        operation="getManagedEndpointDetails",
        contains=deployed.world.gravityzone.tenant.endpoints_of(deployed.customer.id)[0].id,
    )
    deployed.world.gravityzone.faults.add(fault)
    deployed.invoke(deployed.batch())
    line = deployed.log.getvalue().splitlines()[-1]
    assert '"level":"WARNING"' in line
    assert '"odd":1,' in line
    assert deployed.proven() == 2


def test_a_walk_goes_on_where_time_is_short(deployed: Deployed) -> None:
    """SAFE-6: with little time left, one customer is walked at a time, and the rest is a job."""
    other = deployed.world.add_customer("Juniper Law")
    deployed.world.play(gmt("2026-11-01 03:40"))
    walked = deployed.invoke(WALK, seconds_left=50)
    assert (walked["customers"], walked["goes_on"]) == (1, True)
    while (event := deployed.batch(visibility=600))["Records"]:
        assert deployed.invoke(event) == {"batchItemFailures": []}
    assert deployed.proven() == 3
    assert deployed.store.read(other.id, Month(2026, 11)) is not None


@pytest.mark.parametrize("event", [{}, {"walk": "now"}, {"tick": "2026-11-01T03:37:00Z"}])
def test_an_event_that_is_no_walk_is_refused(deployed: Deployed, event: dict[str, Any]) -> None:
    """SAFE-9: the clock never takes the place of the scheduled time."""
    with pytest.raises(ContractError, match="no walk"):
        deployed.invoke(event)


def test_a_walk_that_fails_is_the_schedules_to_repeat(deployed: Deployed) -> None:
    """SAFE-6: it raises, and what the keys are is read anew at the next attempt."""
    deployed.world.gravityzone.options.enabled_apis = ("companies", "licensing")
    with pytest.raises(TallyError):
        deployed.invoke(WALK)
    deployed.world.gravityzone.options.enabled_apis = ("companies", "licensing", "network")
    assert deployed.invoke(WALK)["customers"] == 1


def test_a_setting_that_is_wrong_is_named(
    deployed: Deployed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SAFE-6: by its variable, and by the parameter that feeds it."""
    monkeypatch.setenv("EVIDENCE_MONTHS", "0")
    evidence_function._evidence.cache_clear()
    with pytest.raises(SetupError, match=r"EVIDENCE_MONTHS .* parameter EvidenceMonths"):
        deployed.invoke(WALK)
