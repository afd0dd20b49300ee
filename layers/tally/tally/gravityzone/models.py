"""Answers of GravityZone, as far as Tally reads them. Unknown fields are ignored."""

from typing import Annotated, Any, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictInt,
    TypeAdapter,
    model_validator,
)

from tally.transport.rows import name, read_json

# Models are built at first use: a cold start pays only for the methods that it calls.
_LATER = ConfigDict(defer_build=True)


class _Received(BaseModel):
    model_config = ConfigDict(defer_build=True, extra="ignore", frozen=True)


CompanyId = Annotated[str, Field(strict=True, min_length=1, max_length=1_000, pattern=r"^[!-~]+$")]
"""An id that the ledger can keep. GravityZone's own have 24 hexadecimal characters."""

Name = Annotated[str, BeforeValidator(name)]

_LONGEST_ID = 64


def id_trouble(company_id: str) -> str:
    """Say why an id cannot be GravityZone's, so that nothing is planned for it; "" if it can be."""
    if len(company_id) <= _LONGEST_ID and "#" not in company_id:
        return ""
    return (
        f"Its id in GravityZone, of {len(company_id)} characters, is none: GravityZone's have 24 "
        "digits and letters."
    )


def _code(value: object) -> int:
    """Read a code, as a number or as its text."""
    try:
        code = float(value) if isinstance(value, int | float | str) else 0.0
    except (ValueError, OverflowError):
        return 0
    # Gateways word a refusal so: `{"error": {"code": 404, "message": "Not found"}}`. The codes of
    # JSON-RPC, and all that GravityZone was seen to use, are negative.
    if code in _STATUSES:
        raise ValueError("it is an HTTP status, and no code of GravityZone's")
    return int(code) if code.is_integer() and abs(code) < _CODES_END else 0


_STATUSES = range(100, 600)
_CODES_END = 2**31


def _words(value: object) -> str:
    """Return the text of a value; a list's texts together, and "" if it holds none."""
    if isinstance(value, list):
        return "; ".join(filter(None, map(_words, value)))
    return value if isinstance(value, str) else ""


class RpcError(_Received):
    """The ``error`` of a JSON-RPC answer; ``data`` was seen to be ``{"details": "…"}``.

    It is read in any form: an error that is not read would hide whom it is about (READ-9). Its
    ``code`` is 0 where there is no whole number.
    """

    code: Annotated[int, BeforeValidator(_code)] = 0
    message: Annotated[str, BeforeValidator(_words)] = ""
    data: Any = None

    @model_validator(mode="before")
    @classmethod
    def _as_object(cls, value: object) -> object:
        return value if isinstance(value, dict) else {"message": value}

    @property
    def details(self) -> str:
        """The text that says what was wrong; "" if there is none."""
        return _words(self.data.get("details") if isinstance(self.data, dict) else self.data)

    def __str__(self) -> str:
        return (
            f"{self.code} {self.message}: {self.details}"
            if self.details
            else f"{self.code} {self.message}"
        )


def _names_protocol(answer: dict[str, Any]) -> bool:
    """Return True if an answer names the protocol, or the call that it answers."""
    return "jsonrpc" in answer or answer.get("id") is not None


def _has_code(answer: dict[str, Any]) -> bool:
    """Return True if it has no error, or one with a code as JSON-RPC promises it."""
    error = answer.get("error")
    return error is None or (isinstance(error, dict) and type(error.get("code")) is int)


class RpcAnswer(_Received):
    """The envelope; ``id`` is null if GravityZone could not read the request."""

    id: str | int | None = None
    result: Any = None
    error: RpcError | None = None

    @model_validator(mode="before")
    @classmethod
    def _of_the_protocol(cls, value: Any) -> Any:  # noqa: ANN401 - whatever the body holds
        # Gateways answer `{"error": "Not found"}` too: a company would count as gone by their word.
        if isinstance(value, dict) and not _names_protocol(value) and not _has_code(value):
            raise ValueError("it is no answer of JSON-RPC")
        return value

    @classmethod
    def of(cls, body: bytes) -> Self:
        """Read the envelope of an answer. Raises ValueError."""
        return cls.model_validate(read_json(body))


class CompanyRow(_Received):
    """One entry of ``getCompaniesList``; its name is "" if it cannot be read."""

    id: CompanyId
    name: Name = ""


class CompanyDetails(_Received):
    """The result of ``getCompanyDetails``; ``type`` is 0 for a partner, 1 for a customer."""

    id: CompanyId
    name: Name = ""
    # The parent is not documented; live tenants were seen to answer it.
    type: StrictInt
    parent_id: str | None = Field(default=None, alias="parentCompanyId")


class ApiKeyDetails(_Received):
    """The result of ``getApiKeyDetails``."""

    enabled_apis: list[str] = Field(alias="enabledApis")


class LicenseInfo(_Received):
    """The result of ``getLicenseInfo``."""

    # Documented: 1 is a trial, 2 a licence, 3 a monthly subscription, 4 and 5 are trials of monthly
    # ones, 6 is FRAT. `usedSlots` beside it is a point in time, and no bill.
    subscription_type: StrictInt = Field(alias="subscriptionType")


class UsageEntry(_Received):
    """One entry of ``usages``: its product type, and every counter.

    The set of counters grows and shrinks between editions of the API, so all of them are kept.
    """

    model_config = ConfigDict(defer_build=True, extra="allow", frozen=True)

    # A number, since new ones appear: documented are 0 and 3, seen was 5 too.
    product_type: StrictInt = Field(alias="productType")

    @property
    def counters(self) -> dict[str, Any]:
        """The entry's fields beside the product type."""
        return self.model_extra or {}


class UsagesPerProductType(_Received):
    """The result of ``getMonthlyUsagePerProductType``."""

    usages: list[UsageEntry]


ROWS: TypeAdapter[list[Any]] = TypeAdapter(list[Any], config=_LATER)
COUNTERS: TypeAdapter[dict[str, Any]] = TypeAdapter(dict[str, Any], config=_LATER)
