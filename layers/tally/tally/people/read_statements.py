"""Read what statements are drawn up from: records, histories, names; nothing is written."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import batched

from tally.domain.model.month import Month
from tally.domain.record.record_key import RecordKey
from tally.domain.reporting.overview import CompanyRow
from tally.domain.statement.draw_up import Account, draw_up
from tally.domain.statement.statement import Customer, Statement
from tally.errors import UnreadableItemError
from tally.people.read_overview import read_overview
from tally.ports import Ledger

_AT_ONCE = 8
"""The number of customers that are read at the same time."""


def read_statement(
    ledger: Ledger, company_id: str, name: str, month: Month, *, services: Sequence[str], zone: str
) -> Statement:
    """Read one customer's statement of a month, whichever of the ``services`` it has.

    Raises TallyError if the ledger, or an item of the customer, cannot be read.
    """
    link, standing = ledger.link(company_id), ledger.standing(company_id)
    row = CompanyRow(company_id=company_id, name=name, link=link, standing=standing)
    return _statement(ledger, row, month, services, zone)


def read_statements(
    ledger: Ledger, month: Month, *, zone: str, unreadable: dict[str, str]
) -> Iterator[Statement]:
    """Yield the statement of each customer with a record of the month, by name.

    The reason of a customer that cannot be read goes to ``unreadable``, by its id (SAFE-5).
    """
    seen = read_overview(ledger, months=[month])
    unreadable |= {each.company_id: each.unreadable for each in seen.companies if each.unreadable}
    rows = [each for each in seen.companies if each.of(month)]

    def read(row: CompanyRow) -> Statement | UnreadableItemError:
        services = [each.key.service for each in row.of(month)]
        try:
            return _statement(ledger, row, month, services, zone)
        except UnreadableItemError as error:
            return error

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for some in batched(rows, 4 * _AT_ONCE, strict=False):
            for row, found in zip(some, pool.map(read, some), strict=True):
                if isinstance(found, Statement):
                    yield found
                else:
                    unreadable[row.company_id] = f"{row.name}: {found}"


def _statement(
    ledger: Ledger, row: CompanyRow, month: Month, services: Sequence[str], zone: str
) -> Statement:
    return draw_up(
        _customer(row),
        month,
        list(_accounts(ledger, row.company_id, month, services)),
        time_zone=zone,
        last_reading=row.last_reading,
    )


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
