"""A plain-text letter in sections, with a bounded length."""

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from tally.domain.model.screen import fit

MOST_BYTES = 200_000
"""The most bytes of a mail: SNS takes 256 KiB with the attributes (documentation of Publish)."""

MOST_ENTRIES = 40
"""The most entries of one section: nobody reads more of one kind in a mail."""

_WIDTH = 76
_MOST_OF_SENTENCE = 1500
_SUBJECT_BELOW = 100
"""SNS's documentation of Publish: less than 100 characters, no line breaks or controls."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A title line, the sentences below it, and commands to be copied as they are."""

    name: str
    sentences: Sequence[str] = ()
    commands: Sequence[str] = ()

    def lines(self) -> list[str]:
        """Return the entry as lines of a mail."""
        paragraphs = [
            line for sentence in self.sentences for line in wrapped(one_line(sentence), indent="  ")
        ]
        return [one_line(self.name), *paragraphs, *(f"    {fit(each)}" for each in self.commands)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Entries of one kind under a title."""

    title: str
    entries: Sequence[Entry]


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """The mail that goes to the SNS topic."""

    subject: str
    text: str


def letter(
    *, subject: str, head: Iterable[str], sections: Iterable[Section], foot: Sequence[str]
) -> Letter:
    """Return the letter without empty sections; a section that is too long ends with "N more".

    Raises ValueError for a subject that SNS would refuse: a subject has words and numbers of ours,
    never names.
    """
    if not _is_subject(subject):
        raise ValueError(f"{subject!r} is no subject")
    filled = [each for each in sections if each.entries]
    top, end = [line for paragraph in head for line in wrapped(paragraph)], ["", *foot]
    left = MOST_BYTES - _size(top) - _size(end)
    parts = [top]
    for number, section in enumerate(filled):
        # What a short section leaves of its share goes to those after it.
        part = list(_cut(section, room=left // (len(filled) - number)))
        left -= _size(part)
        parts.append(part)
    return Letter(
        subject=subject, text="\n".join(line for part in (*parts, end) for line in part) + "\n"
    )


def _is_subject(text: str) -> bool:
    return text.isascii() and text.isprintable() and 0 < len(text) < _SUBJECT_BELOW


def wrapped(sentence: str, *, indent: str = "") -> list[str]:
    """Return a sentence as lines of a mail."""
    return textwrap.wrap(
        sentence,
        width=_WIDTH,
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        # References, ids and dates have hyphens, and a person copies them whole.
        break_on_hyphens=False,
    )


def one_line(text: str) -> str:
    """Return a text of others, such as a name, safe to show and of bounded length (SAFE-10)."""
    plain = " ".join(fit(text).split())
    return plain if len(plain) <= _MOST_OF_SENTENCE else f"{plain[: _MOST_OF_SENTENCE - 1]}…"


def _cut(section: Section, *, room: int) -> Iterator[str]:
    title = ["", section.title, "-" * len(section.title)]
    yield from title
    # Nobody knows yet where the section ends, so "N more" has its room from the start.
    left = room - _size(title) - _size([_more(len(section.entries))])
    for number, entry in enumerate(section.entries):
        lines = [] if number == MOST_ENTRIES else entry.lines()
        left -= _size(["", *lines])
        if not lines or left < 0:
            yield _more(len(section.entries) - number)
            return
        if number and len(lines) > 1:
            yield ""
        yield from lines


def _more(number: int) -> str:
    return f"… and {number} more: `tally status` lists them all."


def _size(lines: Iterable[str]) -> int:
    return sum(len(line.encode()) + 1 for line in lines)
