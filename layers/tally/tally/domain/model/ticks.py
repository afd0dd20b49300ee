"""What the ledger remembers of the schedule's ticks."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from tally.domain.model.month import Month


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticks:
    """``newest`` tick begun, the newest that ``finished``, the ``first_month`` ever billed (OPEN-8), and what was ``planned``.

    A tick has finished when it could plan everything; ``planned`` are the months of ticks that read GravityZone's lists
    (OPEN-9), the newest three, as older ones are asked for by nobody.

    ``services`` maps each service's name to the month of the first tick that knew it, ``products`` to the id of the product
    that the settings' name had at the newest tick that found it (SAFE-9).
    """

    newest: datetime
    first_month: Month
    planned: tuple[Month, ...] = ()
    finished: datetime | None = None
    services: Mapping[str, Month] = field(default_factory=dict)
    products: Mapping[str, int] = field(default_factory=dict)

    def knowing(self, services: Collection[str], month: Month) -> "Ticks":
        """The same, with ``month`` for the services that are new."""
        return replace(self, services={**dict.fromkeys(services, month), **self.services})

    def ended(self, tick: datetime) -> "Ticks":
        """What is known once ``tick`` has planned everything; an older one's end adds its month alone."""
        finished = tick if self.finished is None else max(self.finished, tick)
        return replace(self.with_lists(tick), finished=finished)

    def with_lists(self, tick: datetime) -> "Ticks":
        """What is known once ``tick`` has read GravityZone's lists and noted what they say."""
        return replace(self, planned=tuple(sorted({*self.planned, Month.of(tick)}))[-_MONTHS_KEPT:])


def first_month_of(ticks: Ticks, first_month: Month | None, service: str) -> Month:
    """The first month that the service is billed in: not one from before it was named in the settings (OPEN-8).

    ``first_month`` is the setting, None for the month of the first tick.
    """
    first, since = first_month or ticks.first_month, ticks.services.get(service, ticks.first_month)
    return first if since <= ticks.first_month else max(first, since)


_MONTHS_KEPT = 3
