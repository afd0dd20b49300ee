"""How fast a count may grow before a person is asked, and how high a first one may be (FOLLOW-4, READ-8)."""

from tally.domain.policy import Policy
from tally.domain.record import RecordState, UsageRecord


def exceeds(count: int, baseline: int, policy: Policy) -> bool:
    """Return True if the count is beyond the baseline by both the percentage and the number of seats."""
    by_percent = count * 100 > baseline * (100 + policy.growth_percent)
    return by_percent and count > baseline + policy.growth_seats


def baseline_of(before: UsageRecord | None) -> int | None:
    """Return the month before's final count, or its last pushed one while it is open; None if nothing.

    Not the last push of the month itself: each month begins near zero and grows as machines check in.
    """
    if before is None or not before.lines:
        return None
    return before.count if before.state is RecordState.CLOSED else before.stands
