"""The words of a ticket: its summary, the question, a hint, the last word."""

from collections.abc import Iterable

from tally.domain.asking.question import Option, Question, Subject
from tally.domain.asking.ticket import Given, Ticket
from tally.domain.model.screen import brief, fit, shortened

LONGEST_SUMMARY = 100
"""The most characters of a ticket's ``summary`` (ConnectWise's specification)."""

_LONGEST_PART = 500
"""The most characters of what an answer does, and of why a question is asked anew: with the
question itself and all answers it has to fit into one note (SAFE-10)."""

GONE = "ConnectWise has no such service ticket any more: deleted, or converted."
CONVERTED = "It was converted to a project ticket."
MERGED = "It was merged into another ticket."
BUNDLED = "It was put below another ticket."
OTHER_COMPANY = "It is another company's now."
OTHER_BOARD = "It was moved to another board."
OTHER_REFERENCE = "Its external reference was changed."
MAY_MAIL = "It has a contact, or a flag that mails somebody, and Tally writes no word where it may."
# "In a day", since ``next_step.next_number`` lets a ticket without an answer rest for so long.
LINKED_ELSEWHERE = (
    "The customer is linked to another ConnectWise company now, where Tally asks in a day. Nothing "
    "is left to answer here."
)
CLOSED_BY_HAND = "It was closed without an answer."
STAYS_OPEN = "It was to be closed, and does not stay so."
MOVED = (
    "The numbers, or what an answer does, have changed since the question was asked, so no answer "
    "to it counts any more."
)
RESTORED = "Tally's ledger was restored to an earlier time, so no answer so far counts."
TOO_MUCH = "It has more notes than Tally reads."
DIFFER = "Two answers differ, so neither of them counts."


def summary(question: Question, code: str) -> str:
    """Return the ticket's summary: the question in brief, the customer, and the code."""
    head, tail = f"Tally: {question.title} - ", f" [{code}]"
    # The name alone is cut: a list of tickets has to show what is asked, and the code.
    name = shortened(fit(question.company), LONGEST_SUMMARY - len(head) - len(tail))
    return f"{head}{name}{tail}"


def asked(question: Question, code: str, *, statement: str = "") -> str:
    """Return the first note: what is asked, and the exact first lines that answer it."""
    return "\n".join(_asked(question, code, statement))


def _asked(question: Question, code: str, statement: str) -> Iterable[str]:
    yield brief(question.why)
    if statement:
        yield statement
    yield ""
    if not question.options:
        yield (
            "Nothing is to be answered here: put it right, and Tally closes this ticket by itself."
        )
        return
    yield "To answer, add an internal note whose first line is exactly one of these:"
    for each in question.options:
        yield ""
        yield f"TALLY {code} {_line(each)}"
        yield f"    {brief(each.follows, _LONGEST_PART)}"
    yield ""
    if question.left_out:
        yield (
            f"{question.left_out} more Additions could be taken over: `tally status` has the "
            "commands."
        )
        yield ""
    yield (
        "Write your reason below that line: it stands in the history, beside your name. A note "
        "that names two answers is none. Time entries, mails and discussion notes are not read as "
        "answers."
    )


def _line(option: Option) -> str:
    return option.word if option.number is None else f"{option.word} {option.number}"


def asked_anew(asked_now: str, why: str) -> str:
    """Return the note that takes the place of an earlier question (ASK-4)."""
    return f"{brief(why, _LONGEST_PART)} This is asked now, with a new code:\n\n{asked_now}"


def hint(question: Question, code: str) -> str:
    """Return the one hint how an answer has to look."""
    lines = " or ".join(f"TALLY {code} {_line(each)}" for each in question.options)
    return (
        "A note here seems to be meant as an answer, and is none. An answer is a new internal note "
        f"of a member with a full licence, whose first line is exactly: {lines}. It names no other "
        "answer below. Tally says this once."
    )


def who(given: Given, ticket: Ticket) -> str:
    """Return the author of a ruling that a ticket's note gave, as the history keeps it (ASK-5)."""
    # By this very text ``asking.answering`` finds in the history that an answer was carried out.
    return f"{given.member} in ticket {ticket.ticket_id}"


def carried_out(given: Given) -> str:
    """Return the last word on a ticket whose answer was taken."""
    number = "" if given.number is None else f" {given.number}"
    return (
        f"Answered by {fit(given.member)}: {given.option}{number}. The history says so; what "
        "follows in ConnectWise is done at Tally's next run."
    )


def answered_elsewhere(by: str) -> str:
    """Return the last word on a ticket that somebody was quicker to answer by command."""
    return f"Answered by {fit(by)} on the command line. Nothing is left to answer here."


def lifted() -> str:
    """Return the last word on a ticket whose cause is gone."""
    return "The cause is gone. Nothing is left to answer here."


# No company has this id: GravityZone's have 24 hexadecimal characters.
MORE = Subject(company_id="*")
"""The subject of the one ticket that says that more questions wait than tickets may be open."""


def more_wait(most: int) -> Question:
    """Return what is said once so many questions are open in tickets, and more wait."""
    return Question(
        subject=MORE,
        company="more than one customer",
        title="more questions wait",
        why=(
            f"{most} questions are open in tickets, and more wait. They are in the mails and in "
            "`tally status`, and each gets a ticket when there is room."
        ),
    )
