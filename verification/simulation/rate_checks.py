"""The check of invariant 8: all calls of all containers, against the limits that vendors document.

A call counts if it was sent, whatever its answer.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from simulators.core import Call
from verification.simulation.story import ViolationError

_LICENSING = frozenset({"getLicenseInfo", "getMonthlyUsage", "getMonthlyUsagePerProductType"})
_MINUTE = timedelta(minutes=1)
_MOST_A_MINUTE = 1000
_TOO_MANY = 429
_ROUNDING = 1e-6


@dataclass(slots=True, kw_only=True)
class _Queue:
    """GravityZone's documented limit: so many calls a second, and a queue of so many for bursts."""

    rate: float
    burst: int
    waiting: float = 0.0
    last: datetime | None = None

    def takes(self, at: datetime) -> bool:
        if self.last is not None:
            self.waiting = max(0.0, self.waiting - (at - self.last).total_seconds() * self.rate)
        self.last = at
        self.waiting += 1
        return self.waiting <= self.burst + _ROUNDING


@dataclass(slots=True, kw_only=True)
class RateChecks:
    """Counts the calls of one run.

    The simulators count by method, and each anew; this counts for itself.
    """

    _licensing: _Queue = field(default_factory=lambda: _Queue(rate=5, burst=5))
    _others: _Queue = field(default_factory=lambda: _Queue(rate=10, burst=10))
    _minute: deque[datetime] = field(default_factory=deque)

    def of_gravityzone(self, calls: Iterable[Call]) -> None:
        """Check 5 licensing calls a second (burst 5) and 10 others (burst 10).

        ViolationError beyond.
        """
        for call in calls:
            _admitted(call, "GravityZone")
            licensing = call.operation in _LICENSING
            queue = self._licensing if licensing else self._others
            if not queue.takes(call.at):
                what = (
                    f"{call.operation} at {call.at} is more than {queue.rate:g} a second after a "
                    f"burst of {queue.burst}"
                )
                raise ViolationError(8, what)

    def of_connectwise(self, calls: Iterable[Call]) -> None:
        """1,000 in any minute. Raises ViolationError."""
        minute = self._minute
        for call in calls:
            _admitted(call, "ConnectWise")
            minute.append(call.at)
            while minute[0] <= call.at - _MINUTE:
                minute.popleft()
            if len(minute) > _MOST_A_MINUTE:
                raise ViolationError(
                    8,
                    f"{call.operation} at {call.at} is more than {_MOST_A_MINUTE} within a minute",
                )


def _admitted(call: Call, name: str) -> None:
    if call.status == _TOO_MANY and call.fault is None:
        raise ViolationError(8, f"{name} throttled {call.operation} at {call.at}")
