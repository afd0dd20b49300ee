"""The demo's question: a hold that is asked in a ConnectWise ticket, and answered in it."""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime

from local.errors import LocalError
from local.simulator_clients import TrueMail, TrueTicket
from simulators.connectwise.desk.example import JANE

REASON = "They took over another firm."
_OFFERED = re.compile(r"^TALLY \w{4} approve \d+$", re.MULTILINE)


def asked_and_read(second: date) -> tuple[datetime, datetime]:
    """Return the two rounds of tickets worth watching, in GMT, given the second month's first day.

    Tally asks in the first, and reads the answer in the second.
    """
    return _at(second, 9, 9), _at(second, 10, 24)


def answered(second: date) -> datetime:
    """Return the instant at which the member answers."""
    return _at(second, 10, 20)


def offered(tickets: Sequence[TrueTicket]) -> tuple[TrueTicket, str]:
    """Return the newest ticket, and the line by which a person approves what it asks about.

    Raises LocalError if nothing is asked.
    """
    if not tickets:
        raise LocalError("a customer is held, and no ticket asks about it")
    newest = tickets[-1]
    line = _OFFERED.search("\n".join(newest.notes))
    if line is None:
        raise LocalError(f"the ticket {newest.summary!r} offers no line that approves")
    return newest, line[0]


def told(before: Sequence[TrueTicket], after: Sequence[TrueTicket]) -> Sequence[str]:
    """Say what became of the tickets, one thing each."""
    known = {each.id: each for each in before}
    return [line for each in after for line in _told(known.get(each.id), each)]


def _told(before: TrueTicket | None, after: TrueTicket) -> Iterator[str]:
    if before is None:
        yield f"Asked in ConnectWise, ticket {after.id}: {after.summary}"
    elif after.closed and not before.closed:
        word, _, _ = after.notes[-1].partition(". ")
        yield f"Ticket {after.id} closed. {word}."


def told_answer(line: str) -> str:
    """Say what the member wrote."""
    return f'{JANE} answers there in an internal note: "{line}"'


def faults(tickets: Sequence[TrueTicket], mails: Sequence[TrueMail]) -> Sequence[str]:
    """Return what must not be in the end: a question that is open, or a mail to a customer."""
    return [
        *(f"Ticket {each.id} is open: {each.summary}" for each in tickets if not each.closed),
        *(f"A mail went to {each.to} from ticket {each.ticket_id}." for each in mails),
    ]


def _at(second: date, hour: int, minute: int) -> datetime:
    return datetime(second.year, second.month, 14, hour, minute, tzinfo=UTC)
