"""Read the clock, and hold the time limits of jobs and functions.

The template's timeouts are computed from them.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tally.domain.model.reading import Service

# 7 calls of up to 10 s each, 3 waits for a token, and the ledger's own calls (template.yaml).
SLOWEST_JOB = timedelta(seconds=77)
"""The longest time of a customer's job with one service."""

SLOWEST_SERVICE = timedelta(seconds=45)
"""The longest time of a further service: four calls to ConnectWise, and the ledger's own."""

# 4 calls to ConnectWise of up to 10 s each.
WRITING = timedelta(seconds=40)
"""The time of any job that is kept for ConnectWise: with less left, GravityZone is not read."""

AROUND_READINGS = timedelta(seconds=55)
"""The time of a partner's job beside its calls at their pace (READ-4).

It holds the writing, one call that hangs, and the ledger's own calls.
"""


class WallClock:
    """The wall clock, as ``tally.ports.Clock``."""

    def now(self) -> datetime:
        """Return the present instant in UTC."""
        return datetime.now(UTC)


def each_reading(calls_per_second: float, services: Iterable[Service]) -> timedelta:
    """Return the time to read one company for a partner: its calls' turns at the pace (READ-4).

    The usual latency is shorter than a turn.
    """
    calls = len({service.plain for service in services})
    return timedelta(seconds=calls * max(1.0, 1 / calls_per_second))


@dataclass(slots=True)
class Deadline:
    """The instant at which Lambda stops the function; each invocation sets it anew."""

    at: float = float("inf")

    def set(self, remaining_ms: int) -> None:
        """Take the milliseconds that ``context.get_remaining_time_in_millis()`` returns."""
        self.at = time.monotonic() + remaining_ms / 1000

    def seconds_left(self) -> float:
        """Return the seconds until the deadline."""
        # By the monotonic clock: the wall clock may be set while a function runs.
        return self.at - time.monotonic()

    def seconds_left_to_read(self) -> float:
        """Return the seconds left for GravityZone, so that the writing can be finished after it."""
        return self.seconds_left() - WRITING.total_seconds()
