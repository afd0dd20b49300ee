"""The simulation's own reading of a ticket's notes, written from docs/tickets.md.

It does not use the product's: an answer that both read wrongly would be noticed by neither.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from simulators.connectwise.desk import Desk

type Note = Mapping[str, Any]

_OFFER = re.compile(r"^TALLY ([A-Z2-7]{4}) ([a-z-]+)(?: ([0-9]+))?$", re.MULTILINE)
_ASKS = "first line is exactly one of these:"
_ASKS_NOTHING = "Nothing is to be answered here"
_WITH_OR_WITHOUT = "approve"
"""The answer whose number may be left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question that stands in a ticket: its code, and each option's word and number."""

    code: str
    options: tuple[tuple[str, str], ...]
    at: datetime
    text: str

    def option(self, words: list[str]) -> tuple[str, str] | None:
        """Return the option that the words of a first line choose; None for none."""
        if len(words) not in {3, 4} or words[:2] != ["tally", self.code.casefold()]:
            return None
        word, number = words[2], "".join(words[3:])
        if (word, number) in self.options:
            return word, number
        if number or word != _WITH_OR_WITHOUT:
            return None
        return next((each for each in self.options if each[0] == word), None)

    def names_another(self, line: str, option: tuple[str, str]) -> bool:
        """Return True if a line below an answer has the code and a word, and chooses otherwise."""
        _, *said = line.split(f"tally {self.code.casefold()} ")
        chosen = (re.match(r"[a-z-]+(?: [0-9]+)?", each) for each in said)
        return any(
            self.option(["tally", self.code.casefold(), *each[0].split()]) != option
            for each in chosen
            if each is not None
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A note that answers the newest question."""

    note: int
    member: str
    option: tuple[str, str]
    why: str
    at: datetime


def moment(text: str) -> datetime:
    """Read one of ConnectWise's instants."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)


def notes_of(desk: Desk, ticket: int) -> list[Note]:
    """Return the notes of a ticket as they truly are, oldest first."""
    return [each.fields for each in desk.notes(ticket).current()]


def asked_in(desk: Desk, ticket: int) -> list[Asked]:
    """Return all questions with answers that we asked in a ticket, oldest first."""
    ours, asked = _ours(desk), []
    for note in notes_of(desk, ticket):
        text = note["text"]
        offers = _OFFER.findall(text)
        if note["createdBy"] == ours and _ASKS in text and offers:
            options = tuple((word, number) for _, word, number in offers)
            at = moment(note["dateCreated"])
            asked.append(Asked(code=offers[0][0], options=options, at=at, text=text))
    return asked


def answers_in(desk: Desk, ticket: int, counts: Callable[[str], bool]) -> list[Answer]:
    """Return the notes that answer the newest question of a ticket, oldest first.

    ``counts`` tells of a member if his answers do. A question that no answer helps has taken the
    place of the one before.
    """
    asked = asked_in(desk, ticket)
    if not asked or _is_withdrawn(desk, ticket, asked[-1]):
        return []
    read = (_answer(note, asked[-1], counts) for note in notes_of(desk, ticket))
    return [each for each in read if each is not None]


def _is_withdrawn(desk: Desk, ticket: int, asked: Asked) -> bool:
    ours = [each for each in notes_of(desk, ticket) if each["createdBy"] == _ours(desk)]
    later = (each["text"] for each in ours if moment(each["dateCreated"]) > asked.at)
    return any(_ASKS_NOTHING in text for text in later)


def _ours(desk: Desk) -> str:
    return desk.tenant.options.api_member


def _answer(note: Note, asked: Asked, counts: Callable[[str], bool]) -> Answer | None:
    lines = [" ".join(each.split()) for each in note["text"].splitlines() if each.split()]
    option = asked.option(lines[0].lower().split()) if lines else None
    at = moment(note["dateCreated"])
    if option is None or at <= asked.at or not _is_internal(note):
        return None
    if any(asked.names_another(each.lower(), option) for each in lines[1:]):
        return None
    member = (note["member"] or {}).get("identifier", "")
    wrote = {member.casefold(), note["createdBy"].casefold(), note["_info"]["updatedBy"].casefold()}
    if note["contact"] or len(wrote) > 1 or not counts(member):
        return None
    why = " ".join(lines[1:])
    return Answer(note=note["id"], member=member, option=option, why=why, at=at)


def _is_internal(note: Note) -> bool:
    others = note["detailDescriptionFlag"] or note["resolutionFlag"]
    return bool(note["internalAnalysisFlag"]) and not others


def numbers_in(text: str) -> set[str]:
    """Return all numbers of a text, by their digits."""
    return set(re.findall(r"[0-9]+", text.replace(",", "")))


def hints(notes: Iterable[Note], ours: str) -> int:
    """Return how many of our notes explain how to answer."""
    said = "seems to be meant as an answer"
    return sum(said in each["text"] and each["createdBy"] == ours for each in notes)
