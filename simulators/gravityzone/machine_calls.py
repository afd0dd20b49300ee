"""The control calls about machines: what becomes of them, and the truth about their activity."""

from collections.abc import Callable, Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict

from simulators.gravityzone.count_truth import Truth
from simulators.gravityzone.endpoint import Endpoint
from simulators.gravityzone.machines import Machines

MACHINES_HELP = """\
  GET    /_sim/machines  every machine that ever was, and the months in which it has connected
  POST   /_sim/machines  {"machine": id, "act": "delete|come_back|clone|separate|reinstall",
                         "name": "of the clone"}: into the group "Deleted"; connects again under a
                         new id; a copy connects under the same id; its copy gets an id of its own;
                         installed again (see the option "reinstalled"). Answers the id from then on
  PATCH  /_sim/machines  {"machine": id, "company": "..."}: it belongs there from now on; with
                         "along": true its usage of this month goes there too
  DELETE /_sim/machines  {"machine": id}: nothing knows it any more
"""


class _Order(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _MachineAct(_Order):
    machine: str
    act: Literal["delete", "come_back", "clone", "separate", "reinstall"]
    name: str = "CLONE"


class _MachineMove(_Order):
    machine: str
    company: str
    along: bool = False


class _MachineNamed(_Order):
    machine: str


class MachineCalls:
    """Carries the calls out."""

    def __init__(self, machines: Machines, truth: Truth) -> None:
        self.machines = machines
        self.tenant = machines.tenant
        self.truth = truth

    def get(self, _body: bytes) -> object:
        """Tell of all machines."""
        return {"machines": [self._machine(each) for each in self.tenant.endpoints()]}

    def post(self, body: bytes) -> object:
        """Do something to a machine."""
        order = _MachineAct.model_validate_json(body)
        if order.act == "clone":
            self.machines.clone(order.machine, order.name)
            return {"machine": order.machine}
        made = _ACTS[order.act](self.machines, order.machine)
        return {"machine": made or order.machine}

    def patch(self, body: bytes) -> object:
        """Move a machine."""
        order = _MachineMove.model_validate_json(body)
        company_id = self.truth.id_of(order.company)
        self.tenant.move_endpoint(order.machine, company_id, along=order.along)
        return {"machine": order.machine}

    def delete(self, body: bytes) -> object:
        """Remove a machine for good."""
        machine = _MachineNamed.model_validate_json(body).machine
        self.machines.purge(machine)
        return {"machine": machine}

    def _machine(self, endpoint: Endpoint) -> dict[str, object]:
        now = self.tenant.clock.now()
        return {
            "id": endpoint.id,
            "name": endpoint.name_shown(now),
            "company": endpoint.company_id,
            "managed": endpoint.managed,
            "deleted": endpoint.deleted,
            "removed": endpoint.removed,
            "clones": endpoint.clones,
            "active": self.truth.active_months(endpoint.id),
        }


_ACTS: Mapping[str, Callable[[Machines, str], str | None]] = {
    "delete": Machines.delete,
    "come_back": Machines.come_back,
    "separate": Machines.separate,
    "reinstall": Machines.reinstall,
}
