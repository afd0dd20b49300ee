"""Read the operator's settings from the environment variables that the template sets.

There is one frozen class per function. ``from_env`` names every variable that is missing or
malformed, with the template's parameter that feeds it.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Self
from zoneinfo import ZoneInfo

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)

from tally.connectwise.dialect import API_VERSION
from tally.domain.model.invoicing import Invoicing, LateUsage
from tally.domain.model.month import Month
from tally.domain.model.policy import Policy
from tally.domain.model.reading import MOST_SEATS
from tally.domain.model.screen import is_encodable, shortened
from tally.errors import SetupError
from tally.services import BilledService, read_services

_PARAMETERS = {
    "ADDITION_TEXT": "AdditionText",
    "AGREEMENT_TYPE": "AgreementType",
    "ATTACH_PRIVATELY": "AttachPrivately",
    "ATTACH_STATEMENTS": "AttachStatements",
    "BILL_MINIMUM": "BillMinimum",
    "BILLING_CYCLES": "BillingCycles",
    "BILLING_TIME_ZONE": "BillingTimeZone",
    "CLOSE_DAY": "CloseDay",
    "CONNECTWISE_API_VERSION": "ConnectWiseApiVersion",
    "CONNECTWISE_COMPANY": "ConnectWiseCompany",
    "CONNECTWISE_URL": "ConnectWiseUrl",
    "EVIDENCE": "Evidence",
    "EVIDENCE_MONTHS": "EvidenceMonths",
    "FIRST_MONTH": "FirstMonth",
    "FIRST_MONTH_SEATS": "FirstMonthSeats",
    "GRAVITYZONE_URL": "GravityZoneUrl",
    "GROWTH_PERCENT": "GrowthPercent",
    "GROWTH_SEATS": "GrowthSeats",
    "INVOICING": "Invoicing",
    "LATE_USAGE": "LateUsage",
    "LOCAL_HTTP_HOST": "LocalHttpHost",
    "OPEN_UNTIL_DAY": "OpenUntilDay",
    "PRODUCT": "Product",
    "PULSE_MINUTES": "PulseMinutes",
    "SERVICES": "Services",
    "STATEMENT_MONTHS": "StatementMonths",
    "SETTLE_SECONDS": "SettleSeconds",
    "SWEEP_CALLS_PER_SECOND": "LicensingCallsPerSecond",
    "TICKET_ANSWERERS": "TicketAnswerers",
    "TICKET_BOARD": "TicketBoard",
    "TICKET_CAUSES": "TicketCauses",
    "TICKET_CLOSED_STATUS": "TicketClosedStatus",
    "TICKET_OPEN_STATUS": "TicketOpenStatus",
    "TICKET_PRIORITY": "TicketPriority",
    "TICKET_SOURCE": "TicketSource",
    "TICKET_SUBCONTRACTORS": "TicketSubcontractors",
    "TICKET_TEAM": "TicketTeam",
    "TICKET_TYPE": "TicketType",
}


_SEARCHES_SHARE = 0.8


def _zone(value: str) -> ZoneInfo:
    try:
        return ZoneInfo(value)
    except (KeyError, OSError, ValueError):  # unknown, a folder's name, a path out of the database
        raise ValueError("it is no IANA time zone, such as Europe/Berlin") from None


def _month(value: str) -> Month | None:
    return Month.parse(value) if value else None


def _cycles(value: str) -> frozenset[str]:
    return frozenset(filter(None, (each.strip() for each in value.split(","))))


Text = Annotated[str, StringConstraints(min_length=1)]
"""A setting that may not be empty."""
_Services = Annotated[
    tuple[BilledService, ...], BeforeValidator(read_services), Field(validate_default=True)
]
_PulseMinutes = Annotated[int, Field(ge=0, le=5)]


class FromEnvironment(BaseModel):
    """Settings that are read from the environment, each by its name in capitals."""

    # Built at the first use: a function reads one of these classes alone, so a cold start does not
    # pay for the others.
    model_config = ConfigDict(
        defer_build=True,
        frozen=True,
        extra="ignore",
        alias_generator=str.upper,
        arbitrary_types_allowed=True,
        hide_input_in_errors=True,
    )

    @classmethod
    def from_env(cls, environment: Mapping[str, str]) -> Self:
        """Read the settings. Raises SetupError that names each missing or malformed one."""
        own = {
            name: value for name, value in environment.items() if name.lower() in cls.model_fields
        }
        problems = "; ".join(
            _sentence(name, "", "it has characters that are none")
            for name, value in own.items()
            if not is_encodable(value)
        )
        if problems:
            raise SetupError(f"The function cannot start: {problems}.")
        try:
            return cls.model_validate(own)
        except ValidationError as error:
            problems = "; ".join(
                _sentence(problem["loc"][0], problem["type"], problem["msg"])
                for problem in error.errors()
            )
        raise SetupError(f"The function cannot start: {problems}.")


_LONGEST_PROBLEM = 300
"""Characters of what is wrong with a setting: it may quote the setting, and others may be wrong."""


def _sentence(location: int | str, kind: str, message: str) -> str:
    name = str(location)
    what = (
        "is missing"
        if kind == "missing"
        else f"is malformed ({shortened(message.removeprefix('Value error, '), _LONGEST_PROBLEM)})"
    )
    parameter = _PARAMETERS.get(name)
    return f"the setting {name} {what}" + (
        f": deploy again with the parameter {parameter} set right" if parameter else ""
    )


class ConnectWiseSettings(FromEnvironment):
    """The settings of whoever calls ConnectWise."""

    secret_id: Text
    connectwise_url: Text
    connectwise_company: Text
    connectwise_api_version: Annotated[
        str, StringConstraints(pattern=r"^\d{1,4}(\.\d{1,3}){0,2}$")
    ] = API_VERSION
    settle_seconds: Annotated[int, Field(ge=1, le=3600)]
    local_http_host: str = ""
    request_timeout_seconds: Annotated[float, Field(gt=0, le=60)]


class Settings(ConnectWiseSettings):
    """The settings that planner and worker share."""

    table_name: Text
    gravityzone_url: Text
    billing_time_zone: Annotated[ZoneInfo, BeforeValidator(_zone)]
    billing_cycles: Annotated[frozenset[str], BeforeValidator(_cycles), Field(min_length=1)]
    addition_text: Text
    # Not the 1st, when late reports still come in (CLOSE-1), and a day that each month has.
    close_day: Annotated[int, Field(ge=2, le=28)]
    open_until_day: Annotated[int, Field(ge=2, le=28)]
    growth_percent: Annotated[int, Field(ge=0, le=1000)]
    growth_seats: Annotated[int, Field(ge=0, le=100_000)]
    first_month_seats: Annotated[int, Field(ge=0, le=MOST_SEATS)]
    bill_minimum: bool
    invoicing: Invoicing
    late_usage: LateUsage
    services: _Services = ""  # type: ignore[assignment]  # read as a setting is
    first_month: Annotated[Month | None, BeforeValidator(_month)] = None
    pulse_minutes: _PulseMinutes = 0
    queue_url: Text
    stack_name: Text

    @property
    def policy(self) -> Policy:
        """The part of the settings that decisions depend on."""
        return Policy(
            time_zone=self.billing_time_zone,
            cycles=self.billing_cycles,
            close_day=self.close_day,
            open_until_day=self.open_until_day,
            settle=timedelta(seconds=self.settle_seconds),
            text=self.addition_text,
            growth_percent=self.growth_percent,
            growth_seats=self.growth_seats,
            first_month_seats=self.first_month_seats,
            bill_minimum=self.bill_minimum,
            invoicing=self.invoicing,
            late_usage=self.late_usage,
        )


class PlannerSettings(Settings):
    """The planner's settings."""

    agreement_type: Text
    product: Text
    # GravityZone allows 5 licensing calls a second for each key (documented).
    sweep_calls_per_second: Annotated[float, Field(gt=0, le=5)]

    @property
    def own_calls_per_second(self) -> float:
        """The pace of the planner's own calls.

        A search leaves a part of the key's pace to the workers, which read again what it finds.
        """
        share = _SEARCHES_SHARE if self.pulse_minutes else 1
        return self.sweep_calls_per_second * share


class WorkerSettings(Settings):
    """The worker's settings. ``calls_per_second`` and ``burst`` are one container's share.

    ``jobs_at_once`` is the number of jobs that a container has in hand side by side, of a batch
    that may open a month.
    """

    calls_per_second: Annotated[float, Field(gt=0, le=5)]
    # The key's burst is 5, and after a pause the buckets of all containers are full.
    burst: Annotated[int, Field(ge=1, lt=5)]
    jobs_at_once: Annotated[int, Field(ge=1, le=4)]

    @property
    def calls_per_second_of_a_job(self) -> float:
        """One job's share of the pace: the jobs beside it take their turns, too."""
        return self.calls_per_second / self.jobs_at_once


class ReporterSettings(FromEnvironment):
    """The reporter's settings: it reads the ledger alone, and calls no vendor."""

    table_name: Text
    topic_arn: Text
    close_day: Annotated[int, Field(ge=2, le=28)]
    pulse_minutes: _PulseMinutes = 0
    stack_name: Text
    books_bucket: str = ""
    attach_statements: bool = False


class BookSettings(FromEnvironment):
    """The settings of the function ``book``: it reads the ledger.

    It calls no vendor unless it attaches statements; then it reads ``ConnectWiseSettings`` too.
    ``statement_months`` is the time for which books are kept, 0 for ever: the bucket's own rule
    carries it out, and the command tells by it what may be missing.
    """

    table_name: Text
    books_bucket: Text
    billing_time_zone: Annotated[ZoneInfo, BeforeValidator(_zone)]
    close_day: Annotated[int, Field(ge=2, le=28)]
    services: _Services = ""  # type: ignore[assignment]  # read as a setting is
    statement_months: Annotated[int, Field(ge=0, le=120)]
    attach_statements: bool = False
    attach_privately: bool = True


class EvidenceSettings(FromEnvironment):
    """The evidence function's settings: it reads GravityZone and the ledger, no ConnectWise.

    ``inventory_calls_per_second`` is one container's share.
    """

    table_name: Text
    secret_id: Text
    gravityzone_url: Text
    services: _Services = ""  # type: ignore[assignment]  # read as a setting is
    close_day: Annotated[int, Field(ge=2, le=28)]
    evidence: bool
    evidence_months: Annotated[int, Field(ge=1, le=120)]
    evidence_queue_url: Text
    # The key's limit for calls that are no licensing calls is 10 a second (documented).
    inventory_calls_per_second: Annotated[float, Field(gt=0, le=10)]
    request_timeout_seconds: Annotated[float, Field(gt=0, le=60)]
    local_http_host: str = ""
