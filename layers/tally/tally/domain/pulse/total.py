"""A partner's total: its counters of one month, with those of all companies below it (PULSE-2)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from tally.domain.model.month import Month
from tally.domain.model.reading import (
    ENDPOINT_SECURITY,
    Service,
    Unknown,
    Usage,
    UsagePerProductType,
    read_count,
    read_sum,
)
from tally.domain.model.screen import shortened

_LONGEST = 40
"""The most characters of one counter that are kept: a count has seven at most."""
_MOST = 400
"""The most counters that are kept; editions of the API answer some 30 for each product type."""

type Counts = Mapping[str, int]
"""Numbers of endpoints by the name of a service."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """The whole vector that GravityZone answered for a partner and a month.

    ``counters`` maps each counter, with its product type (``0 endpointMonthlyUsage``) or as a
    contract's floor (``floor endpointMonthlyUsage``), to its value as text. ``counts`` are the
    numbers of the billed services.
    """

    month: Month
    counters: Mapping[str, str]
    counts: Counts

    def has_moved_since(self, before: "Total | None") -> bool:
        """Return True if it says anything else than ``before``, or if there is nothing to compare.

        One counter that is billed by nobody is enough: a move that cancels out in the billed ones
        may show there.
        """
        return before is None or (self.month, self.counters) != (before.month, before.counters)

    def beyond(self, before: "Total") -> Counts:
        """Return the difference of each service's count."""
        return {
            name: count - before.counts[name]
            for name, count in self.counts.items()
            if name in before.counts
        }


class Rest(NamedTuple):
    """The rest of the root's total at a moment when every plainly followed company was known.

    It is the MSP's own machines, and the companies that are held or fail. ``basis`` is the checksum
    of the month and of the companies that are followed: with others it says nothing.
    """

    basis: int
    counts: Counts


def read_total(
    month: Month,
    services: Sequence[Service],
    usage: Usage | None,
    by_type: UsagePerProductType | None,
) -> Total | Unknown:
    """Put the answers of one partner together; unknown if a service has no count in them.

    ``usage`` or ``by_type`` is None where no service is counted by that answer.
    """
    counts: dict[str, int] = {}
    for service in services:
        answer = usage if service.plain else by_type
        if answer is None:
            raise ValueError(f"no answer was given that has the service {service.name}")
        reading = (
            read_count(answer, service) if isinstance(answer, Usage) else read_sum(answer, service)
        )
        if isinstance(reading, Unknown):
            return reading
        counts[service.name] = reading.value
    entries = [] if usage is None else [(ENDPOINT_SECURITY, usage)]
    counters = _vector([*entries, *([] if by_type is None else by_type.entries)])
    return Total(month=month, counters=counters, counts=counts)


def _vector(entries: Iterable[tuple[int, Usage]]) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for product_type, usage in entries:
        named = [(f"{product_type} {name}", value) for name, value in usage.counters.items()]
        floors = usage.floors if isinstance(usage.floors, Mapping) else {"": usage.floors}
        named += [(f"floor {name}", value) for name, value in floors.items()]
        for name, value in named:
            # A product type may come twice, and both answers may hold type 0.
            found[name] = " ".join(
                filter(None, (found.get(name, ""), shortened(repr(value), _LONGEST)))
            )
    return dict(sorted(found.items())[:_MOST])
