"""What GravityZone says of a company's month: a count, or unknown with the reason (READ-2, READ-6)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tally.domain.model.screen import shortened

_MOST_SHOWN = 100
"""Characters of a counter that is no count."""

MOST_SEATS = 1_000_000
"""The highest number that is a count (READ-8): more than any customer has, and hours of virtual desktops stay below it too."""

ENDPOINT_SECURITY = 0
"""GravityZone's product type of ordinary endpoints, the only one that ``getMonthlyUsage`` covers."""

PRODUCT_TYPES: Mapping[int, str] = {ENDPOINT_SECURITY: "Endpoint Security", 3: "EDR", 5: "PHASR"}
"""0 and 3 stand in Bitdefender's documentation of ``getMonthlyUsagePerProductType``, 5 in public clients of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One billable counter line (READ-6): its name in the ledger, GravityZone's counter and the product types it is of.

    ``text`` is what the customer reads on the invoice before the month; empty where the policy's is right.
    """

    name: str
    counter: str
    product_types: tuple[int, ...] = (ENDPOINT_SECURITY,)
    text: str = ""

    @property
    def plain(self) -> bool:
        """Whether ``getMonthlyUsage`` tells its count."""
        return self.product_types == (ENDPOINT_SECURITY,)


ENDPOINTS = Service(name="endpoints", counter="endpointMonthlyUsage")

_A_LA_CARTE = ("aLaCarteMonthlyUsage", "aLaCarteMonhtlyUsage")


def spellings(counter: str) -> tuple[str, ...]:
    """The names of one counter over the editions of the API: one of them was misspelled in older ones."""
    return _A_LA_CARTE if counter in _A_LA_CARTE else (counter,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """The counters of one company and month as they came, unjudged; ``request`` names the call for error texts."""

    counters: Mapping[str, object]
    floors: Mapping[str, object] = field(default_factory=dict)
    request: str = "getMonthlyUsage"


@dataclass(frozen=True, slots=True, kw_only=True)
class UsagePerProductType:
    """One company's month as it came, by product type; a type may come more than once, or not at all."""

    entries: Sequence[tuple[int, Usage]]
    request: str = "getMonthlyUsagePerProductType"


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
    name = next(
        (each for each in spellings(service.counter) if each in usage.counters), service.counter
    )
    value = usage.counters.get(name)
    if value is None:
        return Unknown(f"{usage.request} answered without the counter {service.counter}")
    if not _is_count(value):
        return Unknown(
            f"{usage.request} answered {name} = {shortened(repr(value), _MOST_SHOWN)}, "
            "which is not a count"
        )
    floor = usage.floors.get(name)
    return Count(int(value), int(floor) if _is_count(floor) else None)  # type: ignore[call-overload]  # _is_count has looked


def read_sum(usage: UsagePerProductType, service: Service) -> Reading:
    """The service's count added up over the entries of its product types; unknown where one of them holds no count.

    Each entry repeats every counter, so nothing but a sum is right. A type without an entry is one that the company
    does not use; an answer without any entry says nothing. The floor is that of Endpoint Security, of which alone it is
    documented: entries may repeat it, and it is one number of the whole customer.
    """
    if not usage.entries:
        return Unknown(f"{usage.request} answered without any product type")
    total, floors = 0, []
    for product_type, entry in usage.entries:
        if product_type not in service.product_types:
            continue
        reading = read_count(entry, service)
        if isinstance(reading, Unknown):
            return Unknown(f"{reading.why} (product type {product_type})")
        total += reading.value
        if product_type == ENDPOINT_SECURITY and reading.floor is not None:
            floors.append(reading.floor)
    return Count(total, max(floors, default=None))


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST_SEATS
