"""The lines of a usage record: each stands for one Addition that is known to exist."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from tally.domain.model.terms import OtherTerms


class LineState(StrEnum):
    """States of a line.

    ``open``: it may be written · ``frozen``: a quantity written now is billed to nobody (LATE-1) ·
    ``voiding``: a person wants it at 0 · ``void``: it is at 0, and the next line replaces it
    (OPEN-1) · ``final``: never written again (CLOSE-4).
    """

    # Stored in the ledger: a record with a word that is not here cannot be read.
    OPEN = "open"
    FROZEN = "frozen"
    VOIDING = "voiding"
    VOID = "void"
    FINAL = "final"


SETTLED = frozenset({LineState.FROZEN, LineState.FINAL})
"""States of a line that can no longer grow. Extra usage goes onto a new line."""


LAID_DOWN = frozenset({LineState.FINAL, LineState.VOID})
"""States of a line that is never written again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The agreement, product and days of a line, both days included.

    ``late``: it is for usage that the month's own line cannot carry (LATE-2).
    """

    agreement_id: int
    product_id: int
    effective: date
    cancelled: date
    late: bool = False

    def is_beside(self, other: "Place") -> bool:
        """Return True if both are on the same agreement as the same product."""
        return (self.agreement_id, self.product_id) == (other.agreement_id, other.product_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """The quantity that we wrote.

    ``quantity`` is the last one that ConnectWise confirmed, ``at`` an instant of the wall clock.
    ``unsure`` are quantities sent since then whose answer never came: each of them may be there.
    ``echoes`` are earlier quantities that ConnectWise's lists may still show for the settle time.
    ``flag`` is ConnectWise's word for whether the customer is billed; empty where it was not noted.
    """

    quantity: int
    at: datetime
    unsure: tuple[int, ...] = ()
    echoes: tuple[int, ...] = ()
    flag: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One Addition of ours. ``terms`` are those that differ from the month before's (OPEN-5)."""

    number: int
    state: LineState
    place: Place
    reference: str
    addition_id: int
    written: Written
    terms: OtherTerms | None = None

    @property
    def agreement_id(self) -> int:
        """The agreement that it stands on."""
        return self.place.agreement_id

    @property
    def pushed(self) -> int:
        """The last quantity that ConnectWise confirmed."""
        return self.written.quantity

    @property
    def highest(self) -> int:
        """The highest quantity that may stand in ConnectWise by our doing."""
        # The 0 is for a line without unsure ones: max() refuses a single number.
        return max(self.written.quantity, *self.written.unsure, 0)
