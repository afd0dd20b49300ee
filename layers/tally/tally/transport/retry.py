"""Whether to try a call again, and when: one pure decision."""

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from tally.transport.failures import Effect, Failure, Loss, NoAnswer, Unreadable

ATTEMPTS = 3
"""How often a call is made at most."""
LONGEST_PAUSE = 5.0
"""Seconds: a pause longer than this is not waited for here; the job goes back to the queue for as long (SAFE-6)."""
USUAL_PAUSE = 30.0
"""Seconds to stay away after a 429 that does not say how long; ConnectWise's own text for it names 30."""
_MOST = 86_400.0
_BACKOFF = 0.5
_IN_TEXT = re.compile(r"try again in (\d{1,6}) second", re.IGNORECASE)


def retry_decision(
    failure: Failure, *, effect: Effect, attempt: int, left: float, needs: float, jitter: float
) -> float | None:
    """The seconds to wait before the next attempt, or None to give up.

    ``attempt`` counts those made, from 1. ``left`` are the seconds until the deadline, ``needs`` those that an attempt
    can take at worst. ``jitter``, between 0 and 1, spreads callers that failed at the same moment.
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
    """The seconds that an answer asks its caller to stay away, between 0 and a day; None if it does not say.

    ``Retry-After`` holds seconds, or an HTTP date, which is measured from the answer's own ``Date`` so that our clock
    does not matter (RFC 9110, 10.2.3). ConnectWise also says it in words: "Please try again in 30 seconds."
    """
    pause = _retry_after(headers.get("Retry-After", "").strip(), headers.get("Date", ""))
    if pause is None and (found := _IN_TEXT.search(said)):
        pause = float(found[1])
    return None if pause is None else min(max(pause, 0.0), _MOST)


def _retry_after(text: str, date: str) -> float | None:
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        seconds = float(text)
    except ValueError:
        until, now = _http_date(text), _http_date(date)
        return None if until is None or now is None else (until - now).total_seconds()
    return seconds if math.isfinite(seconds) and seconds >= 0 else None


def _http_date(text: str) -> datetime | None:
    try:
        instant = parsedate_to_datetime(text)
    except ValueError:
        return None
    return instant if instant.tzinfo is not None else instant.replace(tzinfo=UTC)
