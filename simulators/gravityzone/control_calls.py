"""The control calls of the GravityZone simulator: changes to companies and machines, the truth."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter

from simulators.core import Response, json_response
from simulators.gravityzone.count_truth import Truth
from simulators.gravityzone.counters import MISSING
from simulators.gravityzone.machine_calls import MACHINES_HELP, MachineCalls
from simulators.gravityzone.machines import Machines
from simulators.gravityzone.options import Options, TotalsTold
from simulators.scenario import MONTHLY_SUBSCRIPTION, CompanyKind

_HELP = """\
control calls of gravityzone ("company" is an id, or the exact name if only one has it; a machine
is an id):
  POST   /_sim/checkin   {"company": "Harbor Dental", "count": 3}: new machines connect; or
                         {"machine": id}: that one does; with "at" (an instant past or to come,
                         default now) and "lag_seconds" (counted later)
  POST   /_sim/companies {"name": "...", "parent": company, "kind": "customer|partner",
                         "subscription_type": 3, "minimum_usage": 0}
  PATCH  /_sim/companies {"company": "...", and what changes of: "name", "parent",
                         "subscription_type", "minimum_usage"}
  DELETE /_sim/companies {"company": "..."}
  POST   /_sim/refusals  {"company": "...", "code": -32001, "details": "...", "status": 200,
                         "methods": [...]}: calls about it are answered so, all or those of the
                         methods; "hidden": true: it is out of the key's reach
  DELETE /_sim/refusals  {"company": "..."}: it is answered for again
  POST   /_sim/counters  {"company": "...", "month": "2026-10", "counter": "endpointMonthlyUsage",
                         "value": -1}: answers that whatever is true; "missing": true leaves the
                         counter out; "product_type" is 0 unless given
  DELETE /_sim/counters  answers the truth again
  PATCH  /_sim/options   {"enabled_apis": [...], "license_info_as_array": true,
                         "folders_transparent": true, "older_spelling": true,
                         "types_in_use_only": true, "types_repeated": true,
                         "api_refused_in_words": true, "gone_code": -32000, "gone_details": "...",
                         "without_parent": true}: what differs between tenants;
                         and of the totals of partners, of all or some:
                         {"totals": {"kind": "true|late|own alone|no sub-partners|zero",
                         "lag_seconds": 3600}, "totals_of": {company: {"kind": "zero"}},
                         "totals_true_of": [company], "moved_usage": "goes|stays",
                         "deleted_usage": "stays|goes", "moved_machines": "each|once"};
                         and of the inventory: {"root_walk": "whole|refused",
                         "root_leaves_out": [company], "deleted_in_walk": true,
                         "deleted_details": "told|gone", "reinstalled": "same id|new id"}
"""
GRAVITYZONE_HELP = _HELP + MACHINES_HELP

_MONTH = r"^\d{4}-(0[1-9]|1[0-2])$"
_OPTIONS: TypeAdapter[Options] = TypeAdapter(Options)


class _Order(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _CheckIn(_Order):
    company: str | None = None
    machine: str | None = None
    count: int = Field(default=1, ge=1, le=100_000)
    at: AwareDatetime | None = None
    lag_seconds: float = Field(default=0, ge=0)


class _NewCompany(_Order):
    name: str
    parent: str | None = None
    kind: CompanyKind = "customer"
    subscription_type: int = MONTHLY_SUBSCRIPTION
    minimum_usage: int | None = 0


class _CompanyChange(_Order):
    company: str
    name: str | None = None
    parent: str | None = None
    subscription_type: int | None = None
    minimum_usage: int | None = None


class _CompanyNamed(_Order):
    company: str


class _RefusalOrder(_Order):
    company: str
    code: int = -32001
    details: str = "Not allowed."
    status: int = 200
    methods: tuple[str, ...] = ()
    hidden: bool = False


class _CounterOrder(_Order):
    company: str
    month: str = Field(pattern=_MONTH)
    counter: str = "endpointMonthlyUsage"
    value: int | float | str | bool | None = None
    missing: bool = False
    product_type: int = 0


class _OptionsChange(_Order):
    enabled_apis: tuple[str, ...] | None = None
    license_info_as_array: bool | None = None
    folders_transparent: bool | None = None
    older_spelling: bool | None = None
    types_in_use_only: bool | None = None
    types_repeated: bool | None = None
    api_refused_in_words: bool | None = None
    gone_code: int | None = None
    gone_details: str | None = None
    without_parent: bool | None = None
    totals: TotalsTold | None = None
    totals_of: dict[str, TotalsTold] | None = None
    totals_true_of: frozenset[str] | None = None
    moved_usage: Literal["goes", "stays"] | None = None
    deleted_usage: Literal["stays", "goes"] | None = None
    moved_machines: Literal["each", "once"] | None = None
    root_walk: Literal["whole", "refused"] | None = None
    root_leaves_out: frozenset[str] | None = None
    deleted_in_walk: bool | None = None
    deleted_details: Literal["told", "gone"] | None = None
    reinstalled: Literal["same id", "new id"] | None = None


class _Control:
    def __init__(self, machines: Machines, truth: Truth) -> None:
        self.tenant = machines.tenant
        self.truth = truth
        self.options = machines.options
        self.machines = MachineCalls(machines, truth)

    def get_truth(self, _body: bytes) -> object:
        now = self.tenant.clock.now()
        return {
            "now": now.isoformat(),
            "own": self._company(self.tenant.own.id),
            "companies": [self._company(one.id) for one in self.truth.companies()],
        }

    def post_checkin(self, body: bytes) -> object:
        order = _CheckIn.model_validate_json(body)
        lag = timedelta(seconds=order.lag_seconds)
        if order.machine is not None:
            self.tenant.check_in(order.machine, order.at, lag=lag)
            return {"machines": [order.machine]}
        company_id = self.truth.id_of(order.company or "")
        return {"machines": self.tenant.check_in_new(company_id, order.count, at=order.at, lag=lag)}

    def post_companies(self, body: bytes) -> object:
        order = _NewCompany.model_validate_json(body)
        made = self.tenant.add_company(
            order.name,
            parent_id=self.truth.id_of(order.parent) if order.parent else self.tenant.own.id,
            kind=order.kind,
            subscription_type=order.subscription_type,
            minimum_usage=order.minimum_usage,
        )
        return self._company(made)

    def patch_companies(self, body: bytes) -> object:
        order = _CompanyChange.model_validate_json(body)
        company_id = self.truth.id_of(order.company)
        if order.parent is not None:
            self.tenant.move_company(company_id, self.truth.id_of(order.parent))
        if order.name is not None:
            self.tenant.rename_company(company_id, order.name)
        if order.subscription_type is not None:
            self.tenant.change_subscription(company_id, order.subscription_type)
        if "minimum_usage" in order.model_fields_set:
            self.tenant.company(company_id).minimum_usage = order.minimum_usage
        return self._company(company_id)

    def delete_companies(self, body: bytes) -> object:
        company_id = self.truth.id_of(_CompanyNamed.model_validate_json(body).company)
        self.tenant.delete_company(company_id)
        return {"id": company_id}

    def post_refusals(self, body: bytes) -> object:
        order = _RefusalOrder.model_validate_json(body)
        company_id = self.truth.id_of(order.company)
        if order.hidden:
            self.tenant.reach.hide(company_id)
        else:
            self.tenant.reach.refuse(
                company_id,
                *order.methods,
                code=order.code,
                details=order.details,
                status=order.status,
            )
        return {"company": company_id}

    def delete_refusals(self, body: bytes) -> object:
        company = _CompanyNamed.model_validate_json(body).company
        hidden = company in self.tenant.reach.hidden
        company_id = company if hidden else self.truth.id_of(company)
        self.tenant.reach.show(company_id)
        return {"company": company_id}

    def post_counters(self, body: bytes) -> object:
        order = _CounterOrder.model_validate_json(body)
        value = MISSING if order.missing else order.value
        company_id = self.truth.id_of(order.company)
        self.tenant.override_counter(
            company_id, order.month, order.counter, value, product_type=order.product_type
        )
        return {"company": company_id}

    def delete_counters(self, _body: bytes) -> object:
        self.tenant.clear_overrides()
        return {}

    def patch_options(self, body: bytes) -> object:
        order = _OptionsChange.model_validate_json(body)
        if order.totals_of is not None:
            order.totals_of = {
                self.truth.id_of(each): told for each, told in order.totals_of.items()
            }
        if order.totals_true_of is not None:
            order.totals_true_of = frozenset(map(self.truth.id_of, order.totals_true_of))
        if order.root_leaves_out is not None:
            order.root_leaves_out = frozenset(map(self.truth.id_of, order.root_leaves_out))
        for name, value in order:
            if value is not None:
                setattr(self.options, name, value)
        return _OPTIONS.dump_python(self.options, mode="json")

    def _company(self, company_id: str) -> dict[str, object]:
        company = self.tenant.company(company_id)
        months = {
            month: {
                "count": self.truth.count(company_id, month),
                "final": self.truth.final_count(company_id, month),
                "total": self.truth.total(company_id, month),
            }
            for month in self.truth.months(company_id)
        }
        return {
            "id": company.id,
            "name": company.name,
            "parent": company.parent_id,
            "kind": company.kind,
            "subscription_type": company.subscription_type,
            "minimum_usage": company.minimum_usage,
            "months": months,
        }


_ROUTES: Mapping[tuple[str, str], Callable[[_Control, bytes], object]] = {
    ("GET", "/_sim/truth"): _Control.get_truth,
    ("POST", "/_sim/checkin"): _Control.post_checkin,
    ("POST", "/_sim/companies"): _Control.post_companies,
    ("PATCH", "/_sim/companies"): _Control.patch_companies,
    ("DELETE", "/_sim/companies"): _Control.delete_companies,
    ("POST", "/_sim/refusals"): _Control.post_refusals,
    ("DELETE", "/_sim/refusals"): _Control.delete_refusals,
    ("GET", "/_sim/machines"): lambda control, body: control.machines.get(body),
    ("POST", "/_sim/machines"): lambda control, body: control.machines.post(body),
    ("PATCH", "/_sim/machines"): lambda control, body: control.machines.patch(body),
    ("DELETE", "/_sim/machines"): lambda control, body: control.machines.delete(body),
    ("POST", "/_sim/counters"): _Control.post_counters,
    ("DELETE", "/_sim/counters"): _Control.delete_counters,
    ("PATCH", "/_sim/options"): _Control.patch_options,
}


def control_tenant(
    machines: Machines,
    truth: Truth,
    *,
    method: str,
    path: str,
    body: bytes,
) -> Response | None:
    """Answer one control call of this simulator, or return None for any other.

    Raise ValueError or LookupError for a wrong body.
    """
    handler = _ROUTES.get((method, path))
    return None if handler is None else json_response(handler(_Control(machines, truth), body))
