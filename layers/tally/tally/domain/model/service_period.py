"""The agreement that a month is billed on, and the days (MATCH-3, MATCH-5, OPEN-2, OPEN-3)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from tally.domain.model.agreement import Agreement
from tally.domain.model.month import Month
from tally.domain.model.standing import Cause, StandingState, failing, needs_setup


@dataclass(frozen=True, slots=True, kw_only=True)
class ServicePeriod:
    """The days that the month's Addition bills, both included."""

    effective: date
    cancelled: date


def service_period(agreement: Agreement, month: Month) -> ServicePeriod | None:
    """Return the days that the month's Addition bills, up to the month's last (OPEN-3).

    They begin with the latest of the 1st, the agreement's start and its billing start. None if that
    is after the month's end: the month is not billed.
    """
    # ConnectWise refuses an effective date before the agreement's billing start.
    effective = max(filter(None, (month.first, agreement.starts, agreement.bill_starts)))
    if effective > month.last:
        return None
    return ServicePeriod(effective=effective, cancelled=month.last)


def begins(period: ServicePeriod, month: Month, zone: ZoneInfo) -> datetime:
    """Return the instant from which the record may be opened (OPEN-2).

    GMT's month has begun, and so has the first day in the MSP's zone.
    """
    # ConnectWise's "today" is the MSP's local date: opened earlier, the Addition would carry a date
    # in its future.
    return max(
        month.starts,
        datetime.combine(period.effective, time.min, tzinfo=zone).astimezone(month.starts.tzinfo),
    )


def decisive_day(month: Month, tick: datetime, zone: ZoneInfo) -> date:
    """Return the day on which an agreement must be active (MATCH-3).

    It is the tick's local date, or the day of the month that is nearest to it.
    """
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
    if odd := next((each.unreadable for each in known if each.unreadable), ""):
        return failing(odd)
    candidates = known if pinned is None else [each for each in known if each.id == pinned]
    active = _active(candidates, day)
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
    return f"{company} has no agreement of the type in ConnectWise: make one."


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
        f"Agreement {_named(agreement)} has the billing cycle {agreement.billing_cycle!r}, which "
        f"is not one of the monthly ones ({', '.join(sorted(cycles))}): a longer cycle would "
        "multiply the line. Change the agreement or the setting BillingCycles."
    )


def not_billed(agreement: Agreement, month: Month) -> Cause:
    """Return the cause where the agreement begins to bill after the month's end (OPEN-3)."""
    start = max(filter(None, (agreement.starts, agreement.bill_starts)))
    reason = (
        f"{month.label} is not billed: agreement {_named(agreement)} begins to bill on {start}."
    )
    return Cause(state=StandingState.WAITING, reason=reason)


def missed(month: Month, why: str = "") -> Cause:
    """Return the cause of a month that was not opened in time (OPEN-9)."""
    because = f" ({why})" if why else ""
    reason = (
        f"{month.label} could not be opened in time{because}: nothing is written any more. Bill it "
        "by hand in ConnectWise."
    )
    return needs_setup(reason)


def not_begun(period: ServicePeriod, month: Month, start: datetime) -> Cause:
    """Return the cause that stands until the service period begins (OPEN-2)."""
    return Cause(
        state=StandingState.WAITING,
        reason=f"Billing of {month.label} begins on {period.effective}.",
        until=start,
    )


def invoice_notice(agreement: Agreement, today: date) -> str | None:
    """Return a notice about the agreement's invoices; None if they are as expected (MATCH-5, 6).

    Either they do not follow the calendar month, or nobody can tell when they are made.
    """
    next_invoice = agreement.next_invoice
    through = (
        agreement.invoiced_through and f", which is invoiced through {agreement.invoiced_through},"
    )
    if next_invoice is None:
        return (
            (
                f"Agreement {_named(agreement)}{through} has no next invoice date that can be read "
                f"there: {_UNSEEN}"
            )
            if through
            else None
        )
    if (today - next_invoice).days > _DATE_STANDS and agreement.active_on(today):
        return (
            f"The next invoice of agreement {_named(agreement)}{through} is dated {next_invoice}, "
            f"and no invoice has moved that date on since: {_UNSEEN}"
        )
    if next_invoice.day == 1:
        return None
    return (
        f"The next invoice of agreement {_named(agreement)}{through} is dated {next_invoice}, not "
        "the 1st: its invoices do not cover calendar months."
    )


_DATE_STANDS = 45
"""Days after which the date of a late invoice is no sign of it any more."""

_UNSEEN = (
    "Tally cannot tell when it is invoiced, so a count that rises after an invoice may be billed "
    "to nobody. See whether its invoices are right, and how it is invoiced."
)


def _listed(agreements: Sequence[Agreement]) -> str:
    return "; ".join(
        f"'{agreement.name}' (id {agreement.id}{_time(agreement)})" for agreement in agreements
    )


def _named(agreement: Agreement) -> str:
    return f"'{agreement.name}' (id {agreement.id})"


def _time(agreement: Agreement) -> str:
    if agreement.cancelled:
        return f", cancelled {agreement.cancelled_on or ''}".rstrip()
    if agreement.ends_oddly:
        return f", {agreement.ends_oddly}"
    starts = f", starts {agreement.starts}" if agreement.starts else ""
    return f"{starts}, ends {agreement.ends}" if agreement.ends else starts
