"""Who may import whom, by folder: a room is a folder with modules, and imports run downwards."""

import ast
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import tally

PACKAGE = Path(tally.__file__).parent
REPOSITORY = PACKAGE.parents[2]
MOST_FLOORS = 8
MOST_MODULES = 12
LONGEST_MODULE = 300


def _name(path: Path) -> str:
    parts = ("tally", *path.relative_to(PACKAGE).with_suffix("").parts)
    return ".".join(part for part in parts if part != "__init__")


MODULES = {_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}
ROOMS = sorted({_name(path.parent / "__init__.py") for path in MODULES.values()})
DOMAIN = [room for room in ROOMS if room.startswith("tally.domain")]
USE_CASES = (
    "tally.planner",
    "tally.worker",
    "tally.reporter",
    "tally.people",
    "tally.evidence",
    "tally.publishing",
    "tally.attaching",
    "tally.evidence",
    "tally.asking",
)
ADAPTERS = ("tally.gravityzone", "tally.connectwise", "tally.ledger", "tally.aws")
EVIDENCE = ("tally.domain.evidence", "tally.evidence", "tally.ledger.evidence")
ASKING = ("tally.domain.asking", "tally.asking", "tally.ledger.asking", "tally.connectwise.tickets")
STATEMENTS = (
    "tally.domain.statement",
    "tally.statements",
    "tally.domain.book",
    "tally.ledger.books",
    "tally.publishing",
    "tally.domain.attaching",
    "tally.ledger.attachments",
    "tally.attaching",
)
NEVER_DEPLOYED = {"simulators", "testing", "local", "verification"}


def room_of(name: str) -> str:
    """The folder in which a module stands."""
    return name if MODULES[name].name == "__init__.py" else name.rpartition(".")[0]


def modules_of(room: str) -> list[str]:
    """The modules that stand in a room itself."""
    return [name for name in MODULES if room_of(name) == room]


@cache
def tree_of(name: str) -> ast.Module:
    """A module's code."""
    return ast.parse(MODULES[name].read_text(encoding="utf-8"))


@cache
def imported(name: str) -> frozenset[str]:
    """What a module imports, anywhere in it: the product's by module, all else by its full name."""
    return frozenset(_imported(tree_of(name)))


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "a relative import"
            full = [f"{node.module}.{each.name}" for each in node.names]
            yield from (each if each in MODULES else str(node.module) for each in full)


@cache
def rooms_below(room: str) -> frozenset[str]:
    """The other rooms that a room imports from."""
    used = {
        room_of(each) for name in modules_of(room) for each in imported(name) if each in MODULES
    }
    return frozenset(used - {room})


def floor_of(room: str, above: tuple[str, ...] = ()) -> int:
    """Return how many floors of imports stand at and below a room, the ground floor being 1."""
    assert room not in above, f"a circle of imports: {' > '.join((*above, room))}"
    return 1 + max((floor_of(each, (*above, room)) for each in rooms_below(room)), default=0)


def is_in(name: str, rooms: tuple[str, ...]) -> bool:
    """Return True if the module stands in one of the rooms, or is one."""
    return name.startswith(tuple(f"{room}." for room in rooms)) or name in rooms


@pytest.mark.parametrize("room", ROOMS)
def test_imports_run_downwards_in_few_floors(room: str) -> None:
    """No two rooms import each other, and eight floors hold the whole product."""
    assert floor_of(room) <= MOST_FLOORS


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_can_be_looked_over(room: str) -> None:
    """A room has a dozen modules at most, and says what lives there and what it may import."""
    assert len(modules_of(room)) <= MOST_MODULES + 1  # with its __init__.py
    assert room in ("tally", "tally.domain") or "import" in (ast.get_docstring(tree_of(room)) or "")


@pytest.mark.parametrize("name", MODULES)
def test_a_module_holds_one_thing(name: str) -> None:
    """A file that grows long usually holds two things."""
    assert len(MODULES[name].read_text(encoding="utf-8").splitlines()) <= LONGEST_MODULE


@pytest.mark.parametrize("room", DOMAIN)
def test_the_domain_stands_alone(room: str) -> None:
    """`domain/` imports the standard library and itself, nothing else."""
    for each in (each for name in modules_of(room) for each in imported(name)):
        assert (
            each.startswith("tally.domain") or each.partition(".")[0] in sys.stdlib_module_names
        ), each


@pytest.mark.parametrize("room", DOMAIN)
def test_the_domain_has_no_clock_and_no_world(room: str) -> None:
    """Time is an input: the domain asks no clock, and neither opens, prints nor waits."""
    called = {
        node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        for name in modules_of(room)
        for node in ast.walk(tree_of(name))
        if isinstance(node, ast.Call)
    }
    assert not called & {"now", "today", "utcnow", "open", "print", "sleep", "getenv"}


@pytest.mark.parametrize("name", MODULES)
def test_boto3_is_for_those_who_speak_to_aws(name: str) -> None:
    """boto3 and botocore are imported by the adapters for AWS, and nowhere else."""
    if not is_in(name, ("tally.ledger", "tally.aws")):
        assert not [
            each for each in imported(name) if each.partition(".")[0] in {"boto3", "botocore"}
        ]


@pytest.mark.parametrize("name", MODULES)
def test_a_pdf_is_set_in_one_room(name: str) -> None:
    """PROOF-2: what draws PDFs is imported in `statements/pdf/` alone, and that by the form that
    needs it.
    """
    known = imported(name)
    if not is_in(name, ("tally.statements.pdf",)):
        roots = {each.partition(".")[0] for each in known}
        assert not roots & {"arabic_reshaper", "bidi", "reportlab", "uharfbuzz", "PIL"}
        assert name == "tally.statements.statement_pdf" or not [
            each for each in known if is_in(each, ("tally.statements.pdf",))
        ]


@pytest.mark.parametrize("room", USE_CASES)
def test_use_cases_know_ports_alone(room: str) -> None:
    """Use cases see the world through `ports`: no adapter and no HTTP library is imported there."""
    forbidden = (*ADAPTERS, "tally.transport", "tally.runtime", "requests", "urllib")
    for each in (each for name in modules_of(room) for each in imported(name)):
        assert not is_in(each, forbidden), each


@pytest.mark.parametrize("room", ADAPTERS)
def test_adapters_know_neither_each_other_nor_use_cases(room: str) -> None:
    """GravityZone, ConnectWise and AWS know nothing of each other, and none of them a use case."""
    others = tuple(each for each in (*ADAPTERS, *USE_CASES) if each != room)
    allowed = ("tally.aws",) if room == "tally.ledger" else ()  # DynamoDB's refusals are AWS's
    for each in (each for name in modules_of(room) for each in imported(name)):
        assert not is_in(each, others) or is_in(each, allowed), each


@pytest.mark.parametrize("room", ROOMS)
def test_statements_are_for_readers_alone(room: str) -> None:
    """PROOF-2: nothing that plans, bills or decides knows of statements, and no function that does
    imports their drawings.
    """
    readers = {
        "tally.people": {"tally.domain.statement"},
        "tally.statements": {"tally.domain.statement", "tally.statements.pdf"},
        "tally.publishing": {"tally.domain.book", "tally.domain.statement", "tally.statements"},
        "tally.ledger.books": {"tally.domain.book"},
        "tally.attaching": {"tally.domain.attaching", "tally.domain.statement"},
        "tally.domain.attaching": {"tally.domain.statement"},
        "tally.ledger.attachments": {"tally.domain.attaching"},
        "tally.connectwise": {"tally.domain.attaching"},
        "tally.domain.reporting": {"tally.domain.attaching", "tally.domain.book"},
        "tally.reporter": {"tally.domain.attaching", "tally.domain.book"},
        "tally.runtime.parts": {
            "tally.attaching",
            "tally.domain.attaching",
            "tally.domain.book",
            "tally.domain.statement",
            "tally.ledger.attachments",
            "tally.ledger.books",
            "tally.publishing",
            "tally.statements",
        },
    }
    known = {each for each in rooms_below(room) if is_in(each, STATEMENTS)}
    assert known <= readers.get(room, set())


@pytest.mark.parametrize("room", [each for each in ROOMS if not is_in(each, EVIDENCE)])
def test_nothing_that_bills_knows_of_evidence(room: str) -> None:
    """PROOF-2: evidence is gathered and read, and decides nothing. A vendor's client gives its
    values, readers show them, and the runtime puts the function together.
    """
    allowed = ("tally.gravityzone", "tally.runtime.parts", "tally.people", *STATEMENTS)
    known = {each for each in rooms_below(room) if is_in(each, EVIDENCE)}
    assert not known or is_in(room, allowed)


@pytest.mark.parametrize("room", [each for each in ROOMS if not is_in(each, ASKING)])
def test_nothing_that_bills_knows_of_tickets(room: str) -> None:
    """ASK-5: an answer in a ticket becomes a ruling of a person, and nothing else reaches a bill.
    One room puts the function together.
    """
    known = {each for each in rooms_below(room) if is_in(each, ASKING)}
    assert not known or room == "tally.runtime.parts"


@pytest.mark.parametrize("room", [each for each in ROOMS if each != "tally.runtime.parts"])
def test_documents_are_added_by_one_function_alone(room: str) -> None:
    """PROOF-2: nothing that plans or bills can add a document; `runtime.parts` gives the client to
    one function.
    """
    assert not [
        name for name in modules_of(room) if "tally.connectwise.documents" in imported(name)
    ]


@pytest.mark.parametrize("room", [each for each in ROOMS if not is_in(each, ("tally.runtime",))])
def test_the_runtime_is_at_the_top(room: str) -> None:
    """Nobody inside the product imports `runtime`: it alone knows which concrete classes are
    used.
    """
    assert not [each for each in rooms_below(room) if is_in(each, ("tally.runtime",))]


@pytest.mark.parametrize("folder", ["layers/tally", "functions", "cli"])
def test_what_is_never_deployed_is_imported_by_nothing_that_is(folder: str) -> None:
    """Neither the product nor the command needs the simulators, the stand-ins or the simulation."""
    for path in (REPOSITORY / folder).rglob("*.py"):
        names = set(_imported(ast.parse(path.read_text(encoding="utf-8"))))
        assert not {each.partition(".")[0] for each in names} & NEVER_DEPLOYED, path
