"""A tick, and a link that the ledger keeps, for tests of its items and its table."""

from datetime import UTC, datetime

from tally.domain.model.company import CompanyLink

TICK = datetime(2026, 11, 3, 0, 15, tzinfo=UTC)
A_LINK = CompanyLink(
    company_id="gz-1",
    company_name="A",
    connectwise_id=7,
    connectwise_name="A",
    linked_by="tally",
    linked_at=TICK,
)
