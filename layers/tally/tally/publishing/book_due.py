"""Read the event of the function ``book``: the time at which the months' books are looked at."""

from collections.abc import Mapping
from datetime import UTC
from typing import Any, Self

from tally.messages import Instant, Message


class BookDue(Message):
    """The time for which EventBridge Scheduler planned the look."""

    at: Instant

    @classmethod
    def of(cls, event: Mapping[str, Any]) -> Self:
        """Read the event, its instant in UTC. Raises ContractError for anything else."""
        due = cls.read(event, wrong="asks for no book", example='{"at": "2026-12-02T05:30:00Z"}')
        return cls(at=due.at.astimezone(UTC))
