"""The GravityZone simulator's inventory: what a walk shows, in pages, and what it may leave out."""

import json
from typing import Any

import pytest

from simulators.clock import VirtualClock
from simulators.gravityzone import GravityZoneSimulator
from tests.simulators.gravityzone_world import (
    FOLDER,
    HARBOR,
    JUNIPER,
    NOW,
    OWN,
    PARTNER,
    SHELVED,
    WORLD,
    Client,
    Json,
)

DEEP = {"depth": {"allItemsRecursively": True}}


@pytest.fixture
def gravityzone() -> GravityZoneSimulator:
    return GravityZoneSimulator(VirtualClock(NOW), WORLD)


@pytest.fixture
def client(gravityzone: GravityZoneSimulator) -> Client:
    return Client(gravityzone)


def names(page: Json) -> list[tuple[int, str]]:
    """The rows of a page, by type and name."""
    return [(row["type"], row["name"]) for row in page["items"]]


def test_the_inventory_is_on_the_newer_path_alone(client: Client) -> None:
    """`getNetworkInventoryItems` is v1.1; that path knows no other method, and no other service."""
    assert client.error("network", "getNetworkInventoryItems")[0] == -32601
    assert client.error("network", "getManagedEndpointDetails", version="v1.1")[0] == -32601
    body = {"id": 1, "jsonrpc": "2.0", "method": "getLicenseInfo"}
    assert client.post("licensing", body, "v1.1").status_code == 404
    assert client.post("network", body, "v1.2").status_code == 404


def test_a_walk_shows_companies_containers_folders_groups_and_machines(
    client: Client, gravityzone: GravityZoneSimulator
) -> None:
    """Everything below is a row, at any depth; each names its parent and its company."""
    gravityzone.tenant.add_endpoint(SHELVED, name="MILL", grouped=False)
    rows = client.items(perPage=1000)["items"]
    shown = {(row["type"], row["name"]) for row in rows}
    assert {
        (1, "Summit Peak IT"),
        (1, "Juniper Law"),
        (1, "Old Harbor"),
        (2, "Computers and Groups"),
        (3, "Folder"),
        (4, "Workstations"),
    } <= shown
    of_id = {row["id"]: row for row in rows}
    assert of_id[SHELVED]["parentId"] == FOLDER
    assert of_id[FOLDER]["parentId"] == OWN
    (mill,) = [row for row in rows if row["name"] == "MILL"]
    assert (mill["parentId"], mill["companyId"]) == (SHELVED, SHELVED)
    assert OWN not in of_id


def test_without_recursion_one_level_is_shown(
    client: Client, gravityzone: GravityZoneSimulator
) -> None:
    """A client that forgets the depth misses the machines in groups."""
    gravityzone.tenant.add_endpoint(HARBOR, name="GROUPED")
    assert names(client.items(HARBOR, filters={})) == [(2, "Computers and Groups")]
    assert "GROUPED" in dict(map(reversed, names(client.items(HARBOR))))


def test_types_are_filtered(client: Client, gravityzone: GravityZoneSimulator) -> None:
    """Computers, virtual machines and EC2 instances are types of their own."""
    gravityzone.tenant.check_in_new(HARBOR, 40)
    every = client.items(perPage=1000)["total"]
    kinds = [
        client.items(filters={**DEEP, "type": {kind: True}})["total"]
        for kind in ("computers", "virtualMachines", "ec2Instances")
    ]
    assert sum(kinds) == 40
    assert all(kinds)
    companies = client.items(filters={**DEEP, "type": {"companies": True, "groups": False}})
    assert {kind for kind, _ in names(companies)} == {1}
    assert companies["total"] < every


def test_unmanaged_machines_can_be_left_out(
    client: Client, gravityzone: GravityZoneSimulator
) -> None:
    """A machine that was only found in the network is a row that says so, and has no details."""
    found = gravityzone.tenant.add_endpoint(HARBOR, name="PRINTER", managed=False)
    gravityzone.tenant.add_endpoint(HARBOR, name="PC")
    assert set(client.machines(HARBOR)) > {found}
    best = {**DEEP, "security": {"management": {"managedWithBest": True}}}
    assert (5, "PRINTER") not in names(client.items(HARBOR, filters=best))
    (row,) = [row for row in client.items(HARBOR)["items"] if row["id"] == found]
    assert row["details"]["isManaged"] is False
    assert client.error("network", "getManagedEndpointDetails", {"endpointId": found})[0] == -32602
    gravityzone.tenant.check_in(found)
    assert client.details(found)["lastSeen"] == "2026-11-10T12:00:00"


def test_rows_have_details_that_nobody_should_keep(
    client: Client, gravityzone: GravityZoneSimulator
) -> None:
    """Addresses stand beside the name; no row says when the machine was last seen."""
    gravityzone.tenant.add_endpoint(HARBOR, name="FRONT-DESK", grouped=False)
    (row,) = [row for row in client.items(HARBOR)["items"] if row["name"] == "FRONT-DESK"]
    details = row["details"]
    assert details["fqdn"] == "front-desk.local"
    assert details["ip"].startswith("10.")
    assert len(details["macs"]) == 1
    assert "lastSeen" not in {*row, *details}
    assert "lastSuccessfulScan" not in details
    with_scans = client.items(HARBOR, options={"endpoints": {"includeScanLogs": True}})
    (row,) = [row for row in with_scans["items"] if row["name"] == "FRONT-DESK"]
    assert row["details"]["lastSuccessfulScan"] == {"name": "Quick scan", "date": None}


def test_pages_tell_their_total_once(client: Client, gravityzone: GravityZoneSimulator) -> None:
    """`total` and `pagesCount` stand on page 1 alone; `hasMoreRecords` on each."""
    gravityzone.tenant.check_in_new(HARBOR, 5)
    machines = {**DEEP, "type": {"computers": True, "virtualMachines": True, "ec2Instances": True}}
    pages = [client.items(HARBOR, perPage=2, page=n, filters=machines) for n in (1, 2, 3, 4)]
    assert (pages[0]["total"], pages[0]["pagesCount"]) == (5, 3)
    assert all({"total", "pagesCount"}.isdisjoint(page) for page in pages[1:])
    assert [page["hasMoreRecords"] for page in pages] == [True, True, False, False]
    assert [len(page["items"]) for page in pages] == [2, 2, 1, 0]
    assert len({row["id"] for page in pages for row in page["items"]}) == 5


@pytest.mark.parametrize(
    "wrong",
    [
        {"perPage": 1001},
        {"perPage": 0},
        {"page": 0},
        {"parentId": "f" * 24},
        {"parentId": 3},
        {"companyId": HARBOR},
        {"filters": {"type": {"printers": True}}},
        {"filters": []},
    ],
    ids=str,
)
def test_wrong_params_are_refused(client: Client, wrong: dict[str, Any]) -> None:
    """A page has 1,000 rows at most, and nothing is guessed."""
    assert client.error("network", "getNetworkInventoryItems", wrong, "v1.1")[0] == -32602


def test_a_walk_begins_anywhere(client: Client, gravityzone: GravityZoneSimulator) -> None:
    """Partners hold their customers' machines, folders and containers what is in them."""
    tenant = gravityzone.tenant
    (harbor,) = tenant.check_in_new(HARBOR)
    (juniper,) = tenant.check_in_new(JUNIPER)
    (shelved,) = tenant.check_in_new(SHELVED)
    (own,) = tenant.check_in_new(PARTNER)
    assert client.machines() == {harbor: HARBOR, juniper: JUNIPER, shelved: SHELVED, own: PARTNER}
    assert client.machines(PARTNER) == {juniper: JUNIPER, own: PARTNER}
    assert client.machines(FOLDER) == {shelved: SHELVED}
    container = client.items(HARBOR)["items"][0]["id"]
    assert client.machines(container) == {harbor: HARBOR}
    tenant.reach.hide(PARTNER)
    assert client.machines() == {harbor: HARBOR, shelved: SHELVED}


def test_groups_are_listed_one_level(client: Client) -> None:
    """Each company has a group named `Deleted`, found below it by name; a group has none."""
    groups = client.call("network", "getCustomGroupsList", {"parentId": HARBOR})
    assert [row["name"] for row in groups] == ["Workstations", "Deleted"]
    assert client.deleted_group(JUNIPER) != client.deleted_group(HARBOR)
    deleted = client.deleted_group(HARBOR)
    assert client.call("network", "getCustomGroupsList", {"parentId": deleted}) == []
    assert client.error("network", "getCustomGroupsList", {"parentId": "x"})[0] == -32602


def test_the_root_walk_can_be_refused(client: Client, gravityzone: GravityZoneSimulator) -> None:
    """Nobody has seen it answered: a client has to be ready to go company by company."""
    (machine,) = gravityzone.tenant.check_in_new(JUNIPER)
    gravityzone.options.root_walk = "refused"
    for params in ({"filters": DEEP}, {"filters": DEEP, "parentId": OWN}):
        assert client.error("network", "getNetworkInventoryItems", params, "v1.1")[0] == -32001
    assert client.machines(JUNIPER) == {machine: JUNIPER}


def test_the_root_walk_can_leave_companies_out(
    client: Client, gravityzone: GravityZoneSimulator
) -> None:
    """With all below them, and in silence; named, they are walked."""
    (harbor,) = gravityzone.tenant.check_in_new(HARBOR)
    (juniper,) = gravityzone.tenant.check_in_new(JUNIPER)
    gravityzone.options.root_leaves_out = frozenset({PARTNER})
    assert client.machines() == {harbor: HARBOR}
    assert client.machines(PARTNER) == {juniper: JUNIPER}


def test_one_companys_walk_can_be_refused(
    client: Client, gravityzone: GravityZoneSimulator
) -> None:
    """The refusal of one company is no other's; by method, its details are still told."""
    (machine,) = gravityzone.tenant.check_in_new(HARBOR)
    gravityzone.tenant.reach.refuse(HARBOR, "getNetworkInventoryItems", details="No.")
    for parent in (HARBOR, client.deleted_group(HARBOR)):
        asked = {"parentId": parent}
        refused = client.error("network", "getNetworkInventoryItems", asked, "v1.1")
        assert refused == (-32001, "No.")
    assert client.machines(JUNIPER) == {}
    assert client.details(machine)["companyId"] == HARBOR
    gravityzone.tenant.reach.refuse(HARBOR)
    refused = client.error("network", "getManagedEndpointDetails", {"endpointId": machine})
    assert refused[0] == -32001


def test_the_options_are_set_by_control_calls(
    client: Client, gravityzone: GravityZoneSimulator
) -> None:
    """A person at the demo orders them as a test does, by names."""
    order = {
        "root_walk": "refused",
        "root_leaves_out": ["Summit Peak IT"],
        "deleted_in_walk": True,
        "deleted_details": "gone",
        "reinstalled": "new id",
    }
    answer = gravityzone.control("PATCH", "/_sim/options", json.dumps(order).encode())
    told = json.loads(answer.body)
    assert {name: told[name] for name in order} == {**order, "root_leaves_out": [PARTNER]}
    assert gravityzone.options.root_leaves_out == {PARTNER}
    assert gravityzone.options.reinstalled == "new id"
