"""PROOF-2: the evidence function's handler on moto, from the schedule's event to what is kept."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.sqs import models as sqs_of_moto

import evidence.handler as evidence_function
from simulators.adapter import SimulatorAdapter
from simulators.clock import VirtualClock
from simulators.faults import Fault, FaultKind
from simulators.gravityzone import inventory
from tally.domain.model.month import Month
from tally.errors import ContractError, SetupError, TallyError
from tally.evidence.delivery import PAUSE
from tally.evidence.jobs import EvidenceJob
from tally.evidence.look import Looks
from tally.ledger.dynamodb import DynamoDBLedger
from tally.ledger.evidence.evidence_table import DynamoDBEvidence
from tally.runtime.parts import evidence as evidence_parts
from testing.ledger_table import create_ledger_table
from testing.world import Customer, World
from tests.functional import deployed_environment
from tests.functional.deployed_functions import KEYS, Context
from tests.functional.instants import gmt

pytestmark = pytest.mark.slow

WALK = {"walk": "2026-11-01T03:37:00Z"}
JOBS = {"jobs": "2026-11-01T03:41:00Z"}
NO_TIME = 50
"""Seconds left with which a walk begins with one customer, and no job is begun."""


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

    def queued(self) -> tuple[int, int]:
        """How many messages wait, and how many were taken and not deleted."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self.sqs.get_queue_attributes(QueueUrl=self.queue_url, AttributeNames=names)
        waiting, taken = (int(found["Attributes"][name]) for name in names)
        return waiting, taken

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
    """PROOF-1: the schedule's event is walked, and the job that it queues proves the machines in
    the same invocation; a firing after it finds nothing.
    """
    walked = deployed.invoke(WALK)
    assert (walked["customers"], walked["looks"], walked["troubles"]) == (1, 1, {})
    assert (walked["jobs"], walked["failed"]) == (1, 0)
    assert deployed.proven() == 3
    assert deployed.queued() == (0, 0)
    lines = deployed.log.getvalue()
    assert deployed.invoke(JOBS) == {"jobs": 0, "failed": 0}
    assert deployed.log.getvalue() == lines, "a firing that finds nothing says nothing"
    assert '"looks":3' in deployed.log.getvalue()
    assert KEYS["gravityzone_api_key"] not in deployed.log.getvalue()


def test_off_does_nothing(deployed: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    """PROOF-2: neither an event nor a job that still waits does anything."""
    deployed.invoke(WALK, seconds_left=NO_TIME)
    calls = deployed.world.gravityzone.calls.count()
    monkeypatch.setenv("EVIDENCE", "false")
    evidence_function._evidence.cache_clear()
    for event in (WALK, JOBS):
        assert deployed.invoke(event) == {"skipped": "evidence is off"}
    assert deployed.world.gravityzone.calls.count() == calls
    assert deployed.proven() == 0
    assert deployed.queued() == (1, 0)


def test_a_job_that_fails_comes_again(deployed: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    """SAFE-6: it is left in the queue, with its reason in the log, and done when its cause is gone.
    It stops no other, and nor does what is no job.
    """
    other = deployed.world.add_customer("Juniper Law")
    deployed.world.check_in(other, 2, at=gmt("2026-11-01 03:00"))
    deployed.world.play(gmt("2026-11-01 03:40"))
    machine = deployed.world.gravityzone.tenant.endpoints_of(other.id)[0].id
    fault = Fault(kind=FaultKind.STATUS, status=503, contains=machine, times=99)
    deployed.world.gravityzone.faults.add(fault)
    deployed.sqs.send_message(QueueUrl=deployed.queue_url, MessageBody="no job")
    walked = deployed.invoke(WALK)
    assert (walked["looks"], walked["jobs"], walked["failed"]) == (2, 1, 2)
    assert deployed.proven() == 3
    assert deployed.queued() == (0, 2)
    assert deployed.log.getvalue().count("comes again") == 2
    deployed.world.gravityzone.faults.clear()
    assert deployed.invoke(JOBS) == {"jobs": 0, "failed": 0}, "both are put off"
    now = sqs_of_moto.unix_time_millis
    monkeypatch.setattr(sqs_of_moto, "unix_time_millis", lambda: now() + 1000 * PAUSE.seconds)
    assert deployed.invoke(JOBS) == {"jobs": 1, "failed": 1}
    found = deployed.store.read(other.id, Month(2026, 11))
    assert found is not None
    assert found.proven == 2


def test_a_bug_in_a_job_stops_no_other(deployed: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    """SAFE-6: it is in the log with its trace, and the job comes again."""
    deployed.invoke(WALK, seconds_left=NO_TIME)
    deployed.invoke(WALK, seconds_left=NO_TIME)
    looks, calls = Looks.__call__, []

    def buggy(self: Looks, job: EvidenceJob) -> int:
        calls.append(job)
        if len(calls) == 1:
            raise ZeroDivisionError
        return looks(self, job)

    monkeypatch.setattr(Looks, "__call__", buggy)
    assert deployed.invoke(JOBS) == {"jobs": 1, "failed": 1}
    assert deployed.proven() == 3
    assert deployed.queued() == (0, 1)
    [line] = [each for each in deployed.log.getvalue().splitlines() if "a bug in Tally" in each]
    assert "ZeroDivisionError" in line


def test_a_queue_that_is_not_there_is_told(deployed: Deployed) -> None:
    """SAFE-6: Lambda invokes the function again, and it is a dead letter in the end."""
    deployed.sqs.delete_queue(QueueUrl=deployed.queue_url)
    with pytest.raises(SetupError):
        deployed.invoke(JOBS)


def test_a_row_that_is_left_out_is_told(
    deployed: Deployed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SAFE-7: machines without a company are nobody's evidence, and are in the log."""
    whole = inventory._row

    def odd(node: inventory.Node, now: datetime, *, with_scans: bool) -> dict[str, Any]:
        return {**whole(node, now, with_scans=with_scans), "companyId": None}

    monkeypatch.setattr(inventory, "_row", odd)
    deployed.invoke(WALK)
    line = deployed.log.getvalue().splitlines()[0]
    assert '"level":"WARNING"' in line
    assert '"odd":6,' in line, "three rows of the root's walk, and of the customer's own"
    assert "a row that cannot be placed" in line


def test_an_answer_that_is_left_out_is_told(deployed: Deployed) -> None:
    """SAFE-7: the other machines are proven, and the odd answer is in the log."""
    fault = Fault(
        kind=FaultKind.STATUS,
        status=200,
        body="{}",
        operation="getManagedEndpointDetails",
        contains=deployed.world.gravityzone.tenant.endpoints_of(deployed.customer.id)[0].id,
    )
    deployed.world.gravityzone.faults.add(fault)
    deployed.invoke(WALK)
    line = deployed.log.getvalue().splitlines()[-1]
    assert '"level":"WARNING"' in line
    assert '"odd":1,' in line
    assert deployed.proven() == 2


def test_a_walk_goes_on_where_time_is_short(deployed: Deployed) -> None:
    """SAFE-6: with little time left, one customer is walked and no job is begun; the rest is a job
    of the next firing.
    """
    other = deployed.world.add_customer("Juniper Law")
    deployed.world.play(gmt("2026-11-01 03:40"))
    walked = deployed.invoke(WALK, seconds_left=NO_TIME)
    assert (walked["customers"], walked["goes_on"], walked["jobs"]) == (1, True, 0)
    assert deployed.store.read(other.id, Month(2026, 11)) is None
    assert deployed.invoke(JOBS) == {"jobs": 2, "failed": 0}
    assert deployed.proven() == 3
    assert deployed.store.read(other.id, Month(2026, 11)) is not None


@pytest.mark.parametrize(
    "event", [{}, {"walk": "now"}, {"tick": "2026-11-01T03:37:00Z"}, None, 1, "jobs", ["jobs"]]
)
def test_an_event_that_is_no_walk_is_refused(deployed: Deployed, event: Any) -> None:  # noqa: ANN401 - any JSON
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
