"""What a document points to exists: headings, files, targets of make, modules, and names of
code.
"""

import importlib.util
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted(
    path for folder in (ROOT, ROOT / "docs", ROOT / "events") for path in folder.glob("*.md")
)
OF_TODAY = [path for path in DOCUMENTS if path.name != "CHANGELOG.md"]
"""The changelog names what there was."""

_SOURCES = (
    "cli",
    "functions",
    "layers/tally",
    "local",
    "simulators",
    "testing",
    "tests",
    "verification",
)
_MADE = ("samconfig.toml", ".env")
"""Files that a person or a command makes."""

_FENCED = re.compile(r"^ *```(\w*)\n(.*?)^ *```", flags=re.MULTILINE | re.DOTALL)
_QUOTED = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\[[^\]]*\]\(<?([^)\s>]+)>?(?: +\"[^\"]*\")?\)")
_NAMED_LINK = re.compile(r"^ {0,3}\[[^\]]+\]: +<?([^\s>]+)", flags=re.MULTILINE)
_HTML_LINK = re.compile(r"(?:href|src)=\"([^\"]+)\"")
_HEADING = re.compile(r"^#{1,6} +(.+?) *#*$", flags=re.MULTILINE)
_ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:")
_MAKE = re.compile(
    r"(?:^|&&|;) *(?:\$ )?make((?: +(?:[a-z][a-z-]*|[A-Z_]+=(?:\"[^\"]*\"|'[^']*'|\S+)))+)"
)
_MODULE = re.compile(r"python[\d.]* -m ([\w.]+)")
_NAME = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*(?:\(\))?")


def name_of(document: Path) -> str:
    """The document as a person calls it."""
    return str(document.relative_to(ROOT))


@cache
def anchors(document: Path) -> frozenset[str]:
    """The anchors that GitHub gives a document's headings: a second one of a name is numbered."""
    seen: Counter[str] = Counter()
    found = set()
    for heading in _HEADING.findall(_FENCED.sub("", document.read_text())):
        text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "")
        anchor = re.sub(r"[^\w\- ]", "", text.strip().lower()).replace(" ", "-")
        found.add(f"{anchor}-{seen[anchor]}" if seen[anchor] else anchor)
        seen[anchor] += 1
    return frozenset(found)


def links(text: str) -> Iterator[str]:
    """Where the text links to, code aside."""
    prose = _QUOTED.sub("", _FENCED.sub("", text))
    for pattern in (_LINK, _NAMED_LINK, _HTML_LINK):
        yield from pattern.findall(prose)


def astray(document: Path, link: str) -> str:
    """Why the link leads nowhere; empty if it leads somewhere, or to another site."""
    if _ELSEWHERE.match(link):
        return ""
    path, _, anchor = link.partition("#")
    target = (document.parent / path).resolve() if path else document
    if not target.is_relative_to(ROOT):
        return f"{link} leads out of the repository"
    if not target.exists():
        return f"{link}: there is no such file"
    if anchor and (target.suffix != ".md" or anchor not in anchors(target)):
        return f"{link}: {target.name} has no such heading"
    return ""


def too_wide(text: str) -> list[str]:
    """The lines of prose with more than 100 columns."""
    lines = _FENCED.sub("", text).splitlines()
    return [line for line in lines if len(line) > 100 and not line.lstrip().startswith("|")]


def code(text: str) -> Iterator[str]:
    """What the text shows as code: blocks, and what stands in backticks."""
    for _, block in _FENCED.findall(text):
        yield from block.replace("\\\n", " ").splitlines()
    yield from _QUOTED.findall(_FENCED.sub("", text))


def made_wrongly(line: str) -> list[str]:
    """The targets and variables that a line of code asks of make, and the Makefile does not
    have.
    """
    makefile = (ROOT / "Makefile").read_text()
    wrong = []
    for words in _MAKE.findall(line.partition("#")[0]):
        for word in re.sub(r"=(\"[^\"]*\"|'[^']*')", "=x", words).split():
            variable, given, _ = word.partition("=")
            found = (
                re.search(rf"\$\({variable}\)|\$\(if \$\({variable}\)|\b{variable} \?=", makefile)
                if given
                else re.search(rf"^(?:[a-z-]+ )*{word}(?: [a-z-]+)*:(?!=)", makefile, re.MULTILINE)
            )
            wrong += [] if found else [variable]
    return wrong


def is_module(name: str) -> bool:
    """True if Python finds a module of that name, or a package that can be run."""
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        return False


@cache
def files() -> tuple[str, ...]:
    """Every file of ours, by its path."""
    tops = [*_SOURCES, "layers", "docs", "events", "requirements", ".github", ".ci"]
    below = (path for top in tops for path in (ROOT / top).rglob("*") if path.is_file())
    paths = {*below, *(path for path in ROOT.iterdir() if path.is_file())}
    return tuple(sorted(f"/{path.relative_to(ROOT)}" for path in paths))


@cache
def words() -> frozenset[str]:
    """Every word that stands in the code."""
    below = (path for top in _SOURCES for path in (ROOT / top).rglob("*.py"))
    found: set[str] = set()
    for path in below:
        if path != Path(__file__):
            found.update(re.findall(r"\w+", path.read_text()))
    return frozenset(found)


def is_file(name: str) -> bool:
    """True if a file's path ends so; ``*`` and ``…`` stand for anything."""
    path = re.sub(r"\\\*|…", "[^/]*", re.escape(name.strip("/")))
    pattern = re.compile(rf".*/{path}(?:/.*)?")
    return name in _MADE or any(pattern.fullmatch(each) for each in files())


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_every_link_leads_somewhere(document: Path) -> None:
    """A link within the repository leads to a file that exists, and to a heading of it."""
    assert [why for link in links(document.read_text()) if (why := astray(document, link))] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_every_target_of_make_exists(document: Path) -> None:
    """A person who copies a `make` from a document finds the target, and the variable, there."""
    asked = [word for line in code(document.read_text()) for word in made_wrongly(line)]
    assert asked == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_every_module_that_is_run_exists(document: Path) -> None:
    """`python -m` of a document names a module that there is."""
    named = [each for line in code(document.read_text()) for each in _MODULE.findall(line)]
    assert [each for each in named if not is_module(each)] == []


@pytest.mark.parametrize("document", OF_TODAY, ids=name_of)
def test_every_module_file_that_is_named_exists(document: Path) -> None:
    """A document's `path/of/a.py` is the end of a path of ours."""
    named = _QUOTED.findall(_FENCED.sub("", document.read_text()))
    python = [each for each in named if re.fullmatch(r"[\w./*…-]+\.py", each)]
    assert [each for each in python if not is_file(each)] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_prose_wraps_at_100_columns(document: Path) -> None:
    """Tables and blocks of code aside, as neither can be broken."""
    assert too_wide(document.read_text()) == []


def test_the_readme_is_read_in_three_minutes() -> None:
    """It has at most 150 lines: what is longer has a page of the handbook."""
    assert len((ROOT / "README.md").read_text().splitlines()) <= 150


def test_the_handbook_shows_the_way_to_each_page() -> None:
    """A page that the index does not name is found by nobody."""
    index = ROOT / "docs" / "README.md"
    led_to = {
        (index.parent / link.partition("#")[0]).resolve() for link in links(index.read_text())
    }
    assert {path for path in DOCUMENTS if path.parent == index.parent} - {index} - led_to == set()


@pytest.mark.parametrize("name", ["CONTRIBUTING.md", "SECURITY.md", "docs/pictures.md"])
def test_every_name_of_code_exists(name: str) -> None:
    """What these documents name in backticks, a file, a function or a value, is there today."""
    missing = []
    for quoted in _QUOTED.findall(_FENCED.sub("", (ROOT / name).read_text())):
        if "/" in quoted and " " not in quoted and not quoted.startswith(("-", "<", "http")):
            missing += [] if is_file(quoted) or (ROOT / quoted).exists() else [quoted]
        elif _NAME.fullmatch(quoted):
            parts = quoted.removesuffix("()").split(".")
            missing += [] if is_file(quoted) or words() >= {*parts} else [quoted]
    assert missing == []


@pytest.mark.parametrize(
    ("link", "why"),
    [
        ("docs/none.md", "docs/none.md: there is no such file"),
        ("docs/architecture.md#none", "docs/architecture.md#none: architecture.md has no such"),
        ("#none", "#none: README.md has no such heading"),
        ("../elsewhere.md", "../elsewhere.md leads out of the repository"),
    ],
)
def test_a_link_astray_is_noticed(link: str, why: str) -> None:
    """The test itself looks, at files, headings and what is beyond the repository."""
    (found,) = links(f"See [it]({link}).")
    assert astray(ROOT / "README.md", found).startswith(why)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a" * 101, ["a" * 101]),
        ("a" * 100, []),
        (f"| {'a' * 101} |", []),
        (f"```\n{'a' * 101}\n```", []),
    ],
)
def test_a_line_too_wide_is_noticed(text: str, found: list[str]) -> None:
    """The test itself looks, at prose alone."""
    assert too_wide(text) == found


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("make tset", ["tset"]),
        ("make simulation SEEED=17", ["SEEED"]),
        ("$ make demo && make down", []),
        ("make bench ONLY='calls sweep'", []),
        ("make simulation SEED=17   # that seed alone, make no other", []),
    ],
)
def test_a_target_that_is_not_there_is_noticed(line: str, wrong: list[str]) -> None:
    """The test itself looks, at targets and variables."""
    assert made_wrongly(line) == wrong
