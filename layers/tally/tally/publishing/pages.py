"""The files of a month's book, drawn from the ledger as they are asked for."""

from collections.abc import Iterator
from dataclasses import dataclass

from tally.domain.model.month import Month
from tally.people.read_statements import read_statements
from tally.ports import Ledger
from tally.statements.book import book


@dataclass(frozen=True, slots=True, kw_only=True)
class Pages:
    """Draws books. ``zone`` is the IANA name of the MSP's own time zone."""

    ledger: Ledger
    zone: str

    def __call__(self, month: Month) -> Iterator[tuple[str, bytes]]:
        """Yield each file's name and content, the index last."""
        unreadable: dict[str, str] = {}
        statements = read_statements(self.ledger, month, zone=self.zone, unreadable=unreadable)
        for name, text in book(statements, month, unreadable=unreadable):
            yield name, text.encode()


def media_type(name: str) -> str:
    """Return the media type of a file, by its suffix."""
    return _TYPES.get(name.rpartition(".")[2], "application/octet-stream")


_TYPES = {
    "html": "text/html; charset=utf-8",
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "pdf": "application/pdf",
}
