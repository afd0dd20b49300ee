"""A customer in GravityZone, and how it is tied to a company in ConnectWise (rules MATCH-1)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class CompanyKind(StrEnum):
    """GravityZone's two kinds of company."""

    PARTNER = "partner"
    CUSTOMER = "customer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """A company as GravityZone lists it."""

    id: str
    name: str
    kind: CompanyKind
    parent_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectWiseCompany:
    """A company as ConnectWise lists it."""

    id: int
    identifier: str
    name: str
    deleted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapping:
    """What ties a GravityZone company to a ConnectWise company, by ids; names are kept for the reader only."""

    company_id: str
    company_name: str
    connectwise_id: int
    connectwise_name: str
    tied_by: str
    tied_at: datetime
    pinned_agreement_id: int | None = None
    excluded_since: datetime | None = None
    version: int = 1
