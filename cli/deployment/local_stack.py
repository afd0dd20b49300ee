"""Find the stack that `make up` left running in this checkout."""

import json
from pathlib import Path
from typing import NamedTuple

from tally.errors import SetupError

_RECORD = Path(__file__).parents[2] / ".local" / "up.json"
"""What `make up` writes and `make down` removes (`local/up.py`)."""


class LocalStack(NamedTuple):
    """The address of the local stack's stand-in for AWS."""

    endpoint: str
    region: str


def find_local_stack() -> LocalStack:
    """Return the running stack. Raises SetupError if there is none."""
    try:
        told = json.loads(_RECORD.read_text(encoding="utf-8"))
        return LocalStack(endpoint=str(told["endpoint"]), region=str(told["region"]))
    except (OSError, ValueError, KeyError) as error:
        raise SetupError("No local stack is up: start one with `make up`.") from error
