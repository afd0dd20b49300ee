"""What a client of ConnectWise has to bear: slow pages, unknown versions, roles that see their own
alone.
"""

from datetime import UTC, datetime

import pytest
import requests

from simulators.adapter import SimulatorAdapter
from simulators.clock import VirtualClock
from simulators.connectwise import ConnectWiseOptions, ConnectWiseSimulator, Right
from simulators.connectwise.example import HARBOR_AGREEMENT, example_world

SITE = "https://connectwise.test/v2025_1/apis/3.0"
ACCEPT = "application/vnd.connectwise.com+json; version="


@pytest.fixture
def simulator() -> ConnectWiseSimulator:
    return ConnectWiseSimulator(
        VirtualClock(datetime(2026, 11, 5, tzinfo=UTC)), example_world(), ConnectWiseOptions()
    )


def get(simulator: ConnectWiseSimulator, path: str, version: str = "2025.1") -> requests.Response:
    session = requests.Session()
    session.mount("https://", SimulatorAdapter(simulator))
    headers = {"Accept": f"{ACCEPT}{version}", "clientId": "c"}
    return session.get(f"{SITE}{path}", auth=("msp+public", "private"), headers=headers, timeout=10)


def test_a_large_page_does_not_come(simulator: ConnectWiseSimulator) -> None:
    """Pages of more records than the server manages in time get no answer, smaller ones do."""
    simulator.options.slow_above = 2
    with pytest.raises(requests.ReadTimeout):
        get(simulator, "/company/companies?pageSize=1000")
    assert len(get(simulator, "/company/companies?pageSize=2").json()) == 2


def test_pages_that_end_early(simulator: ConnectWiseSimulator) -> None:
    """A server may cap its pages, and a proxy drop the header that names the next one."""
    whole = get(simulator, "/company/companies?pageSize=1000").json()
    simulator.options.page_limit = 2
    pages = [get(simulator, f"/company/companies?pageSize=1000&page={each}") for each in (1, 2)]
    assert ["Link" in each.headers for each in pages] == [False, False]
    assert [row for each in pages for row in each.json()] == whole[:4]
    assert len(whole) > len(pages[0].json()) == 2


def test_a_version_that_is_not_known(simulator: ConnectWiseSimulator) -> None:
    """A version that the server does not know is refused in the framework's words, with those that
    it knows in a header.
    """
    simulator.options.known_versions = frozenset({"2022.1", "2023.1"})
    refused = get(simulator, "/finance/agreements")
    assert refused.status_code == 400
    assert "does not support the API version '2025.1'" in refused.json()["error"]["message"]
    assert refused.headers["api-supported-versions"] == "2022.1, 2023.1"
    assert get(simulator, "/finance/agreements", "2023.1").status_code == 200


def test_a_role_that_sees_its_own_alone(simulator: ConnectWiseSimulator) -> None:
    """Inquire Mine answers 200 with an empty list, and 404 to an id; other rights are as they
    were.
    """
    simulator.options.sees_mine = frozenset({Right.AGREEMENTS_INQUIRE})
    assert get(simulator, "/finance/agreements").json() == []
    assert get(simulator, f"/finance/agreements/{HARBOR_AGREEMENT}").status_code == 404
    assert get(simulator, "/company/companies").json() != []
    simulator.options.mine = frozenset({HARBOR_AGREEMENT})
    [seen] = get(simulator, "/finance/agreements").json()
    assert seen["id"] == HARBOR_AGREEMENT
    assert get(simulator, f"/finance/agreements/{HARBOR_AGREEMENT}").status_code == 200
