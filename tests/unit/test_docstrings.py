"""Every test states its rule, and each of the five questions is asked in the words of the list."""

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tally import domain
from tally.domain import decision

TESTS = Path(__file__).parents[1]
FILES = sorted(TESTS.rglob("test_*.py"))


def functions_of(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """The test functions of a file, those in classes too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith(
            "test"
        ):
            yield node


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(TESTS)))
def test_each_test_has_a_docstring(path: Path) -> None:
    """A test's docstring states the rule that it proves; one without is not finished."""
    without = [
        node.name for node in functions_of(path) if not (ast.get_docstring(node) or "").strip()
    ]
    assert without == []


QUESTIONS = re.findall(r"(\d)\. ``([a-z._]+)``: ([^?]+\?)", domain.__doc__ or "")
ORDINALS = ("First", "Second", "Third", "Fourth", "Fifth")


@pytest.mark.parametrize("number", range(1, 6))
def test_a_question_is_asked_in_the_words_of_the_list(number: int) -> None:
    """Whoever comes from the list of questions finds each module by its first line."""
    listed, module, question = QUESTIONS[number - 1]
    asked = importlib.import_module(f"tally.domain.{module}").__doc__ or ""
    assert int(listed) == number
    assert asked.startswith(f"{ORDINALS[number - 1]} question: {question}")
    assert f"``{module.removeprefix('decision.')}``: {question}" in (decision.__doc__ or "")
