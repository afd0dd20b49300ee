"""Jobs put on SQS: all of them, quickly, and never fewer in silence."""

import json
import re
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from moto import mock_aws

from tally.aws.queue import LARGEST, SQSJobQueue, body_of, whole_seconds
from tally.domain.model.month import Month
from tally.errors import ContractError, SetupError, TransientError
from tally.messages import Job, UnsentError

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

TICK = datetime(2026, 11, 3, 0, 15, tzinfo=UTC)
AT_ONCE = timedelta()


def job(number: int) -> Job:
    return Job(
        tick=TICK,
        company_id=f"gz-{number}",
        company_name=f"Company {number}",
        month=Month(2026, 11),
    )


def refusal(code: str, *, status: int = 400) -> ClientError:
    response: Any = {
        "Error": {"Code": code, "Message": "for a test"},
        "ResponseMetadata": {"HTTPStatusCode": status, "RequestId": "request-1"},
    }
    return ClientError(response, "SendMessageBatch")


class Batches:
    """An SQS client that takes batches, all but the companies that it is told to refuse; each as
    often as said.
    """

    def __init__(self, *, refuse: dict[str, int] | None = None, sender_fault: bool = False) -> None:
        self.taken: dict[str, int] = {}
        self.calls: list[int] = []
        self.errors: list[Exception] = []
        self._refuse = refuse or {}
        self._sender_fault = sender_fault
        self._lock = threading.Lock()

    def send_message_batch(self, *, QueueUrl: str, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803 - boto's
        with self._lock:
            self.calls.append(len(Entries))
            if self.errors:
                raise self.errors.pop(0)
            failed = []
            for entry in Entries:
                company = json.loads(entry["MessageBody"])["company_id"]
                if self._refuse.get(company, 0) > 0:
                    self._refuse[company] -= 1
                    failed.append(
                        {
                            "Id": entry["Id"],
                            "SenderFault": self._sender_fault,
                            "Code": "InternalError",
                        }
                    )
                else:
                    self.taken[company] = entry["DelaySeconds"]
            return {"Failed": failed} if failed else {}


def queue_of(batches: Batches, *, threads: int = 4) -> SQSJobQueue:
    client: Any = batches
    return SQSJobQueue(client, "https://sqs.test/000000000000/jobs", threads=threads)


@pytest.fixture
def sqs() -> "Iterator[SQSClient]":
    with mock_aws():
        yield boto3.client(
            "sqs", region_name="eu-west-1", aws_access_key_id="test", aws_secret_access_key="test"
        )


def test_job_arrives_as_it_was_sent(sqs: "SQSClient") -> None:
    """What a worker parses is the job that the planner made."""
    url = sqs.create_queue(QueueName="jobs")["QueueUrl"]
    SQSJobQueue(sqs, url).send([(job(1), AT_ONCE)])
    (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
    assert Job.model_validate_json(message["Body"]) == job(1)


def test_backlog_counts_what_waits_and_what_is_delayed(sqs: "SQSClient") -> None:
    """The backlog is what no worker has taken yet: visible or delayed, but not in flight."""
    url = sqs.create_queue(QueueName="jobs")["QueueUrl"]
    queue = SQSJobQueue(sqs, url)
    queue.send([(job(1), AT_ONCE), (job(2), AT_ONCE), (job(3), timedelta(minutes=10))])
    assert queue.backlog() == 3
    sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=1)
    assert queue.backlog() == 2


def test_message_can_be_put_off(sqs: "SQSClient") -> None:
    """SAFE-6: a message put off is seen again after the wait, here none, and not after the
    visibility timeout.
    """
    url = sqs.create_queue(QueueName="jobs", Attributes={"VisibilityTimeout": "900"})["QueueUrl"]
    queue = SQSJobQueue(sqs, url)
    queue.send([(job(1), AT_ONCE)])
    (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
    assert "Messages" not in sqs.receive_message(QueueUrl=url)
    queue.put_off(message["ReceiptHandle"], AT_ONCE)
    assert len(sqs.receive_message(QueueUrl=url)["Messages"]) == 1


@pytest.mark.parametrize(
    "code", ["MessageNotInflight", "AWS.SimpleQueueService.MessageNotInflight"]
)
def test_message_no_longer_in_flight_needs_no_putting_off(code: str) -> None:
    """A message that can be seen again already is left as it is; any other refusal is an error."""

    class Gone:
        def __init__(self, code: str) -> None:
            self.code = code

        def change_message_visibility(self, **_request: Any) -> None:  # noqa: ANN401 - boto's
            raise refusal(self.code)

    client: Any = Gone(code)
    SQSJobQueue(client, "https://sqs.test/jobs").put_off("receipt", AT_ONCE)
    client.code = "ReceiptHandleIsInvalid"
    with pytest.raises(ContractError, match="the queue jobs"):
        SQSJobQueue(client, "https://sqs.test/jobs").put_off("receipt", AT_ONCE)


def test_queue_that_does_not_exist_is_the_operators(sqs: "SQSClient") -> None:
    """A queue that is not there is named, for the operator to mend."""
    queue = SQSJobQueue(sqs, "https://sqs.eu-west-1.amazonaws.com/123456789012/nowhere")
    with pytest.raises(SetupError, match="the queue nowhere"):
        queue.backlog()
    with pytest.raises(SetupError, match="the queue nowhere"):
        queue.send([(job(1), AT_ONCE)])


@pytest.mark.parametrize(
    ("delay", "seconds"),
    [
        (timedelta(minutes=-1), 0),
        (timedelta(), 0),
        (timedelta(seconds=1.9), 1),
        (timedelta(hours=1), 900),
    ],
)
def test_delay_is_what_sqs_takes(delay: timedelta, seconds: int) -> None:
    """SQS takes whole seconds, from 0 to 900."""
    assert whole_seconds(delay, longest=timedelta(seconds=900)) == seconds


def test_all_jobs_are_sent_ten_a_call() -> None:
    """Every job is sent once with its own delay, ten a call, whatever the threads do."""
    batches = Batches()
    queue_of(batches).send((job(number), timedelta(seconds=number)) for number in range(305))
    assert batches.taken == {f"gz-{number}": number for number in range(305)}
    assert sorted(batches.calls) == [5, *[10] * 30]


def test_no_jobs_make_no_call() -> None:
    """A tick with nothing due calls nobody."""
    batches = Batches()
    queue_of(batches).send([])
    assert batches.calls == []


def test_part_of_a_batch_that_failed_is_sent_again() -> None:
    """Of a batch only those jobs are sent again that SQS has not taken."""
    batches = Batches(refuse={"gz-3": 1, "gz-7": 1})
    queue_of(batches).send((job(number), AT_ONCE) for number in range(10))
    assert len(batches.taken) == 10
    assert batches.calls == [10, 2]


def test_job_that_is_not_taken_twice_is_missed_aloud() -> None:
    """SAFE-5: a job that SQS does not take keeps no other from being sent, and the error says how
    many are missing.
    """
    batches = Batches(refuse={"gz-3": 2})
    with pytest.raises(
        TransientError, match="did not take 1 jobs, the first because of InternalError"
    ):
        queue_of(batches).send((job(number), AT_ONCE) for number in range(200))
    assert len(batches.taken) == 199


@pytest.mark.parametrize(
    "error",
    [refusal("InternalFailure", status=500), ReadTimeoutError(endpoint_url="https://sqs.test")],
)
def test_call_that_fails_keeps_no_other_from_being_made(error: Exception) -> None:
    """SAFE-5: where a whole call fails, the other batches are sent all the same."""
    batches = Batches()
    batches.errors.append(error)
    with pytest.raises(TransientError, match="did not take 10 jobs"):
        queue_of(batches).send((job(number), AT_ONCE) for number in range(30))
    assert len(batches.taken) == 20


def test_job_that_sqs_will_never_take_is_a_bug() -> None:
    """A job that is refused for its content is not sent again: that is for us to mend."""
    batches = Batches(refuse={"gz-3": 1}, sender_fault=True)
    with pytest.raises(ContractError, match="refused a job"):
        queue_of(batches).send([(job(3), AT_ONCE)])
    assert batches.calls == [1]


def test_all_others_are_sent() -> None:
    """SAFE-5: jobs that SQS refuses, or would refuse, keep no other from being sent, and are told
    each with its reason.
    """
    client = Batches(refuse={"gz-3": 9}, sender_fault=True)
    too_large = job(5).model_copy(update={"company_name": "x" * LARGEST})
    no_text = job(7).model_copy(update={"company_name": "\ud800"})
    jobs = [
        too_large if number == 5 else no_text if number == 7 else job(number)
        for number in range(25)
    ]
    with pytest.raises(UnsentError) as caught:
        queue_of(client).send((each, AT_ONCE) for each in jobs)
    refused = {each.company_id: why for each, why in caught.value.refused}
    assert refused.keys() == {"gz-3", "gz-5", "gz-7"}
    assert f"a message has {LARGEST} at most" in refused["gz-5"]
    assert client.taken.keys() == {
        f"gz-{number}" for number in range(25) if number not in (3, 5, 7)
    }


def test_batch_refused_as_a_whole_is_sent_one_by_one() -> None:
    """SAFE-5: where one message makes SQS refuse all ten, the other nine are sent all the same."""
    client = Batches()
    client.errors = [refusal("InvalidMessageContents"), refusal("InvalidMessageContents")]
    with pytest.raises(UnsentError) as caught:
        queue_of(client).send((job(number), AT_ONCE) for number in range(10))
    assert [each.company_id for each, _ in caught.value.refused] == ["gz-0"]
    assert client.taken.keys() == {f"gz-{number}" for number in range(1, 10)}


def test_batches_keep_to_the_bytes_of_a_call() -> None:
    """SAFE-5: large jobs go in as many calls as their bytes need."""
    client = Batches()
    large = [job(number).model_copy(update={"company_name": "x" * 60_000}) for number in range(10)]
    queue_of(client).send((each, AT_ONCE) for each in large)
    assert sorted(client.calls) == [2, 4, 4]
    assert len(client.taken) == 10


@pytest.mark.parametrize(
    "name", ["\ufffe", "\uffff", "\x00", "\x1b[31m", "\U0001f600", "\U0001ffff", "\u2028", 'a"\\']
)
def test_any_text_is_sent_as_sqs_takes_it(name: str) -> None:
    """SAFE-10: SQS takes characters of XML alone; others are escaped, so that the job arrives as it
    was made.
    """
    odd = job(1).model_copy(update={"company_name": name})
    body = body_of(odd)
    assert re.fullmatch("[\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]*", body)
    assert Job.model_validate_json(body) == odd
