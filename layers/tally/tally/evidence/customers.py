"""The customers whose machines are recorded, and how many GravityZone counts of each."""

from collections.abc import Iterable, Mapping
from itertools import chain

from tally.domain.model.company import CompanyLink
from tally.domain.model.month import Month
from tally.domain.record.counts import counted
from tally.domain.record.record_key import RecordKey
from tally.domain.record.unreadable import Unreadable
from tally.domain.record.usage_record import UsageRecord
from tally.ports import Ledger


def customers_of(ledger: Ledger, month: Month, service: str) -> Mapping[str, int]:
    """Return the count of each customer to record in the month, by company id, in their order.

    They are those with a usage record of the service, and those who may still get one: linked and
    not excluded. Names of anybody else's machines are not kept. The index may lag; an item that
    cannot be read leaves its customer without a count (SAFE-5).
    """
    # Also those without a record: what was not seen cannot be filled in later (PROOF-5).
    counts = {each.company_id: 0 for each in ledger.all_links() if _is_billed(each)}
    records = chain(ledger.all_open_records(), ledger.all_settled_records(month))
    for record in _readable(records):
        if (record.key.month, record.key.service) == (month, service):
            counts[record.key.company_id] = counted(record) or 0
    return dict(sorted(counts.items()))


def who_may_have_been_recorded(ledger: Ledger) -> Iterable[str]:
    """Yield the ids of all companies with a mapping, whether they are billed by now or not."""
    return (each.company_id for each in ledger.all_links())


def count_of(ledger: Ledger, company_id: str, month: Month, service: str) -> int:
    """Return one customer's count, read consistently; 0 if there is none."""
    record = ledger.record(RecordKey(company_id=company_id, month=month, service=service))
    return 0 if record is None else counted(record) or 0


def _is_billed(link: CompanyLink | Unreadable) -> bool:
    return (
        isinstance(link, CompanyLink)
        and link.connectwise_id is not None
        and link.excluded_since is None
    )


def _readable(records: Iterable[UsageRecord | Unreadable]) -> Iterable[UsageRecord]:
    return (each for each in records if isinstance(each, UsageRecord))
