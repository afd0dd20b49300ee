"""What is told of terms that are not those of the month before (OPEN-5)."""

from tally.domain.month import Month
from tally.domain.record import LineState, RecordState, UsageRecord
from tally.domain.terms import described


def not_compared(month: Month, error: str) -> str:
    """Say that the terms could not be compared with those of the month before."""
    return (
        f"The terms of {month.label} were not compared with those of {month.previous.label}, which could "
        f"not be read: {error}"
    )


def notice(record: UsageRecord) -> str | None:
    """Say which terms of the newest Addition differ, and what can be done; None if none do."""
    line = record.newest
    if line is None or line.terms is None:
        return None
    month, before = record.key.month, record.key.month.previous.label
    differences = described(line.terms.now, line.terms.before)
    seen = f"Addition {line.addition_id} for {month.label} has {differences} in {before}."
    if line.terms.asked and line.state is LineState.OPEN:
        return f"{seen} The terms of {before} are carried over at the next tick, as was asked for."
    refused = f" They could not be carried over: {line.terms.refused}" if line.terms.refused else ""
    if record.state is not RecordState.OPEN or line.state is not LineState.OPEN:
        return f"{seen}{refused} It is not written any more: what is to be otherwise is changed in ConnectWise."
    if refused:
        return f"{seen}{refused} Change them in ConnectWise, or have them carried over once more."
    return f"{seen} If something else was agreed with this customer, have the terms of {before} carried over."
