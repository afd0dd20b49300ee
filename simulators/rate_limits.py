"""Rate limits as GravityZone documents them: a rate, a queue for bursts, then 429."""

import math
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Limit:
    """`rate` calls a second, drained from a queue of `burst`."""

    rate: float
    burst: int


class Admission(NamedTuple):
    """The answer to a call that wants to get in.

    `seconds` is its wait in the queue, or the time until there is room again.
    """

    admitted: bool
    seconds: float


_AT_ONCE = Admission(admitted=True, seconds=0.0)


class RateLimiter:
    """A leaky bucket for each key.

    `seconds` is any clock: a simulator's virtual one, or the real monotonic one.
    """

    __slots__ = ("_levels", "_seconds")

    def __init__(self, seconds: Callable[[], float]) -> None:
        self._seconds = seconds
        self._levels: dict[Hashable, tuple[float, float]] = {}

    def admit(self, key: Hashable, limit: Limit) -> Admission:
        """Queue one call if there is room."""
        now = self._seconds()
        level, at = self._levels.get(key, (0.0, now))
        level = max(0.0, level - max(0.0, now - at) * limit.rate)
        if level > limit.burst - 1 + 1e-9:
            self._levels[key] = (level, now)
            return Admission(
                admitted=False, seconds=math.ceil((level - limit.burst + 1) / limit.rate)
            )
        self._levels[key] = (level + 1, now)
        return Admission(admitted=True, seconds=level / limit.rate) if level else _AT_ONCE

    def reset(self) -> None:
        """Empty every queue."""
        self._levels.clear()
