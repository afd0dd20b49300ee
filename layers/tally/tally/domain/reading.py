"""What GravityZone says of a company's month: a count, or unknown with the reason (READ-2)."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One billable counter line (READ-6): its name in the ledger and GravityZone's counter for it."""

    name: str
    counter: str


ENDPOINTS = Service(name="endpoints", counter="endpointMonthlyUsage")


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """The counters of one company and month as they came, unjudged; ``request`` names the call for error texts."""

    counters: Mapping[str, object]
    floors: Mapping[str, object] = field(default_factory=dict)
    request: str = "getMonthlyUsage"


@dataclass(frozen=True, slots=True)
class Count:
    """Endpoints that connected at least once in the month, and the contract's floor if there is one."""

    value: int
    floor: int | None = None


@dataclass(frozen=True, slots=True)
class Unknown:
    """No number is to be had; nothing may be written on the strength of it."""

    why: str


type Reading = Count | Unknown


def read_count(usage: Usage, service: Service) -> Reading:
    """The service's count out of the counters, or unknown where it is not a whole number of at least zero."""
    value = usage.counters.get(service.counter)
    if value is None:
        return Unknown(f"{usage.request} answered without the counter {service.counter}")
    if not _is_count(value):
        return Unknown(f"{usage.request} answered {service.counter} = {value!r}, which is not a count")
    floor = usage.floors.get(service.counter)
    return Count(int(value), int(floor) if _is_count(floor) else None)  # type: ignore[call-overload]  # _is_count has looked


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
