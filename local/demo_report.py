"""The demo's report: GravityZone's counts, ConnectWise's Additions, Tally's standings."""

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from local.demo_ledger import LedgerContents
from local.demo_play import WIDTH
from local.simulator_clients import TrueAddition, TrueCompany
from tally.domain.model.month import Month
from tally.domain.model.standing import Cause, Standing, StandingState
from tally.domain.record.usage_record import UsageRecord

_NOTHING = "-"


@dataclass(frozen=True, slots=True)
class _Column:
    title: str
    width: int
    right: bool = False

    def cell(self, text: str) -> str:
        return text.rjust(self.width) if self.right else text.ljust(self.width)


_COLUMNS = (
    _Column("Company", 24),
    _Column("Month", 8),
    _Column("Active", 6, right=True),
    _Column("Addition", 8, right=True),
    _Column("Quantity", 8, right=True),
    _Column("Effective", 10),
    _Column("Cancelled", 10),
    _Column("Record", 6),
    _Column("Standing", 12),
)


def report(
    companies: Sequence[TrueCompany],
    additions: Sequence[TrueAddition],
    ledger: LedgerContents,
    months: Sequence[Month],
) -> str:
    """A table of every company and month, and below it why each company stands as it does."""
    by_id = {addition.id: addition for addition in additions}
    records = {(record.key.company_id, record.key.month): record for record in ledger.records}
    billed = {record.key.company_id for record in ledger.records}
    ordered = sorted(companies, key=lambda company: (company.id not in billed, company.name))
    lines = [
        _line([column.title for column in _COLUMNS]),
        _line(["-" * column.width for column in _COLUMNS]),
    ]
    for company in ordered:
        state = _shown(ledger.standings, company.id).state.label
        seen = [_seen(company, month, records, by_id) for month in months]
        names = [company.name, *[""] * (len(months) - 1)]
        states = [state, *[""] * (len(months) - 1)]
        lines.extend(
            _line([name, *cells, shown])
            for name, cells, shown in zip(names, seen, states, strict=True)
        )
    return "\n".join([*lines, *_explanations(ordered, ledger.standings)])


def _explanations(
    companies: Sequence[TrueCompany], standings: Mapping[str, Standing]
) -> Sequence[str]:
    explained = [
        line
        for company in companies
        for line in _explained(company.name, _shown(standings, company.id))
    ]
    return ["", "Why not, or not only, billing:", *explained] if explained else []


def _seen(
    company: TrueCompany,
    month: Month,
    records: Mapping[tuple[str, Month], UsageRecord],
    additions: Mapping[int, TrueAddition],
) -> Sequence[str]:
    return (
        month.label[:3] + month.label[-5:],
        str(_count(company, month)),
        *_addition(records.get((company.id, month)), additions),
    )


def _line(cells: Sequence[str]) -> str:
    return "  ".join(
        column.cell(cell) for column, cell in zip(_COLUMNS, cells, strict=True)
    ).rstrip()


def _count(company: TrueCompany, month: Month) -> int:
    counts = company.months.get(str(month))
    return 0 if counts is None else counts.count


def _addition(record: UsageRecord | None, additions: Mapping[int, TrueAddition]) -> Sequence[str]:
    """Return Addition, quantity and dates from ConnectWise, and the ledger's record with its id."""
    line = None if record is None else record.newest
    if record is None or line is None:
        return (_NOTHING,) * 4 + (_NOTHING if record is None else str(record.state),)
    addition = additions.get(line.addition_id)
    if addition is None or addition.deleted_at is not None:
        return (str(line.addition_id), "gone", _NOTHING, _NOTHING, str(record.state))
    return (
        str(addition.id),
        f"{addition.quantity:f}".removesuffix(".0"),
        str(addition.effective or _NOTHING),
        str(addition.cancelled or "open-ended"),
        str(record.state),
    )


def _shown(standings: Mapping[str, Standing], company_id: str) -> Cause:
    standing = standings.get(company_id)
    return (
        Cause(state=StandingState.WAITING, reason="Tally has not seen it yet.")
        if standing is None
        else standing.shown
    )


def _explained(name: str, cause: Cause) -> Iterator[str]:
    if cause.state is StandingState.BILLING and not cause.notices:
        return
    reasons = " ".join(
        [*([cause.reason] if cause.reason else []), *(f"Notice: {each}" for each in cause.notices)]
    )
    title = f"{name}: {cause.state.label}{_since(cause.since)}."
    yield from textwrap.wrap(
        f"{title} {reasons}",
        WIDTH,
        initial_indent="  ",
        subsequent_indent="    ",
        break_long_words=False,
    )


def _since(since: datetime | None) -> str:
    return "" if since is None else f" since {since:%Y-%m-%d}"
