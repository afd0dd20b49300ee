"""A service desk as an MSP makes one for Tally: its board, statuses and members."""

from dataclasses import dataclass

from simulators.connectwise.desk.people import SOMEONE, DeskPeople

BOARD, OPEN, CLOSED = "Tally questions", "New", ">Closed - No Automatic Email"
JANE, PETER, CONTRACTOR, CUSTOMER, ROBOT = "JDoe", "PWest", "XFirm", "CAnn", "SyncBot"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExampleDesk:
    """The ids of an example's boards and statuses; `other_board` is people's own."""

    board: int
    open_status: int
    closed_status: int
    other_board: int
    other_open: int
    other_closed: int


def example_desk(people: DeskPeople) -> ExampleDesk:
    """Make two boards with statuses, types, teams, priorities, sources and members."""
    other = people.add_board("Help desk", send_to_contact=True)
    other_open = people.add_status(other, OPEN, default=True, notifies=("Contact",))
    other_closed = people.add_status(other, "Closed", closed=True, notifies=("Contact",))
    board = people.add_board(BOARD)
    for name, kind in (("Billing", board), ("Incident", other)):
        people.add_type(kind, name)
        people.add_team(kind, f"{name} team")
    open_status = people.add_status(board, OPEN, default=True)
    people.add_status(board, "Waiting", notifies=("Resource",))
    people.add_status(board, "Cancelled", closed=True, inactive=True)
    closed_status = people.add_status(board, CLOSED, closed=True)
    people.add_priority("Priority 3 - Normal", default=True)
    people.add_priority("Priority 4 - Low")
    people.add_source("Integration", default=True)
    for identifier, license_class in (
        (JANE, "F"),
        (PETER, "F"),
        (SOMEONE, "F"),
        (CONTRACTOR, "X"),
        (CUSTOMER, "C"),
        (ROBOT, "A"),
        ("TallyAPI", "A"),
    ):
        people.add_member(identifier, license_class=license_class)
    return ExampleDesk(
        board=board,
        open_status=open_status,
        closed_status=closed_status,
        other_board=other,
        other_open=other_open,
        other_closed=other_closed,
    )
