"""The queue between planner and worker, on SQS."""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from botocore.exceptions import ClientError

from tally.aws.refusals import aws_errors, error_code
from tally.errors import ContractError, TransientError
from tally.messages import Job, UnsentError
from tally.ports import LONGEST_DELAY

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import (
        BatchResultErrorEntryTypeDef,
        SendMessageBatchRequestEntryTypeDef,
    )

LONGEST_VISIBILITY = timedelta(hours=12)
"""The longest visibility timeout, counted from the receipt (SQS quotas)."""

LARGEST = 262_144
"""The bytes of a message, and of all messages of one call together (SQS quotas; 1 MiB since 2025, not everywhere yet)."""

_BATCH = 10
_ESCAPED = {0xFFFE: "\\ufffe", 0xFFFF: "\\uffff"}


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
                AttributeNames=[
                    "ApproximateNumberOfMessages",
                    "ApproximateNumberOfMessagesDelayed",
                ],
            )
        return sum(int(number) for number in answer.get("Attributes", {}).values())

    def send(self, jobs: Iterable[tuple[Job, timedelta]]) -> None:
        """Put each job on the queue, to be seen after its delay (whole seconds, at most 900).

        Where SQS does not take some of them, the others are sent all the same, and TransientError says how many are
        missing; UnsentError, which it will never take. SetupError is raised at once. Jobs are safe to send again (SAFE-4),
        so a caller may repeat it all.
        """
        refused: list[tuple[Job, str]] = []
        missing: list[str] = []
        under_way: deque[Future[_Outcome]] = deque()

        def wait_for_the_oldest() -> None:
            outcome = under_way.popleft().result()
            refused.extend(outcome.refused)
            missing.extend(outcome.missing)

        with ThreadPoolExecutor(self._threads) as pool:
            for batch in _batches(_entries(jobs, refused)):
                if len(under_way) >= 2 * self._threads:
                    wait_for_the_oldest()
                under_way.append(pool.submit(self._send_batch, batch))
            while under_way:
                wait_for_the_oldest()
        if missing:
            raise TransientError(
                f"{self._name} did not take {len(missing)} jobs, the first because of {missing[0]}"
            )
        if refused:
            raise UnsentError(
                f"{self._name} takes all jobs but {len(refused)}. {refused[0][1]}", refused=refused
            )

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

    def _send_batch(self, batch: "Sequence[_Entry]") -> "_Outcome":
        """Send up to ten jobs, those that were not taken a second time.

        Where SQS refuses all ten together, they are sent one by one, so that one that it takes never waits for one that it
        does not take.
        """
        try:
            failed = self._call(batch)
            if again := [
                entry
                for entry in batch
                if entry.id in failed and not failed[entry.id]["SenderFault"]
            ]:
                # Those that were taken at the second time are no longer among them.
                failed = {
                    id_: error for id_, error in failed.items() if error["SenderFault"]
                } | self._call(again)
        except TransientError as error:
            return _Outcome([], [str(error)] * len(batch))
        except ContractError as error:
            if len(batch) == 1:
                return _Outcome([(batch[0].job, str(error))], [])
            return _together([self._send_batch([entry]) for entry in batch])
        return _told(batch, failed)

    def _call(self, batch: "Sequence[_Entry]") -> "dict[str, BatchResultErrorEntryTypeDef]":
        """Send entries; answer those that failed at SQS, by their ids."""
        entries: list[SendMessageBatchRequestEntryTypeDef] = [
            {"Id": each.id, "MessageBody": each.body, "DelaySeconds": each.delay} for each in batch
        ]
        with aws_errors(self._name):
            failed = self._client.send_message_batch(QueueUrl=self._queue_url, Entries=entries).get(
                "Failed", []
            )
        return {entry["Id"]: entry for entry in failed}


class _Entry(NamedTuple):
    """One job as it is sent."""

    id: str
    job: Job
    body: str
    delay: int


class _Outcome(NamedTuple):
    """Of a batch: which jobs SQS will never take, and why others are missing."""

    refused: list[tuple[Job, str]]
    missing: list[str]


def body_of(job: Job) -> str:
    """The message of a job. Raises ContractError for one that SQS would not take: too large, or not text.

    SQS takes characters of XML 1.0 alone, and of those that JSON leaves as they are it lacks two (SQS, SendMessage).
    """
    try:
        body = job.model_dump_json(exclude_defaults=True).translate(_ESCAPED)
        size = len(body.encode())
    except ValueError as error:
        raise ContractError(f"The job is not text: {error}") from error
    if size > LARGEST:
        raise ContractError(f"The job has {size} bytes, and a message has {LARGEST} at most.")
    return body


def _entries(
    jobs: Iterable[tuple[Job, timedelta]], refused: list[tuple[Job, str]]
) -> Iterator[_Entry]:
    for number, (job, delay) in enumerate(jobs):
        try:
            body = body_of(job)
        except ContractError as error:
            refused.append((job, str(error)))
        else:
            seconds = whole_seconds(delay, longest=LONGEST_DELAY)
            yield _Entry(id=str(number), job=job, body=body, delay=seconds)


def _batches(entries: Iterable[_Entry]) -> Iterator[Sequence[_Entry]]:
    """As many entries as one call takes: ten, and no more bytes than one message may have alone."""
    batch: list[_Entry] = []
    size = 0
    for entry in entries:
        bytes_of = len(entry.body.encode())
        if batch and (len(batch) == _BATCH or size + bytes_of > LARGEST):
            yield batch
            batch, size = [], 0
        batch.append(entry)
        size += bytes_of
    if batch:
        yield batch


def _told(
    batch: Sequence[_Entry], failed: "Mapping[str, BatchResultErrorEntryTypeDef]"
) -> _Outcome:
    outcome = _Outcome([], [])
    for entry in batch:
        error = failed.get(entry.id)
        if error is None:
            continue
        why = f"{error['Code']}: {error.get('Message', '')}"
        if error["SenderFault"]:
            outcome.refused.append((entry.job, f"The queue refused a job. {why}"))
        else:
            outcome.missing.append(why)
    return outcome


def _together(outcomes: Sequence[_Outcome]) -> _Outcome:
    refused = [each for outcome in outcomes for each in outcome.refused]
    return _Outcome(refused, [each for outcome in outcomes for each in outcome.missing])
