"""Writes of evidence that look again where somebody else was first."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from tally.domain.evidence.evidence import Evidence
from tally.domain.evidence.ledger_port import EvidenceStore
from tally.domain.model.month import Month
from tally.errors import ConflictError

_ATTEMPTS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorder:
    """Changes what is kept; evidence is dropped ``months_kept`` months after its month's end."""

    store: EvidenceStore
    months_kept: int

    def read(self, company_id: str, month: Month) -> Evidence | None:
        """Return what is kept of a company's month."""
        return self.store.read(company_id, month)

    def change(
        self,
        company_id: str,
        month: Month,
        change: Callable[[Evidence | None], Evidence | None],
    ) -> Evidence | None:
        """Write what ``change`` makes of the evidence; it is called again if others were first.

        Nothing is written where nothing has changed. Raises ConflictError if others were first each
        time.
        """
        for _ in range(_ATTEMPTS):
            before = self.store.read(company_id, month)
            after = change(before)
            if after is None or after == before:
                return before
            try:
                return self.store.save(after, drop_at=drop_at(month, self.months_kept))
            except ConflictError:
                continue
        raise ConflictError(f"The evidence of company {company_id} was changed by others each time")


def drop_at(month: Month, months_kept: int) -> datetime:
    """Return the instant from which the month's evidence may be dropped."""
    return month.next.plus(months_kept).starts
