"""What becomes of machines in the GravityZone simulator: in lists, in counts, and in truth."""

import json
from datetime import timedelta
from typing import Any

import pytest

from simulators.clock import VirtualClock
from simulators.gravityzone import GravityZoneSimulator
from tests.simulators.gravityzone_world import HARBOR, JUNIPER, NOW, OWN, WORLD, Client, Json

MONTH, NEXT = "2026-11", "2026-12"


@pytest.fixture
def gravityzone() -> GravityZoneSimulator:
    return GravityZoneSimulator(VirtualClock(NOW), WORLD)


@pytest.fixture
def client(gravityzone: GravityZoneSimulator) -> Client:
    return Client(gravityzone)


def gone(client: Client, machine: str) -> bool:
    """True if GravityZone answers that there is no such machine."""
    body = {"method": "getManagedEndpointDetails", "params": {"endpointId": machine}}
    answer = client.post("network", {"id": "a", "jsonrpc": "2.0", **body}).json()
    error = answer.get("error", {})
    words = "Invalid value for 'endpointId' parameter."
    return bool(error) and (error["code"], error["data"]["details"]) == (-32602, words)


def test_last_seen_is_naive_and_follows_activity(
    client: Client, gravityzone: GravityZoneSimulator
) -> None:
    """It is the last connection until now, in UTC without saying so; online means a while ago."""
    (machine,) = gravityzone.tenant.check_in_new(HARBOR)
    gravityzone.tenant.check_in(machine, NOW + timedelta(days=2))
    assert client.details(machine)["lastSeen"] == "2026-11-10T12:00:00"
    assert client.details(machine)["state"] == 1
    gravityzone.clock.advance(timedelta(days=1))
    assert client.details(machine)["state"] == 2
    gravityzone.clock.advance(timedelta(days=1))
    assert client.details(machine)["lastSeen"] == "2026-11-12T12:00:00"


@pytest.mark.parametrize("in_walk", [False, True])
@pytest.mark.parametrize("told", [False, True])
def test_a_deleted_machine(
    client: Client, gravityzone: GravityZoneSimulator, *, in_walk: bool, told: bool
) -> None:
    """It stands in its company's group `Deleted`, connects no more, and is still counted."""
    gravityzone.options.deleted_in_walk = in_walk
    gravityzone.options.deleted_details = "told" if told else "gone"
    machine, other = gravityzone.tenant.check_in_new(HARBOR, 2)
    gravityzone.tenant.check_in(machine, NOW + timedelta(days=1))
    gravityzone.machines.delete(machine)
    gravityzone.clock.advance(timedelta(days=2))
    assert client.machines(client.deleted_group(HARBOR)) == {machine: HARBOR}
    assert (machine in client.machines(HARBOR)) is (machine in client.machines()) is in_walk
    assert other in client.machines(HARBOR)
    assert gone(client, machine) is not told
    if told:
        assert client.details(machine)["lastSeen"] == "2026-11-10T12:00:00"
    assert gravityzone.truth.count(HARBOR, MONTH) == 2
    assert client.call("licensing", "getLicenseInfo", {"companyId": HARBOR})["usedSlots"] == 1
    with pytest.raises(ValueError, match="is gone"):
        gravityzone.tenant.check_in(machine)


def test_a_deleted_machine_that_returns_counts_twice(
    client: Client, gravityzone: GravityZoneSimulator
) -> None:
    """It has a new id: the count exceeds the machines that anybody can list."""
    (machine,) = gravityzone.tenant.check_in_new(HARBOR)
    with pytest.raises(ValueError, match="not deleted"):
        gravityzone.machines.come_back(machine)
    gravityzone.machines.delete(machine)
    made = gravityzone.machines.come_back(machine)
    assert made != machine
    assert client.machines(HARBOR) == {made: HARBOR}
    assert client.details(made)["name"] == client.details(machine)["name"]
    assert gravityzone.truth.count(HARBOR, MONTH) == 2


def test_a_purged_machine_stands_nowhere(client: Client, gravityzone: GravityZoneSimulator) -> None:
    """Neither in its company nor in `Deleted`; it was active all the same, and is counted."""
    machine, other = gravityzone.tenant.check_in_new(HARBOR, 2)
    gravityzone.machines.delete(other)
    gravityzone.machines.purge(machine)
    gravityzone.machines.purge(other)
    assert client.machines() == client.machines(client.deleted_group(HARBOR)) == {}
    assert gone(client, machine)
    assert gravityzone.truth.count(HARBOR, MONTH) == 2
    assert gravityzone.truth.was_active(machine, MONTH)


def test_a_machine_moved_between_customers(
    client: Client, gravityzone: GravityZoneSimulator
) -> None:
    """It stands in the other customer's inventory, with what it was last seen at."""
    (machine,) = gravityzone.tenant.check_in_new(HARBOR)
    gravityzone.tenant.move_endpoint(machine, JUNIPER)
    assert client.machines() == {machine: JUNIPER}
    details = client.details(machine)
    assert (details["companyId"], details["lastSeen"]) == (JUNIPER, "2026-11-10T12:00:00")
    assert gravityzone.truth.count(HARBOR, MONTH) == 1
    gravityzone.machines.delete(machine)
    assert client.machines(client.deleted_group(JUNIPER)) == {machine: JUNIPER}


def test_clones_share_an_id(client: Client, gravityzone: GravityZoneSimulator) -> None:
    """Two machines, one row, one count; the row has the name of the one that connected last."""
    machine = gravityzone.tenant.add_endpoint(HARBOR, name="FRONT-DESK")
    gravityzone.tenant.check_in(machine)
    assert client.details(machine)["name"] == "FRONT-DESK"
    gravityzone.machines.clone(machine, "FRONT-DESK-2")
    assert client.details(machine)["name"] == "FRONT-DESK-2"
    gravityzone.tenant.check_in(machine)
    assert client.details(machine)["name"] == "FRONT-DESK"
    assert client.machines(HARBOR) == {machine: HARBOR}
    assert gravityzone.truth.count(HARBOR, MONTH) == 1
    made = gravityzone.machines.separate(machine)
    assert set(client.machines(HARBOR)) == {machine, made}
    assert client.details(made)["name"] == "FRONT-DESK-2"
    assert gravityzone.truth.count(HARBOR, MONTH) == 2
    with pytest.raises(ValueError, match="no clone"):
        gravityzone.machines.separate(machine)


def test_a_reinstalled_machine_keeps_its_id(
    client: Client, gravityzone: GravityZoneSimulator
) -> None:
    """It connects again, and counts once."""
    (machine,) = gravityzone.tenant.check_in_new(HARBOR)
    gravityzone.clock.advance(timedelta(days=1))
    assert gravityzone.machines.reinstall(machine) == machine
    assert client.details(machine)["lastSeen"] == "2026-11-11T12:00:00"
    assert gravityzone.truth.count(HARBOR, MONTH) == 1


def test_a_reinstalled_machine_has_a_new_id(
    client: Client, gravityzone: GravityZoneSimulator
) -> None:
    """The old id is gone; both were active, and they count once in the month, and in the next."""
    gravityzone.options.reinstalled = "new id"
    (machine,) = gravityzone.tenant.check_in_new(HARBOR)
    gravityzone.tenant.check_in(machine, NOW + timedelta(days=30))
    made = gravityzone.machines.reinstall(machine)
    made = gravityzone.machines.reinstall(made)
    assert gone(client, machine)
    assert client.machines(HARBOR) == {made: HARBOR}
    assert gravityzone.truth.count(HARBOR, MONTH) == 1
    gravityzone.clock.set(NOW + timedelta(days=30))
    assert gravityzone.truth.count(HARBOR, NEXT) == 1
    assert gravityzone.truth.active_months(made) == [MONTH, NEXT]
    assert gravityzone.truth.active_months(machine) == [MONTH]


def test_a_reinstalled_machine_takes_its_usage_along(gravityzone: GravityZoneSimulator) -> None:
    """Moved with this month's usage, it leaves no part of it under an earlier id."""
    gravityzone.options.reinstalled = "new id"
    (machine,) = gravityzone.tenant.check_in_new(HARBOR)
    made = gravityzone.machines.reinstall(machine)
    gravityzone.tenant.check_in(made, NOW + timedelta(days=1))
    gravityzone.clock.advance(timedelta(hours=1))
    gravityzone.tenant.move_endpoint(made, JUNIPER, along=True)
    gravityzone.machines.delete(made)
    count = gravityzone.truth.count
    assert (count(HARBOR, MONTH), count(JUNIPER, MONTH)) == (0, 1)


def test_the_truth_about_activity(gravityzone: GravityZoneSimulator) -> None:
    """It is by id and GMT month, up to an instant, and never of connections to come."""
    machine = gravityzone.tenant.add_endpoint(HARBOR)
    truth = gravityzone.truth
    assert not truth.was_active(machine, MONTH)
    gravityzone.tenant.check_in(machine, NOW + timedelta(days=1))
    gravityzone.tenant.check_in(machine, NOW - timedelta(days=60))
    assert not truth.was_active(machine, MONTH)
    assert truth.was_active(machine, "2026-09")
    assert truth.was_active(machine, MONTH, NOW + timedelta(days=1))
    assert not truth.was_active(machine, NEXT, NOW + timedelta(days=90))
    with pytest.raises(KeyError):
        truth.was_active("f" * 24, MONTH)


def test_all_of_it_by_control_calls(client: Client, gravityzone: GravityZoneSimulator) -> None:
    """A person at the demo does it as a test does; a wrong order is a ValueError."""

    def control(method: str, **order: object) -> Json:
        answer = gravityzone.control(method, "/_sim/machines", json.dumps(order).encode())
        assert answer.status == 200
        return json.loads(answer.body)

    first, second, third = gravityzone.tenant.check_in_new(HARBOR, 3)
    assert control("POST", machine=first, act="delete") == {"machine": first}
    back = control("POST", machine=first, act="come_back")["machine"]
    assert control("POST", machine=second, act="clone", name="COPY") == {"machine": second}
    parted = control("POST", machine=second, act="separate")["machine"]
    assert control("POST", machine=third, act="reinstall") == {"machine": third}
    control("DELETE", machine=third)
    assert set(client.machines(HARBOR)) == {back, second, parted}
    assert control("PATCH", machine=back, company="Juniper Law") == {"machine": back}
    told: dict[str, Any] = {each["id"]: each for each in control("GET")["machines"]}
    assert told[first]["deleted"]
    assert told[third]["removed"]
    assert (told[back]["company"], told[back]["active"]) == (JUNIPER, [MONTH])
    with pytest.raises(ValueError, match="act"):
        control("POST", machine=first, act="explode")


def test_machines_of_the_msp_itself(client: Client, gravityzone: GravityZoneSimulator) -> None:
    """The key's own company has machines too; the root walk shows them as its own."""
    (machine,) = gravityzone.tenant.check_in_new(OWN)
    assert client.machines() == {machine: OWN}
