"""What is out of the key's reach, and what GravityZone refuses to tell of a company or of an
API.
"""

import json

import pytest

from simulators.clock import VirtualClock
from simulators.gravityzone import GravityZoneSimulator
from tests.simulators.gravityzone_world import HARBOR, JUNIPER, NOW, OWN, PARTNER, WORLD, Client


@pytest.fixture
def gravityzone() -> GravityZoneSimulator:
    return GravityZoneSimulator(VirtualClock(NOW), WORLD)


@pytest.fixture
def client(gravityzone: GravityZoneSimulator) -> Client:
    return Client(gravityzone)


def listed(client: Client, parent: str) -> list[str]:
    return [each["id"] for each in client.call("network", "getCompaniesList", {"parentId": parent})]


def test_a_deleted_company_is_answered_in_the_tenants_words(
    gravityzone: GravityZoneSimulator, client: Client
) -> None:
    """What is said of a company that is nobody's differs between editions: code and words are an
    option.
    """
    gravityzone.tenant.delete_company(HARBOR)
    assert client.error("companies", "getCompanyDetails", {"companyId": HARBOR})[0] == -32602
    gravityzone.options.gone_code, gravityzone.options.gone_details = (
        -32000,
        "The company does not exist",
    )
    for service, method in (("companies", "getCompanyDetails"), ("licensing", "getLicenseInfo")):
        assert client.error(service, method, {"companyId": HARBOR}) == (
            -32000,
            "The company does not exist",
        )


def test_a_hidden_company_is_out_of_reach_with_all_below_it(
    gravityzone: GravityZoneSimulator, client: Client
) -> None:
    """A partner that opted out of being seen is in no list, nor is who stands below it; its
    counters stay in those above.
    """
    before = client.call("licensing", "getMonthlyUsage", {"companyId": OWN})
    gravityzone.tenant.reach.hide(PARTNER)
    assert PARTNER not in listed(client, OWN)
    for company in (PARTNER, JUNIPER):
        assert client.error("companies", "getCompanyDetails", {"companyId": company})[0] == -32602
    assert client.error("network", "getCompaniesList", {"parentId": PARTNER})[0] == -32602
    assert client.call("licensing", "getMonthlyUsage", {"companyId": OWN}) == before
    gravityzone.tenant.reach.show(PARTNER)
    assert JUNIPER in listed(client, PARTNER)


@pytest.mark.parametrize("status", [200, 403])
def test_one_company_is_refused(
    gravityzone: GravityZoneSimulator, client: Client, status: int
) -> None:
    """A licence or an opt-out refuses one company's calls, all or those of some methods, and nobody
    else's.
    """
    gravityzone.tenant.reach.refuse(
        HARBOR, "getMonthlyUsage", details="Its licence does not allow it.", status=status
    )
    body = {"id": 1, "jsonrpc": "2.0", "method": "getMonthlyUsage", "params": {"companyId": HARBOR}}
    answer = client.post("licensing", body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, -32001)
    assert client.call("companies", "getCompanyDetails", {"companyId": HARBOR})["id"] == HARBOR
    assert client.call("licensing", "getMonthlyUsage", {"companyId": JUNIPER})
    gravityzone.tenant.reach.refuse(PARTNER)
    assert client.error("network", "getCompaniesList", {"parentId": PARTNER})[0] == -32001
    gravityzone.tenant.reach.show(HARBOR)
    assert client.call("licensing", "getMonthlyUsage", {"companyId": HARBOR})


@pytest.mark.parametrize("form", ["Suspended.", {"code": None, "message": ["Suspended."]}])
def test_one_company_is_refused_in_odd_form(
    gravityzone: GravityZoneSimulator, client: Client, form: object
) -> None:
    """A refusal may be of any form, in place of code and details."""
    gravityzone.tenant.reach.refuse(HARBOR, form=form, status=403)
    body = {"id": 1, "jsonrpc": "2.0", "method": "getMonthlyUsage", "params": {"companyId": HARBOR}}
    answer = client.post("licensing", body)
    assert (answer.status_code, answer.json()["error"]) == (403, form)
    assert client.call("licensing", "getMonthlyUsage", {"companyId": JUNIPER})


def test_an_api_can_be_refused_in_words(gravityzone: GravityZoneSimulator, client: Client) -> None:
    """Some tenants answer for an API that is not ticked with 200, and words that name it."""
    gravityzone.options.enabled_apis = ("network",)
    gravityzone.options.api_refused_in_words = True
    code, words = client.error("licensing", "getLicenseInfo")
    assert (code, words) == (-32000, "You are not allowed to access the selected API: licensing")
    assert client.call("general", "getApiKeyDetails")["enabledApis"] == ["network"]


def test_details_without_a_parent(gravityzone: GravityZoneSimulator, client: Client) -> None:
    """Neither parent nor path are documented for `getCompanyDetails`."""
    gravityzone.options.without_parent = True
    details = client.call("companies", "getCompanyDetails", {"companyId": JUNIPER})
    assert details["name"] == "Juniper Law"
    assert {"parentCompanyId", "companyPath"}.isdisjoint(details)


def test_refusals_by_control_calls(gravityzone: GravityZoneSimulator, client: Client) -> None:
    """A person at the demo orders them as a test does."""

    def control(method: str, **order: object) -> None:
        answer = gravityzone.control(method, "/_sim/refusals", json.dumps(order).encode())
        assert (answer.status, json.loads(answer.body)) == (200, {"company": HARBOR})

    control("POST", company="Harbor Dental", code=-32000, details="No.")
    assert client.error("licensing", "getMonthlyUsage", {"companyId": HARBOR}) == (-32000, "No.")
    control("DELETE", company=HARBOR)
    control("POST", company="Harbor Dental", hidden=True)
    assert HARBOR not in listed(client, OWN)
    control("DELETE", company=HARBOR)
    assert HARBOR in listed(client, OWN)
