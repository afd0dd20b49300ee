"""The mutation check itself: what it plants, and that it notices when nobody notices."""

import ast
import re
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import pytest

from local.checkout import ROOT
from local.errors import LocalError
from verification.mutations import __main__ as program
from verification.mutations import report
from verification.mutations.catalogue import MUTATIONS
from verification.mutations.copies import Copy
from verification.mutations.mutation import Edit, Mutation
from verification.mutations.mutation_runner import Runner, Verdict

RULES = set(
    re.findall(
        r"^\| ([A-Z]+-\d+) \|", (ROOT / "docs" / "architecture.md").read_text(), flags=re.MULTILINE
    )
)
HARMLESS = Mutation(
    name="another docstring",
    rule="SAFE-1",
    file="tally/runtime/time_limits.py",
    edits=(Edit(before="present instant", after="very instant"),),
    why="To see that nobody minds.",
    tests=("tests/unit/test_month.py",),
    seeds=range(0),
)


def of_name(name: str) -> Mutation:
    """One of the catalogue."""
    return next(mutation for mutation in MUTATIONS if mutation.name == name)


@lru_cache(maxsize=2)
def dumped(text: str) -> str:
    """Return what Python makes of a module; the mutations of one follow one another."""
    return ast.dump(ast.parse(text))


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)
def test_each_applies(mutation: Mutation) -> None:
    """A mutation's texts stand once each in the product as it is, and what comes of them is Python;
    else it proves nothing.
    """
    sound = (ROOT / mutation.path).read_text()
    assert dumped(mutation.planted(sound)) != dumped(sound)


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)
def test_each_names_a_rule_and_its_tests(mutation: Mutation) -> None:
    """Each mutation breaks a rule that there is, and the tests that it names are there."""
    assert mutation.rule in RULES
    for test in mutation.tests:
        path, *inside = test.split("::")
        text = (ROOT / path).read_text()
        assert all(f"def {name}(" in text or f"class {name}:" in text for name in inside)


def test_enough_of_them() -> None:
    """At least 25 mutations, no two of one name, and at least twelve of them are for the simulation
    alone.
    """
    assert len({mutation.name for mutation in MUTATIONS}) == len(MUTATIONS) >= 25
    assert sum(not mutation.tests for mutation in MUTATIONS) >= 12


def test_the_page_is_of_this_catalogue() -> None:
    """The page that the check wrote last has every mutation, and somebody who noticed it."""
    rows = re.findall(
        r"^\| [A-Z]+-\d+ \| ([^|]+) \| [^|]+ \| ([^|]+) \|",
        report.PAGE.read_text(),
        flags=re.MULTILINE,
    )
    assert [name for name, _ in rows] == [mutation.name for mutation in MUTATIONS]
    assert "**nobody**" not in {noticed for _, noticed in rows}


@pytest.mark.parametrize("text", ["", "a = 1\na = 1\n"])
def test_a_text_that_is_not_there_once(text: str) -> None:
    """A text that is gone, or stands there twice, is no place for a bug: the check fails and names
    the mutation.
    """
    with pytest.raises(
        LocalError,
        match=r"another docstring: 'a = 1' stands \d times in layers/.*/runtime/time_limits.py",
    ):
        replace(HARMLESS, edits=(Edit(before="a = 1", after="a = 2"),)).planted(text)


def test_a_copy_is_sound_again(tmp_path: Path) -> None:
    """The bug is in the copy alone, and only as long as it is asked about."""
    sound = (ROOT / HARMLESS.path).read_text()
    copy = Copy(tmp_path / "copy")
    with copy.with_bug(HARMLESS):
        assert (copy.folder / HARMLESS.path).read_text() == HARMLESS.planted(sound)
        assert (ROOT / HARMLESS.path).read_text() == sound
    assert (copy.folder / HARMLESS.path).read_text() == sound


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Runner:
    """With one copy of the checkout."""
    return Runner(tmp_path_factory.mktemp("copies"), processes=1)


@pytest.mark.slow
class TestRunner:
    """In processes of its own."""

    def test_killed_by_a_test(self, runner: Runner) -> None:
        """A test that fails with the bug in place is what noticed it, and the planted file is the
        one that was imported.
        """
        verdict = runner.judge(
            of_name("a month is the one of the zone that the instant is written in")
        )
        assert verdict.killed_by is not None
        assert verdict.killed_by.startswith("tests/unit/test_month.py::")

    def test_killed_by_the_simulation(self, runner: Runner) -> None:
        """A violation is told by its seed and invariant."""
        verdict = runner.judge(
            replace(of_name("an Addition ends on the next month's first day"), seeds=range(1))
        )
        assert verdict.killed_by == "simulation, seed 0, invariant 6"

    def test_survived(self, runner: Runner) -> None:
        """What no test and no seed notices has survived."""
        verdict = runner.judge(HARMLESS)
        assert verdict.killed_by is None
        assert str(verdict) == "SAFE-1     another docstring: SURVIVED"

    @pytest.mark.parametrize("without", ["edits", "tests"])
    def test_no_verdict(self, runner: Runner, without: str) -> None:
        """A mutation that does not apply, or whose test is not there, kills nothing and is not
        passed over.
        """
        broken = {
            "edits": (Edit(before="never", after=""),),
            "tests": ("tests/unit/test_no_such.py",),
        }
        verdict = runner.judge(replace(HARMLESS, **{without: broken[without]}))
        assert verdict.killed_by is None
        assert "SURVIVED (" in str(verdict)

    def test_a_killer_that_always_fails(self, runner: Runner, tmp_path: Path) -> None:
        """A test that fails on the sound product too is no killer: nothing is judged by it."""
        failing = tmp_path / "test_failing.py"
        failing.write_text(
            'def test_failing() -> None:\n    """Fails."""\n    raise AssertionError\n'
        )
        with pytest.raises(LocalError, match="test_failing fails without any mutation"):
            runner.judge_all([replace(HARMLESS, tests=(str(failing),))], tell=lambda _: None)


@pytest.mark.parametrize(
    ("killed_by", "code"), [("tests/unit/test_clock.py::test_it", 0), (None, 1)]
)
def test_exit_code(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    killed_by: str | None,
    code: int,
) -> None:
    """`make mutations` fails if one survived, and names it; the page is written either way."""
    verdict = Verdict(mutation=HARMLESS, killed_by=killed_by, seconds=1.5)
    page = tmp_path / "mutations.md"
    monkeypatch.setattr(program, "run", lambda *_, **__: [verdict])
    monkeypatch.setattr(program, "PAGE", page)
    monkeypatch.setattr("sys.argv", ["mutations"])
    assert program.main() == code
    noticed = "`unit/test_clock.py::test_it`" if killed_by else "**nobody**"
    assert (
        f"| SAFE-1 | another docstring | To see that nobody minds. | {noticed} |\n"
        in page.read_text()
    )
    assert ("another docstring: SURVIVED" in capsys.readouterr().out) == (killed_by is None)


def test_nothing_is_meant(monkeypatch: pytest.MonkeyPatch) -> None:
    """ONLY with a word that no mutation has judges nothing, and is no success."""
    monkeypatch.setattr(program, "run", lambda mutations, **_: list(mutations))
    monkeypatch.setattr("sys.argv", ["mutations", "--only", "no such rule"])
    assert program.main() == 1
