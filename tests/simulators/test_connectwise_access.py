"""Ways into the ConnectWise simulator: companyinfo, codebases, keys, permissions, limits,
faults.
"""

import base64
import json
from datetime import timedelta

import pytest
import requests

from simulators.adapter import SimulatorAdapter
from simulators.connectwise import ConnectWiseOptions, ConnectWiseSimulator, Credentials, Right
from simulators.connectwise.example import (
    FOREIGN_ADDITION,
    HARBOR_AGREEMENT,
    Caller,
    example_simulator,
)
from simulators.connectwise.example import new_addition as addition
from simulators.core import Request, Response
from simulators.faults import Fault, FaultKind

TYPES = "finance/agreements/types"


@pytest.fixture
def simulator() -> ConnectWiseSimulator:
    return example_simulator()


@pytest.fixture
def caller(simulator: ConnectWiseSimulator) -> Caller:
    return Caller(simulator)


def company_info(simulator: ConnectWiseSimulator, company: str = "tally") -> Response:
    return simulator.handle(Request("GET", f"/login/companyinfo/{company}"))


def basic(user: str) -> str:
    return f"Basic {base64.b64encode(user.encode()).decode()}"


def test_companyinfo_needs_no_keys(simulator: ConnectWiseSimulator) -> None:
    """Anybody may ask for a company's codebase, which has its trailing slash."""
    info = json.loads(company_info(simulator).body)
    assert set(info) == {
        "CompanyName",
        "Codebase",
        "VersionCode",
        "VersionNumber",
        "CompanyID",
        "IsCloud",
    }
    assert (info["Codebase"], info["CompanyID"], info["IsCloud"]) == ("v2025_1/", "tally", "True")


def test_is_cloud_may_be_a_boolean(simulator: ConnectWiseSimulator) -> None:
    """IsCloud is a string on some hosts and a boolean on others."""
    simulator.options.is_cloud = False
    assert json.loads(company_info(simulator).body)["IsCloud"] is False


def test_unknown_login_company(simulator: ConnectWiseSimulator) -> None:
    """Asked for a company it does not know, companyinfo answers null, or 404 on other hosts."""
    simulator.options.company = "tally"
    answer = company_info(simulator, "other")
    assert (answer.status, answer.body) == (200, b"null")
    simulator.options.unknown_company = "404"
    assert company_info(simulator, "other").status == 404
    assert company_info(simulator).status == 200


@pytest.mark.parametrize("codebase", ["v4_6_release", "v2025_1"])
def test_router_and_codebase_both_work(caller: Caller, codebase: str) -> None:
    """The old name works as a router beside the present codebase."""
    caller.codebase = codebase
    assert caller.get(TYPES).status == 200


@pytest.mark.parametrize(
    "path", ["/v1999_1/apis/3.0/company/companies", "/company/companies", "/", "/v4_6_release/apis"]
)
def test_wrong_path_is_answered_in_plain_text(
    simulator: ConnectWiseSimulator, caller: Caller, path: str
) -> None:
    """A path or codebase that leads nowhere answers 400 in plain text, not JSON."""
    answer = simulator.handle(Request("GET", path, headers=caller.headers))
    assert (answer.status, answer.body) == (400, b"Cannot route. Codebase/company is invalid")
    assert answer.headers["Content-Type"].startswith("text/plain")


def test_wrong_company_in_the_keys_cannot_be_routed(
    simulator: ConnectWiseSimulator, caller: Caller
) -> None:
    """Keys of another company meet the router's plain text too."""
    simulator.options.company = "other"
    assert caller.get(TYPES).body == b"Cannot route. Codebase/company is invalid"


def test_codebase_that_moved(simulator: ConnectWiseSimulator, caller: Caller) -> None:
    """A codebase that moved answers 404 until companyinfo is asked for the new one; the router goes
    on working.
    """
    caller.codebase = "v2025_1"
    simulator.move_codebase("v2025_2")
    assert caller.get(TYPES).status == 404
    caller.codebase = json.loads(company_info(simulator).body)["Codebase"].rstrip("/")
    assert caller.get(TYPES).status == 200
    caller.codebase = "v4_6_release"
    assert caller.get(TYPES).status == 200


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Bearer x",
        "Basic %%%",
        basic("public:private"),
        basic("tally+public"),
        basic("+public:private"),
    ],
)
def test_keys_of_a_wrong_form(caller: Caller, authorization: str) -> None:
    """Without `companyId+publicKey:privateKey` in Basic there is only 401."""
    caller.headers["authorization"] = authorization
    answer = caller.get(TYPES)
    assert (answer.status, json.loads(answer.body)["code"]) == (401, "Unauthorized")


def test_client_id_is_asked_for(caller: Caller) -> None:
    """Every call needs its clientId header."""
    del caller.headers["clientid"]
    assert caller.get(TYPES).status == 401


@pytest.mark.parametrize("status", [401, 404])
def test_wrong_keys(simulator: ConnectWiseSimulator, caller: Caller, status: int) -> None:
    """With the right keys named, others are 401, on some cloud hosts 404."""
    simulator.options.credentials = Credentials(public_key="public", private_key="right")
    simulator.options.wrong_key_status = 404 if status == 404 else 401
    assert caller.get(TYPES).status == status
    caller.headers["authorization"] = basic("tally+public:right")
    assert caller.get(TYPES).status == 200


def test_wrong_client_id(simulator: ConnectWiseSimulator, caller: Caller) -> None:
    """Where the right clientId is named, another is refused."""
    simulator.options.credentials = Credentials(
        public_key="public", private_key="private", client_id="right"
    )
    assert caller.get(TYPES).status == 401
    caller.headers["clientid"] = "right"
    assert caller.get(TYPES).status == 200


def test_system_info_proves_no_keys(simulator: ConnectWiseSimulator, caller: Caller) -> None:
    """`/system/info` answers without keys, unless the host is stricter."""
    caller.headers.clear()
    assert caller.get("system/info").status == 200
    simulator.options.open_system_info = False
    assert caller.get("system/info").status == 401


def test_every_answer_is_stamped(caller: Caller) -> None:
    """Answers carry a request id of their own and the API's version, errors too."""
    ids = set()
    for path in (TYPES, "finance/agreements/999", "nowhere/at/all"):
        answer = caller.get(path)
        assert answer.headers["api-current-version"] == "2025.1"
        ids.add(answer.headers["x-cw-request-id"])
    assert len(ids) == 3


@pytest.mark.parametrize(
    ("right", "method", "path"),
    [
        (Right.COMPANIES_INQUIRE, "GET", "company/companies"),
        (Right.TABLES_INQUIRE, "GET", TYPES),
        (Right.CATALOG_INQUIRE, "GET", "procurement/catalog"),
        (Right.AGREEMENTS_INQUIRE, "GET", "finance/agreements"),
        (Right.AGREEMENTS_INQUIRE, "GET", f"finance/agreements/{HARBOR_AGREEMENT}/additions"),
        (Right.AGREEMENTS_ADD, "POST", f"finance/agreements/{HARBOR_AGREEMENT}/additions"),
        (
            Right.AGREEMENTS_EDIT,
            "PATCH",
            f"finance/agreements/{HARBOR_AGREEMENT}/additions/{FOREIGN_ADDITION}",
        ),
    ],
)
def test_permission_taken_away(
    simulator: ConnectWiseSimulator, caller: Caller, right: Right, method: str, path: str
) -> None:
    """A right that the API member lacks is a 403 with ConnectWise's body, and nothing happens."""
    simulator.options.taken_rights = frozenset({right})
    answer = caller.send(method, path, addition())
    assert answer.status == 403
    assert json.loads(answer.body) == {
        "code": "Security",
        "message": "You do not have security permission to perform this action.",
    }
    assert len(simulator.truth.additions()) == 1


@pytest.mark.parametrize(
    "path",
    [
        "service/tickets/999",
        "service/calls",
        "finance/agreements/999",
        "finance/agreements/999/additions",
        "finance/agreements/x/additions",
        f"finance/agreements/{HARBOR_AGREEMENT}/additions/999",
        "finance/agreements/types/999",
        "finance/invoices",
    ],
)
def test_everything_else_is_not_found(caller: Caller, path: str) -> None:
    """A record or resource that is not there is a 404 in JSON."""
    answer = caller.get(path)
    assert (answer.status, json.loads(answer.body)["code"]) == (404, "NotFound")


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_calls_that_are_never_ours_are_logged(
    simulator: ConnectWiseSimulator, caller: Caller, method: str
) -> None:
    """PUT and DELETE do nothing here, and the log tells that somebody tried."""
    path = f"finance/agreements/{HARBOR_AGREEMENT}/additions/{FOREIGN_ADDITION}"
    assert caller.send(method, path, {}).status == 405
    assert simulator.calls.count(f"{method} additions/{{id}}") == 1
    assert not simulator.truth.addition(FOREIGN_ADDITION).deleted


def test_limit_of_requests_a_minute(simulator: ConnectWiseSimulator, caller: Caller) -> None:
    """Beyond the limit a call is 429, with Retry-After and ConnectWise's body; a minute later it
    gets in.
    """
    simulator.options.requests_per_minute = 2
    assert [caller.get(TYPES).status for _ in range(3)] == [200, 200, 429]
    simulator.clock.advance(timedelta(seconds=40))
    answer = caller.get(TYPES)
    assert answer.headers["Retry-After"] == "20"
    assert json.loads(answer.body) == {
        "error": "ConnectWiseAPI",
        "message": "Too many requests. Please try again in 20 seconds.",
    }
    simulator.clock.advance(timedelta(seconds=20))
    assert caller.get(TYPES).status == 200


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (401, "Unauthorized"),
        (403, "Security"),
        (404, "NotFound"),
        (409, "RecordInUse"),
        (500, "UnexpectedError"),
    ],
)
def test_ordered_errors_are_worded_as_the_vendors(
    simulator: ConnectWiseSimulator, caller: Caller, status: int, code: str
) -> None:
    """An error ordered by status has ConnectWise's body, strikes the operation it names, and has no
    effect.
    """
    simulator.faults.add(
        Fault(kind=FaultKind.STATUS, operation="POST additions", status=status, times=1)
    )
    assert caller.get(TYPES).status == 200
    answer = caller.post_addition(HARBOR_AGREEMENT, addition())
    assert (answer.status, json.loads(answer.body)["code"]) == (status, code)
    assert len(simulator.truth.additions()) == 1
    assert caller.post_addition(HARBOR_AGREEMENT, addition()).status == 201


def test_gateway_errors_are_html(simulator: ConnectWiseSimulator, caller: Caller) -> None:
    """A 502 comes from the gateway, as a page."""
    simulator.faults.add(Fault(kind=FaultKind.STATUS, status=502))
    assert caller.get(TYPES).headers["Content-Type"].startswith("text/html")


def test_ordered_throttling(simulator: ConnectWiseSimulator, caller: Caller) -> None:
    """An ordered 429 names its seconds in header and body alike."""
    simulator.faults.add(Fault(kind=FaultKind.THROTTLED, seconds=7))
    answer = caller.get(TYPES)
    assert (answer.status, answer.headers["Retry-After"]) == (429, "7")
    assert "7 seconds" in json.loads(answer.body)["message"]


def session_for(simulator: ConnectWiseSimulator) -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    session.mount("https://connectwise.test", SimulatorAdapter(simulator))
    session.auth = ("tally+public", "private")
    session.headers["clientId"] = "5b8e5a3c-0000-4000-8000-000000000000"
    session.headers["Accept"] = "application/vnd.connectwise.com+json; version=2025.1"
    return session


def test_a_real_session_gets_through(simulator: ConnectWiseSimulator) -> None:
    """A plain requests session with Basic auth, clientId and the versioned Accept reads and follows
    `Link`.
    """
    session = session_for(simulator)
    url = "https://connectwise.test/v4_6_release/apis/3.0/company/companies"
    first = session.get(url, params={"pageSize": "2", "conditions": 'name like "%l%"'}, timeout=10)
    assert first.headers["Content-Type"].startswith("application/json")
    second = session.get(first.links["next"]["url"], timeout=10)
    assert [row["id"] for row in first.json() + second.json()] == [101, 102, 103]


def test_a_post_that_times_out_after_its_effect(simulator: ConnectWiseSimulator) -> None:
    """The answer never comes, and the Addition is there all the same."""
    session = session_for(simulator)
    simulator.faults.add(Fault(kind=FaultKind.TIMEOUT_AFTER, operation="POST additions", times=1))
    url = f"https://connectwise.test/v4_6_release/apis/3.0/finance/agreements/{HARBOR_AGREEMENT}/additions"
    with pytest.raises(requests.exceptions.ReadTimeout):
        session.post(url, json=addition(), timeout=10)
    assert len(simulator.truth.made_by_api()) == 1
    assert simulator.calls.count("POST additions") == 1


def test_options_can_be_given_at_the_start() -> None:
    """A simulator starts with the options it is given."""
    caller = Caller(example_simulator(ConnectWiseOptions(requests_per_minute=1)))
    assert [caller.get(TYPES).status for _ in range(2)] == [200, 429]
