"""Virtual time in one thread: what is due while somebody waits happens meanwhile, in order."""

import heapq
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(slots=True)
class Agenda:
    """The clock, and all that is still to happen.

    What happens may wait itself: then time goes on in it alone, and whoever waited for it comes
    back at its own instant.
    """

    at: datetime
    _due: list[tuple[datetime, int, Callable[[], None]]] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def now(self) -> datetime:
        """Tell the instant."""
        return self.at

    def add(self, at: datetime, happens: Callable[[], None]) -> None:
        """Let something happen at an instant."""
        heapq.heappush(self._due, (at, next(self._numbers), happens))

    def wait_until(self, instant: datetime) -> None:
        """Let time pass until then."""
        while self._due and self._due[0][0] <= instant:
            self.at, _, happens = heapq.heappop(self._due)
            happens()
        self.at = instant
