"""A program: all functions under the runtime that Lambda runs them with, through an ordinary
day and bad ones.

``main()`` in the environment that Lambda gives a function; what it writes is what CloudWatch
would have, and what Lambda is told of failures.
"""

import json
import logging
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import boto3
import requests
from awslambdaric import bootstrap as runtime
from awslambdaric.lambda_runtime_marshaller import LambdaMarshaller
from moto import mock_aws
from requests.adapters import BaseAdapter

from simulators.adapter import SimulatorAdapter
from simulators.clock import VirtualClock
from simulators.connectwise.desk.example import BOARD, CLOSED, OPEN, example_desk
from tally.runtime.parts import book as book_parts
from tally.runtime.parts import bootstrap
from tally.runtime.parts import evidence as evidence_parts
from tally.runtime.parts import tickets as tickets_parts
from testing.aws_models import read_models_once
from testing.ledger_table import create_ledger_table
from testing.world import World
from tests.functional import deployed_environment

KEYS = {
    "gravityzone_api_key": "Rw4kTq9ZbX2mVn7cLs0JyHd8PfGe5Au3",
    "connectwise_public_key": "Kd83hSnBq0ZxWvLm",
    "connectwise_private_key": "yT5gRfEw9QaPz1Mu",
    "connectwise_client_id": "7c1f0e9a-53d8-4b26-9e4f-c08d6a12b375",
}
TICK = "2026-11-01T00:05:00Z"
ENVIRONMENT = {
    **deployed_environment.ENVIRONMENT,
    "REQUEST_TIMEOUT_SECONDS": "2",
    "SECRET_ID": "keys",
    "BOOKS_BUCKET": "books",
    "ATTACH_STATEMENTS": "true",
    "TICKET_BOARD": BOARD,
    "TICKET_OPEN_STATUS": OPEN,
    "TICKET_CLOSED_STATUS": CLOSED,
}


class _Over(BaseException):
    """There are no more events."""


class _Service:
    """Lambda's side of a function: it hands out events and is told what became of them."""

    def __init__(self, events: Sequence[Mapping[str, Any]]) -> None:
        self.marshaller = LambdaMarshaller()
        self._events = list(events)

    def wait_next_invocation(self) -> object:
        if not self._events:
            raise _Over
        return SimpleNamespace(
            invoke_id="5b1c2d3e-0000-4000-8000-000000000001",
            event_body=json.dumps(self._events.pop(0)),
            content_type="application/json",
            client_context=None,
            cognito_identity=None,
            invoked_function_arn="arn:aws:lambda:eu-west-1:000000000000:function:tally",
            deadline_time_in_ms=int((time.time() + 140) * 1000),
            x_amzn_trace_id=None,
            tenant_id=None,
            invocation_id=None,
        )

    def post_invocation_result(self, _id: str, result: object, *_: object) -> None:
        print(json.dumps({"result": str(result)}))

    def post_invocation_error(self, _id: str, error: object, fault: object, *_: object) -> None:
        print(json.dumps({"error": str(error), "fault": str(fault)}))

    def post_init_error(self, error: object, *_: object) -> None:
        print(json.dumps({"init": str(error)}))


def invoke(function: str, *events: Mapping[str, Any]) -> None:
    """A new container of the function, that meets the events."""
    sys.modules.pop(f"{function}.handler", None)
    logging.Logger.manager.loggerDict.pop(function, None)
    logging.getLogger().handlers.clear()
    try:
        runtime.run(f"{function}.handler.handler", _Service(events))
    except _Over:
        return


class _Echo(BaseHTTPRequestHandler):
    """A server that repeats what it was sent, in all that it answers: status by status, whole and
    cut.
    """

    protocol_version = "HTTP/1.1"
    statuses = (200, 302, 400, 401, 403, 404, 409, 429, 500, 503)
    number = 0

    def log_message(self, *_: object) -> None:
        """It writes nothing of its own."""

    def do_GET(self) -> None:
        sent = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        keys = (
            f"{self.headers['Authorization']} {self.headers['clientId']} {' '.join(KEYS.values())}"
        )
        kind = _Echo.number
        _Echo.number += 1
        said = [
            json.dumps(
                {"code": "Wrong", "message": keys, "errors": [{"message": keys, "field": keys}]}
            ),
            json.dumps(
                {
                    "jsonrpc": "2.0",
                    "id": None,
                    "error": {"code": -32000, "message": keys, "data": {"details": keys}},
                }
            ),
            f"<html>{'x' * 150}{keys} {sent}</html>",
            f"{keys[6:30]} {keys[40:52]} {keys[::-1]}",
            json.dumps([{"id": keys, "name": keys}]),
        ][kind % 5]
        body = said.encode()
        self.send_response(self.statuses[kind // 5 % len(self.statuses)], keys)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Location", f"http://127.0.0.1/{keys}")
        self.send_header("api-current-version", keys)
        self.send_header("x-cw-request-id", keys)
        self.send_header("Retry-After", keys if kind % 2 else "900")
        if kind % 3 == 0:
            # No header may have blanks: urllib3 tells of it.
            self.send_header(f"nonsense {keys}", keys)
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_PATCH = do_GET  # noqa: N815 - http.server's own names


@contextmanager
def echo() -> Iterator[str]:
    """The server's address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Echo)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


class _Broken(BaseAdapter):
    """Fails as no library is expected to, with all of the request in the error's words."""

    def send(
        self, request: requests.PreparedRequest, *_: object, **__: object
    ) -> requests.Response:
        raise RuntimeError(f"{request.headers} {KEYS}")

    def close(self) -> None:
        """Nothing is open."""


class Msp:
    """Table, queue, topic and secret on moto, and the MSP's two other systems."""

    def __init__(self) -> None:
        self.world = World(clock=VirtualClock(datetime(2026, 11, 1, 0, 5, tzinfo=UTC)))
        customer = self.world.add_customer("Harbor Dental")
        self.world.check_in(customer, 12)
        asked_about = self.world.add_customer("Lakeside Library")
        self.world.check_in(asked_about, 501)
        example_desk(self.world.connectwise.desk_people)
        create_ledger_table(boto3.client("dynamodb"), "ledger")
        self.sqs, self.secrets = boto3.client("sqs"), boto3.client("secretsmanager")
        for name in ("QUEUE_URL", "EVIDENCE_QUEUE_URL"):
            os.environ[name] = self.sqs.create_queue(QueueName=name.lower())["QueueUrl"]
        os.environ["TOPIC_ARN"] = boto3.client("sns").create_topic(Name="alarms")["TopicArn"]
        boto3.client("s3").create_bucket(
            Bucket="books", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
        )
        self.secrets.create_secret(Name="keys", SecretString=json.dumps(KEYS))

    def day(self, gravityzone: BaseAdapter | None, connectwise: BaseAdapter | None) -> None:
        """A tick, its jobs, a digest, and a look at the books."""
        outside = bootstrap.World(
            gravityzone=gravityzone, connectwise=connectwise, clock=self.world.clock
        )
        inventory = evidence_parts.Outside(gravityzone=gravityzone, clock=self.world.clock)
        with (
            patch.object(bootstrap, "World", lambda: outside),
            patch.object(evidence_parts, "Outside", lambda: inventory),
            patch.object(book_parts, "World", lambda: outside),
            patch.object(tickets_parts, "World", lambda: outside),
        ):
            invoke("planner", {"tick": TICK})
            invoke("worker", {"Records": self.batch("QUEUE_URL")})
            invoke("evidence", {"walk": TICK}, {"jobs": TICK})
            invoke("tickets", {"at": TICK})
            invoke("reporter", {"digest": "close-day", "at": "2026-12-02T06:00:00Z"})
            invoke("book", {"at": "2026-12-02T05:30:00Z"})

    def batch(self, queue: str) -> list[dict[str, Any]]:
        """What waits on a queue, as Lambda's event source hands it over."""
        found = self.sqs.receive_message(
            QueueUrl=os.environ[queue],
            MaxNumberOfMessages=10,
            AttributeNames=["All"],
            VisibilityTimeout=0,
        )
        return [
            {
                "messageId": each["MessageId"],
                "receiptHandle": each["ReceiptHandle"],
                "body": each["Body"],
                "attributes": each["Attributes"],
                "messageAttributes": {},
                "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:eu-west-1:123456789012:jobs",
                "awsRegion": "eu-west-1",
            }
            for each in found.get("Messages", [])
        ]


def ordinary_day(msp: Msp) -> None:
    """Everybody answers as they should."""
    msp.day(SimulatorAdapter(msp.world.gravityzone), SimulatorAdapter(msp.world.connectwise))


def servers_that_repeat_keys(msp: Msp) -> None:
    """Whatever is called answers with what it was sent."""
    with (
        echo() as address,
        patch.dict(os.environ, GRAVITYZONE_URL=f"{address}/api", CONNECTWISE_URL=address),
    ):
        for _ in range(3):
            _Echo.number += 7
            msp.day(None, None)
            msp.day(SimulatorAdapter(msp.world.gravityzone), None)


def errors_that_nobody_foresaw(msp: Msp) -> None:
    """A library raises what it never has."""
    msp.day(_Broken(), _Broken())
    msp.day(SimulatorAdapter(msp.world.gravityzone), _Broken())
    for event in (
        {},
        {"tick": json.dumps(KEYS)},
        {"tick": 12},
        {"Records": [{"body": json.dumps(KEYS)}]},
        {"digest": 1},
    ):
        for function in ("planner", "worker", "reporter", "evidence", "book", "tickets"):
            invoke(function, event)


def secrets_that_are_none(msp: Msp) -> None:
    """What is stored as the secret has the keys in it, and cannot be used."""
    for value in (
        " ".join(KEYS.values()),
        json.dumps(list(KEYS.values())),
        json.dumps(KEYS)[:-1],
        json.dumps({**KEYS, "connectwise_client_id": None}),
        json.dumps({**KEYS, "connectwise_client_id": list(KEYS.values())}),
        json.dumps({name: f"{key} {key}" for name, key in KEYS.items()}),
        json.dumps({**KEYS, "gravityzone_api_key": f"\N{SNOWMAN}{KEYS['gravityzone_api_key']}"}),
    ):
        msp.secrets.put_secret_value(SecretId="keys", SecretString=value)
        for function, event in (("planner", {"tick": TICK}), ("tickets", {"at": TICK})):
            invoke(function, event)
    msp.secrets.put_secret_value(SecretId="keys", SecretString=json.dumps(KEYS))


DAYS: Sequence[Callable[[Msp], None]] = (
    ordinary_day,
    servers_that_repeat_keys,
    errors_that_nobody_foresaw,
    secrets_that_are_none,
)


def main() -> None:
    """Play the days, one after another."""
    os.environ.update(ENVIRONMENT)
    read_models_once()
    with mock_aws():
        msp = Msp()
        for day in DAYS:
            print(f"--- {day.__name__}", flush=True)
            day(msp)
