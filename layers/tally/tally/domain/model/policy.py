"""What the operator has set of how decisions are made."""

from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from tally.domain.model.invoicing import Invoicing, LateUsage


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The operator's settings that decisions depend on.

    ``close_day`` is the day of the next month at whose 00:00 GMT a month closes, ``open_until_day`` the one at
    which it can
    no longer be opened; ``settle`` is for how long ConnectWise's lists may lag behind a write; ``text`` is what the customer
    reads before the month's name. ``bill_minimum``: at the close the contract's floor is billed if the count is
    below it. Growth by more than ``growth_percent`` and ``growth_seats`` asks a person, and where there is no month
    before, a count above ``first_month_seats`` (FOLLOW-4, READ-8). ``invoicing`` says
    which period an agreement's invoice covers, ``late_usage`` what becomes of usage that an invoice has left out (LATE-1, 2).
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
        """Return True if the count is beyond the baseline by both the percentage and the number of seats (FOLLOW-4)."""
        by_percent = count * 100 > baseline * (100 + self.growth_percent)
        return by_percent and count > baseline + self.growth_seats
