"""The order in which companies are read once a total has moved: the likely ones first."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from tally.domain.pulse.outlook import Outlook

_RECENTLY = timedelta(hours=1)
"""A company that moved within this time is likely to go on: a roll-out comes in waves."""


def by_likelihood(outlooks: Mapping[str, Outlook], now: datetime) -> Sequence[str]:
    """Return the companies, those first that are most likely to have moved.

    First recent movers, the latest in front. Then those with the most machines that the month
    before had and this month has not seen yet; then those whose last move is the latest.
    """

    def rank(company_id: str) -> tuple[bool, float, int, float, str]:
        each = outlooks[company_id]
        ago = (now - each.moved_at).total_seconds() if each.moved_at is not None else float("inf")
        recent = ago <= _RECENTLY.total_seconds()
        return (not recent, ago if recent else 0.0, -each.unseen, ago, company_id)

    return sorted(outlooks, key=rank)


def sample(company_ids: Sequence[str], number: int) -> Sequence[str]:
    """Return the companies of the ``number``-th sample: a fiftieth of them, at least twenty.

    Samples follow one another through all companies, and then begin again.
    """
    size = min(max(20, -(-len(company_ids) // 50)), len(company_ids))
    if not size:
        return ()
    ordered = sorted(company_ids)
    start = number * size % len(ordered)
    return (ordered + ordered)[start : start + size]
