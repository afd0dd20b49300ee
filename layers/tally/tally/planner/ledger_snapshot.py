"""Read the ledger for a tick, one stretch of companies at a time, to bound the memory."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from tally.domain.model.company import Stretch
from tally.domain.model.month import Month
from tally.domain.model.standing import Standing
from tally.domain.record.dated import record_of_the_future, standing_as_dated
from tally.domain.record.unreadable import readable
from tally.domain.record.usage_record import RecordState, UsageRecord
from tally.ports import Ledger

type _Months = frozenset[tuple[Month, str]]
"""Pairs of month and service."""

NO_MONTHS: _Months = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """The items of one stretch in the ledger's index, by company id.

    ``billed_before`` is what the settled records of the month before bill in all. ``unreadable``
    maps a company with an item that cannot be read to the reason: the other fields are incomplete
    for it (SAFE-5).
    """

    standings: Mapping[str, Standing]
    records: Mapping[str, Sequence[UsageRecord]]
    settled: Mapping[str, _Months]
    waived: Mapping[str, _Months]
    unreadable: Mapping[str, str]
    billed_before: Mapping[str, int]


def read_known(ledger: Ledger, within: Stretch, month: Month, now: datetime) -> Known:
    """Read standings, open records, and the settled records of ``month`` and the month before.

    What is dated later than ``now`` counts as unreadable (SAFE-9).

    Raises TallyError if any list cannot be read to its end.
    """
    unreadable: dict[str, str] = {}
    # Open records first: a record that is settled between the two reads shows twice, not never.
    records: defaultdict[str, list[UsageRecord]] = defaultdict(list)
    for record in readable(ledger.all_open_records(within), unreadable):
        if why := record_of_the_future(record, now):
            unreadable.setdefault(record.key.company_id, why)
        else:
            records[record.key.company_id].append(record)
    settled: dict[str, _Months] = {}
    waived: dict[str, _Months] = {}
    billed_before: Counter[str] = Counter()
    for each in (month.previous, month):
        for record in readable(ledger.all_settled_records(each, within), unreadable):
            _add(settled, record)
            if each == month.previous:
                billed_before[record.key.company_id] += record.stands
            if record.state is RecordState.WAIVED:
                _add(waived, record)
    standings = {
        each.company_id: standing_as_dated(each, now) for each in ledger.all_standings(within)
    }
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
        billed_before=billed_before,
    )


def _add(months: dict[str, _Months], record: UsageRecord) -> None:
    key = record.key
    months[key.company_id] = months.get(key.company_id, NO_MONTHS) | {(key.month, key.service)}
