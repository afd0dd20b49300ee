"""The reporter's handler on moto: a digest of a played world reaches a queue that is subscribed to
the topic.
"""

import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import boto3
import pytest
from moto import mock_aws

import reporter.handler as reporter_function
from simulators.clock import VirtualClock
from tally.domain.pulse.state import Proof, Trust
from tally.errors import ContractError, SetupError
from tally.ledger.dynamodb import DynamoDBLedger
from tally.ledger.pulse.pulse_table import DynamoDBPulse
from testing.ledger_table import create_ledger_table
from testing.world import World
from tests.functional.instants import gmt

pytestmark = pytest.mark.slow

EVENT = {"digest": "close-day", "at": "2026-12-02T06:00:00Z"}


class Context:
    """What Lambda hands to a handler."""

    function_name = "tally"
    memory_limit_in_mb = 512
    invoked_function_arn = "arn:aws:lambda:eu-west-1:000000000000:function:tally"
    aws_request_id = "00000000-0000-4000-8000-000000000000"


@dataclass(slots=True, kw_only=True)
class Deployed:
    """The function with its AWS, and a mailbox."""

    world: World
    sqs: Any
    mailbox: str
    log: io.StringIO

    def report(self, event: dict[str, Any]) -> dict[str, Any]:
        return reporter_function.handler(event, Context())  # type: ignore[arg-type]

    def mails(self) -> list[tuple[str, str]]:
        """Subject and text of what has come."""
        messages = self.sqs.receive_message(QueueUrl=self.mailbox, MaxNumberOfMessages=10).get(
            "Messages", []
        )
        told = [json.loads(message["Body"]) for message in messages]
        return [(each["Subject"], each["Message"]) for each in told]

    def items(self) -> list[Any]:
        return sorted(map(repr, boto3.client("dynamodb").scan(TableName="ledger")["Items"]))


@pytest.fixture
def deployed(monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployed]:
    with mock_aws():
        for name, value in {
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_DEFAULT_REGION": "eu-west-1",
            "AWS_SECRET_ACCESS_KEY": "test",
            "CLOSE_DAY": "2",
            "STACK_NAME": "tally",
            "TABLE_NAME": "ledger",
        }.items():
            monkeypatch.setenv(name, value)
        monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
        dynamodb, sqs, sns = (boto3.client(each) for each in ("dynamodb", "sqs", "sns"))
        create_ledger_table(dynamodb, "ledger")
        topic = sns.create_topic(Name="alarms")["TopicArn"]
        mailbox = sqs.create_queue(QueueName="mailbox")["QueueUrl"]
        sns.subscribe(
            TopicArn=topic,
            Protocol="sqs",
            Endpoint=sqs.get_queue_attributes(QueueUrl=mailbox, AttributeNames=["QueueArn"])[
                "Attributes"
            ]["QueueArn"],
        )
        monkeypatch.setenv("TOPIC_ARN", topic)
        world = World(clock=VirtualClock(gmt("2026-11-01 00:00")), growth_seats=5)
        world.ledger = DynamoDBLedger(dynamodb, "ledger")  # type: ignore[assignment]  # a Ledger, as the one in memory is
        world.plan = world.planner()
        log = io.StringIO()
        monkeypatch.setattr(reporter_function.logger.registered_handler, "stream", log)
        reporter_function._report.cache_clear()
        yield Deployed(world=world, sqs=sqs, mailbox=mailbox, log=log)
        reporter_function._report.cache_clear()


@pytest.fixture
def played(deployed: Deployed) -> Deployed:
    """November closed for one customer, held for another, and a third that nobody has linked."""
    world = deployed.world
    harbor, lake = world.add_customer("Harbor Dental"), world.add_customer("Lakeside Library")
    world.gravityzone.tenant.add_company("Blue Heron Brewing")
    world.check_in(harbor, 7)
    world.play(
        gmt("2026-11-01 00:05"),
        gmt("2026-11-30 23:50"),
        gmt("2026-12-01 00:05"),
        gmt("2026-12-02 00:05"),
    )
    world.check_in(lake, 40, at=gmt("2026-12-02 00:10"))
    world.play(gmt("2026-12-02 05:35"))
    return deployed


def test_the_close_days_digest_reaches_a_subscriber(played: Deployed) -> None:
    """SAFE-7: what closed, what is held with its sentence and commands, and what needs set-up, by
    the ledger as it is.
    """
    answer = played.report(EVENT)
    [(subject, text)] = played.mails()
    flat = " ".join(text.split())
    assert (
        subject
        == answer["subject"]
        == "Tally: November 2026 closed for 2 customers, 1 to answer, 1 to set up"
    )
    assert "November 2026 is closed: 7 endpoints on the Additions of 2 customers" in flat
    assert (
        "GravityZone counts 40 active endpoints for Lakeside Library in December 2026; November "
        "2026 gave 0."
    ) in flat
    assert 'tally approve "Lakeside Library" --month 2026-12' in flat
    assert "No ConnectWise company is named 'Blue Heron Brewing'" in flat
    assert answer["bytes"] == len(text.encode())


def test_twice_is_the_same_mail_twice(played: Deployed) -> None:
    """EventBridge and Lambda deliver at least once: the ledger is not changed, and the second mail
    says the same.
    """
    before = played.items()
    played.report(EVENT)
    played.report(EVENT)
    first, second = played.mails()
    assert first == second
    assert played.items() == before


def test_a_contradicted_pulse_is_told(deployed: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    """PULSE-3: the mail says that the pulse is off, and why; where the settings have no pulse, what
    the ledger still knows of one is no news.
    """
    deployed.world.add_customer("Harbor Dental")
    deployed.world.play(gmt("2026-11-01 00:05"))
    proof = Proof(trust=Trust.OFF, since=gmt("2026-11-01 00:07"), why="all totals are 0")
    memory = DynamoDBPulse(boto3.client("dynamodb"), "ledger")
    memory.change(lambda known: replace(known, proof=proof))
    for minutes in ("1", "0"):
        monkeypatch.setenv("PULSE_MINUTES", minutes)
        reporter_function._report.cache_clear()
        deployed.report({"digest": "weekly", "at": "2026-11-01T01:00:00Z"})
    first, second = (" ".join(text.split()) for _, text in deployed.mails())
    assert "The pulse is switched off since 2026-11-01 00:07 GMT" in first
    assert "all totals are 0" in first
    assert "The pulse" not in second


def test_a_weekly_digest(played: Deployed) -> None:
    """The other event asks for the other letter."""
    played.world.play(gmt("2026-12-07 06:50"))
    assert played.report({"digest": "weekly", "at": "2026-12-07T08:00:00+01:00"})[
        "subject"
    ].startswith("Tally: 1 to answer")
    [(_, text)] = played.mails()
    assert "December 2026 so far:" in text


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"digest": "daily", "at": "2026-12-02T06:00:00Z"},
        {"digest": "weekly", "at": "<aws.scheduler.scheduled-time>"},
    ],
)
def test_an_event_that_asks_for_no_digest_is_refused(
    deployed: Deployed, event: dict[str, Any]
) -> None:
    """What comes in is checked, and there is no clock to fall back to."""
    with pytest.raises(ContractError, match="The event asks for no digest"):
        deployed.report(event)
    assert deployed.mails() == []


@pytest.mark.parametrize(
    ("break_it", "says"),
    [
        (lambda patch: patch.delenv("TOPIC_ARN"), "the setting TOPIC_ARN is missing"),
        (lambda patch: patch.setenv("CLOSE_DAY", "1"), "with the parameter CloseDay set right"),
        (
            lambda patch: patch.setenv("TOPIC_ARN", "arn:aws:sns:eu-west-1:123456789012:gone"),
            "arn:aws:sns:eu-west-1:123456789012:gone",
        ),
        (lambda patch: patch.setenv("TABLE_NAME", "gone"), "the ledger table gone"),
    ],
)
def test_what_is_set_wrong_is_named(
    deployed: Deployed,
    monkeypatch: pytest.MonkeyPatch,
    break_it: Callable[[pytest.MonkeyPatch], None],
    says: str,
) -> None:
    """SAFE-6: a digest that cannot be sent fails, so that it is tried again and then kept; the
    sentence says what to do.
    """
    break_it(monkeypatch)
    with pytest.raises(SetupError, match=says):
        deployed.report(EVENT)
    assert deployed.mails() == []


def test_the_log_has_keys(played: Deployed) -> None:
    """Which digest, due when, with what subject; no name of a customer."""
    played.report(EVENT)
    [line] = [
        json.loads(each) for each in played.log.getvalue().splitlines() if '"reported"' in each
    ]
    assert (line["digest"], line["due"]) == ("close-day", "2026-12-02T06:00:00+00:00")
    assert line["subject"].startswith("Tally: November 2026 closed")
    assert "Harbor" not in played.log.getvalue()
