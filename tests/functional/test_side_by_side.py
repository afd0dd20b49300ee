"""A worker has two jobs of its batch in hand at a time, as most of a job's time it waits."""

import io
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from types import SimpleNamespace
from typing import Any

import pytest

import worker.handler as worker_function
from simulators.clock import VirtualClock
from tally.errors import ConflictError
from tally.messages import Job
from tally.runtime.time_limits import Deadline
from tests.functional.deployed_functions import Context
from tests.functional.instants import gmt

AT_ONCE = 2
TICK = gmt("2026-12-01 00:05")


def a_record(number: int, *, opens: bool = True) -> dict[str, Any]:
    """A message of a batch, with the job of one company."""
    body = {
        "tick": "2026-12-01T00:05:00Z",
        "company_id": f"company {number}",
        "company_name": "A",
        "month": "2026-12",
        "services": [{"service": "endpoints", "may_open": opens}],
    }
    return {
        "messageId": f"message {number}",
        "receiptHandle": f"receipt {number}",
        "body": json.dumps(body),
        "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": "0"},
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-west-1:000000000000:jobs",
        "awsRegion": "eu-west-1",
    }


class Deliver:
    """In place of the use case: it tells how many jobs are in hand, and does as ``act`` says."""

    def __init__(self, act: Callable[[Job], None]) -> None:
        self._act, self._lock = act, threading.Lock()
        self.now = self.most = 0

    def __call__(
        self, *, body: str, receipt: str, receives: int, on_job: Callable[[Job], None]
    ) -> Mapping[str, str]:
        assert (receipt[:7], receives) == ("receipt", 1)
        job = Job.model_validate_json(body)
        on_job(job)
        with self._lock:
            self.now += 1
            self.most = max(self.most, self.now)
        try:
            self._act(job)
        finally:
            with self._lock:
                self.now -= 1
        return {"endpoints": "opened"}


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., list[str]]]:
    """Run a batch of so many; return the messages that come again."""

    def run(deliver: Deliver, messages: int, *, opens: bool = True) -> list[str]:
        parts = SimpleNamespace(
            deliver=deliver,
            account=None,
            jobs_at_once=AT_ONCE,
            deadline=Deadline(),
            clock=VirtualClock(TICK),
            traffic={},
            stack="tally",
        )
        monkeypatch.setattr(worker_function, "_worker", lambda: parts)
        event = {"Records": [a_record(number, opens=opens) for number in range(messages)]}
        answer = worker_function.handler(event, Context())  # type: ignore[arg-type]
        return [each["itemIdentifier"] for each in answer["batchItemFailures"]]

    return run


def test_two_jobs_at_a_time_and_no_more(run: Callable[..., list[str]]) -> None:
    """Pace: the second job is begun while the first one waits for its answer, and the third when
    one of them has ended.
    """
    both = threading.Barrier(AT_ONCE, timeout=10)
    deliver = Deliver(lambda _: both.wait() and None)
    assert run(deliver, 6) == []
    assert deliver.most == AT_ONCE


def test_jobs_that_open_nothing_come_one_by_one(run: Callable[..., list[str]]) -> None:
    """Pace: a job that reads a count alone waits for its turn; two of them would wait longer."""
    deliver = Deliver(lambda _: time.sleep(0.01))
    assert run(deliver, 4, opens=False) == []
    assert deliver.most == 1


def test_who_fails_comes_again_alone(run: Callable[..., list[str]]) -> None:
    """SAFE-5: of jobs side by side only those that failed are reported, whatever failed."""

    def act(job: Job) -> None:
        if job.company_id == "company 1":
            raise ConflictError("another worker was faster")
        if job.company_id == "company 4":
            raise LookupError("a bug")

    assert run(Deliver(act), 6) == ["message 1", "message 4"]


def test_each_line_is_of_its_own_job(
    run: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """SAFE-7: a log line names the company and the message of the job that it tells of."""
    log = io.StringIO()
    monkeypatch.setattr(worker_function.logger.registered_handler, "stream", log)
    run(Deliver(lambda _: None), 6)
    lines = [json.loads(each) for each in log.getvalue().splitlines()]
    told = [(each["message_id"], each["company"]) for each in lines if each["message"] == "done"]
    assert told == [(f"message {number}", f"company {number}") for number in range(6)]
