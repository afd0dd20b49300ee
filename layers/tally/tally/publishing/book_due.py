"""Read the event of the function ``book``: the time at which the months' books are looked at."""

from collections.abc import Mapping
from datetime import UTC
from typing import Any, Self

from pydantic import ValidationError

from tally.errors import ContractError
from tally.messages import Instant, Message, problems_of


class BookDue(Message):
    """The time for which EventBridge Scheduler planned the look."""

    at: Instant

    @classmethod
    def of(cls, event: Mapping[str, Any]) -> Self:
        """Read the event, its instant in UTC. Raises ContractError for anything else."""
        try:
            due = cls.model_validate(event)
        except ValidationError as error:
            problems = problems_of(error)
        else:
            return cls(at=due.at.astimezone(UTC))
        raise ContractError(
            f"The event asks for no book ({problems}): it must be like "
            '{"at": "2026-12-02T05:30:00Z"}.'
        )
