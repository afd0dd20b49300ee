"""What calls to one API came to in one invocation: how many, how long they took, and how many were refused or failed."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from http import HTTPStatus

from tally.transport.failures import BadAnswer, Failure


@dataclass(slots=True)
class Traffic:
    """Counts attempts as they are made: a ``transport.calls.Listener``.

    ``seconds`` holds each attempt's time. ``throttles`` were answered 429. ``errors`` had no answer, or another one than a
    2xx; a 404 is none, as much is asked for that may be gone.
    """

    seconds: list[float] = field(default_factory=list)
    throttles: int = 0
    errors: int = 0

    def heard(self, seconds: float, failure: Failure | None) -> None:
        """Count one attempt."""
        self.seconds.append(seconds)
        if failure is None:
            return
        status = failure.status if isinstance(failure, BadAnswer) and not failure.in_front else None
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            self.throttles += 1
        elif status != HTTPStatus.NOT_FOUND:
            self.errors += 1

    def taken(self) -> "Traffic":
        """What was counted since the last time, which is counted anew from here."""
        taken = Traffic(self.seconds, self.throttles, self.errors)
        self.seconds, self.throttles, self.errors = [], 0, 0
        return taken

    def figures(self) -> dict[str, float | int]:
        """It as the log has it."""
        return {
            "calls": len(self.seconds),
            "throttles": self.throttles,
            "errors": self.errors,
            "seconds": round(sum(self.seconds), 3),
            "slowest": round(max(self.seconds, default=0.0), 3),
        }


def throttles(of: Sequence[Traffic]) -> int:
    """All calls that were answered 429."""
    return sum(each.throttles for each in of)
