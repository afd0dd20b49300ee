"""A calendar month as GravityZone counts it: in GMT, reset at 00:00 GMT on the 1st."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Self

_DAY = timedelta(days=1)
_MONTHS = 12
_TEXT = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])")

YEARS = range(2000, 3000)
"""The years that anybody means: a date outside of them is a sentinel or damaged (SAFE-10)."""


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """One month of one year, ordered by time. ``str()`` gives ``2026-11``, which sorts the same."""

    year: int
    number: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the month written as ``yyyy-mm``. Raises ``ValueError`` for anything else."""
        found = _TEXT.fullmatch(text)
        if found is None:
            raise ValueError(f"{text!r} is not a month: write it as yyyy-mm, for example 2026-11")
        if int(found[1]) not in YEARS:
            raise ValueError(f"{text!r} is no month of the years {YEARS[0]} to {YEARS[-1]}")
        return cls(int(found[1]), int(found[2]))

    @classmethod
    def of(cls, instant: datetime) -> Self:
        """Return the GMT month of the aware ``instant``."""
        gmt = instant if instant.tzinfo is UTC else instant.astimezone(UTC)
        return cls(gmt.year, gmt.month)

    @property
    def first(self) -> date:
        """Its first day."""
        return date(self.year, self.number, 1)

    @property
    def last(self) -> date:
        """Its last day."""
        return self.next.first - _DAY

    @property
    def starts(self) -> datetime:
        """The instant at which GravityZone begins to count it: 00:00 GMT on the 1st."""
        return datetime(self.year, self.number, 1, tzinfo=UTC)

    @property
    def next(self) -> "Month":
        """The month after it."""
        if self.number == _MONTHS:
            return Month(self.year + 1, 1)
        return Month(self.year, self.number + 1)

    @property
    def previous(self) -> "Month":
        """The month before it."""
        return (
            Month(self.year - 1, _MONTHS) if self.number == 1 else Month(self.year, self.number - 1)
        )

    @property
    def target(self) -> str:
        """The month as GravityZone's ``targetMonth`` wants it: ``mm/yyyy``."""
        return f"{self.number:02d}/{self.year:04d}"

    @property
    def label(self) -> str:
        """The month as a customer reads it on an invoice: ``November 2026``."""
        return f"{_NAMES[self.number - 1]} {self.year}"

    def plus(self, months: int) -> "Month":
        """Return the month so many months later; an earlier one for a negative number."""
        year, before = divmod(self.year * _MONTHS + self.number - 1 + months, _MONTHS)
        return Month(year, before + 1)

    def through(self, last: "Month") -> Iterator["Month"]:
        """Yield each month from this one to ``last``; none if that is earlier."""
        month = self
        while month <= last:
            yield month
            month = month.next

    def day_after_end(self, day: int) -> datetime:
        """Return 00:00 GMT of the given day (1-28) of the following month."""
        # The settings allow no day after the 28th, so every month has it.
        after = self.next
        return datetime(after.year, after.number, day, tzinfo=UTC)

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.number:02d}"


# Not from the `calendar` module: that one follows the process's locale, and this text stands on
# invoices.
_NAMES = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
