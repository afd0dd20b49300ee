"""The GravityZone port over JSON-RPC 2.0 (Bitdefender's Public API documentation)."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Unpack

from pydantic import SecretStr

from tally.domain.model.company import Company, CompanyKind
from tally.domain.model.month import Month
from tally.domain.model.reading import Usage, UsagePerProductType
from tally.gravityzone.json_rpc import Calling, Reply, connect
from tally.gravityzone.models import (
    COUNTERS,
    ROWS,
    CompanyDetails,
    CompanyRow,
    LicenseInfo,
    UsagesPerProductType,
    id_trouble,
)
from tally.gravityzone.pace import TokenBucket
from tally.transport.http_call import Pace
from tally.transport.rows import placed

_PAID_MONTHLY = 3
"""``licenseType`` of a list, ``subscriptionType`` of a licence; 5, a monthly trial, is not paid."""
# Bitdefender documents 10 calls a second in bursts of 10 for all but licensing, for each key. Half
# of a burst is left to others that use the key.
_OTHERS_A_SECOND, _OTHERS_AT_ONCE = 10, 5
# By their number in `companyType` and `type`: 0 is a partner, 1 a customer (documented).
_KINDS = (CompanyKind.PARTNER, CompanyKind.CUSTOMER)


class GravityZoneClient:
    """Reads GravityZone. Implements ``tally.ports.GravityZone``.

    ``url`` is the access URL, ending in ``/api``. ``pace`` is kept before each attempt at a
    licensing call. All other calls keep to the 10 a second that GravityZone allows for them, by
    ``monotonic``. ``on_odd_row`` is told of rows that name nobody. The other arguments are those
    of ``connect``.
    """

    def __init__(
        self,
        *,
        url: str,
        api_key: SecretStr,
        pace: Pace,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
        on_odd_row: Callable[[str], None] = lambda _: None,
        **calling: Unpack[Calling],
    ) -> None:
        others = TokenBucket(
            rate=_OTHERS_A_SECOND, depth=_OTHERS_AT_ONCE, monotonic=monotonic, sleep=sleep
        )
        self._rpc = connect(
            url=url,
            api_key=api_key,
            pace_of=lambda service: pace if service == "licensing" else others,
            sleep=sleep,
            monotonic=monotonic,
            **calling,
        )
        self._on_odd_row = on_odd_row

    def enabled_apis(self) -> frozenset[str]:
        """Return the services ticked on the API key, as ``getApiKeyDetails`` names them."""
        return self._rpc.enabled_apis()

    def own_company(self) -> Company:
        """Return the company that the API key belongs to: the MSP itself."""
        reply = self._rpc.call("companies", "getCompanyDetails", {}, of="the key's own company")
        return self._company(reply)

    def children(
        self, parent_id: str, *, kind: CompanyKind, monthly_only: bool
    ) -> Sequence[Company]:
        """Return the companies of one kind directly below ``parent_id``; none below a customer.

        Rows have an id and a name alone, so kind and licence follow from the list's own filters.
        The list has no pages (reported from live tenants).
        """
        # The filters are documented. One level is listed, and a customer's own list is refused as
        # an invalid `parentId` on live tenants.
        filters = {"companyType": _KINDS.index(kind)}
        if monthly_only:
            filters["licenseType"] = _PAID_MONTHLY
        params = {"parentId": parent_id, "filters": filters}
        reply = self._rpc.call(
            # The method is on `network`; `companies` answers "Method not found" to it (documented).
            "network",
            "getCompaniesList",
            params,
            of=f"{kind}s below {parent_id}",
            of_many=True,
        )
        listed = self._rpc.result(reply, ROWS.validate_python)
        rows, others = placed(listed, CompanyRow.model_validate)
        if others and not rows:
            raise self._rpc.unreadable(reply, others[0])
        for each in others:
            self._on_odd_row(f"{reply.answer.call.name}: a row that names nobody: {each}")
        # One row an id, and none of the parent: no edition of the API is known to repeat a row or
        # to list the parent, but either would bill somebody twice.
        names = {row.id: row.name for row in rows if row.id != parent_id}
        return [
            Company(id=each, name=name, kind=kind, parent_id=parent_id, trouble=id_trouble(each))
            for each, name in names.items()
        ]

    def company(self, company_id: str) -> Company | None:
        """Return one company by id; None if GravityZone has none such, or none in the key's reach.

        Anything but a plain "there is none" raises, so that no company counts as gone by mistake.

        Raises:
            DeclinedError: it is refused in other words, and for this company alone.
        """
        reply = self._rpc.call(
            "companies", "getCompanyDetails", {"companyId": company_id}, of=f"company {company_id}"
        )
        if self._rpc.says_gone(reply, company_id):
            return None
        company = self._company(reply)
        # The id is hexadecimal; nothing says that GravityZone keeps the case of its digits.
        if company.id.lower() != company_id.lower():
            raise self._rpc.unreadable(reply, f"it answered for company {company.id}")
        return company

    def is_monthly(self, company_id: str) -> bool:
        """Return True if its subscription is now a paid monthly one (``subscriptionType`` 3)."""
        reply = self._rpc.call(
            "licensing", "getLicenseInfo", {"companyId": company_id}, of=f"company {company_id}"
        )
        return self._rpc.result(reply, _license_info).subscription_type == _PAID_MONTHLY

    def usage(self, company_id: str, *, month: Month) -> Usage:
        """Return the counters of that month (READ-1)."""
        # Without `targetMonth` GravityZone counts the current month, so it is always sent. For a
        # company without a monthly licence every counter is 0 (documented), which is no count.
        params = {"companyId": company_id, "targetMonth": month.target}
        reply = self._rpc.call(
            "licensing", "getMonthlyUsage", params, of=f"company {company_id}, {month.target}"
        )
        counters = self._rpc.result(reply, COUNTERS.validate_python)
        return _usage(counters, request=reply.request)

    def usage_per_product_type(self, company_id: str, *, month: Month) -> UsagePerProductType:
        """Return the counters of that month for each product type (READ-1, READ-6).

        Every entry repeats the full set of counters (reported from a live tenant).
        """
        # Types 0 (Endpoint Security) and 3 (EDR) are documented, 5 (PHASR) was seen in client code.
        # `getMonthlyUsage` covers type 0 alone.
        params = {"companyId": company_id, "targetMonth": month.target}
        of = f"company {company_id}, {month.target}"
        reply = self._rpc.call("licensing", "getMonthlyUsagePerProductType", params, of=of)
        entries = [
            (each.product_type, _usage(each.counters, request=reply.request))
            for each in self._rpc.result(reply, UsagesPerProductType.model_validate).usages
        ]
        return UsagePerProductType(entries=entries, request=reply.request)

    def _company(self, reply: Reply) -> Company:
        details = self._rpc.result(reply, CompanyDetails.model_validate)
        # Only two types are documented. A third one would have a billing that we do not know.
        if details.type not in range(len(_KINDS)):
            raise self._rpc.unreadable(
                reply, f"it answered type {details.type}, neither partner nor customer"
            )
        return Company(
            id=details.id,
            name=details.name,
            kind=_KINDS[details.type],
            parent_id=details.parent_id or "",
        )


def _usage(counters: Mapping[str, Any], *, request: str) -> Usage:
    # `minimumUsage` is an object among the counters: the floors that the customer committed to.
    counted = {name: value for name, value in counters.items() if name != "minimumUsage"}
    return Usage(counters=counted, floors=counters.get("minimumUsage", {}), request=request)


def _license_info(result: object) -> LicenseInfo:
    # Bitdefender documents an array; live tenants were seen to answer an object.
    found = result[0] if isinstance(result, list) and len(result) == 1 else result
    return LicenseInfo.model_validate(found)
