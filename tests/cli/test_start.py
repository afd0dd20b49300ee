"""How little is imported before a command does its work: the command starts at once."""

import subprocess
import sys

import pytest
from typer.testing import CliRunner

from cli.contents import CONTENTS
from cli.main import app
from local.checkout import ROOT

HEAVY = ("boto3", "rapidfuzz", "requests", "rich.console", "tally.planner", "tally.worker")
OF_AWS = ("botocore", "pydantic", "tally.ledger")


def imported(program: str) -> set[str]:
    """The modules that a Python program has imported in the end, but for those that coverage
    brings.
    """
    told = f"{program}\nimport sys\nsys.stderr.write('\\n'.join(sys.modules))"
    paths = [ROOT / "layers" / "tally", ROOT / "functions", ROOT]
    ended = subprocess.run(
        [sys.executable, "-I", "-c", f"import sys; sys.path[:0] = {[*map(str, paths)]}\n{told}"],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(ended.stderr.splitlines())


def test_the_help_imports_no_command() -> None:
    """`tally --help` is printed from the table of contents alone."""
    loaded = imported("from cli.main import app\ntry: app(['--help'])\nexcept SystemExit: pass")
    assert "cli.contents" in loaded
    assert not [each for each in loaded if each.startswith("cli.commands.")]
    assert not loaded & {*HEAVY, *OF_AWS}


@pytest.mark.parametrize("name", ["status", "export"])
def test_looking_imports_no_vendor(name: str) -> None:
    """To look at the ledger needs no client of the vendors, no rehearsal, no rich without a
    terminal.
    """
    loaded = imported(f"import cli.deployment.connection, cli.commands.{name}")
    assert "botocore" in loaded
    assert not loaded & {*HEAVY}


def test_each_line_of_the_help_is_whole() -> None:
    """On a terminal of 80 columns each command of the table has one line, its sentence whole."""
    shown = CliRunner().invoke(app, ["--help"], terminal_width=80).output.splitlines()
    for each in CONTENTS:
        (line,) = [line for line in shown if line.split()[:1] == [each.name]]
        assert line.endswith(each.line)
        assert len(line) <= 80
