"""The decision to try a call again, and when. It does no I/O."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from tally.transport.failures import Effect, Failure, Loss, NoAnswer, Unreadable

ATTEMPTS = 3
"""Attempts at a call, at most."""
LONGEST_PAUSE = 5.0
"""Seconds of the longest pause to wait here; a longer one is waited in the queue (SAFE-6)."""
USUAL_PAUSE = 30.0
"""Seconds to stay away after a 429 that does not say; ConnectWise's text for a 429 says 30."""
_MOST = 86_400.0
_BACKOFF = 0.5
_SECONDS = re.compile(r"\d+(\.\d*)?")
_IN_TEXT = re.compile(r"try again in (\d{1,6}) second", re.IGNORECASE)


def retry_decision(
    failure: Failure, *, effect: Effect, attempt: int, left: float, needs: float, jitter: float
) -> float | None:
    """Return the seconds to wait before the next attempt; None to give up.

    ``attempt`` is the number of the last one, from 1. ``left`` are the seconds until the deadline,
    and ``needs`` the seconds that an attempt can take. ``jitter``, between 0 and 1, spreads callers
    that failed at the same moment.
    """
    if not effect.repeatable or attempt >= ATTEMPTS:
        return None
    pause = _pause_before_retry(failure)
    if pause is None:
        return None
    wait = pause + _BACKOFF * 2 ** (attempt - 1) * (1 + jitter)
    return wait if wait + needs <= left else None


def _pause_before_retry(failure: Failure) -> float | None:
    if isinstance(failure, NoAnswer):
        return None if failure.loss is Loss.UNTRUSTED else 0.0
    if isinstance(failure, Unreadable):
        return None
    if failure.status == HTTPStatus.TOO_MANY_REQUESTS:
        pause = USUAL_PAUSE if failure.pause is None else failure.pause
    elif failure.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        pause = failure.pause or 0.0
    else:
        return None
    return pause if pause <= LONGEST_PAUSE else None


def asked_pause(headers: Mapping[str, str], said: str) -> float | None:
    """Return the seconds that an answer asks to stay away, from 0 to a day; None if it does not.

    ``Retry-After`` holds seconds or an HTTP date (RFC 9110, 10.2.3). A date counts from the
    answer's own ``Date``, so our clock does not matter. ConnectWise also says it in words: "Please
    try again in 30 seconds." The longest pause counts, unless it is absurd.
    """
    asked = list(_retry_after(headers.get("Retry-After", ""), headers.get("Date", "")))
    if not asked and (found := _IN_TEXT.search(said)):
        asked = [float(found[1])]
    return max((pause for pause in asked if pause <= _MOST), default=_MOST) if asked else None


def _retry_after(text: str, date: str) -> Iterator[float]:
    """Give every pause that the header names."""
    # Live tenants were seen to send the header twice, which arrives as "60, 60". A date has a comma
    # too: its part after the comma is a date without a weekday.
    for part in text.split(","):
        if _SECONDS.fullmatch(bare := part.strip()):
            yield float(bare)
        elif (until := http_date(part)) is not None and (now := http_date(date)) is not None:
            yield max((until - now).total_seconds(), 0.0)


def http_date(text: str) -> datetime | None:
    """Read an HTTP date, with or without its weekday; None if it is none."""
    try:
        instant = parsedate_to_datetime(text)
        return (
            instant.astimezone(UTC) if instant.tzinfo is not None else instant.replace(tzinfo=UTC)
        )
    # The parser raises each of these for a year, a zone or a number that no calendar has.
    except (ValueError, OverflowError, IndexError, TypeError):
        return None
