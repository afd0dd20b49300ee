"""Read what statements are drawn up from: records, histories, evidence; nothing is written."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import batched, chain

from tally.domain.evidence.evidence import Evidence
from tally.domain.evidence.ledger_port import EvidenceStore
from tally.domain.model.month import Month
from tally.domain.record.record_key import RecordKey
from tally.domain.record.unreadable import but_of_others, readable
from tally.domain.reporting.overview import CompanyRow, overview
from tally.domain.statement.draw_up import Account, draw_up
from tally.domain.statement.statement import Customer, Statement
from tally.errors import BugError, TallyError, UnreadableItemError, in_words
from tally.ports import Ledger

_AT_ONCE = 8
"""The number of customers that are read at the same time."""


def read_statement(
    ledger: Ledger,
    company_id: str,
    name: str,
    month: Month,
    *,
    services: Sequence[str],
    zone: str,
    evidence: EvidenceStore | None = None,
    evidence_of: str = "",
    unreadable: dict[str, str] | None = None,
) -> Statement:
    """Read one customer's statement of a month, whichever of the ``services`` it has.

    ``evidence`` has the machines behind the service ``evidence_of``. What is stored of them and
    cannot be read is told in ``unreadable``, by the company's id, and the statement is made without
    it (SAFE-5).

    Raises TallyError if the ledger, or another item of the customer, cannot be read.
    """
    link, standing = ledger.link(company_id), ledger.standing(company_id)
    row = CompanyRow(company_id=company_id, name=name, link=link, standing=standing)
    told = {} if unreadable is None else unreadable
    read = _Reader(ledger=ledger, zone=zone, store=evidence, evidence_of=evidence_of, told=told)
    return read.statement(row, month, services)


def read_statements(
    ledger: Ledger,
    month: Month,
    *,
    zone: str,
    evidence: EvidenceStore | None = None,
    evidence_of: str = "",
    unreadable: dict[str, str],
) -> Iterator[Statement]:
    """Yield the statement of each customer with a record of the month, by name.

    The reason of a customer without a statement goes to ``unreadable``, by its id (SAFE-5): one
    whose link, or the record of one of its services, cannot be read would have a page that lacks
    its name in ConnectWise or a number. A customer whose evidence alone cannot be read is told
    there too, and has its statement, which says so.
    """
    rows = _rows(ledger, month, unreadable)
    reader = _Reader(
        ledger=ledger, zone=zone, store=evidence, evidence_of=evidence_of, told=unreadable
    )

    def read(row: CompanyRow) -> Statement | TallyError:
        services = [each.key.service for each in row.of(month)]
        try:
            return reader.statement(row, month, services)
        except UnreadableItemError as error:
            return error
        except TallyError:
            raise
        except Exception as error:  # noqa: BLE001 - a bug of ours keeps nobody else's from being made
            return BugError.of(error)

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        # Some at a time: `map` would read them all, and the memory would have to hold a whole book.
        for some in batched(rows, 4 * _AT_ONCE, strict=False):
            for row, found in zip(some, pool.map(read, some), strict=True):
                if isinstance(found, Statement):
                    yield found
                else:
                    unreadable[row.company_id] = f"{row.name}: {found}"


def _rows(ledger: Ledger, month: Month, unreadable: dict[str, str]) -> Sequence[CompanyRow]:
    """Return the customers with a record of the month; who cannot be read whole is told instead."""
    # Open records first: a record that is settled between the two reads shows twice, not never.
    listed = chain(ledger.all_open_records(), ledger.all_settled_records(month))
    odd_links: dict[str, str] = {}
    odd: dict[str, str] = {}
    records = [
        each for each in readable(but_of_others(listed, month), odd) if each.key.month == month
    ]
    links = list(readable(ledger.all_links(), odd_links))
    # A link is of no month: it is told in those of which its customer has a record.
    for company_id in sorted({each.key.company_id for each in records} & odd_links.keys()):
        odd.setdefault(company_id, odd_links[company_id])
    seen = overview(
        ticks=None, links=links, standings=ledger.all_standings(), records=records, unreadable=odd
    )
    unreadable |= {
        each.company_id: f"{each.name}: {each.unreadable}"
        for each in seen.companies
        if each.unreadable
    }
    return [each for each in seen.companies if each.records and not each.unreadable]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reader:
    """Reads statements one by one; ``told`` hears whose evidence cannot be read (SAFE-5)."""

    ledger: Ledger
    zone: str
    store: EvidenceStore | None
    evidence_of: str
    told: dict[str, str]

    def statement(self, row: CompanyRow, month: Month, services: Sequence[str]) -> Statement:
        evidence, is_unreadable = self._evidence(row, month)
        try:
            return draw_up(
                _customer(row),
                month,
                list(_accounts(self.ledger, row.company_id, month, services)),
                time_zone=self.zone,
                last_reading=row.last_reading,
                evidence=evidence,
                evidence_of=self.evidence_of,
                evidence_unreadable=is_unreadable,
            )
        except TallyError:
            raise
        except Exception as error:
            # A history is kept as it was written, and is not checked field by field when it is
            # read: whatever stands there is its customer's trouble (SAFE-5).
            raise UnreadableItemError(
                f"What is stored of {row.company_id} and {month} makes no statement: "
                f"{in_words(error)}"
            ) from error

    def _evidence(self, row: CompanyRow, month: Month) -> tuple[Evidence | None, bool]:
        """Return the evidence, and True if there is some that cannot be read."""
        if self.store is None:
            return None, False
        try:
            return self.store.read(row.company_id, month), False
        except UnreadableItemError as error:
            before = self.told.get(row.company_id)
            why = f"{row.name}, its machines: {error}"
            self.told[row.company_id] = why if before is None else f"{before}; {why}"
            return None, True


def _customer(row: CompanyRow) -> Customer:
    if row.link is None:
        return Customer(id=row.company_id, name=row.name)
    return Customer(
        id=row.company_id,
        name=row.name,
        connectwise_id=row.link.connectwise_id,
        connectwise_name=row.link.connectwise_name,
    )


def _accounts(
    ledger: Ledger, company_id: str, month: Month, services: Sequence[str]
) -> Iterator[Account]:
    """Yield each record of the month, read from the table itself, with its history.

    A step that is recorded between the two reads is left out: it is of a later version.
    """
    for service in services:
        key = RecordKey(company_id=company_id, month=month, service=service)
        record = ledger.record(key)
        if record is not None:
            history = [each for each in ledger.history(key) if each.version <= record.version]
            yield Account(record=record, history=history)
