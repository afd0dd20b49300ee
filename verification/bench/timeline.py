"""Several actors on one virtual clock: each waits in virtual time while the others go on.

Only one runs at any moment, always the one whose time comes first. So a run is the same every time
and takes as long as its computing.
"""

import heapq
import itertools
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from simulators.clock import VirtualClock


class EndedError(BaseException):
    """Another actor has failed: this one is to stop."""


@dataclass(slots=True)
class Timeline:
    """The order of all that happens. ``wait`` and ``wait_until`` are for actors alone."""

    clock: VirtualClock
    _due: list[tuple[datetime, int, threading.Lock]] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=itertools.count)
    _over: threading.Event = field(default_factory=threading.Event)
    _failed: list[BaseException] = field(default_factory=list)
    _living: int = 0

    def run(self, actors: Iterable[Callable[[], None]]) -> None:
        """Let all act, from now on, until each has come to its end.

        Raises what the first of them raised.
        """
        self._over.clear()
        self._failed.clear()
        threads = []
        for actor in actors:
            turn = _taken()
            threads.append(threading.Thread(target=self._act, args=(actor, turn), daemon=True))
            self._push(self.clock.now(), turn)
        self._living = len(threads)
        for thread in threads:
            thread.start()
        if threads:
            self._pass_on()
            self._over.wait()
        if self._failed:
            raise self._failed[0]

    def wait(self, seconds: float) -> None:
        """Let so many seconds pass."""
        if seconds > 0:
            self.wait_until(self.clock.now() + timedelta(seconds=seconds))

    def together(self, actors: Sequence[Callable[[], None]]) -> None:
        """Let others act from now on, and come back when each of them has come to its end."""
        turn, left = _taken(), len(actors)

        def ended() -> None:
            nonlocal left
            left -= 1
            if left == 0:
                self._push(self.clock.now(), turn)

        self._living += len(actors)
        for actor in actors:
            own = _taken()
            begun = threading.Thread(target=self._act, args=(actor, own, ended), daemon=True)
            self._push(self.clock.now(), own)
            begun.start()
        self._pass_on()
        turn.acquire()
        if self._failed:
            raise EndedError

    def wait_until(self, instant: datetime) -> None:
        """Come back at that instant, or at once if it is past.

        All that wait for the same instant already go first.
        """
        turn = _taken()
        self._push(max(instant, self.clock.now()), turn)
        self._pass_on()
        turn.acquire()
        if self._failed:
            raise EndedError

    def _push(self, instant: datetime, turn: threading.Lock) -> None:
        heapq.heappush(self._due, (instant, next(self._numbers), turn))

    def _pass_on(self) -> None:
        instant, _, turn = heapq.heappop(self._due)
        if instant > self.clock.now():
            self.clock.set(instant)
        turn.release()

    def _act(
        self,
        actor: Callable[[], None],
        turn: threading.Lock,
        ended: Callable[[], None] = lambda: None,
    ) -> None:
        turn.acquire()
        try:
            if not self._failed:
                actor()
        except EndedError:
            pass
        except BaseException as error:  # noqa: BLE001 - raised again where `run` was called
            self._failed.append(error)
        finally:
            ended()
            self._living -= 1
            if self._living:
                self._pass_on()
            else:
                self._over.set()


def _taken() -> threading.Lock:
    lock = threading.Lock()
    lock.acquire()
    return lock
