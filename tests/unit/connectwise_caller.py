"""A ConnectWise client over the simulator, or over answers that the simulator is too truthful to
give.
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import chain
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
from pydantic import SecretStr
from requests.adapters import BaseAdapter

from simulators.adapter import SimulatorAdapter
from simulators.clock import VirtualClock
from simulators.connectwise import ConnectWiseOptions, ConnectWiseSimulator, Credentials
from simulators.connectwise.example import HARBOR_AGREEMENT, SECURITY, example_world
from simulators.scenario import ConnectWiseWorld
from tally.connectwise.client import ConnectWiseClient
from tally.connectwise.site import Keys
from tests.unit.scripted import Loose, Scripted, Step, answer

PUBLIC, PRIVATE, CLIENT_ID = "public-k3y", "private-k3y", "5b8e5a3c-0000-4000-8000-000000000000"
KEYS = Keys(public=SecretStr(PUBLIC), private=SecretStr(PRIVATE), client_id=SecretStr(CLIENT_ID))
SITE = "https://api-eu.psa.test"
INFO = answer(200, '{"Codebase": "v2025_1/"}')


def make_client(adapter: BaseAdapter, **options: Loose) -> ConnectWiseClient:
    for name, value in {"url": SITE, "company": "brightlantern", "keys": KEYS}.items():
        options.setdefault(name, value)
    return ConnectWiseClient(sleep=lambda _: None, jitter=lambda: 0.0, adapter=adapter, **options)


class World:
    """A simulator, and the client that calls it."""

    def __init__(self, world: ConnectWiseWorld | None = None, **options: Loose) -> None:
        right = Credentials(public_key=PUBLIC, private_key=PRIVATE, client_id=CLIENT_ID)
        options.setdefault("company", "brightlantern")
        options.setdefault("credentials", right)
        self.simulator = ConnectWiseSimulator(
            VirtualClock(datetime(2026, 11, 5, 12, tzinfo=UTC)),
            world or example_world(),
            ConnectWiseOptions(**options),
        )
        self.client = make_client(SimulatorAdapter(self.simulator))


READS: list[Callable[[ConnectWiseClient], object]] = [
    lambda client: client.agreement_types("Security"),
    lambda client: client.products("GZ-ENDPOINT"),
    lambda client: list(client.companies()),
    lambda client: list(client.agreements(SECURITY)),
    lambda client: client.agreement(HARBOR_AGREEMENT),
    lambda client: client.additions(HARBOR_AGREEMENT),
]


def scripted(*steps: Step) -> ConnectWiseClient:
    """A client that knows its codebase and is given these answers."""
    return make_client(Scripted([INFO, *steps]))


def listing(
    *pages: list[dict[str, Any]], headers: list[dict[str, str]] | None = None
) -> tuple[ConnectWiseClient, Scripted]:
    """A client whose lists are these pages, by page number; beyond the last one, empty ones. A page
    of one record is the record at that place of the list.
    """

    def page(request: requests.PreparedRequest) -> Step:
        if "companyinfo" in (request.url or ""):
            return INFO
        asked = parse_qs(urlsplit(request.url or "").query)
        number = int(asked["page"][0])
        if asked["pageSize"] == ["1"]:
            return answer(200, json.dumps([*chain(*pages)][number - 1 : number]))
        inside = number <= len(pages)
        return answer(
            200,
            json.dumps(pages[number - 1] if inside else []),
            headers[number - 1] if headers and inside else None,
        )

    network = Scripted(page)
    return make_client(network), network


def companies(first: int, last: int) -> list[dict[str, Any]]:
    return [
        {"id": number, "identifier": f"C{number}", "name": f"Company {number}"}
        for number in range(first, last + 1)
    ]
