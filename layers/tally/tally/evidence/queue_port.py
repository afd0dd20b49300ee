"""The queue of the evidence function: nothing of billing is on it (PROOF-2)."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Protocol


class EvidenceQueue(Protocol):
    """A queue of messages, from the function to itself. All methods raise TallyError."""

    def send(self, bodies: Iterable[str]) -> None:
        """Put messages on the queue. They may come twice, and in any order."""
        ...

    def receive(self) -> tuple[str, str] | None:
        """Take one message, its body and its receipt, and hide it; None if there is none."""
        ...

    def delete(self, receipt: str) -> None:
        """Delete a received message."""
        ...

    def put_off(self, receipt: str, wait: timedelta) -> None:
        """Hide a received message for so long."""
        ...
