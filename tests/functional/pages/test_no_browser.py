"""A machine without a browser: nobody takes pages for looked at that were not."""

import os
import subprocess
import sys

import pytest

from local.checkout import ROOT
from tests.functional.pages.browser import MISSING

pytestmark = pytest.mark.slow

ONE = "tests/functional/pages/test_index.py::test_what_waits_comes_first"


def run(**variables: str) -> subprocess.CompletedProcess[str]:
    """Run one test of pages as `make test` does, where no browser is on the path."""
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", ONE],
        cwd=ROOT,
        env={
            "PATH": "/nowhere",
            **{name: os.environ[name] for name in ("PYTHONPATH", "HOME") if name in os.environ},
            **variables,
        },
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_skip_is_told() -> None:
    """On a machine of one's own the tests are skipped, and the summary says why."""
    ended = run()
    assert ended.returncode == 0
    (told,) = [line for line in ended.stdout.splitlines() if line.startswith("SKIPPED")]
    assert told.endswith(MISSING)


def test_continuous_integration_does_not_skip() -> None:
    """Where a browser is required, as in `.ci/run`, a missing one is an error."""
    ended = run(TALLY_BROWSER="required")
    assert ended.returncode == 1
    assert MISSING in ended.stdout
    assert "1 error" in ended.stdout
    assert 'export TALLY_BROWSER="${TALLY_BROWSER-required}"' in (ROOT / ".ci" / "run").read_text()
