"""The files of a month's book, drawn from the ledger as they are asked for."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from tally.domain.evidence.ledger_port import EvidenceStore
from tally.domain.model.month import Month
from tally.domain.statement.statement import Statement
from tally.people.read_statements import read_statements
from tally.ports import Ledger
from tally.statements.book import book


@dataclass(frozen=True, slots=True, kw_only=True)
class Pages:
    """Draws books. ``zone`` is the IANA name of the MSP's own time zone.

    ``evidence`` has the machines behind the service ``evidence_of``.
    """

    ledger: Ledger
    evidence: EvidenceStore
    evidence_of: str
    zone: str

    def __call__(self, month: Month, unreadable: dict[str, str]) -> Iterator[tuple[str, bytes]]:
        """Give each file's name and content, the index last; put aside what cannot be read."""
        return book(self.statements(month, unreadable), month, unreadable=unreadable)

    def missing(self, month: Month) -> Collection[str]:
        """Return the ids of the customers of whom something cannot be read or drawn now."""
        unreadable: dict[str, str] = {}
        for _ in self(month, unreadable):
            pass
        return unreadable

    def statements(self, month: Month, unreadable: dict[str, str]) -> Iterator[Statement]:
        """Yield the month's statements; reasons of those that cannot be read are put aside."""
        return read_statements(
            self.ledger,
            month,
            zone=self.zone,
            evidence=self.evidence,
            evidence_of=self.evidence_of,
            unreadable=unreadable,
        )


def media_type(name: str) -> str:
    """Return the media type of a file, by its suffix."""
    return _TYPES.get(name.rpartition(".")[2], "application/octet-stream")


_TYPES = {
    "html": "text/html; charset=utf-8",
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "pdf": "application/pdf",
}
