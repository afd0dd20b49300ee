"""The operator's settings that decisions depend on."""

from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from tally.domain.model.invoicing import Invoicing, LateUsage


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The operator's settings that decisions depend on.

    A month closes at 00:00 GMT on ``close_day`` of the next month. It can no longer be opened from
    ``open_until_day`` of that month on. ``settle`` is the time for which ConnectWise's lists may
    lag behind a write. ``text`` is what the customer reads before the month's name. With
    ``bill_minimum`` the close bills the contract's floor if the count is below it. Growth by more
    than ``growth_percent`` and ``growth_seats`` asks a person. Without a month before, a count
    above ``first_month_seats`` does (FOLLOW-4, READ-8). ``invoicing`` is the period that an invoice
    covers, ``late_usage`` the fate of usage that an invoice left out (LATE-1, 2).
    """

    time_zone: ZoneInfo
    cycles: frozenset[str]
    close_day: int
    open_until_day: int
    settle: timedelta
    text: str
    growth_percent: int
    growth_seats: int
    first_month_seats: int
    bill_minimum: bool
    invoicing: Invoicing
    late_usage: LateUsage

    def is_beyond(self, count: int, *, baseline: int) -> bool:
        """Return True if the count is beyond the baseline in percent and in seats (FOLLOW-4)."""
        # In whole numbers, so that the limit is exact. Both must be passed: one seat more is 100 %
        # of a very small customer, and 20 more are nothing to a large one.
        by_percent = count * 100 > baseline * (100 + self.growth_percent)
        return by_percent and count > baseline + self.growth_seats
