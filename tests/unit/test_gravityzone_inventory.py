"""The inventory's client, against the simulator: machines, groups, and when they were last seen."""

import ast
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import tally
from simulators.faults import Fault, FaultKind
from simulators.gravityzone import RateLimits
from tally.domain.evidence.inventory_port import Inventory, LastSeen, Listed
from tally.errors import (
    ContractError,
    CredentialsError,
    DeclinedError,
    MissingRightError,
    NotFoundError,
)
from tally.gravityzone.inventory import MOST_PER_PAGE
from tests.unit.gravityzone_caller import HARBOR, JUNIPER, OWN, PARTNER, World, failing
from tests.unit.scripted import Scripted, answer, error_of

NOW = datetime(2026, 11, 10, 12, tzinfo=UTC)
WALK, DETAILS = "getNetworkInventoryItems", "getManagedEndpointDetails"
GONE = "Invalid value for 'endpointId' parameter."
ITS_OWN = {
    "gravityzone/inventory.py",
    "gravityzone/inventory_models.py",
    "runtime/parts/evidence.py",
}
BILLING = ("planner", "worker", "reporter", "people", "pulse", "runtime", "gravityzone")


@pytest.fixture
def world() -> World:
    return World()


def companies(found: list[Listed]) -> dict[str, str]:
    """Each machine's company; a machine that stands twice is an error."""
    assert len({each.id for each in found}) == len(found)
    return {each.id: each.company_id for each in found}


def test_it_is_the_port(world: World) -> None:
    """PROOF-2: evidence sees GravityZone through a port of its own."""
    port: Inventory = world.inventory
    assert list(port.machines()) == []


def test_billing_does_not_load_it() -> None:
    """PROOF-2: billing's modules do not import the inventory's: no cold start pays for it."""
    package = Path(tally.__file__).parent
    for path in (path for room in BILLING for path in (package / room).rglob("*.py")):
        if path.relative_to(package).as_posix() in ITS_OWN:
            continue
        names = {
            node.module
            for node in ast.parse(path.read_text(encoding="utf-8")).body
            if isinstance(node, ast.ImportFrom)
        }
        wrong = {
            "tally.gravityzone.inventory",
            "tally.gravityzone.inventory_models",
            "tally.runtime.parts.evidence",
        }
        assert not names & wrong, path


def test_machines_of_the_root(world: World) -> None:
    """PROOF-1: one walk from the root yields the machines of all companies, of all three types."""
    tenant = world.simulator.tenant
    made = dict.fromkeys(tenant.check_in_new(HARBOR, 40), HARBOR)
    made |= dict.fromkeys(tenant.check_in_new(JUNIPER, 2), JUNIPER)
    made |= dict.fromkeys(tenant.check_in_new(OWN), OWN)
    assert companies(list(world.inventory.machines())) == made
    assert world.odd == []


def test_a_machine_by_name(world: World) -> None:
    """SAFE-10: id, company, name and FQDN are taken from a row, and no address."""
    machine = world.simulator.tenant.add_endpoint(HARBOR, name="FRONT-DESK")
    assert list(world.inventory.machines(HARBOR)) == [
        Listed(id=machine, company_id=HARBOR, name="FRONT-DESK", fqdn="front-desk.local")
    ]


def test_a_machine_that_is_not_managed(world: World) -> None:
    """PROOF-3: what GravityZone only found in a network is no machine that it counts, and says
    so.
    """
    world.simulator.tenant.add_endpoint(HARBOR, managed=False)
    (found,) = world.inventory.machines(HARBOR)
    assert not found.managed


def test_machines_below_a_company_and_a_group(world: World) -> None:
    """PROOF-1: a walk below a partner crosses its customers; each row belongs to whom it names."""
    tenant = world.simulator.tenant
    (own,) = tenant.check_in_new(PARTNER)
    (below,) = tenant.check_in_new(JUNIPER)
    deleted, other = tenant.check_in_new(HARBOR, 2)
    world.simulator.machines.delete(deleted)
    assert companies(list(world.inventory.machines(PARTNER))) == {own: PARTNER, below: JUNIPER}
    assert companies(list(world.inventory.machines(HARBOR))) == {other: HARBOR}
    group = world.inventory.deleted_group(HARBOR)
    assert group is not None
    assert companies(list(world.inventory.machines(group))) == {deleted: HARBOR}


def test_every_page_is_read(world: World) -> None:
    """SAFE-5: a list of more than one page is read to its end, in pages of a thousand."""
    made = world.simulator.tenant.check_in_new(HARBOR, 2_100)
    assert companies(list(world.inventory.machines())) == dict.fromkeys(made, HARBOR)
    assert world.simulator.calls.count(WALK) == 3
    exactly = World()
    exactly.simulator.tenant.check_in_new(HARBOR, MOST_PER_PAGE)
    assert len(list(exactly.inventory.machines())) == MOST_PER_PAGE
    assert exactly.simulator.calls.count(WALK) == 1


def test_pages_are_read_as_they_are_wanted(world: World) -> None:
    """SAFE-10: no walk keeps all its pages: the second is asked for after the first is used."""
    world.simulator.tenant.check_in_new(HARBOR, 1_500)
    walk = world.inventory.machines()
    next(walk)
    assert world.simulator.calls.count(WALK) == 1


def test_what_is_asked() -> None:
    """The walk is asked for on v1.1, of the root without a parent; the others are on v1.0."""
    network = Scripted([answer(401)])
    inventory = World(network).inventory
    error_of(lambda: list(inventory.machines()))
    error_of(lambda: list(inventory.machines(HARBOR)))
    error_of(lambda: inventory.deleted_group(HARBOR))
    error_of(lambda: inventory.last_seen("1" * 24))
    urls = [
        str(request.url).removeprefix("https://gravityzone.test") for request in network.requests
    ]
    assert urls == [
        f"/api/{version}/jsonrpc/network" for version in ("v1.1", "v1.1", "v1.0", "v1.0")
    ]
    bodies = [json.loads(request.body or b"") for request in network.requests]
    assert all(body["method"].startswith("get") for body in bodies)
    root, harbor, groups, machine = (body["params"] for body in bodies)
    assert root == {
        "page": 1,
        "perPage": 1000,
        "filters": {
            "depth": {"allItemsRecursively": True},
            "type": {"computers": True, "virtualMachines": True, "ec2Instances": True},
        },
    }
    assert harbor == {"parentId": HARBOR, **root}
    assert (groups, machine) == ({"parentId": HARBOR}, {"endpointId": "1" * 24})


def test_last_seen(world: World) -> None:
    """PROOF-1: the naive instant is UTC, and the company is the one of that moment."""
    (machine,) = world.simulator.tenant.check_in_new(HARBOR, at=NOW - timedelta(hours=3))
    assert world.inventory.last_seen(machine) == LastSeen(
        company_id=HARBOR, at=datetime(2026, 11, 10, 9, tzinfo=UTC)
    )
    world.simulator.tenant.move_endpoint(machine, JUNIPER)
    seen = world.inventory.last_seen(machine)
    assert seen is not None
    assert seen.company_id == JUNIPER


def test_a_machine_that_never_connected(world: World) -> None:
    """PROOF-1: without `lastSeen` there is no instant."""
    machine = world.simulator.tenant.add_endpoint(HARBOR)
    assert world.inventory.last_seen(machine) == LastSeen(company_id=HARBOR, at=None)


def test_a_machine_that_is_gone(world: World) -> None:
    """PROOF-1: of a purged machine nothing is known."""
    (machine,) = world.simulator.tenant.check_in_new(HARBOR)
    world.simulator.machines.purge(machine)
    assert world.inventory.last_seen(machine) is None


@pytest.mark.parametrize(
    ("machine", "code", "details"),
    [
        ("1" * 24, -32602, "The parameter 'endpointId' is not expected."),
        ("1" * 24, -32602, "Invalid value for 'options' parameter."),
        ("1" * 24, -32602, None),
        ("1" * 24, -32000, GONE),
        ("1" * 24, -32002, "Not found"),
        ("1" * 24, -32601, GONE),
        ("not-an-id", -32602, GONE),
    ],
)
def test_only_one_answer_says_gone(machine: str, code: int, details: str | None) -> None:
    """SAFE-7: no machine is gone by an error that may mean anything else."""
    world = failing(code, details)
    assert isinstance(error_of(lambda: world.inventory.last_seen(machine)), ContractError)


def test_the_group_is_found_by_its_exact_name(world: World) -> None:
    """PROOF-3: the group named "Deleted" is GravityZone's, and none that sounds alike."""
    group = world.inventory.deleted_group(HARBOR)
    assert group is not None
    assert group != world.inventory.deleted_group(JUNIPER)


def test_a_refused_root_is_declined(world: World) -> None:
    """READ-9: the refusal of the root's walk is that walk's alone, as the key works otherwise."""
    world.simulator.tenant.check_in_new(HARBOR)
    world.simulator.options.root_walk = "refused"
    error = error_of(lambda: list(world.inventory.machines()))
    assert type(error) is DeclinedError
    assert f"GravityZone {WALK} of the root, page 1" in str(error)
    assert len(list(world.inventory.machines(HARBOR))) == 1


@pytest.mark.parametrize("code", [-32602, -32002, -32001, -32000])
def test_a_refused_company_is_declined(world: World, code: int) -> None:
    """READ-9: what GravityZone says of one company's walk is that company's, by whatever code."""
    world.simulator.tenant.reach.refuse(HARBOR, code=code, details="The licence has ended.")
    (machine,) = world.simulator.tenant.check_in_new(HARBOR)
    for refused in (
        lambda: list(world.inventory.machines(HARBOR)),
        lambda: world.inventory.deleted_group(HARBOR),
        lambda: world.inventory.last_seen(machine),
    ):
        assert type(error_of(refused)) is DeclinedError
    assert list(world.inventory.machines(JUNIPER)) == []


def test_a_refused_later_page_is_declined(world: World) -> None:
    """READ-9: a walk may be refused on any page; what came before is no list."""
    world.simulator.tenant.check_in_new(HARBOR, 1_500)
    found: list[Listed] = []

    def walk() -> None:
        for each in world.inventory.machines(HARBOR):
            found.append(each)
            world.simulator.tenant.reach.refuse(HARBOR)

    assert type(error_of(walk)) is DeclinedError
    assert len(found) == MOST_PER_PAGE


def test_what_is_the_keys_is_not_declined(world: World) -> None:
    """READ-9: a wrong key and an API that is not ticked are everybody's trouble."""
    world.simulator.options.enabled_apis = ("companies", "licensing")
    assert type(error_of(lambda: list(world.inventory.machines(HARBOR)))) is MissingRightError
    world.simulator.change_key("another")
    assert type(error_of(lambda: list(world.inventory.machines(HARBOR)))) is CredentialsError


def test_a_tenant_without_the_newer_path() -> None:
    """READ-9: an edition that has no v1.1 is nobody's refusal."""
    assert type(error_of(lambda: list(failing(-32601).inventory.machines()))) is ContractError
    page = answer(404, "<html>Not Found</html>", {"Content-Type": "text/html"})
    world = World(Scripted([page]))
    assert type(error_of(lambda: list(world.inventory.machines()))) is NotFoundError


def test_a_page_is_tried_again(world: World) -> None:
    """SAFE-6: a read that meets two failures in a row still answers."""
    world.simulator.tenant.check_in_new(HARBOR, 2)
    world.simulator.faults.add(Fault(kind=FaultKind.REFUSED, times=1))
    world.simulator.faults.add(Fault(kind=FaultKind.TIMEOUT_AFTER, times=1))
    assert len(list(world.inventory.machines())) == 2


def test_it_keeps_to_its_share() -> None:
    """PROOF-2: it takes a share of the 10 calls a second, evenly, and none of licensing's."""
    world = World(rate_limits=RateLimits())
    machines = world.simulator.tenant.check_in_new(HARBOR, 21)
    begun = world.simulator.clock.now()
    for machine in machines:
        world.inventory.last_seen(machine)
    took = (world.simulator.clock.now() - begun).total_seconds()
    assert took == pytest.approx(10, abs=0.01)
    assert world.simulator.calls.count(DETAILS) == 21
    assert world.paces == 0
