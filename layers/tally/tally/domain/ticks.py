"""What the ledger remembers of the schedule's ticks."""

from dataclasses import dataclass
from datetime import datetime

from tally.domain.month import Month


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticks:
    """``newest`` tick begun, the ``first_month`` ever billed (OPEN-8), and the months a tick ``planned`` whole (OPEN-9).

    ``planned`` keeps the newest three; older ones are asked for by nobody.
    """

    newest: datetime
    first_month: Month
    planned: tuple[Month, ...] = ()
