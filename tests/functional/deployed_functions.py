"""Planner and worker as deployed: their AWS on moto, the simulators behind their clients."""

import io
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import planner.handler as planner_function
import worker.handler as worker_function
from testing.world import World

KEYS = {
    "gravityzone_api_key": "gravityzone-key-7f3a",
    "connectwise_public_key": "publickey9c1d",
    "connectwise_private_key": "privatekey5e2b",
    "connectwise_client_id": "11111111-2222-4333-8444-555555555555",
}


class Context:
    """What Lambda hands to a handler."""

    function_name = "tally"
    memory_limit_in_mb = 256
    invoked_function_arn = "arn:aws:lambda:eu-west-1:000000000000:function:tally"
    aws_request_id = "00000000-0000-4000-8000-000000000000"

    def __init__(self, *, seconds_left: int = 120) -> None:
        self._seconds_left = seconds_left

    def get_remaining_time_in_millis(self) -> int:
        return self._seconds_left * 1000


@dataclass(slots=True, kw_only=True)
class Deployed:
    """Both functions with their AWS, one MSP's world behind them."""

    world: World
    queue_url: str
    secret_id: str
    sqs: Any
    secrets: Any
    log: io.StringIO

    def tick(self, at: datetime) -> dict[str, Any]:
        if self.world.clock.now() < at:
            self.world.clock.set(at)
        return planner_function.handler({"tick": at.strftime("%Y-%m-%dT%H:%M:%SZ")}, Context())  # type: ignore[arg-type]

    def look(self, at: datetime) -> dict[str, Any]:
        """Let the planner look at the totals of partners."""
        self.world.clock.set(max(at, self.world.clock.now()))
        event = {"tick": at.strftime("%Y-%m-%dT%H:%M:%SZ"), "pulse": True}
        return planner_function.handler(event, Context())  # type: ignore[arg-type]

    def batch(self) -> list[dict[str, Any]]:
        """The records of one SQS batch, as Lambda's event source would hand them over."""
        answer = self.sqs.receive_message(
            QueueUrl=self.queue_url, MaxNumberOfMessages=10, AttributeNames=["All"]
        )
        return [
            {
                "messageId": message["MessageId"],
                "receiptHandle": message["ReceiptHandle"],
                "body": message["Body"],
                "attributes": message["Attributes"],
                "messageAttributes": {},
                "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:eu-west-1:123456789012:jobs",
                "awsRegion": "eu-west-1",
            }
            for message in answer.get("Messages", [])
        ]

    def work(self, records: list[dict[str, Any]], *, seconds_left: int = 120) -> list[str]:
        """Run the worker on the records; the message ids that it reports as failed."""
        answer = worker_function.handler({"Records": records}, Context(seconds_left=seconds_left))  # type: ignore[arg-type]
        return [each["itemIdentifier"] for each in answer["batchItemFailures"]]

    def hidden_for(self, receipt: str) -> float:
        """Seconds for which a message in flight stays hidden, by moto's own book."""
        from moto.sqs.models import sqs_backends  # noqa: PLC0415 - a look inside, for this one figure

        queue = sqs_backends["123456789012"]["eu-west-1"].queues["jobs"]
        message = next(each for each in queue._messages if each.receipt_handle == receipt)
        return message.visible_at / 1000 - datetime.now(UTC).timestamp()
