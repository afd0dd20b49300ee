"""ConnectWise agreements and Additions as the rules see them; the choice of one (MATCH-3, 5)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from tally.domain.model.month import Month
from tally.domain.model.reading import MOST_SEATS
from tally.domain.model.standing import Cause, failing, needs_setup
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
        # The date ends it even without the flag (MATCH-3). ``ends_oddly`` tells a person of that.
        if self.cancelled_on is not None and self.cancelled_on <= day:
            return False
        return (self.starts is None or self.starts <= day) and (
            self.ends is None or day <= self.ends
        )

    @property
    def named(self) -> str:
        """How texts name it, so that a person finds it in ConnectWise."""
        return f"'{self.name}' (id {self.id})"

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


def decisive_day(month: Month, tick: datetime, zone: ZoneInfo) -> date:
    """Return the day on which an agreement must be active (MATCH-3).

    It is the tick's local date, or the day of the month that is nearest to it.
    """
    # West of Greenwich, a month's first ticks fall on the day before its 1st.
    return min(max(tick.astimezone(zone).date(), month.first), month.last)


def choose_agreement(
    agreements: Iterable[Agreement],
    *,
    company: str,
    day: date,
    pinned: int | None,
    cycles: frozenset[str],
) -> Agreement | Cause:
    """Return the one agreement to bill on, or the cause why there is none (MATCH-3, 5).

    ``agreements`` are the company's agreements of the type. An agreement that starts later is
    chosen too, if it is the only one: the record then waits for it.
    """
    known = sorted(agreements, key=lambda agreement: agreement.id)
    candidates = known if pinned is None else [each for each in known if each.id == pinned]
    # The odd one may be active too, and then there are two to choose from.
    if odd := next((each.unreadable for each in candidates if each.unreadable), ""):
        return failing(odd)
    active = _active(candidates, day)
    # The billing cycle is asked only now: of a monthly and a quarterly agreement, only a person can
    # tell which one is meant.
    if len(active) == 1:
        return _on_cycle(active[0], cycles)
    if active:
        return needs_setup(
            f"{company} has {len(active)} active agreements of the type: {_listed(active)}. Pin "
            "the one to bill, or cancel the others."
        )
    return needs_setup(_none_active(known, company=company, day=day, pinned=pinned))


def _active(agreements: Sequence[Agreement], day: date) -> Sequence[Agreement]:
    """Return the agreements that are active on ``day``, or if none are, those that start later."""
    active = [each for each in agreements if each.active_on(day)]
    return active or [each for each in agreements if _starts_later(each, day)]


def _none_active(known: Sequence[Agreement], *, company: str, day: date, pinned: int | None) -> str:
    if pinned is not None:
        return (
            f"The agreement pinned for {company}, id {pinned}, is not an active one of the type on "
            f"{day}: {_listed(known) or 'it has none'}. Pin another."
        )
    if known:
        return f"{company} has no agreement of the type that is active on {day}: {_listed(known)}."
    return (
        f"{company} has no agreement of the type in ConnectWise: make one, or if it is there, let "
        "the API member's role be Inquire All."
    )


def _starts_later(agreement: Agreement, day: date) -> bool:
    return (
        agreement.starts is not None
        and day < agreement.starts
        and agreement.active_on(agreement.starts)
    )


def _on_cycle(agreement: Agreement, cycles: frozenset[str]) -> Agreement | Cause:
    if agreement.billing_cycle in cycles:
        return agreement
    return needs_setup(
        f"Agreement {agreement.named} has the billing cycle {agreement.billing_cycle!r}, which "
        f"is not one of the monthly ones ({', '.join(sorted(cycles))}): a longer cycle would "
        "multiply the line. Change the agreement or the setting BillingCycles."
    )


def _listed(agreements: Sequence[Agreement]) -> str:
    return "; ".join(
        f"'{agreement.name}' (id {agreement.id}{_time(agreement)})" for agreement in agreements
    )


def _time(agreement: Agreement) -> str:
    if agreement.cancelled:
        return f", cancelled {agreement.cancelled_on or ''}".rstrip()
    if agreement.ends_oddly:
        return f", {agreement.ends_oddly}"
    starts = f", starts {agreement.starts}" if agreement.starts else ""
    return f"{starts}, ends {agreement.ends}" if agreement.ends else starts
