"""Carry out an answer that was taken from a ticket, once, as a ruling of a person (ASK-5)."""

from collections.abc import Callable
from dataclasses import replace

from tally.asking.closing import end
from tally.asking.means import Means
from tally.asking.renewing import ask_anew
from tally.domain.asking import words
from tally.domain.asking.question import Question, question_of_hold
from tally.domain.asking.ticket import Given, Ticket
from tally.domain.record.record_key import RecordKey
from tally.domain.record.usage_record import UsageRecord
from tally.errors import BugError, ImpossibleError
from tally.people.hold_answers import Answers

NO_REASON = "No reason was given in the ticket."


def take(means: Means, ticket: Ticket, given: Given, question: Question) -> Ticket:
    """Write the answer to the ledger first, and then carry it out."""
    record = means.ledger.record(_key(ticket))
    # ASK-5: by this version the history shows later if the answer was carried out. An earlier
    # answer of the same member would pass for it otherwise.
    noted = replace(given, before=0 if record is None else record.version)
    taken = replace(ticket, given=noted, used=(*ticket.used, given.note_id))
    return carry_out(means, means.memory.save_ticket(taken), noted, question)


def carry_out(means: Means, ticket: Ticket, given: Given, question: Question | None) -> Ticket:
    """Give the answer, unless the history has it already or the question is another one by now.

    Raises ConflictError if a job was at the record in the same moment: the next run goes on.
    """
    # SAFE-1: a run that was killed after the ruling has left the answer in the ticket.
    if _was_carried_out(means, ticket, given):
        return end(means, ticket, words.carried_out(given))
    # The hold may have gone for another reason, so nobody is told that this answer counted.
    if question is None:
        return end(means, ticket, means.questions.why_gone(ticket))
    try:
        _give(means, ticket, given)
    except ImpossibleError as error:
        return _impossible(means, ticket, given, str(error))
    return end(means, ticket, words.carried_out(given))


def _give(means: Means, ticket: Ticket, given: Given) -> None:
    def refuses(record: UsageRecord) -> str:
        asked = question_of_hold(record, "")
        return "" if asked is not None and asked.about == given.about else words.MOVED

    # Checked on the very version that is written: a count may move in any moment.
    answers = replace(means.answers, refuses=refuses)
    by, why, key = words.who(given, ticket), given.why or NO_REASON, _key(ticket)
    if given.option == "take-over":
        # This option is never without its number, and 0 is the id of no Addition.
        answers.take_over(key, given.number or 0, by=by, why=why)
    else:
        _GIVEN[given.option](answers, key, by=by, why=why)


_GIVEN: dict[str, Callable[..., UsageRecord]] = {
    "approve": Answers.approve,
    "reject": Answers.reject,
    "keep-apart": Answers.keep_apart,
    "waive": Answers.waive,
}


def _impossible(means: Means, ticket: Ticket, given: Given, why: str) -> Ticket:
    """Ask anew where the answer cannot be given, or end where the question is gone by now."""
    # Read again: the record may have moved since the question was read.
    question = means.question(ticket.subject)
    if question is None:
        return end(means, ticket, means.questions.why_gone(ticket))
    return ask_anew(means, ticket, question, why=why, used=(given.note_id,))


def _was_carried_out(means: Means, ticket: Ticket, given: Given) -> bool:
    by = words.who(given, ticket)
    history = means.ledger.history(_key(ticket))
    return any(each.by == by and each.version > given.before for each in history)


def _key(ticket: Ticket) -> RecordKey:
    key = ticket.subject.key
    if key is None:
        raise BugError(f"The ticket of {ticket.subject} was answered, and offers no answer.")
    return key
