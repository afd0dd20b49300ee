"""Read the reporter's event: a digest that is due."""

from collections.abc import Mapping
from datetime import UTC
from typing import Any, Self

from pydantic import ValidationError

from tally.domain.reporting.digest import DigestKind
from tally.errors import ContractError
from tally.messages import Instant, Message, problems_of


class DigestDue(Message):
    """The digest, and the time for which EventBridge Scheduler planned it."""

    digest: DigestKind
    at: Instant

    @classmethod
    def of(cls, event: Mapping[str, Any]) -> Self:
        """Read the event, its instant in UTC. Raises ContractError for anything else."""
        try:
            due = cls.model_validate(event)
        except ValidationError as error:
            problems = problems_of(error)
        else:
            return cls(digest=due.digest, at=due.at.astimezone(UTC))
        example = '{"digest": "weekly", "at": "2026-11-02T07:00:00Z"}'
        raise ContractError(
            f"The event asks for no digest ({problems}): it must be like {example}."
        )
