"""What comes in from outside: the schedule's tick, and the job, one SQS message for one company-month."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    ValidationError,
)

from tally.domain.model.agreement import Agreement
from tally.domain.model.month import YEARS, Month
from tally.domain.model.standing import Cause
from tally.domain.record.partner import Children
from tally.errors import ContractError


def _month(value: Any) -> Any:  # noqa: ANN401 - pydantic hands over whatever the message holds
    return _parsed(value) if isinstance(value, str) else value


_parsed = lru_cache(maxsize=32)(Month.parse)


MonthField = Annotated[Month, BeforeValidator(_month), PlainSerializer(str)]


def _written(value: Any) -> Any:  # noqa: ANN401 - as above
    # Pydantic would take a number, in a text too, for seconds or milliseconds since 1970.
    if isinstance(value, datetime) or (
        isinstance(value, str) and value[:4].isdigit() and value[4:5] == "-"
    ):
        return value
    raise ValueError("it must be an instant such as 2026-11-01T00:05:00Z")


def _sane(value: datetime) -> datetime:
    if value.year not in YEARS:
        raise ValueError(f"it is no instant of the years {YEARS[0]} to {YEARS[-1]}")
    return value


Instant = Annotated[AwareDatetime, BeforeValidator(_written), AfterValidator(_sane)]
"""An aware instant that was written as such, far enough from the calendar's edges to be told in any time zone."""

LONGEST_ID = 200
"""Characters of a GravityZone company's id: they are 24 where they were seen, and the ledger's index takes a thousand bytes."""

_CompanyId = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_ID)]
_Id = Annotated[int, Field(gt=0, lt=2**63, strict=True)]


class Message(BaseModel):
    """What is passed has these fields and no others."""

    # Built at first use, whole: what is part of a message is not built by itself before.
    model_config = ConfigDict(defer_build=True, extra="forbid", frozen=True)


class Tick(Message):
    """The schedule's event: the instant at which it was to fire, by EventBridge Scheduler's own word."""

    tick: Instant

    @classmethod
    def of(cls, event: Mapping[str, Any]) -> datetime:
        """The tick in an event, in UTC. Raises ContractError for anything else: there is no clock to fall back to."""
        try:
            return cls.model_validate(event).tick.astimezone(UTC)
        except ValidationError as error:
            problems = problems_of(error)
        raise ContractError(
            f'The event is no tick ({problems}): it must be like {{"tick": '
            f'"2026-11-01T00:05:00Z"}}.'
        )


def problems_of(error: ValidationError) -> str:
    """What is wrong with an event, field by field."""
    return "; ".join(
        f"{'.'.join(map(str, each['loc'])) or 'event'}: {each['msg']}" for each in error.errors()
    )


class JobService(Message):
    """What a worker needs for one service of the company-month.

    ``agreement_id`` is where its record would be opened, or where its line stands; None if the lists no longer have it.
    ``product_id`` is None while the product cannot be resolved; ``listed`` says that the agreements of its type
    could be read. ``only_if_used``: open only at a count above zero (OPEN-9, when no tick of the month had seen who was
    licensed). ``late``: the agreement is the one that runs now, since the month's own can carry no more (LATE-2).
    ``others`` are the company's further agreements of the type that ran in the month or later, by id: a line may stand there that
    a restored ledger does not know (SAFE-8). ``look``: its Additions are to be looked at, whatever the count says (FOLLOW-5).
    ``stays_open``: the month is not to be closed, as the ConnectWise company is gone (MATCH-7).
    """

    service: str
    agreement_id: _Id | None = None
    product_id: _Id | None = None
    listed: bool = False
    may_open: bool = True
    only_if_used: bool = False
    late: bool = False
    others: tuple[int, ...] = ()
    look: bool = False
    stays_open: bool = False


class Job(Message):
    """All that a worker needs to bring one company-month up to date.

    ``agreements`` are those of its ``services``, each once. ``licensed`` is what GravityZone's list says. ``tick_before``
    is the newest tick before this one that could read all lists. ``children``: those of a partner, without whom its own
    machines are counted (READ-4). ``by_person``: a person has asked for it, so that what ConnectWise refused is tried at once (SAFE-2).
    """

    tick: Instant
    company_id: _CompanyId
    company_name: str
    connectwise_id: _Id | None = None
    month: MonthField
    services: tuple[JobService, ...] = ()
    agreements: tuple[Agreement, ...] = ()
    licensed: bool = True
    tick_before: Instant | None = None
    standing: dict[str, Cause] = {}
    last_reading: Instant | None = None
    children: Children | None = None
    by_person: bool = False

    @property
    def companies(self) -> int:
        """How many companies are read in GravityZone for it."""
        return 1 if self.children is None else 1 + len(self.children.ids)

    def agreement_of(self, service: JobService) -> Agreement | None:
        """The agreement as the planner listed it."""
        return next((each for each in self.agreements if each.id == service.agreement_id), None)


class UnsentError(ContractError):
    """The queue will never take some of many jobs, each for its own reason; the others are sent."""

    def __init__(self, message: str, *, refused: Sequence[tuple[Job, str]]) -> None:
        super().__init__(message)
        self.refused = refused
