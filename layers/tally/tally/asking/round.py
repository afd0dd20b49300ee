"""Go through all open tickets, and ask what is not asked yet: one run of the schedule (ASK-8)."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from functools import partial

from tally.asking.closing import close
from tally.asking.looking import look
from tally.asking.making import begin, make_again
from tally.asking.means import Means, no_statement
from tally.asking.questions import Questions
from tally.domain.asking import words
from tally.domain.asking.answer import Answerers
from tally.domain.asking.asking_ledger_port import AskingLedger
from tally.domain.asking.next_step import next_number
from tally.domain.asking.question import Question, Subject
from tally.domain.asking.ticket import Ticket, TicketState
from tally.domain.asking.tickets_port import DeskNames, Tickets
from tally.domain.model.standing import StandingState
from tally.domain.record.unreadable import Unreadable
from tally.errors import ConflictError, SeveralError, TallyError, TooLargeError, in_words
from tally.people.hold_answers import Answers
from tally.ports import Clock, Ledger

MOST_OPEN = 200
"""The most questions that are open in tickets at once."""
_QUARTER = 15 * 60
_STRIDE = 211
"""A prime beyond ``MOST_OPEN``: with steps of it every one of them has its turn."""


class _Came(Enum):
    """What came of a question that waits: a ticket, a place that is taken all the same, or none."""

    MADE = 1
    TAKEN = 2
    NOT_DUE = 3


@dataclass(slots=True)
class Asked:
    """What a run did: tickets looked at and made, and questions that found no room or no time.

    ``put_off`` counts the tickets for which there was no time. ``failures`` maps a subject to its
    error in words.
    """

    looked: int = 0
    made: int = 0
    left_out: int = 0
    put_off: int = 0
    failures: dict[str, str] = field(default_factory=dict)

    def error(self) -> SeveralError:
        """Return one error of all failures."""
        told = "; ".join(f"{subject}: {why}" for subject, why in self.failures.items())
        return SeveralError(
            f"Of {self.looked + self.made} questions, some failed: {told}", errors=()
        )


def enough() -> bool:
    """Return True: there is always time for one more."""
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """The use case. ConnectWise is called only if a ticket is open or is to be made.

    ``standings`` are the states that are asked about beside holds. ``has_time`` tells if there is
    time for one more ticket; the others have their turn at the next run. ``most_open`` is the most
    questions that are open in tickets at once. For the rest see ``Means``.
    """

    ledger: Ledger
    memory: AskingLedger
    tickets: Tickets
    clock: Clock
    names: DeskNames
    answerers: Answerers
    deployment: str
    standings: Collection[StandingState]
    settle: timedelta
    statement_of: Callable[[Question], str] = no_statement
    has_time: Callable[[], bool] = enough
    most_open: int = MOST_OPEN

    def __call__(self) -> Asked:
        """Look at each open ticket, then ask what is not asked yet; one's trouble stops no other.

        Raises TallyError if the ledger cannot be read, or the desk is not found in ConnectWise.
        """
        done = Asked()
        questions = Questions(ledger=self.ledger, standings=self.standings)
        known = list(self.memory.all_open_tickets())
        asked = list(questions.all(self.clock.now(), done.failures))
        if not known and not any(self._is_due(question) for question, _ in asked):
            return done
        means = Means(
            memory=self.memory,
            ledger=self.ledger,
            tickets=self.tickets,
            answers=Answers(ledger=self.ledger, clock=self.clock),
            questions=questions,
            # A name that is not found ends the run before any ticket is touched.
            desk=self.tickets.desk(self.names),
            answerers=self.answerers,
            deployment=self.deployment,
            settle=self.settle,
            clock=self.clock,
            statement_of=self.statement_of,
            most_open=self.most_open if _are_more(self.most_open, known, asked) else None,
            places=sorted({place for _, place in asked}),
        )
        still_open = self._looked_at(means, _from_another(known, means.now), done)
        waiting = [each for each in asked if each[0].subject not in still_open]
        self._ask(means, waiting, room=self.most_open - len(still_open - {words.MORE}), done=done)
        return done

    def _is_due(self, question: Question) -> bool:
        """Return True if the question gets a ticket now; True, too, if nobody can tell yet."""
        try:
            before = self.memory.ticket(question.subject)
        except TallyError:
            return True
        return next_number(before, since=question.since, now=self.clock.now()) is not None

    def _looked_at(
        self, means: Means, known: Iterable[Ticket | Unreadable], done: Asked
    ) -> set[Subject]:
        """Go on with each open ticket; return the subjects whose ticket is open afterwards."""
        still_open = set()
        for each in known:
            if isinstance(each, Unreadable):
                # It gets no second ticket: to make one, the same item is read, and cannot be.
                done.failures[each.company_id] = each.why
                continue
            if not self.has_time():
                done.put_off += 1
                still_open.add(each.subject)
                continue
            done.looked += 1
            after = _guarded(each.subject, done, partial(_gone_on, means, each), otherwise=None)
            # One that failed counts as open, or its subject might get a second ticket in this run.
            if after is None or not after.is_over:
                still_open.add(each.subject)
        return still_open

    def _ask(
        self, means: Means, waiting: Sequence[tuple[Question, int]], *, room: int, done: Asked
    ) -> None:
        """Ask what is not asked yet, as far as there is room; beyond it, one ticket says so."""
        left_out: list[int] = []
        for question, connectwise_id in waiting:
            if room <= 0:
                left_out.append(connectwise_id)
                continue
            if not self.has_time():
                done.put_off += 1
                continue
            came = _begin(means, question.subject, connectwise_id, done)
            room -= came is not _Came.NOT_DUE
            done.made += came is _Came.MADE
        done.left_out = len(left_out)
        if left_out:
            _begin(means, words.MORE, left_out[0], done)


def _are_more(
    most: int, known: Iterable[Ticket | Unreadable], asked: Iterable[tuple[Question, int]]
) -> bool:
    """Return True if more than may be open are asked, or are open though nobody can be asked anew.

    So it is with the ticket of a customer that was unlinked since.
    """
    are_open = {each.subject for each in known if isinstance(each, Ticket)} - {words.MORE}
    return len(are_open | {question.subject for question, _ in asked}) > most


def _from_another[T](known: Sequence[T], now: datetime) -> Sequence[T]:
    """Return the tickets from another one on at each quarter of an hour.

    So where there is no time for all of them, each has its turn.
    """
    if not known:
        return known
    first = int(now.timestamp()) // _QUARTER * _STRIDE % len(known)
    return [*known[first:], *known[:first]]


def _gone_on(means: Means, ticket: Ticket) -> Ticket:
    if ticket.state is TicketState.ASKING:
        return make_again(means, ticket)
    try:
        return (close if ticket.state is TicketState.CLOSING else look)(means, ticket)
    except TooLargeError:
        # Nothing is concluded from some of its notes, and it would be so at each run.
        return means.leave(ticket, words.TOO_MUCH)


def _begin(means: Means, subject: Subject, connectwise_id: int, done: Asked) -> _Came:
    """Make the subject's next ticket; one whose making failed may have been announced."""
    making = partial(_begun, means, subject, connectwise_id)
    return _guarded(subject, done, making, otherwise=_Came.TAKEN)


def _begun(means: Means, subject: Subject, connectwise_id: int) -> _Came:
    """Make the subject's next ticket, if it is due.

    The index may lag, and a ticket of this very run may have been the answer: so the table is
    asked.
    """
    before = means.memory.ticket(subject)
    question = means.question(subject)
    if question is None:
        return _Came.NOT_DUE
    number = next_number(before, since=question.since, now=means.now)
    if number is None:
        return _Came.NOT_DUE if before is None or before.is_over else _Came.TAKEN
    begin(means, question, connectwise_id, number, before)
    return _Came.MADE


def _guarded[T](subject: Subject, done: Asked, do: Callable[[], T], *, otherwise: T) -> T:
    """Do something for one subject; its trouble is told and stops no other (SAFE-5)."""
    try:
        return do()
    except ConflictError:
        # Another run, a job or a person was first: the next run sees what came of it.
        return otherwise
    except Exception as error:  # noqa: BLE001 - whatever goes wrong with one ticket
        done.failures[str(subject)] = in_words(error)
        return otherwise
