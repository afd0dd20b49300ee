"""MiniStack, the stand-in for AWS, as a program of our own."""

import os
from pathlib import Path

from local.checkout import ROOT, tool
from local.processes import Child, host_of, port_of


def start_ministack(*, files: Path, log: Path, endpoint: str, auth: bool = True) -> Child:
    """Start it at `endpoint`, an address of this machine, with all that it writes below `files`.

    With `auth` functions may do what their roles allow; `test` as key and secret may do everything.
    """
    return Child.start(
        "MiniStack",
        [tool(".tools/ministack", "python"), "-P", ROOT / "local" / "ministack_main.py"],
        log=log,
        # Nothing else: the functions get MiniStack's environment too.
        environment={
            "PATH": os.defpath,
            "HOME": str(files),
            "TMPDIR": str(files),
            "STATE_DIR": str(files),
            "BIND_HOST": host_of(endpoint),
            "GATEWAY_PORT": str(port_of(endpoint)),
            "AUTH": str(auth).lower(),
            "IOT_MTLS_ENABLED": "0",  # or it opens a second port
        },
    )
