"""What a refusal is about: a company that was asked for, the API key, or one of its APIs (READ-9).

The same codes stand for all of them, and no list of their words is documented. So what says that it is of the key is the
key's; where nothing says so, what the key may do otherwise tells, and the rest is the named company's.
"""

import re
from enum import Enum
from http import HTTPStatus

from tally.errors import ContractError, CredentialsError, DeclinedError, MissingRightError, TallyError
from tally.gravityzone.models import RpcError

WRONG_KEY = "the API key is wrong, or GRAVITYZONE_URL is of another region than the key"
_TICK = "in Control Center, tick Companies, Licensing and Network on the key"
_NAMES = {"companies": "Companies", "licensing": "Licensing", "network": "Network"}
"""The APIs that Tally needs, by the service in a call's path and in ``enabledApis``, as Control Center names them."""

_NOT_FOUND = -32002
_OF_WHAT_IS_NAMED = frozenset({-32602, _NOT_FOUND})
_SERVER_ERROR, _UNAUTHORIZED = -32000, -32001

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
    # -32000 without a word more is any error of a server's.
    refuses = error.code == _UNAUTHORIZED or (error.code == _SERVER_ERROR and error.details != "")
    return About.UNSAID if refuses or status != HTTPStatus.OK else About.NOBODY


def says_gone(error: RpcError) -> bool:
    """Whether it says, of a company asked for by its id, that there is none, or none within the key's reach."""
    return error.code == _NOT_FOUND or _GONE.search(f"{error.message} {error.details}") is not None


def refusal(
    error: RpcError,
    text: str,
    whom: About,
    *,
    service: str,
    names_one: bool,
    known: frozenset[str] | TallyError | None,
) -> TallyError:
    """The error that says who has to act. ``known`` is what the key may do, where the error itself does not say whom it is about."""
    match whom:
        case About.KEY:
            return CredentialsError(f"{text}: {WRONG_KEY}")
        case About.API:
            return MissingRightError(f"{text}: the API key lacks the API {_lacking(error, service)}; {_TICK}")
        case About.ONE:
            return DeclinedError(text)
        case About.NOBODY:
            return ContractError(text)
    name = _NAMES.get(service, service)
    if isinstance(known, CredentialsError) and not isinstance(known, MissingRightError):
        return CredentialsError(f"{text}: {WRONG_KEY}")
    if isinstance(known, frozenset) and service not in {each.lower() for each in known}:
        return MissingRightError(f"{text}: the API key lacks the API {name}; {_TICK}")
    if names_one:
        otherwise = (
            f"the API key has the API {name}" if isinstance(known, frozenset) else "it does not say so of the API key"
        )
        return DeclinedError(f"{text}: {otherwise}")
    if error.code == _SERVER_ERROR:
        return ContractError(text)
    if isinstance(known, frozenset):
        lacks = "so the account that it was made with lacks the right"
        return CredentialsError(f"{text}: the API key has the API {name}, {lacks}")
    return CredentialsError(f"{text}: {WRONG_KEY}, or it lacks a right")


def _lacking(error: RpcError, service: str) -> str:
    """The API that the key lacks, as the error names it, or else the one that was called."""
    named = _SELECTED.search(f"{error.message} {error.details}")
    name = service if named is None else named[1].lower()
    return _NAMES.get(name, name.capitalize())
