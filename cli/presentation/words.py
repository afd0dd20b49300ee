"""Months, instants and ages as a person writes and reads them."""

from datetime import UTC, datetime, timedelta

from cli.command import UsageError
from tally.domain.model.month import Month

NOTHING = "-"

_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def month_of(text: str | None, *, now: datetime) -> Month:
    """Return the month that was given, or the present one in GMT.

    Raises:
        UsageError: The text is no month.
    """
    if text is None:
        return Month.of(now)
    try:
        return Month.parse(text)
    except ValueError as error:
        raise UsageError(f"{error}.") from None


def instant(at: datetime | None) -> str | None:
    """Return an instant as a program reads it: ISO 8601, UTC."""
    return None if at is None else at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def minute(at: datetime) -> str:
    """Return an instant as a person reads it, in GMT."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M}"


def age(since: datetime | None, *, now: datetime) -> str:
    """Return the time since an instant, in its largest whole unit."""
    if since is None:
        return NOTHING
    unit, letter = _unit(now - since)
    return f"{max(now - since, timedelta()) // unit}{letter}"


def within(since: datetime | None, *, now: datetime) -> str:
    """Return the age, rounded up, of something that is known to be no older than ``since``."""
    if since is None:
        return NOTHING
    # The ledger notes a reading every six hours at most, so there may be a younger one.
    unit, letter = _unit(now - since)
    # Python's `//` rounds down: of a negative span that is away from zero, and so up.
    return f"{-(min(since - now, timedelta()) // unit)}{letter}"


def _unit(passed: timedelta) -> tuple[timedelta, str]:
    if passed >= 2 * _DAY:
        return _DAY, "d"
    return (_HOUR, "h") if passed >= _HOUR else (_MINUTE, "m")


def number(value: int | None) -> str:
    """Return a count, or a dash."""
    return NOTHING if value is None else str(value)


def several(number_of: int, what: str, many: str | None = None) -> str:
    """Return a number of things: ``1 job``, ``2 jobs``."""
    return f"{number_of} {what if number_of == 1 else many or f'{what}s'}"
