"""How fast a count may grow before a person is asked, and how high a first one may be: rules FOLLOW-4 and READ-8."""

from tally.domain.policy import Policy
from tally.domain.record import LineState, RecordState, UsageRecord
from tally.domain.situation import Situation


def exceeds(count: int, baseline: int, policy: Policy) -> bool:
    """Whether the count is beyond the baseline by both the percentage and the number of seats."""
    by_percent = count * 100 > baseline * (100 + policy.growth_percent)
    return by_percent and count > baseline + policy.growth_seats


def grows_too_fast(situation: Situation, quantity: int) -> bool:
    """Whether a person is to be asked before the quantity is written: where no month came before, only of very many."""
    approved = None if situation.record is None else situation.record.baseline
    baseline = situation.baseline if approved is None else approved
    if baseline is None:
        return quantity > situation.policy.first_month_seats
    return exceeds(quantity, baseline, situation.policy)


def baseline_of(before: UsageRecord | None) -> int | None:
    """What the month before gives as a baseline: its final count, or what was last pushed while it is open; None if nothing.

    Not the last push of the month itself: every month begins near zero and grows as machines check in.
    """
    if before is None or before.line is None:
        return None
    if before.state is RecordState.CLOSED:
        return before.count
    return before.stands if any(line.pushed is not None for line in before.lines) else None


def too_fast(situation: Situation, *, count: int, stands: int | None) -> str:
    """What to tell a person of a count that is beyond its baseline, an approved one or the month before's."""
    month = situation.key.month
    approved = None if situation.record is None else situation.record.baseline
    if approved is not None:
        before = f"{approved} was approved"
    elif situation.baseline is not None:
        before = f"{month.previous.label} gave {situation.baseline}"
    else:
        most = situation.policy.first_month_seats
        before = f"no month came before by which it could be measured, and more than {most} are asked of (setting FirstMonthSeats)"
    several = situation.record is not None and sum(bool(line.pushed) for line in situation.record.lines) > 1
    there = "The Additions say" if several else "The Addition says"
    there = "No Addition is there yet" if stands is None else f"{there} {stands}"
    return (
        f"GravityZone counts {count} active {situation.key.service} for {situation.company} in {month.label}; {before}. {there}"
        f"{_as_a_line(situation, count)}. Approve {count}, or reject it and check the company in GravityZone."
    )


def _as_a_line(situation: Situation, count: int) -> str:
    """What is said of a count whose rest cannot be written to the Addition that is there: to approve it is to approve a line."""
    record = situation.record
    line = None if record is None else record.line
    if record is None or line is None or line.state not in (LineState.FROZEN, LineState.FINAL):
        return ""
    return f" and can carry no more: the other {count - record.stands} would be a line of their own"
