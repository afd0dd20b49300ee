"""Tickets in one process: what is remembered of them, in memory, and the use case over a world.

``MemoryAsking`` promises what the DynamoDB adapter does.
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from simulators.connectwise.desk.example import BOARD, CLOSED, OPEN
from tally.asking.round import MOST_OPEN, Round
from tally.domain.asking.answer import Answerers
from tally.domain.asking.question import Subject
from tally.domain.asking.ticket import Ticket
from tally.domain.asking.tickets_port import DeskNames
from tally.domain.model.standing import StandingState
from tally.errors import ConflictError
from testing.world import World

NAMES = DeskNames(board=BOARD, open_status=OPEN, closed_status=CLOSED)
TALLY = "tally"
"""Where tickets are made at the simulator's example of a desk."""


@dataclass(slots=True)
class MemoryAsking:
    """The newest ticket of each subject, in memory."""

    tickets: dict[Subject, Ticket] = field(default_factory=dict)

    def all_open_tickets(self) -> Iterator[Ticket]:
        """Give the tickets that are not over, by subject."""
        found = sorted(self.tickets.values(), key=lambda each: str(each.subject))
        return (each for each in found if not each.is_over)

    def ticket(self, subject: Subject) -> Ticket | None:
        """Return the newest ticket of a subject."""
        return self.tickets.get(subject)

    def save_ticket(self, ticket: Ticket) -> Ticket:
        """Write what comes after ``ticket.version``."""
        known = self.tickets.get(ticket.subject)
        if (0 if known is None else known.version) != ticket.version:
            raise ConflictError(f"the ticket of {ticket.subject} was written by somebody else")
        after = replace(ticket, version=ticket.version + 1)
        self.tickets[ticket.subject] = after
        return after


def asking_round(
    world: World,
    memory: MemoryAsking,
    *,
    wrap: Callable[[Any], Any] = lambda port: port,
    standings: Collection[StandingState] = (),
    answerers: Answerers | None = None,
    most_open: int = MOST_OPEN,
    deployment: str = TALLY,
) -> Round:
    """Return one run of the use case over a world whose ConnectWise has the example's desk.

    ``wrap`` goes around its ledger, its memory and its way out.
    """
    return Round(
        ledger=wrap(world.ledger),
        memory=wrap(memory),
        tickets=world.tickets(wrap=wrap),
        clock=world.clock,
        names=NAMES,
        answerers=answerers or Answerers(),
        deployment=deployment,
        standings=standings,
        settle=world.policy.settle,
        most_open=most_open,
    )
