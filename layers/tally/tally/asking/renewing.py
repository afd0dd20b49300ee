"""Write the question into an open ticket again, with a new code (ASK-4).

``domain.asking.next_step`` says when.
"""

from collections.abc import Sequence
from dataclasses import replace

from tally.asking.means import Means
from tally.domain.asking import words
from tally.domain.asking.question import Question, code_of
from tally.domain.asking.seen import SeenNote
from tally.domain.asking.ticket import Ticket


def ask_anew(
    means: Means, ticket: Ticket, question: Question, *, why: str, used: Sequence[int] = ()
) -> Ticket:
    """Ask the question as it is now; no earlier answer counts any more."""
    edition = ticket.edition + 1
    renewed = replace(
        ticket,
        edition=edition,
        about=question.about,
        code=code_of(question, reference=ticket.reference, edition=edition),
        used=tuple(dict.fromkeys((*ticket.used, *used))),
        given=None,
        asked=None,
        announced=means.now,
        word=why,
    )
    return _write(means, means.memory.save_ticket(renewed), question)


def write_again(
    means: Means, ticket: Ticket, question: Question, notes: Sequence[SeenNote]
) -> Ticket:
    """Go on with a question that was announced and is not known to stand in the ticket.

    It is written anew only once its absence can be believed (SAFE-2).
    """
    found = next((each for each in notes if _asks(each, ticket)), None)
    if found is not None:
        return _recorded(means, ticket, found)
    if not means.is_settled(ticket.announced):
        return ticket
    if question.about != ticket.about:
        return ask_anew(means, ticket, question, why=ticket.word or words.MOVED)
    announced = replace(ticket, announced=means.now)
    return _write(means, means.memory.save_ticket(announced), question)


def _write(means: Means, ticket: Ticket, question: Question) -> Ticket:
    asked = means.text_of(question, ticket.code)
    text = words.asked_anew(asked, ticket.word) if ticket.word else asked
    return _recorded(means, ticket, means.tickets.add_note(means.id_of(ticket), text))


def _asks(note: SeenNote, ticket: Ticket) -> bool:
    """Return True for our own note with the question's code; no other text of ours has it first."""
    ours = note.created_by.casefold() == ticket.ours.casefold()
    return ours and f"TALLY {ticket.code} " in note.text


def _recorded(means: Means, ticket: Ticket, note: SeenNote) -> Ticket:
    # A note whose time cannot be read would be written again and again.
    asked = note.created or means.now
    stands = replace(ticket, asked=asked, announced=None, word="", ours=note.created_by)
    return means.memory.save_ticket(stands)
