"""SQS in memory, on a virtual clock: delays, visibility, dead letters, repeats and disorder."""

import heapq
import itertools
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from tally.aws.queue import LONGEST_VISIBILITY, body_of, whole_seconds
from tally.errors import ContractError
from tally.messages import Job, UnsentError
from tally.ports import LONGEST_DELAY


@dataclass(slots=True, kw_only=True, eq=False)
class _Stored:
    id: str
    body: str
    sent: datetime
    receives: int = 0
    in_flight: bool = False
    due: int = 0  # the number of its only valid entry among the hidden


class Message(NamedTuple):
    """A message as one receive gave it. `receipt` is good until the message is received again."""

    id: str
    body: str
    receipt: str
    receives: int
    sent: datetime

    @property
    def job(self) -> Job:
        """The job it carries."""
        return _job(self.body)

    def event_record(self) -> dict[str, object]:
        """It as a Lambda function finds it in its event's `Records`."""
        return {
            "messageId": self.id,
            "receiptHandle": self.receipt,
            "body": self.body,
            "attributes": {
                "ApproximateReceiveCount": str(self.receives),
                "SentTimestamp": str(int(self.sent.timestamp() * 1000)),
            },
            "messageAttributes": {},
            "eventSource": "aws:sqs",
            "eventSourceARN": "arn:aws:sqs:eu-west-1:000000000000:jobs",
            "awsRegion": "eu-west-1",
        }


@dataclass(slots=True, kw_only=True)
class MemoryQueue:
    """A `JobQueue` and the receiving side of it.

    A message received more than `max_receives` times goes to `dead` instead. With `chaos`, messages
    come in any order, and each is sent twice with the probability `repeats`. Without it, they come
    in the order in which they become visible.
    """

    now: Callable[[], datetime]
    visibility: timedelta = timedelta(minutes=6)
    max_receives: int = 5
    chaos: random.Random | None = None
    repeats: float = 0.0
    dead: list[Message] = field(default_factory=list)
    _messages: dict[str, _Stored] = field(default_factory=dict)
    _visible: list[_Stored] = field(default_factory=list)
    _hidden: list[tuple[datetime, int, _Stored]] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def __len__(self) -> int:
        """All messages but the dead ones, those in flight too."""
        return len(self._messages)

    def bodies(self) -> list[str]:
        """Return the bodies of all messages but the dead ones."""
        return [message.body for message in self._messages.values()]

    def backlog(self) -> int:
        """Messages that wait or are delayed, those in flight not counted."""
        self._let_appear()
        return sum(not message.in_flight for message in self._messages.values())

    def send(self, jobs: Iterable[tuple[Job, timedelta]]) -> None:
        """Put each job on the queue, to be seen after its delay (whole seconds, at most 900)."""
        refused: list[tuple[Job, str]] = []
        for job, delay in jobs:
            try:
                body = body_of(job)
            except ContractError as error:
                refused.append((job, str(error)))
                continue
            twice = self.chaos is not None and self.chaos.random() < self.repeats
            for _ in range(2 if twice else 1):
                wait = timedelta(seconds=whole_seconds(delay, longest=LONGEST_DELAY))
                self._put(body, wait)
        if refused:
            raise UnsentError(
                f"the queue will not take {len(refused)} jobs: {refused[0][1]}", refused=refused
            )

    def receive(self, most: int = 10) -> Sequence[Message]:
        """Up to `most` messages that are visible now; each is hidden for the visibility timeout."""
        self._let_appear()
        received: list[Message] = []
        while self._visible and len(received) < most:
            stored = self._visible.pop(
                self.chaos.randrange(len(self._visible)) if self.chaos else 0
            )
            if stored.id not in self._messages:
                continue
            if stored.receives >= self.max_receives:
                self.dead.append(_received(self._messages.pop(stored.id)))
                continue
            stored.receives += 1
            stored.in_flight = True
            self._hide(stored, self.visibility)
            received.append(_received(stored))
        return received

    def delete(self, message: Message) -> None:
        """Done with it. Without effect if it has been received again since, or is gone."""
        if self._newest(message.receipt):
            del self._messages[message.id]

    def put_off(self, receipt: str, wait: timedelta) -> None:
        """Let a received message be seen again after `wait` (at most 12 hours).

        Its visibility timeout no longer counts.
        """
        if (stored := self._newest(receipt)) and stored.in_flight:
            self._hide(stored, timedelta(seconds=whole_seconds(wait, longest=LONGEST_VISIBILITY)))

    def repeat(self, message: Message) -> None:
        """Deliver it once more, as SQS may do even after a delete."""
        self._put(message.body, timedelta())

    def clear(self) -> None:
        """Forget every message, as a purge does; what is dead stays."""
        self._messages.clear()
        self._visible.clear()
        self._hidden.clear()

    def redrive(self) -> None:
        """Move what is dead back onto the queue, its receives counted anew."""
        dead, self.dead[:] = list(self.dead), []
        for message in dead:
            self._put(message.body, timedelta())

    def next_change(self) -> datetime | None:
        """Return the instant at which the next hidden message becomes visible, or None."""
        while self._hidden and not self._is_due(self._hidden[0]):
            heapq.heappop(self._hidden)
        return self._hidden[0][0] if self._hidden else None

    def _put(self, body: str, delay: timedelta) -> None:
        stored = _Stored(id=f"message-{next(self._numbers)}", body=body, sent=self.now())
        self._messages[stored.id] = stored
        self._hide(stored, delay)

    def _hide(self, stored: _Stored, wait: timedelta) -> None:
        stored.due = next(self._numbers)
        heapq.heappush(self._hidden, (self.now() + wait, stored.due, stored))

    def _is_due(self, entry: tuple[datetime, int, _Stored]) -> bool:
        _, number, stored = entry
        return stored.due == number and stored.id in self._messages

    def _let_appear(self) -> None:
        hidden, now = self._hidden, self.now()
        while hidden and hidden[0][0] <= now:
            entry = heapq.heappop(hidden)
            if self._is_due(entry):
                stored = entry[2]
                stored.in_flight = False
                stored.due = 0
                self._visible.append(stored)

    def _newest(self, receipt: str) -> _Stored | None:
        """Return the message of a receipt, if it has not been received again since."""
        self._let_appear()
        stored = self._messages.get(receipt.partition(" ")[0])
        return stored if stored and _receipt(stored) == receipt else None


@lru_cache(maxsize=256)
def _job(body: str) -> Job:
    return Job.model_validate_json(body)


def _receipt(stored: _Stored) -> str:
    return f"{stored.id} {stored.receives}"


def _received(stored: _Stored) -> Message:
    return Message(
        id=stored.id,
        body=stored.body,
        receipt=_receipt(stored),
        receives=stored.receives,
        sent=stored.sent,
    )
