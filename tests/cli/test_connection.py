"""A deployed stack as the command finds it: by its outputs, with the settings of its functions."""

import io
import json
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError
from botocore.response import StreamingBody
from botocore.stub import Stubber
from moto import mock_aws
from typer.testing import CliRunner

from cli.deployment import connection, dead_letters
from cli.deployment.connection import connect
from cli.deployment.dead_letters import LetterKind
from cli.doctor.checks import CHECKS
from cli.main import app
from cli.stack import Target, TickFailedError
from tally.domain.book.edition import MonthBooks
from tally.domain.model.month import Month
from tally.domain.pulse.state import Pulse
from tally.errors import SetupError, TransientError
from testing.ledger_table import create_ledger_table
from tests.cli.console import ENVIRONMENT
from tests.functional.instants import gmt

REGION = "eu-west-1"
KEYS = dict.fromkeys(
    (
        "gravityzone_api_key",
        "connectwise_public_key",
        "connectwise_private_key",
        "connectwise_client_id",
    ),
    "x",
)
TICK = gmt("2026-11-01 00:05")
_ASKED = b'{"tick": "2026-11-01T00:05:00Z", "whole": true}'
"""What the planner is asked for by a person: everything is read, whatever totals say."""


class Deployed:
    """A stack of which CloudFormation and Lambda are scripted, and all else is moto's."""

    def __init__(self) -> None:
        make = {"region_name": REGION, "aws_access_key_id": "test", "aws_secret_access_key": "test"}
        self.clients: dict[str, Any] = {
            name: boto3.client(name, **make)  # type: ignore[call-overload]  # boto3-stubs wants literals
            for name in (
                "cloudformation",
                "lambda",
                "dynamodb",
                "sqs",
                "s3",
                "secretsmanager",
                "sts",
            )
        }
        create_ledger_table(self.clients["dynamodb"], "ledger")
        self.queues = {
            name: self.clients["sqs"].create_queue(QueueName=name)["QueueUrl"]
            for name in (
                "JobsQueue",
                *dead_letters.QUEUES.values(),
            )
        }
        self.clients["secretsmanager"].create_secret(Name="keys", SecretString=json.dumps(KEYS))
        self.outputs = {
            **self.queues,
            "PlannerFunction": "tally-planner",
            "WorkerFunction": "tally-worker",
            "BookFunction": "tally-book",
        }
        self.environment = {**ENVIRONMENT, "QUEUE_URL": self.queues["JobsQueue"]}
        self.stubs = {name: Stubber(self.clients[name]) for name in ("cloudformation", "lambda")}
        for stub in self.stubs.values():
            stub.activate()

    def describes(self, date: str = "") -> None:
        """CloudFormation is asked for the outputs, once; its answer has that date."""
        outputs = [
            {"OutputKey": name, "OutputValue": value} for name, value in self.outputs.items()
        ]
        stack = {
            "StackName": "tally",
            "CreationTime": datetime(2026, 1, 1),  # noqa: DTZ001 - scripted
            "StackStatus": "CREATE_COMPLETE",
        }
        answer = {
            "Stacks": [{**stack, "Outputs": outputs}],
            "ResponseMetadata": {"HTTPHeaders": {"date": date}},
        }
        self.stubs["cloudformation"].add_response("describe_stacks", answer)

    def configures(self, function: str = "tally-planner") -> None:
        """Lambda is asked for the function's environment, once."""
        self.stubs["lambda"].add_response(
            "get_function_configuration",
            {"Environment": {"Variables": self.environment}},
            {"FunctionName": function},
        )

    def answers(self, payload: object, **more: object) -> None:
        """The planner answers."""
        body = json.dumps(payload).encode()
        self.stubs["lambda"].add_response(
            "invoke",
            {"StatusCode": 200, "Payload": StreamingBody(io.BytesIO(body), len(body)), **more},
            {"FunctionName": "tally-planner", "Payload": _ASKED},
        )


@pytest.fixture
def deployed(monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployed]:
    with mock_aws():
        found = Deployed()
        monkeypatch.setattr(dead_letters, "_WAIT_SECONDS", 0)
        monkeypatch.setattr(connection, "_clients", lambda _: found.clients.__getitem__)
        yield found


def test_everything_follows_from_the_outputs(deployed: Deployed) -> None:
    """The command sees the settings that the functions see, and asks for outputs, settings and keys
    once each.
    """
    deployed.describes()
    deployed.configures()
    stack = connect(Target())
    assert stack.settings().table_name == "ledger"
    assert list(stack.ledger().all_standings()) == []
    assert stack.ledger().ticks() is None
    assert stack.pulse().read() == Pulse()
    assert list(stack.ledger().all_settled_records(Month(2026, 11))) == []
    assert (stack.queue().backlog(), stack.waiting()) == (0, 0)
    assert stack.gravityzone() is stack.gravityzone()
    assert stack.connectwise() is stack.connectwise()
    assert stack.books().read(Month(2026, 11)) == MonthBooks(month=Month(2026, 11))
    assert stack.outputs()["WorkerFunction"] == "tally-worker"
    for stub in deployed.stubs.values():
        stub.assert_no_pending_responses()


def test_nothing_is_asked_before_it_is_wanted(deployed: Deployed) -> None:
    """A command needs no right but those for what it does: to connect calls nothing, and the
    caller's name needs no stack.
    """
    assert connect(Target()).who() == "arn:aws:sts::123456789012:user/moto"


def test_a_function_has_an_environment_of_its_own(deployed: Deployed) -> None:
    """Each function's environment is found by the output that names it."""
    deployed.describes()
    deployed.configures("tally-worker")
    assert connect(Target()).environment("WorkerFunction")["TABLE_NAME"] == "ledger"


def test_the_bucket_is_the_one_that_the_function_writes_to(deployed: Deployed) -> None:
    """Its name comes from the function's own environment, so that the two cannot differ."""
    deployed.describes()
    deployed.configures("tally-book")
    stack = connect(Target())
    assert stack.bucket().name == stack.book_settings().books_bucket == "books-of-tests"


def test_no_such_stack_is_said(deployed: Deployed) -> None:
    """A stack that is not there is named with its region, and with what to give."""
    deployed.stubs["cloudformation"].add_client_error(
        "describe_stacks", "ValidationError", "does not exist"
    )
    with pytest.raises(
        SetupError,
        match="There is no stack talley in eu-west-1: give --stack, --region or --profile",
    ):
        connect(Target(name="talley")).outputs()


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(90, "90 seconds ahead of"), (-3600, "3600 seconds behind"), (50, ""), (-50, "")],
)
def test_a_wrong_clock_is_said(seconds: int, said: str) -> None:
    """OPEN-2, SAFE-4: what is due and what is newer is told by this machine's clock, so one that is
    not AWS's is refused.
    """
    date = "Sun, 01 Nov 2026 00:05:00 GMT"
    with pytest.raises(SetupError, match=said) if said else nullcontext():
        connection._check_clock(date, now=TICK + timedelta(seconds=seconds))
    connection._check_clock("", now=TICK)


def test_the_doctor_looks_whatever_the_clock(
    deployed: Deployed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SAFE-5: a wrong clock stops other commands at their first look at the stack; the doctor has a
    check that tells of it, and looks at all else.
    """
    clock = [each for each in CHECKS if each.name == "clock"]
    monkeypatch.setattr("cli.commands.doctor.checks_of", lambda _: clock)
    ended = {}
    for command in ("doctor", "status"):
        deployed.describes("Sun, 01 Nov 2020 00:05:00 GMT")
        ended[command] = CliRunner().invoke(app, [command])
    assert "This machine's clock\n" in ended["doctor"].stdout
    assert "1 checks: " in ended["doctor"].stdout
    assert ended["status"].exit_code == 2
    assert "seconds ahead of AWS's" in ended["status"].stderr


def test_no_right_to_the_stack_is_said(deployed: Deployed) -> None:
    """A caller without the right is told which thing it may not use."""
    deployed.stubs["cloudformation"].add_client_error("describe_stacks", "AccessDenied", "no")
    with pytest.raises(SetupError, match="the stack tally cannot be used"):
        connect(Target()).outputs()


def test_an_output_that_is_missing_is_said(deployed: Deployed) -> None:
    """A stack that is not Tally's, or is older, is said to be so."""
    deployed.outputs = {"Other": "x"}
    deployed.describes()
    stack = connect(Target())
    with pytest.raises(SetupError, match="has no output PlannerFunction: is it Tally's"):
        stack.settings()
    with pytest.raises(SetupError, match="has no output 'JobsDeadLetterQueue'"):
        stack.dead_letters()


def test_the_planner_is_invoked_and_answers(deployed: Deployed) -> None:
    """A tick is given to the planner as the schedule gives it, and its answer is what it
    planned.
    """
    deployed.describes()
    deployed.answers({"companies": 3, "jobs": 2})
    assert connect(Target()).invoke(TICK) == {"companies": 3, "jobs": 2}


def test_a_planner_that_fails_says_why(deployed: Deployed) -> None:
    """The sentence that the planner raised is the error's."""
    deployed.describes()
    deployed.answers({"errorMessage": "The secret has no value yet."}, FunctionError="Unhandled")
    with pytest.raises(TickFailedError, match="The planner failed: The secret has no value yet"):
        connect(Target()).invoke(TICK)


def test_no_connection_is_no_set_up(deployed: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where AWS does not answer, nobody's set-up is blamed."""

    def unreachable(**_: object) -> None:
        raise EndpointConnectionError(endpoint_url="https://example.test")

    monkeypatch.setattr(deployed.clients["cloudformation"], "describe_stacks", unreachable)
    with pytest.raises(TransientError, match="did not answer"):
        connect(Target()).outputs()


def test_a_region_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a region, and with a profile that is not there, what to give is said."""
    for name in ("AWS_DEFAULT_REGION", "AWS_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    with pytest.raises(SetupError, match="No AWS region is known: give --region"):
        connect(Target())
    with pytest.raises(SetupError, match="No AWS session can be made: The config profile"):
        connect(Target(profile="nobody"))


def test_a_function_is_asked_and_not_waited_for(deployed: Deployed) -> None:
    """SAFE-6: the event is handed over, so that what fails of it comes to the function's queue."""
    deployed.describes()
    asked = {"FunctionName": "tally-book", "InvocationType": "Event", "Payload": b'{"at": "b"}'}
    deployed.stubs["lambda"].add_response(
        "invoke", {"StatusCode": 202, "Payload": StreamingBody(io.BytesIO(), 0)}, asked
    )
    connect(Target()).ask("BookFunction", {"at": "b"})
    deployed.stubs["lambda"].assert_no_pending_responses()


def test_dead_letters_are_read_and_stay(deployed: Deployed) -> None:
    """SAFE-6: the letters of all queues are read with their reasons; released they are there
    again, deleted they are gone.
    """
    deployed.describes()
    sqs = deployed.clients["sqs"]
    sqs.send_message(QueueUrl=deployed.queues["JobsDeadLetterQueue"], MessageBody="poison")
    failure = {
        "requestPayload": {"tick": "2026-11-01T00:05:00Z"},
        "responsePayload": {"errorMessage": "No keys."},
    }
    sqs.send_message(
        QueueUrl=deployed.queues["PlannerFailureQueue"], MessageBody=json.dumps(failure)
    )
    timed_out = {
        "requestPayload": {"tick": "x"},
        "requestContext": {"condition": "RetriesExhausted"},
    }
    sqs.send_message(
        QueueUrl=deployed.queues["PlannerFailureQueue"], MessageBody=json.dumps(timed_out)
    )
    sqs.send_message(
        QueueUrl=deployed.queues["ScheduleDeadLetterQueue"],
        MessageBody='{"tick": "2026-11-01T00:20:00Z"}',
        MessageAttributes={
            "ERROR_CODE": {"DataType": "String", "StringValue": "AccessDenied"},
            "ERROR_MESSAGE": {"DataType": "String", "StringValue": "The role may not."},
        },
    )
    walk = {"requestPayload": {"walk": "w"}, "responsePayload": {"errorMessage": "No right."}}
    for name, body in {
        "ReporterFailureQueue": {"digest": "weekly", "at": "a"},
        "BookFailureQueue": {"requestPayload": {"at": "b"}},
        "EvidenceDeadLetterQueue": walk,
    }.items():
        sqs.send_message(QueueUrl=deployed.queues[name], MessageBody=json.dumps(body))
    queues = connect(Target()).dead_letters()
    letters = queues.read()
    told = {(each.kind, *(each.word(name) for name in ("at", "walk"))) for each in letters}
    assert {
        (LetterKind.DIGEST, "a", ""),
        (LetterKind.BOOK, "b", ""),
        (LetterKind.EVIDENCE, "", "w"),
    } <= told
    assert {(each.kind, each.tick, each.reason) for each in letters} == {
        (LetterKind.DIGEST, "", ""),
        (LetterKind.BOOK, "", ""),
        (LetterKind.EVIDENCE, "", "No right."),
        (LetterKind.JOB, "", ""),
        (LetterKind.PLANNER, "2026-11-01T00:05:00Z", "No keys."),
        (LetterKind.PLANNER, "x", "RetriesExhausted"),
        (LetterKind.SCHEDULE, "2026-11-01T00:20:00Z", "AccessDenied The role may not."),
    }
    assert queues.read() == [], "nobody else sees them meanwhile"
    queues.release(letters)
    again = queues.read()
    assert len(again) == 7
    for each in again:
        queues.delete(each)
    queues.release([])
    assert queues.read() == []
