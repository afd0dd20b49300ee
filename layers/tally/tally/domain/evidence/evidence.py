"""The evidence of one customer's month: its machines, and when each was proven active.

``proofs`` judges what proves it (PROOF-1).
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from tally.domain.model.month import Month


class Fate(StrEnum):
    """What became of a machine after it was first seen in the customer's inventory."""

    # Stored in the ledger: evidence with a word that is not here cannot be read.
    LISTED = "listed"
    """It stands in the customer's inventory."""
    DELETED = "deleted"
    """It stands in the customer's group "Deleted"."""
    MOVED = "moved"
    """It stands in another customer's inventory."""
    UNSEEN = "unseen"
    """No walk found it any more, and nothing says why. A walk need not reach every company."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineProof:
    """A ``lastSeen`` within the month that was read within the month (PROOF-1).

    Both are aware instants in UTC: when GravityZone last saw the machine, and when Tally read that.
    """

    seen: datetime
    read: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """A machine of a customer's inventory.

    ``listed`` is the GMT day on which a walk first found it in this month, ``gone`` the day on
    which a walk found it no more. ``proof`` is None while nothing proves it active in the month.
    ``moved_in`` is the instant of the walk that found it here after it had stood with another
    customer in the same month: what was seen of it before belongs there. ``asked`` is the
    customer's count at which GravityZone was last asked about it, in vain.
    """

    id: str
    name: str
    fqdn: str
    listed: date
    proof: MachineProof | None = None
    fate: Fate = Fate.LISTED
    gone: date | None = None
    moved_in: datetime | None = None
    asked: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """All that walks found of one customer's month.

    ``begun`` and ``walked`` are the instants of the first and the last walk of the month that
    reached the customer; before ``begun`` nothing was recorded (PROOF-5). ``version`` is the number
    of the stored edition, 0 before the first.
    """

    company_id: str
    month: Month
    begun: datetime
    walked: datetime
    machines: tuple[Machine, ...]
    version: int = 0

    @property
    def proven(self) -> int:
        """The number of machines that were seen active in the month."""
        return sum(each.proof is not None for each in self.machines)
