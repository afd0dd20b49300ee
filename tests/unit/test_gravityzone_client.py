"""The GravityZone client's reads, against the simulator and against other editions' answers."""

import json
from datetime import UTC, datetime
from http import HTTPStatus

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from simulators.faults import Fault, FaultKind
from simulators.gravityzone import MISSING, Options, RateLimits
from tally.domain.model.company import Company, CompanyKind
from tally.domain.model.month import Month
from tally.domain.model.reading import ENDPOINTS, Count, Service, Unknown, read_count, read_sum
from tally.errors import (
    ContractError,
    CredentialsError,
)
from tally.gravityzone.client import GravityZoneClient
from tests.unit.gravityzone_caller import (
    CALLS,
    ENCODED,
    HARBOR,
    JUNIPER,
    KEY,
    NOVEMBER,
    OWN,
    PARTNER,
    TRIAL,
    World,
    failing,
    replying,
    scripted,
)
from tests.unit.scripted import Loose, NoPace, Scripted, answer, error_of


@pytest.fixture
def world() -> World:
    return World()


def test_the_own_company(world: World) -> None:
    """READ-4: the company of the key is where the lists begin."""
    # Fmt: skip.
    assert world.client.own_company() == Company(
        id=OWN, name="Bright Lantern IT", kind=CompanyKind.PARTNER, parent_id=""
    )


def test_children_are_one_kind_and_one_level(world: World) -> None:
    """READ-3: customers and partners are listed apart, one level deep, monthly-licensed ones alone
    where asked.
    """
    client = world.client
    customers = client.children(OWN, kind=CompanyKind.CUSTOMER, monthly_only=False)
    assert [each.name for each in customers] == ["Harbor Dental", "Old Mill"]
    partners = client.children(OWN, kind=CompanyKind.PARTNER, monthly_only=True)
    assert partners == [
        Company(id=PARTNER, name="Summit Peak IT", kind=CompanyKind.PARTNER, parent_id=OWN)
    ]
    assert [
        each.id for each in client.children(PARTNER, kind=CompanyKind.CUSTOMER, monthly_only=True)
    ] == [JUNIPER]
    assert client.children(PARTNER, kind=CompanyKind.PARTNER, monthly_only=True) == []


def test_nothing_is_below_a_customer(world: World) -> None:
    """SAFE-5: a list is asked for below partners alone; one that is refused is not taken for an
    empty one.
    """
    with pytest.raises(ContractError, match="parentId"):
        world.client.children(HARBOR, kind=CompanyKind.CUSTOMER, monthly_only=True)


def test_a_company_by_id(world: World) -> None:
    """SAFE-7: a company that a list lacks is asked for by id; None only where GravityZone says that
    there is none.
    """
    # Fmt: skip.
    assert world.client.company(JUNIPER) == Company(
        id=JUNIPER, name="Juniper Law", kind=CompanyKind.CUSTOMER, parent_id=PARTNER
    )
    world.simulator.tenant.delete_company(JUNIPER)
    assert world.client.company(JUNIPER) is None


@pytest.mark.parametrize(
    ("code", "details"),
    [
        (-32002, None),
        (-32602, "Invalid value for 'companyId' parameter."),
        (-32602, "Company not found"),
        (-32000, "The company was not found."),
    ],
)
def test_errors_that_say_gone(code: int, details: str | None) -> None:
    """SAFE-7: these answers mean that there is no such company."""
    assert failing(code, details).client.company(HARBOR) is None


@pytest.mark.parametrize(
    ("company_id", "code", "details"),
    [
        (HARBOR, -32602, "Invalid value for 'parentId' parameter."),
        (HARBOR, -32602, None),
        (HARBOR, -32000, "Something went wrong."),
        (HARBOR, -32601, "Company not found"),
        ("not-an-id", -32602, "Invalid value for 'companyId' parameter."),
        ("not-an-id", -32000, "The company was not found."),
    ],
)
def test_errors_that_do_not_say_gone(company_id: str, code: int, details: str | None) -> None:
    """SAFE-7: no company counts as gone by an error that may mean anything else."""
    assert isinstance(
        error_of(lambda: failing(code, details).client.company(company_id)), ContractError
    )


@pytest.mark.parametrize("status", [200, 400, 403, 404, 410])
def test_a_gateways_words_do_not_say_gone(status: int) -> None:
    """SAFE-7: JSON of a gateway, with an HTTP status for a code, is no JSON-RPC: neither the
    company nor the key is at fault.
    """
    body = '{"error": {"code": 404, "message": "The requested resource does not exist."}}'
    error = error_of(lambda: scripted(answer(status, body)).client.company(HARBOR))
    assert not isinstance(error, CredentialsError)
    assert str(status if status != 200 else "HTTP status") in str(error)


def test_a_company_answered_in_place_of_another() -> None:
    """MATCH-4: what is answered must be what was asked for."""
    world = replying(result={"id": JUNIPER, "name": "Juniper Law", "type": 1})
    assert type(error_of(lambda: world.client.company(HARBOR))) is ContractError


def test_only_a_paid_monthly_subscription_counts(world: World) -> None:
    """READ-3: subscriptionType 3, not the trials that the list may hold too; as an object or an
    array of one.
    """
    for client in (world.client, World(options=Options(license_info_as_array=True)).client):
        assert client.is_monthly(HARBOR)
        assert not client.is_monthly(TRIAL)


@pytest.mark.parametrize(
    "result",
    [
        {},
        [],
        [{"subscriptionType": 3}] * 2,
        {"subscriptionType": "3"},
        {"subscriptionType": None},
        3,
        None,
    ],
)
def test_an_unclear_licence_is_no_licence_info(result: object) -> None:
    """READ-3: whether a company is licensed is never guessed."""
    assert (
        type(error_of(lambda: replying(result=result).client.is_monthly(HARBOR))) is ContractError
    )


def test_usage_is_handed_on_unjudged(world: World) -> None:
    """READ-1, READ-2: the month is always sent, the counters come as they are, with the floor and
    the call's name.
    """
    world.simulator.tenant.check_in_new(HARBOR, 7, at=datetime(2026, 10, 3, tzinfo=UTC))
    world.simulator.tenant.check_in_new(HARBOR, 2)
    october = world.client.usage(HARBOR, month=Month(2026, 10))
    assert read_count(october, ENDPOINTS) == Count(7, floor=5)
    assert read_count(world.client.usage(HARBOR, month=NOVEMBER), ENDPOINTS) == Count(2, floor=5)
    assert "minimumUsage" not in october.counters
    assert october.counters["aLaCarteMonthlyUsage"] == 7
    assert (
        october.request
        == f"GravityZone getMonthlyUsage of company {HARBOR}, 10/2026 (request call-1)"
    )
    sent = [json.loads(call.body)["params"] for call in world.simulator.calls]
    assert [each["targetMonth"] for each in sent] == ["10/2026", "11/2026"]


def test_usage_per_product_type(world: World) -> None:
    """READ-1, READ-6: one call gives each type's counters as they come, month sent, floor and
    product type taken out of them.
    """
    tenant = world.simulator.tenant
    tenant.check_in_new(HARBOR, 2)
    tenant.check_in(tenant.add_endpoint(HARBOR, product_type=3, counters=("edrMonthlyUsage",)))
    found = world.client.usage_per_product_type(HARBOR, month=NOVEMBER)
    assert [kind for kind, _ in found.entries] == [0, 3, 5]
    for _, entry in found.entries:
        assert "aLaCarteMonthlyUsage" in entry.counters
        assert not entry.counters.keys() & {"productType", "minimumUsage"}
    both = Service(name="endpoints", counter="endpointMonthlyUsage", product_types=(0, 3))
    assert read_sum(found, both) == Count(3, floor=5)
    (sent,) = [json.loads(call.body) for call in world.simulator.calls]
    assert (sent["method"], sent["params"]["targetMonth"]) == (
        "getMonthlyUsagePerProductType",
        "11/2026",
    )
    assert found.request.endswith(
        f"getMonthlyUsagePerProductType of company {HARBOR}, 11/2026 (request call-1)"
    )


@pytest.mark.parametrize(
    "result",
    [
        None,
        {},
        [],
        {"usages": None},
        {"usages": {}},
        {"usages": [{}]},
        {"usages": [3]},
        {"usages": [{"endpointMonthlyUsage": 3}]},
        {"usages": [{"productType": "3", "endpointMonthlyUsage": 3}]},
        {"usages": [{"productType": None}]},
    ],
    ids=str,
)
def test_an_answer_without_usages_is_no_usage(result: object) -> None:
    """READ-2, READ-6: an answer of another shape, or an entry of no product type, is not read at
    all.
    """
    client = replying(result=result).client
    assert (
        type(error_of(lambda: client.usage_per_product_type(HARBOR, month=NOVEMBER)))
        is ContractError
    )


@pytest.mark.parametrize("floors", [None, [], "5", 5])
def test_a_floor_that_is_none_is_none(floors: object) -> None:
    """CLOSE-2: the contract's floor may be missing; whatever else stands there is no floor, and is
    told.
    """
    usage = replying(result={"endpointMonthlyUsage": 3, "minimumUsage": floors}).client.usage(
        HARBOR, month=NOVEMBER
    )
    reading = read_count(usage, ENDPOINTS)
    assert isinstance(reading, Count)
    assert (reading.value, reading.floor) == (3, None)
    assert reading.odd_floor.endswith("" if floors is None else f"minimumUsage = {floors!r}")
    assert bool(reading.odd_floor) == (floors is not None)
    assert World().client.usage(JUNIPER, month=NOVEMBER).floors == {}


@pytest.mark.parametrize("value", [MISSING, -1, "12", 1.5, None])
def test_a_counter_that_is_no_count(world: World, value: Loose) -> None:
    """READ-2: a counter missing, negative, or a string is unknown, and the reason names company,
    month and request.
    """
    world.simulator.tenant.override_counter(HARBOR, "2026-11", "endpointMonthlyUsage", value)
    reading = read_count(world.client.usage(HARBOR, month=NOVEMBER), ENDPOINTS)
    assert isinstance(reading, Unknown)
    assert f"company {HARBOR}, 11/2026 (request call-1)" in reading.why


@given(
    counters=st.dictionaries(
        st.text(), st.one_of(st.integers(), st.text(), st.none(), st.booleans())
    )
)
def test_counters_come_through_untouched(counters: dict[str, object]) -> None:
    """READ-2: nothing is dropped, added or converted on the way: judging is the domain's."""
    counters.pop("minimumUsage", None)
    assert replying(result=counters).client.usage(HARBOR, month=NOVEMBER).counters == counters


def test_licensing_calls_are_paced_and_others_not(world: World) -> None:
    """Design §3: every attempt at a licensing call waits for its turn, retries too."""
    world.client.own_company()
    world.client.children(OWN, kind=CompanyKind.CUSTOMER, monthly_only=True)
    assert world.paces == 0
    world.client.is_monthly(HARBOR)
    world.simulator.faults.add(Fault(kind=FaultKind.STATUS, status=502, times=2))
    world.client.usage(HARBOR, month=NOVEMBER)
    assert world.paces == 4


def test_a_list_with_repeats_or_the_parent() -> None:
    """A parent listed among its children would be walked for ever; a company listed twice is
    one.
    """
    rows = [
        {"id": OWN, "name": "The MSP"},
        {"id": HARBOR, "name": "Harbor"},
        {"id": HARBOR, "name": "Harbor"},
    ]
    found = replying(result=rows).client.children(
        OWN, kind=CompanyKind.CUSTOMER, monthly_only=False
    )
    assert [each.id for each in found] == [HARBOR]


def test_a_row_that_has_a_key_twice_hides_no_other() -> None:
    """SAFE-5: a list about everybody is read, though one of its rows is odd; an answer about one
    company is not (READ-8).
    """
    rows = f'[{{"id": "{HARBOR}", "name": "Harbor"}}, {{"id": "1", "name": "x", "name": "y"}}]'
    listed = '{"id": "call-1", "jsonrpc": "2.0", "result": %s}'
    network = Scripted([answer(200, (listed % rows).encode())])
    found = World(network).client.children(OWN, kind=CompanyKind.CUSTOMER, monthly_only=False)
    assert found[0].id == HARBOR
    one = '{"endpointMonthlyUsage": 3, "endpointMonthlyUsage": 4}'
    network = Scripted([answer(200, (listed % one).encode())])
    told = error_of(lambda: World(network).client.usage(HARBOR, month=NOVEMBER))
    assert "twice" in str(told)


def test_what_is_sent() -> None:
    """Each call is one JSON-RPC 2.0 request with an id of its own, by POST, with the key as user
    and no password.
    """
    network = Scripted([answer(401)])
    client = World(network).client
    for call in CALLS:
        error_of(lambda call=call: call(client))  # type: ignore[misc]
    bodies = [json.loads(request.body or b"") for request in network.requests]
    assert [body["id"] for body in bodies] == [f"call-{n}" for n in range(1, len(CALLS) + 1)]
    for request, body in zip(network.requests, bodies, strict=True):
        assert request.method == "POST"
        assert request.headers["Authorization"] == f"Basic {ENCODED}"
        assert request.headers["Content-Type"] == "application/json"
        assert request.headers["Content-Length"] == str(len(request.body or b""))
        assert set(body) == {"id", "jsonrpc", "method", "params"}
        assert body["method"].startswith("get")
    assert [request.url for request in network.requests] == [
        f"https://gravityzone.test/api/v1.0/jsonrpc/{service}"
        for service in ("companies", "network", "companies", "licensing", "licensing", "licensing")
    ]
    assert bodies[1]["params"] == {"parentId": OWN, "filters": {"companyType": 1, "licenseType": 3}}


def test_other_calls_keep_to_their_own_limit() -> None:
    """GravityZone takes 10 calls a second that are not licensing ones, in bursts of 10: a large
    tree is listed at that pace.
    """
    world = World(rate_limits=RateLimits())
    begun = world.simulator.clock.now()
    for _ in range(50):
        world.client.children(OWN, kind=CompanyKind.CUSTOMER, monthly_only=True)
    assert all(call.status == HTTPStatus.OK for call in world.simulator.calls)
    assert (world.simulator.clock.now() - begun).total_seconds() == pytest.approx(4.5, abs=0.01)
    assert world.paces == 0


def test_ids_are_unique_by_default() -> None:
    """The default ids differ from call to call and from container to container."""
    network = Scripted([answer(401)])
    client = GravityZoneClient(
        url="https://gravityzone.test/api", api_key=SecretStr(KEY), pace=NoPace(), adapter=network
    )
    for _ in range(3):
        error_of(client.own_company)
    assert len({json.loads(request.body or b"")["id"] for request in network.requests}) == 3
