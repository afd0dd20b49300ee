"""Read what comes in: the schedule's tick, and the job, one SQS message for a company-month."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Annotated, Any, Self

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
    # Pydantic takes a number, or a text of digits, for seconds or milliseconds since 1970.
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
"""An aware instant that was written as such.

It is far enough from the calendar's edges to be shown in any time zone.
"""

LONGEST_ID = 200
"""The most characters of a GravityZone company's id.

All ids that we have seen have 24. DynamoDB's sort key takes a thousand bytes.
"""

_CompanyId = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_ID)]
_Id = Annotated[int, Field(gt=0, lt=2**63, strict=True)]


class Message(BaseModel):
    """A message with these fields and no others."""

    # Pydantic builds a model with its parts at the first use: at import each part would be built
    # once more by itself.
    model_config = ConfigDict(defer_build=True, extra="forbid", frozen=True)

    @classmethod
    def read(cls, event: Mapping[str, Any], *, wrong: str, example: str) -> Self:
        """Read a schedule's event.

        Raises ContractError for anything else; ``wrong`` says of it what it is not, ``example``
        what it must be like.
        """
        try:
            return cls.model_validate(event)
        except ValidationError as error:
            problems = problems_of(error)
        raise ContractError(f"The event {wrong} ({problems}): it must be like {example}.")


class Tick(Message):
    """The schedule's event, with the time for which EventBridge Scheduler planned it.

    ``pulse``: it reads the totals of partners, and plans only what has moved (PULSE-1). ``whole``:
    a person asked for it, so every company is read, whatever totals say (PULSE-4).
    """

    tick: Instant
    pulse: bool = False
    whole: bool = False

    @property
    def at(self) -> datetime:
        """Its time, in UTC."""
        return self.tick.astimezone(UTC)

    @classmethod
    def of(cls, event: Mapping[str, Any]) -> Self:
        """Return the tick in an event. Raises ContractError for anything else.

        The clock never takes its place.
        """
        return cls.read(event, wrong="is no tick", example='{"tick": "2026-11-01T00:05:00Z"}')


def problems_of(error: ValidationError) -> str:
    """Word the problems of an event, field by field."""
    return "; ".join(
        f"{'.'.join(map(str, each['loc'])) or 'event'}: {each['msg']}" for each in error.errors()
    )


class JobService(Message):
    """The part of a job for one service.

    ``agreement_id`` is the agreement of its line or of the line to open; None if lists lack it.
    ``product_id`` is None while the catalog has no such product. ``listed``: the agreements of its
    type could be read. ``only_if_used``: open only at a count above zero, because no tick of the
    month saw who was licensed (OPEN-9). ``late``: the agreement is the present one, because the
    month's own can bill no more (LATE-2). ``others`` are the ids of the company's other agreements
    of the type that ran in the month or later: a restored ledger may lack a line there (SAFE-8).
    ``look``: look at its Additions whatever the count says (FOLLOW-5). ``stays_open``: do not close
    the month, because the ConnectWise company is gone (MATCH-7).
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
    """Everything that a worker needs to bring one company-month up to date.

    ``agreements`` are those of its ``services``, each once. ``licensed`` is True if GravityZone
    lists the company as monthly-licensed. ``tick_before`` is the newest earlier tick that read all
    lists. ``standing`` has its services' causes in the company's standing. ``children`` are a
    partner's, whose counts are taken off its own (READ-4). ``by_person``: a person asked for the
    job, so a write that ConnectWise refused is tried at once (SAFE-2). ``branch`` is set if its end
    goes into the sweep's account (PULSE-2): the company directly below the key's own that it stands
    at or below, or the key's own.
    ``check_licence``: see if its licence is a paid monthly one, and note it (READ-3).
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
    branch: str = ""
    check_licence: bool = False

    @property
    def companies(self) -> int:
        """The number of companies that are read in GravityZone for it."""
        return 1 if self.children is None else 1 + len(self.children.ids)

    def agreement_of(self, service: JobService) -> Agreement | None:
        """Return the agreement as the planner listed it."""
        return next((each for each in self.agreements if each.id == service.agreement_id), None)


class UnsentError(ContractError):
    """The queue will never take some jobs, each for its own reason; all others are sent."""

    def __init__(self, message: str, *, refused: Sequence[tuple[Job, str]]) -> None:
        super().__init__(message)
        self.refused = refused
