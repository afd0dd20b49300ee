"""What a person is asked in a ticket, and the answers that are offered."""

import base64
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime

from tally.domain.model.month import Month
from tally.domain.model.standing import Standing, StandingState
from tally.domain.record.record_key import RecordKey
from tally.domain.record.usage_record import Hold, UsageRecord
from tally.domain.reporting import consequences
from tally.domain.reporting.commands import possible_answers

LONGEST_REFERENCE = 100
"""The most characters of a ticket's ``externalXRef`` (ConnectWise's specification)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What a ticket is about: a record that is held, or a company's standing.

    ``month`` and ``service`` are None for a standing.
    """

    company_id: str
    month: Month | None = None
    service: str | None = None

    @classmethod
    def of(cls, key: RecordKey) -> "Subject":
        """Return the subject of a record."""
        return cls(company_id=key.company_id, month=key.month, service=key.service)

    @property
    def key(self) -> RecordKey | None:
        """The record's key; None for a standing."""
        if self.month is None or self.service is None:
            return None
        return RecordKey(company_id=self.company_id, month=self.month, service=self.service)

    def __str__(self) -> str:
        if self.month is None:
            return f"{self.company_id}:standing"
        return f"{self.company_id}:{str(self.month).replace('-', '')}:{self.service}"


def reference(deployment: str, subject: Subject, number: int) -> str:
    """Return the ``externalXRef`` by which the ``number``-th ticket of a subject is found (ASK-1).

    It follows from its arguments alone. One that would be too long ends with a hash of itself.
    """
    text = f"tally:{deployment}:{subject}:{number}"
    if len(text) <= LONGEST_REFERENCE:
        return text
    # The hash takes 24 characters, and the tilde before it one.
    mark = _digest(text)[:24].lower()
    return f"{text[: LONGEST_REFERENCE - 25]}~{mark}"


def deployment_name(stack: str, where: str) -> str:
    """Return the name of the stack that asks, by which references tell it from all others (ASK-1).

    Two stacks of one name, in two accounts or regions (``where``), may ask in one ConnectWise about
    one customer. An Addition's reference need not tell them apart, since both would bill the same;
    a ticket is an answer's way to one ledger alone.
    """
    mark = _digest(f"{stack}\n{where}")[:8].lower()
    return f"{stack}-{mark}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """An answer that is offered: its word, and what it does.

    ``number`` has to follow the word where several Additions could be meant. For an answer about a
    count it may follow, and must be that count then. None: no number may follow.
    """

    word: str
    follows: str
    number: int | None = None
    number_needed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question as the accountant reads it.

    A question without options cannot be answered in the ticket: it ends when its cause is gone.
    ``held`` is all that the answers act on: the text names some of it in brief. ``left_out`` counts
    the answers that find no room, and are given by command. ``since`` is when its cause began.
    """

    subject: Subject
    company: str
    title: str
    why: str
    options: tuple[Option, ...] = ()
    held: str = ""
    left_out: int = 0
    since: datetime | None = None

    @property
    def about(self) -> str:
        """Identify what is asked: other numbers, Additions or answers are another question (ASK-4).

        Where nothing is to be answered, other words for the same trouble are no news.
        """
        asked = [self.why, self.held, *map(str, self.options)] if self.options else [self.title]
        return _digest("\n".join([str(self.subject), *asked]))[:16]

    def option(self, word: str, number: int | None) -> Option | None:
        """Return the option that a word and a number choose; None if they choose none."""
        return next((each for each in self.options if _chosen(each, word, number)), None)


def _chosen(option: Option, word: str, number: int | None) -> bool:
    if option.word != word:
        return False
    return number == option.number or (number is None and not option.number_needed)


def code_of(question: Question, *, reference: str, edition: int, at: datetime) -> str:
    """Return the code of a question that is asked now: four characters, another one each time.

    The moment is in it, because a ledger restored to an earlier point counts editions and tickets
    anew, and no old note may answer a new question (ASK-4, SAFE-8).
    """
    # Four of 32 characters make a million codes: enough, as a code counts in one ticket alone.
    return _digest(f"{reference}\n{edition}\n{at.isoformat()}\n{question.about}")[:4]


def question_of_hold(record: UsageRecord, company: str) -> Question | None:
    """Return the question of a held record; None if it is not held."""
    hold = record.hold
    if hold is None:
        return None
    given = [each for each in possible_answers(record) if each[0] in _OFFERED]
    by_addition = [each for each in given if each[1]]
    left_out = by_addition[_MOST_ADDITIONS:]
    return Question(
        subject=Subject.of(record.key),
        company=company,
        title=f"{record.key.month.label} on hold",
        why=hold.why,
        options=tuple(_option(record, *each) for each in given if each not in left_out),
        held=_held(hold),
        left_out=len(left_out),
        since=hold.since,
    )


def question_of_standing(standing: Standing) -> Question | None:
    """Return the question of a company that needs set-up or is failing; None for any other."""
    cause = standing.shown
    if cause.state not in (StandingState.NEEDS_SETUP, StandingState.FAILING):
        return None
    return Question(
        subject=Subject(company_id=standing.company_id),
        company=standing.company_name,
        title=cause.state.label,
        why=cause.reason,
        since=cause.since,
    )


def _held(hold: Hold) -> str:
    # All fields, also those that ``why`` leaves out, as the answers act on them (ASK-4). A hold
    # that lifts and comes back asks the same, so ``since`` is left out.
    told = [(each.name, getattr(hold, each.name)) for each in fields(hold) if each.name != "since"]
    return repr([hold.kind, *told])


def _option(record: UsageRecord, name: str, addition: str) -> Option:
    if addition:
        follows = consequences.taken_over(record, int(addition))
        return Option(word=name, follows=follows, number=int(addition), number_needed=True)
    hold = record.hold
    # The number may be typed along, so that "approve 240" can never approve another one.
    approved = hold.quantity if name == "approve" and hold is not None else None
    return Option(word=name, follows=_FOLLOWS[name](record), number=approved)


_FOLLOWS: Mapping[str, Callable[[UsageRecord], str]] = {
    "approve": consequences.approved,
    "reject": consequences.rejected,
    "keep-apart": consequences.kept_apart,
    "waive": consequences.waived,
}
_OFFERED = frozenset({*_FOLLOWS, "take-over"})
"""The answers that a ticket takes. Others put right what no hold asks about."""
_MOST_ADDITIONS = 5
"""Additions that a ticket offers to take over: a note has a longest text (SAFE-10)."""


def _digest(text: str) -> str:
    # Base 32 has no 0 and no 1, which are easily read as O and I.
    # A name from outside may hold half a character, which cannot be encoded otherwise.
    return base64.b32encode(hashlib.sha256(text.encode(errors="surrogatepass")).digest()).decode()
