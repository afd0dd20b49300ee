"""Boards, statuses and the like by name: found exactly, or told with the near misses (MATCH-2)."""

from collections.abc import Iterable, Mapping, Sequence

from tally.connectwise.calls import Calls
from tally.connectwise.tickets.rows import BoardRow, NamedRow, NotificationRow, StatusRow
from tally.domain.asking.tickets_port import Desk, DeskNames
from tally.domain.linking.matching import resolve
from tally.errors import AmbiguousNameError, SetupError

_BOARDS = "/service/boards"
_CONTACT = "contact"


def find_desk(calls: Calls, names: DeskNames) -> Desk:
    """Resolve the names to ids; ``Tickets.desk`` says what it promises."""
    board = _named(
        calls, _BOARDS, BoardRow, names.board, what="service board", setting="TicketBoard"
    )
    if board.project_flag:
        raise SetupError(
            f"ConnectWise's board {board.name!r} is a project board, which takes no service "
            "tickets (setting TicketBoard)."
        )
    below = f"{_BOARDS}/{board.id:d}"
    statuses = _rows(calls, f"{below}/statuses", StatusRow)

    def status(name: str, setting: str, *, closes: bool) -> int:
        what = f"status of the board {board.name!r}"
        found = _one(statuses, name, what=what, setting=setting)
        if bool(found.closed_status) is not closes:
            wrong = "does not close" if closes else "closes"
            raise SetupError(f"The {what} {name!r} {wrong} a ticket (setting {setting}).")
        return found.id

    def chosen(path: str, name: str, what: str) -> int | None:
        if not name:
            return None
        setting = f"Ticket{what.capitalize()}"
        return _named(calls, path, NamedRow, name, what=what, setting=setting).id

    return Desk(
        board_id=board.id,
        open_status_id=status(names.open_status, "TicketOpenStatus", closes=False),
        closed_status_id=status(names.closed_status, "TicketClosedStatus", closes=True),
        type_id=chosen(f"{below}/types", names.type, "type"),
        priority_id=chosen("/service/priorities", names.priority, "priority"),
        team_id=chosen(f"{below}/teams", names.team, "team"),
        source_id=chosen("/service/sources", names.source, "source"),
    )


def what_mails(calls: Calls, desk: Desk) -> Sequence[str]:
    """Say what of a desk would mail a ticket's contact, if it had one (ASK-2)."""
    found = []
    boards = {each.id: each for each in _rows(calls, _BOARDS, BoardRow)}
    board = boards.get(desk.board_id)
    if board is None or board.send_to_contact_flag is not False:
        found.append("the board mails contacts")
    for name, status_id in (
        ("open", desk.open_status_id),
        ("closed", desk.closed_status_id),
    ):
        path = f"{_BOARDS}/{desk.board_id:d}/statuses/{status_id:d}/notifications"
        roles = {each.notify_who.casefold() for each in _rows(calls, path, NotificationRow)}
        if any(_CONTACT in role or not role for role in roles):
            found.append(f"the {name} status mails contacts")
    return found


def _rows[R: (NamedRow, BoardRow, StatusRow, NotificationRow)](
    calls: Calls, path: str, row: type[R]
) -> list[R]:
    return list(calls.rows(path, row.model_validate))


def _named[R: (NamedRow, BoardRow)](
    calls: Calls, path: str, row: type[R], name: str, *, what: str, setting: str
) -> R:
    return _one(_rows(calls, path, row), name, what=what, setting=setting)


def _one[R: (NamedRow, BoardRow, StatusRow)](
    rows: Iterable[R], name: str, *, what: str, setting: str
) -> R:
    """Return the one active row of that name.

    Raises SetupError with the near misses, and AmbiguousNameError for two of that name.
    """
    active: dict[str, list[R]] = {}
    inactive: set[str] = set()
    for each in rows:
        if each.name and each.is_active:
            active.setdefault(each.name, []).append(each)
        else:
            inactive.add(each.name)
    same = active.get(name, [])
    if len(same) == 1:
        return same[0]
    if same:
        ids = [each.id for each in same]
        raise AmbiguousNameError(f"Two in ConnectWise are {what} {name!r}: ids {ids}")
    if name in inactive:
        raise SetupError(f"ConnectWise's {what} {name!r} is inactive (setting {setting}).")
    others: Mapping[str, int] = {known: found[0].id for known, found in active.items()}
    raise SetupError(str(resolve(name, others, what=what, setting=setting)))
