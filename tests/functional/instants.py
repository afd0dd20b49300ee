"""Instants of the schedule, for tests that play it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta


def gmt(text: str) -> datetime:
    """An instant such as `2026-11-01 00:05`, in GMT."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def every(step: timedelta, first: str, until: str) -> Iterator[datetime]:
    """Ticks from the first instant on, the last one excluded."""
    tick, end = gmt(first), gmt(until)
    while tick < end:
        yield tick
        tick += step


def ticks(first: str, last: str, *, every: int = 60) -> Iterator[datetime]:
    """Ticks every so many minutes from one instant to another, both included."""
    at = gmt(first)
    while at <= gmt(last):
        yield at
        at += timedelta(minutes=every)
