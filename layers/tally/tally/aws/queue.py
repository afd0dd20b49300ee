"""Send jobs to the queue between planner and worker, on SQS, and put messages off."""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

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
"""The most bytes of a message, and of all messages of one call together (SQS quotas).

It is 1 MiB since 2025, but not everywhere yet.
"""

_BATCH = 10
"""The most messages of one call (SQS quotas)."""

_ESCAPED = {0xFFFE: "\\ufffe", 0xFFFF: "\\uffff"}


def whole_seconds(wait: timedelta, *, longest: timedelta) -> int:
    """Return a wait as SQS takes it: whole seconds, from 0 to ``longest``."""
    return int(max(timedelta(), min(wait, longest)).total_seconds())


class SQSJobQueue:
    """One SQS queue: ten jobs a call, and ``threads`` calls at once, so that 10,000 take seconds.

    The client needs as many connections (``max_pool_connections``). All methods raise
    TransientError, SetupError (no such queue, no right to it) or ContractError.
    """

    def __init__(self, client: "SQSClient", queue_url: str, *, threads: int = 8) -> None:
        self._client = client
        self._queue_url = queue_url
        self._threads = threads
        self._name = f"the queue {queue_url.rsplit('/', 1)[-1]}"

    def backlog(self) -> int:
        """Return about how many messages wait or are delayed, without those in flight."""
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
        """Put each job on the queue, visible after its delay (whole seconds, at most 900).

        If SQS does not take some jobs, the others are sent all the same. TransientError then says
        how many are missing, UnsentError which jobs it will never take. SetupError is raised at
        once. Jobs are safe to send again (SAFE-4), so a caller may repeat the whole call.
        """
        refused: list[tuple[Job, str]] = []
        missing: list[str] = []
        under_way: deque[Future[_Outcome]] = deque()

        def wait_for_the_oldest() -> None:
            outcome = under_way.popleft().result()
            refused.extend(outcome.refused)
            missing.extend(outcome.missing)

        with ThreadPoolExecutor(self._threads) as pool:
            # Jobs are made as they are sent, so a bound on the calls also bounds the memory.
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
        """Hide a received message for ``wait`` (at most 12 hours), not its visibility timeout.

        This does nothing to a message that is no longer in flight.
        """
        with aws_errors(self._name):
            try:
                self._client.change_message_visibility(
                    QueueUrl=self._queue_url,
                    ReceiptHandle=receipt,
                    VisibilityTimeout=whole_seconds(wait, longest=LONGEST_VISIBILITY),
                )
            except ClientError as error:
                # The visibility timeout has passed, so the message is visible already.
                if not error_code(error).endswith("MessageNotInflight"):
                    raise

    def _send_batch(self, batch: "Sequence[_Entry]") -> "_Outcome":
        """Send up to ten jobs.

        If SQS refuses the whole call, they are sent one by one, so that a job that it takes never
        waits for one that it refuses.
        """
        try:
            failed = self._call_twice(batch)
        except TransientError as error:
            return _Outcome(missing=[str(error)] * len(batch))
        except ContractError as error:
            if len(batch) == 1:
                return _Outcome(refused=[(batch[0].job, str(error))])
            return _together([self._send_batch([entry]) for entry in batch])
        return _told(batch, failed)

    def _call_twice(self, batch: "Sequence[_Entry]") -> "dict[str, BatchResultErrorEntryTypeDef]":
        """Send entries, and once more those that failed at SQS's own fault; return the failures."""
        failed = self._call(batch)
        ours = {id_: error for id_, error in failed.items() if error["SenderFault"]}
        again = [entry for entry in batch if entry.id in failed.keys() - ours.keys()]
        return {**ours, **self._call(again)} if again else ours

    def _call(self, batch: "Sequence[_Entry]") -> "dict[str, BatchResultErrorEntryTypeDef]":
        """Send entries; return the failures by the entries' ids."""
        entries: list[SendMessageBatchRequestEntryTypeDef] = [
            {"Id": each.id, "MessageBody": each.body, "DelaySeconds": each.delay} for each in batch
        ]
        with aws_errors(self._name):
            failed = self._client.send_message_batch(QueueUrl=self._queue_url, Entries=entries).get(
                "Failed", []
            )
        return {entry["Id"]: entry for entry in failed}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """One job as it is sent."""

    id: str
    job: Job
    body: str
    delay: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outcome:
    """The outcome of a batch: jobs that SQS will never take, and reasons why others are missing."""

    refused: list[tuple[Job, str]] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


def body_of(job: Job) -> str:
    """Return the message of a job. Raises ContractError if it is too large for SQS, or not text."""
    try:
        # SQS takes the characters of XML 1.0 alone (SQS, SendMessage): two that JSON leaves as
        # they are must be escaped.
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
    """Cut entries into batches: ten at most, and no more bytes than one message may have."""
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
    outcome = _Outcome()
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
    return _Outcome(
        refused=[each for outcome in outcomes for each in outcome.refused],
        missing=[each for outcome in outcomes for each in outcome.missing],
    )
