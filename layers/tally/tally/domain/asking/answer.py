"""Which note is an answer: one that meets all conditions, and no other (ASK-3).

The conditions are those of the protocol that we agreed on. A ``member`` on a note proves no person:
any integration can set it (seen in public code), so who wrote the note must agree with it.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tally.domain.asking.question import Option, Question
from tally.domain.asking.seen import SeenMember, SeenNote
from tally.domain.asking.ticket import Given, Ticket
from tally.domain.model.screen import brief

# Classes of a member's licence. A (API) and C (a customer's own person) never answer.
_FULL = "F"
_SUBCONTRACTOR = "X"
# Nine digits are enough for a count or an id; int() raises for a text of thousands of digits.
_LINE = re.compile(r"tally ([a-z0-9]{4}) ([a-z]+(?:-[a-z]+)*)(?: ([0-9]{1,9}))?", re.ASCII)
_SAID = re.compile(r"\btally ([a-z0-9]{4}) ([a-z]+(?:-[a-z]+)*)(?: ([0-9]{1,9})\b)?", re.ASCII)
"""An answer's words anywhere in a line."""
_MAIL_ROBOT = "zadmin"
"""The name under which ConnectWise files mails that came in (public code)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answerers:
    """The members whose answers count: those listed, or all with a full licence if none is.

    ``subcontractors``: members with a subcontractor's licence count too.
    """

    listed: tuple[str, ...] = ()
    subcontractors: bool = False

    def include(self, member: SeenMember) -> bool:
        """Return True if this member's answers count."""
        classes = (_FULL, _SUBCONTRACTOR) if self.subcontractors else (_FULL,)
        names = {each.casefold() for each in self.listed}
        is_listed = not names or member.identifier.casefold() in names
        return member.active and member.license_class in classes and is_listed


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """The first line of a note, read: code, word and number."""

    code: str
    word: str
    number: int | None


def first_line(text: str) -> Line | None:
    """Read the first line that is not empty; None unless it is exactly an answer's form."""
    lines = (" ".join(each.split()) for each in text.splitlines())
    first = next(filter(None, lines), "")
    # Some letters of other scripts become ASCII ones in lower case.
    found = _LINE.fullmatch(first.lower()) if first.isascii() else None
    if found is None:
        return None
    number = found[3]
    return Line(
        code=found[1].upper(), word=found[2], number=None if number is None else int(number)
    )


def says_otherwise(text: str, question: Question, code: str, option: Option) -> bool:
    """Return True if a line of the text has the code with anything but this option (ASK-3).

    So it is where somebody copies all lines that are offered to ask which is right, or thinks
    again further down.
    """
    said = (
        found
        for line in text.splitlines()
        for found in _SAID.finditer(" ".join(line.split()).casefold())
    )
    return any(
        question.option(each[2], None if each[3] is None else int(each[3])) != option
        for each in said
        if each[1] == code.casefold()
    )


def reason(text: str) -> str:
    """Return what stands below the first line that is not empty, on one line."""
    lines = [" ".join(each.split()) for each in text.splitlines()]
    rest = [each for each in lines if each][1:]
    return brief(" ".join(rest))


def is_by_a_person(note: SeenNote, ticket: Ticket) -> bool:
    """Return True if a member wrote the note, by all that it shows, and it is news to us.

    It is of our ticket, newer than the question, internal, without a contact, not ours and not a
    mail's, and whoever made and last changed it is the member that it names.
    """
    is_news = (
        note.ticket_id == ticket.ticket_id
        and note.id not in ticket.used
        # A note without a date cannot be shown to be newer than the question.
        and None not in (note.created, ticket.asked)
        and note.created > ticket.asked  # type: ignore[operator]
    )
    member = note.member.casefold()
    # Without a name nobody has answered, and a mail may have been sent by anybody.
    others = {"", _MAIL_ROBOT, ticket.ours.casefold()}
    # ConnectWise itself notes who created and who updated. A note that another has edited since
    # does not agree either.
    agrees = member == note.created_by.casefold() == note.updated_by.casefold()
    return is_news and note.internal and not note.contact and member not in others and agrees


def candidates(ticket: Ticket, notes: Iterable[SeenNote]) -> list[SeenNote]:
    """Return the notes whose member is to be looked up: all else about them is an answer's."""
    return [
        each
        for each in notes
        if is_by_a_person(each, ticket)
        and (line := first_line(each.text)) is not None
        # Each question has its own code, so no answer to an earlier one is taken (ASK-4).
        and line.code == ticket.code
    ]


def answers(
    ticket: Ticket,
    question: Question,
    notes: Iterable[SeenNote],
    *,
    members: Mapping[str, SeenMember | None],
    answerers: Answerers,
) -> list[Given]:
    """Return the answers among the notes, oldest first: each meets all conditions (ASK-3).

    ``members`` has the member of each candidate by identifier, None for one that is not there.
    """
    found = []
    for note in candidates(ticket, notes):
        line, member = first_line(note.text), members.get(note.member)
        if line is None or member is None or not answerers.include(member):
            continue
        option = question.option(line.word, line.number)
        if option is None or says_otherwise(note.text, question, ticket.code, option):
            continue
        found.append(_given(note, option, question))
    return sorted(found, key=lambda each: (each.at, each.note_id))


def _given(note: SeenNote, option: Option, question: Question) -> Given:
    assert note.created is not None  # else it would be no candidate
    return Given(
        note_id=note.id,
        member=note.member,
        option=option.word,
        number=option.number,
        why=reason(note.text),
        at=note.created,
        about=question.about,
    )


def near_misses(ticket: Ticket, notes: Iterable[SeenNote], taken: Iterable[Given]) -> list[int]:
    """Return the ids of notes by others that seem to mean an answer, and are none.

    They have the code, or begin with our name: enough for one hint, and never for an answer. An
    older note that has the newest code was edited.
    """
    answered = {each.note_id for each in taken}
    ours = ticket.ours.casefold()
    return [
        each.id
        for each in notes
        if each.id not in answered
        and each.created_by.casefold() != ours
        and (
            # Only until the hint: an edited note keeps its date, and would be found again.
            _means_us_now(each, ticket) or (not ticket.hinted and has_code(each.text, ticket.code))
        )
    ]


def _means_us_now(note: SeenNote, ticket: Ticket) -> bool:
    is_news = ticket.asked is None or note.created is None or note.created > ticket.asked
    return is_news and note.id not in ticket.used and means_us(note.text, ticket.code)


def means_us(text: str, code: str) -> bool:
    """Return True if a text has the code as a word of its own, or a line that begins with TALLY."""
    starts = (line.split()[:1] for line in text.casefold().splitlines())
    return has_code(text, code) or ["tally"] in starts


def has_code(text: str, code: str) -> bool:
    """Return True if a text has the code as a word of its own."""
    return code.casefold() in re.findall(r"[a-z0-9]+", text.casefold())
