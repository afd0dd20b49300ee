"""The pace of calls.

Bitdefender documents, for each key, 5 licensing calls a second in bursts of 5 and 10 others in
bursts of 10. Another page of it contradicts that, so a refusal slows the pace down.
"""

import threading
import time
from collections.abc import Callable

_SLOWED = 1.1
"""Factor of the time between two calls after a refusal: small, to stay near the limit."""
_EASED = 0.998
"""Factor after each call that is let through: in 50 calls it shrinks by a tenth."""
_SLOWEST = 5
"""The longest time between two calls, as a multiple of the shortest."""


class TokenBucket:
    """Lets ``depth`` calls through at once and ``rate`` a second after that; the others wait.

    A bucket serves one container, and threads may share it: they get through in the order in which
    they came. In any span of t seconds at most depth + rate * t calls get through; after
    ``slow_down`` fewer do for a while.
    """

    __slots__ = (
        "_depth",
        "_due",
        "_least_period",
        "_lock",
        "_monotonic",
        "_period",
        "_sleep",
    )

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
        self._lock = threading.Lock()

    def take(self) -> None:
        """Take a token, and wait for it if there is none."""
        # The bucket is the instant at which the next token is due if calls come evenly. So nothing
        # has to be refilled, and a clock that rounds cannot lose a part of a token.
        with self._lock:
            now = self._monotonic()
            allowed = self._due - (self._depth - 1) * self._period
            self._due = max(self._due, now) + self._period
            self._period = max(self._least_period, self._period * _EASED)
        # The token is taken already: who comes meanwhile gets the next one.
        if allowed > now:
            self._sleep(allowed - now)

    def slow_down(self) -> None:
        """Slow down after a refusal: the true limit is lower, or others use the key too.

        The next tokens come further apart, and come closer again only very slowly. So some
        refusals find the right pace, and it is exceeded only once in a while.
        """
        # The other users of the key may be the MSP's own reports: nobody tells us of them.
        with self._lock:
            self._period = min(self._period * _SLOWED, self._least_period * _SLOWEST)
