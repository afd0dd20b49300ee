"""Which days an agreement's invoices have covered, and so which Additions can carry no more: rule LATE-1.

ConnectWise's API tells neither which period an invoice covers nor that one was made; all it shows is that
``nextInvoiceDate`` has moved on. How the MSP invoices is therefore a setting.
"""

import calendar
from datetime import date, timedelta
from enum import StrEnum

from tally.domain.model.agreement import Agreement
from tally.domain.model.month import Month
from tally.domain.model.service_period import ServicePeriod


class Invoicing(StrEnum):
    """``arrears``: an invoice covers the period that ended at its date · ``advance``: the one that begins there."""

    ARREARS = "arrears"
    ADVANCE = "advance"


class LateUsage(StrEnum):
    """What becomes of usage that an invoice has left out: ``hold`` asks a person, ``bill`` puts it on the next invoice."""

    HOLD = "hold"
    BILL = "bill"


def open_period(agreement: Agreement, invoicing: Invoicing, *, today: date) -> ServicePeriod:
    """The days that the agreement's next invoice will cover, one month of them; the calendar month where it has no date."""
    following = agreement.next_invoice
    if following is None:
        month = Month(today.year, today.month)
        return ServicePeriod(effective=month.first, cancelled=month.last)
    if invoicing is Invoicing.ADVANCE:
        return ServicePeriod(
            effective=following, cancelled=_months_after(following, 1) - timedelta(days=1)
        )
    return ServicePeriod(
        effective=_months_after(following, -1), cancelled=following - timedelta(days=1)
    )


def is_invoiced(agreement: Agreement, last: date, invoicing: Invoicing) -> bool:
    """Whether invoices have covered all days up to ``last``: what is written for those days now is billed to nobody."""
    return (
        agreement.next_invoice is not None
        and last < open_period(agreement, invoicing, today=last).effective
    )


def is_refused_as_invoiced(why: str) -> bool:
    """Whether ConnectWise refused an Addition because its period has been invoiced, by the words that it uses for that."""
    return _REFUSED_AS_INVOICED in why.lower()


def has_ended(agreement: Agreement, today: date) -> bool:
    """Whether the agreement runs no more; one that has yet to begin has not ended."""
    if agreement.cancelled and agreement.cancelled_on is None:
        return True
    cancelled = agreement.cancelled_on is not None and agreement.cancelled_on <= today
    return cancelled or (agreement.ends is not None and agreement.ends < today)


def late_period(
    agreement: Agreement, invoicing: Invoicing, *, month: Month, today: date
) -> ServicePeriod:
    """The days of a further line: the first period that is not invoiced, in which the agreement bills, and not before ``month`` ends.

    All in one period, so that it is billed once.
    """
    period = open_period(agreement, invoicing, today=today)
    bills = max(filter(None, (period.effective, agreement.starts, agreement.bill_starts)))
    last, months = period.cancelled, 0
    while last < max(bills, month.last):
        months += 1
        last = _months_after(period.cancelled + timedelta(days=1), months) - timedelta(days=1)
    first = _months_after(period.effective, months)
    return ServicePeriod(effective=max(first, bills), cancelled=last)


# Of the answer to a POST on an agreement that does not prorate, as an integration's vendor
# documents it.
_REFUSED_AS_INVOICED = "already been invoiced"


def _months_after(day: date, months: int) -> date:
    """The same day so many months later, or that month's last one."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
