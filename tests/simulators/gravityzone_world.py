"""A small GravityZone: an MSP, its partner and three customers; and a client of its API."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import requests

from simulators.adapter import SimulatorAdapter
from simulators.gravityzone import GravityZoneSimulator
from simulators.scenario import GravityZoneCompany, GravityZoneFolder, GravityZoneWorld

type Json = Any
"""A value read from JSON, or put into it."""


NOW = datetime(2026, 11, 10, 12, tzinfo=UTC)
URL = "https://gravityzone.test"
OWN, PARTNER, HARBOR, JUNIPER, SHELVED, FOLDER = (f"{digit}" * 24 for digit in "123456")
WORLD = GravityZoneWorld(
    companies=(
        GravityZoneCompany(id=OWN, name="Bright Lantern IT", parent_id=None, kind="partner"),
        GravityZoneCompany(id=PARTNER, name="Summit Peak IT", parent_id=OWN, kind="partner"),
        GravityZoneCompany(id=HARBOR, name="Harbor Dental", parent_id=OWN, minimum_usage=5),
        GravityZoneCompany(id=JUNIPER, name="Juniper Law", parent_id=PARTNER),
        GravityZoneCompany(id=SHELVED, name="Old Harbor", parent_id=FOLDER, subscription_type=2),
    ),
    folders=(GravityZoneFolder(id=FOLDER, parent_id=OWN),),
)


class Client:
    """A caller with a key, as any third-party client is one."""

    def __init__(
        self, simulator: GravityZoneSimulator, key: str = "key", password: str = ""
    ) -> None:
        self.session = requests.Session()
        self.session.auth = (key, password)
        self.session.mount(URL, SimulatorAdapter(simulator))

    def post(self, service: str, body: object) -> requests.Response:
        return self.session.post(f"{URL}/api/v1.0/jsonrpc/{service}", json=body, timeout=10)

    def call(self, service: str, method: str, params: Mapping[str, Any] | None = None) -> Json:
        answer = self.post(
            service, {"id": "a", "jsonrpc": "2.0", "method": method, "params": params or {}}
        )
        answer.raise_for_status()
        assert answer.json()["id"] == "a"
        return answer.json()["result"]

    def error(
        self, service: str, method: str, params: Mapping[str, Any] | None = None
    ) -> tuple[int, str]:
        answer = self.post(
            service, {"id": "a", "jsonrpc": "2.0", "method": method, "params": params or {}}
        )
        assert answer.status_code == 200
        return answer.json()["error"]["code"], answer.json()["error"]["data"]["details"]
