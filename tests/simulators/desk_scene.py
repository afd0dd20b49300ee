"""A simulator with a service desk, and calls to it."""

import json
from typing import Any

from simulators.connectwise import ConnectWiseSimulator
from simulators.connectwise.desk.example import ExampleDesk, example_desk
from simulators.connectwise.example import HARBOR, Caller, example_simulator
from simulators.core import Response

FLAGS_OFF = {
    "automaticEmailContactFlag": False,
    "automaticEmailResourceFlag": False,
    "automaticEmailCcFlag": False,
    "allowAllClientsPortalView": False,
    "processNotifications": False,
}


class Scene:
    """The simulator, its desk, and a caller with good keys."""

    def __init__(self) -> None:
        self.simulator: ConnectWiseSimulator = example_simulator()
        self.people = self.simulator.desk_people
        self.ids: ExampleDesk = example_desk(self.people)
        self.caller = Caller(self.simulator)

    def body(self, **changes: object) -> dict[str, object]:
        """Return a body that POST takes; a change to None leaves the field out."""
        body: dict[str, object] = {
            "summary": "Tally: November 2026 on hold",
            "recordType": "ServiceTicket",
            "company": {"id": HARBOR},
            "board": {"id": self.ids.board},
            "status": {"id": self.ids.open_status},
            "externalXRef": "tally:x:1",
            "initialInternalAnalysis": "Is 240 right?",
            **FLAGS_OFF,
        }
        body.update(changes)
        return {name: value for name, value in body.items() if value is not None}

    def post(self, **changes: object) -> Response:
        """POST a ticket."""
        return self.caller.send("POST", "service/tickets", self.body(**changes))

    def make(self, **changes: object) -> dict[str, Any]:
        """POST a ticket that must be taken, and return it."""
        answer = self.post(**changes)
        assert answer.status == 201, answer.body
        made: dict[str, Any] = json.loads(answer.body)
        return made

    def patch(self, ticket_id: int, **values: object) -> Response:
        """PATCH fields of a ticket by their bare paths."""
        operations = [
            {"op": "replace", "path": path, "value": value} for path, value in values.items()
        ]
        return self.caller.send("PATCH", f"service/tickets/{ticket_id}", operations)

    def note(self, ticket_id: int, **fields: object) -> Response:
        """POST a note."""
        return self.caller.send("POST", f"service/tickets/{ticket_id}/notes", fields)

    def get(self, ticket_id: int) -> Response:
        """GET a ticket."""
        return self.caller.get(f"service/tickets/{ticket_id}")

    def shown(self, ticket_id: int) -> dict[str, Any]:
        """GET a ticket that must be there."""
        answer = self.get(ticket_id)
        assert answer.status == 200, answer.body
        ticket: dict[str, Any] = json.loads(answer.body)
        return ticket

    def notes(self, ticket_id: int) -> list[dict[str, Any]]:
        """List a ticket's notes."""
        return self.caller.rows(f"service/tickets/{ticket_id}/notes")

    def mails(self) -> list[tuple[str, str, str]]:
        """Whom the desk mailed, why, and who caused it."""
        return [(each.to, each.why, each.by) for each in self.simulator.desk.mails]
