"""A scenario: plain data about the start of both simulators, read from JSON or made by `demo`.

The JSON has the shape of `Scenario`, field by field; dates are `2026-11-01`, instants
`2026-11-01T08:30:00Z`. Fields with a default may be left out, unknown ones are refused.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Literal

from pydantic import ConfigDict, TypeAdapter, with_config

ENDPOINT_SECURITY = 0
"""GravityZone's product type that `getMonthlyUsage` covers."""
MONTHLY_SUBSCRIPTION = 3
"""GravityZone's `subscriptionType` of a company that is billed by the month."""

_STRICT = ConfigDict(extra="forbid")

type CompanyKind = Literal["partner", "customer"]


@with_config(_STRICT)
@dataclass(frozen=True, slots=True, kw_only=True)
class GravityZoneCompany:
    """A company in GravityZone.

    `parent_id` is a company's or a folder's, None for the key's own company.
    """

    id: str
    name: str
    parent_id: str | None
    kind: CompanyKind = "customer"
    subscription_type: int = MONTHLY_SUBSCRIPTION
    """1 trial, 2 licensed, 3 monthly subscription, 4 monthly licence trial, 5 monthly subscription
    trial, 6 FRAT."""
    minimum_usage: int | None = 0
    """The floor in `minimumUsage`; None leaves the object out."""
    plan_counter: str | None = "aLaCarteMonthlyUsage"
    """The counter that every endpoint stands in beside `endpointMonthlyUsage`."""
    suspended: bool = False
    country: str = "US"


@with_config(_STRICT)
@dataclass(frozen=True, slots=True, kw_only=True)
class GravityZoneFolder:
    """A folder, in which companies may stand."""

    id: str
    parent_id: str


@with_config(_STRICT)
@dataclass(frozen=True, slots=True, kw_only=True)
class GravityZoneEndpoint:
    """A machine and the instants at which it connects."""

    id: str
    company_id: str
    name: str
    seen: tuple[datetime, ...] = ()
    product_type: int = ENDPOINT_SECURITY
    counters: tuple[str, ...] = ()
    """Further counters that it stands in, e.g. `patchManagementMonthlyUsage`."""
    grouped: bool = True
    """True if it stands in a group below the company, where an endpoint list without recursion
    misses it."""


@with_config(_STRICT)
@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectWiseCompany:
    """A company in ConnectWise."""

    id: int
    identifier: str
    name: str
    deleted: bool = False


@with_config(_STRICT)
@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementType:
    """A type of agreement."""

    id: int
    name: str


@with_config(_STRICT)
@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogProduct:
    """A product of the catalog; price and cost per unit in the MSP's currency."""

    id: int
    identifier: str
    description: str
    unit_price: Decimal
    unit_cost: Decimal
    taxable: bool = True
    product_class: str = "Agreement"


@with_config(_STRICT)
@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """An agreement of a company; dates are the MSP's calendar."""

    id: int
    name: str
    type_id: int
    company_id: int
    start: date
    end: date | None = None
    no_ending: bool = True
    cancelled: bool = False
    date_cancelled: date | None = None
    bill_start: date | None = None
    """None for `start`."""
    billing_cycle: str = "Monthly"
    prorate: bool = False
    next_invoice_date: date | None = None
    period_type: str = "Current"


@with_config(_STRICT)
@dataclass(frozen=True, slots=True, kw_only=True)
class Addition:
    """An Addition that stands on an agreement before anything runs."""

    id: int
    agreement_id: int
    product_id: int
    quantity: Decimal
    effective: date
    cancelled: date | None = None
    unit_price: Decimal | None = None
    """None for the catalog's; so is the cost."""
    unit_cost: Decimal | None = None
    bill_customer: str = "Billable"
    taxable: bool | None = None
    less_included: Decimal = Decimal(0)
    description: str | None = None
    invoice_description: str = ""
    updated_by: str = "jlee"


@with_config(_STRICT)
@dataclass(frozen=True, slots=True, kw_only=True)
class GravityZoneWorld:
    """GravityZone's half."""

    companies: tuple[GravityZoneCompany, ...]
    endpoints: tuple[GravityZoneEndpoint, ...] = ()
    folders: tuple[GravityZoneFolder, ...] = ()


@with_config(_STRICT)
@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectWiseWorld:
    """ConnectWise's half."""

    companies: tuple[ConnectWiseCompany, ...]
    agreement_types: tuple[AgreementType, ...]
    products: tuple[CatalogProduct, ...]
    agreements: tuple[Agreement, ...] = ()
    additions: tuple[Addition, ...] = ()


@with_config(_STRICT)
@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """Both halves of one MSP's world."""

    gravityzone: GravityZoneWorld
    connectwise: ConnectWiseWorld


_SCENARIO: TypeAdapter[Scenario] = TypeAdapter(Scenario)


def load_scenario(path: Path) -> Scenario:
    """Read a scenario from a JSON file.

    Raise OSError, or pydantic's ValidationError with the field.
    """
    return _SCENARIO.validate_json(path.read_bytes())


def dump_scenario(scenario: Scenario) -> bytes:
    """Write a scenario as the JSON that `load_scenario` reads."""
    return _SCENARIO.dump_json(scenario, indent=2)
