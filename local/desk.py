"""A service desk in the ConnectWise simulator for a deployed stack: its board, statuses and member.

The desk is made by control calls, so that it can be made beside any scenario.
"""

from collections.abc import Callable, Mapping

from simulators.connectwise.desk.example import BOARD, CLOSED, JANE, OPEN

DESK_PARAMETERS: Mapping[str, str] = {
    "TicketBoard": BOARD,
    "TicketOpenStatus": OPEN,
    "TicketClosedStatus": CLOSED,
}
"""The template's parameters that ask there. A local stack's tickets are played by hand."""


def make_desk(act: Callable[..., int | None]) -> None:
    """Make the desk with one member, Jane; ``act`` does what a person does in ConnectWise."""
    board = act("add_board", name=BOARD)
    act("add_status", board_id=board, name=OPEN, default=True)
    act("add_status", board_id=board, name=CLOSED, closed=True)
    act("add_priority", name="Priority 3 - Normal", default=True)
    act("add_source", name="Integration", default=True)
    act("add_member", identifier=JANE)
