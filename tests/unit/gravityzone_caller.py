"""GravityZone's clients over the simulator, or over answers that the simulator is too truthful to
give.
"""

import base64
import itertools
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import requests
from pydantic import SecretStr
from requests.adapters import BaseAdapter

from simulators.adapter import SimulatorAdapter
from simulators.clock import VirtualClock
from simulators.gravityzone import GravityZoneSimulator
from simulators.scenario import GravityZoneCompany, GravityZoneWorld
from tally.domain.model.company import CompanyKind
from tally.domain.model.month import Month
from tally.gravityzone.client import GravityZoneClient
from tally.gravityzone.inventory import InventoryClient
from tests.unit.scripted import Loose, NoPace, Scripted, Step, answer

OWN, PARTNER, HARBOR, JUNIPER, TRIAL = (f"{digit}" * 24 for digit in "abcde")
WORLD = GravityZoneWorld(
    companies=(
        GravityZoneCompany(id=OWN, name="Bright Lantern IT", parent_id=None, kind="partner"),
        GravityZoneCompany(id=PARTNER, name="Summit Peak IT", parent_id=OWN, kind="partner"),
        GravityZoneCompany(id=HARBOR, name="Harbor Dental", parent_id=OWN, minimum_usage=5),
        GravityZoneCompany(id=JUNIPER, name="Juniper Law", parent_id=PARTNER, minimum_usage=None),
        GravityZoneCompany(id=TRIAL, name="Old Mill", parent_id=OWN, subscription_type=5),
    ),
)
NOVEMBER = Month(2026, 11)
KEY = "gz-key-0123456789"
ENCODED = base64.b64encode(f"{KEY}:".encode()).decode()


class World:
    """A simulator or scripted answers, and the clients that call them.

    ``odd`` is what the inventory's client told of rows.
    """

    def __init__(self, adapter: BaseAdapter | None = None, **options: Loose) -> None:
        self.simulator = GravityZoneSimulator(
            VirtualClock(datetime(2026, 11, 10, 12, tzinfo=UTC)), WORLD, api_key=KEY, **options
        )
        self.waits: list[float] = []
        self.pace = NoPace()
        calling: dict[str, Loose] = {
            "url": "https://gravityzone.test/api/",
            "api_key": SecretStr(KEY),
            "sleep": self._sleep,
            "monotonic": lambda: self.simulator.clock.now().timestamp(),
            "jitter": lambda: 0.0,
            "ids": map("call-{}".format, itertools.count(1)).__next__,
            "adapter": adapter or SimulatorAdapter(self.simulator),
        }
        self.odd: list[str] = []
        self.client = GravityZoneClient(**calling, pace=self.pace)
        self.inventory = InventoryClient(
            **calling,
            calls_per_second=2,
            now=self.simulator.clock.now,
            on_odd_row=self.odd.append,
        )

    @property
    def paces(self) -> int:
        """How often the pace of licensing calls was kept."""
        return self.pace.taken

    def _sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.simulator.clock.advance(timedelta(seconds=seconds))


CALLS: list[Callable[[GravityZoneClient], object]] = [
    lambda client: client.own_company(),
    lambda client: client.children(OWN, kind=CompanyKind.CUSTOMER, monthly_only=True),
    lambda client: client.company(HARBOR),
    lambda client: client.is_monthly(HARBOR),
    lambda client: client.usage(HARBOR, month=NOVEMBER),
    lambda client: client.usage_per_product_type(HARBOR, month=NOVEMBER),
]


def scripted(*steps: Step) -> World:
    """A client that is given these answers."""
    return World(Scripted(steps))


def replying(**envelope: object) -> World:
    """A client whose calls are answered by this JSON-RPC envelope, with the id asked with unless it
    has one.
    """

    def reply(request: requests.PreparedRequest) -> Step:
        asked = json.loads(request.body or b"")
        return answer(200, json.dumps({"id": asked["id"], "jsonrpc": "2.0", **envelope}))

    return World(Scripted(reply))


def failing(code: int, details: object = None, message: str = "Invalid params") -> World:
    """A client whose calls are answered by this JSON-RPC error."""
    return replying(error={"code": code, "message": message, "data": {"details": details}})
