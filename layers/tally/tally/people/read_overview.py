"""Read everything that the ledger's index knows, one row a company; nothing is written."""

from collections.abc import Iterable

from tally.domain.model.month import Month
from tally.domain.record.unreadable import readable
from tally.domain.reporting.overview import Overview, overview
from tally.ports import Ledger


def read_overview(ledger: Ledger, *, months: Iterable[Month]) -> Overview:
    """Read every company, with its records of those months and all records that are not settled.

    It takes a few queries of the index, however many companies there are. The index may lack what
    was written within the last second. Raises TallyError if the ledger cannot be read.
    """
    # Open records first: a record that is settled between the two reads shows twice, not never.
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
