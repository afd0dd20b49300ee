"""The days that a month is billed for on its agreement (OPEN-2, OPEN-3)."""

from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from tally.domain.model.agreement import Agreement
from tally.domain.model.month import Month
from tally.domain.model.standing import Cause, StandingState, needs_setup


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


def not_billed(agreement: Agreement, month: Month) -> Cause:
    """Return the cause where the agreement begins to bill after the month's end (OPEN-3)."""
    start = max(filter(None, (agreement.starts, agreement.bill_starts)))
    reason = f"{month.label} is not billed: agreement {agreement.named} begins to bill on {start}."
    # Waiting and not needs set-up: the MSP chose that start, and nobody has to act.
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
