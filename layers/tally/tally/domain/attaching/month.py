"""The account of a month's attaching: what it was done for, and whose document could not be."""

from collections.abc import Sequence
from dataclasses import dataclass

from tally.domain.model.month import Month
from tally.domain.model.screen import brief

MOST_TOLD = 50
"""Customers that an account names; the others are counted."""

_LONGEST_NAME, _LONGEST_REASON = 100, 400
"""Characters that are kept: an account of fifty has to fit into an item of the ledger."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """A customer whose document is not attached yet, and why."""

    company_id: str
    name: str
    why: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", brief(self.name, _LONGEST_NAME))
        object.__setattr__(self, "why", brief(self.why, _LONGEST_REASON))


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthAttached:
    """The last run's account of one month.

    ``state`` is the mark of the records that it was done for. ``left_out`` counts the customers
    that were tried and have no document, and ``left`` names some of them. ``stopped`` says why the
    run ended before all were looked at.
    """

    month: Month
    state: str = ""
    left_out: int = 0
    left: tuple[Left, ...] = ()
    stopped: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "stopped", brief(self.stopped, _LONGEST_REASON))

    def is_done_for(self, state: str) -> bool:
        """Return True if nothing is left to do for that state of the records."""
        # Documents that could not be attached are tried again, though no record has changed.
        return self.state == state and not self.left_out and not self.stopped

    @classmethod
    def of(
        cls, month: Month, state: str, left: Sequence[Left], *, stopped: str = ""
    ) -> "MonthAttached":
        """Make the account of a run."""
        told = tuple(left[:MOST_TOLD])
        return cls(month=month, state=state, left_out=len(left), left=told, stopped=stopped)
