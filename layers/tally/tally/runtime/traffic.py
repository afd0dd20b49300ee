"""Count the calls to one API in an invocation: their number, times, and failures."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from http import HTTPStatus

from tally.transport.failures import BadAnswer, Failure


@dataclass(slots=True)
class Traffic:
    """Counts attempts as they are made: a ``transport.http_call.Listener``; threads may share it.

    ``seconds`` has each attempt's time. ``throttles`` were answered 429. ``errors`` had no answer,
    or another than a 2xx. A 404 is no error: Tally asks for much that may be gone.
    """

    seconds: list[float] = field(default_factory=list)
    throttles: int = 0
    errors: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    def heard(self, seconds: float, failure: Failure | None) -> None:
        """Count one attempt."""
        with self._lock:
            self.seconds.append(seconds)
            if failure is None:
                return
            answered = failure if isinstance(failure, BadAnswer) else None
            status = None if answered is None or answered.in_front else answered.status
            if status == HTTPStatus.TOO_MANY_REQUESTS:
                self.throttles += 1
            elif status != HTTPStatus.NOT_FOUND:
                self.errors += 1

    def taken(self) -> "Traffic":
        """Return the counts since the last time, and start again from zero."""
        taken = Traffic(self.seconds, self.throttles, self.errors)
        self.seconds, self.throttles, self.errors = [], 0, 0
        return taken

    def figures(self) -> dict[str, float | int]:
        """Return the counts as the log has them."""
        return {
            "calls": len(self.seconds),
            "throttles": self.throttles,
            "errors": self.errors,
            "seconds": round(sum(self.seconds), 3),
            "slowest": round(max(self.seconds, default=0.0), 3),
        }


def throttles(of: Sequence[Traffic]) -> int:
    """Return the number of calls that were answered 429."""
    return sum(each.throttles for each in of)
