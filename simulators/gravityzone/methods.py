"""The methods of the API: each returns its result, rendered as JSON, or raises an `RpcError`."""

import re
from typing import TYPE_CHECKING, Any

from simulators.gravityzone.counters import render, render_overridden
from simulators.gravityzone.endpoint import Endpoint
from simulators.gravityzone.inventory import Inventory
from simulators.gravityzone.options import Options
from simulators.gravityzone.rpc import (
    RpcError,
    expect,
    integer,
    invalid,
    named_object,
    one_of,
    rendered,
)
from simulators.gravityzone.tenant import Company, Tenant
from simulators.gravityzone.totals import Totals
from simulators.gravityzone.usage import month_of
from simulators.scenario import ENDPOINT_SECURITY

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    type Services = Mapping[str, Mapping[str, Callable[[dict[str, Any]], bytes]]]

PRODUCT_TYPES = (ENDPOINT_SECURITY, 3, 5)
"""Endpoint Security, EDR, PHASR."""
_KINDS = ("partner", "customer")
_LICENSE_FILTERS = {1: frozenset({1, 6}), 2: frozenset({2}), 3: frozenset({3, 4, 5})}
"""`filters.licenseType` to `subscriptionType`s. Monthly trials under monthly are a guess."""
_TARGET_MONTH = re.compile(r"(0[1-9]|1[0-2])/(\d{4})")
_MOST_PER_PAGE = 100
_TIME = "%Y-%m-%dT%H:%M:%S"


class Methods:
    """The methods of one tenant, by the API's version and service."""

    def __init__(self, tenant: Tenant, options: Options) -> None:
        self.tenant = tenant
        self.options = options
        self.totals = Totals(tenant, options)
        self.inventory = Inventory(tenant, options)
        self.by_version: Mapping[str, Services] = {
            "v1.0": self._services(),
            "v1.1": {"network": {"getNetworkInventoryItems": self.inventory.items}},
        }

    def _services(self) -> "Services":
        return {
            "general": {"getApiKeyDetails": self._api_key_details},
            "network": {
                "getCompaniesList": self._companies_list,
                "getEndpointsList": self._endpoints_list,
                "getCustomGroupsList": self.inventory.groups,
                "getManagedEndpointDetails": self.inventory.details,
            },
            "companies": {
                "getCompanyDetails": self._company_details,
                "findCompaniesByName": self._find_companies,
            },
            "licensing": {
                "getLicenseInfo": self._license_info,
                "getMonthlyUsage": self._monthly_usage,
                "getMonthlyUsagePerProductType": self._monthly_usage_per_product_type,
            },
        }

    def _api_key_details(self, params: dict[str, Any]) -> bytes:
        expect(params, ())
        created = self.tenant.own.created_at.strftime(_TIME)
        return rendered({"enabledApis": [*self.options.enabled_apis], "createdAt": created})

    def _companies_list(self, params: dict[str, Any]) -> bytes:
        expect(params, ("parentId", "filters"))
        filters = named_object(params, "filters")
        expect(filters, ("companyType", "licenseType"))
        kind = one_of(filters, "companyType", (0, 1))
        license_type = one_of(filters, "licenseType", _LICENSE_FILTERS)
        rows = [
            {"id": one.id, "name": one.name}
            for one in self._directly_below(self._parent_id(params))
            if self.tenant.find(one.id) is not None
            and (kind is None or one.kind == _KINDS[kind])
            and (license_type is None or one.subscription_type in _LICENSE_FILTERS[license_type])
        ]
        return rendered(rows)

    def _company_details(self, params: dict[str, Any]) -> bytes:
        expect(params, ("companyId",))
        company = self._company(params)
        details: dict[str, Any] = {
            "id": company.id,
            "name": company.name,
            "type": _KINDS.index(company.kind),
            "isSuspended": company.suspended,
            "createdAt": company.created_at.strftime(_TIME),
            "country": company.country,
        }
        if self.options.without_parent:
            return rendered(details)
        details["companyPath"] = "/".join(self._path(company))
        if company.parent_id is not None and company is not self.tenant.own:
            details["parentCompanyId"] = company.parent_id
        return rendered(details)

    def _find_companies(self, params: dict[str, Any]) -> bytes:
        expect(params, ("nameFilter", "maxResults"))
        wanted = params.get("nameFilter")
        if not isinstance(wanted, str) or not wanted:
            raise invalid("nameFilter")
        most = integer(params, "maxResults", _MOST_PER_PAGE, least=1, most=100)
        anywhere = wanted.startswith("*")
        text = wanted.removeprefix("*").lower()
        rows = [
            {"id": one.id, "name": one.name}
            for one in self.tenant.companies()
            if self.tenant.find(one.id) is not None
            and one is not self.tenant.own
            and (text in one.name.lower() if anywhere else one.name.lower().startswith(text))
        ]
        return rendered(rows[:most])

    def _license_info(self, params: dict[str, Any]) -> bytes:
        expect(params, ("companyId",))
        company = self._company(params)
        used = sum(1 for one in self.tenant.endpoints_of(company.id) if one.listed)
        info = {
            "subscriptionType": company.subscription_type,
            "expiryDate": None if company.monthly else "2031-12-31T00:00:00",
            "usedSlots": used,
            "totalSlots": None if company.monthly else max(used, 25),
            "assignedProtectionModel": 1 if company.monthly else None,
            "licenseKey": f"{company.id[:7].upper()}",
        }
        return rendered([info] if self.options.license_info_as_array else info)

    def _monthly_usage(self, params: dict[str, Any]) -> bytes:
        expect(params, ("companyId", "targetMonth"))
        return b"{%b}" % self._counters(self._company(params), self._month(params))[0]

    def _monthly_usage_per_product_type(self, params: dict[str, Any]) -> bytes:
        expect(params, ("companyId", "targetMonth"))
        company, month = self._company(params), self._month(params)
        types: tuple[int, ...] = PRODUCT_TYPES
        if self.options.types_in_use_only:
            used = self.totals.counts(company, month)
            types = tuple(
                each
                for each in types
                if any(key.product_type == each for key, count in used.items() if count)
            )
        entries = [*zip(types, self._counters(company, month, types), strict=True)]
        if self.options.types_repeated:
            nothing = render((), company.minimum_usage, older_spelling=self.options.older_spelling)
            entries += [(each, nothing) for each in types]
        return b'{"usages": [%b]}' % b", ".join(
            b'{"productType": %d, %b}' % entry for entry in entries
        )

    def _endpoints_list(self, params: dict[str, Any]) -> bytes:
        expect(params, ("parentId", "isManaged", "page", "perPage", "filters"))
        filters = named_object(params, "filters")
        expect(filters, ("depth", "security", "type", "details"))
        recursive = named_object(filters, "depth").get("allItemsRecursively", False)
        page = integer(params, "page", 1, least=1, most=1_000_000)
        per_page = integer(params, "perPage", 30, least=1, most=_MOST_PER_PAGE)
        parent = self.tenant.own.id if params.get("parentId") is None else params["parentId"]
        company = self.tenant.find(parent) if isinstance(parent, str) else None
        if company is None:
            raise invalid("parentId")
        managed = params.get("isManaged")
        found = [
            one
            for one in self._machines(company, recursive=recursive is True)
            if managed is None or one.managed is managed
        ]
        rows = found[(page - 1) * per_page : page * per_page]
        return rendered(
            {
                "page": page,
                "pagesCount": -(-len(found) // per_page),
                "perPage": per_page,
                "total": len(found),
                "items": [_endpoint_row(one) for one in rows],
            }
        )

    def _counters(
        self, company: Company, month: str, product_types: tuple[int, ...] = (ENDPOINT_SECURITY,)
    ) -> list[bytes]:
        tenant, older = self.tenant, self.options.older_spelling
        counts = self.totals.counts(company, month)
        rendered = []
        for product_type in product_types:
            mine = tuple(
                (key.name, count)
                for key, count in counts.items()
                if count and key.product_type == product_type
            )
            overrides = (
                tenant.overrides.get((company.id, month, product_type))
                if tenant.overrides
                else None
            )
            if overrides:
                rendered.append(
                    render_overridden(
                        dict(mine), company.minimum_usage, overrides, older_spelling=older
                    )
                )
            else:
                rendered.append(render(mine, company.minimum_usage, older_spelling=older))
        return rendered

    def _company(self, params: dict[str, Any]) -> Company:
        company_id = params.get("companyId")
        if company_id is None:
            return self.tenant.own
        company = self.tenant.find(company_id) if isinstance(company_id, str) else None
        if company is None and self.options.gone_details:
            raise RpcError(self.options.gone_code, self.options.gone_details)
        if company is None:
            raise invalid("companyId")
        return company

    def _month(self, params: dict[str, Any]) -> str:
        target = params.get("targetMonth")
        if target is None:
            return month_of(self.tenant.clock.now())
        found = _TARGET_MONTH.fullmatch(target) if isinstance(target, str) else None
        if found is None:
            raise invalid("targetMonth")
        return f"{found[2]}-{found[1]}"

    def _parent_id(self, params: dict[str, Any]) -> str:
        parent_id = params.get("parentId")
        if parent_id is None:
            return self.tenant.own.id
        if isinstance(parent_id, str):
            company = self.tenant.find(parent_id)
            if parent_id in self.tenant.folders or (
                company is not None and company.kind == "partner"
            ):
                return parent_id
        raise invalid("parentId")

    def _directly_below(self, parent_id: str) -> list[Company]:
        found = list(self.tenant.children(parent_id))
        if self.options.folders_transparent:
            for folder_id, above in self.tenant.folders.items():
                if above == parent_id:
                    found += self._directly_below(folder_id)
        return found

    def _machines(self, company: Company, *, recursive: bool) -> list[Endpoint]:
        machines = self.tenant.endpoints_of(company.id)
        if not recursive:
            return [one for one in machines if one.listed and not one.grouped]
        below = [
            one
            for child in self.tenant.below(company.id)
            for one in self._machines(child, recursive=True)
        ]
        return [one for one in machines if one.listed] + below

    def _path(self, company: Company) -> list[str]:
        return [*reversed([*self.tenant.above(company.id)]), company.id]


def _endpoint_row(endpoint: Endpoint) -> dict[str, Any]:
    return {
        "id": endpoint.id,
        "name": endpoint.name,
        "label": "",
        "fqdn": f"{endpoint.name.lower()}.local",
        "isManaged": endpoint.managed,
        "machineType": 1,
        "operatingSystemVersion": "Windows 11 Pro",
        "managedWithBest": endpoint.managed,
    }
