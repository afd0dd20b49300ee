"""The consequence of each answer, in a sentence that a person confirms before it is given."""

from collections.abc import Sequence

from tally.domain.holds import Hold
from tally.domain.model.terms import described
from tally.domain.record.lines import Line
from tally.domain.record.usage_record import UsageRecord

_MOST_NAMED = 10
"""Additions that are named by their ids; more are counted."""


def approved(record: UsageRecord) -> str:
    """Say what is written once the number that is held is approved."""
    return f"At Tally's next run {_hold(record).after_approval(record)}"


def rejected(record: UsageRecord) -> str:
    """Say what stays once it is rejected."""
    return f"Nothing is written to ConnectWise: {_hold(record).after_rejection(record)}"


def taken_over(record: UsageRecord, addition_id: int) -> str:
    """Say what becomes of the Addition of others that is given to us."""
    return (
        f"At Tally's next run Addition {addition_id} gets Tally's reference into its text and "
        f"{record.key.month.last} as its cancelled date; from then on it follows the count, which "
        f"is {_hold(record).quantity} now."
    )


def kept_apart(record: UsageRecord) -> str:
    """Say what is billed beside the Additions of others."""
    hold = _hold(record)
    ours = (
        "Tally's own Addition goes on"
        if record.is_standing
        else f"at Tally's next run an Addition of {hold.quantity} is made"
    )
    them = "it" if len(hold.foreign) == 1 else "them"
    stays = f"{_as_they_are(hold.foreign)}, and {ours} beside {them}"
    # It is remembered on the company's link, and not on this month's record (OPEN-6).
    return f"{stays}, in this month and in all to come."


def _as_they_are(additions: Sequence[int]) -> str:
    """Say that these stay as they are: by their ids, many by their number."""
    if len(additions) == 1:
        return f"Addition {additions[0]} stays as it is"
    rest = len(additions) - _MOST_NAMED
    named = ", ".join(map(str, additions[:_MOST_NAMED]))
    return f"Additions {named}{f' and {rest} more' if rest > 0 else ''} stay as they are"


def waived(record: UsageRecord) -> str:
    """Say what is not billed."""
    return (
        f"Nothing is written to ConnectWise: {record.key.month.label} ({record.key.service}) is "
        "not billed, for good."
    )


def voided(record: UsageRecord) -> str:
    """Say what becomes of the newest line."""
    line = _line(record)
    return (
        f"At Tally's next run Addition {line.addition_id} on agreement {line.agreement_id} is set "
        f"from {line.pushed} to 0 and kept; its successor is opened on the agreement that the "
        "company's link and pin give by then."
    )


def credited(record: UsageRecord) -> str:
    """Say how many are taken for credited."""
    quantity = 0 if record.credit is None else record.credit.quantity
    return (
        f"Nothing is written to ConnectWise: {quantity} are taken for credited there by hand, and "
        "told no more."
    )


def terms_carried(record: UsageRecord) -> str:
    """Say which terms are written."""
    line = _line(record)
    terms = "" if line.terms is None else f": {described(line.terms.before, line.terms.now)}"
    return (
        f"At Tally's next run Addition {line.addition_id} gets the terms of "
        f"{record.key.month.previous.label}{terms}."
    )


def _hold(record: UsageRecord) -> Hold:
    # The answer was rehearsed before: without a hold it would have been refused.
    assert record.hold is not None
    return record.hold


def _line(record: UsageRecord) -> Line:
    assert record.newest is not None  # likewise
    return record.newest
