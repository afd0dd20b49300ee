"""The command line as an operator runs it: a program of its own, on a deployed stack."""

import json
import os
import subprocess
import sys
from typing import Any

from local.checkout import ROOT
from local.deployment import REGION
from local.processes import PATIENCE
from tests.e2e.msp import Msp


def run(msp: Msp, *arguments: str, code: int = 0) -> str:
    """Run `tally` with the local stack's credentials; standard output."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "cli.main", *arguments],
        cwd=ROOT,
        env={
            **{name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ},
            "AWS_ENDPOINT_URL": msp.stack.endpoint,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": REGION,
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert done.returncode == code, done.stderr
    return done.stdout


def document(msp: Msp, *arguments: str, code: int = 0) -> Any:  # noqa: ANN401 - whatever the command's document holds
    """Run `tally` with --json; its document."""
    return json.loads(run(msp, *arguments, "--json", code=code))
