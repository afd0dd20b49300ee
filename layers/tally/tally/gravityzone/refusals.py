"""Refusals of GravityZone: about what was asked for, the API key, or an API (READ-9).

The same JSON-RPC codes stand for all three (seen in public client code), and Bitdefender documents
no list of their texts. A text that names an API is about the key's rights. Otherwise what the key
may do decides, and only then is the refusal taken to be about the named company, machine or list.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
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
"""The APIs that Tally needs: their service in a path and in ``enabledApis``, and their label."""

# These codes beyond JSON-RPC's own were seen in public client code; none is documented.
_NOT_FOUND = -32002
_INVALID_PARAMS = -32602
_OF_WHAT_IS_NAMED = frozenset({_INVALID_PARAMS, _NOT_FOUND})
_SERVER_ERROR, _UNAUTHORIZED = -32000, -32001
_OF_PROTOCOL = frozenset({-32700, -32600, -32601, -32603})
"""JSON-RPC's codes for a call not understood and for an internal error (jsonrpc.org, 5.1)."""

_NO_WORDS = re.compile(
    r"\s*((parse|internal|server) error|invalid (request|params)|method not found|)[\s.]*",
    re.IGNORECASE,
)
"""JSON-RPC's own words for its codes; with nothing else, -32000 is any error of a server."""
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
_API = re.compile(r"\bAPIs?\b(?![\s_-]+keys?\b)", re.IGNORECASE)
_KEY = re.compile(r"\b(API|access)[\s_-]?keys?\b", re.IGNORECASE)
_OF_API = re.compile(r"\bselected API\b", re.IGNORECASE)
_SELECTED = re.compile(r"selected API:?\s*[\"']?([A-Za-z]+)", re.IGNORECASE)
# The texts come from live tenants and client code. A text that is missing here makes the company's
# standing failing; it does not make the company gone.
_GONE = re.compile(
    r"(do(es)?( not|n't)|no longer) exist|\bnot found\b|not (have )?enough (rights|permissions)|"
    r"items are not available for the specified action|Invalid value for 'companyId'",
    re.IGNORECASE,
)
"""Texts reported from live tenants for a well-formed id that is nobody's, or out of reach."""
_NO_MACHINE = re.compile(r"Invalid value for 'endpointId'", re.IGNORECASE)
"""The text that Bitdefender documents for a machine that is gone."""

type Rights = frozenset[str] | TallyError | None
"""The services that the key may use, or the error that hides them; None if they were asked for."""


class About(Enum):
    """The one an error is about, as far as its own words tell."""

    ONE = "what the call named"
    KEY = "the API key itself"
    API = "an API that the key lacks"
    UNSAID = "it refuses, and does not say"
    NOBODY = "it is no refusal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A JSON-RPC error with the call that it answers.

    ``text`` words both for the operator. ``names_one`` is as of ``Reply``.
    """

    error: RpcError
    text: str
    status: int
    service: str
    names_one: bool


def about(error: RpcError, *, status: int) -> About:
    """Tell whom an error is about, by its words first, then by its code and its HTTP status."""
    # A company may be called "API Keys Ltd": quoted names say nothing about whom it is about.
    said = _QUOTED.sub("", f"{error.message} {error.details}")
    names_api, of_key = _API.search(said) is not None, _KEY.search(said) is not None
    if names_api and (of_key or _OF_API.search(said) is not None):
        return About.API
    if of_key:
        return About.KEY
    if error.code in _OF_WHAT_IS_NAMED:
        return About.ONE
    # A name without quotes, such as "API Solutions", says nothing: the key's rights tell.
    return About.UNSAID if names_api or _refuses(error, status=status) else About.NOBODY


def _refuses(error: RpcError, *, status: int) -> bool:
    """Return True if an error is a refusal by its code, its HTTP status, or as it says why."""
    if error.code == _UNAUTHORIZED or status != HTTPStatus.OK:
        return True
    says_why = error.details != "" or _NO_WORDS.fullmatch(error.message) is None
    return error.code not in _OF_PROTOCOL and says_why


def says_gone(error: RpcError, *, status: int) -> bool:
    """Return True if it says that the company asked for is none, or is out of the key's reach."""
    if about(error, status=status) not in {About.ONE, About.UNSAID}:
        return False
    return error.code == _NOT_FOUND or _GONE.search(f"{error.message} {error.details}") is not None


def says_no_machine(error: RpcError) -> bool:
    """Return True for the one error that is documented of a machine that is gone."""
    return (
        error.code == _INVALID_PARAMS
        and _NO_MACHINE.search(f"{error.message} {error.details}") is not None
    )


def refusal(refused: Refused, key_details: Callable[[], Rights]) -> TallyError:
    """Return the error that says who has to act.

    ``key_details`` asks what the key may do. It is called only if the error's own words do not
    settle whom the error is about.
    """
    whom = about(refused.error, status=refused.status)
    if whom is About.ONE:
        return DeclinedError(refused.text)
    if whom is About.NOBODY:
        return ContractError(refused.text)
    if whom is About.API:
        return _missing_api(refused)
    return _by_rights(refused, whom, key_details())


def _by_rights(refused: Refused, whom: About, enabled: Rights) -> TallyError:
    works = isinstance(enabled, frozenset)
    # Nothing documents the case of the names in `enabledApis`; those in paths are in lower case.
    if isinstance(enabled, frozenset) and refused.service not in {each.lower() for each in enabled}:
        return _missing_api(refused)
    # A bad key and a key of another region are answered alike: 401, code -32000 (seen live).
    is_wrong = isinstance(enabled, CredentialsError) and not isinstance(enabled, MissingRightError)
    if is_wrong or (whom is About.KEY and not works):
        return CredentialsError(f"{refused.text}: {WRONG_KEY}")
    if refused.names_one:
        said_of = "of what was asked for, as the API key has that API" if works else "of no API key"
        return DeclinedError(f"{refused.text}: it says so {said_of}")
    return _of_service(refused, works=works)


def _of_service(refused: Refused, *, works: bool) -> TallyError:
    """Return the error of a call that named no company, and that the rights do not explain."""
    code, text = refused.error.code, refused.text
    if code == _SERVER_ERROR or (refused.status == HTTPStatus.OK and code != _UNAUTHORIZED):
        return ContractError(text)
    if works:
        return CredentialsError(
            f"{text}: the API key has that API, so the account that it was made with lacks the "
            "right"
        )
    return CredentialsError(f"{text}: {WRONG_KEY}, or it lacks a right")


def _missing_api(refused: Refused) -> MissingRightError:
    """Return the error that names the API which the key lacks: the error's own, else the called."""
    error = refused.error
    named = _SELECTED.search(f"{error.message} {error.details}")
    name = refused.service if named is None else named[1].lower()
    label = _NAMES.get(name, name.capitalize())
    return MissingRightError(f"{refused.text}: the API key lacks the API {label}; {_TICK}")
