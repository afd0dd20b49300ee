"""A count of a function's effects on the world outside, with a place to act around any of them.

A test can kill a worker, or run another one whole, before or after each HTTP call and each call of
the ledger or the queue. The moments come from an undisturbed run and are not listed by hand.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from functools import partial
from typing import Any, NamedTuple

import requests
from requests.adapters import BaseAdapter

from tally.domain.model.standing import Standing
from tally.errors import ConflictError
from tally.ledger.standings_in_bulk import attempt, saved_all
from tally.messages import Job, UnsentError

# What the ports do one by one, however many are given at once.
_STANDINGS, _SEND = "save_standings", "send"


class KilledError(BaseException):
    """The function is stopped dead, as Lambda does at a timeout: no `except Exception` sees it."""


class Moment(NamedTuple):
    """Just before, or just after, the effect of that number, counted from 1."""

    number: int
    after: bool

    def __str__(self) -> str:
        return f"{'after' if self.after else 'before'} effect {self.number}"


class Effects:
    """Counts the effects of whatever it is wrapped around; does `act`, once, at the moment `at`."""

    def __init__(self, act: Callable[[], None] | None = None, *, at: Moment | None = None) -> None:
        self.names: list[str] = []
        """The effects so far: `ledger save`, `connectwise.test POST`, …"""
        self._act = act
        self._at = at

    @property
    def moments(self) -> Iterator[Moment]:
        """Before and after each effect so far."""
        return (
            Moment(number, after)
            for number in range(1, len(self.names) + 1)
            for after in (False, True)
        )

    def count(self, start: str) -> int:
        """Return the number of effects whose names begin with `start`."""
        return sum(name.startswith(start) for name in self.names)

    @property
    def idle(self) -> bool:
        """True if effects may just happen: nobody counts them, and nothing is to be done."""
        return False

    def wrap(self, port: Any) -> Any:  # noqa: ANN401 - a ledger, a queue, an adapter of requests: whatever goes out
        """Give something like `port` whose every call is counted."""
        return _Adapter(self, port) if isinstance(port, BaseAdapter) else _Port(self, port)

    def around[T](self, name: str, effect: Callable[[], T]) -> T:
        """Let one effect happen."""
        self.names.append(name)
        number = len(self.names)
        self._reach(Moment(number, after=False))
        try:
            return effect()
        finally:
            self._reach(Moment(number, after=True))

    def _reach(self, moment: Moment) -> None:
        if self._act is not None and moment == self._at:
            self._act()


def kill() -> None:
    """Stop the function dead."""
    raise KilledError


class _Adapter(BaseAdapter):
    def __init__(self, effects: Effects, inner: BaseAdapter) -> None:
        super().__init__()
        self._effects = effects
        self._inner = inner

    def send(
        self,
        request: requests.PreparedRequest,
        *args: Any,  # noqa: ANN401
        **kwargs: Any,  # noqa: ANN401 - requests' own
    ) -> requests.Response:
        if self._effects.idle:
            return self._inner.send(request, *args, **kwargs)
        host = (request.url or "").split("/")[2]
        return self._effects.around(
            f"{host} {request.method}", partial(self._inner.send, request, *args, **kwargs)
        )

    def close(self) -> None:
        self._inner.close()


def _save_one(save: Callable[[list[Standing]], int], standing: Standing) -> None:
    if save([standing]):
        raise ConflictError(standing.company_id)


class _Port:
    """A ledger or a queue.

    It does bulk work one by one, since the real ones can stop halfway.
    """

    def __init__(self, effects: Effects, inner: Any) -> None:  # noqa: ANN401 - see `Effects.wrap`
        self._effects = effects
        self._inner = inner
        self._name = type(inner).__name__.removeprefix("Memory").lower()

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        # From now on Python finds it without asking here.
        self.__dict__[operation] = counted = self._counted(operation)
        return counted

    def _counted(self, operation: str) -> Callable[..., Any]:
        effects, name, method = (
            self._effects,
            f"{self._name} {operation}",
            getattr(self._inner, operation),
        )

        def counted(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - the method's own
            if effects.idle:
                return method(*args, **kwargs)
            return effects.around(name, partial(method, *args, **kwargs))

        return counted

    def save_standings(self, standings: Iterable[Standing]) -> int:
        save: Callable[[list[Standing]], int] = self._counted(_STANDINGS)
        return saved_all(attempt(partial(_save_one, save), each) for each in standings)

    def send(self, jobs: Iterable[tuple[Job, timedelta]]) -> None:
        send = self._counted(_SEND)
        refused: list[tuple[Job, str]] = []
        for job in jobs:
            try:
                send([job])
            except UnsentError as error:
                refused += error.refused
        if refused:
            raise UnsentError(f"{len(refused)} jobs are refused", refused=refused)
