"""The simulators' clock: whoever plays sets it and moves it, so every run is the same."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

_NOTHING = timedelta()


class VirtualClock:
    """An instant that moves only when told, or that runs on in real time from where it was set.

    Always aware and in UTC. Two simulators of one world share one clock.
    """

    __slots__ = ("_now", "_real", "_since")

    def __init__(
        self, now: datetime, *, running: bool = False, real: Callable[[], float] = time.monotonic
    ) -> None:
        self._real = real if running else None
        self._now = _utc(now)
        self._since = real() if running else 0.0

    @property
    def running(self) -> bool:
        """True if real time moves this clock."""
        return self._real is not None

    def now(self) -> datetime:
        """Tell the instant, in UTC."""
        if self._real is None:
            return self._now
        return self._now + timedelta(seconds=self._real() - self._since)

    def set(self, instant: datetime, *, backwards: bool = False) -> None:
        """Move to `instant`; an earlier one only with `backwards`, else ValueError."""
        instant = _utc(instant)
        if instant < self.now() and not backwards:
            raise ValueError(
                f"the clock stands at {self.now().isoformat()}, after {instant.isoformat()}"
            )
        self._now = instant
        if self._real is not None:
            self._since = self._real()

    def advance(self, by: timedelta) -> datetime:
        """Move on by a duration that is not negative, and tell the new instant."""
        if self._real is None and by >= _NOTHING:
            self._now += by
            return self._now
        self.set(self.now() + by)
        return self.now()


def _utc(instant: datetime) -> datetime:
    if instant.tzinfo is UTC:
        return instant
    if instant.tzinfo is None:
        raise ValueError(f"an instant needs its time zone: {instant.isoformat()}")
    return instant.astimezone(UTC)
