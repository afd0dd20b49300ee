"""The interface that the pulse needs of the ledger, beside ``ports``."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from tally.domain.pulse.account import Account, Answer
from tally.domain.pulse.state import Pulse


class PulseLedger(Protocol):
    """The pulse's memory, and the account of the sweep that runs. All methods raise TallyError."""

    def read(self) -> Pulse:
        """Return the memory; an empty one before the first change."""
        ...

    def change(self, change: Callable[[Pulse], Pulse]) -> Pulse:
        """Write what ``change`` makes of the memory, and return it.

        It is called again if somebody else was first. Raises ConflictError if that goes on.
        """
        ...

    def account(self) -> Account | None:
        """Return the account of the newest sweep; None before the first."""
        ...

    def open_account(self, tick: datetime) -> None:
        """Begin the account of a sweep in place of the one before, before its jobs are sent."""
        ...

    def add_to_account(self, tick: datetime, answers: Sequence[Answer], *, at: datetime) -> bool:
        """Add the ends of jobs of that tick, ``at`` this instant.

        Returns False if another sweep has begun since.
        """
        ...
