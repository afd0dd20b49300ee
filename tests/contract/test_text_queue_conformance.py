"""What every queue of evidence promises: the twin in memory, and the SQS adapter on moto."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.sqs import models as sqs_of_moto

from tally.aws.text_queue import SQSTextQueue
from tally.errors import SetupError
from tally.evidence.queue_port import EvidenceQueue
from testing.evidence import MemoryTextQueue

VISIBILITY, PAUSE = timedelta(seconds=960), timedelta(minutes=2)


@dataclass(slots=True)
class Stage:
    """An empty queue, and its time."""

    queue: EvidenceQueue
    monkeypatch: pytest.MonkeyPatch

    def later(self, wait: timedelta) -> None:
        """Let so much time pass for the queue."""
        if isinstance(self.queue, MemoryTextQueue):
            self.queue.reappear()
            return
        now = sqs_of_moto.unix_time_millis
        milliseconds = 1000 * wait.total_seconds()
        self.monkeypatch.setattr(sqs_of_moto, "unix_time_millis", lambda: now() + milliseconds)

    def taken(self) -> tuple[str, str]:
        """The next message. AssertionError if there is none."""
        message = self.queue.receive()
        assert message is not None
        return message


@pytest.fixture
def sqs() -> Iterator[Any]:
    """A client of moto."""
    with mock_aws():
        yield boto3.client(
            "sqs", region_name="eu-west-1", aws_access_key_id="test", aws_secret_access_key="test"
        )


@pytest.fixture(params=["twin", "moto"])
def stage(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Stage:
    if request.param == "twin":
        return Stage(MemoryTextQueue(), monkeypatch)
    sqs = request.getfixturevalue("sqs")
    hidden = str(int(VISIBILITY.total_seconds()))
    made = sqs.create_queue(QueueName="evidence", Attributes={"VisibilityTimeout": hidden})
    return Stage(SQSTextQueue(sqs, made["QueueUrl"]), monkeypatch)


def test_what_is_sent_is_taken_one_by_one(stage: Stage) -> None:
    """SAFE-6: each once, whatever it holds, and then nothing; what was taken is hidden."""
    sent = ["{}", 'a "job" \u2013 <&>', "last"]
    stage.queue.send(sent)
    taken = [stage.taken() for _ in sent]
    assert sorted(body for body, _ in taken) == sorted(sent)
    assert len({receipt for _, receipt in taken}) == len(sent)
    assert stage.queue.receive() is None


def test_what_was_deleted_is_gone(stage: Stage) -> None:
    """SAFE-6: it never comes again; what was not deleted does, after its time."""
    stage.queue.send(["done", "left"])
    receipts = dict(stage.taken() for _ in range(2))
    stage.queue.delete(receipts["done"])
    stage.queue.delete(receipts["done"])
    stage.later(VISIBILITY)
    assert stage.taken()[0] == "left"
    assert stage.queue.receive() is None


def test_what_was_put_off_comes_again(stage: Stage) -> None:
    """SAFE-6: after that wait, and not before."""
    stage.queue.send(["a job"])
    stage.queue.put_off(stage.taken()[1], PAUSE)
    assert stage.queue.receive() is None
    stage.later(PAUSE)
    assert stage.taken()[0] == "a job"


def test_a_queue_that_is_not_there_is_told(sqs: Any) -> None:  # noqa: ANN401 - boto's client
    """SAFE-6: every method raises TallyError, and names the queue."""
    gone = SQSTextQueue(sqs, "https://sqs.eu-west-1.amazonaws.com/123456789012/gone")
    for call in (
        gone.receive,
        lambda: gone.send(["a job"]),
        lambda: gone.delete("a receipt"),
        lambda: gone.put_off("a receipt", PAUSE),
    ):
        with pytest.raises(SetupError, match="gone"):
            call()
