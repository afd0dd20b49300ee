"""The functions' logs: keys to search by, and no key of the operator's."""

import base64
from datetime import timedelta

import pytest

from local.stack import DEMO_PARAMETERS, KEYS
from tests.e2e.msp import FIRST, Msp

pytestmark = pytest.mark.e2e


def test_log_lines_have_keys_and_no_secrets(msp: Msp) -> None:
    """Each line of a job names company, month and tick; no API key is in any log, message or item,
    refused keys included.
    """
    customer = msp.add_customer("Glass Harbor Optics")
    msp.check_in(customer, 2, FIRST)
    msp.tick(FIRST)
    (planned,) = msp.logged("planner", "planned")
    assert (planned["tick"], planned["jobs"], planned["service"]) == (
        FIRST.isoformat(),
        1,
        "planner",
    )
    (done,) = msp.logged("worker", "done")
    assert (done["company"], done["month"], done["tick"]) == (
        customer.id,
        "2025-03",
        FIRST.isoformat(),
    )
    assert done["decisions"] == {"endpoints": "post intended, opened"}

    msp.connectwise.call(
        "POST", "faults", {"kind": "status", "status": 401, "operation": "PATCH additions/{id}"}
    )
    msp.gravityzone.call(
        "POST",
        "faults",
        {
            "kind": "status",
            "status": 401,
            "operation": "getMonthlyUsage",
            "contains": customer.id,
            "after": 1,
        },
    )
    msp.check_in(customer, 1, FIRST)
    msp.tick(FIRST + timedelta(minutes=15))
    msp.tick(FIRST + timedelta(minutes=30))
    failed = msp.logged("worker", "failed")
    assert [line["company"] for line in failed] == [customer.id] * 2
    assert ["ConnectWise" in failed[0]["error"], "GravityZone" in failed[1]["error"]] == [
        True,
        True,
    ]

    everything = [
        *msp.stack.log_lines("planner"),
        *msp.stack.log_lines("worker"),
        *(path.read_text(errors="replace") for path in msp.stack.directory.glob("*.log")),
        *(str(item) for item in msp.stack.items()),
        *msp.stack.dead_letters("planner"),
        *msp.stack.dead_letters("jobs"),
    ]
    for secret in _secrets():
        assert not [text for text in everything if secret in text]


def _secrets() -> list[str]:
    """The keys, and what the clients send of them."""
    public, private = KEYS["connectwise_public_key"], KEYS["connectwise_private_key"]
    login = f"{DEMO_PARAMETERS['ConnectWiseCompany']}+{public}:{private}"
    return [
        *KEYS.values(),
        base64.b64encode(login.encode()).decode(),
        base64.b64encode(f"{KEYS['gravityzone_api_key']}:".encode()).decode(),
    ]
