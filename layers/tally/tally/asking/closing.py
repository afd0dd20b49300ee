"""End a ticket whose cause is gone: a last word, the status, read back; once (ASK-6)."""

from dataclasses import replace

from tally.asking.means import Means, written
from tally.domain.asking import words
from tally.domain.asking.next_step import DAY
from tally.domain.asking.ticket import Ticket, TicketState


def end(means: Means, ticket: Ticket, word: str) -> Ticket:
    """Announce the last word, write it, and close the ticket."""
    # The ledger has the word first, so that a later run finds in the notes if it stands there
    # already.
    ending = replace(
        ticket, state=TicketState.CLOSING, word=word, announced=means.now, changed=means.now
    )
    return close(means, means.memory.save_ticket(ending), fresh=True)


def close(means: Means, ticket: Ticket, *, fresh: bool = False) -> Ticket:
    """Go on with a ticket that is to be closed; a word that stands there is not written again.

    A ticket that others closed gets the word, and its status stays theirs, unless a rule reopened
    it for that word.
    """
    seen = means.seen(ticket)
    if (why := means.why_not_ours(ticket, seen)) or seen is None:
        return means.leave(ticket, why)
    told = _with_last_word(means, ticket, fresh=fresh)
    if told is None:
        return ticket
    return _closed_by_others(means, told) if seen.closed else _closed(means, told)


def _closed_by_others(means: Means, ticket: Ticket) -> Ticket:
    # Read again: a rule of the board may have reopened the ticket because of our note.
    seen = means.seen(ticket)
    if (why := means.why_not_ours(ticket, seen)) or seen is None:
        return means.leave(ticket, why)
    return _over(means, ticket) if seen.closed else _closed(means, ticket)


def _closed(means: Means, ticket: Ticket) -> Ticket:
    # ConnectWise may answer 200, and a rule may have set another status by then (ASK-6).
    seen = means.tickets.set_status(means.id_of(ticket), means.desk.closed_status_id)
    return _over(means, ticket) if seen.closed else _is_left_open(means, ticket)


def _over(means: Means, ticket: Ticket) -> Ticket:
    over = replace(ticket, state=TicketState.CLOSED, announced=None, changed=means.now)
    return means.memory.save_ticket(over)


def _with_last_word(means: Means, ticket: Ticket, *, fresh: bool) -> Ticket | None:
    """Return the ticket with its last word in it; None while an earlier try may not show yet."""
    notes = means.tickets.notes(means.id_of(ticket))
    if written(ticket, notes, ticket.word) is not None:
        return ticket
    if not fresh:
        # SAFE-2: its absence proves nothing yet, as ConnectWise's lists can lag our POST.
        if not means.is_settled(ticket.announced):
            return None
        ticket = means.memory.save_ticket(replace(ticket, announced=means.now))
    means.tickets.add_note(means.id_of(ticket), ticket.word)
    return ticket


def _is_left_open(means: Means, ticket: Ticket) -> Ticket:
    """Leave a ticket that a rule reopens again and again, after a day.

    It has been tried just now: a day in which nothing could be tried is no reason.
    """
    # `changed` is the time of `end`: saving the ticket while it closes does not move it.
    is_late = ticket.changed is not None and means.now - ticket.changed >= DAY
    return means.leave(ticket, words.STAYS_OPEN) if is_late else ticket
