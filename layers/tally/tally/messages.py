"""What comes in from outside: the schedule's tick, and the job, one SQS message for one company-month."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, PlainSerializer, ValidationError

from tally.domain.agreement import Agreement
from tally.domain.month import Month
from tally.domain.standing import Cause, StandingState
from tally.errors import ContractError


def _month(value: Any) -> Any:  # noqa: ANN401 - pydantic hands over whatever the message holds
    return Month.parse(value) if isinstance(value, str) else value


MonthField = Annotated[Month, BeforeValidator(_month), PlainSerializer(str)]


class _Message(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Tick(_Message):
    """The schedule's event: the instant at which it was to fire, by EventBridge Scheduler's own word."""

    tick: AwareDatetime

    @classmethod
    def of(cls, event: Mapping[str, Any]) -> datetime:
        """The tick in an event, in UTC. Raises ContractError for anything else: there is no clock to fall back to."""
        try:
            return cls.model_validate(event).tick.astimezone(UTC)
        except ValidationError as error:
            problems = "; ".join(
                f"{'.'.join(map(str, each['loc'])) or 'event'}: {each['msg']}" for each in error.errors()
            )
        raise ContractError(f'The event is no tick ({problems}): it must be like {{"tick": "2026-11-01T00:05:00Z"}}.')


class AgreementSnapshot(_Message):
    """The agreement as the planner's list had it."""

    id: int
    name: str
    type_id: int
    company_id: int
    starts: date | None = None
    ends: date | None = None
    cancelled: bool = False
    cancelled_on: date | None = None
    bill_starts: date | None = None
    billing_cycle: str = ""
    next_invoice: date | None = None
    version: str = ""

    @classmethod
    def of(cls, agreement: Agreement) -> "AgreementSnapshot":
        """The snapshot of a domain agreement."""
        return cls(**{name: getattr(agreement, name) for name in cls.model_fields})

    def agreement(self) -> Agreement:
        """The domain agreement it was made of."""
        return Agreement(**{name: getattr(self, name) for name in type(self).model_fields})


class CauseSnapshot(_Message):
    """A standing's cause as the planner knew it, so that a worker with nothing new to say reads and writes nothing."""

    state: StandingState
    reason: str = ""
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    notices: tuple[str, ...] = ()

    @classmethod
    def of(cls, cause: Cause) -> "CauseSnapshot":
        """The snapshot of a domain cause."""
        return cls(**{name: getattr(cause, name) for name in cls.model_fields})

    def cause(self) -> Cause:
        """The domain cause it was made of."""
        return Cause(**{name: getattr(self, name) for name in type(self).model_fields})


class Job(_Message):
    """All that a worker needs to bring one company-month up to date.

    ``agreement`` is where a record would be opened, or where its line stands; None if the lists no longer have it.
    ``product_id`` is None while the product cannot be resolved; ``directory_read`` says that ConnectWise's lists
    could be read. ``licensed`` is what GravityZone's list says.
    ``only_if_used``: open only at a count above zero (OPEN-9, when no tick of the month had seen who was licensed).
    """

    tick: AwareDatetime
    company_id: str
    company_name: str
    connectwise_id: int | None = None
    month: MonthField
    agreement: AgreementSnapshot | None = None
    product_id: int | None = None
    directory_read: bool = False
    licensed: bool = True
    may_open: bool = True
    only_if_used: bool = False
    standing: dict[str, CauseSnapshot] = {}
    last_reading: AwareDatetime | None = None
