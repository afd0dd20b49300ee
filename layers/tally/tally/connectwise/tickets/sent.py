"""The bodies of writes to tickets: none of them can mail anybody (ASK-2).

Each says ``processNotifications: false``: with notifications on, even an internal note mailed the
contact (seen live).
"""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import to_json

from tally.connectwise.models import Body
from tally.connectwise.tickets.rows import LONGEST_TEXT
from tally.domain.asking.question import LONGEST_REFERENCE
from tally.domain.asking.seen import SERVICE_TICKET
from tally.domain.asking.tickets_port import Desk, NewTicket
from tally.domain.asking.words import LONGEST_SUMMARY
from tally.errors import RefusedError

_FLAGS = (
    "automaticEmailContactFlag",
    "automaticEmailResourceFlag",
    "automaticEmailCcFlag",
    "allowAllClientsPortalView",
)


class _Sent(Body):
    process_notifications: Literal[False] = False

    def json_body(self) -> bytes:
        """Write it as it is sent; what has no value is left out."""
        return self.model_dump_json(by_alias=True, exclude_none=True).encode()


class _ById(BaseModel):
    model_config = ConfigDict(defer_build=True, extra="forbid", frozen=True)

    id: int


class TicketToCreate(_Sent):
    """The body of the POST: without a contact and an agreement, with every flag off (ASK-2)."""

    summary: str
    record_type: Literal["ServiceTicket"] = SERVICE_TICKET  # type: ignore[assignment]
    company: _ById
    board: _ById
    status: _ById
    type: _ById | None = None
    priority: _ById | None = None
    team: _ById | None = None
    source: _ById | None = None
    external_x_ref: str = Field(serialization_alias="externalXRef")
    # It becomes the first note, and is taken in a POST alone (description).
    initial_internal_analysis: str
    automatic_email_contact_flag: Literal[False] = False
    automatic_email_resource_flag: Literal[False] = False
    automatic_email_cc_flag: Literal[False] = False
    allow_all_clients_portal_view: Literal[False] = False


class NoteToCreate(_Sent):
    """An internal note, which is that and nothing else."""

    text: str
    internal_analysis_flag: Literal[True] = True
    detail_description_flag: Literal[False] = False
    resolution_flag: Literal[False] = False


def ticket_body(new: NewTicket, desk: Desk) -> bytes:
    """Return the body of a POST; RefusedError for what is too long to be sent."""
    _check("summary", new.summary, LONGEST_SUMMARY)
    _check("reference", new.reference, LONGEST_REFERENCE)
    _check("question", new.text, LONGEST_TEXT)
    return TicketToCreate(
        summary=new.summary,
        company=_ById(id=new.company_id),
        board=_ById(id=desk.board_id),
        status=_ById(id=desk.open_status_id),
        type=_chosen(desk.type_id),
        priority=_chosen(desk.priority_id),
        team=_chosen(desk.team_id),
        source=_chosen(desk.source_id),
        external_x_ref=new.reference,
        initial_internal_analysis=new.text,
    ).json_body()


def note_body(text: str) -> bytes:
    """Return the body of a note's POST; RefusedError for one that is too long to be sent."""
    _check("note", text, LONGEST_TEXT)
    return NoteToCreate(text=text).json_body()


def status_patch(status_id: int) -> bytes:
    """Return a PATCH of the status alone. A PATCH replaces whole objects (developer guide)."""
    return _patch(status={"id": status_id})


def quiet_patch() -> bytes:
    """Return a PATCH that takes the contact off, and every flag that mails somebody."""
    return _patch(contact=None, **dict.fromkeys(_FLAGS, False))


def _patch(**values: Any) -> bytes:  # noqa: ANN401 - JSON values
    # The path of a PATCH is bare: one into an object can change nothing (developer guide).
    operations = {"processNotifications": False, **values}
    return to_json(
        [{"op": "replace", "path": path, "value": value} for path, value in operations.items()]
    )


def _chosen(record_id: int | None) -> _ById | None:
    return None if record_id is None else _ById(id=record_id)


def _check(what: str, text: str, longest: int) -> None:
    if len(text) > longest:
        raise RefusedError(
            f"The ticket's {what} has {len(text):,} characters, more than {longest:,}: it was not "
            "sent."
        )
