"""The Docker engine that `sam local invoke` uses, asked with SAM's own Docker client."""

import ipaddress
import json
import os
import re
import socket
import subprocess
from collections.abc import Mapping
from pathlib import Path

from local.checkout import tool
from local.errors import LocalError
from local.processes import LOOPBACK

_ASK = """
import docker, json
engine = docker.from_env(timeout=10)
networks = engine.networks.list(names=["bridge"])
print(json.dumps([each for network in networks for each in network.attrs["IPAM"]["Config"] or []]))
"""
_REMOVE = """
import docker, sys
engine = docker.from_env(timeout=30)
for name in sys.argv[1:]:
    try:
        engine.containers.get(name).remove(force=True)
    except docker.errors.NotFound:
        pass
"""
_CONTAINER = re.compile(r"^SAM_CONTAINER_ID: (\w+)", re.MULTILINE)
_SECONDS = 60


def address_for_containers() -> str | None:
    """Return the address of this machine that containers reach, or None.

    It is None where no Docker engine answers. On Linux that is the gateway of Docker's default
    bridge: nobody outside this machine reaches it. Where the engine runs in a virtual machine
    (Docker Desktop), the gateway is that machine's, and containers are led to our loopback.
    """
    asked = _with_sams_client(_ASK)
    if asked.returncode != 0:
        return None
    bridges: list[dict[str, str]] = json.loads(asked.stdout)
    return next((each for each in map(gateway, bridges) if _is_ours(each)), LOOPBACK)


def gateway(bridge: Mapping[str, str]) -> str:
    """Return a network's gateway by the engine's report; left out, it is the first address."""
    return bridge.get("Gateway") or str(next(ipaddress.ip_network(bridge["Subnet"]).hosts()))


def remove_containers(log: Path) -> None:
    """Remove the containers that SAM names in its log, since SAM leaves them if a signal ends it.

    Raises LocalError if it cannot.
    """
    named = _CONTAINER.findall(log.read_text(errors="replace")) if log.exists() else []
    if not named:
        return
    removed = _with_sams_client(_REMOVE, *named)
    if removed.returncode != 0:
        raise LocalError(
            "SAM's container is left running, `docker ps` shows it: "
            f"{removed.stderr.strip()[-200:]}"
        )


def _with_sams_client(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if name in {"PATH", "HOME"} or name.startswith("DOCKER_")
    }
    return subprocess.run(  # noqa: S603  # our own program
        [tool(".tools/sam", "python"), "-c", program, *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=_SECONDS,
        env=kept,
    )


def _is_ours(address: str) -> bool:
    try:
        with socket.create_server((address, 0)):
            return True
    except OSError:
        return False
