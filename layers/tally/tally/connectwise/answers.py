"""How ConnectWise words its errors."""

from http import HTTPStatus

from pydantic import BaseModel, ConfigDict, ValidationError

from tally.transport.classify import Dialect

URL = "CONNECTWISE_URL"
COMPANY = "CONNECTWISE_COMPANY"
_MISROUTED = b"cannot route"
_NEEDS_API_HOST = "SSL is required"


class _Detail(BaseModel):
    model_config = ConfigDict(defer_build=True, extra="ignore")

    message: str | None = None
    field: str | None = None


class _Error(BaseModel):
    """``code``, ``message`` and ``errors``; a 429 has ``error`` in place of ``code``."""

    model_config = ConfigDict(defer_build=True, extra="ignore")

    code: str | None = None
    message: str
    errors: list[_Detail] | None = None


def explain(body: bytes) -> str:
    """The text of an error body, or "" if it is none of ConnectWise's own (plain text, HTML, empty)."""
    try:
        error = _Error.model_validate_json(body)
    except ValidationError:
        return ""
    text = f"{error.code}: {error.message}" if error.code else error.message
    details = [f"{each.field}: {each.message}" if each.field else each.message for each in error.errors or ()]
    said = "; ".join(each for each in details if each)
    text = f"{text} ({said})" if said else text
    if _NEEDS_API_HOST in text:
        text = f"{text} {URL} must be the API host, such as https://api-eu.myconnectwise.net"
    return text


def meaning(status: int, body: bytes) -> int:
    """The status that is meant: a wrong path answers 400 with the plain text "Cannot route. …", which is no refusal."""
    return HTTPStatus.NOT_FOUND if status == HTTPStatus.BAD_REQUEST and _MISROUTED in body[:200].lower() else status


DIALECT = Dialect(
    url_setting=URL,
    request_id_header="x-cw-request-id",
    explain=explain,
    meaning=meaning,
    advice={
        HTTPStatus.UNAUTHORIZED: f"the API member's keys, the client id or {COMPANY} are wrong",
        HTTPStatus.FORBIDDEN: "the API member's security role lacks this right",
        HTTPStatus.NOT_FOUND: f"it is not there, or {COMPANY}, {URL} or the API member's keys are wrong",
    },
)
