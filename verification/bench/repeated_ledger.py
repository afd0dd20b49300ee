"""A ledger of many customers that have all had the same month, and a program that states it.

The program is given the pickled ledger, and prints what its book took. It imports no simulator.
"""

import json
import pickle
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tally.domain.evidence.evidence import Evidence
from tally.domain.model.company import CompanyLink
from tally.domain.model.month import Month
from tally.domain.model.standing import Standing
from tally.domain.model.ticks import Ticks
from tally.domain.record.history import HistoryEntry
from tally.domain.record.record_key import RecordKey
from tally.domain.record.usage_record import UsageRecord
from tally.ledger.evidence.evidence_codec import unpacked
from tally.people.read_statements import read_statements
from tally.statements.book import book
from tally.statements.drawing import Form
from verification.bench.peak import peak_megabytes

_DAYS = 30
"""The walks of a month, a day each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatedLedger:
    """A ledger in which every customer has had the same month; it is made as it is read.

    ``evidence`` has the same machines for each, in the form in which the table holds them.
    """

    repeated: UsageRecord
    steps: Sequence[HistoryEntry]
    evidence: Sequence[bytes]
    customers: int

    def _ids(self) -> Iterator[str]:
        return (f"{number:024x}" for number in range(self.customers))

    def ticks(self) -> Ticks | None:
        """Return what is known of ticks: nothing."""
        return None

    def all_links(self) -> Iterable[CompanyLink]:
        """List the link of each customer."""
        return (
            CompanyLink(
                company_id=each,
                company_name=f"Customer {each}",
                connectwise_id=number,
                connectwise_name=f"Customer {each}",
                linked_by="tally",
                linked_at=self.repeated.key.month.starts,
            )
            for number, each in enumerate(self._ids())
        )

    def all_standings(self) -> Iterable[Standing]:
        """List the standing of each customer."""
        return (
            Standing(
                company_id=each,
                company_name=f"Customer {each}",
                tick=self.repeated.key.month.starts,
            )
            for each in self._ids()
        )

    def all_open_records(self) -> Iterable[UsageRecord]:
        """List no record: the month is over."""
        return ()

    def all_settled_records(self, month: Month) -> Iterable[UsageRecord]:
        """List the month of each customer."""
        key = replace(self.repeated.key, month=month)
        return (replace(self.repeated, key=replace(key, company_id=each)) for each in self._ids())

    def record(self, key: RecordKey) -> UsageRecord | None:
        """Return the month of one customer."""
        return replace(self.repeated, key=key)

    def history(self, _: RecordKey) -> Sequence[HistoryEntry]:
        """Return the steps of the month, each a value of its own."""
        return [replace(each) for each in self.steps]

    def read(self, company_id: str, month: Month) -> Evidence | None:
        """Return the machines of one customer."""
        return unpacked(self.evidence, company_id=company_id, month=month, version=_DAYS)


def write_book(ledger: RepeatedLedger, folder: Path, form: Form) -> int:
    """Write the book of the month; return the number of its files."""
    unreadable: dict[str, str] = {}
    month = ledger.repeated.key.month
    statements = read_statements(
        ledger,  # type: ignore[arg-type]  # the reads that a book needs
        month,
        zone="Europe/Berlin",
        evidence=ledger,  # type: ignore[arg-type]  # the read that a book needs
        evidence_of=ledger.repeated.key.service,
        unreadable=unreadable,
    )
    files = book(statements, month, form=form, unreadable=unreadable)
    return sum((folder / name).write_bytes(file) > 0 for name, file in files)


def main(file: Path, form: Form) -> None:
    """Write the book of the ledger in that file, and print its time and the process's peak."""
    ledger = pickle.loads(file.read_bytes())  # noqa: S301 - our own
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        assert write_book(ledger, Path(folder), form) == ledger.customers + 1
    seconds = time.monotonic() - began
    sys.stdout.write(json.dumps({"seconds": seconds, "megabytes": peak_megabytes()}))
