"""Name a usage record, and the mark by which its Additions are recognised as ours."""

import base64
import hashlib
from dataclasses import dataclass

from tally.domain.model.month import Month
from tally.domain.model.standing import RecordScope


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class RecordKey:
    """The company, month and service of one usage record."""

    company_id: str
    month: Month
    service: str

    @property
    def scope(self) -> RecordScope:
        """Its scope in the company's standing."""
        return RecordScope(self.month, self.service)

    def __str__(self) -> str:
        return f"{self.company_id} {self.month} {self.service}"


MOST_LINES = 10
"""The most lines of a record. A ledger that knows none recognises all their references."""


def reference(key: RecordKey, line: int) -> str:
    """Return the mark by which we recognise an Addition as ours, whatever the ledger says (OPEN-1).

    It follows from company, month, service and line alone, so a ledger restored from a backup
    derives the same one. It has 60 bits: the chance that two of a million lines share one is below
    one in a million.
    """
    # Never to be changed: by it a restored ledger finds its Additions again, and a job the one
    # whose answer was lost (SAFE-2, SAFE-8).
    text = "\n".join((key.company_id, str(key.month), key.service, str(line)))
    # Ten bytes are 16 letters of base32 without padding. The first 12 are kept.
    digest = hashlib.sha256(text.encode()).digest()
    return f"TLY-{base64.b32encode(digest[:10])[:12].decode()}"
