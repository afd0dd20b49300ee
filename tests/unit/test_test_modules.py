"""What tests share stands in modules of its own, so that each test module can be read alone."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
MODULES = sorted(TESTS.rglob("*.py"))


def imported(path: Path) -> Iterator[str]:
    """Yield every dotted name that a module imports, what it takes from a module included."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{each.name}" for each in node.names)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(TESTS)))
def test_no_module_imports_a_test_module(path: Path) -> None:
    """A scene that two test modules need has a module or a fixture of its own."""
    assert not [
        name
        for name in imported(path)
        if name.startswith("tests.")
        and any(part.startswith("test_") for part in name.split(".")[:3])
    ]
