"""The GravityZone client's errors: each names its call, and none is taken for a number."""

import json
import traceback
from collections.abc import Callable
from datetime import timedelta

import pytest
from pydantic import SecretStr
from requests.exceptions import ConnectionError as Reset

from simulators.faults import Fault, FaultKind, Garble
from simulators.gravityzone import Options, RateLimits
from simulators.rate_limits import Limit
from tally.domain.model.company import CompanyKind
from tally.errors import (
    ContractError,
    CredentialsError,
    DeclinedError,
    InFrontError,
    MissingRightError,
    NotFoundError,
    RateLimitedError,
    SetupError,
    TallyError,
    TooSlowError,
    TransientError,
)
from tally.gravityzone.client import GravityZoneClient
from tests.unit.gravityzone_caller import (
    CALLS,
    ENCODED,
    HARBOR,
    KEY,
    NOVEMBER,
    OWN,
    World,
    failing,
    replying,
    scripted,
)
from tests.unit.scripted import NoPace, Step, answer, error_of


@pytest.fixture
def world() -> World:
    return World()


def test_every_read_is_tried_again(world: World) -> None:
    """SAFE-6: a read that meets two failures in a row still answers."""
    for call in CALLS:
        world.simulator.faults.add(Fault(kind=FaultKind.REFUSED, times=1))
        world.simulator.faults.add(Fault(kind=FaultKind.TIMEOUT_AFTER, times=1))
        call(world.client)


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("garble", Garble)
def test_a_garbled_answer_is_no_answer(
    world: World, garble: Garble, call: Callable[[GravityZoneClient], object]
) -> None:
    """READ-2: HTML, an empty body or truncated JSON is a clear error that names the call, and tried
    once.
    """
    world.simulator.faults.add(Fault(kind=FaultKind.GARBLED, garble=garble))
    error = error_of(lambda: call(world.client))
    assert type(error) is (InFrontError if garble is Garble.HTML else ContractError)
    assert str(error).startswith("GravityZone get")
    assert "(request call-1)" in str(error)
    assert world.simulator.calls.count() == 1


@pytest.mark.parametrize("result", [None, 3, "x", {"items": []}, [{"id": "", "name": "x"}], [3]])
def test_a_list_of_another_shape_is_no_list(result: object) -> None:
    """SAFE-5: a list that cannot be read whole is an error, never a part of a list."""
    world = replying(result=result)
    error = error_of(
        lambda: world.client.children(OWN, kind=CompanyKind.CUSTOMER, monthly_only=True)
    )
    assert type(error) is ContractError


@pytest.mark.parametrize(
    "row", [{"id": HARBOR}, {"id": HARBOR, "name": None}, {"id": HARBOR, "name": 12}]
)
def test_a_company_without_a_name(row: object) -> None:
    """SAFE-5: a row without a name is its company's trouble alone: it is known by its id."""
    found = replying(result=[row, {"id": "e" * 24, "name": "x"}]).client.children(
        OWN, kind=CompanyKind.CUSTOMER, monthly_only=True
    )
    assert [(each.id, each.name) for each in found] == [(HARBOR, ""), ("e" * 24, "x")]


@pytest.mark.parametrize("kind", [2, -1, "1", None, True])
def test_a_third_kind_of_company(kind: object) -> None:
    """A company that is neither partner nor customer is not understood, so nothing is concluded
    from it.
    """
    world = replying(result={"id": OWN, "name": "The MSP", "type": kind})
    assert type(error_of(world.client.own_company)) is ContractError


@pytest.mark.parametrize(
    "envelope", [{"id": "other", "result": {}}, {"id": None, "result": {}}, {"id": 1, "error": {}}]
)
def test_an_answer_to_another_request(envelope: dict[str, object]) -> None:
    """An answer whose id is not ours is somebody else's."""
    assert type(error_of(replying(**envelope).client.own_company)) is ContractError


def test_an_error_without_an_id_is_ours() -> None:
    """JSON-RPC 2.0: where the request could not be read, the error's id is null."""
    error = error_of(
        replying(id=None, error={"code": -32700, "message": "Parse error"}).client.own_company
    )
    assert type(error) is ContractError
    assert "JSON-RPC error -32700 Parse error (request call-1)" in str(error)


@pytest.mark.parametrize(
    ("code", "details", "expected"),
    [
        (-32700, None, ContractError),
        (-32600, "x", ContractError),
        (-32601, "x", ContractError),
        (-32602, "Invalid value for 'targetMonth' parameter.", DeclinedError),
        (-32000, {"odd": "shape"}, ContractError),
        (-32001, "No rights", CredentialsError),
        (-32003, "Slow down", RateLimitedError),
        (-1, "x", DeclinedError),
    ],
)
def test_errors_by_code(code: int, details: object, expected: type[TallyError]) -> None:
    """READ-2: a JSON-RPC error, which comes with HTTP 200, is never a count, and its text has the
    code and details.
    """
    error = error_of(lambda: failing(code, details).client.usage(HARBOR, month=NOVEMBER))
    assert type(error) is expected
    assert (
        f"GravityZone getMonthlyUsage of company {HARBOR}, 11/2026: JSON-RPC error {code}"
        in str(error)
    )
    assert not isinstance(details, str) or details in str(error)


def test_a_long_error_is_cut() -> None:
    """An error's text stays readable whatever the other side sends."""
    assert len(str(error_of(failing(-32000, "x" * 10_000).client.own_company))) < 500


def test_the_wrong_key_or_the_wrong_region() -> None:
    """A 401 can mean either: the message says both, and the call, and what GravityZone said."""
    world = World()
    world.simulator.faults.add(Fault(kind=FaultKind.STATUS, status=401))
    error = error_of(world.client.own_company)
    assert type(error) is CredentialsError
    for part in (
        "GravityZone getCompanyDetails",
        "HTTP 401",
        "Invalid API key",
        "key is wrong",
        "region",
        "call-1",
    ):
        assert part in str(error)


def test_an_api_that_is_not_ticked_on_the_key() -> None:
    """A 403 names the APIs that the key needs."""
    world = World(options=Options(enabled_apis=("companies",)))
    error = error_of(lambda: world.client.usage(HARBOR, month=NOVEMBER))
    assert type(error) is MissingRightError
    assert "Companies, Licensing and Network" in str(error)


@pytest.mark.parametrize("status", [200, 302, 401, 403, 405])
def test_a_page_of_something_in_front(status: int) -> None:
    """MATCH-8: a firewall's or a proxy's page says nothing of the key: whose it is is said, with
    its first words.
    """
    error = error_of(
        scripted(answer(status, "<html><h1>Web filter</h1>blocked")).client.own_company
    )
    assert type(error) is InFrontError
    assert 'a page that begins "Web filter blocked"' in str(error)
    assert "not GravityZone itself but something in front of it" in str(error)
    assert "the API key" not in str(error)


def test_a_wrong_path() -> None:
    """A 404, which has no JSON body, names the setting."""
    error = error_of(scripted(answer(404, "<html>Not Found</html>")).client.own_company)
    assert type(error) is NotFoundError
    assert "GRAVITYZONE_URL" in str(error)


@pytest.mark.parametrize("kind", [FaultKind.REFUSED, FaultKind.TIMEOUT_BEFORE, FaultKind.STATUS])
def test_a_read_that_keeps_failing(world: World, kind: FaultKind) -> None:
    """SAFE-6: after three attempts a read is given up, to be tried again at the next tick."""
    world.simulator.faults.add(Fault(kind=kind, status=502))
    error = error_of(lambda: world.client.usage(HARBOR, month=NOVEMBER))
    assert type(error) is (TooSlowError if kind is FaultKind.TIMEOUT_BEFORE else TransientError)
    assert world.simulator.calls.count() == 3


def test_a_short_throttle_is_waited_for_and_a_long_one_not() -> None:
    """SAFE-6: the queue full for a second is waited for; a longer Retry-After is handed up."""
    world = World(rate_limits=RateLimits(licensing=Limit(1, 1)))
    for _ in range(3):
        world.client.usage(HARBOR, month=NOVEMBER)
    assert world.waits == [1.5, 1.5]
    world.simulator.faults.add(Fault(kind=FaultKind.THROTTLED, seconds=60))
    error = error_of(world.client.own_company)
    assert isinstance(error, RateLimitedError)
    assert error.retry_after == timedelta(seconds=60)


@pytest.mark.parametrize(
    "step",
    [
        answer(
            401,
            json.dumps(
                {
                    "id": None,
                    "error": {"code": -32000, "message": KEY, "data": {"details": ENCODED}},
                }
            ),
        ),
        answer(200, f"{KEY} Basic {ENCODED}"),
        answer(500, f"{KEY} Basic {ENCODED}"),
        Reset(f"{KEY} {ENCODED}"),
    ],
)
def test_the_key_is_in_no_error(step: Step) -> None:
    """Secrets are never in errors, even where the other side or the network's error repeats
    them.
    """
    error = error_of(scripted(step).client.own_company)
    shown = "".join(traceback.format_exception(error)) + repr(error)
    assert KEY not in shown
    assert ENCODED not in shown


def test_the_key_is_in_no_repr(world: World) -> None:
    """Secrets are never in a repr of the client or of what it holds at first sight."""
    assert KEY not in repr(world.client) + repr(vars(world.client))


@pytest.mark.parametrize(
    ("url", "key", "named"),
    [
        ("http://cloud.example/api", KEY, "GRAVITYZONE_URL"),
        ("cloud.example/api", KEY, "GRAVITYZONE_URL"),
        ("https://cloud.example/api", "", "gravityzone_api_key"),
        ("https://cloud.example/api", "two words", "gravityzone_api_key"),
    ],
)
def test_settings_that_cannot_be(url: str, key: str, named: str) -> None:
    """A malformed setting or key is named before anything is sent."""
    with pytest.raises(SetupError, match=named):
        GravityZoneClient(url=url, api_key=SecretStr(key), pace=NoPace())
