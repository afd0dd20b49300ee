"""Who may import whom among the folders that are never deployed."""

import ast
from functools import cache
from pathlib import Path

import pytest

from local.checkout import ROOT

PRODUCT = {"tally", "planner", "worker", "reporter", "book", "cli"}
FORBIDDEN = {
    "simulators": {*PRODUCT, "testing", "local", "verification"},
    "testing": {"planner", "worker", "reporter", "book", "cli", "verification"},
    "local": {"testing", "verification"},
    "verification": {"cli"},
}
MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for folder in FORBIDDEN
    for path in sorted((ROOT / folder).rglob("*.py"))
}
PACKAGES = [name for name, path in MODULES.items() if path.name == "__init__.py"]
VENDORS = ("simulators.gravityzone", "simulators.connectwise")


@cache
def tree_of(path: Path) -> ast.Module:
    """A module's code."""
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def imported(name: str) -> frozenset[str]:
    """What a module imports, anywhere in it, for types alone too; modules of ours by their
    names.
    """
    names: set[str] = set()
    for node in ast.walk(tree_of(MODULES[name])):
        if isinstance(node, ast.Import):
            names.update(each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "a relative import"
            full = [f"{node.module}.{each.name}" for each in node.names]
            names.update(each if each in MODULES else str(node.module) for each in full)
    return frozenset(names)


def circle_from(name: str) -> list[str]:
    """The imports that lead from a module back to itself; empty if none do."""
    ways = [[name]]
    seen: set[str] = set()
    while ways:
        way = ways.pop()
        for each in imported(way[-1]) & MODULES.keys():
            if each == name:
                return [*way, each]
            if each not in seen:
                seen.add(each)
                ways.append([*way, each])
    return []


@pytest.mark.parametrize("name", MODULES)
def test_a_folder_imports_what_it_may(name: str) -> None:
    """The simulators stand alone, stand-ins know no proofs, and local programs know no tests'
    world.
    """
    roots = {each.partition(".")[0] for each in imported(name)}
    assert not roots & FORBIDDEN[name.partition(".")[0]]


@pytest.mark.parametrize("vendor", VENDORS)
def test_the_vendors_know_nothing_of_each_other(vendor: str) -> None:
    """Neither simulator imports the other one."""
    others = tuple(each for each in VENDORS if each != vendor)
    for name in (name for name in MODULES if name.startswith(vendor)):
        assert not [each for each in imported(name) if each.startswith(others)], name


@pytest.mark.parametrize("name", MODULES)
def test_no_module_is_imported_by_what_it_imports(name: str) -> None:
    """No imports run in a circle, those for types alone included."""
    assert circle_from(name) == []


@pytest.mark.parametrize("name", PACKAGES)
def test_a_package_says_what_lives_there(name: str) -> None:
    """A package's docstring says what lives there and what its modules may import, in a few
    lines.
    """
    text = ast.get_docstring(tree_of(MODULES[name])) or ""
    assert "import" in text
    assert len(text.splitlines()) >= 3
