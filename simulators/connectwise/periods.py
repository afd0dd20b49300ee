"""Invoice periods: the name of a billing cycle says how far apart the invoice dates are."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

type Invoicing = Literal["arrears", "advance"]

_ONE_DAY = timedelta(days=1)
_DAYS = {"weekly": 7, "biweekly": 14}
_MONTHS = {
    "quarterly": 3,
    "semiannual": 6,
    "semiannually": 6,
    "annual": 12,
    "annually": 12,
    "yearly": 12,
}


@dataclass(frozen=True, slots=True)
class Period:
    """The days that an invoice covers, both included."""

    first: date
    last: date


def moved(day: date, cycle: str, *, periods: int, anchor: date | None = None) -> date:
    """Return the invoice date so many periods after one (before, if negative).

    The usual English names of cycles are known, whatever their case, hyphens and spaces; a cycle of
    another name is monthly. Dates that start at a month's last day keep to the later day of the
    month in `anchor`, where a month is long enough.
    """
    known = cycle.strip().casefold().replace("-", "").replace(" ", "")
    if known in _DAYS:
        return day + timedelta(days=_DAYS[known] * periods)
    wanted = day.day
    if anchor is not None and anchor.day > day.day and (day + _ONE_DAY).day == 1:
        wanted = anchor.day
    year, month = divmod(day.year * 12 + day.month - 1 + periods * _MONTHS.get(known, 1), 12)
    return date(year, month + 1, min(wanted, monthrange(year, month + 1)[1]))


def covered(
    invoice_date: date, cycle: str, invoicing: Invoicing, *, anchor: date | None = None
) -> tuple[Period, date]:
    """Return what the invoice due on a date covers, and the invoice date after it."""
    following = moved(invoice_date, cycle, periods=1, anchor=anchor)
    if invoicing == "advance":
        return Period(invoice_date, following - _ONE_DAY), following
    return Period(
        moved(invoice_date, cycle, periods=-1, anchor=anchor), invoice_date - _ONE_DAY
    ), following
