"""The pace of calls: GravityZone takes 5 licensing ones a second per key in bursts of 5, and 10 others in bursts of 10."""

import time
from collections.abc import Callable

_SLOWED = 1.1
"""What a refusal makes the time between two calls: few of them find a limit, and the last overshoots it by little."""
_EASED = 0.998
"""What each call that is let through makes of it: back by a tenth in 500 calls."""
_SLOWEST = 5
"""The longest that the time between two calls gets, as a multiple of what it is by itself."""


class TokenBucket:
    """Lets ``depth`` calls through at once and ``rate`` a second after that; the others wait.

    For the life of one container, and one thread. In any span of t seconds at most depth + rate * t calls get through;
    fewer for a while after ``slow_down``.
    """

    __slots__ = ("_depth", "_due", "_least_period", "_monotonic", "_period", "_sleep")

    def __init__(
        self,
        *,
        rate: float,
        depth: int,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        if rate <= 0 or depth < 1:
            raise ValueError(
                f"a rate above zero and a depth of at least 1 are needed, not {rate} and {depth}"
            )
        self._period = self._least_period = 1 / rate
        self._depth = depth
        self._monotonic = monotonic
        self._sleep = sleep
        self._due = float("-inf")

    def take(self) -> None:
        """Take a token, waiting for it if need be."""
        # The bucket is kept as the instant at which the next token would be due if calls came
        # evenly: nothing to
        # refill, and nothing to go round for when a clock rounds.
        now = self._monotonic()
        allowed = self._due - (self._depth - 1) * self._period
        if allowed > now:
            self._sleep(allowed - now)
            now = allowed
        self._due = max(self._due, now) + self._period
        self._period = max(self._least_period, self._period * _EASED)

    def slow_down(self) -> None:
        """Take a refusal for want of room to mean that the true limit is lower, or that others use the key too.

        The next tokens come further apart, and only very slowly as close as they were: a pace that is just right is met
        within some refusals, and tried beyond once in a while.
        """
        self._period = min(self._period * _SLOWED, self._least_period * _SLOWEST)
