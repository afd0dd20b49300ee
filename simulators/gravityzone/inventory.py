"""The inventory: what stands below a company, folder or group, as rows and in pages.

Each company has a container with two groups: `Workstations`, which holds its machines, and
`Deleted`. A machine that is not grouped stands directly below its company.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from simulators.gravityzone.endpoint import Endpoint
from simulators.gravityzone.options import Options
from simulators.gravityzone.rpc import (
    UNAUTHORIZED,
    RpcError,
    expect,
    integer,
    invalid,
    named_object,
    rendered,
)
from simulators.gravityzone.tenant import Company, Tenant, made_id

COMPANY, CONTAINER, FOLDER, GROUP, COMPUTER, VIRTUAL_MACHINE, EC2_INSTANCE = range(1, 8)
TYPES = {
    "companies": COMPANY,
    "containers": CONTAINER,
    "folders": FOLDER,
    "groups": GROUP,
    "computers": COMPUTER,
    "virtualMachines": VIRTUAL_MACHINE,
    "ec2Instances": EC2_INSTANCE,
}
MOST_PER_PAGE = 1_000
DELETED = "Deleted"
_GROUPS = ("Workstations", DELETED)
_MACHINES = (COMPUTER, COMPUTER, VIRTUAL_MACHINE, EC2_INSTANCE)
_ONLINE = timedelta(hours=1)
_TIME = "%Y-%m-%dT%H:%M:%S"


class Node(NamedTuple):
    """Something in the inventory; `endpoint` is there if it is a machine."""

    id: str
    name: str
    parent_id: str
    company_id: str
    type: int
    endpoint: Endpoint | None = None


class Inventory:
    """The methods about machines, and the tree that they show."""

    def __init__(self, tenant: Tenant, options: Options) -> None:
        self.tenant = tenant
        self.options = options

    def items(self, params: dict[str, Any]) -> bytes:
        """Answer `getNetworkInventoryItems`; `total` and `pagesCount` stand on page 1 alone."""
        expect(params, ("parentId", "page", "perPage", "filters", "options"))
        page = integer(params, "page", 1, least=1, most=1_000_000)
        per_page = integer(params, "perPage", 30, least=1, most=MOST_PER_PAGE)
        with_scans = _with_scans(params)
        found = list(self._found(params))
        shown = found[(page - 1) * per_page : page * per_page]
        now = self.tenant.clock.now()
        answer: dict[str, Any] = {
            "page": page,
            "perPage": per_page,
            "hasMoreRecords": len(found) > page * per_page,
            "items": [_row(node, now, with_scans=with_scans) for node in shown],
        }
        if page == 1:
            answer |= {"total": len(found), "pagesCount": -(-len(found) // per_page)}
        return rendered(answer)

    def groups(self, params: dict[str, Any]) -> bytes:
        """Answer `getCustomGroupsList`: the groups directly below a company or its container."""
        expect(params, ("parentId",))
        parent = self._parent("getCustomGroupsList", params)
        rows: list[dict[str, str]] = []
        if parent.type in {COMPANY, CONTAINER}:
            company_id = parent.company_id
            rows = [{"id": _part_id(name, company_id), "name": name} for name in _GROUPS]
        return rendered(rows)

    def details(self, params: dict[str, Any]) -> bytes:
        """Answer `getManagedEndpointDetails`, with a naive `lastSeen` in UTC."""
        expect(params, ("endpointId", "options"))
        endpoint = self._known(params.get("endpointId"))
        if endpoint is None:
            raise invalid("endpointId")
        now = self.tenant.clock.now()
        seen = endpoint.last_seen(now)
        return rendered(
            {
                "id": endpoint.id,
                "name": endpoint.name_shown(now),
                "companyId": endpoint.company_id,
                "operatingSystem": "Windows 11 Pro",
                "state": 1 if seen is not None and now - seen < _ONLINE else 2,
                "ip": _ip(endpoint.id),
                "lastSeen": None if seen is None else seen.strftime(_TIME),
                "machineType": 1,
                "agent": {"type": 3, "licensed": 1, "productOutdated": False},
                "group": {"id": self._group_id(endpoint), "name": ""},
                "modules": {"antimalware": True, "firewall": False},
            }
        )

    def _known(self, endpoint_id: object) -> Endpoint | None:
        endpoint = self.tenant.find_endpoint(endpoint_id) if isinstance(endpoint_id, str) else None
        if endpoint is None or not endpoint.managed:
            return None
        hidden = endpoint.deleted and self.options.deleted_details == "gone"
        return None if hidden or self.tenant.find(endpoint.company_id) is None else endpoint

    def _found(self, params: dict[str, Any]) -> Iterator[Node]:
        filters = named_object(params, "filters")
        expect(filters, ("depth", "type", "security", "details"))
        recursive = named_object(filters, "depth").get("allItemsRecursively") is True
        kinds = named_object(filters, "type")
        expect(kinds, TYPES)
        types = {TYPES[name] for name, wanted in kinds.items() if wanted is True}
        security = named_object(named_object(filters, "security"), "management")
        managed = security.get("managedWithBest") is True
        parent = self._parent("getNetworkInventoryItems", params)
        for node in self._walked(parent, recursive=recursive):
            unwanted = managed and node.endpoint is not None and not node.endpoint.managed
            if not unwanted and (not types or node.type in types):
                yield node

    def _parent(self, method: str, params: dict[str, Any]) -> Node:
        parent_id = params.get("parentId")
        node = self._node(self.tenant.own.id if parent_id is None else parent_id)
        if node is None:
            raise invalid("parentId")
        # A call that names a company is refused before; one that names its group, or nobody, here.
        refusal = self.tenant.reach.refusal_of(method, node.company_id)
        if refusal is not None:
            raise RpcError(refusal.code, refusal.details, form=refusal.form)
        return node

    def _node(self, node_id: object) -> Node | None:
        if not isinstance(node_id, str):
            return None
        company = self.tenant.find(node_id)
        if company is not None:
            return _company(company)
        if node_id in self.tenant.folders:
            return self._folder(node_id)
        for each in self.tenant.companies():
            for part in self._parts(each):
                if part.id == node_id and self.tenant.find(each.id) is not None:
                    return part
        return None

    def _walked(self, parent: Node, *, recursive: bool) -> Iterator[Node]:
        is_root = parent.id == self.tenant.own.id
        if is_root and recursive and self.options.root_walk == "refused":
            raise RpcError(UNAUTHORIZED, "You are not allowed to see all that is below this item.")
        left_out = self.options.root_leaves_out if is_root else frozenset()
        yield from self._below(parent, left_out, recursive=recursive)

    def _below(self, parent: Node, left_out: frozenset[str], *, recursive: bool) -> Iterator[Node]:
        for node in self._children(parent):
            if node.id in left_out:
                continue
            yield node
            if recursive:
                yield from self._below(node, left_out, recursive=True)

    def _children(self, parent: Node) -> Iterator[Node]:
        if parent.type in {COMPANY, FOLDER}:
            yield from self._companies(parent)
        if parent.type in {COMPANY, CONTAINER}:
            for part in self._parts(self.tenant.company(parent.company_id)):
                if part.parent_id == parent.id and self._is_walked(part):
                    yield part
        if parent.type in {COMPANY, GROUP}:
            for endpoint in self.tenant.endpoints_of(parent.company_id):
                if not endpoint.removed and self._group_id(endpoint) == parent.id:
                    yield _machine(endpoint, parent.id, self.tenant.clock.now())

    def _companies(self, parent: Node) -> Iterator[Node]:
        for company in self.tenant.children(parent.id):
            if self.tenant.find(company.id) is not None:
                yield _company(company)
        for folder_id, above in self.tenant.folders.items():
            if above == parent.id:
                yield self._folder(folder_id)

    def _is_walked(self, part: Node) -> bool:
        return part.name != DELETED or self.options.deleted_in_walk

    def _parts(self, company: Company) -> Iterator[Node]:
        container = _part_id("container", company.id)
        yield Node(container, "Computers and Groups", company.id, company.id, CONTAINER)
        for name in _GROUPS:
            yield Node(_part_id(name, company.id), name, container, company.id, GROUP)

    def _group_id(self, endpoint: Endpoint) -> str:
        if endpoint.deleted:
            return _part_id(DELETED, endpoint.company_id)
        if not endpoint.grouped:
            return endpoint.company_id
        return _part_id(_GROUPS[0], endpoint.company_id)

    def _folder(self, folder_id: str) -> Node:
        above = self.tenant.folders[folder_id]
        return Node(folder_id, "Folder", above, self.tenant.own.id, FOLDER)


@lru_cache(maxsize=65_536)
def _part_id(part: str, company_id: str) -> str:
    return made_id("inventory", part, company_id)


def _company(company: Company) -> Node:
    return Node(company.id, company.name, company.parent_id or "", company.id, COMPANY)


def _machine(endpoint: Endpoint, parent_id: str, now: datetime) -> Node:
    name, kind = endpoint.name_shown(now), _kind(endpoint.id)
    return Node(endpoint.id, name, parent_id, endpoint.company_id, kind, endpoint)


@lru_cache(maxsize=65_536)
def _kind(endpoint_id: str) -> int:
    return _MACHINES[int(made_id("kind", endpoint_id), 16) % len(_MACHINES)]


def _with_scans(params: dict[str, Any]) -> bool:
    options = named_object(params, "options")
    expect(options, ("companies", "endpoints"))
    return named_object(options, "endpoints").get("includeScanLogs") is True


def _row(node: Node, now: datetime, *, with_scans: bool) -> dict[str, Any]:
    row: dict[str, Any] = {
        "id": node.id,
        "name": node.name,
        "parentId": node.parent_id,
        "companyId": node.company_id,
        "type": node.type,
    }
    if node.endpoint is None:
        return row
    managed = node.endpoint.managed
    row["details"] = {
        "label": "",
        "fqdn": f"{node.name.lower()}.local",
        "groupId": node.parent_id,
        "isManaged": managed,
        "machineType": 1,
        "operatingSystemVersion": "Windows 11 Pro",
        "ip": _ip(node.id),
        "macs": [made_id("mac", node.id)[:12]],
        "managedWithBest": managed,
        "policy": {"id": made_id("policy"), "name": "Default policy", "applied": managed},
    }
    if with_scans:
        seen = node.endpoint.last_seen(now)
        row["details"]["lastSuccessfulScan"] = {
            "name": "Quick scan",
            "date": None if seen is None else seen.strftime(_TIME),
        }
    return row


def _ip(endpoint_id: str) -> str:
    number = int(made_id("ip", endpoint_id), 16)
    return f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
