"""The queue between planner and worker, on SQS."""

from collections import deque
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from itertools import batched
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from tally.aws import aws_errors, error_code
from tally.errors import ContractError, TransientError
from tally.messages import Job
from tally.ports import LONGEST_DELAY

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import BatchResultErrorEntryTypeDef, SendMessageBatchRequestEntryTypeDef

LONGEST_VISIBILITY = timedelta(hours=12)
"""The longest visibility timeout, counted from the receipt (SQS quotas)."""

_BATCH = 10


def whole_seconds(wait: timedelta, *, longest: timedelta) -> int:
    """A wait as SQS takes it: whole seconds, none of them negative, at most ``longest``."""
    return int(max(timedelta(), min(wait, longest)).total_seconds())


class SQSJobQueue:
    """One SQS queue; ten jobs a call, ``threads`` calls under way at once, so that 10,000 jobs take seconds.

    The client should allow as many connections (``max_pool_connections``). All methods raise TransientError, SetupError
    (no such queue, no right to it) or ContractError.
    """

    def __init__(self, client: "SQSClient", queue_url: str, *, threads: int = 8) -> None:
        self._client = client
        self._queue_url = queue_url
        self._threads = threads
        self._name = f"the queue {queue_url.rsplit('/', 1)[-1]}"

    def backlog(self) -> int:
        """Messages that wait or are delayed, those in flight not counted; approximate."""
        with aws_errors(self._name):
            answer = self._client.get_queue_attributes(
                QueueUrl=self._queue_url,
                AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesDelayed"],
            )
        return sum(int(number) for number in answer.get("Attributes", {}).values())

    def send(self, jobs: Iterable[tuple[Job, timedelta]]) -> None:
        """Put each job on the queue, to be seen after its delay (whole seconds, at most 900).

        Where SQS does not take some of them, the others are sent all the same, and TransientError says how many are
        missing; another error is raised at once. Jobs are safe to send again (SAFE-4), so a caller may repeat it all.
        """
        missing: list[str] = []
        under_way: deque[Future[Sequence[str]]] = deque()
        with ThreadPoolExecutor(self._threads) as pool:
            for batch in batched(jobs, _BATCH, strict=False):
                if len(under_way) >= 2 * self._threads:
                    missing += under_way.popleft().result()
                under_way.append(pool.submit(self._send_batch, batch))
            for sent in under_way:
                missing += sent.result()
        if missing:
            raise TransientError(f"{self._name} did not take {len(missing)} jobs, the first because of {missing[0]}")

    def put_off(self, receipt: str, wait: timedelta) -> None:
        """Let a received message be seen again after ``wait`` (at most 12 hours), whatever its visibility timeout.

        Without effect on one that is no longer in flight.
        """
        with aws_errors(self._name):
            try:
                self._client.change_message_visibility(
                    QueueUrl=self._queue_url,
                    ReceiptHandle=receipt,
                    VisibilityTimeout=whole_seconds(wait, longest=LONGEST_VISIBILITY),
                )
            except ClientError as error:
                if not error_code(error).endswith("MessageNotInflight"):
                    raise

    def _send_batch(self, batch: Sequence[tuple[Job, timedelta]]) -> Sequence[str]:
        """Send up to ten jobs, those that were not taken a second time; answer why each of the rest is missing."""
        entries: list[SendMessageBatchRequestEntryTypeDef] = [
            {
                "Id": str(number),
                "MessageBody": job.model_dump_json(exclude_defaults=True),
                "DelaySeconds": whole_seconds(delay, longest=LONGEST_DELAY),
            }
            for number, (job, delay) in enumerate(batch)
        ]
        try:
            failed = self._call(entries)
            if again := {entry["Id"] for entry in failed}:
                failed = self._call([entry for entry in entries if entry["Id"] in again])
        except TransientError as error:
            return [str(error)] * len(entries)
        return [f"{entry['Code']}: {entry.get('Message', '')}" for entry in failed]

    def _call(
        self, entries: "Sequence[SendMessageBatchRequestEntryTypeDef]"
    ) -> "Sequence[BatchResultErrorEntryTypeDef]":
        """Send entries; answer those that failed at SQS. Raises ContractError for one that it will never take."""
        with aws_errors(self._name):
            failed = self._client.send_message_batch(QueueUrl=self._queue_url, Entries=entries).get("Failed", [])
        for entry in failed:
            if entry["SenderFault"]:
                raise ContractError(f"{self._name} refused a job. {entry['Code']}: {entry.get('Message', '')}")
        return failed
