"""Word the invoice description of an Addition, which the customer reads on the invoice (OPEN-1)."""

from tally.domain.model.agreement import Addition
from tally.domain.record.usage_record import UsageRecord


def customer_text(text: str, record: UsageRecord, *, mark: str) -> str:
    """Return the text of a new Addition: first what the customer reads, then the reference."""
    return f"{text}, {record.key.month.label} [{mark}]"


def marked_text(addition: Addition, *, text: str, mark: str) -> str:
    """Return the text of an Addition that is taken over: its own, and our reference after it."""
    # PATCH replaces the whole text, so what the others wrote is sent along.
    return f"{addition.text} [{mark}]" if addition.text.strip() else text
