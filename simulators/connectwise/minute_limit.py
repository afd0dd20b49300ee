"""The limit of requests a minute."""

from collections import deque
from collections.abc import Callable

_MINUTE = 60.0


class MinuteLimit:
    """A sliding window of one minute.

    `seconds` is any clock that only goes forward, virtual or real.
    """

    def __init__(self, seconds: Callable[[], float]) -> None:
        self._seconds = seconds
        self._admitted: deque[float] = deque()

    def wait(self, most: int) -> float:
        """Admit one request (0.0), or return the seconds until one gets in at `most` a minute."""
        now = self._seconds()
        while self._admitted and (self._admitted[0] <= now - _MINUTE or self._admitted[0] > now):
            self._admitted.popleft()
        if len(self._admitted) >= most:
            return self._admitted[0] + _MINUTE - now
        self._admitted.append(now)
        return 0.0
