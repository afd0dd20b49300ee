"""The four writes to ConnectWise, the claim that announces one, and the refusal of one."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from tally.domain.model.screen import keep_brief
from tally.domain.record.lines import Place


class Create(NamedTuple):
    """POST an Addition: the line of that number."""

    number: int
    place: Place
    quantity: int


class TakeOver(NamedTuple):
    """PATCH text and cancelled date of an Addition of others, which becomes the line (OPEN-6).

    No quantity is written; ``quantity`` is what was to be billed at that time.
    """

    number: int
    place: Place
    quantity: int
    addition_id: int


class SetQuantity(NamedTuple):
    """PATCH the line's quantity; a voided line's is 0."""

    number: int
    quantity: int


class SetTerms(NamedTuple):
    """PATCH the line's terms to those of the month before (OPEN-5); its quantity stays."""

    number: int


type Write = Create | TakeOver | SetQuantity | SetTerms
"""The four calls that change ConnectWise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """The one write to ConnectWise that may be under way; ``at`` is of the wall clock (SAFE-1)."""

    # The settle time is longer than a worker and its calls can take: no worker is left to write an
    # older claim.
    write: Write
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """ConnectWise refused the content of a write (400).

    The same write is tried again when the agreement's ``version`` or the GMT day of the tick ``at``
    has changed (SAFE-2). ``total`` is what all lines would bill with it.
    """

    why: str
    at: datetime
    write: Write
    version: str
    total: int

    def __post_init__(self) -> None:
        """Keep its texts within bounds (SAFE-10)."""
        keep_brief(self, "why")
