"""The world of a first invocation over loopback: two APIs of a small MSP, keys, table and queue.

The MSP has been followed for some ticks, and nothing has changed since. Writes are answered as
taken and forgotten, so each invocation finds the same.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, override

from simulators.clock import VirtualClock
from simulators.server import SimulatorServer
from tally.domain.model.month import Month
from tally.domain.model.reading import ENDPOINTS
from tally.ledger.form import instant_text
from tally.ledger.items import link_item, record_item, standing_item
from tally.ledger.keys import ticks_key
from tally.ledger.ticks_item import known_since, products_text, progress_attributes
from testing.world import World

CUSTOMERS = 10
"""As many as fit into one call to SQS."""
TICK = datetime(2026, 11, 5, 12, 35, tzinfo=UTC)
"""The tick that is planned; the worker has a job of the one before."""

_KEYS = {
    "gravityzone_api_key": "gravityzone-key",
    "connectwise_public_key": "public-key",
    "connectwise_private_key": "private-key",
    "connectwise_client_id": "client-id",
}
_APART = timedelta(minutes=15)


def _msp() -> World:
    """Return customers below one partner, each with an open line, and the tick's jobs on the queue.

    The jobs are those of the tick before ``TICK``.
    """
    world = World(clock=VirtualClock(TICK - 4 * _APART), first_month=Month.of(TICK))
    partner = world.gravityzone.tenant.add_company("Partner", kind="partner")
    for number in range(CUSTOMERS):
        customer = world.add_customer(f"Customer {number} Limited", parent_id=partner)
        world.check_in(customer, 5 + number)
    world.play(TICK - 3 * _APART, TICK - 2 * _APART)
    world.tick(TICK - _APART)
    world.clock.set(TICK)
    return world


@dataclass(slots=True, kw_only=True)
class FirstAnswers:
    """Answers as long as it is served; ``asked`` lists each question and its receiver, in order.

    Parts that differ between callers are left out.
    """

    world: World = field(default_factory=_msp)
    asked: list[str] = field(default_factory=list)
    addresses: dict[str, str] = field(default_factory=dict)
    """The settings that are addresses, by their names."""

    def forgotten(self) -> list[str]:
        """Return the questions since the last time, sorted: some calls are made side by side."""
        calls = [
            *self.asked,
            *(f"GravityZone {each.operation}" for each in self.world.gravityzone.calls),
            *(f"ConnectWise {each.operation}" for each in self.world.connectwise.calls),
        ]
        for each in (self.asked, self.world.gravityzone.calls, self.world.connectwise.calls):
            each.clear()
        return sorted(calls)

    def events(self) -> dict[str, dict[str, Any]]:
        """The event of each function: the tick, and a batch of one of its jobs."""
        (message, *_) = self.world.queue.receive()
        record = {
            "messageId": "first",
            "receiptHandle": "first",
            "body": message.body,
            "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": "1793880000000"},
            "messageAttributes": {},
            "eventSource": "aws:sqs",
            "eventSourceARN": "arn:aws:sqs:eu-west-1:000000000000:jobs",
            "awsRegion": "eu-west-1",
        }
        return {"planner": {"tick": instant_text(TICK)}, "worker": {"Records": [record]}}

    def aws(self, operation: str, asked: dict[str, Any]) -> dict[str, Any]:
        """The answer of an AWS service to one operation."""
        self.asked.append(operation)
        match operation:
            case "GetSecretValue":
                return {"ARN": "arn", "Name": "keys", "SecretString": json.dumps(_KEYS)}
            case "UpdateItem":
                return {"Attributes": self._ticks()}
            case "GetItem":
                return {"Item": self._item(asked["Key"])}
            case "Query":
                items = self._partition(asked["ExpressionAttributeValues"][":partition"]["S"])
                return {"Items": items, "Count": len(items), "ScannedCount": len(items)}
            case "GetQueueAttributes":
                return {"Attributes": dict.fromkeys(asked["AttributeNames"], "0")}
            case "SendMessageBatch":
                return {
                    "Successful": [
                        {"Id": each["Id"], "MessageId": each["Id"]} for each in asked["Entries"]
                    ]
                }
        raise LookupError(operation)

    def _ticks(self) -> dict[str, Any]:
        known = self.world.ledger.ticks()
        assert known is not None
        month = {"S": str(known.first_month)}
        products = {"products": {"S": products_text(known.products)}}
        names = {"first_month": month, known_since(ENDPOINTS.name): month, **products}
        return {**ticks_key(), "newest": {"S": instant_text(TICK)}, **names} | progress_attributes(
            known
        )

    def _item(self, key: dict[str, Any]) -> dict[str, Any]:
        if key == ticks_key():
            return self._ticks()
        return next(
            each for each in self._partition("OPEN") if {name: each[name] for name in key} == key
        )

    def _partition(self, name: str) -> list[dict[str, Any]]:
        ledger = self.world.ledger
        found = {
            "OPEN": map(record_item, ledger.all_open_records()),
            "MAPPING": map(link_item, ledger.all_links()),
            "STANDING": map(standing_item, ledger.all_standings()),
        }
        return [dict(each) for each in found.get(name, ())]


class _AwsServer(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, answers: FirstAnswers) -> None:
        self.answers = answers
        super().__init__(("127.0.0.1", 0), _AwsHandler)

    @property
    def url(self) -> str:
        """The address to call, without a slash at its end."""
        return f"http://127.0.0.1:{self.server_port}"


class _AwsHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: _AwsServer

    def do_POST(self) -> None:
        """Answer one operation of Secrets Manager, DynamoDB or SQS."""
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        operation = self.headers["X-Amz-Target"].rpartition(".")[2]
        body = json.dumps(self.server.answers.aws(operation, asked)).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def answering() -> Iterator[FirstAnswers]:
    """Serve on free ports of loopback."""
    answers = FirstAnswers()
    aws, gravityzone, connectwise = servers = (
        _AwsServer(answers),
        SimulatorServer(answers.world.gravityzone),
        SimulatorServer(answers.world.connectwise),
    )
    answers.addresses = {
        "AWS_ENDPOINT_URL": aws.url,
        "QUEUE_URL": f"{aws.url}/000000000000/jobs",
        "GRAVITYZONE_URL": f"{gravityzone.url}/api",
        "CONNECTWISE_URL": connectwise.url,
    }
    threads = [
        threading.Thread(target=each.serve_forever, args=(0.1,), daemon=True) for each in servers
    ]
    for each in threads:
        each.start()
    try:
        answers.forgotten()
        yield answers
    finally:
        for server, thread in zip(servers, threads, strict=True):
            server.shutdown()
            server.server_close()
            thread.join()
