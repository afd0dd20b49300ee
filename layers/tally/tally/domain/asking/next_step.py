"""What follows for a ticket: take an answer, ask anew, hint, or leave it alone."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tally.domain.asking import words
from tally.domain.asking.question import Question
from tally.domain.asking.seen import SeenTicket
from tally.domain.asking.ticket import MOST_TICKETS, Given, Ticket, TicketState

DAY = timedelta(days=1)
RENEWED_AFTER = timedelta(hours=1)
"""A question whose numbers move is asked anew at most so often, unless somebody has answered it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leave:
    """The ticket is not ours to act on any more (ASK-7)."""

    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Take:
    """An answer is written to the ledger, and then carried out (ASK-5)."""

    given: Given


@dataclass(frozen=True, slots=True, kw_only=True)
class Renew:
    """The question is asked anew, with a new code; what was answered counts no more (ASK-4)."""

    why: str
    used: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Hint:
    """One hint how to answer; after it these notes and all further ones bring none."""

    used: tuple[int, ...]


type Step = Leave | Take | Renew | Hint


def next_number(ticket: Ticket | None, *, since: datetime | None, now: datetime) -> int | None:
    """Return the number of the ticket that is to be made for a question; None for none now.

    A subject has one ticket at a time. One that others closed without an answer is asked again
    after a day, and after three of them no more, unless its cause began anew ``since``.
    """
    if ticket is None:
        return 1
    if not ticket.is_over:
        return None
    answered = ticket.given is not None
    rested = ticket.changed is not None and now - ticket.changed >= DAY
    # Somebody answers here, so a new question need not rest for a day.
    if answered:
        return ticket.number + 1
    if not rested or unanswered(ticket, since=since) >= MOST_TICKETS:
        return None
    return ticket.number + 1


def unanswered(ticket: Ticket, *, since: datetime | None) -> int:
    """Return how many tickets in a row others ended, the newest included, about one cause.

    One that we closed or that was answered, and a cause that began after it, begin the count anew.
    """
    goes_on = ticket.state is TicketState.LEFT and ticket.given is None
    is_news = None not in (since, ticket.changed) and since > ticket.changed  # type: ignore[operator]
    return ticket.unanswered if goes_on and not is_news else 0


def step(
    ticket: Ticket,
    question: Question,
    seen: SeenTicket,
    *,
    given: Sequence[Given],
    near: Collection[int],
    now: datetime,
) -> Step | None:
    """Return what follows for an open ticket that is still ours; None for nothing.

    ``given`` are the answers to the newest question, ``near`` the notes that seem to mean one.
    """
    moved = question.about != ticket.about
    # Before it is seen that the ticket is closed: who closes it may have answered it just before.
    if given or (moved and near):
        return _answered(given, near, moved=moved)
    if seen.closed:
        return Leave(why=words.CLOSED_BY_HAND)
    if moved:
        is_due = ticket.asked is None or now - ticket.asked >= RENEWED_AFTER
        return Renew(why=words.MOVED) if is_due else None
    return Hint(used=tuple(near)) if near and not ticket.hinted else None


def _answered(given: Sequence[Given], near: Collection[int], *, moved: bool) -> Step:
    """Return what follows where somebody answered: the answer, if it is one and to this question.

    An answer to numbers that have moved is none, nor is one of two that differ (ASK-4).
    """
    used = tuple(each.note_id for each in given)
    if moved:
        return Renew(why=words.MOVED, used=(*used, *near))
    if len({(each.option, each.number) for each in given}) > 1:
        return Renew(why=words.DIFFER, used=used)
    # Those that agree are one answer. The oldest gives its author and its reason.
    return Take(given=given[0])
