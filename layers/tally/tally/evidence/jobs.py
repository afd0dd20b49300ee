"""Read what comes in: a walk that is due, and the jobs that a walk makes."""

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import StringConstraints, ValidationError

from tally.errors import MalformedJobError
from tally.messages import LONGEST_ID, Instant, Message, problems_of

_CompanyId = Annotated[str, StringConstraints(max_length=LONGEST_ID)]


class WalkDue(Message):
    """The schedule's event, with the time for which EventBridge Scheduler planned it."""

    walk: Instant

    @property
    def at(self) -> datetime:
        """Its time, in UTC."""
        return self.walk.astimezone(UTC)

    @classmethod
    def of(cls, event: Mapping[str, Any]) -> Self:
        """Return the walk in an event. Raises ContractError for anything else."""
        return cls.read(event, wrong="is no walk", example='{"walk": "2026-11-01T03:37:00Z"}')


class Task(StrEnum):
    """The kinds of job."""

    WALK = "walk"
    """Go on with a walk for which one invocation was too short."""
    LOOK = "look"
    """Ask about one company's machines."""
    CONCLUDE = "conclude"
    """Look into one company's group "Deleted", for the month before the walk's."""


class EvidenceJob(Message):
    """A job of the evidence function. ``walk`` is the time of the walk that it comes from.

    A walk goes on after the company ``after``. The other tasks are of the company ``company_id``.
    """

    task: Task
    walk: Instant
    company_id: _CompanyId = ""
    after: _CompanyId = ""

    @property
    def at(self) -> datetime:
        """The time of its walk, in UTC."""
        return self.walk.astimezone(UTC)

    @property
    def body(self) -> str:
        """It as a message's body."""
        return self.model_dump_json(exclude_defaults=True)

    @classmethod
    def parse(cls, body: str) -> Self:
        """Return the job in a message's body. Raises MalformedJobError for anything else."""
        try:
            return cls.model_validate_json(body)
        except ValidationError as error:
            problems = problems_of(error)
        raise MalformedJobError(f"The message is no job for evidence ({problems}).")
