"""Where evidence is kept: beside the billing records, and apart from them (PROOF-2)."""

from datetime import datetime
from typing import Protocol

from tally.domain.evidence.evidence import Evidence
from tally.domain.model.month import Month


class EvidenceStore(Protocol):
    """The evidence of all companies and months. All methods raise TallyError."""

    def read(self, company_id: str, month: Month) -> Evidence | None:
        """Return one company's evidence of a month, read consistently; None if there is none.

        Raises UnreadableItemError if what is stored cannot be read.
        """
        ...

    def save(self, evidence: Evidence, *, drop_at: datetime) -> Evidence:
        """Write what comes after ``evidence.version``; return it with its new version.

        From ``drop_at`` on the table may drop it. Raises ConflictError if somebody was first.
        """
        ...

    def remove(self, company_id: str, month: Month) -> bool:
        """Remove one company's evidence of a month; return False if there was none."""
        ...
