"""The use case of whoever looks: everything that the ledger's index knows, one row a company. It writes nothing."""

from collections.abc import Iterable

from tally.domain.model.month import Month
from tally.domain.record.unreadable import readable
from tally.domain.reporting.overview import Overview, overview
from tally.ports import Ledger


def read_overview(ledger: Ledger, *, months: Iterable[Month]) -> Overview:
    """Every company that the ledger knows, with its records of those months, and all records that are not settled yet.

    A few queries of the index, however many companies: what was written within the last second may be missing. Raises
    TallyError where the ledger cannot be read.
    """
    # Read before the settled ones, so that a record which is settled in between shows twice rather
    # than not at all.
    unreadable: dict[str, str] = {}
    records = list(readable(ledger.all_open_records(), unreadable))
    for month in dict.fromkeys(months):
        records += readable(ledger.all_settled_records(month), unreadable)
    return overview(
        ticks=ledger.ticks(),
        links=list(readable(ledger.all_links(), unreadable)),
        standings=ledger.all_standings(),
        records=records,
        unreadable=unreadable,
    )
