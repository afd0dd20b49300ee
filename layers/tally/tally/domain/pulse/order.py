"""The order in which companies are read once a total has moved: the likely ones first."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from tally.domain.pulse.outlook import Outlook

_RECENTLY = timedelta(hours=1)
"""A company that moved within this time is likely to go on: a roll-out comes in waves."""
_NONE, _DAY = timedelta(), timedelta(days=1)
_ITS_TIME = timedelta(hours=2)
_AT_OTHER_TIMES = 0.3
"""The weight of a machine not yet seen, further than ``_ITS_TIME`` from the time of day of its
company's last move: people log on at their own company's hours."""


def by_likelihood(outlooks: Mapping[str, Outlook], now: datetime) -> Sequence[str]:
    """Return the companies, those first that are most likely to have moved.

    First recent movers, the latest in front. Then those with the most machines that the month
    before had and this month has not seen yet; they count for less away from the time of day of the
    company's last move. Then those whose last move is the latest.
    """

    def rank(company_id: str) -> tuple[bool, timedelta, float, timedelta, str]:
        each = outlooks[company_id]
        # Among those with equal numbers, one that has never moved comes last.
        ago = timedelta.max if each.moved_at is None else now - each.moved_at
        recent = ago <= _RECENTLY
        expected = each.unseen * (1 if _is_its_time(ago) else _AT_OTHER_TIMES)
        return (not recent, ago if recent else _NONE, -expected, ago, company_id)

    return sorted(outlooks, key=rank)


def _is_its_time(ago: timedelta) -> bool:
    """Return True about a whole number of days after the last move, and where none is known.

    Then nothing says that its machines come at other times. ``timedelta.max`` is as good as whole.
    """
    return min(ago % _DAY, _DAY - ago % _DAY) <= _ITS_TIME


def sample(company_ids: Sequence[str], after: str) -> Sequence[str]:
    """Return the sample that follows the company ``after``: a fiftieth of all, at least twenty.

    Samples follow one another through all companies, and then begin again. A number made of the
    tick's time would not: it would leave out the samples of ticks that are not planned, or are full
    sweeps, and so the same companies each time.
    """
    # -(-a // b) is a / b, rounded up.
    size = min(max(20, -(-len(company_ids) // 50)), len(company_ids))
    ordered = sorted(company_ids)
    start = bisect_right(ordered, after)
    # Twice the list, so that a sample at its end goes on at its beginning.
    return (ordered + ordered)[start : start + size]
