"""The queue of the evidence function: it delays, reorders, repeats, and dead-letters."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from simulators.clock import VirtualClock
from verification.simulation.draws import Draw, drawn

_VISIBILITY, _RECEIVES = timedelta(seconds=960), 5
"""As of the template's queue."""
_DELAYS = (0, 0, 1, 2, 20, 900, 7200)
_REPEATED, _REDRIVEN = 0.03, 0.5


@dataclass(slots=True, kw_only=True)
class Waiting:
    """A message, and the instant from which it can be received."""

    number: int
    body: str
    visible: datetime
    receives: int = 0

    @property
    def receipt(self) -> str:
        """Its receipt: the last one counts, as each receive hides it anew."""
        return str(self.number)


@dataclass(slots=True, kw_only=True)
class Queue:
    """Messages are drawn by their numbers, in the order in which they were sent."""

    seed: int
    clock: VirtualClock
    waiting: dict[int, Waiting] = field(default_factory=dict)
    sent: int = 0
    dead: int = 0

    def send(self, bodies: Iterable[str]) -> None:
        """Put messages on the queue, some of them twice."""
        for body in bodies:
            self.sent += 1
            draw = drawn(self.seed, Draw.EVIDENCE, 1, self.sent)
            for _ in range(2 if draw.random() < _REPEATED else 1):
                visible = self.clock.now() + timedelta(seconds=draw.choice(_DELAYS))
                number = 2 * self.sent + (2 * self.sent in self.waiting)
                self.waiting[number] = Waiting(number=number, body=body, visible=visible)

    def put_off(self, receipt: str, wait: timedelta) -> None:
        """Hide a received message for so long."""
        message = self.waiting.get(int(receipt))
        if message is not None:
            message.visible = self.clock.now() + wait

    def next_change(self) -> datetime | None:
        """Return the instant from which there is something to receive."""
        return min((each.visible for each in self.waiting.values()), default=None)

    def receive(self, now: datetime) -> Waiting | None:
        """Take the message that has been visible for longest; None if there is none.

        One that was received too often is dead. A person puts it back a day later, or never.
        """
        message = min(self.waiting.values(), key=lambda each: (each.visible, each.number))
        message.receives += 1
        message.visible = now + _VISIBILITY
        if message.receives <= _RECEIVES:
            return message
        self.dead += 1
        draw = drawn(self.seed, Draw.EVIDENCE, 2, message.number)
        if draw.random() < _REDRIVEN:
            message.receives, message.visible = 0, now + timedelta(days=draw.choice((1, 10, 40)))
        else:
            self.delete(message)
        return None

    def delete(self, message: Waiting) -> None:
        """Delete a message that was done."""
        self.waiting.pop(message.number, None)
