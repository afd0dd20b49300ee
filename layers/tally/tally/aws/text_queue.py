"""Send texts to a queue of a function's own, on SQS, and take them from it."""

from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING

from tally.aws.queue import SQSJobQueue
from tally.aws.refusals import aws_errors

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

_WAIT_SECONDS = 1
"""Any wait has SQS ask all of its servers; without one it asks some, and a short queue seems empty
now and then (SQS, "Short and long polling").
"""


class SQSTextQueue:
    """One SQS queue of texts, one a call. All methods raise as ``SQSJobQueue``'s."""

    def __init__(self, client: "SQSClient", queue_url: str) -> None:
        self._client = client
        self._queue_url = queue_url
        self._name = f"the queue {queue_url.rsplit('/', 1)[-1]}"

    def send(self, bodies: Iterable[str]) -> None:
        """Put messages on the queue."""
        for body in bodies:
            with aws_errors(self._name):
                self._client.send_message(QueueUrl=self._queue_url, MessageBody=body)

    def receive(self) -> tuple[str, str] | None:
        """Take one message, its body and its receipt; None if there is none."""
        with aws_errors(self._name):
            answer = self._client.receive_message(
                QueueUrl=self._queue_url, MaxNumberOfMessages=1, WaitTimeSeconds=_WAIT_SECONDS
            )
        for each in answer.get("Messages", []):
            return each["Body"], each["ReceiptHandle"]
        return None

    def delete(self, receipt: str) -> None:
        """Delete a received message."""
        with aws_errors(self._name):
            self._client.delete_message(QueueUrl=self._queue_url, ReceiptHandle=receipt)

    def put_off(self, receipt: str, wait: timedelta) -> None:
        """Hide a received message for ``wait``."""
        SQSJobQueue(self._client, self._queue_url).put_off(receipt, wait)
