"""Read from the ledger what is to be asked in tickets; nothing is written."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from tally.domain.asking import words
from tally.domain.asking.question import (
    Question,
    Subject,
    question_of_hold,
    question_of_standing,
)
from tally.domain.asking.ticket import Ticket
from tally.domain.model.standing import Standing, StandingState
from tally.domain.record.history import TALLY
from tally.domain.record.unreadable import readable
from tally.domain.record.usage_record import UsageRecord
from tally.errors import in_words
from tally.ports import Ledger

_LASTS = timedelta(days=1)
"""A standing is asked about once it has lasted so long: most pass by themselves."""


type _Ask = tuple[str, Callable[[], Question | None]]
"""A customer, and the call that makes a question about it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Questions:
    """What waits for people: each hold, and standings of the states that are chosen."""

    ledger: Ledger
    standings: Collection[StandingState] = ()

    def all(self, now: datetime, failures: dict[str, str]) -> Iterator[tuple[Question, int]]:
        """Yield each question with its customer's id in ConnectWise, as the index has them.

        A customer that is linked to nobody has no place for a ticket. What goes wrong with one
        question is told in ``failures``, and keeps back no other (SAFE-5).
        """
        held = [each for each in readable(self.ledger.all_open_records()) if each.hold is not None]
        # The lists below cost a query each, and rounds come four times an hour.
        if not held and not self.standings:
            return
        known = {each.company_id: each for each in self.ledger.all_standings()}
        places = self._places()
        for company_id, ask in (*_of_holds(held, known), *self._of_standings(known, now)):
            question = _asked(company_id, ask, failures)
            if question is not None and company_id in places:
                yield question, places[company_id]

    def _of_standings(self, known: Mapping[str, Standing], now: datetime) -> Iterator[_Ask]:
        return ((each.company_id, partial(self._of_standing, each, now)) for each in known.values())

    def _places(self) -> Mapping[str, int]:
        """Return the ids in ConnectWise of the customers that are linked."""
        links = readable(self.ledger.all_links())
        return {
            each.company_id: each.connectwise_id
            for each in links
            if each.connectwise_id is not None
        }

    def of(self, subject: Subject, now: datetime) -> Question | None:
        """Return what is asked about a subject now, read from the table itself; None for nothing.

        Raises TallyError if that cannot be read.
        """
        standing = self.ledger.standing(subject.company_id)
        if subject.key is None:
            return None if standing is None else self._of_standing(standing, now)
        record = self.ledger.record(subject.key)
        if record is None:
            return None
        known = {} if standing is None else {subject.company_id: standing}
        return question_of_hold(record, _name(known, subject.company_id))

    def place_of(self, ticket: Ticket) -> int | None:
        """Return the id in ConnectWise of the company where its subject is asked about now.

        None for nowhere: the customer was unlinked. Who never was a customer stays where it is.
        """
        link = self.ledger.link(ticket.subject.company_id)
        return ticket.connectwise_id if link is None else link.connectwise_id

    def is_asked_elsewhere(self, ticket: Ticket) -> bool:
        """Return True if the customer has been linked to another ConnectWise company since.

        Then whoever reads the ticket there looks at the wrong customer.
        """
        # An unlinked customer has no other place: its ticket goes on where it is.
        return self.place_of(ticket) not in (None, ticket.connectwise_id)

    def why_gone(self, ticket: Ticket) -> str:
        """Return the last word on a ticket whose question is gone: who answered it, if anybody."""
        key = ticket.subject.key
        # A standing has no history, and nobody answers a question before it is written.
        if key is None or ticket.asked is None:
            return words.lifted()
        people = [
            each.by
            for each in self.ledger.history(key)
            if each.by != TALLY and each.at >= ticket.asked
        ]
        return words.answered_elsewhere(people[-1]) if people else words.lifted()

    def _of_standing(self, standing: Standing, now: datetime) -> Question | None:
        cause = standing.shown
        if cause.state not in self.standings or cause.since is None or now - cause.since < _LASTS:
            return None
        return question_of_standing(standing)


def _of_holds(held: Sequence[UsageRecord], known: Mapping[str, Standing]) -> Iterator[_Ask]:
    for each in held:
        name = _name(known, each.key.company_id)
        yield each.key.company_id, partial(question_of_hold, each, name)


def _asked(
    company_id: str, ask: Callable[[], Question | None], failures: dict[str, str]
) -> Question | None:
    try:
        return ask()
    except Exception as error:  # noqa: BLE001 - whatever is wrong with one question
        failures[company_id] = in_words(error)
        return None


def _name(known: Mapping[str, Standing], company_id: str) -> str:
    return known[company_id].company_name if company_id in known else company_id
