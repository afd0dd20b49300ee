"""One event through `sam local invoke`, with the environment that the deployed function has."""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from local.build import sam_environment
from local.checkout import ROOT, tool
from local.deployment import Deployment, Function
from local.errors import LocalError
from local.processes import run, tail, undisturbed
from local.sam_local.engine import remove_containers
from local.sam_local.events import Event
from local.stack import ARCHITECTURE, HOST_SEEN_FROM_CONTAINERS

FUNCTIONS: Sequence[Function] = (
    "planner",
    "worker",
    "reporter",
    "book",
    "evidence",
    "tickets",
)

NO_ACCOUNT: Mapping[str, str] = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
"""SAM hands its own credentials on to the function: these are nobody's."""


def write_environment(deployment: Deployment, path: Path) -> None:
    """Write the variables of the deployed functions as `--env-vars` reads them."""
    path.write_text(
        json.dumps(
            {
                f"{function.title()}Function": deployment.functions.get_function_configuration(
                    FunctionName=deployment.function_name(function)
                )["Environment"]["Variables"]
                for function in FUNCTIONS
            },
            indent=2,
        )
    )


def command(event: Event, *, environment: Path) -> Sequence[str]:
    """Return the command that a person types, from the checkout's folder.

    `--skip-pull-image`: Lambda's base image is pulled if there is none here, but not looked for
    each time.
    """
    return (
        ".tools/sam/bin/sam",
        "local",
        "invoke",
        f"{event.function.title()}Function",
        "--event",
        str(event.path.relative_to(ROOT)),
        "--env-vars",
        str(environment.relative_to(ROOT)),
        "--parameter-overrides",
        f"Architecture={ARCHITECTURE}",
        "--add-host",
        f"{HOST_SEEN_FROM_CONTAINERS}:host-gateway",
        "--skip-pull-image",
    )


def invoke(event: Event, *, environment: Path, log: Path) -> Any:  # noqa: ANN401  # JSON
    """Run it, and return the function's answer: the last line that SAM prints.

    Raises LocalError where SAM fails.
    """
    tool(".tools/sam", "sam")
    printed = log.with_suffix(".json")
    clean = {
        name: value for name, value in sam_environment().items() if not name.startswith("AWS_")
    }
    try:
        run(
            command(event, environment=environment),
            log=log,
            answer=printed,
            environment={
                **clean,
                **NO_ACCOUNT,
                "AWS_DEFAULT_REGION": "us-east-1",
                "AWS_CONFIG_FILE": os.devnull,
                "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            },
            directory=ROOT,
        )
    except BaseException:
        with undisturbed():
            remove_containers(log)
        raise
    lines = printed.read_text(errors="replace").strip().splitlines()
    try:
        return json.loads(lines[-1])
    except (IndexError, ValueError):
        raise LocalError(f"{event.name}: SAM printed no answer; {log}:\n{tail(log)}") from None
