"""Send texts to a queue of a function's own, on SQS, and put messages off."""

from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING

from tally.aws.queue import SQSJobQueue
from tally.aws.refusals import aws_errors

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


class SQSTextQueue:
    """One SQS queue of texts, sent one by one. All methods raise as ``SQSJobQueue``'s."""

    def __init__(self, client: "SQSClient", queue_url: str) -> None:
        self._client = client
        self._queue_url = queue_url
        self._name = f"the queue {queue_url.rsplit('/', 1)[-1]}"

    def send(self, bodies: Iterable[str]) -> None:
        """Put messages on the queue."""
        for body in bodies:
            with aws_errors(self._name):
                self._client.send_message(QueueUrl=self._queue_url, MessageBody=body)

    def put_off(self, receipt: str, wait: timedelta) -> None:
        """Hide a received message for ``wait``."""
        SQSJobQueue(self._client, self._queue_url).put_off(receipt, wait)
