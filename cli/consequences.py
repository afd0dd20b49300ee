"""What follows from an answer, in a sentence that a person confirms before it is given."""

from collections.abc import Callable, Mapping

from tally.domain.record import Hold, HoldKind, Line, UsageRecord
from tally.domain.terms import described


def approved(record: UsageRecord) -> str:
    """What is written once the number that is held is approved."""
    hold, stands = _hold(record), record.stands
    told: Mapping[HoldKind, Callable[[], str]] = {
        HoldKind.GROWTH: lambda: (
            f"{_set(record, hold.quantity)}, and {hold.quantity} is what further growth is measured by."
        ),
        HoldKind.LATE: lambda: (
            f"{hold.quantity - stands} more become a line of their own; {hold.quantity} are billed in all."
        ),
        HoldKind.FALL: lambda: f"{_set(record, hold.quantity)}, which is lower than the {stands} of now.",
        HoldKind.CHANGED: lambda: f"{_set(record, hold.quantity)} again, over what somebody else wrote there.",
        HoldKind.CHILDREN: lambda: (
            f"{_set(record, hold.quantity)}, counted with the companies that stand below the partner now."
        ),
    }
    return f"At the next tick {told.get(hold.kind, lambda: _set(record, hold.quantity) + '.')()}"


def rejected(record: UsageRecord) -> str:
    """What stays once it is rejected."""
    hold = _hold(record)
    stays = record.stands if hold.stands is None else record.beside + hold.stands
    rest = {
        HoldKind.GROWTH: f"until the count exceeds {hold.quantity} by as much again",
        HoldKind.LATE: "and the late usage is billed to nobody",
        HoldKind.CHILDREN: "until the companies below the partner change again",
    }.get(hold.kind, "until the count goes further")
    return f"Nothing is written to ConnectWise: {stays} stay billed, {rest}."


def taken_over(record: UsageRecord, addition_id: int) -> str:
    """What becomes of the Addition of others that is given to us."""
    return (
        f"At the next tick Addition {addition_id} gets Tally's reference into its text and {record.key.month.last} as its cancelled date; "
        f"from then on it follows the count, which is {_hold(record).quantity} now."
    )


def kept_apart(record: UsageRecord) -> str:
    """What is billed beside the Additions of others."""
    hold = _hold(record)
    others = ", ".join(map(str, hold.foreign))
    ours = (
        "Tally's own Addition goes on"
        if record.is_standing
        else f"at the next tick an Addition of {hold.quantity} is made"
    )
    return f"Addition {others} stays as it is, and {ours} beside it, in this month and in all to come."


def waived(record: UsageRecord) -> str:
    """What is not billed."""
    return (
        f"Nothing is written to ConnectWise: {record.key.month.label} ({record.key.service}) is not billed, for good."
    )


def voided(record: UsageRecord) -> str:
    """What becomes of the newest line."""
    line = _line(record)
    return (
        f"At the next tick Addition {line.addition_id} on agreement {line.agreement_id} is set from {line.pushed} to 0 and kept; its successor is "
        "opened on the agreement that the company's tie and pin give by then."
    )


def credited(record: UsageRecord) -> str:
    """What is taken for given back."""
    quantity = 0 if record.credit is None else record.credit.quantity
    return f"Nothing is written to ConnectWise: {quantity} are taken for credited there by hand, and told no more."


def terms_carried(record: UsageRecord) -> str:
    """Which terms are written."""
    line = _line(record)
    terms = "" if line.terms is None else f": {described(line.terms.before, line.terms.now)}"
    return f"At the next tick Addition {line.addition_id} gets the terms of {record.key.month.previous.label}{terms}."


def _set(record: UsageRecord, quantity: int) -> str:
    line = record.line
    if line is None or line.addition_id is None or not record.is_standing:
        return f"an Addition of {quantity} is made"
    return f"Addition {line.addition_id} is set to {quantity - record.beside}"


def _hold(record: UsageRecord) -> Hold:
    assert record.hold is not None  # the answer was rehearsed before: without a hold it would have been refused
    return record.hold


def _line(record: UsageRecord) -> Line:
    assert record.line is not None  # likewise
    return record.line
