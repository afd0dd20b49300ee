"""The places of things in a checkout."""

from pathlib import Path

from local.errors import LocalError

ROOT = Path(__file__).resolve().parent.parent
STATE = ROOT / ".local"
"""Files that local stacks leave behind: logs, MiniStack's files, the record of a stack that is up.
Not committed."""


def tool(environment: str, program: str) -> Path:
    """Return a program of `.venv`, `.tools/sam` or `.tools/ministack`, which `make setup` prepares.

    Raises LocalError where it is missing.
    """
    path = ROOT / environment / "bin" / program
    if not path.exists():
        raise LocalError(f"{environment}/bin/{program} is missing: run `make setup`")
    return path
