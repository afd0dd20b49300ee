"""Who may import whom: data flows from handlers to use cases to domain and ports, and adapters serve the ports."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import tally

PACKAGE = Path(tally.__file__).parent
MODULES = {
    ".".join(("tally", *path.relative_to(PACKAGE).with_suffix("").parts)): path
    for path in sorted(PACKAGE.rglob("*.py"))
}
DOMAIN = [name for name in MODULES if name.startswith("tally.domain.")]
USE_CASES = [
    "plan",
    "sync",
    "rounds",
    "readings",
    "answer",
    "overview",
    "report",
    "tying",
    "roster",
    "directory",
    "standings",
    "delivery",
    "messages",
    "ports",
]
ADAPTERS = ("tally.gravityzone", "tally.connectwise", "tally.ledger", "tally.transport")
AWS = frozenset({"tally.aws", "tally.aws_clients", "tally.queue", "tally.secret", "tally.topic"})


def imported(name: str) -> Iterator[str]:
    """The modules that a module imports, anywhere in it."""
    for node in ast.walk(ast.parse(MODULES[name].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name} has a relative import"
            yield from (f"{node.module}.{each.name}" for each in node.names)


@pytest.mark.parametrize("name", DOMAIN)
def test_the_domain_stands_alone(name: str) -> None:
    """`domain/` imports the standard library and itself, nothing else."""
    for each in imported(name):
        assert each.startswith("tally.domain.") or each.partition(".")[0] in sys.stdlib_module_names, each


@pytest.mark.parametrize("name", DOMAIN)
def test_the_domain_has_no_clock_and_no_world(name: str) -> None:
    """Time is an input: the domain asks no clock, and neither opens, prints nor waits."""
    tree = ast.parse(MODULES[name].read_text(encoding="utf-8"))
    called = {
        node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
    }
    assert not called & {"now", "today", "utcnow", "open", "print", "sleep", "getenv"}


@pytest.mark.parametrize("name", MODULES)
def test_boto3_is_for_adapters(name: str) -> None:
    """boto3 and botocore are imported where AWS is spoken to, and nowhere else."""
    if not name.startswith("tally.ledger.") and name not in AWS:
        assert not [each for each in imported(name) if each.partition(".")[0] in {"boto3", "botocore"}]


@pytest.mark.parametrize("module", USE_CASES)
def test_use_cases_know_ports_alone(module: str) -> None:
    """Use cases see the world through `ports`: no adapter, no AWS and no HTTP library is imported there."""
    forbidden = (*ADAPTERS, *sorted(AWS), "requests", "urllib", "tally.clock", "tally.settings")
    for each in imported(f"tally.{module}"):
        assert not each.startswith(forbidden), each


@pytest.mark.parametrize("name", [each for each in MODULES if each != "tally.bootstrap"])
def test_bootstrap_is_at_the_top(name: str) -> None:
    """Nobody inside the product imports `bootstrap`: it alone knows which concrete classes are used."""
    assert not [each for each in imported(name) if each.startswith("tally.bootstrap")]


@pytest.mark.parametrize("name", MODULES)
def test_adapters_do_not_know_each_other(name: str) -> None:
    """GravityZone, ConnectWise and the ledger know nothing of each other, and none of them a use case."""
    own = next((each for each in ADAPTERS[:3] if name.startswith(f"{each}.")), None)
    if own is not None:
        others = [each for each in ADAPTERS[:3] if each != own]
        uses = ["tally.plan", "tally.sync", "tally.rounds", "tally.tying", "tally.roster", "tally.directory"]
        assert not [each for each in imported(name) if each.startswith((*others, *uses))]
