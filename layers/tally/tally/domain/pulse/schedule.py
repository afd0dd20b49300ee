"""Tell when a tick must read every company, whatever the totals say (PULSE-4)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from tally.domain.model.month import Month
from tally.domain.pulse.state import Pulse

# PULSE-4: a full sweep every four hours, at every tick of the first days, hourly on the last.
_FIRST_DAYS, _LAST_DAYS = 2, 2
_USUAL = timedelta(hours=4)
_AT_THE_END = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What a tick finds beside the pulse's memory.

    ``code`` is a checksum of the deployed code and settings, ``basis`` one of all companies.
    """

    tick: datetime
    code: str
    basis: int


def full_because(pulse: Pulse, at: Circumstances) -> str:
    """Return why every company is to be read at this tick; "" if totals may spare some."""
    if not pulse.is_proven:
        return "the totals of partners have not proven themselves"
    if is_early(at.tick):
        return "nearly all counts move on the first days of a month"
    swept = pulse.newest_sweep(at.tick)
    if swept is None or swept > at.tick:
        return "the last full sweep was not complete"
    if pulse.asked:
        return pulse.asked
    if pulse.searches.has_died(at.tick):
        return "a search did not end"
    if pulse.code != at.code:
        return "the functions were deployed anew"
    if pulse.basis != at.basis:
        return "the companies or their links have changed"
    if at.tick >= next_full_sweep(swept, at.tick):
        return "the last full sweep is long ago"
    return ""


def is_in_vain(pulse: Pulse, at: datetime) -> bool:
    """Return True if the next tick reads every company anyway: a search would be in vain."""
    if pulse.asked or pulse.swept is None or pulse.is_sweeping:
        return True
    return is_early(at) or at >= next_full_sweep(pulse.swept, at)


def next_full_sweep(swept: datetime, now: datetime) -> datetime:
    """Return the instant from which a tick makes a full sweep, the last one being of ``swept``."""
    month = Month.of(now)
    ends_soon = now >= month.next.starts - timedelta(days=_LAST_DAYS)
    # Counters begin anew with the month, and so do totals: nothing that is known holds any longer.
    return min(swept + (_AT_THE_END if ends_soon else _USUAL), month.next.starts)


def is_early(tick: datetime) -> bool:
    """Return True on the days of a month on which every tick reads every company."""
    return tick < Month.of(tick).starts + timedelta(days=_FIRST_DAYS)
