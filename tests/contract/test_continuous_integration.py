"""What GitHub, pre-commit and editors are told agrees with the Makefile and with ruff."""

import configparser
import os
import re
import tomllib

import yaml

from local.checkout import ROOT

WORKFLOW = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text())
HOOKS = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())


def _bare(command: str) -> str:
    """The command without the variables that are set for it."""
    return re.sub(r"^(?:env )?(?:[A-Z_]+=\S+ )*", "", command.strip())


def test_a_commit_runs_what_make_lint_runs() -> None:
    """The same commands in the same order, with the tools of `make lint`: nothing is fetched."""
    recipe = (ROOT / "Makefile").read_text().partition("\nlint:")[2].partition("\n\n")[0]
    _, *lines = recipe.splitlines()
    (repository,) = HOOKS["repos"]
    assert repository["repo"] == "local"
    commands = [_bare(hook["entry"]) for hook in repository["hooks"]]
    assert commands == [_bare(line.replace("$(BIN)", ".venv/bin")) for line in lines]
    assert all(
        hook["language"] == "system" and not hook["pass_filenames"] for hook in repository["hooks"]
    )


def test_github_runs_ci_run_with_the_python_of_the_functions() -> None:
    """One job, from a clone, that may only read the repository."""
    (job,) = WORKFLOW["jobs"].values()
    steps = job["steps"]
    assert job["runs-on"] == "ubuntu-latest"
    assert WORKFLOW["permissions"] == {"contents": "read"}
    assert [step["run"] for step in steps if "run" in step] == [".ci/run"]
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
    (python,) = (step["with"]["python-version"] for step in steps if "setup-python" in str(step))
    assert python == (ROOT / ".python-version").read_text().strip()


def test_editors_break_lines_where_ruff_does() -> None:
    """One length of lines, and tabs where make needs them."""
    editors = configparser.ConfigParser()
    editors.read_string("[top]\n" + (ROOT / ".editorconfig").read_text())
    ruff = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["ruff"]
    assert editors.getint("*", "max_line_length") == ruff["line-length"]
    assert editors["Makefile"]["indent_style"] == "tab"
