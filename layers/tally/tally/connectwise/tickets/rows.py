"""Tickets, notes and members as ConnectWise answers them, read as far as they can be.

What is not there is never guessed: a note without an author has none, and answers nothing (ASK-3).
Field names are those of the public OpenAPI description (2025.x); ``dateEntered`` and ``enteredBy``
stand in a ticket's ``_info`` (answers of live tenants in public code).
"""

from datetime import datetime
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field

from tally.connectwise.fields import FlagIfAny, Id, IdIfAny, Name, PlainText, instant_if_any
from tally.connectwise.models import Received, Reference
from tally.domain.asking.seen import SeenMember, SeenNote, SeenTicket
from tally.transport.rows import whole

LONGEST_TEXT: Final = 8_000
"""Characters of a note that are read, and that are sent at most (SAFE-10)."""
_LONGEST_IDENTIFIER = 100


def _cut(value: object) -> str:
    return value[:LONGEST_TEXT] if isinstance(value, str) else ""


def _identifier(value: object) -> str:
    """Read a member's identifier; one that is too long to be one is none, and never cut to one."""
    is_one = isinstance(value, str) and len(value) <= _LONGEST_IDENTIFIER
    return value if is_one else ""  # type: ignore[return-value]


def _member(value: object) -> str:
    return _identifier(value.get("identifier")) if isinstance(value, dict) else ""


def _is_there(value: object) -> bool:
    return value not in (None, "", {})


def _may_be_set(value: object) -> bool:
    """Return True for a flag, unless it is certainly not set."""
    return value is not None and value is not False


def _other(value: object) -> int | None:
    """Return the id of another record; 0 for one that is there and has no readable id."""
    if not _is_there(value) or value == 0:
        return None
    found = whole({"it": value}, "it") or whole(value, "id")
    return 0 if found is None else found


_Text = Annotated[str, BeforeValidator(_cut)]
_Identifier = Annotated[str, BeforeValidator(_identifier)]
_Member = Annotated[str, BeforeValidator(_member)]
_There = Annotated[bool, BeforeValidator(_is_there)]
_MaybeSet = Annotated[bool, BeforeValidator(_may_be_set)]
_Other = Annotated[int | None, BeforeValidator(_other)]
_Instant = Annotated[datetime | None, BeforeValidator(instant_if_any)]


class _Info(Received):
    last_updated: _Instant = None
    updated_by: _Identifier = ""
    date_entered: _Instant = None
    entered_by: _Identifier = ""


def _info(value: object) -> object:
    return value if isinstance(value, dict) else {}


_InfoOrNone = Annotated[_Info, BeforeValidator(_info)]


class TicketRow(Received):
    """A ticket. Without its company, its board or ``closedFlag`` it cannot be read."""

    id: Id
    company: Reference
    board: Reference
    closed_flag: Annotated[bool, Field(strict=True)]
    external_x_ref: PlainText = Field(default="", alias="externalXRef")
    record_type: Name = ""
    status: IdIfAny = None
    contact: _Other = None
    automatic_email_contact_flag: _MaybeSet = False
    automatic_email_resource_flag: _MaybeSet = False
    automatic_email_cc_flag: _MaybeSet = False
    allow_all_clients_portal_view: _MaybeSet = False
    merged_parent_ticket: _Other = None
    parent_ticket_id: _Other = None
    info: _InfoOrNone = Field(default=_Info(), alias="_info")

    def ticket(self) -> SeenTicket:
        """Return the domain's view of it."""
        return SeenTicket(
            id=self.id,
            company_id=self.company.id,
            board_id=self.board.id,
            closed=self.closed_flag,
            reference=self.external_x_ref,
            record_type=self.record_type,
            status_id=self.status or 0,
            contact_id=self.contact,
            mails=self.automatic_email_contact_flag
            or self.automatic_email_resource_flag
            or self.automatic_email_cc_flag
            or self.allow_all_clients_portal_view,
            merged_into=self.merged_parent_ticket,
            parent_id=self.parent_ticket_id,
            entered_by=self.info.entered_by,
            entered=self.info.date_entered,
            updated=self.info.last_updated,
        )


class NoteRow(Received):
    """A note. ``internalFlag`` and ``externalFlag`` beside these mean nothing (seen live)."""

    id: Id
    ticket_id: _Other = None
    text: _Text = ""
    internal_analysis_flag: FlagIfAny = None
    detail_description_flag: _MaybeSet = False
    resolution_flag: _MaybeSet = False
    member: _Member = ""
    contact: _There = False
    date_created: _Instant = None
    created_by: _Identifier = ""
    info: _InfoOrNone = Field(default=_Info(), alias="_info")

    def note(self) -> SeenNote:
        """Return the domain's view of it."""
        others = self.detail_description_flag or self.resolution_flag
        return SeenNote(
            id=self.id,
            ticket_id=self.ticket_id or 0,
            text=self.text,
            internal=self.internal_analysis_flag is True and not others,
            member=self.member,
            contact=self.contact,
            created_by=self.created_by,
            updated_by=self.info.updated_by,
            created=self.date_created,
        )


class TextRow(Received):
    """A note or a time entry of ``allNotes``, which shows no author and no date (description)."""

    id: Id
    text: _Text = ""


class MemberRow(Received):
    """A member. One whose class or flag is not told answers nothing."""

    id: Id
    identifier: _Identifier = ""
    license_class: Name = ""
    inactive_flag: FlagIfAny = None

    def member(self) -> SeenMember:
        """Return the domain's view of it."""
        return SeenMember(
            identifier=self.identifier,
            license_class=self.license_class,
            active=self.inactive_flag is False,
        )


class NamedRow(Received):
    """A board, a type, a team, a priority or a source. Some have ``inactive``, some the flag."""

    id: Id
    name: Name = ""
    inactive: FlagIfAny = None
    inactive_flag: FlagIfAny = None

    @property
    def is_active(self) -> bool:
        """True unless it is marked as inactive."""
        return not (self.inactive or self.inactive_flag)


class BoardRow(NamedRow):
    """A board. A project board takes no service tickets."""

    project_flag: FlagIfAny = None
    send_to_contact_flag: FlagIfAny = None


class StatusRow(NamedRow):
    """A status of a board."""

    closed_status: FlagIfAny = None


def _role(value: Any) -> str:  # noqa: ANN401 - whatever the field holds
    if not isinstance(value, dict):
        return ""
    found = value.get("identifier") or value.get("name")
    return found if isinstance(found, str) else ""


class NotificationRow(Received):
    """Whom a status notifies."""

    id: Id
    notify_who: Annotated[str, BeforeValidator(_role)] = ""
