"""The same work as scripts in this field do it, from the licence to a PATCH.

They do all of it for every company, every time.
"""

from datetime import date
from typing import Any

import requests

from simulators.adapter import SimulatorAdapter
from testing.world import PRODUCT, TYPE_ID, World

_GRAVITYZONE = "https://gravityzone.test/api/v1.0/jsonrpc/licensing"
_CONNECTWISE = "https://connectwise.test/v4_6_release/apis/3.0"


def sessions(world: World) -> tuple[requests.Session, requests.Session]:
    """A session for each API, with its keys."""
    gravityzone, connectwise = requests.Session(), requests.Session()
    gravityzone.auth = ("gz-key", "")
    gravityzone.mount("https://", SimulatorAdapter(world.gravityzone))
    connectwise.auth = ("brightlantern+public-key", "private-key")
    connectwise.headers["clientId"] = "client-id"
    connectwise.mount("https://", SimulatorAdapter(world.connectwise))
    for session in (gravityzone, connectwise):
        session.trust_env = False
    return gravityzone, connectwise


def licensing(session: requests.Session, method: str, params: dict[str, str]) -> dict[str, Any]:
    """One call of GravityZone's licensing service, and its result."""
    call = {"id": "1", "jsonrpc": "2.0", "method": method, "params": params}
    answer = session.post(_GRAVITYZONE, json=call, timeout=10)
    answer.raise_for_status()
    result: dict[str, Any] = answer.json()["result"]
    return result


def sweep(world: World, companies: dict[str, int], *, month: str, first: date) -> None:
    """Bring each company up to date on its agreement.

    Companies go by their GravityZone ids, agreements by their ConnectWise companies.
    """
    gravityzone, connectwise = sessions(world)
    for company_id, connectwise_id in companies.items():
        licensing(gravityzone, "getLicenseInfo", {"companyId": company_id})
        usage = licensing(
            gravityzone, "getMonthlyUsage", {"companyId": company_id, "targetMonth": month}
        )
        agreement = _get(
            connectwise, "/finance/agreements", f"company/id={connectwise_id} and type/id={TYPE_ID}"
        )[0]
        additions = f"/finance/agreements/{agreement['id']}/additions"
        for addition in _get(connectwise, additions, f'product/identifier="{PRODUCT}"'):
            if addition["effectiveDate"].startswith(first.isoformat()):
                change = [
                    {"op": "replace", "path": "quantity", "value": usage["endpointMonthlyUsage"]}
                ]
                url = f"{_CONNECTWISE}{additions}/{addition['id']}"
                connectwise.patch(url, json=change, timeout=10).raise_for_status()


def _get(session: requests.Session, path: str, conditions: str) -> list[dict[str, Any]]:
    answer = session.get(f"{_CONNECTWISE}{path}", params={"conditions": conditions}, timeout=10)
    answer.raise_for_status()
    found: list[dict[str, Any]] = answer.json()
    return found
