"""Write the question into an open ticket again, with a new code (ASK-4).

``domain.asking.next_step`` says when.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from tally.asking.means import Means, written
from tally.domain.asking import words
from tally.domain.asking.question import Question, code_of
from tally.domain.asking.seen import SeenNote
from tally.domain.asking.ticket import Ticket

_CODES = re.compile(r"^TALLY ([A-Z0-9]{4}) ", re.MULTILINE)


def ask_anew(
    means: Means, ticket: Ticket, question: Question, *, why: str, used: Sequence[int] = ()
) -> Ticket:
    """Ask the question as it is now; no earlier answer counts any more.

    A ticket that is closed is left instead.
    """
    edition, now = ticket.edition + 1, means.now
    # SAFE-1: the ledger has the new code before anybody sees it, or its answer could not be taken.
    renewed = replace(
        ticket,
        edition=edition,
        about=question.about,
        code=code_of(question, reference=ticket.reference, edition=edition, at=now),
        used=tuple(dict.fromkeys((*ticket.used, *used))),
        given=None,
        asked=None,
        announced=now,
        word=why,
    )
    return _write(means, means.memory.save_ticket(renewed), question)


def write_again(
    means: Means, ticket: Ticket, question: Question, notes: Sequence[SeenNote]
) -> Ticket:
    """Go on with a question that was announced and is not known to stand in the ticket.

    It is written anew only once its absence can be believed (SAFE-2).
    """
    found = _found(means, ticket, question, notes)
    if found is not None:
        return _recorded(means, ticket, found)
    if not means.is_settled(ticket.announced):
        return ticket
    if question.about != ticket.about:
        return ask_anew(means, ticket, question, why=ticket.word or words.MOVED)
    announced = replace(ticket, announced=means.now)
    return _write(means, means.memory.save_ticket(announced), question)


def _write(means: Means, ticket: Ticket, question: Question) -> Ticket:
    # Read anew, since it may have been closed in this moment. In a closed ticket nobody looks for a
    # question, so it is asked in the next one (ASK-7).
    seen = means.seen(ticket)
    gone = means.why_not_ours(ticket, seen)
    if gone or seen is None or seen.closed:
        return means.leave(ticket, gone or ticket.word or words.CLOSED_BY_HAND)
    asked = means.text_of(question, ticket.code)
    text = words.asked_anew(asked, ticket.word) if ticket.word else asked
    return _recorded(means, ticket, means.tickets.add_note(means.id_of(ticket), text))


def has_asked_since(ticket: Ticket, notes: Sequence[SeenNote]) -> bool:
    """Return True if we have asked with another code since the question that the ledger knows.

    So it is in an open ticket once the ledger was restored to an earlier point (SAFE-8): what was
    answered then was answered to something else (ASK-4).
    """
    return any(
        _codes_of(each, ticket) - {ticket.code}
        for each in notes
        if each.created is not None and ticket.asked is not None and each.created > ticket.asked
    )


def _found(
    means: Means, ticket: Ticket, question: Question, notes: Sequence[SeenNote]
) -> SeenNote | None:
    """Return our note that asks it: by its code, or by its text where nothing is to be answered."""
    if not question.options:
        return written(ticket, notes, means.text_of(question, ticket.code))
    return next((each for each in notes if ticket.code in _codes_of(each, ticket)), None)


def _codes_of(note: SeenNote, ticket: Ticket) -> set[str]:
    """Return the codes that a note of ours asks with; no other text of ours begins a line so."""
    is_ours = note.created_by.casefold() == ticket.ours.casefold()
    return set(_CODES.findall(note.text)) if is_ours else set()


def _recorded(means: Means, ticket: Ticket, note: SeenNote) -> Ticket:
    # A note whose time cannot be read would be written again and again.
    asked = note.created or means.now
    # `ours` is learnt from ConnectWise: whatever is written under that name is never an answer.
    stands = replace(ticket, asked=asked, announced=None, word="", ours=note.created_by)
    return means.memory.save_ticket(stands)
