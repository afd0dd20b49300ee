"""Read the reporter's event: a digest that is due."""

from collections.abc import Mapping
from datetime import UTC
from typing import Any, Self

from tally.domain.reporting.digest import DigestKind
from tally.messages import Instant, Message


class DigestDue(Message):
    """The digest, and the time for which EventBridge Scheduler planned it."""

    digest: DigestKind
    at: Instant

    @classmethod
    def of(cls, event: Mapping[str, Any]) -> Self:
        """Read the event, its instant in UTC. Raises ContractError for anything else."""
        example = '{"digest": "weekly", "at": "2026-11-02T07:00:00Z"}'
        due = cls.read(event, wrong="asks for no digest", example=example)
        return cls(digest=due.digest, at=due.at.astimezone(UTC))
