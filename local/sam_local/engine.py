"""The Docker engine that `sam local invoke` uses, asked with SAM's own Docker client."""

import ipaddress
import json
import os
import socket
import subprocess
from collections.abc import Mapping

from local.checkout import tool
from local.processes import LOOPBACK

_ASK = """
import docker, json
engine = docker.from_env(timeout=10)
networks = engine.networks.list(names=["bridge"])
print(json.dumps([each for network in networks for each in network.attrs["IPAM"]["Config"] or []]))
"""
_SECONDS = 60


def address_for_containers() -> str | None:
    """The address of this machine that containers reach; None where no Docker engine answers.

    On Linux that is the gateway of Docker's default bridge: nobody outside this machine reaches it. Where the engine
    runs in a virtual machine (Docker Desktop), the gateway is that machine's, and containers are led to our loopback.
    """
    asked = subprocess.run(  # noqa: S603  # our own program
        [tool(".tools/sam", "python"), "-c", _ASK],
        capture_output=True,
        text=True,
        check=False,
        timeout=_SECONDS,
        env={
            name: value for name, value in os.environ.items() if name in {"PATH", "HOME"} or name.startswith("DOCKER_")
        },
    )
    if asked.returncode != 0:
        return None
    bridges: list[dict[str, str]] = json.loads(asked.stdout)
    return next((each for each in map(gateway, bridges) if _is_ours(each)), LOOPBACK)


def gateway(bridge: Mapping[str, str]) -> str:
    """The gateway of a network by what the engine tells of it; where it leaves it out, it has the first address."""
    return bridge.get("Gateway") or str(next(ipaddress.ip_network(bridge["Subnet"]).hosts()))


def _is_ours(address: str) -> bool:
    try:
        with socket.create_server((address, 0)):
            return True
    except OSError:
        return False
