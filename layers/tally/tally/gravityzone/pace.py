"""The pace of calls: GravityZone takes 5 licensing ones a second per key and 10 others, in bursts of 10 at most."""

import time
from collections.abc import Callable


class TokenBucket:
    """Lets ``depth`` calls through at once and ``rate`` a second after that; the others wait.

    For the life of one container, and one thread. In any span of t seconds at most depth + rate * t calls get through.
    """

    __slots__ = ("_due", "_monotonic", "_period", "_slack", "_sleep")

    def __init__(
        self,
        *,
        rate: float,
        depth: int,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        if rate <= 0 or depth < 1:
            raise ValueError(f"a rate above zero and a depth of at least 1 are needed, not {rate} and {depth}")
        self._period = 1 / rate
        self._slack = (depth - 1) / rate
        self._monotonic = monotonic
        self._sleep = sleep
        self._due = float("-inf")

    def take(self) -> None:
        """Take a token, waiting for it if need be."""
        # The bucket is kept as the instant at which the next token would be due if calls came evenly: nothing to
        # refill, and nothing to go round for when a clock rounds.
        now = self._monotonic()
        allowed = self._due - self._slack
        if allowed > now:
            self._sleep(allowed - now)
            now = allowed
        self._due = max(self._due, now) + self._period
