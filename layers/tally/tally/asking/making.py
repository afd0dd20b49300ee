"""Make a subject's ticket, once: announced, searched for, made, and checked (ASK-1, ASK-2)."""

from dataclasses import replace

from tally.asking.means import Means
from tally.domain.asking import words
from tally.domain.asking.next_step import DAY
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
    mark = reference(means.deployment, question.subject, number)
    announced = Ticket(
        subject=question.subject,
        number=number,
        connectwise_id=connectwise_id,
        reference=mark,
        state=TicketState.ASKING,
        about=question.about,
        code=code_of(question, reference=mark, edition=1),
        announced=means.now,
        unanswered=_unanswered(before),
        changed=means.now,
        version=0 if before is None else before.version,
    )
    return _made(means, means.memory.save_ticket(announced), question)


def _unanswered(before: Ticket | None) -> int:
    """Return how many tickets in a row others ended; one that we closed begins the count anew."""
    is_one_more = before is not None and before.state is TicketState.LEFT and before.given is None
    return before.unanswered if before is not None and is_one_more else 0


def make_again(means: Means, ticket: Ticket) -> Ticket:
    """Go on with a ticket that was announced and whose making is not known to have happened.

    It is made anew only once its absence can be believed (SAFE-2), or a day after a refusal.
    """
    if (found := _found(means, ticket)) is not None:
        return _opened(means, ticket, found)
    if ticket.announced is None:
        is_due = ticket.changed is None or means.now - ticket.changed >= DAY
    else:
        is_due = means.is_settled(ticket.announced)
    if not is_due:
        return ticket
    question = means.question(ticket.subject)
    if question is None:
        over = replace(ticket, state=TicketState.CLOSED, announced=None, changed=means.now)
        return means.memory.save_ticket(over)
    renewed = replace(
        ticket,
        about=question.about,
        code=code_of(question, reference=ticket.reference, edition=ticket.edition),
        announced=means.now,
        why_left="",
    )
    return _made(means, means.memory.save_ticket(renewed), question)


def _made(means: Means, ticket: Ticket, question: Question) -> Ticket:
    if (found := _found(means, ticket)) is not None:
        return _opened(means, ticket, found)
    new = NewTicket(
        company_id=ticket.connectwise_id,
        reference=ticket.reference,
        summary=words.summary(question, ticket.code),
        text=means.text_of(question, ticket.code),
    )
    try:
        made = means.tickets.create(new, means.desk)
    except RefusedError as error:
        # It has not happened, and its cause is outside of the question: tried again in a day.
        refused = replace(ticket, announced=None, why_left=str(error), changed=means.now)
        means.memory.save_ticket(refused)
        raise
    return _opened(means, ticket, made)


def _found(means: Means, ticket: Ticket) -> SeenTicket | None:
    found = means.tickets.find(ticket.reference, company_id=ticket.connectwise_id)
    return found[0] if found else None


def _opened(means: Means, ticket: Ticket, seen: SeenTicket) -> Ticket:
    """Record the ticket, once it can mail nobody: a contact may have come by itself (ASK-2).

    One that others have moved meanwhile is left, with its contact (ASK-7).
    """
    opened = replace(
        ticket,
        state=TicketState.OPEN,
        ticket_id=seen.id,
        announced=None,
        asked=seen.entered,
        ours=seen.entered_by,
    )
    why = means.why_not_ours(opened, seen)
    if why == words.MAY_MAIL:
        why = means.why_not_ours(opened, means.tickets.clear_contact(seen.id))
    return means.leave(opened, why) if why else means.memory.save_ticket(opened)
