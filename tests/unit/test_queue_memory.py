"""The queue in memory behaves as SQS does, on a clock that is moved by hand."""

import json
import random
from datetime import UTC, datetime, timedelta

import pytest

from simulators.clock import VirtualClock
from tally.domain.model.month import Month
from tally.messages import Job
from testing.queue import MemoryQueue

TICK = datetime(2026, 11, 3, 0, 15, tzinfo=UTC)
AT_ONCE = timedelta()
MINUTE = timedelta(minutes=1)


def job(number: int) -> Job:
    return Job(
        tick=TICK,
        company_id=f"gz-{number}",
        company_name=f"Company {number}",
        month=Month(2026, 11),
    )


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(TICK)


@pytest.fixture
def queue(clock: VirtualClock) -> MemoryQueue:
    return MemoryQueue(now=clock.now, visibility=6 * MINUTE, max_receives=2)


def test_job_is_delivered_and_done(queue: MemoryQueue) -> None:
    """A job that was sent is received, and once deleted is never seen again."""
    queue.send([(job(1), AT_ONCE)])
    (message,) = queue.receive()
    assert message.job == job(1)
    queue.delete(message)
    assert queue.next_change() is None
    assert queue.receive() == []


def test_delayed_job_waits(queue: MemoryQueue, clock: VirtualClock) -> None:
    """A delayed job is not seen before its time, which is known; a delay is cut at what SQS
    takes.
    """
    queue.send([(job(1), timedelta(hours=5)), (job(2), MINUTE)])
    assert queue.receive() == []
    assert queue.next_change() == TICK + MINUTE
    clock.advance(MINUTE)
    assert [message.job for message in queue.receive()] == [job(2)]
    clock.advance(14 * MINUTE)
    assert job(1) in [message.job for message in queue.receive()]


def test_received_job_comes_again(queue: MemoryQueue, clock: VirtualClock) -> None:
    """A job that is not deleted comes again after the visibility timeout, its receives counted."""
    queue.send([(job(1), AT_ONCE)])
    queue.receive()
    assert queue.receive() == []
    clock.advance(6 * MINUTE)
    (again,) = queue.receive()
    assert again.receives == 2


def test_job_received_too_often_is_dead(queue: MemoryQueue, clock: VirtualClock) -> None:
    """SAFE-6: after its last receive a job goes to the dead-letter queue, from which it can be
    moved back.
    """
    queue.send([(job(1), AT_ONCE)])
    for _ in range(2):
        assert len(queue.receive()) == 1
        clock.advance(6 * MINUTE)
    assert queue.receive() == []
    assert [message.job for message in queue.dead] == [job(1)]
    queue.redrive()
    (message,) = queue.receive()
    assert (message.job, message.receives, queue.dead) == (job(1), 1, [])


def test_job_can_be_put_off(queue: MemoryQueue, clock: VirtualClock) -> None:
    """SAFE-6: a received job comes again when its worker says, sooner or later than the visibility
    timeout.
    """
    queue.send([(job(1), AT_ONCE)])
    (message,) = queue.receive()
    queue.put_off(message.receipt, 10 * MINUTE)
    clock.advance(9 * MINUTE)
    assert queue.receive() == []
    clock.advance(MINUTE)
    assert len(queue.receive()) == 1


def test_old_receipt_does_nothing(queue: MemoryQueue, clock: VirtualClock) -> None:
    """A worker that was too slow can neither delete nor put off what another one has received
    since.
    """
    queue.send([(job(1), AT_ONCE)])
    (slow,) = queue.receive()
    clock.advance(6 * MINUTE)
    queue.receive()
    queue.delete(slow)
    queue.put_off(slow.receipt, AT_ONCE)
    assert queue.receive() == []
    assert queue.next_change() == TICK + 12 * MINUTE


def test_late_delete_still_counts(queue: MemoryQueue, clock: VirtualClock) -> None:
    """A late delete counts as long as nobody has received the job again; a late putting-off does
    not.
    """
    queue.send([(job(1), AT_ONCE)])
    (message,) = queue.receive()
    clock.advance(6 * MINUTE)
    queue.put_off(message.receipt, MINUTE)
    assert queue.backlog() == 1
    queue.delete(message)
    assert (queue.backlog(), queue.receive()) == (0, [])


def test_backlog_leaves_out_what_is_in_flight(queue: MemoryQueue, clock: VirtualClock) -> None:
    """The backlog counts what waits or is delayed, not what a worker has."""
    queue.send([(job(1), AT_ONCE), (job(2), AT_ONCE), (job(3), MINUTE)])
    queue.receive(1)
    assert queue.backlog() == 2
    clock.advance(6 * MINUTE)
    assert queue.backlog() == 3


def test_in_order_without_chaos(queue: MemoryQueue) -> None:
    """Without chaos jobs come in the order in which they become visible, at most as many as asked
    for.
    """
    queue.send([(job(1), MINUTE), (job(2), AT_ONCE), (job(3), AT_ONCE)])
    assert [message.job for message in queue.receive(1)] == [job(2)]
    assert [message.job for message in queue.receive()] == [job(3)]


def test_chaos_shuffles_and_repeats(clock: VirtualClock) -> None:
    """With chaos jobs come in any order and some twice, none is lost, and one seed gives one
    order.
    """

    def played(seed: int) -> list[str]:
        queue = MemoryQueue(now=clock.now, chaos=random.Random(seed), repeats=0.5)
        queue.send((job(number), AT_ONCE) for number in range(50))
        return [message.job.company_id for message in queue.receive(200)]

    assert set(played(1)) == {f"gz-{number}" for number in range(50)}
    assert len(played(1)) > 50
    assert played(1) == played(1)
    assert played(1) != played(2)


def test_delivered_once_more(queue: MemoryQueue) -> None:
    """A job may be delivered once more although it was deleted."""
    queue.send([(job(1), AT_ONCE)])
    (message,) = queue.receive()
    queue.delete(message)
    queue.repeat(message)
    assert [again.job for again in queue.receive()] == [job(1)]


def test_event_record_is_what_lambda_gets(queue: MemoryQueue) -> None:
    """A message can be handed to the real handler in the shape of an SQS event's record."""
    queue.send([(job(1), AT_ONCE)])
    (message,) = queue.receive()
    record = json.loads(json.dumps(message.event_record()))
    assert Job.model_validate_json(record["body"]) == job(1)
    assert record["messageId"] == message.id
    assert record["receiptHandle"] == message.receipt
    assert record["attributes"]["ApproximateReceiveCount"] == "1"
