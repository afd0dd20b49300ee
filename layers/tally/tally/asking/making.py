"""Make a subject's ticket, once: announced, searched for, made, and checked (ASK-1, ASK-2)."""

from dataclasses import replace

from tally.asking.means import Means
from tally.domain.asking import words
from tally.domain.asking.next_step import DAY, unanswered
from tally.domain.asking.question import Question, code_of, reference
from tally.domain.asking.seen import SeenTicket
from tally.domain.asking.ticket import Ticket, TicketState
from tally.domain.asking.tickets_port import NewTicket
from tally.errors import RefusedError


def begin(
    means: Means, question: Question, connectwise_id: int, number: int, before: Ticket | None
) -> Ticket:
    """Announce the subject's next ticket, and make it.

    Raises ConflictError if another run announced it first: it makes the ticket.
    """
    # Searched first: a restored ledger would announce a number that is in use (SAFE-8).
    number, found = _first_free(means, question, connectwise_id, number)
    mark, now = reference(means.deployment, question.subject, number), means.now
    announced = Ticket(
        subject=question.subject,
        number=number,
        connectwise_id=connectwise_id,
        reference=mark,
        state=TicketState.ASKING,
        about=question.about,
        code=code_of(question, reference=mark, edition=1, at=now),
        announced=now,
        unanswered=0 if before is None else unanswered(before, since=question.since),
        changed=now,
        # All tickets of a subject share one item, so of two runs only one can write this version.
        version=0 if before is None else before.version,
    )
    ticket = means.memory.save_ticket(announced)
    return _post(means, ticket, question) if found is None else _opened(means, ticket, found)


def _first_free(
    means: Means, question: Question, connectwise_id: int, number: int
) -> tuple[int, SeenTicket | None]:
    """Return the first number without a ticket, or with an open one, which is returned, too.

    A ledger restored to an earlier point counts anew (SAFE-8). A ticket that was closed before the
    question was asked does not ask it, and its notes answer nothing.
    """
    while True:
        mark = reference(means.deployment, question.subject, number)
        found = means.tickets.find(mark, company_id=connectwise_id)
        is_open = [each for each in found if not each.closed]
        if is_open or not found:
            return number, next(iter(is_open), None)
        number += 1


def make_again(means: Means, ticket: Ticket) -> Ticket:
    """Go on with a ticket that was announced and whose making is not known to have happened.

    It is made anew only once its absence can be believed (SAFE-2), or a day after a refusal; where
    the customer is linked by then, once it is not found there either: people may have taken it
    along. A customer that is linked to nobody has no place for it.
    """
    # ASK-1: ConnectWise has no idempotency key, and the POST of a killed run may have come through.
    found = means.tickets.find(ticket.reference, company_id=ticket.connectwise_id)
    if found:
        return _opened(means, ticket, found[0])
    if not _is_due(means, ticket):
        return ticket
    question, place = means.question(ticket.subject), means.place_of(ticket)
    # Nobody was asked yet, so there is no ticket that needs a last word.
    if question is None or place is None:
        over = replace(ticket, state=TicketState.CLOSED, announced=None, changed=means.now)
        return means.memory.save_ticket(over)
    if place != ticket.connectwise_id:
        ticket = replace(ticket, connectwise_id=place)
        if found := means.tickets.find(ticket.reference, company_id=place):
            return _opened(means, ticket, found[0])
    now = means.now
    renewed = replace(
        ticket,
        about=question.about,
        code=code_of(question, reference=ticket.reference, edition=ticket.edition, at=now),
        announced=now,
        why_left="",
    )
    return _post(means, means.memory.save_ticket(renewed), question)


def _is_due(means: Means, ticket: Ticket) -> bool:
    if ticket.announced is not None:
        return means.is_settled(ticket.announced)
    return ticket.changed is None or means.now - ticket.changed >= DAY


def _post(means: Means, ticket: Ticket, question: Question) -> Ticket:
    new = NewTicket(
        company_id=ticket.connectwise_id,
        reference=ticket.reference,
        summary=words.summary(question, ticket.code),
        text=means.text_of(question, ticket.code),
    )
    try:
        # After any other error it stays announced, and the next run searches before it makes one.
        made = means.tickets.create(new, means.desk)
    except RefusedError as error:
        # It has not happened, and its cause is outside of the question: tried again in a day.
        refused = replace(ticket, announced=None, why_left=str(error), changed=means.now)
        means.memory.save_ticket(refused)
        raise
    # By ConnectWise's clock: only later notes can be answers, and our clock may differ from it.
    # Without a time the first note is looked for, as after a lost answer.
    asks = replace(ticket, asked=made.entered, announced=None if made.entered else ticket.announced)
    return _opened(means, asks, made)


def _opened(means: Means, ticket: Ticket, seen: SeenTicket) -> Ticket:
    """Record the ticket, once it can mail nobody: a contact may have come by itself (ASK-2).

    One that others have moved meanwhile is left, with its contact (ASK-7). The next look sees if
    one that was found asks what the ledger knows: if the ledger was restored or the numbers moved,
    it asks something else (ASK-4).
    """
    opened = replace(ticket, state=TicketState.OPEN, ticket_id=seen.id, ours=seen.entered_by)
    why = means.why_not_ours(opened, seen)
    # One PATCH is tried: a contact that still stands afterwards would be mailed our next word.
    if why == words.MAY_MAIL:
        why = means.why_not_ours(opened, means.tickets.clear_contact(seen.id))
    return means.leave(opened, why) if why else means.memory.save_ticket(opened)
