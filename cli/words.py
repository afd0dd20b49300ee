"""How months, instants and ages are read from and written for a person."""

from datetime import UTC, datetime, timedelta

from cli.command import UsageError
from tally.domain.month import Month

NOTHING = "-"

_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def month_of(text: str | None, *, now: datetime) -> Month:
    """The month that was given, or the present one in GMT. Raises UsageError for what is no month."""
    if text is None:
        return Month.of(now)
    try:
        return Month.parse(text)
    except ValueError as error:
        raise UsageError(f"{error}.") from None


def instant(at: datetime | None) -> str | None:
    """An instant as a program reads it: ISO 8601, UTC."""
    return None if at is None else at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def minute(at: datetime) -> str:
    """An instant as a person reads it, in GMT."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M}"


def age(since: datetime | None, *, now: datetime) -> str:
    """How long ago, in its largest whole unit."""
    if since is None:
        return NOTHING
    passed = max(now - since, timedelta())
    for unit, letter in ((_DAY, "d"), (_HOUR, "h")):
        if passed >= (2 * unit if unit == _DAY else unit):
            return f"{passed // unit}{letter}"
    return f"{passed // _MINUTE}m"


def number(value: int | None) -> str:
    """A count, or a dash."""
    return NOTHING if value is None else str(value)


def several(number_of: int, what: str, many: str | None = None) -> str:
    """A number of things: ``1 job``, ``2 jobs``."""
    return f"{number_of} {what if number_of == 1 else many or f'{what}s'}"
