"""The evidence function's own parts at another time: `python -m local.walk_at INSTANT`.

A function of a local stack has this machine's clock, by which the demo's months are over: it would
record nothing of them, as nothing of a month is proven after its end (PROOF-1). So the walk is made
by the same parts in a program whose clock is set to what the simulators' clocks show.
"""

import json
import os
import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from local.checkout import ROOT, tool
from local.deployment import REGION, Deployment
from local.errors import LocalError
from local.processes import run
from simulators.clock import VirtualClock
from tally.runtime.parts.evidence import Outside, evidence_parts

_SECONDS = 900
_FASTEST = "10"
"""Calls a second that GravityZone lets in. Nobody else uses the demo's key meanwhile."""


def walk_at(deployment: Deployment, at: datetime, directory: Path) -> int:
    """Walk the inventory at that instant, do the looks, and return the number of the looks.

    The settings are those of the deployed function. Raises LocalError if anything failed.
    """
    answer = directory / "evidence.json"
    run(
        [tool(".venv", "python3.13"), "-m", "local.walk_at", at.isoformat()],
        log=directory / "evidence.log",
        environment={**_here(), **_settings(deployment), **_reached(deployment)},
        directory=ROOT,
        answer=answer,
    )
    looks: int = json.loads(answer.read_text())["looks"]
    return looks


def main() -> int:
    """Make the walk, and write what was done; answers the exit code."""
    at = datetime.fromisoformat(sys.argv[1])
    parts = evidence_parts(os.environ, Outside(clock=VirtualClock(at)))
    if parts is None:
        raise LocalError("evidence is off")
    parts.deadline.set(_SECONDS * 1000)
    walked = parts.walk(at)
    ended = list(parts.drain())
    troubles = [*walked.troubles.values(), *(str(each.error) for each in ended if each.error)]
    if walked.skipped or troubles:
        raise LocalError(f"the walk failed: {walked.skipped or '; '.join(troubles)}")
    json.dump({"looks": len(ended)}, sys.stdout)
    return 0


def _here() -> Mapping[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}


def _settings(deployment: Deployment) -> Mapping[str, str]:
    configured = deployment.functions.get_function_configuration(
        FunctionName=deployment.function_name("evidence")
    )
    return {**configured["Environment"]["Variables"], "INVENTORY_CALLS_PER_SECOND": _FASTEST}


def _reached(deployment: Deployment) -> Mapping[str, str]:
    return {
        "AWS_ENDPOINT_URL": deployment.endpoint,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }


if __name__ == "__main__":
    sys.exit(main())
