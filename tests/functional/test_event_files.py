"""The events of `events/`, played in order through the real handlers on moto: what `make sam-local`
does in containers.
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

import book.handler as book_function
import evidence.handler as evidence_function
import planner.handler as planner_function
import reporter.handler as reporter_function
import tickets.handler as tickets_function
import worker.handler as worker_function
from local.sam_local.event_scene import BEGINS, opt_the_partner_in, scenario, seen
from local.sam_local.events import EVENTS, Event, Outcome, differences, walk_of_today
from local.simulator_clients import read_additions
from simulators.adapter import SimulatorAdapter
from simulators.clock import VirtualClock
from simulators.connectwise import ConnectWiseSimulator
from simulators.control_calls import control
from simulators.demo_scenario import DEMO_AGREEMENT_TYPE, DEMO_PRODUCT
from simulators.gravityzone import GravityZoneSimulator
from tally.domain.model.month import Month
from tally.errors import TallyError
from tally.ledger.dynamodb import DynamoDBLedger
from tally.ledger.evidence.evidence_table import DynamoDBEvidence
from tally.runtime.parts import bootstrap
from tally.runtime.parts import evidence as evidence_parts
from testing.ledger_table import create_ledger_table
from tests.functional.deployed_functions import KEYS, Context
from tests.functional.instants import gmt

HANDLERS = {
    "planner": planner_function.handler,
    "worker": worker_function.handler,
    "reporter": reporter_function.handler,
    "evidence": evidence_function.handler,
    "book": book_function.handler,
    "tickets": tickets_function.handler,
}


class Stage:
    """Both functions on moto, the story's MSP behind them."""

    def __init__(self) -> None:
        world = scenario()
        self.clock = VirtualClock(BEGINS)
        self.gravityzone = GravityZoneSimulator(self.clock, world.gravityzone)
        self.connectwise = ConnectWiseSimulator(self.clock, world.connectwise)
        self.ledger = DynamoDBLedger(boto3.client("dynamodb"), "ledger")
        opt_the_partner_in(self.ledger)

    def play(self, event: Event) -> Outcome:
        self.clock.set(max(event.at, self.clock.now()))
        answer, error = None, ""
        try:
            answer = HANDLERS[event.function](event.payload, Context())  # type: ignore[arg-type]
        except TallyError as raised:
            error = str(raised)
        truth = json.loads(control(self.connectwise, "GET", "/_sim/truth", b"").body)
        # A closed record is read once more, until then it stands among the open ones.
        return seen(
            answer,
            error=error,
            additions=read_additions(truth),
            records=self.ledger.all_open_records(),
        )


@pytest.fixture
def stage(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    """Table, queue and secret as the template would make them."""
    with mock_aws():
        create_ledger_table(boto3.client("dynamodb"), "ledger")
        queue_url = boto3.client("sqs").create_queue(QueueName="jobs")["QueueUrl"]
        secret = boto3.client("secretsmanager").create_secret(
            Name="keys", SecretString=json.dumps(KEYS)
        )["ARN"]
        evidence_queue = boto3.client("sqs").create_queue(QueueName="evidence")["QueueUrl"]
        topic = boto3.client("sns").create_topic(Name="alarms")["TopicArn"]
        for name, value in {
            "TOPIC_ARN": topic,
            "BOOKS_BUCKET": "books",
            "QUEUE_URL": queue_url,
            "EVIDENCE_QUEUE_URL": evidence_queue,
            "SECRET_ID": secret,
            "AGREEMENT_TYPE": DEMO_AGREEMENT_TYPE,
            "PRODUCT": DEMO_PRODUCT,
        }.items():
            monkeypatch.setenv(name, value)
        boto3.client("s3").create_bucket(
            Bucket="books", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
        )
        stage = Stage()
        outside = bootstrap.World(
            gravityzone=SimulatorAdapter(stage.gravityzone),
            connectwise=SimulatorAdapter(stage.connectwise),
            clock=stage.clock,
        )
        monkeypatch.setattr(bootstrap, "World", lambda: outside)
        inventory = evidence_parts.Outside(gravityzone=outside.gravityzone, clock=stage.clock)
        monkeypatch.setattr(evidence_parts, "Outside", lambda: inventory)
        for cached in (
            planner_function._planner,
            worker_function._worker,
            reporter_function._report,
            evidence_function._evidence,
            book_function._parts,
            tickets_function._tickets,
        ):
            cached.cache_clear()
        yield stage
        for cached in (
            planner_function._planner,
            worker_function._worker,
            reporter_function._report,
            evidence_function._evidence,
            book_function._parts,
            tickets_function._tickets,
        ):
            cached.cache_clear()


@pytest.mark.slow
def test_each_event_comes_to_what_it_says(stage: Stage) -> None:
    """SAFE-4, SAFE-5, OPEN-4, OPEN-7, CLOSE-2, READ-4: in their order, each event leaves the
    outcome that stands beside it.
    """
    for event in EVENTS:
        assert differences(event.outcome, stage.play(event)) == [], event.name


@pytest.mark.slow
@pytest.mark.parametrize("wall", ["2026-11-30 23:50", "2027-03-02 03:37"])
def test_the_story_is_right_in_any_month(
    stage: Stage, wall: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PROOF-1, PROOF-5: in containers the evidence function has the machine's own clock: the walk
    of the story comes too late, and one of today records the machines.
    """
    now = gmt(wall)
    inventory = replace(evidence_parts.Outside(), clock=VirtualClock(now))
    monkeypatch.setattr(evidence_parts, "Outside", lambda: inventory)
    for event in (*EVENTS, walk_of_today(now, tmp_path)):
        played = event.at_wall_clock(now)
        assert differences(played.outcome, stage.play(played)) == [], event.name
    recorded = DynamoDBEvidence(boto3.client("dynamodb"), "ledger")
    months = [
        month
        for month in (Month(2026, 10), Month.of(now))
        for customer in stage.gravityzone.tenant.companies()
        if (found := recorded.read(customer.id, month)) is not None and found.machines
    ]
    assert set(months) == {Month.of(now)}


def test_a_difference_is_told() -> None:
    """What `make sam-local` finds amiss is named: an answer, an error, an Addition, a record."""
    expected = Outcome(answer={"jobs": 2}, quantities={2100: [3]}, closed=[2100])
    assert (
        differences(
            expected,
            Outcome(answer={"jobs": 2, "linked": 1}, quantities={2100: [3]}, closed=[2100]),
        )
        == []
    )
    wrong = Outcome(answer={"jobs": 1}, error="no", quantities={2100: [4], 2101: [1]})
    assert len(differences(expected, wrong)) == 5
    assert len(differences(Outcome(error="no tick"), Outcome())) == 1
