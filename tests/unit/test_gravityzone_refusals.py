"""What GravityZone's refusals are about: a company, the key, or an API (READ-9)."""

import json
from collections.abc import Callable
from http import HTTPStatus

import pytest
import requests

from tally.domain.model.company import CompanyKind
from tally.errors import (
    ContractError,
    CredentialsError,
    DeclinedError,
    MissingRightError,
    TallyError,
    TransientError,
)
from tally.gravityzone.client import GravityZoneClient
from tests.unit.gravityzone_caller import HARBOR, NOVEMBER, PARTNER, World
from tests.unit.scripted import Scripted, Step, answer, error_of

ALL = ("companies", "licensing", "network")
LICENCE = "The license of the company does not allow this operation."
SELECTED = "You are not allowed to access the selected API: {}"
WRONG = "Invalid API key. Please generate an API key in Control Center."

OF_ONE: list[Callable[[GravityZoneClient], object]] = [
    lambda client: client.company(HARBOR),
    lambda client: client.is_monthly(HARBOR),
    lambda client: client.usage(HARBOR, month=NOVEMBER),
    lambda client: client.usage_per_product_type(HARBOR, month=NOVEMBER),
    lambda client: client.children(PARTNER, kind=CompanyKind.CUSTOMER, monthly_only=True),
]
"""Calls that name a company."""


def refusing(
    code: int,
    details: str | None,
    *,
    status: int = HTTPStatus.OK,
    message: str = "Server error",
    apis: tuple[str, ...] | Step = ALL,
) -> "Refusing":
    """A GravityZone that refuses every call so, but tells what the key may do, or answers that as
    given.
    """
    data = {} if details is None else {"data": {"details": details}}
    error = {"code": code, "message": message, **data}
    return refusing_oddly(error, status=status, apis=apis)


def refusing_oddly(
    error: object, *, status: int = HTTPStatus.OK, apis: tuple[str, ...] | Step = ALL
) -> "Refusing":
    """One whose ``error`` may be anything."""

    def reply(request: requests.PreparedRequest) -> Step:
        asked = json.loads(request.body or b"")
        envelope: dict[str, object] = {"id": asked["id"], "jsonrpc": "2.0"}
        if asked["method"] != "getApiKeyDetails":
            return answer(status, json.dumps({**envelope, "error": error}))
        if isinstance(apis, tuple):
            return answer(
                200,
                json.dumps(
                    {**envelope, "result": {"enabledApis": [*apis], "createdAt": "2019-04-11"}}
                ),
            )
        return apis

    return Refusing(Scripted(reply))


class Refusing(World):
    """A world that remembers what it was asked."""

    def __init__(self, network: Scripted) -> None:
        super().__init__(network)
        self.asked = network.requests


def told(world: World, call: Callable[[GravityZoneClient], object]) -> TallyError:
    return error_of(lambda: call(world.client))


@pytest.mark.parametrize("call", OF_ONE)
@pytest.mark.parametrize("status", [200, 400, 401, 403, 404, 422])
@pytest.mark.parametrize(
    ("code", "details"),
    [
        (-32001, LICENCE),
        (-32001, None),
        (-32000, LICENCE),
        (-32000, "The API key is not allowed to see this company."),
        (-32602, LICENCE),
        (-32002, "Gone fishing"),
        (-32099, "Suspended."),
        (1001, "The contract of this company has ended."),
    ],
)
def test_of_a_company(
    call: Callable[[GravityZoneClient], object], status: int, code: int, details: str | None
) -> None:
    """READ-9: what is refused of one company is that company's, whatever code and status it comes
    with, while the key works.
    """
    if code == -32002 and call is OF_ONE[0]:
        return  # there it says that the company is gone
    error = told(refusing(code, details, status=status), call)
    assert type(error) is DeclinedError
    assert str(code) in str(error)


@pytest.mark.parametrize("call", OF_ONE)
@pytest.mark.parametrize("code", [-32001, -32000])
@pytest.mark.parametrize("status", [200, 403])
def test_an_api_that_is_named(
    call: Callable[[GravityZoneClient], object], code: int, status: int
) -> None:
    """READ-9: an API that is not ticked is the key's matter, also in a call about one company, and
    is named.
    """
    error = told(refusing(code, SELECTED.format("licensing"), status=status), call)
    assert type(error) is MissingRightError
    assert "lacks the API Licensing" in str(error)


@pytest.mark.parametrize(
    ("call", "name"),
    [*zip(OF_ONE[1:], ("Licensing", "Licensing", "Licensing", "Network"), strict=True)],
)
@pytest.mark.parametrize("code", [-32001, -32000])
def test_an_api_that_is_not_named(
    call: Callable[[GravityZoneClient], object], name: str, code: int
) -> None:
    """READ-9: where the refusal does not say whom it is about, `getApiKeyDetails` tells which API
    is missing.
    """
    error = told(refusing(code, "Forbidden.", apis=("Companies",)), call)
    assert type(error) is MissingRightError
    assert f"lacks the API {name}" in str(error)


@pytest.mark.parametrize("code", [-32001, -32000])
@pytest.mark.parametrize("status", [200, 401])
def test_a_wrong_key(code: int, status: int) -> None:
    """READ-9: a key that nothing takes is wrong, or of another region; so says each call, whatever
    it was about.
    """
    error = answer(
        status,
        json.dumps(
            {"id": None, "error": {"code": code, "message": "x", "data": {"details": WRONG}}}
        ),
    )
    for call in (*OF_ONE, lambda client: client.own_company()):
        said = told(refusing(code, WRONG, status=status, apis=error), call)
        assert type(said) is CredentialsError
        assert "region" in str(said)


@pytest.mark.parametrize(
    "apis", [answer(500), answer(404, "<html>"), answer(200, '{"id": null, "result": {}}')]
)
def test_nobody_tells_what_the_key_may_do(apis: Step) -> None:
    """READ-9: what is refused of a company and not said of the key is that company's; nothing is
    claimed of the key.
    """
    for call in OF_ONE:
        error = told(refusing(-32001, LICENCE, apis=apis), call)
        assert type(error) is DeclinedError
        assert "region" not in str(error)


def test_of_the_keys_own_company() -> None:
    """READ-9: what is refused of nobody in particular is the key's: with the API ticked, it is the
    account's rights.
    """
    refused = told(refusing(-32001, "Forbidden."), lambda client: client.own_company())
    assert type(refused) is CredentialsError
    assert "account" in str(refused)
    lacking = told(
        refusing(-32001, "Forbidden.", apis=("licensing",)), lambda client: client.own_company()
    )
    assert type(lacking) is MissingRightError
    assert "lacks the API Companies" in str(lacking)
    for code in (-32000, -32099, 1001):
        assert (
            type(told(refusing(code, "Try later."), lambda client: client.own_company()))
            is ContractError
        )


def test_an_error_of_the_server() -> None:
    """READ-9: -32000 without a word is no refusal, and other codes are none either: nothing is
    concluded, nobody is asked.
    """
    for code, details in ((-32000, None), (-32603, "Internal error"), (-32601, "Method not found")):
        world = refusing(code, details)
        for call in OF_ONE:
            assert type(told(world, call)) is ContractError


ODD_ERRORS: list[object] = [
    "Suspended.",
    ["Suspended."],
    {"code": "-32001", "message": "Server error"},
    {"code": "-32001.0", "message": None},
    {"code": None, "message": "Suspended."},
    {"code": True, "message": "Suspended."},
    {"code": 10**40, "message": "Suspended."},
    {"code": 1.5, "message": ["Suspended.", "Ask sales."]},
    {"code": -32000, "message": None, "data": ["Suspended."]},
    {"code": -32000, "message": 12, "data": {"details": ["Suspended.", None, {"x": 1}]}},
    {"message": "Suspended.", "data": 5},
    {"code": -32001, "message": "API Solutions Ltd is suspended"},
]
"""Errors that are not what JSON-RPC promises, or have a word that could be of the key."""


@pytest.mark.parametrize("error", ODD_ERRORS)
@pytest.mark.parametrize("status", [200, 400, 403])
@pytest.mark.parametrize("call", OF_ONE)
def test_an_error_in_any_form(
    call: Callable[[GravityZoneClient], object], status: int, error: object
) -> None:
    """READ-9, SAFE-5: an error whose form is odd is still an error about the company that was asked
    for, and its words are told.
    """
    said = told(refusing_oddly(error, status=status), call)
    assert type(said) is DeclinedError
    assert "uspended" in str(said) or "-32001" in str(said)


@pytest.mark.parametrize("status", [200, 400, 403, 404])
@pytest.mark.parametrize(
    "error",
    ["Not found", ["Not found"], {"message": "The company does not exist"}, {"code": "404"}, True],
)
def test_an_error_without_the_protocol_is_not_gravityzones(status: int, error: object) -> None:
    """MATCH-8, SAFE-7: JSON of something in front, that names neither JSON-RPC nor our call, makes
    no company gone or refused.
    """
    world = World(Scripted(lambda _: answer(status, json.dumps({"error": error}))))
    said = error_of(lambda: world.client.company(HARBOR))
    assert not isinstance(said, DeclinedError | MissingRightError)


def test_a_company_that_is_gone_in_odd_words() -> None:
    """SAFE-7: it is gone in whatever form that is said."""
    gone = "The company does not exist"
    for error in (gone, {"code": "-32602", "message": [gone]}, {"code": None, "data": [gone]}):
        assert refusing_oddly(error).client.company(HARBOR) is None


def test_what_the_key_may_do_is_asked_once_a_minute() -> None:
    """Of a thousand companies that are refused, each would ask anew."""
    world = refusing(-32001, LICENCE)
    for _ in range(3):
        told(world, OF_ONE[2])
    assert len(world.asked) == 3 + 1


@pytest.mark.parametrize("code", [-32602, -32000, -32001])
@pytest.mark.parametrize(
    "words",
    [
        "The company does not exist",
        "The company does not exist or the user has not enough rights.",
        "One or more items are not available for the specified action",
        "Invalid value for 'companyId' parameter.",
        "The company doesn't exist.",
        "The company no longer exists; not found",
        "The user does not have enough permissions",
    ],
)
def test_a_company_that_is_gone_or_out_of_reach(code: int, words: str) -> None:
    """READ-9, SAFE-7: what GravityZone was seen to say of a company that is gone or out of reach is
    taken for that.
    """
    assert refusing(code, words).client.company(HARBOR) is None
    assert refusing(code, None, message=words).client.company(HARBOR) is None


@pytest.mark.parametrize(
    ("code", "words"),
    [(-32601, "Method does not exist"), (-32001, SELECTED.format("companies")), (-32000, None)],
)
def test_words_that_are_of_no_company(code: int, words: str | None) -> None:
    """SAFE-7: neither a method that does not exist nor an API that is not ticked makes a company
    gone.
    """
    error = told(refusing(code, words), OF_ONE[0])
    assert not isinstance(error, TransientError | DeclinedError)
