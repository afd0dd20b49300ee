"""The texts about usage that was billed too much; Tally itself credits nobody (LATE-3)."""

from tally.domain.model.terms import priced
from tally.domain.record.usage_record import UsageRecord


def fewer_notice(record: UsageRecord, *, counted: int) -> str:
    """Return the notice before the close where fewer are counted than were invoiced (LATE-3).

    After the close, the difference is a credit.
    """
    return (
        f"GravityZone counts {counted} {record.key.service} in {record.key.month.label} now, "
        f"{record.stands - counted} fewer than the {record.stands} on Additions that can be "
        "changed no more: what was billed too much is shown when the month closes, to be credited "
        "by hand."
    )


def credit_notice(record: UsageRecord, company: str) -> str:
    """Return the notice that stands until a person says that the credit has been given (LATE-3)."""
    assert record.credit is not None
    credit, key = record.credit, record.key
    price = credit.unit_price
    amount = "" if price is None else f", {credit.quantity * price:.2f} at {priced(price)} each"
    counted = f"GravityZone counts {credit.counted} now"
    if record.count is not None and record.count < credit.counted:
        counted = (
            f"GravityZone counts {record.count} now, of which its contract bills {credit.counted} "
            "at least"
        )
    return (
        f"{key.month.label} billed {credit.billed} {key.service} to {company}, and {counted}: "
        f"{credit.quantity} too many{amount}. Credit them in ConnectWise by hand, and mark it "
        "done; Tally never credits by itself."
    )
