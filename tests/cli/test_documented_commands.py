"""Every `tally …` that a person reads is understood by the command line: pages, the dashboard,
remedies, and what commands say.
"""

import re
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import typer

from cli.main import app
from local.checkout import ROOT

PAGES = sorted(
    path for folder in (ROOT, ROOT / "docs", ROOT / "events") for path in folder.glob("*.md")
)
OF_PROGRAMS = ("mutations.md", "performance.md", "simulation.md", "simulators.md")
"""Pages on which an option that stands alone may be one of a program that is never deployed."""
OF_SAM = {"--guided", "--parameter-overrides"}
"""Options of `sam deploy`."""

_FENCED = re.compile(r"^```.*?^```", flags=re.MULTILINE | re.DOTALL)
_TYPED = re.compile(r"^ *(?:\$ )?(?:\.venv/bin/)?(tally [^\n]*(?:\\\n[^\n]*)*)", flags=re.MULTILINE)
_NAMED = re.compile(r"`(?:\.venv/bin/)?(tally(?: [^`\n]+)?)`")
_OPTION = re.compile(r"`(--[a-z-]+)[^`\n]*`")
_FILLED_IN = (
    (re.compile(r"\{[^}]*\}"), "x"),
    (re.compile(r"\b[A-Z]+_ID\b"), "17"),
    (re.compile(r"\bMONTH\b"), "2026-11"),
    (re.compile(r"(\w)(?:\|\w+)+"), r"\1"),  # one of several words
)
_GROUP = typer.main.get_command(app)

SOURCES = [
    path
    for path in (
        ROOT / "template.yaml",
        *sorted(ROOT.glob("cli/**/*.py")),
        *sorted(ROOT.glob("layers/tally/**/*.py")),
    )
    if _NAMED.search(path.read_text())
]


def understood(text: str, *, whole: bool) -> str:
    """The name of the command; ``whole``: as it stands, else a needed word may be left out. Fails
    where it is none.
    """
    for pattern, value in _FILLED_IN:
        text = pattern.sub(value, text)
    _, *words = shlex.split(text.replace("\\\n", " "), comments=True)
    at, names = _GROUP, ["tally"]
    while (
        words
        and hasattr(at, "commands")
        and not words[0].startswith("-")
        and words[0] not in {"…", "COMMAND"}
    ):
        assert words[0] in at.commands, f"{' '.join(names)} has no command {words[0]!r}: {text}"
        names.append(words[0])
        at = at.commands[words.pop(0)]
    if hasattr(at, "commands") or "--help" in words:
        return " ".join(names)
    wrong = _wrong(at, names[-1], words)
    assert wrong is None or (type(wrong).__name__ == "MissingParameter" and not whole), (
        f"{wrong}: {text}"
    )
    return " ".join(names)


def _wrong(command: Any, name: str, words: list[str]) -> Exception | None:  # noqa: ANN401 - a click command
    try:
        command.make_context(name, words)
    except typer.TyperException as error:
        return error
    return None


def typed(page: str) -> Iterator[str]:
    """What is to be typed as it stands: lines of the page's blocks."""
    for block in _FENCED.findall(page):
        yield from _TYPED.findall(block)


def named(text: str) -> Iterator[str]:
    """What is named within a sentence or a table; a row's further words in the same cell stand for
    commands beside the first.
    """
    for line in _FENCED.sub("", text).splitlines():
        yield from _NAMED.findall(line)
        if (cell := re.match(r"\| (`tally .*?) \|", line)) is not None:
            first, *others = re.findall(r"`([^`]+)`", cell[1])
            yield from (
                each if each.startswith("tally ") else _beside(first, each) for each in others
            )


def every_command(group: object = _GROUP, above: Sequence[str] = ("tally",)) -> Iterator[str]:
    """The full name of each command that does something."""
    for name, each in group.commands.items():  # type: ignore[attr-defined]  # a click group
        if hasattr(each, "commands"):
            yield from every_command(each, (*above, name))
        else:
            yield " ".join((*above, name))


def _beside(first: str, name: str) -> str:
    *above, _ = [word for word in first.split() if word.islower() and not word.startswith("-")]
    return " ".join((*above, name))


def _options_of_programs() -> set[str]:
    folders = (ROOT / name for name in ("local", "simulators", "verification"))
    sources = (path.read_text() for folder in folders for path in folder.rglob("*.py"))
    return {option for source in sources for option in re.findall(r'"(--[a-z-]+)"', source)}


def _text(page: Path) -> str:
    return page.read_text()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_what_a_page_says_to_type_is_understood(page: Path) -> None:
    """SAFE-7: a person who copies a line of a block, or reads a command's name in a sentence, finds
    it in the command line.
    """
    for command in typed(_text(page)):
        understood(command, whole=True)
    for command in named(_text(page)):
        understood(command, whole=False)


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: str(source.relative_to(ROOT)))
def test_what_tally_says_to_type_is_understood(source: Path) -> None:
    """SAFE-7: remedies of the doctor, sentences of commands, the dashboard."""
    for command in _NAMED.findall(_text(source)):
        understood(command, whole=False)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_options_that_stand_alone_are_options(page: Path) -> None:
    """An option that a sentence names belongs to a command, or to the program that its page is
    of.
    """
    known = {option for command in _commands() for param in command.params for option in param.opts}
    known |= OF_SAM | (_options_of_programs() if page.name in OF_PROGRAMS else set())
    assert set(_OPTION.findall(_text(page))) - {"--help"} - known == set()


def test_every_command_stands_in_the_readme_or_its_page() -> None:
    """And the other way round: none is left for a person to find by chance."""
    told = {understood(each, whole=False) for page in PAGES for each in named(_text(page))}
    assert set(every_command()) <= told


@pytest.mark.parametrize(
    "wrong",
    [
        "tally aprove X --why y",
        "tally companies bind X 5",
        "tally status --all",
        "tally companies tie X y --why z",
    ],
)
def test_what_does_not_exist_is_noticed(wrong: str) -> None:
    """The test itself looks."""
    with pytest.raises(AssertionError):
        understood(wrong, whole=False)


def _commands() -> Iterator[typer.core.TyperCommand]:
    for name in every_command():
        at = _GROUP
        for word in name.split()[1:]:
            at = at.commands[word]  # type: ignore[attr-defined]  # a click group
        yield at  # type: ignore[misc]  # a command
