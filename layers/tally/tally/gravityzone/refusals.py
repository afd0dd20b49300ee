"""What a refusal is about: a company that was asked for, the API key, or one of its APIs (READ-9).

The same codes stand for all of them, and no list of their words is documented. So what is said of an API is the key's; else
what the key may do otherwise tells, and what is left is the named company's.
"""

import re
from collections.abc import Callable
from enum import Enum
from http import HTTPStatus

from tally.errors import (
    ContractError,
    CredentialsError,
    DeclinedError,
    MissingRightError,
    TallyError,
)
from tally.gravityzone.models import RpcError

WRONG_KEY = "the API key is wrong, or GRAVITYZONE_URL is of another region than the key"
_TICK = "in Control Center, tick Companies, Licensing and Network on the key"
_NAMES = {"companies": "Companies", "licensing": "Licensing", "network": "Network"}
"""The APIs that Tally needs, by the service in a call's path and in ``enabledApis``, as Control Center names them."""

_NOT_FOUND = -32002
_OF_WHAT_IS_NAMED = frozenset({-32602, _NOT_FOUND})
_SERVER_ERROR, _UNAUTHORIZED = -32000, -32001
_OF_PROTOCOL = frozenset({-32700, -32600, -32601, -32603})
"""JSON-RPC's codes for a call that was not understood, and for an error within the server (jsonrpc.org, 5.1)."""

_NO_WORDS = re.compile(
    r"\s*((parse|internal|server) error|invalid (request|params)|method not found|)[\s.]*",
    re.IGNORECASE,
)
"""JSON-RPC's own words for its codes: with nothing else, -32000 is any error of a server's."""
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
_API = re.compile(r"\bAPIs?\b(?![\s_-]+keys?\b)", re.IGNORECASE)
_KEY = re.compile(r"\b(API|access)[\s_-]?keys?\b", re.IGNORECASE)
_SELECTED = re.compile(r"selected API:?\s*[\"']?([A-Za-z]+)", re.IGNORECASE)
_GONE = re.compile(
    r"(do(es)?( not|n't)|no longer) exist|\bnot found\b|not (have )?enough (rights|permissions)|"
    r"items are not available for the specified action|Invalid value for 'companyId'",
    re.IGNORECASE,
)
"""What GravityZone was seen to say of a company by an id in the right form that is nobody's, or out of the key's reach."""


class About(Enum):
    """Whom an error is about, as far as its own words tell."""

    ONE = "what the call named"
    KEY = "the API key itself"
    API = "an API that the key lacks"
    UNSAID = "it refuses, and does not say"
    NOBODY = "it is no refusal"


def about(error: RpcError, *, status: int) -> About:
    """Whom the error is about, by its words first, then by its code and the HTTP status that it came with."""
    said = _QUOTED.sub("", f"{error.message} {error.details}")
    if _API.search(said) is not None:
        return About.API
    if _KEY.search(said) is not None:
        return About.KEY
    if error.code in _OF_WHAT_IS_NAMED:
        return About.ONE
    says_why = error.details != "" or _NO_WORDS.fullmatch(error.message) is None
    refuses = error.code == _UNAUTHORIZED or (error.code not in _OF_PROTOCOL and says_why)
    return About.UNSAID if refuses or status != HTTPStatus.OK else About.NOBODY


def says_gone(error: RpcError, *, status: int) -> bool:
    """Whether it says, of a company asked for by its id, that there is none, or none within the key's reach."""
    if about(error, status=status) not in {About.ONE, About.UNSAID}:
        return False
    return error.code == _NOT_FOUND or _GONE.search(f"{error.message} {error.details}") is not None


def refusal(
    error: RpcError,
    text: str,
    *,
    status: int,
    service: str,
    names_one: bool,
    key_details: Callable[[], frozenset[str] | TallyError | None],
) -> TallyError:
    """The error that says who has to act. ``key_details``: what the key may do, asked where the error does not say whom it is about."""
    whom = about(error, status=status)
    if whom is About.ONE:
        return DeclinedError(text)
    if whom is About.NOBODY:
        return ContractError(text)
    lacks = f"the API key lacks the API {_lacking(error, service)}; {_TICK}"
    if whom is About.API:
        return MissingRightError(f"{text}: {lacks}")
    enabled = key_details()
    works = isinstance(enabled, frozenset)
    if isinstance(enabled, frozenset) and service not in {each.lower() for each in enabled}:
        return MissingRightError(f"{text}: {lacks}")
    is_wrong = isinstance(enabled, CredentialsError) and not isinstance(enabled, MissingRightError)
    if is_wrong or (whom is About.KEY and not works):
        return CredentialsError(f"{text}: {WRONG_KEY}")
    if names_one:
        said_of = "of this company, as the API key has that API" if works else "of no API key"
        return DeclinedError(f"{text}: it says so {said_of}")
    if error.code == _SERVER_ERROR or (status == HTTPStatus.OK and error.code != _UNAUTHORIZED):
        return ContractError(text)
    if works:
        return CredentialsError(
            f"{text}: the API key has that API, so the account that it was made with lacks "
            "the right"
        )
    return CredentialsError(f"{text}: {WRONG_KEY}, or it lacks a right")


def _lacking(error: RpcError, service: str) -> str:
    """The API that the key lacks, as the error names it, or else the one that was called."""
    named = _SELECTED.search(f"{error.message} {error.details}")
    name = service if named is None else named[1].lower()
    return _NAMES.get(name, name.capitalize())
