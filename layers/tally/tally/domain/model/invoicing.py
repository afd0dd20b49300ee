"""The days that an agreement's invoices have covered, and what they freeze (LATE-1, MATCH-5, 6).

ConnectWise's API shows neither the period of an invoice nor that one was made. It shows only that
``nextInvoiceDate`` has moved on. The MSP's way of invoicing is therefore a setting.
"""

import calendar
from datetime import date, timedelta
from enum import StrEnum

from tally.domain.model.agreement import Agreement
from tally.domain.model.month import Month
from tally.domain.model.service_period import ServicePeriod


class Invoicing(StrEnum):
    """``arrears``: an invoice covers the period before its date · ``advance``: the one after it."""

    ARREARS = "arrears"
    ADVANCE = "advance"


class LateUsage(StrEnum):
    """The fate of usage that an invoice left out: ``hold`` asks a person, ``bill`` bills it."""

    HOLD = "hold"
    BILL = "bill"


def open_period(agreement: Agreement, invoicing: Invoicing, *, today: date) -> ServicePeriod:
    """Return the one month of days that the agreement's next invoice will cover.

    It is the calendar month where the agreement has no invoice date.
    """
    following = agreement.next_invoice
    if following is None:
        month = Month(today.year, today.month)
        return ServicePeriod(effective=month.first, cancelled=month.last)
    # A period is one month: an agreement with a longer billing cycle is not billed (MATCH-5).
    if invoicing is Invoicing.ADVANCE:
        return ServicePeriod(
            effective=following, cancelled=_months_after(following, 1) - timedelta(days=1)
        )
    return ServicePeriod(
        effective=_months_after(following, -1), cancelled=following - timedelta(days=1)
    )


def is_invoiced(agreement: Agreement, last: date, invoicing: Invoicing) -> bool:
    """Return True if invoices have covered all days up to ``last``.

    A quantity that is written for those days now is billed to nobody.
    """
    # Without a date no invoice is seen, so the line stays open. With one, ``today`` is not used.
    return (
        agreement.next_invoice is not None
        and last < open_period(agreement, invoicing, today=last).effective
    )


def is_refused_as_invoiced(why: str) -> bool:
    """Return True if ConnectWise refused an Addition because its period has been invoiced."""
    return _REFUSED_AS_INVOICED in why.lower()


def has_ended(agreement: Agreement, today: date) -> bool:
    """Return True if the agreement has ended; one that has yet to begin has not."""
    if agreement.cancelled and agreement.cancelled_on is None:
        return True
    cancelled = agreement.cancelled_on is not None and agreement.cancelled_on <= today
    return cancelled or (agreement.ends is not None and agreement.ends < today)


def late_period(
    agreement: Agreement, invoicing: Invoicing, *, month: Month, today: date
) -> ServicePeriod:
    """Return the days of a further line: the first period that can still be billed.

    That period is not invoiced yet, the agreement bills in it, and it does not end before
    ``month``. All late usage goes into one period, so that it is billed once.
    """
    period = open_period(agreement, invoicing, today=today)
    bills = max(filter(None, (period.effective, agreement.starts, agreement.bill_starts)))
    last, months = period.cancelled, 0
    while last < max(bills, month.last):
        months += 1
        # Counted from the first period each time: month by month, the 31st would become the 28th.
        last = _months_after(period.cancelled + timedelta(days=1), months) - timedelta(days=1)
    first = _months_after(period.effective, months)
    return ServicePeriod(effective=max(first, bills), cancelled=last)


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
                f"Agreement {agreement.named}{through} has no next invoice date that can be read "
                f"there: {_INVOICES_UNSEEN}"
            )
            if through
            else None
        )
    # The date of an ended agreement stays in the past for good, and is no trouble.
    if (today - next_invoice).days > _INVOICE_OVERDUE_DAYS and agreement.active_on(today):
        return (
            f"The next invoice of agreement {agreement.named}{through} is dated {next_invoice}, "
            f"and no invoice has moved that date on since: {_INVOICES_UNSEEN}"
        )
    if next_invoice.day == 1:
        return None
    return (
        f"The next invoice of agreement {agreement.named}{through} is dated {next_invoice}, not "
        "the 1st: its invoices do not cover calendar months."
    )


_INVOICE_OVERDUE_DAYS = 45
"""An invoice not seen so many days after its date is no longer merely late: that is told."""

_INVOICES_UNSEEN = (
    "Tally cannot tell when it is invoiced, so a count that rises after an invoice may be billed "
    "to nobody. See whether its invoices are right, and how it is invoiced."
)

# From the answer to a POST on an agreement that does not prorate, as the vendor of an integration
# documents it.
_REFUSED_AS_INVOICED = "already been invoiced"


def _months_after(day: date, months: int) -> date:
    """Return the same day so many months later, or the last day of that month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
