"""`sam build`, left out when nothing that goes into it has changed."""

import fcntl
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from local.checkout import ROOT, STATE, tool
from local.processes import run

BUILT = ROOT / ".aws-sam" / "build"
_INPUTS = ("template.yaml", "functions", "layers", "requirements/sam.txt")
# `sam build` empties the folder first, so a build by hand takes it away.
_STAMP = BUILT / "inputs.sha256"


def sam_environment() -> dict[str, str]:
    """Return our own environment with the project's Python first on the path.

    SAM and the layers' Makefiles run with it.
    """
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in {"MAKEFLAGS", "MAKELEVEL", "MFLAGS"}
    }
    path = os.pathsep.join([str(tool(".venv", "python3.13").parent), kept.get("PATH", os.defpath)])
    return {**kept, "PATH": path, "SAM_CLI_TELEMETRY": "0", "AWS_DEFAULT_REGION": "us-east-1"}


def build() -> bool:
    """Bring `.aws-sam/build` up to date, and return True if there was anything to do.

    Several programs may ask at once.
    """
    STATE.mkdir(exist_ok=True)
    with (STATE / "build.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        inputs = _digest()
        if _STAMP.exists() and _STAMP.read_text() == inputs:
            return False
        run(
            [tool(".tools/sam", "sam"), "build"],
            log=STATE / "build.log",
            environment=sam_environment(),
            directory=ROOT,
        )
        _STAMP.write_text(inputs)
        return True


def _digest() -> str:
    digest = hashlib.sha256()
    for path in sorted(_files()):
        digest.update(f"{path.relative_to(ROOT)}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _files() -> Iterator[Path]:
    for name in _INPUTS:
        top = ROOT / name
        yield from (
            [top]
            if top.is_file()
            else (
                path
                for path in top.rglob("*")
                if path.is_file() and "__pycache__" not in path.parts
            )
        )


if __name__ == "__main__":
    print("built" if build() else "built already, nothing has changed")
