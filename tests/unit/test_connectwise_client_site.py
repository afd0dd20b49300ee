"""The ConnectWise client's way to the site: address, codebase, keys, rights and limits."""

import json
from collections.abc import Callable
from copy import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from pydantic import SecretStr

from simulators.adapter import SimulatorAdapter
from simulators.connectwise import Credentials, Right
from simulators.connectwise.example import HARBOR_AGREEMENT, SECURITY
from simulators.faults import Fault, FaultKind
from tally.connectwise.client import ConnectWiseClient
from tally.errors import (
    AmbiguousError,
    ApiVersionError,
    ContractError,
    CredentialsError,
    InFrontError,
    MissingRightError,
    NotFoundError,
    RateLimitedError,
    RefusedError,
    SetupError,
    TallyError,
    TransientError,
)
from tests.unit.connectwise_caller import (
    CLIENT_ID,
    INFO,
    KEYS,
    PRIVATE,
    PUBLIC,
    READS,
    SITE,
    World,
    make_client,
    scripted,
)
from tests.unit.scripted import Scripted, Step, answer, error_of


@pytest.fixture
def world() -> World:
    return World()


def test_a_long_throttle_is_handed_up(world: World) -> None:
    """SAFE-6: a 429 asks for a pause by header or by its text."""
    world.simulator.faults.add(
        Fault(kind=FaultKind.THROTTLED, seconds=30, operation="GET agreements/{id}")
    )
    error = error_of(lambda: world.client.agreement(HARBOR_AGREEMENT))
    assert isinstance(error, RateLimitedError)
    assert error.retry_after.total_seconds() == 30
    text = (
        '{"error": "ConnectWiseAPI", "message": "Too many requests. Please try again in 45 '
        'seconds."}'
    )
    error = error_of(lambda: scripted(answer(429, text)).agreement(1))
    assert isinstance(error, RateLimitedError)
    assert error.retry_after.total_seconds() == 45


def test_a_missing_right(world: World) -> None:
    """A 403 says what ConnectWise said, and whose matter it is."""
    world.simulator.options.taken_rights = frozenset({Right.AGREEMENTS_INQUIRE})
    error = error_of(lambda: world.client.agreement(HARBOR_AGREEMENT))
    assert type(error) is MissingRightError
    assert "You do not have security permission to perform this action." in str(error)
    assert "security role" in str(error)


def test_wrong_keys() -> None:
    """A 401 names the keys; the same from a cloud host, a 404, does not leave them out."""
    wrong = Credentials(public_key="other", private_key="other")
    error = error_of(lambda: World(credentials=wrong).client.agreement(HARBOR_AGREEMENT))
    assert type(error) is CredentialsError
    error = error_of(
        lambda: World(credentials=wrong, wrong_key_status=404).client.agreement(HARBOR_AGREEMENT)
    )
    assert type(error) is NotFoundError
    assert "keys" in str(error)


@pytest.mark.parametrize(
    "body",
    [
        "",
        '{"code": "Unauthorized", "message": "Invalid credentials"}',
        '{"error": "ConnectWiseApi", "message": "UserNotAuthenticated"}',
        '{"message": "Authorization has been denied for this request."}',
    ],
)
def test_wrong_keys_in_connectwises_words(body: str) -> None:
    """A 401 without words, or in those of ConnectWise or its framework, is about the keys."""
    error = error_of(lambda: scripted(answer(401, body), INFO).agreement(1))
    assert type(error) is CredentialsError
    assert "keys" in str(error)


def test_an_agreement_that_is_gone(world: World) -> None:
    """A 404 is asked about once more at companyinfo, and where nothing moved, not repeated."""
    assert type(error_of(lambda: world.client.agreement(999))) is NotFoundError
    assert world.simulator.calls.count("GET agreements/{id}") == 1
    assert world.simulator.calls.count("GET companyinfo") == 2


def test_the_plain_text_of_a_wrong_path() -> None:
    """The plain-text 400 "Cannot route" means a wrong path, not a refused content: the settings are
    named.
    """
    error = error_of(
        lambda: scripted(answer(400, "Cannot route. Codebase/company is invalid"), INFO).agreement(
            1
        )
    )
    assert type(error) is NotFoundError
    assert "HTTP 400" in str(error)
    assert "CONNECTWISE_COMPANY" in str(error)


def test_what_every_call_carries() -> None:
    """Keys, client id and the model's version go on every call, and not to companyinfo, which needs
    none.
    """
    network = Scripted([INFO, answer(200, "[]")])
    list(make_client(network).agreements(SECURITY))
    info, call = network.requests
    assert info.url == f"{SITE}/login/companyinfo/brightlantern"
    assert "Authorization" not in info.headers
    assert "clientId" not in info.headers
    assert (
        requests.auth._basic_auth_str(f"brightlantern+{PUBLIC}", PRIVATE)
        == call.headers["Authorization"]
    )
    assert call.headers["clientId"] == CLIENT_ID
    assert call.headers["Accept"] == "application/vnd.connectwise.com+json; version=2025.1"
    address = urlsplit(call.url or "")
    assert address.path == "/v2025_1/apis/3.0/finance/agreements"
    asked = parse_qs(address.query)
    assert asked == {
        "conditions": ["type/id=18"],
        "pageSize": ["1000"],
        "page": ["1"],
        "orderBy": ["id"],
    }


def test_the_codebase_is_asked_for_once(world: World) -> None:
    """The codebase is kept for the client's life."""
    for read in READS:
        read(world.client)
    assert world.simulator.calls.count("GET companyinfo") == 1


@pytest.mark.parametrize("read", READS)
def test_a_codebase_that_moves(world: World, read: Callable[[ConnectWiseClient], object]) -> None:
    """After an upgrade the calls go to the new codebase, without anybody doing anything."""
    read(world.client)
    world.simulator.move_codebase("v2026_1")
    read(world.client)
    assert world.simulator.calls.count("GET companyinfo") == 2


@pytest.mark.parametrize(
    ("info", "codebase"),
    [
        ({"Codebase": "v2025_1/"}, "v2025_1/"),
        ({"Codebase": "v2025_1", "IsCloud": "True"}, "v2025_1/"),
        ({"Codebase": "v4_6_release/", "IsCloud": False}, "v4_6_release/"),
        ({"CompanyName": "MSP"}, "v4_6_release/"),
        ({"Codebase": None}, "v4_6_release/"),
        ({"Codebase": ""}, "v4_6_release/"),
    ],
)
def test_the_codebase_in_each_form(info: dict[str, Any], codebase: str) -> None:
    """The codebase comes with its slash, or is left out, where the router's path serves."""
    network = Scripted([answer(200, json.dumps(info)), answer(200, "[]")])
    make_client(network).additions(1)
    assert (network.requests[1].url or "").startswith(
        f"{SITE}/{codebase}apis/3.0/finance/agreements/1/additions?"
    )


@pytest.mark.parametrize("codebase", ["../x/", "https://elsewhere.test/", "a/b/", "..", " ", "x?y"])
def test_a_codebase_that_is_no_path(codebase: str) -> None:
    """The keys are sent to no path that companyinfo makes up."""
    client = make_client(Scripted([answer(200, json.dumps({"Codebase": codebase}))]))
    assert type(error_of(lambda: client.agreement(1))) is ContractError


@pytest.mark.parametrize("unknown", ["null", "404"])
def test_an_unknown_login_company(unknown: str) -> None:
    """An unknown company answers null or 404: the setting is named."""
    world = World(company="somebodyelse", unknown_company=unknown)
    error = error_of(lambda: world.client.agreement(HARBOR_AGREEMENT))
    assert type(error) is SetupError
    assert "CONNECTWISE_COMPANY" in str(error)


def test_an_unknown_login_company_in_any_words() -> None:
    """Nobody documents the words for an unknown company, so none of them counts as a proxy's."""
    client = make_client(Scripted([answer(404, "No such company")]))
    error = error_of(lambda: client.agreement(1))
    assert type(error) is SetupError
    assert "CONNECTWISE_COMPANY" in str(error)


@pytest.mark.parametrize("status", [200, 403])
def test_the_bare_host(status: int) -> None:
    """The host of the user interface answers "SSL is required.": the message says that the API host
    is needed.
    """
    body = '{"code": "Security", "message": "SSL is required.", "errors": null}'
    error = error_of(lambda: make_client(Scripted([answer(status, body)])).agreement(1))
    assert isinstance(error, SetupError)
    assert "CONNECTWISE_URL must be the API host" in str(error)


PAGE = (
    "<!DOCTYPE html><html><head><style>p{}</style><title>Request "
    "Rejected</title></head><body><p>Support ID: 77</p></body></html>"
)
FRONTS = [
    *((status, PAGE) for status in (200, 201, 301, 302, 400, 401, 403, 404, 405, 407, 418)),
    (401, "Access denied"),
    (403, "\ufeff \n<html>Blocked by the firewall</html>"),
    (403, '{"blocked": true}'),
    (403, '{"message": "Forbidden"}'),
    (403, '{"error": "Forbidden", "message": "Blocked"}'),
    (401, '{"error": {"code": "AccessDenied", "message": "Access denied"}}'),
    (404, "404 page not found"),
    (404, '{"message": "Not Found"}'),
    (407, ""),
    (451, "Not from here"),
]


@pytest.mark.parametrize(("status", "body"), FRONTS)
def test_a_page_of_something_in_front(status: int, body: str) -> None:
    """MATCH-8: a page says nothing of keys, rights, or what is there: whose it is is said, with its
    first words.
    """
    error = error_of(lambda: scripted(answer(status, body), INFO).agreement(1))
    assert type(error) is InFrontError
    assert "not ConnectWise itself but something in front of it" in str(error)
    assert f"HTTP {status}" in str(error)
    assert body != PAGE or 'a page that begins "Request Rejected Support ID: 77"' in str(error)
    for claim in ("keys", "lacks", "address itself", "it is not there"):
        assert claim not in str(error)


def test_what_a_gateway_does_not_find_is_not_gone() -> None:
    """MATCH-8: only ConnectWise's own words, or none, say that a company is not there."""
    theirs = '{"code": "NotFound", "message": "company 9 not found"}'
    assert scripted(answer(404, theirs), INFO).company(9) is None
    assert scripted(answer(404), INFO).company(9) is None
    gateways = scripted(answer(404, "default backend - 404"), INFO)
    assert type(error_of(lambda: gateways.company(9))) is InFrontError


def test_a_redirect_says_where_it_leads() -> None:
    """MATCH-8: a redirect without a page is named with its address, which tells a login from a
    host that has moved; the address's query stays out.
    """
    login = {"Location": f"https://login.test/saml?SAMLRequest={'x' * 3000}"}
    error = error_of(lambda: scripted(answer(302, "", login), INFO).agreement(1))
    assert type(error) is SetupError
    assert "HTTP 302 to https://login.test/saml, an empty body" in str(error)
    assert "if that is a login" in str(error)


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_page_of_a_gateway(status: int) -> None:
    """SAFE-6: an overload or an outage is one, whoever words it."""
    error = error_of(lambda: scripted(answer(status, PAGE)).agreement(1))
    assert isinstance(error, TransientError)
    assert "Request Rejected Support ID: 77" in str(error)


@pytest.mark.parametrize(
    ("status", "happened"), [(200, True), (201, True), (302, False), (400, True), (403, True)]
)
def test_a_write_that_meets_a_page(status: int, happened: bool) -> None:
    """SAFE-2: what stands in front may have looked at ConnectWise's answer first, unless it leads
    elsewhere.
    """
    client = scripted(answer(status, PAGE), INFO)
    error = error_of(lambda: client.set_quantity(agreement_id=1, addition_id=2, quantity=3))
    assert type(error) is (AmbiguousError if happened else InFrontError)


@pytest.mark.parametrize(("status", "body"), [*FRONTS, (302, "")])
def test_a_codebase_that_is_answered_by_a_page(status: int, body: str) -> None:
    """A warm worker asks for the codebase again where the old one is answered by something else,
    and calls there.
    """
    moved = answer(200, '{"Codebase": "v2026_1/"}')
    network = Scripted(
        [
            INFO,
            answer(200, "[]"),
            answer(status, body, {"Location": "/login"}),
            moved,
            answer(200, "[]"),
        ]
    )
    client = make_client(network)
    client.additions(1)
    assert client.additions(1) == []
    assert "/v2026_1/apis/" in (network.requests[-1].url or "")


def test_a_write_to_an_old_codebase_that_is_answered_by_a_page() -> None:
    """SAFE-2: it is not made again at the new one, and what may have happened is looked for
    there.
    """
    moved = answer(200, '{"Codebase": "v2026_1/"}')
    network = Scripted([INFO, answer(403, PAGE), moved, answer(200, "[]")])
    client = make_client(network)
    assert (
        type(error_of(lambda: client.set_quantity(agreement_id=1, addition_id=2, quantity=3)))
        is AmbiguousError
    )
    client.additions(1)
    assert [request.method for request in network.requests] == ["GET", "PATCH", "GET", "GET"]
    assert "/v2026_1/apis/" in (network.requests[-1].url or "")


def test_a_version_of_the_api_that_is_not_known() -> None:
    """An older server's error names its version and ours, whatever is asked, and sends nobody for
    the keys.
    """
    world = World(known_versions=frozenset({"2022.1", "2023.2"}))
    for ask in (
        *READS,
        lambda client: client.set_quantity(agreement_id=1, addition_id=2, quantity=3),
    ):
        error = error_of(lambda ask=ask: ask(world.client))  # type: ignore[misc]
        assert type(error) is ApiVersionError
        for part in (
            "2022.1, 2023.2",
            "version 2025.1",
            "2025.1 or newer",
            "CONNECTWISE_API_VERSION",
        ):
            assert part in str(error)
    older = make_client(SimulatorAdapter(world.simulator), api_version="2022.1")
    assert older.agreement(HARBOR_AGREEMENT).id == HARBOR_AGREEMENT


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, '{"error": {"code": "UnsupportedApiVersion", "message": "No."}}'),
        (400, '{"code": "InvalidApiVersion", "message": "No."}'),
        (400, '{"title": "Unsupported API version", "status": 400, "detail": "No."}'),
        (400, "API version 2025.1 is not supported by this server"),
        (400, '{"code": "BadRequest", "message": "An API version is required."}'),
        (400, '{"message": "The API-version \'2025.1\' is invalid"}'),
        (406, ""),
        (406, '{"code": "NotAcceptable", "message": "No."}'),
    ],
)
def test_a_version_that_is_refused_in_other_words(status: int, body: str) -> None:
    """Whatever words a server has for it, an unknown version is no refusal of what was sent."""
    step = answer(status, body, {"api-supported-versions": "2023.1"})
    for ask in (
        lambda client: client.agreement(1),
        lambda client: client.set_quantity(agreement_id=1, addition_id=2, quantity=3),
    ):
        error = error_of(lambda ask=ask: ask(scripted(step, INFO)))  # type: ignore[misc]
        assert type(error) is ApiVersionError
        assert "CONNECTWISE_API_VERSION" in str(error)


def test_a_refusal_that_merely_has_a_version_in_it() -> None:
    """SAFE-2: a refusal of what was sent stays one."""
    body = '{"code": "InvalidObject", "message": "version is invalid for this addition"}'
    client = scripted(answer(400, body), INFO)
    error = error_of(lambda: client.set_quantity(agreement_id=1, addition_id=2, quantity=3))
    assert type(error) is RefusedError


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        (answer(500), TransientError),
        (answer(200, "<html>"), InFrontError),
        (answer(200, "[]"), ContractError),
        (answer(302), SetupError),
    ],
)
def test_companyinfo_that_fails(step: Step, expected: type[TallyError]) -> None:
    """No call is made while the codebase is not known."""
    network = Scripted([step])
    error = error_of(lambda: make_client(network).agreement(1))
    assert type(error) is expected
    assert all("companyinfo" in (request.url or "") for request in network.requests)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"url": "http://psa.example"}, "CONNECTWISE_URL"),
        ({"url": "https://psa.example/v4_6_release/apis/3.0"}, "CONNECTWISE_URL"),
        ({"company": ""}, "CONNECTWISE_COMPANY"),
        ({"company": "bright lantern"}, "CONNECTWISE_COMPANY"),
        ({"company": "bright/lantern"}, "CONNECTWISE_COMPANY"),
        ({"company": "bright+lantern"}, "CONNECTWISE_COMPANY"),
        ({"company": "brightläntern"}, "CONNECTWISE_COMPANY"),
        ({"keys": replace(KEYS, public=SecretStr(""))}, "connectwise_public_key"),
        ({"keys": replace(KEYS, private=SecretStr("a b"))}, "connectwise_private_key"),
        ({"keys": replace(KEYS, client_id=SecretStr("a\nb"))}, "connectwise_client_id"),
    ],
)
def test_settings_that_cannot_be(change: dict[str, Any], named: str) -> None:
    """A malformed setting or key is named before anything is sent."""
    with pytest.raises(SetupError, match=named):
        make_client(Scripted([INFO]), **change)
