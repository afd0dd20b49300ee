"""An overview of the ledger: one row a company, with its usage records."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from tally.domain.model.company import CompanyLink
from tally.domain.model.month import Month
from tally.domain.model.standing import WHOLE_COMPANY, Cause, Standing, StandingState, failing
from tally.domain.model.ticks import Ticks
from tally.domain.record.usage_record import UsageRecord

_NOT_SEEN = Cause(state=StandingState.WAITING, reason="No tick has seen it yet.")


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanyRow:
    """One company as the ledger knows it.

    ``records`` are those of the overview's months, and all that are still open, by month.
    ``unreadable`` says why an item of it cannot be read.
    """

    company_id: str
    name: str
    link: CompanyLink | None = None
    standing: Standing | None = None
    records: tuple[UsageRecord, ...] = ()
    unreadable: str = ""

    @property
    def cause(self) -> Cause:
        """Its one visible standing, with the notices of all (SAFE-7)."""
        return self._failing or (_NOT_SEEN if self.standing is None else self.standing.shown)

    @property
    def causes(self) -> Collection[Cause]:
        """All causes of its standing."""
        if (unread := self._failing) is not None:
            return (unread,)
        return () if self.standing is None else self.standing.causes.values()

    @property
    def _failing(self) -> Cause | None:
        """The cause that shows while an item cannot be read, with its ``since`` if one is known."""
        why = self.unreadable or ("" if self.standing is None else self.standing.unreadable)
        noted = None if self.standing is None else self.standing.causes.get(WHOLE_COMPANY)
        since = noted.since if noted is not None and noted.state is StandingState.FAILING else None
        return replace(failing(why), since=since) if why else None

    @property
    def last_reading(self) -> datetime | None:
        """The tick of a good reading, at most six hours older than the last."""
        return None if self.standing is None else self.standing.last_reading

    def of(self, month: Month, service: str | None = None) -> tuple[UsageRecord, ...]:
        """Return its records of one month, of all services or of one."""
        return tuple(
            each
            for each in self.records
            if each.key.month == month and service in (None, each.key.service)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """All companies, by name, and the ticks; ``ticks`` is None before the first."""

    ticks: Ticks | None
    companies: tuple[CompanyRow, ...]

    @property
    def standings(self) -> Counter[StandingState]:
        """The number of companies with each state."""
        return Counter(each.cause.state for each in self.companies)


def overview(
    *,
    ticks: Ticks | None,
    links: Iterable[CompanyLink],
    standings: Iterable[Standing],
    records: Iterable[UsageRecord],
    unreadable: dict[str, str] | None = None,
) -> Overview:
    """Return one row for each company with a link, a standing, a record or an unreadable item."""
    unreadable = unreadable or {}
    known_links = {each.company_id: each for each in links}
    known_standings = {each.company_id: each for each in standings}
    by_company: dict[str, dict[object, UsageRecord]] = {}
    for record in records:
        # DynamoDB's index lags behind the table, so it may show a record as open and as settled.
        by_company.setdefault(record.key.company_id, {})[record.key] = record
    rows = [
        _row(
            each,
            known_links.get(each),
            known_standings.get(each),
            tuple(by_company.get(each, {}).values()),
            unreadable.get(each, ""),
        )
        for each in {*known_links, *known_standings, *by_company, *unreadable}
    ]
    return Overview(
        ticks=ticks,
        companies=tuple(sorted(rows, key=lambda row: (row.name.casefold(), row.company_id))),
    )


def _row(
    company_id: str,
    link: CompanyLink | None,
    standing: Standing | None,
    records: Sequence[UsageRecord],
    unreadable: str,
) -> CompanyRow:
    name = (standing.company_name if standing else link.company_name if link else "") or company_id
    return CompanyRow(
        company_id=company_id,
        name=name,
        link=link,
        standing=standing,
        records=tuple(sorted(records, key=lambda record: record.key)),
        unreadable=unreadable,
    )
