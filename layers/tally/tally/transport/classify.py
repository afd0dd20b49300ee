"""The one decision from a failed call to the error that says who has to act."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from http import HTTPStatus

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
    TooLargeError,
    TooSlowError,
    TransientError,
)
from tally.transport.failures import (
    BadAnswer,
    Effect,
    Failure,
    Loss,
    Unreadable,
    is_late,
    may_have_happened,
)
from tally.transport.retry import USUAL_PAUSE


def _says_nothing(_body: bytes, _headers: Mapping[str, str]) -> str:
    return ""


def _means_itself(status: int, _body: bytes) -> int:
    return status


def _no_answer(_status: int, _body: bytes) -> bool:
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """The peculiarities of one vendor's answers.

    ``explain`` reads the text out of an error's body and headers; "" if it is not the vendor's.
    ``meaning`` corrects a status that the vendor uses for something else. ``advice`` says what to
    do about a status. ``pages`` are the statuses that the vendor itself answers with a page.
    ``answers`` is True for an answer that is not a 2xx, but that the vendor's client judges by its
    body.
    """

    vendor: str = "the API"
    url_setting: str
    request_id_header: str = ""
    advice: Mapping[int, str] = field(default_factory=dict)
    pages: frozenset[int] = frozenset()
    explain: Callable[[bytes, Mapping[str, str]], str] = _says_nothing
    meaning: Callable[[int, bytes], int] = _means_itself
    answers: Callable[[int, bytes], bool] = _no_answer


def error_of(
    failure: Failure, *, effect: Effect, doubtful: bool, text: str, dialect: Dialect
) -> TallyError:
    """Return the error for a call that failed for good.

    ``text`` names call, failure and request. ``doubtful`` says that an earlier attempt of this
    write may have taken effect. Then the whole is ambiguous, whatever the last attempt says.
    """
    if effect.writes and (doubtful or may_have_happened(failure)):
        return AmbiguousError(f"{text}: it may have happened")
    if is_late(failure):
        return TooSlowError(text)
    if isinstance(failure, BadAnswer):
        return _error_of_status(
            failure, writes=effect.writes, text=_advised(text, failure, dialect)
        )
    if isinstance(failure, Unreadable):
        return TooLargeError(text) if failure.too_large else ContractError(text)
    if failure.loss is Loss.UNTRUSTED:
        return SetupError(f"{text}: check the host in {dialect.url_setting}")
    return TransientError(text)


def _error_of_status(failure: BadAnswer, *, writes: bool, text: str) -> TallyError:
    if failure.in_front:
        return InFrontError(text)
    status, pause = failure.status, failure.pause
    if status == HTTPStatus.TOO_MANY_REQUESTS or (
        status >= HTTPStatus.INTERNAL_SERVER_ERROR and pause
    ):
        return RateLimitedError(
            text, retry_after=timedelta(seconds=USUAL_PAUSE if pause is None else pause)
        )
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return TransientError(text)
    # Something in front redirects, such as a login page; neither API is known to.
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        return SetupError(text)
    return _OF_STATUS.get(status, RefusedError if writes else ContractError)(text)


_OF_STATUS: Mapping[int, type[TallyError]] = {
    HTTPStatus.UNAUTHORIZED: CredentialsError,
    HTTPStatus.FORBIDDEN: MissingRightError,
    HTTPStatus.NOT_FOUND: NotFoundError,
    # ConnectWise answers an unknown version with 400, which its dialect reads as this status.
    HTTPStatus.NOT_ACCEPTABLE: ApiVersionError,
    # ConnectWise answers so for a record in use.
    HTTPStatus.CONFLICT: TransientError,
}


def _advised(text: str, failure: BadAnswer, dialect: Dialect) -> str:
    if failure.in_front:
        return (
            f"{text}: that is not {dialect.vendor} itself but something in front of it, such as a "
            "firewall, a proxy or a maintenance page; let Tally through there, or wait until it "
            f"is gone, and see that {dialect.url_setting} is right"
        )
    if HTTPStatus.MULTIPLE_CHOICES <= failure.status < HTTPStatus.BAD_REQUEST:
        return (
            f"{text}: redirects are not followed; if that is a login, let Tally through without "
            f"one, else {dialect.url_setting} must be the address itself"
        )
    advice = dialect.advice.get(failure.status)
    return f"{text}: {advice}" if advice else text
