"""The GravityZone simulator answers as the real API was seen to, awkward parts included."""

from datetime import timedelta
from typing import Any

import pytest

from simulators.clock import VirtualClock
from simulators.faults import Fault, FaultKind
from simulators.gravityzone import GravityZoneSimulator, RateLimits
from simulators.rate_limits import Limit
from tests.simulators.gravityzone_world import (
    FOLDER,
    HARBOR,
    JUNIPER,
    NOW,
    OWN,
    PARTNER,
    SHELVED,
    URL,
    WORLD,
    Client,
    Json,
)


@pytest.fixture
def gravityzone() -> GravityZoneSimulator:
    return GravityZoneSimulator(VirtualClock(NOW), WORLD)


@pytest.fixture
def client(gravityzone: GravityZoneSimulator) -> Client:
    return Client(gravityzone)


def test_only_post_is_served(client: Client) -> None:
    """Any other HTTP method is a 405 without JSON."""
    answer = client.session.get(f"{URL}/api/v1.0/jsonrpc/network", timeout=10)
    assert (answer.status_code, answer.headers["Content-Type"]) == (405, "text/html; charset=utf-8")


@pytest.mark.parametrize(
    "path", ["/api/v1.0/jsonrpc/nowhere", "/api/v1.0/jsonrpc/", "/v1.0/jsonrpc/network", "/"]
)
def test_wrong_path_is_no_json(client: Client, path: str) -> None:
    """A wrong service, or an access URL without its /api, answers 404 with a page."""
    answer = client.session.post(f"{URL}{path}", json={}, timeout=10)
    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "text/html; charset=utf-8")


@pytest.mark.parametrize(("key", "password"), [("other", ""), ("right", "secret"), ("", "")])
def test_wrong_key_is_a_401_with_json(key: str, password: str) -> None:
    """The key is the user and the password is empty; anything else is told to make a key."""
    client = Client(GravityZoneSimulator(VirtualClock(NOW), WORLD, api_key="right"), key, password)
    answer = client.post("general", {"id": 1, "jsonrpc": "2.0", "method": "getApiKeyDetails"})
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == -32000
    assert answer.json()["error"]["data"]["details"].startswith(
        "Invalid API key. Please generate an API key"
    )


@pytest.mark.parametrize("header", [None, "Bearer abc", "Basic ???", "Basic /w=="])
def test_no_basic_auth_is_a_401(client: Client, header: str | None) -> None:
    """Without well-formed Basic auth nobody gets in, also where any key is taken."""
    client.session.auth = None
    headers = {} if header is None else {"Authorization": header}
    answer = client.session.post(
        f"{URL}/api/v1.0/jsonrpc/network", json={}, headers=headers, timeout=10
    )
    assert answer.status_code == 401


def test_right_key_gets_in() -> None:
    """The named key is let in."""
    client = Client(GravityZoneSimulator(VirtualClock(NOW), WORLD, api_key="right"), "right")
    details = client.call("general", "getApiKeyDetails")
    assert "licensing" in details["enabledApis"]
    assert details["createdAt"] == "2026-11-10T12:00:00"


def test_api_that_is_not_ticked_is_a_403(client: Client, gravityzone: GravityZoneSimulator) -> None:
    """A key has a checkbox per API; one without it is refused by HTTP status."""
    gravityzone.options.enabled_apis = ("network", "companies")
    answer = client.post("licensing", {"id": 1, "jsonrpc": "2.0", "method": "getMonthlyUsage"})
    assert (answer.status_code, answer.json()["error"]["code"], answer.json()["id"]) == (
        403,
        -32001,
        1,
    )


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ([{"id": 1, "jsonrpc": "2.0", "method": "getCompaniesList"}], -32600),
        ({"id": 1, "method": "getCompaniesList"}, -32600),
        ({"jsonrpc": "2.0", "method": "getCompaniesList"}, -32600),
        ({"id": 1, "jsonrpc": "2.0"}, -32600),
        ({"id": 1, "jsonrpc": "2.0", "method": "getCompaniesList", "params": [1]}, -32602),
        ({"id": 1, "jsonrpc": "2.0", "method": "makeTea"}, -32601),
    ],
)
def test_malformed_call_is_a_200_with_an_error(client: Client, body: object, code: int) -> None:
    """A batch, a wrong envelope or an unknown method: HTTP says 200, the body says what is
    wrong.
    """
    answer = client.post("network", body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (200, code)


def test_unparsable_body_is_a_parse_error(client: Client) -> None:
    """What is not JSON has no id to echo."""
    answer = client.session.post(f"{URL}/api/v1.0/jsonrpc/network", data=b"{", timeout=10)
    assert answer.json()["error"]["code"] == -32700
    assert answer.json()["id"] is None


@pytest.mark.parametrize("call_id", ["b7c1", 12])
def test_id_comes_back_as_it_was(client: Client, call_id: str | int) -> None:
    """Ids are strings or integers, and keep their type."""
    answer = client.post("general", {"id": call_id, "jsonrpc": "2.0", "method": "getApiKeyDetails"})
    assert answer.json()["id"] == call_id


def test_companies_list_is_on_network(client: Client) -> None:
    """The companies service does not know getCompaniesList."""
    assert client.error("companies", "getCompaniesList")[0] == -32601


def test_companies_list_is_one_level_without_the_own_company(client: Client) -> None:
    """A bare array of what stands directly below; the key's own company and what stands in folders
    are not in it.
    """
    assert client.call("network", "getCompaniesList") == [
        {"id": PARTNER, "name": "Summit Peak IT"},
        {"id": HARBOR, "name": "Harbor Dental"},
    ]
    assert client.call("network", "getCompaniesList", {"parentId": PARTNER}) == [
        {"id": JUNIPER, "name": "Juniper Law"}
    ]


def test_folder_hides_companies_unless_named(
    client: Client, gravityzone: GravityZoneSimulator
) -> None:
    """A folder is a parent like a company; whether its companies show above it differs, so it is an
    option.
    """
    assert client.call("network", "getCompaniesList", {"parentId": FOLDER}) == [
        {"id": SHELVED, "name": "Old Harbor"}
    ]
    gravityzone.options.folders_transparent = True
    assert {"id": SHELVED, "name": "Old Harbor"} in client.call("network", "getCompaniesList")


@pytest.mark.parametrize(
    ("filters", "ids"),
    [
        ({"companyType": 0}, [PARTNER]),
        ({"companyType": 1}, [HARBOR]),
        ({"companyType": 1, "licenseType": 3}, [HARBOR]),
        ({"licenseType": 2}, []),
    ],
)
def test_companies_list_filters(client: Client, filters: dict[str, int], ids: list[str]) -> None:
    """Company type 0 is a partner and 1 a customer; licence type 3 is monthly."""
    assert [
        one["id"] for one in client.call("network", "getCompaniesList", {"filters": filters})
    ] == ids


def test_monthly_filter_lists_trials_too(client: Client, gravityzone: GravityZoneSimulator) -> None:
    """A trial of a monthly subscription is listed as monthly; only getLicenseInfo tells it
    apart.
    """
    gravityzone.tenant.change_subscription(HARBOR, 5)
    listed = client.call(
        "network", "getCompaniesList", {"filters": {"licenseType": 3, "companyType": 1}}
    )
    assert [one["id"] for one in listed] == [HARBOR]
    assert (
        client.call("licensing", "getLicenseInfo", {"companyId": HARBOR})["subscriptionType"] == 5
    )


@pytest.mark.parametrize(
    "params", [{"page": 1}, {"perPage": 100}, {"filters": {"companyType": 7}}, {"filters": []}]
)
def test_companies_list_does_not_page(client: Client, params: dict[str, Any]) -> None:
    """Paging and values it does not know are invalid params."""
    assert client.error("network", "getCompaniesList", params)[0] == -32602


@pytest.mark.parametrize("parent", [HARBOR, "f" * 24, 7])
def test_nothing_is_below_a_customer(client: Client, parent: str | int) -> None:
    """Asking below a customer, or below nothing, is an error in the same words."""
    error = client.error("network", "getCompaniesList", {"parentId": parent})
    assert error == (-32602, "Invalid value for 'parentId' parameter.")


def test_company_details(client: Client) -> None:
    """Details tell the type, the parent and the path; without an id they are the key's own
    company's.
    """
    details = client.call("companies", "getCompanyDetails", {"companyId": JUNIPER})
    assert (details["type"], details["name"], details["parentCompanyId"]) == (
        1,
        "Juniper Law",
        PARTNER,
    )
    assert details["companyPath"] == f"{OWN}/{PARTNER}/{JUNIPER}"
    assert (
        client.call("companies", "getCompanyDetails", {"companyId": SHELVED})["companyPath"]
        == f"{OWN}/{SHELVED}"
    )
    own = client.call("companies", "getCompanyDetails")
    assert (own["id"], own["type"], "parentCompanyId" in own) == (OWN, 0, False)


def test_find_companies_by_prefix_or_anywhere(client: Client) -> None:
    """A name filter is a prefix; with a leading star it matches anywhere."""
    assert [
        one["id"]
        for one in client.call("companies", "findCompaniesByName", {"nameFilter": "Harbor"})
    ] == [HARBOR]
    found = client.call("companies", "findCompaniesByName", {"nameFilter": "*harbor"})
    assert [one["id"] for one in found] == [HARBOR, SHELVED]
    one = client.call(
        "companies", "findCompaniesByName", {"nameFilter": "*harbor", "maxResults": 1}
    )
    assert len(one) == 1
    assert (
        client.error("companies", "findCompaniesByName", {"nameFilter": "H", "maxResults": 101})[0]
        == -32602
    )
    assert client.error("companies", "findCompaniesByName")[0] == -32602


def test_deleted_company_is_unknown(client: Client, gravityzone: GravityZoneSimulator) -> None:
    """A deleted company is in no list, and a call about it is refused."""
    gravityzone.tenant.delete_company(HARBOR)
    assert [one["id"] for one in client.call("network", "getCompaniesList")] == [PARTNER]
    for service, method in [("companies", "getCompanyDetails"), ("licensing", "getMonthlyUsage")]:
        assert (
            client.error(service, method, {"companyId": HARBOR})[1]
            == "Invalid value for 'companyId' parameter."
        )


def test_licence_info_is_an_object_or_an_array(
    client: Client, gravityzone: GravityZoneSimulator
) -> None:
    """Live it is an object with null slots for a monthly licence; the documented array can be asked
    for.
    """
    gravityzone.tenant.check_in_new(HARBOR, 3)
    info = client.call("licensing", "getLicenseInfo", {"companyId": HARBOR})
    assert (info["subscriptionType"], info["usedSlots"], info["totalSlots"]) == (3, 3, None)
    yearly = client.call("licensing", "getLicenseInfo", {"companyId": SHELVED})
    assert (yearly["subscriptionType"], yearly["totalSlots"]) == (2, 25)
    gravityzone.options.license_info_as_array = True
    assert client.call("licensing", "getLicenseInfo", {"companyId": HARBOR}) == [info]


def test_endpoints_list_hides_grouped_machines(
    client: Client, gravityzone: GravityZoneSimulator
) -> None:
    """Without recursion only machines outside groups are listed; with it, in pages of at most a
    hundred.
    """
    gravityzone.tenant.add_endpoint(JUNIPER, name="FRONT-DESK", grouped=False)
    gravityzone.tenant.check_in_new(JUNIPER, 4)
    flat = client.call("network", "getEndpointsList", {"parentId": JUNIPER})
    assert [one["name"] for one in flat["items"]] == ["FRONT-DESK"]
    deep = {"depth": {"allItemsRecursively": True}}
    second = client.call(
        "network",
        "getEndpointsList",
        {"parentId": PARTNER, "perPage": 2, "page": 2, "filters": deep},
    )
    assert (second["total"], second["pagesCount"], second["page"], len(second["items"])) == (
        5,
        3,
        2,
        2,
    )
    assert (
        client.call("network", "getEndpointsList", {"parentId": PARTNER, "isManaged": False})[
            "total"
        ]
        == 0
    )
    wrongs: list[dict[str, Json]] = [
        {"perPage": 101},
        {"page": 0},
        {"page": "1"},
        {"parentId": "f" * 24},
    ]
    for wrong in wrongs:
        assert client.error("network", "getEndpointsList", wrong)[0] == -32602


def test_endpoint_details_tell_when_it_was_last_seen(
    client: Client, gravityzone: GravityZoneSimulator
) -> None:
    """Only the details carry lastSeen: the last connection that is not in the future."""
    machine = gravityzone.tenant.add_endpoint(HARBOR)
    assert (
        client.call("network", "getManagedEndpointDetails", {"endpointId": machine})["lastSeen"]
        is None
    )
    gravityzone.tenant.check_in(machine, NOW - timedelta(days=1))
    gravityzone.tenant.check_in(machine, NOW + timedelta(days=1))
    details = client.call("network", "getManagedEndpointDetails", {"endpointId": machine})
    assert (details["companyId"], details["lastSeen"]) == (HARBOR, "2026-11-09T12:00:00")
    gravityzone.tenant.remove_endpoint(machine)
    assert (
        client.error("network", "getManagedEndpointDetails", {"endpointId": machine})[0] == -32602
    )
    assert client.error("network", "getManagedEndpointDetails")[0] == -32602


def limited(**limits: Limit) -> tuple[GravityZoneSimulator, Client]:
    simulator = GravityZoneSimulator(VirtualClock(NOW), WORLD, rate_limits=RateLimits(**limits))
    return simulator, Client(simulator)


def usage_status(client: Client, method: str = "getMonthlyUsage") -> int:
    return client.post("licensing", {"id": 1, "jsonrpc": "2.0", "method": method}).status_code


def test_licensing_calls_are_limited_to_five_a_second() -> None:
    """Five in a burst, then five a second; the sixth is a 429 that says when there is room."""
    simulator, client = limited()
    assert [usage_status(client) for _ in range(6)] == [200] * 5 + [429]
    refused = client.post("licensing", {"id": 3, "jsonrpc": "2.0", "method": "getMonthlyUsage"})
    assert (
        refused.headers["Retry-After"],
        refused.json()["error"]["code"],
        refused.json()["id"],
    ) == ("1", -32003, 3)
    simulator.clock.advance(timedelta(seconds=1))
    assert [usage_status(client) for _ in range(6)] == [200] * 5 + [429]


def test_each_key_and_method_has_its_own_limit() -> None:
    """A full queue of one method or key leaves the others alone."""
    simulator, client = limited()
    assert [usage_status(client) for _ in range(6)][-1] == 429
    assert usage_status(client, "getLicenseInfo") == 200
    assert usage_status(Client(simulator, "second key")) == 200


def test_other_methods_are_limited_to_ten_a_second() -> None:
    """All unlisted methods take ten a second."""
    simulator, client = limited()
    body = {"id": 1, "jsonrpc": "2.0", "method": "getCompaniesList"}
    assert [client.post("network", body).status_code for _ in range(11)] == [200] * 10 + [429]
    simulator.clock.advance(timedelta(seconds=1))
    assert [client.post("network", body).status_code for _ in range(11)] == [200] * 10 + [429]


def test_limit_can_be_lower_than_documented() -> None:
    """The documentation contradicts itself, so a caller has to honour whatever Retry-After says."""
    _, client = limited(licensing=Limit(10 / 60, 1))
    assert usage_status(client) == 200
    refused = client.post("licensing", {"id": 1, "jsonrpc": "2.0", "method": "getMonthlyUsage"})
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "6")


def test_queued_calls_come_late_if_asked_for() -> None:
    """A queue answers in order at its rate, which a program behind a port plays by real time."""
    seconds = [0.0]
    simulator = GravityZoneSimulator(
        VirtualClock(NOW),
        WORLD,
        rate_limits=RateLimits(),
        seconds=lambda: seconds[0],
        queue_delays=True,
    )
    client = Client(simulator)
    for _ in range(3):
        usage_status(client)
    assert simulator.clock.now() == NOW + timedelta(seconds=0.2 + 0.4)


@pytest.mark.parametrize(
    ("status", "json"), [(401, True), (403, True), (429, True), (404, False), (500, False)]
)
def test_ordered_statuses_look_like_gravityzones(
    client: Client, gravityzone: GravityZoneSimulator, status: int, json: bool
) -> None:
    """A fault with a status has the body that GravityZone gives it, JSON or a page."""
    gravityzone.faults.add(
        Fault(kind=FaultKind.STATUS, status=status, operation="getLicenseInfo", contains=HARBOR)
    )
    body = {"id": 1, "jsonrpc": "2.0", "method": "getLicenseInfo", "params": {"companyId": HARBOR}}
    answer = client.post("licensing", body)
    assert answer.status_code == status
    assert answer.headers["Content-Type"].startswith("application/json" if json else "text/html")


def test_calls_are_logged_by_method(client: Client, gravityzone: GravityZoneSimulator) -> None:
    """Operations are the JSON-RPC methods, so that a test can count them."""
    client.call("licensing", "getMonthlyUsage", {"companyId": HARBOR})
    client.call("network", "getCompaniesList")
    client.session.get(f"{URL}/api/v1.0/jsonrpc/network", timeout=10)
    assert gravityzone.calls.counts == {
        "getMonthlyUsage": 1,
        "getCompaniesList": 1,
        "GET /api/v1.0/jsonrpc/network": 1,
    }
