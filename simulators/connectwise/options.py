"""Options for what differs from tenant to tenant, or is not known for sure.

The default is the likely choice.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any, Literal

from pydantic import ConfigDict, with_config

from simulators.connectwise.periods import Invoicing

type OpenEnd = Literal["missing", "null", "empty"]


class Right(StrEnum):
    """A permission of the API member, module and action as in ConnectWise's security roles."""

    COMPANIES_INQUIRE = "companies/company maintenance/inquire"
    AGREEMENTS_INQUIRE = "finance/agreements/inquire"
    AGREEMENTS_ADD = "finance/agreements/add"
    AGREEMENTS_EDIT = "finance/agreements/edit"
    CATALOG_INQUIRE = "procurement/product catalog/inquire"
    TABLES_INQUIRE = "system/table setup/inquire"
    DOCUMENTS_INQUIRE = "companies/manage documents/inquire"
    DOCUMENTS_ADD = "companies/manage documents/add"
    TICKETS_INQUIRE = "service desk/service tickets/inquire"
    TICKETS_ADD = "service desk/service tickets/add"
    TICKETS_EDIT = "service desk/service tickets/edit"
    TICKETS_CLOSE = "service desk/close service tickets/edit"
    MEMBERS_INQUIRE = "system/member maintenance/inquire"


INQUIRE = (Right.COMPANIES_INQUIRE, Right.AGREEMENTS_INQUIRE)
"""The rights to read what belongs to somebody, which a role can have of its own records alone."""


@with_config(ConfigDict(extra="forbid"))
@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """The only keys that are let in."""

    public_key: str
    private_key: str
    client_id: str | None = None
    """None for any."""


@with_config(ConfigDict(extra="forbid"))
@dataclass(slots=True, kw_only=True)
class ConnectWiseOptions:
    """The way this tenant behaves.

    Mutable: a test or a control call may change it while calls come in.
    """

    company: str | None = None
    """The login company's id; None lets every company in."""
    company_name: str = "Example MSP"
    credentials: Credentials | None = None
    """None for any that are well-formed."""
    wrong_key_status: Literal[401, 404] = 401
    """Cloud hosts were seen to answer 404 to a wrong key."""
    open_system_info: bool = True
    """True if `/system/info` answers without valid keys."""
    api_member: str = "TallyAPI"
    """The name that `_info.updatedBy` gives to what the API wrote."""
    taken_rights: frozenset[Right] = frozenset()
    """Permissions that the API member lacks."""

    codebase: str = "v2025_1"
    former_codebases: frozenset[str] = frozenset()
    """Codebases that moved on: 404, until the caller asks companyinfo for the present one."""
    is_cloud: bool | str = "True"
    """`IsCloud` in companyinfo: a string on some hosts, a boolean on others."""
    unknown_company: Literal["null", "404"] = "null"
    """The answer of companyinfo about a company that it does not know."""

    time_zone: str = "UTC"
    """IANA name of the zone that decides the day: for `agreementStatus`, and where an effective
    date is left out."""
    list_lag: timedelta = timedelta(0)
    """The time for which lists and searches go on without a write; reads by id see it at once."""
    lag_reads_by_id: bool = False
    """True if reads by id lag as well."""
    strict_strings: bool = False
    """True if equal strings must have the same case and the same trailing spaces."""
    empty_compounds: bool = False
    """True if conditions with and/or silently find nothing, as one on-premise tenant was seen to
    do."""
    slow_above: int | None = None
    """The most records that a page can have and still come within a timeout; None for no limit."""
    page_limit: int | None = None
    """The most records that a page has, whatever was asked for, without a `Link` to the next one;
    None for no such limit."""
    known_versions: frozenset[str] | None = None
    """The versions of the API that this server knows; None where it takes any."""
    sees_mine: frozenset[Right] = frozenset()
    """Inquire rights that the API member has for its own records alone, those in ``mine``."""
    mine: frozenset[int] = frozenset()
    """Ids of the API member's own records: as a rule it has none, and lists come empty."""
    links: Literal["absolute", "relative"] = "absolute"
    """The form of the URLs in `Link`."""
    open_end: OpenEnd = "missing"
    """The form in which a new Addition without a cancelled date shows that."""
    invoicing: Invoicing = "arrears"
    """The period that an agreement's invoice covers: the one that ends at `nextInvoiceDate`, or the
    one that begins there. An agreement may have its own choice."""
    refuse_invoiced_periods: bool = True
    """True if an invoiced period refuses new Additions on an agreement that does not prorate."""
    parents_list_children: bool = False
    """True if an agreement's list also shows the Additions of the agreements below it, at any
    depth."""
    cancelled_agreements_refuse_changes: bool = False
    """True if Additions on a cancelled agreement can no longer be changed. New ones are always
    refused."""

    rewrites: dict[str, Any] = field(default_factory=dict)
    """Fields that a rule of the MSP sets on each Addition that the API makes or changes, before it
    answers. The names are the API's."""

    longest_title: int | None = None
    """Characters of a document's title that are kept; None for all of them."""

    tickets_get_contacts: bool = False
    """True if a ticket that is made without a contact gets its company's default one by itself."""
    foreign_statuses: bool = False
    """True if a ticket takes a status of another board, as older versions may do."""
    ticket_rewrites: dict[str, Any] = field(default_factory=dict)
    """Fields that a rule of the MSP sets on each ticket that the API makes or changes, before it
    answers."""

    requests_per_minute: int | None = None
    """None for no limit; about 1,000 is said to be safe."""
    real_time_limit: bool = False
    """True if that limit goes by real time, as behind a port; else it goes by the simulator's
    clock."""
