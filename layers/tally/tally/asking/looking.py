"""Look at an open ticket, and do what follows: take, hint, ask anew, leave or end."""

from collections.abc import Sequence
from dataclasses import replace

from tally.asking.answering import carry_out, take
from tally.asking.closing import end
from tally.asking.means import Means
from tally.asking.renewing import ask_anew, has_asked_since, write_again
from tally.domain.asking import words
from tally.domain.asking.answer import answers, candidates, means_us, near_misses
from tally.domain.asking.next_step import Hint, Leave, Renew, Step, Take, step
from tally.domain.asking.question import Question
from tally.domain.asking.seen import SeenNote, SeenTicket
from tally.domain.asking.ticket import Given, Ticket


def look(means: Means, ticket: Ticket) -> Ticket:
    """Look at an open ticket; return it as the ledger has it afterwards."""
    seen = means.seen(ticket)
    # Before all else: an answer in a ticket that was moved or merged is not acted on (ASK-7).
    if (why := means.why_not_ours(ticket, seen)) or seen is None:
        return means.leave(ticket, why)
    question = means.question(ticket.subject)
    if ticket.given is not None:
        # Claimed anew: another run may have gone on with it since the index told of it.
        return carry_out(means, means.memory.save_ticket(ticket), ticket.given, question)
    if question is None:
        return end(means, ticket, means.questions.why_gone(ticket))
    if means.questions.is_asked_elsewhere(ticket):
        return end(means, ticket, words.LINKED_ELSEWHERE)
    notes = means.tickets.notes(seen.id)
    # The newest code may not have been shown to anybody yet, so no note can be an answer to it.
    if ticket.asked is None:
        return write_again(means, ticket, question, notes)
    return _read(means, ticket, question, seen, notes)


def _read(
    means: Means, ticket: Ticket, question: Question, seen: SeenTicket, notes: Sequence[SeenNote]
) -> Ticket:
    """Read the notes for answers to the newest question, and do what follows.

    Where nothing is to be answered, no note is meant as an answer, and none brings a hint.
    """
    # Before answers are read: after a restore, the ticket has a newer question than the ledger.
    if has_asked_since(ticket, notes):
        return ask_anew(means, ticket, question, why=words.RESTORED)
    given = _answers(means, ticket, question, notes)
    near = near_misses(ticket, notes, given) if question.options else []
    is_silent = not (given or near or seen.closed)
    if question.options and question.about == ticket.about and is_silent:
        ticket, of_time = _time_entries(means, ticket, seen, notes)
        if of_time:
            return _hint(means, ticket, question, ())
    following = step(ticket, question, seen, given=given, near=near, now=means.now)
    return ticket if following is None else _do(means, following, ticket, question)


def _do(means: Means, following: Step, ticket: Ticket, question: Question) -> Ticket:
    match following:
        case Take(given=given):
            return take(means, ticket, given, question)
        case Renew(why=why, used=used):
            return ask_anew(means, ticket, question, why=why, used=used)
        case Hint(used=used):
            return _hint(means, ticket, question, used)
        case Leave(why=why):
            return means.leave(ticket, why)


def _answers(
    means: Means, ticket: Ticket, question: Question, notes: Sequence[SeenNote]
) -> Sequence[Given]:
    """Return the answers; only members who may have given one are looked up."""
    # At each look: a member may have become inactive since the last one (ASK-3).
    names = {each.member for each in candidates(ticket, notes)}
    members = {each: means.tickets.member(each) for each in names}
    return answers(ticket, question, notes, members=members, answerers=means.answerers)


def _hint(means: Means, ticket: Ticket, question: Question, used: Sequence[int]) -> Ticket:
    """Say once how an answer has to look; noted first, as no hint is better than two."""
    hinted = means.memory.save_ticket(replace(ticket, hinted=True, used=(*ticket.used, *used)))
    means.tickets.add_note(means.id_of(hinted), words.hint(question, hinted.code))
    return hinted


def _time_entries(
    means: Means, ticket: Ticket, seen: SeenTicket, notes: Sequence[SeenNote]
) -> tuple[Ticket, bool]:
    """Return whether a time entry seems meant as an answer, which none is (seen on live tenants).

    They are read only for a hint, and only after the ticket has changed.
    """
    changed = seen.updated
    if ticket.hinted or changed is None or changed == ticket.entries_read:
        return ticket, False
    if ticket.asked is not None and changed <= ticket.asked:
        return ticket, False
    known = {tuple(each.text.split()) for each in notes}
    # `/allNotes` tells neither author nor date: what `/notes` lacks is taken for a time entry.
    texts = means.tickets.all_note_texts(seen.id)
    if any(tuple(each.split()) not in known and means_us(each, ticket.code) for each in texts):
        return ticket, True
    return means.memory.save_ticket(replace(ticket, entries_read=changed)), False
