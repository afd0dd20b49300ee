"""Faults to order: what goes wrong, on which calls, and how often."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase

from pydantic import ConfigDict, with_config

from simulators.request import Request

_EFFECT_FIRST = frozenset({"timeout_after", "slow", "garbled"})


class FaultKind(StrEnum):
    """Kinds of fault, by what the caller meets."""

    REFUSED = "refused"
    """Connection refused: no effect, no answer."""
    TIMEOUT_BEFORE = "timeout_before"
    """No effect, and no answer within any timeout."""
    TIMEOUT_AFTER = "timeout_after"
    """The effect happens, the answer never comes."""
    STATUS = "status"
    """An HTTP status with the vendor's body for it, or with the body given."""
    THROTTLED = "throttled"
    """429 with `Retry-After`."""
    SLOW = "slow"
    """The right answer, late."""
    GARBLED = "garbled"
    """The effect happens, the answer cannot be read."""


class Garble(StrEnum):
    """Forms of a garbled answer; the status stays as it was."""

    TRUNCATED = "truncated"
    HTML = "html"
    EMPTY = "empty"
    DOUBLED = "doubled"
    """Good JSON, whose first object has a key twice."""


@with_config(ConfigDict(extra="forbid"))
@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One order for a fault. It counts every call that it matches.

    It strikes after the first `after`, at most `times` times.
    """

    kind: FaultKind
    operation: str | None = None
    """Glob on the operation's name, by case, e.g. `getMonthlyUsage` or `POST *`; None for every
    one."""
    contains: str | None = None
    """Text that stands in the call's path, query or body, e.g. a company's id; None for any."""
    times: int | None = None
    """The most calls that it strikes; None for all of them."""
    after: int = 0
    """The number of matching calls that pass unharmed before."""
    status: int = 500
    """For STATUS."""
    body: str | None = None
    """For STATUS and THROTTLED: the body in place of the vendor's own."""
    content_type: str = "text/plain; charset=utf-8"
    """Of `body`."""
    seconds: float = 30.0
    """For SLOW the delay, for THROTTLED the `Retry-After`."""
    garble: Garble = Garble.TRUNCATED
    """For GARBLED."""
    effect: bool | None = None
    """True if the call takes effect all the same; None for the kind's default (True: a 500 *after*
    it)."""

    @property
    def takes_effect(self) -> bool:
        """True if the simulator carries the call out before the fault strikes."""
        return self.kind.value in _EFFECT_FIRST if self.effect is None else self.effect

    def matches(self, request: Request, operation: str) -> bool:
        """Return True if this order covers the call."""
        if self.operation is not None and not fnmatchcase(operation, self.operation):
            return False
        return self.contains is None or _stands_in(self.contains, request)


@dataclass(slots=True)
class _Order:
    fault: Fault
    matched: int = 0
    struck: int = 0


class FaultPlan:
    """The faults ordered from one simulator, in the order they were added.

    The first one that is due strikes.
    """

    __slots__ = ("_orders", "chooser", "struck")

    def __init__(self, *faults: Fault) -> None:
        self._orders = [_Order(fault) for fault in faults]
        self.chooser: Callable[[Request, str], Fault | None] | None = None
        """A function that is asked when no order is due, with the call and its operation. A seeded
        simulation draws its faults here."""
        self.struck = 0
        """The number of calls that met a fault so far."""

    def __iter__(self) -> Iterator[Fault]:
        return iter([order.fault for order in self._orders])

    def add(self, fault: Fault) -> None:
        """Order one more."""
        self._orders.append(_Order(fault))

    def take_back(self, fault: Fault) -> None:
        """Take back one order."""
        self._orders = [order for order in self._orders if order.fault is not fault]

    def clear(self) -> None:
        """Take back every order; the chooser stays."""
        self._orders.clear()

    def pick(self, request: Request, operation: str) -> Fault | None:
        """Name the fault that this call meets, if any, and count it."""
        chosen = self._due(request, operation) if self._orders else None
        if chosen is None and self.chooser is not None:
            chosen = self.chooser(request, operation)
        if chosen is not None:
            self.struck += 1
        return chosen

    def _due(self, request: Request, operation: str) -> Fault | None:
        for order in self._orders:
            fault = order.fault
            if not fault.matches(request, operation):
                continue
            order.matched += 1
            if order.matched > fault.after and (fault.times is None or order.struck < fault.times):
                order.struck += 1
                return fault
        return None


def _stands_in(text: str, request: Request) -> bool:
    if text in request.path or text.encode() in request.body:
        return True
    return any(text in value for value in request.query.values())
