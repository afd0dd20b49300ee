"""MiniStack, the stand-in for AWS, as a program of our own."""

import os
import socket
from pathlib import Path

from local.checkout import ROOT, tool
from local.processes import Child, host_of, port_of, url_of


def start_ministack(*, files: Path, log: Path, listener: socket.socket, auth: bool = True) -> Child:
    """Start MiniStack on a port of this machine that is held for it; it writes only below `files`.

    With `auth` functions may do what their roles allow; `test` as key and secret may do everything.
    """
    endpoint = url_of(listener)
    return Child.start(
        "MiniStack",
        [tool(".tools/ministack", "python"), "-P", ROOT / "local" / "ministack_main.py"],
        log=log,
        listener=listener,
        # Nothing else: the functions get MiniStack's environment too.
        environment={
            "PATH": os.defpath,
            "HOME": str(files),
            "TMPDIR": str(files),
            "STATE_DIR": str(files),
            "BIND_HOST": host_of(endpoint),
            "GATEWAY_PORT": str(port_of(endpoint)),
            "LISTENER": str(listener.fileno()),
            "AUTH": str(auth).lower(),
            "IOT_MTLS_ENABLED": "0",  # or it opens a second port
        },
    )
