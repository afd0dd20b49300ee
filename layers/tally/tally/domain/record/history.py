"""The steps of a usage record, as the ledger saves and remembers them."""

from dataclasses import dataclass
from datetime import datetime

from tally.domain.model.screen import keep_brief
from tally.domain.record.usage_record import UsageRecord

TALLY = "tally"
"""The author of a transition that no person made."""

LAST_COUNT = "Closed with the last count that could be read."
NOT_READ_AGAIN = "could not be read once more."
"""Words of the notices of a month whose last reading failed (CLOSE-5): statements ask for them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """One step of a record: its state before and after, and the reason.

    The ledger writes both or neither (SAFE-1).
    """

    before: UsageRecord
    after: UsageRecord
    what: str
    why: str
    at: datetime
    tick: datetime
    by: str = TALLY

    def __post_init__(self) -> None:
        """Keep its texts within bounds (SAFE-10)."""
        keep_brief(self, "what", "why", "by")

    @property
    def expected_version(self) -> int:
        """The version that the ledger must still hold; 0 if there must be no record yet."""
        return self.before.version


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryEntry:
    """One transition as the ledger remembers it.

    ``changes`` maps each changed field to its values before and after.
    """

    version: int
    what: str
    why: str
    by: str
    at: datetime
    tick: datetime
    changes: dict[str, tuple[object, object]]


def is_pushed(path: str) -> bool:
    """Return True for the path of a line's quantity in ``changes``."""
    # The latter before schema 1.
    return path.startswith("lines.") and path.endswith((".written.quantity", ".pushed"))
