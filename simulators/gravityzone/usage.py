"""The machines that connected in each month, kept so that a count is one search in a sorted list.

Months are `yyyy-mm` in GMT. For each company, month and counter it keeps the instants at which each
machine was first *counted*, sorted: the count at any instant is the number of those up to it.
Nothing has to be played forward when the clock moves, so the clock may move anywhere.
"""

from bisect import bisect_right, insort
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

ENDPOINTS = "endpointMonthlyUsage"


class Counter(NamedTuple):
    """One counter of one product type."""

    product_type: int
    name: str


@dataclass(frozen=True, slots=True)
class CheckIn:
    """One connection of a machine, and the instant at which GravityZone counts it.

    A late report is counted later than its connection.
    """

    at: datetime
    counted: datetime
    company_id: str

    @property
    def month(self) -> str:
        """The GMT month that it belongs to."""
        return month_of(self.at)


@dataclass(slots=True)
class MonthlyUsage:
    """The first counted instants of every (company, month)."""

    _firsts: dict[tuple[str, str], dict[Counter, list[datetime]]] = field(default_factory=dict)
    _left: dict[tuple[str, str], dict[Counter, list[datetime]]] = field(default_factory=dict)
    """The instants at which machines ceased to count, since a move took their usage along."""
    _of_endpoint: dict[tuple[str, str, str], datetime] = field(default_factory=dict)

    def add(self, endpoint_id: str, counters: tuple[Counter, ...], check_in: CheckIn) -> None:
        """Count a machine from this check-in on, unless an earlier one counts it already."""
        key = (endpoint_id, check_in.company_id, check_in.month)
        known = self._of_endpoint.get(key)
        if known is not None:
            if known <= check_in.counted:
                return
            self._withdraw(key, counters, known)
        self._of_endpoint[key] = check_in.counted
        instants = self._firsts.setdefault(key[1:], {})
        for counter in counters:
            insort(instants.setdefault(counter, []), check_in.counted)

    def withdraw(
        self, endpoint_id: str, counters: tuple[Counter, ...], *, company_id: str, month: str
    ) -> None:
        """Take a machine out of a month as if it had never connected in it."""
        key = (endpoint_id, company_id, month)
        known = self._of_endpoint.pop(key, None)
        if known is not None:
            self._withdraw(key, counters, known)

    def leave(
        self,
        endpoint_id: str,
        counters: tuple[Counter, ...],
        *,
        company_id: str,
        month: str,
        at: datetime,
    ) -> None:
        """Count a machine no more from an instant on; until then it counts as it did."""
        key = (endpoint_id, company_id, month)
        known = self._of_endpoint.pop(key, None)
        if known is None:
            return
        if known >= at:
            self._withdraw(key, counters, known)
            return
        instants = self._left.setdefault(key[1:], {})
        for counter in counters:
            insort(instants.setdefault(counter, []), at)

    def counts(self, company_id: str, month: str, at: datetime) -> dict[Counter, int]:
        """Count a company's own machines at an instant, by counter.

        Counters of nobody are left out.
        """
        instants = self._firsts.get((company_id, month))
        if instants is None:
            return {}
        left = self._left.get((company_id, month), {})
        return {
            counter: bisect_right(seen, at) - bisect_right(left.get(counter, ()), at)
            for counter, seen in instants.items()
        }

    def count(self, company_id: str, month: str, at: datetime | None, counter: Counter) -> int:
        """Count one counter at an instant, or with all that is scripted."""
        seen, left = (
            kept.get((company_id, month), {}).get(counter, ())
            for kept in (self._firsts, self._left)
        )
        if at is None:
            return len(seen) - len(left)
        return bisect_right(seen, at) - bisect_right(left, at)

    def months(self, company_ids: Collection[str]) -> list[str]:
        """Name the months in which any of some companies has anything, in order."""
        return sorted({month for company, month in self._firsts if company in company_ids})

    def _withdraw(
        self, key: tuple[str, str, str], counters: tuple[Counter, ...], known: datetime
    ) -> None:
        instants = self._firsts[key[1:]]
        for counter in counters:
            instants[counter].remove(known)


def month_of(instant: datetime) -> str:
    """Name the GMT month of an aware instant."""
    if instant.tzinfo is not UTC:
        instant = instant.astimezone(UTC)
    return f"{instant.year:04d}-{instant.month:02d}"
