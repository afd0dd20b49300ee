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

    def post(self, service: str, body: object, version: str = "v1.0") -> requests.Response:
        return self.session.post(f"{URL}/api/{version}/jsonrpc/{service}", json=body, timeout=10)

    def call(
        self,
        service: str,
        method: str,
        params: Mapping[str, Any] | None = None,
        version: str = "v1.0",
    ) -> Json:
        body = {"id": "a", "jsonrpc": "2.0", "method": method, "params": params or {}}
        answer = self.post(service, body, version)
        answer.raise_for_status()
        assert answer.json()["id"] == "a"
        return answer.json()["result"]

    def error(
        self,
        service: str,
        method: str,
        params: Mapping[str, Any] | None = None,
        version: str = "v1.0",
    ) -> tuple[int, str]:
        body = {"id": "a", "jsonrpc": "2.0", "method": method, "params": params or {}}
        answer = self.post(service, body, version)
        assert answer.status_code == 200
        return answer.json()["error"]["code"], answer.json()["error"]["data"]["details"]

    def items(self, parent_id: str | None = None, **params: Json) -> Json:
        """A page of the inventory below somebody, at any depth unless `filters` say otherwise."""
        asked = {"filters": {"depth": {"allItemsRecursively": True}}, **params}
        if parent_id is not None:
            asked["parentId"] = parent_id
        return self.call("network", "getNetworkInventoryItems", asked, "v1.1")

    def machines(self, parent_id: str | None = None) -> dict[str, str]:
        """The machines below somebody, each with the company that its row names."""
        items = self.items(parent_id, perPage=1000)["items"]
        return {row["id"]: row["companyId"] for row in items if row["type"] in {5, 6, 7}}

    def deleted_group(self, company_id: str) -> str:
        """The id of a company's group "Deleted"."""
        groups = self.call("network", "getCustomGroupsList", {"parentId": company_id})
        (found,) = [row["id"] for row in groups if row["name"] == "Deleted"]
        return str(found)

    def details(self, machine: str) -> Json:
        """What is told of one machine."""
        return self.call("network", "getManagedEndpointDetails", {"endpointId": machine})
