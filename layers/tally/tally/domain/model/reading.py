"""GravityZone's answer for a company's month: a count, or a reason for none (READ-2, READ-6)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeIs

from tally.domain.model.screen import shortened

_MOST_SHOWN = 100
"""Characters to show of a value that is not a count."""

MOST_SEATS = 1_000_000
"""The highest number that is a count (READ-8).

No customer has more seats, and an MSP's hours of virtual desktops stay below it too.
"""

ENDPOINT_SECURITY = 0
"""GravityZone's product type of ordinary endpoints, the only one in ``getMonthlyUsage``."""

PRODUCT_TYPES: Mapping[int, str] = {ENDPOINT_SECURITY: "Endpoint Security", 3: "EDR", 5: "PHASR"}
"""GravityZone's product types.

0 and 3 are in Bitdefender's documentation of ``getMonthlyUsagePerProductType``, 5 in public clients
of it.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One billable service: its name, GravityZone's counter and the product types (READ-6).

    ``text`` is what the customer reads on the invoice before the month; empty where the policy's
    text is right.
    """

    name: str
    counter: str
    product_types: tuple[int, ...] = (ENDPOINT_SECURITY,)
    text: str = ""

    @property
    def plain(self) -> bool:
        """True if ``getMonthlyUsage`` has its count."""
        return self.product_types == (ENDPOINT_SECURITY,)


ENDPOINTS = Service(name="endpoints", counter="endpointMonthlyUsage")

_A_LA_CARTE = ("aLaCarteMonthlyUsage", "aLaCarteMonhtlyUsage")


def spellings(counter: str) -> tuple[str, ...]:
    """Return all spellings of a counter: older editions of the API misspell one of them."""
    return _A_LA_CARTE if counter in _A_LA_CARTE else (counter,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """The counters of one company and month as they came; ``request`` names the call for errors.

    ``floors`` has the contract's floors by counter, unless it is something odd.
    """

    counters: Mapping[str, object]
    floors: object = field(default_factory=dict)
    request: str = "getMonthlyUsage"


@dataclass(frozen=True, slots=True, kw_only=True)
class UsagePerProductType:
    """One company's month by product type; a type may come more than once, or not at all."""

    entries: Sequence[tuple[int, Usage]]
    request: str = "getMonthlyUsagePerProductType"


@dataclass(frozen=True, slots=True)
class Count:
    """The endpoints that connected in the month, and the contract's floor if there is one.

    ``odd_floor`` says what was answered in its place if that is no number.
    """

    value: int
    floor: int | None = None
    odd_floor: str = ""


@dataclass(frozen=True, slots=True)
class Unknown:
    """There is no number, so nothing may be written."""

    why: str


type Reading = Count | Unknown


def read_count(usage: Usage, service: Service) -> Reading:
    """Return the service's count; unknown if it is not a whole number of at least zero."""
    name = next(
        (each for each in spellings(service.counter) if each in usage.counters), service.counter
    )
    value = usage.counters.get(name)
    # A missing counter is no zero: editions of the API have dropped and renamed some (READ-2).
    if value is None:
        return Unknown(f"{usage.request} answered without the counter {service.counter}")
    if not _is_count(value):
        return Unknown(
            f"{usage.request} answered {name} = {shortened(repr(value), _MOST_SHOWN)}, which is "
            "not a count"
        )
    floor = usage.floors.get(name) if isinstance(usage.floors, Mapping) else usage.floors
    if floor is None:
        return Count(value)
    if isinstance(usage.floors, Mapping) and _is_count(floor):
        return Count(value, floor)
    # The count stands all the same: the floor is billed at the close alone, if at all (CLOSE-2).
    shown = shortened(repr(usage.floors), _MOST_SHOWN)
    return Count(value, odd_floor=f"{usage.request} answered minimumUsage = {shown}")


def read_sum(usage: UsagePerProductType, service: Service) -> Reading:
    """Return the sum of the service's count over its product types; unknown if one has no count.

    A type without an entry is one that the company does not use. An answer without any entry says
    nothing.
    """
    if not usage.entries:
        return Unknown(f"{usage.request} answered without any product type")
    total, floors, odd = 0, [], ""
    for product_type, entry in usage.entries:
        if product_type not in service.product_types:
            continue
        reading = read_count(entry, service)
        if isinstance(reading, Unknown):
            return Unknown(f"{reading.why} (product type {product_type})")
        # Each entry repeats every counter, for its own product type.
        total += reading.value
        # The floor is documented for Endpoint Security alone. Its entries may repeat it, and it is
        # one number of the whole customer.
        if product_type == ENDPOINT_SECURITY:
            floors += [] if reading.floor is None else [reading.floor]
            odd = odd or reading.odd_floor
    return Count(total, max(floors)) if floors else Count(total, odd_floor=odd)


def _is_count(value: object) -> TypeIs[int]:
    # Python's bool is an int, so JSON's true would pass for 1.
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST_SEATS
