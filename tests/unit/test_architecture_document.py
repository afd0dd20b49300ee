"""The map from rules to code in docs/architecture.md leads somewhere."""

import importlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "architecture.md").read_text()
ROWS = re.findall(r"^\| ([A-Z]+-\d+) \| (.+) \|$", TEXT, flags=re.MULTILINE)
TESTS = "\n".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))


@pytest.mark.parametrize(("rule", "places"), ROWS, ids=[rule for rule, _ in ROWS])
def test_a_rule_leads_to_its_code_and_its_test(rule: str, places: str) -> None:
    """A reader finds each rule's code from the document, and its proof by the rule's name in a
    test's docstring.
    """
    names = re.findall(r"`([a-z_.]+(?:\.[A-Za-z_.]+)?)`", places)
    assert names
    for name in names:
        module = "tally"
        parts = name.split(".")
        while (
            parts
            and (ROOT / "layers/tally" / f"{module}.{parts[0]}".replace(".", "/"))
            .with_suffix(".py")
            .exists()
            | (ROOT / "layers/tally" / f"{module}.{parts[0]}".replace(".", "/")).is_dir()
        ):
            module = f"{module}.{parts.pop(0)}"
        found: object = importlib.import_module(module)
        for part in parts:
            found = getattr(found, part, None) or _method(found, part)
    assert re.search(rf'"""[^"]*\b{rule}\b', TESTS)


def _method(module: object, name: str) -> object:
    """A method named without its class, as in `ledger.dynamodb.save`."""
    for candidate in vars(module).values():
        if isinstance(candidate, type) and hasattr(candidate, name):
            return getattr(candidate, name)
    raise AssertionError(f"{module} has no {name}")
