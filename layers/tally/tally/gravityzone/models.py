"""What GravityZone answers, as far as it is read here. Unknown fields are ignored."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, StrictInt, TypeAdapter

# Built at first use: the cold start does not pay for what is not called.
_LATER = ConfigDict(defer_build=True)


class _Received(BaseModel):
    model_config = ConfigDict(defer_build=True, extra="ignore", frozen=True)


class RpcError(_Received):
    """The ``error`` of a JSON-RPC answer; its ``data`` is ``{"details": "…"}`` where it was seen."""

    code: int
    message: str = ""
    data: Any = None

    @property
    def details(self) -> str:
        """The text that says what was wrong, or ""."""
        found = self.data.get("details") if isinstance(self.data, dict) else self.data
        return found if isinstance(found, str) else ""

    def __str__(self) -> str:
        return f"{self.code} {self.message}: {self.details}" if self.details else f"{self.code} {self.message}"


class RpcAnswer(_Received):
    """The envelope; ``id`` is null in an error about a request that could not be read."""

    id: str | int | None = None
    result: Any = None
    error: RpcError | None = None


class CompanyRow(_Received):
    """One entry of ``getCompaniesList``."""

    id: str = Field(min_length=1)
    name: str


class CompanyDetails(_Received):
    """The result of ``getCompanyDetails``; ``type`` is 0 for a partner, 1 for a customer."""

    id: str = Field(min_length=1)
    name: str
    type: StrictInt
    parent_id: str | None = Field(default=None, alias="parentCompanyId")


class ApiKeyDetails(_Received):
    """The result of ``getApiKeyDetails``."""

    enabled_apis: list[str] = Field(alias="enabledApis")


class LicenseInfo(_Received):
    """The result of ``getLicenseInfo``."""

    subscription_type: StrictInt = Field(alias="subscriptionType")


class UsageEntry(_Received):
    """One entry of ``usages``: its product type, and every counter beside it."""

    model_config = ConfigDict(defer_build=True, extra="allow", frozen=True)

    product_type: StrictInt = Field(alias="productType")

    @property
    def counters(self) -> dict[str, Any]:
        """What stands in it beside the product type."""
        return self.model_extra or {}


class UsagesPerProductType(_Received):
    """The result of ``getMonthlyUsagePerProductType``."""

    usages: list[UsageEntry]


COMPANY_ROWS: TypeAdapter[list[CompanyRow]] = TypeAdapter(list[CompanyRow], config=_LATER)
COUNTERS: TypeAdapter[dict[str, Any]] = TypeAdapter(dict[str, Any], config=_LATER)
