"""What a ticket's life needs of the world, for one run."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tally.asking.questions import Questions
from tally.domain.asking import words
from tally.domain.asking.answer import Answerers
from tally.domain.asking.asking_ledger_port import AskingLedger
from tally.domain.asking.question import Question, Subject
from tally.domain.asking.seen import SeenNote, SeenTicket
from tally.domain.asking.still_ours import not_ours_any_more
from tally.domain.asking.ticket import Ticket
from tally.domain.asking.tickets_port import Desk, Tickets
from tally.errors import BugError
from tally.people.hold_answers import Answers
from tally.ports import Clock, Ledger


def no_statement(_: Question) -> str:
    """Return "": no statement is told of."""
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """The ports, the settings and the clock of a run.

    ``settle`` is the time after which ConnectWise's lists are believed to show every write.
    ``statement_of`` says where the statement of a question's month is, "" if nowhere. ``most_open``
    is the number of questions that may be open at once; None while no more wait. ``places`` are the
    ConnectWise companies of all questions, by id.
    """

    memory: AskingLedger
    ledger: Ledger
    tickets: Tickets
    answers: Answers
    questions: Questions
    desk: Desk
    answerers: Answerers
    deployment: str
    settle: timedelta
    clock: Clock
    statement_of: Callable[[Question], str] = no_statement
    most_open: int | None = None
    places: Sequence[int] = ()

    @property
    def now(self) -> datetime:
        """This very moment: a run takes minutes, and what it announces is not as old as it is."""
        return self.clock.now()

    def question(self, subject: Subject) -> Question | None:
        """Return what is asked about a subject now; None if that is gone."""
        if subject == words.MORE:
            return None if self.most_open is None else words.more_wait(self.most_open)
        return self.questions.of(subject, self.now)

    def place_of(self, ticket: Ticket) -> int | None:
        """Return the ConnectWise company where its subject is asked about now; None for nowhere.

        That more questions wait can be said at any customer of theirs: once it was refused at one,
        it is said at the next.
        """
        here = ticket.connectwise_id
        if ticket.subject != words.MORE:
            return self.questions.place_of(ticket)
        if ticket.announced is not None or not self.places:
            return here
        return next((each for each in self.places if each > here), self.places[0])

    def seen(self, ticket: Ticket) -> SeenTicket | None:
        """Return the ticket as ConnectWise shows it; None if it is no service ticket any more."""
        return None if ticket.ticket_id is None else self.tickets.ticket(ticket.ticket_id)

    def why_not_ours(self, ticket: Ticket, seen: SeenTicket | None) -> str:
        """Say why the ticket is never acted on again; "" while it is ours (ASK-7)."""
        return not_ours_any_more(ticket, seen, board_id=self.desk.board_id)

    def id_of(self, ticket: Ticket) -> int:
        """Return the id of a ticket that was made."""
        if ticket.ticket_id is None:
            raise BugError(f"The ticket of {ticket.subject} has no id yet.")
        return ticket.ticket_id

    def leave(self, ticket: Ticket, why: str) -> Ticket:
        """Record that the ticket is not acted on any more."""
        return self.memory.save_ticket(ticket.left(why, now=self.now))

    def text_of(self, question: Question, code: str) -> str:
        """Return the question's text, with where the statement is."""
        return words.asked(question, code, statement=self.statement_of(question))

    def is_settled(self, since: datetime | None) -> bool:
        """Return True if what was written at ``since`` would be shown by now (SAFE-2)."""
        return since is None or self.now - since > self.settle


def written(ticket: Ticket, notes: Sequence[SeenNote], text: str) -> SeenNote | None:
    """Return our own note that says exactly this, spaces aside; None if there is none."""
    # ConnectWise may show a line break as a space (its developer guide), so only words are
    # compared.
    said = text.split()
    ours = ticket.ours.casefold()
    found = (
        each for each in notes if each.created_by.casefold() == ours and each.text.split() == said
    )
    return next(found, None)
