"""What ConnectWise shows of a ticket, its notes and the members who wrote them."""

from dataclasses import dataclass
from datetime import datetime

SERVICE_TICKET = "ServiceTicket"
"""The ``recordType`` of a ticket that is not a project's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenTicket:
    """A ticket as a GET or the answer to a POST shows it.

    ``contact_id`` is a person of the customer's, to whom ConnectWise may mail. ``mails`` is True if
    any flag is set that mails somebody or shows the ticket in the portal (ASK-2). ``merged_into``
    and ``parent_id`` name other tickets. ``entered_by`` is who made it, ``entered`` when,
    ``updated`` when it last changed.
    """

    id: int
    company_id: int
    board_id: int
    closed: bool
    reference: str
    record_type: str = SERVICE_TICKET
    status_id: int = 0
    contact_id: int | None = None
    mails: bool = False
    merged_into: int | None = None
    parent_id: int | None = None
    entered_by: str = ""
    entered: datetime | None = None
    updated: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenNote:
    """A note of a ticket. ``internal`` is True if it is internal analysis and nothing else.

    ``member`` is the identifier of the member that it names, "" for none. ``contact`` is True if it
    names a person of the customer's. ``created_by`` and ``updated_by`` are who wrote it, as
    ConnectWise itself notes.
    """

    id: int
    ticket_id: int
    text: str
    internal: bool
    member: str = ""
    contact: bool = False
    created_by: str = ""
    updated_by: str = ""
    created: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenMember:
    """A member by identifier. ``license_class`` is F full, X subcontractor, A API, C customer."""

    identifier: str
    license_class: str
    active: bool
