"""A client of tickets over a simulated desk, or over answers that the simulator never gives."""

from typing import Any

from simulators.connectwise.desk.example import BOARD, CLOSED, OPEN, ExampleDesk, example_desk
from simulators.connectwise.example import HARBOR
from tally.connectwise.tickets.client import TicketClient
from tally.domain.asking.tickets_port import Desk, DeskNames, NewTicket
from tests.unit.connectwise_caller import World

NAMES = DeskNames(board=BOARD, open_status=OPEN, closed_status=CLOSED)
NEW = NewTicket(
    company_id=HARBOR,
    reference="tally:tally:c1:202611:endpoints:1",
    summary="Tally: November 2026 on hold - Harbor Dental [T7K2]",
    text="Is 240 right?\n\nTALLY T7K2 approve",
)


class DeskWorld(World):
    """A simulator with a desk, and the client of its tickets."""

    def __init__(self, **options: Any) -> None:  # noqa: ANN401 - options of the simulator
        super().__init__(**options)
        self.people = self.simulator.desk_people
        self.ids: ExampleDesk = example_desk(self.people)
        self.tickets = TicketClient(self.client.calls)

    @property
    def desk(self) -> Desk:
        """The desk by its ids."""
        return Desk(
            board_id=self.ids.board,
            open_status_id=self.ids.open_status,
            closed_status_id=self.ids.closed_status,
        )

    def make(self) -> int:
        """Make a ticket; return its id."""
        return self.tickets.create(NEW, self.desk).id

    def bodies(self, operation: str) -> list[bytes]:
        """The bodies of the calls of an operation that arrived."""
        return [each.body for each in self.simulator.calls.of(operation)]


def ticket_row(**changes: object) -> dict[str, Any]:
    """A ticket as a live site answers it; a change to None leaves the field out."""
    row: dict[str, object] = {
        "id": 7,
        "summary": "x",
        "recordType": "ServiceTicket",
        "company": {"id": HARBOR, "identifier": "HarborDental"},
        "board": {"id": 21, "name": "Tally"},
        "status": {"id": 560, "name": "New"},
        "closedFlag": False,
        "externalXRef": NEW.reference,
        "automaticEmailContactFlag": False,
        "_info": {
            "lastUpdated": "2026-11-05T13:00:00Z",
            "dateEntered": "2026-11-05T12:00:00Z",
            "enteredBy": "TallyAPI",
        },
    }
    row.update(changes)
    return {name: value for name, value in row.items() if value is not None}


def note_row(**changes: object) -> dict[str, Any]:
    """A note as a live site answers it; a change to None leaves the field out."""
    row: dict[str, object] = {
        "id": 5,
        "ticketId": 7,
        "text": "TALLY T7K2 approve",
        "internalAnalysisFlag": True,
        "detailDescriptionFlag": False,
        "resolutionFlag": False,
        "member": {"id": 1, "identifier": "JDoe"},
        "dateCreated": "2026-11-05T12:00:00Z",
        "createdBy": "JDoe",
        "_info": {"lastUpdated": "2026-11-05T12:00:00Z", "updatedBy": "JDoe"},
    }
    row.update(changes)
    return {name: value for name, value in row.items() if value is not None}
