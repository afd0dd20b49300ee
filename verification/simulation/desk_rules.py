"""Workflow rules that the MSP has now and then, and what they have done to tickets of ours."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from simulators.connectwise import API
from simulators.connectwise.desk import Desk, DeskPeople
from simulators.connectwise.desk.example import ExampleDesk
from simulators.connectwise.desk.mails import Event

_STANDS_FOR = timedelta(hours=30)
"""Longer than Tally tries to close a ticket that a rule reopens."""


class Rule(NamedTuple):
    """The event that a rule follows, and what it does then: close, reopen, or mail the contact."""

    when: Event
    does: str


RULES: Mapping[str, Rule] = {
    "made": Rule("made", "closes"),
    "noted": Rule("noted", "closes"),
    "reopens changed": Rule("changed", "reopens"),
    "reopens noted": Rule("noted", "reopens"),
    "mails made": Rule("made", "mails the contact of"),
    "mails changed": Rule("changed", "mails the contact of"),
    "mails noted": Rule("noted", "mails the contact of"),
}
"""By the names under which they are drawn."""
LATER_THAN_A_CONTACT = frozenset({"mails made", "mails noted"})
"""Rules that run before Tally can take off a contact which a new ticket gets by itself: no guard is
known against them (docs/tickets.md)."""


class DeskRules:
    """The rule of one run, and the tickets that it has closed and reopened.

    ``ended`` are tickets that somebody closed or reopened, each with since when. ``left`` are those
    that Tally closed again and again, and left.
    """

    def __init__(self, desk: Desk, people: DeskPeople, ids: ExampleDesk, kind: str) -> None:
        self._desk, self._people, self._ids = desk, people, ids
        self._kind = kind
        self._ends: datetime | None = None
        self._read = 0
        self.ended: dict[int, datetime] = {}
        self.left: set[int] = set()
        self._reopened: dict[int, datetime] = {}

    def begin(self, now: datetime) -> str:
        """Have the rule stand for some hours; return what it does, "" if nothing begins."""
        if not self._kind or self._ends is not None:
            return ""
        rule, board = RULES[self._kind], self._ids.board
        match rule.does:
            case "closes":
                closed = self._ids.closed_status
                self._people.add_rule(rule.when, sets_status=closed, board_id=board)
            case "reopens":
                opened = self._ids.open_status
                self._people.add_rule(rule.when, sets_status=opened, board_id=board)
            case _:
                self._people.add_rule(rule.when, mails="contact", board_id=board)
        self._ends = now + _STANDS_FOR
        return f"a rule {rule.does} each ticket that is {rule.when}, for {_STANDS_FOR}"

    def end(self, now: datetime) -> None:
        """Take the rule away, if its time is over."""
        if self._ends is not None and now >= self._ends:
            self.drop()

    def drop(self) -> None:
        """Take it away."""
        self._people.drop_rules()
        self._ends = None

    def look(self, is_ours: Callable[[int], bool]) -> None:
        """Take note of what rules have done since.

        What a rule reopens for a write of Tally's is Tally's to close still, whoever closed it; all
        else is as if a person had done it.
        """
        new, self._read = self._desk.ruled[self._read :], len(self._desk.ruled)
        for each in new:
            if not is_ours(each.ticket_id):
                continue
            if not each.closes and each.by == API:
                self._reopened[each.ticket_id] = each.at
                self.ended.pop(each.ticket_id, None)
            else:
                self.ended.setdefault(each.ticket_id, each.at)

    def is_reopened(self, ticket: int, since: datetime) -> bool:
        """Return True if the ticket was reopened for a write of Tally's since then."""
        return ticket in self._reopened and self._reopened[ticket] >= since

    def is_theirs(self, ticket: int) -> bool:
        """Return True if it is people's to close: ended by them, or fought over with a rule."""
        return self._is_over(ticket) or self.is_fought_over(ticket)

    def is_fought_over(self, ticket: int) -> bool:
        """Return True if a rule that stands has reopened the ticket, and Tally did not give up."""
        is_fought = ticket in self._reopened and self._ends is not None
        return is_fought and not self._is_over(ticket)

    def _is_over(self, ticket: int) -> bool:
        return ticket in self.ended or ticket in self.left
