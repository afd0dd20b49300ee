"""Have digests, books and evidence done after all, by the functions that failed to."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from cli.deployment.dead_letters import Letter, LetterKind
from cli.presentation.words import instant
from cli.stack import Stack
from tally.errors import TallyError
from tally.reporter.digest_due import DigestDue

type Event = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """One way to make up for what failed: a function, by its output, and the event that it gets.

    ``act`` tells a person what will be done. ``event`` is made of a letter and the time now.
    """

    function: str
    act: str
    event: Callable[[Letter, datetime], Event]


def _digest(letter: Letter, _: datetime) -> Event:
    """Return the letter's own event: no later digest tells what that one would have told."""
    due = DigestDue.of(letter.event)
    return {"digest": due.digest, "at": instant(due.at) or ""}


def _look(_: Letter, now: datetime) -> Event:
    """Return a look at the books now: one makes up for all that were missed."""
    return {"at": instant(now) or ""}


def _walk(_: Letter, now: datetime) -> Event:
    """Return a walk now, which makes jobs of its own. Past a month, none proves anything of it."""
    return {"walk": instant(now) or ""}


AGAIN: Mapping[LetterKind, Again] = {
    LetterKind.DIGEST: Again(function="ReporterFunction", act="send the digests", event=_digest),
    LetterKind.BOOK: Again(function="BookFunction", act="look at the books", event=_look),
    LetterKind.EVIDENCE: Again(
        function="EvidenceFunction", act="walk the inventory of machines", event=_walk
    ),
}


def ask_again(stack: Stack, letters: Sequence[Letter]) -> Iterator[tuple[Letter, str]]:
    """Ask each function once for each event; yield the letters, each with why it must stay.

    The reason is "" where the function has taken the event. What fails again comes to its queue
    again.
    """
    now = stack.clock.now().replace(microsecond=0)
    asked: dict[str, str] = {}
    for letter in letters:
        again = AGAIN[letter.kind]
        try:
            # A letter whose event cannot be read stays where it is: a person has to look at it.
            event = again.event(letter, now)
            key = f"{again.function} {json.dumps(event)}"
            if key not in asked:
                asked[key] = _refusal(stack, again.function, event)
        except TallyError as error:
            yield letter, str(error)
        else:
            yield letter, asked[key]


def _refusal(stack: Stack, function: str, event: Event) -> str:
    try:
        stack.ask(function, event)
    except TallyError as error:
        return str(error)
    return ""
