"""ConnectWise agreements and Additions as the rules see them."""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from tally.domain.model.month import Month
from tally.domain.model.reading import MOST_SEATS
from tally.domain.model.terms import Terms

NOBODY = 0
"""The id of no company."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """One agreement of a ConnectWise company.

    ``version`` is its ``_info.lastUpdated``: it changes whenever anybody changes the agreement in
    ConnectWise. ``next_invoice`` is the date of its next invoice. An agreement that is invoiced
    through another one, named in ``invoiced_through``, has the date of that one and changes with it
    (MATCH-6). ``company_id`` is NOBODY where ConnectWise names no company. ``unreadable`` names the
    part that cannot be read; no rule uses such an agreement.
    """

    id: int
    name: str
    type_id: int
    company_id: int
    starts: date | None = None
    ends: date | None = None
    cancelled: bool = False
    cancelled_on: date | None = None
    bill_starts: date | None = None
    billing_cycle: str = ""
    next_invoice: date | None = None
    version: str = ""
    unreadable: str = ""
    invoiced_through: str = ""

    def active_on(self, day: date) -> bool:
        """Return True if it runs on ``day``, by its dates and its cancelled flag (MATCH-3)."""
        # ConnectWise's own ``agreementStatus`` is computed as of today, and ``day`` may be past.
        if self.cancelled and self.cancelled_on is None:
            return False
        if self.cancelled_on is not None and self.cancelled_on <= day:
            return False
        return (self.starts is None or self.starts <= day) and (
            self.ends is None or day <= self.ends
        )

    @property
    def ends_oddly(self) -> str:
        """A note on a cancelled date without the cancelled flag; empty if nothing is odd."""
        if self.cancelled or self.cancelled_on is None:
            return ""
        return (
            f"dated cancelled {self.cancelled_on} though not marked as cancelled: clear that date "
            "if it runs"
        )

    def ended_before(self, day: date) -> bool:
        """Return True if its dates say that it ended before ``day``."""
        cancelled = self.cancelled_on is not None and self.cancelled_on <= day
        return cancelled or (self.ends is not None and self.ends < day)


@dataclass(frozen=True, slots=True, kw_only=True)
class Addition:
    """One product line on an agreement, as ConnectWise shows it.

    ``quantity`` is a double in ConnectWise, so fractions happen. ``agreement_status`` is
    ConnectWise's word for the agreement as of today; empty where it is not shown.
    """

    id: int
    agreement_id: int
    product_id: int
    quantity: Decimal
    effective: date | None = None
    cancelled: date | None = None
    text: str = ""
    updated_by: str = ""
    updated_at: datetime | None = None
    terms: Terms = field(default_factory=Terms)
    agreement_status: str = ""

    @property
    def seats(self) -> int | None:
        """The quantity as a count; None for a fraction, below zero or far too high (READ-8)."""
        whole = 0 <= self.quantity <= MOST_SEATS and self.quantity == int(self.quantity)
        return int(self.quantity) if whole else None

    def covers(self, month: Month) -> bool:
        """Return True if it bills any day of ``month``; it never ends without a cancelled date."""
        begins_in_time = self.effective is None or self.effective <= month.last
        return begins_in_time and (self.cancelled is None or self.cancelled >= month.first)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAddition:
    """The content of a POST: never a price, cost or tax (OPEN-5).

    ConnectWise takes those from agreement and catalog.
    """

    agreement_id: int
    product_id: int
    quantity: int
    effective: date
    cancelled: date
    text: str
