"""The ledger's side of a tick, one stretch of companies after the other: all of them at once are more than memory is to hold."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tally.domain.model.company import Stretch
from tally.domain.model.month import Month
from tally.domain.model.standing import Standing
from tally.domain.record.unreadable import readable
from tally.domain.record.usage_record import RecordState, UsageRecord
from tally.ports import Ledger

type _Months = frozenset[tuple[Month, str]]
"""Months with the services of which something is so."""

NO_MONTHS: _Months = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the ledger's index knows of the companies of one stretch, by their ids.

    ``unreadable`` says of which an item cannot be read, and why: what is known of it is not all there is (SAFE-5).
    """

    standings: Mapping[str, Standing]
    records: Mapping[str, Sequence[UsageRecord]]
    settled: Mapping[str, _Months]
    waived: Mapping[str, _Months]
    unreadable: Mapping[str, str]


def read_known(ledger: Ledger, within: Stretch, month: Month) -> Known:
    """Read the standings of those companies, their open records, and what is settled of ``month`` and the one before.

    Raises TallyError if any list of it cannot be read to its end.
    """
    unreadable: dict[str, str] = {}
    # Read before the settled ones, so that a record which is settled in between shows twice rather
    # than not at all.
    records: defaultdict[str, list[UsageRecord]] = defaultdict(list)
    for record in readable(ledger.all_open_records(within), unreadable):
        records[record.key.company_id].append(record)
    settled: dict[str, _Months] = {}
    waived: dict[str, _Months] = {}
    for each in (month.previous, month):
        for record in readable(ledger.all_settled_records(each, within), unreadable):
            _add(settled, record)
            if record.state is RecordState.WAIVED:
                _add(waived, record)
    standings = {standing.company_id: standing for standing in ledger.all_standings(within)}
    unreadable |= {
        standing.company_id: standing.unreadable
        for standing in standings.values()
        if standing.unreadable
    }
    return Known(
        standings=standings,
        records=records,
        settled=settled,
        waived=waived,
        unreadable=unreadable,
    )


def _add(months: dict[str, _Months], record: UsageRecord) -> None:
    key = record.key
    months[key.company_id] = months.get(key.company_id, NO_MONTHS) | {(key.month, key.service)}
