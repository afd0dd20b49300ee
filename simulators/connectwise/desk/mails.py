"""Mails that the desk sends, and rules of the MSP that change tickets or mail."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from simulators.connectwise.api_records import instant

RULE = "workflow"
"""The name by which a rule changes a ticket."""

type Event = Literal["made", "changed", "noted"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """One mail to a person outside. `by` is who caused it: "api", a rule, or a person's name."""

    at: datetime
    ticket_id: int
    to: str
    why: str
    by: str

    def as_json(self) -> dict[str, Any]:
        """Return the values that a control call shows."""
        return {
            "at": instant(self.at),
            "ticket_id": self.ticket_id,
            "to": self.to,
            "why": self.why,
            "by": self.by,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule that runs after each event of its kind, whatever `processNotifications` says.

    `sets_status` is the status that it gives the ticket. `mails` is an address, or "contact" for
    the ticket's own. `board_id` None is every board.
    """

    when: Event
    sets_status: int | None = None
    mails: str = ""
    board_id: int | None = None

    def is_about(self, event: Event, ticket: Mapping[str, Any]) -> bool:
        """Return True if the rule runs."""
        return self.when == event and self.board_id in {None, ticket["board"]["id"]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruled:
    """A ticket that a rule has closed, or else reopened, and by whose act the rule ran."""

    at: datetime
    ticket_id: int
    closes: bool
    by: str


def reasons(
    event: Event,
    ticket: Mapping[str, Any],
    *,
    board: Mapping[str, Any],
    status_mails: bool,
    status_changed: bool,
) -> list[str]:
    """Return why a contact is mailed about an event whose notifications are processed."""
    found = {
        "board": event == "made" and board["sendToContactFlag"],
        "status": status_changed and status_mails,
        # Seen live: with notifications on, even an internal note mailed the contact.
        "note": event == "noted",
        "flag": ticket["automaticEmailContactFlag"],
    }
    return [why for why, is_so in found.items() if is_so]
