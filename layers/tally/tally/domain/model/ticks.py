"""The ledger's memory of the schedule's ticks."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from tally.domain.model.month import Month


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticks:
    """The ``newest`` tick begun, the newest that ``finished``, and the months seen.

    ``first_month`` is the first month ever billed (OPEN-8). A tick has finished when it could plan
    everything. ``planned`` are the months of ticks that read GravityZone's lists (OPEN-9): the
    newest three, as nothing asks for older ones.

    ``services`` maps each service's name to the month of the first tick that knew it. ``products``
    maps it to the id that the product of the settings had at the newest tick that found it
    (SAFE-9).
    """

    newest: datetime
    first_month: Month
    planned: tuple[Month, ...] = ()
    finished: datetime | None = None
    services: Mapping[str, Month] = field(default_factory=dict)
    products: Mapping[str, int] = field(default_factory=dict)

    def knowing(self, services: Collection[str], month: Month) -> "Ticks":
        """Return the ticks with ``month`` for the services that are new."""
        # What is known comes last and wins: a service keeps the month that it first came with.
        return replace(self, services={**dict.fromkeys(services, month), **self.services})

    def ended(self, tick: datetime) -> "Ticks":
        """Return the ticks after ``tick`` planned everything; an older one adds its month alone."""
        finished = tick if self.finished is None else max(self.finished, tick)
        return replace(self.with_lists(tick), finished=finished)

    def with_lists(self, tick: datetime) -> "Ticks":
        """Return the ticks after ``tick`` has read GravityZone's lists and noted their content."""
        return replace(self, planned=tuple(sorted({*self.planned, Month.of(tick)}))[-_MONTHS_KEPT:])


def first_month_of(ticks: Ticks, first_month: Month | None, service: str) -> Month:
    """Return the first month that the service is billed in (OPEN-8).

    It is no month before the settings named the service. ``first_month`` is the setting, None for
    the month of the first tick.
    """
    first, since = first_month or ticks.first_month, ticks.services.get(service, ticks.first_month)
    # The setting may name a month before the first tick. A service that came later has no month
    # before its own first.
    return first if since <= ticks.first_month else max(first, since)


_MONTHS_KEPT = 3
