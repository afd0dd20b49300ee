"""The ConnectWise PSA simulator: which call is which, who is let in, and what carries it out."""

import base64
import binascii
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from simulators.clock import VirtualClock
from simulators.connectwise import answers, api_records, validation
from simulators.connectwise.answers import RefusalError
from simulators.connectwise.billing_truth import API, Truth
from simulators.connectwise.control_calls import control_call
from simulators.connectwise.desk import Desk, DeskCalls, DeskPeople
from simulators.connectwise.desk.calls import DeskCall, named
from simulators.connectwise.documents import Documents
from simulators.connectwise.listing import Listing, one, site_of
from simulators.connectwise.loading import load
from simulators.connectwise.minute_limit import MinuteLimit
from simulators.connectwise.options import ConnectWiseOptions, Right
from simulators.connectwise.people import People
from simulators.connectwise.store import Document, Table
from simulators.connectwise.tenant import Tenant
from simulators.core import BaseSimulator, Request, Response, json_bytes_response, json_response
from simulators.scenario import ConnectWiseWorld

ROUTER = "v4_6_release"
_API_VERSION = "2025.1"
_AGREEMENTS = ("finance", "agreements")
_VERSION = re.compile(r"version=([\w.]+)")

type Parts = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Resource:
    name: str
    table: Callable[[Tenant], Table]
    names: frozenset[str]
    right: Right


_COMPANIES = _Resource(
    "companies", lambda t: t.companies, api_records.COMPANY_PATHS, Right.COMPANIES_INQUIRE
)
_TYPES = _Resource(
    "types", lambda t: t.agreement_types, api_records.AGREEMENT_TYPE_PATHS, Right.TABLES_INQUIRE
)
_CATALOG = _Resource(
    "catalog", lambda t: t.products, api_records.PRODUCT_PATHS, Right.CATALOG_INQUIRE
)
_AGREEMENT = _Resource(
    "agreements", lambda t: t.agreements, api_records.AGREEMENT_PATHS, Right.AGREEMENTS_INQUIRE
)
_RESOURCES: dict[Parts, _Resource] = {
    ("company", "companies"): _COMPANIES,
    ("finance", "agreements", "types"): _TYPES,
    ("procurement", "catalog"): _CATALOG,
    _AGREEMENTS: _AGREEMENT,
}


@dataclass(frozen=True, slots=True)
class _Target:
    """The operation that a path below `apis/3.0/` names, without its method, and its ids."""

    name: str
    resource: _Resource | None = None
    agreement_id: int = 0
    record_id: int = 0
    desk: DeskCall | None = None


class ConnectWiseSimulator(BaseSimulator):
    """One tenant of ConnectWise PSA.

    Anyone may use `options`, `people` and `desk_people`, only tests `truth`, `documents` and
    `desk`.

    Faults and the call log name operations by a method and `companyinfo`, `system/info`,
    `companies`, `types`, `catalog`, `agreements`, `additions` or `documents`, the last six also
    with `/count` or `/{id}`; at the desk `tickets`, `boards` (both with these too), `notes`,
    `allNotes`, `statuses`, `board types`, `teams`, `notifications`, `priorities`, `sources` or
    `members`; anything else is `unknown`.
    """

    def __init__(
        self,
        clock: VirtualClock,
        scenario: ConnectWiseWorld | None = None,
        options: ConnectWiseOptions | None = None,
        *,
        latency: float = 0.0,
    ) -> None:
        super().__init__(clock, latency=latency)
        self.options = options or ConnectWiseOptions()
        self.tenant = Tenant(clock, self.options)
        self.documents = Documents(self.tenant)
        self.people = People(self.tenant, self.documents)
        self.desk = Desk(self.tenant)
        self.desk_people = DeskPeople(self.desk)
        self._desk_calls = DeskCalls(self.desk)
        if scenario is not None:
            load(self.tenant, scenario)
        self._requests = 0
        self._virtual_limit = MinuteLimit(lambda: clock.now().timestamp())
        self._real_limit = MinuteLimit(time.monotonic)

    @property
    def truth(self) -> Truth:
        """The record of all that really happened; the code under test must not ask."""
        return self.tenant.truth

    def move_codebase(self, codebase: str) -> None:
        """Move to another codebase: calls to the one before answer 404."""
        self.options.former_codebases |= {self.options.codebase}
        self.options.codebase = codebase

    def control(self, method: str, path: str, body: bytes) -> Response:
        """Answer a control call of this simulator's own: truth, acts of people, options."""
        return control_call(self, method, path, body) or super().control(method, path, body)

    def vendor_error(self, status: int, request: Request) -> Response:
        """Answer with a status as ConnectWise words it."""
        del request
        return self._stamped(answers.worded(status))

    def throttled(self, seconds: float, request: Request) -> Response:
        """Answer 429 with ConnectWise's body, which names the seconds too."""
        del request
        return self._stamped(answers.too_many(seconds))

    def route(self, request: Request) -> tuple[str, Callable[[], Response]]:
        """Name the call's operation, and give what answers it."""
        parts, target = _meaning(request.path)
        if parts[:2] == ("login", "companyinfo"):
            return f"{request.method} companyinfo", lambda: self._companyinfo(parts[2:])
        if target is None:
            return f"{request.method} unknown", lambda: self._stamped(answers.cannot_route())
        return f"{request.method} {target.name}", lambda: self._stamped(
            self._call(request, parts[0], target)
        )

    def _companyinfo(self, parts: Parts) -> Response:
        company = "/".join(parts)
        if not company or self.options.company not in {None, company}:
            return (
                json_response(None)
                if self.options.unknown_company == "null"
                else answers.not_found("Company")
            )
        return json_response(
            {
                "CompanyName": self.options.company_name,
                "Codebase": f"{self.options.codebase}/",
                "VersionCode": self.options.codebase.replace("_", "."),
                "VersionNumber": "v4.6.95000",
                "CompanyID": company,
                "IsCloud": self.options.is_cloud,
            }
        )

    def _call(self, request: Request, codebase: str, target: _Target) -> Response:
        if codebase not in {ROUTER, self.options.codebase}:
            former = codebase in self.options.former_codebases
            return answers.not_found("Resource") if former else answers.cannot_route()
        self.tenant.turn_the_day()
        refused = self._unknown_version(request) or (
            None if self._is_open(request, target) else self._gate(request)
        )
        if refused is not None:
            return refused
        try:
            return self._answer(request, target)
        except RefusalError as refusal:
            return refusal.response()

    def _unknown_version(self, request: Request) -> Response | None:
        known = self.options.known_versions
        asked = _VERSION.search(request.headers.get("accept", ""))
        if known is None or asked is None or asked[1] in known:
            return None
        return answers.unknown_version(asked[1], known, f"{site_of(request)}{request.path}")

    def _is_open(self, request: Request, target: _Target) -> bool:
        return (
            target.name == "system/info"
            and request.method == "GET"
            and self.options.open_system_info
        )

    def _gate(self, request: Request) -> Response | None:
        keys = _keys(request.headers.get("authorization", ""))
        if keys is None or not request.headers.get("clientid"):
            return answers.unauthorized()
        company, public_key, private_key = keys
        if self.options.company not in {None, company}:
            return answers.cannot_route()
        right = self.options.credentials
        if right is not None and (
            (public_key, private_key) != (right.public_key, right.private_key)
            or right.client_id not in {None, request.headers["clientid"]}
        ):
            wrong_key = self.options.wrong_key_status
            return answers.unauthorized() if wrong_key == 401 else answers.not_found("Resource")  # noqa: PLR2004
        return self._throttle()

    def _throttle(self) -> Response | None:
        if self.options.requests_per_minute is None:
            return None
        limit = self._real_limit if self.options.real_time_limit else self._virtual_limit
        wait = limit.wait(self.options.requests_per_minute)
        return answers.too_many(wait) if wait else None

    def _answer(self, request: Request, target: _Target) -> Response:
        resource, method = target.resource, request.method
        if target.name == "system/info":
            version = f"v{_API_VERSION}.95000"
            return json_response(
                {"version": version, "isCloud": True, "serverTimeZone": "UTC", "licenseBits": []}
            )
        if target.name == "unknown":
            return answers.not_found("Resource")
        if target.desk is not None:
            return self._desk_calls.answer(request, target.desk)
        if resource is None:
            return self._below(request, target)
        if method != "GET":
            return answers.worded(405)
        if resource.right in self.options.taken_rights:
            return answers.forbidden()
        table = resource.table(self.tenant)
        if resource.right in self.options.sees_mine:
            table = table.only(self.tenant.clock.now(), self.options.mine)
        return self._read(request, target, table, resource.names)

    def _below(self, request: Request, target: _Target) -> Response:
        right = _WRITABLE_CALLS.get((request.method, target.name))
        if right is None:
            return answers.worded(405)
        if right in self.options.taken_rights:
            return answers.forbidden()
        if target.name.startswith(_DOCUMENTS):
            counts = target.name.endswith("/count")
            return self.documents.answer(request, target.record_id, counts=counts)
        return self._additions(request, target)

    def _additions(self, request: Request, target: _Target) -> Response:
        if target.agreement_id not in self.tenant.agreements:
            return answers.not_found("Agreement")
        table = self.tenant.state(target.agreement_id).additions
        match request.method:
            case "POST":
                return self._post(request, target.agreement_id)
            case "PATCH":
                return self._patch(request, table.get(target.record_id))
            case _:
                return self._read(
                    request, target, self._listed(target, table), api_records.ADDITION_PATHS
                )

    def _listed(self, target: _Target, table: Table) -> Table:
        """Return the Additions that an agreement's list shows.

        Options decide if it also shows those of the agreements below it.
        """
        if target.record_id or not self.options.parents_list_children:
            return table
        below = [
            self.tenant.state(child.fields["id"]).additions
            for child in self.tenant.children(target.agreement_id)
        ]
        return Table.together(self.clock.now(), table, *below) if below else table

    def _post(self, request: Request, agreement_id: int) -> Response:
        product, updates = validation.new_addition(self.tenant, agreement_id, request.body)
        made = self._rewritten(self.tenant.create_addition(agreement_id, product, updates, by=API))
        return one(
            made,
            request,
            201,
            {"Location": f"{site_of(request)}{request.path}/{made.fields['id']}"},
        )

    def _patch(self, request: Request, document: Document | None) -> Response:
        if document is None:
            return answers.not_found("Addition")
        updates = validation.changes(self.tenant, document.fields, request.body)
        if updates:
            document = self._rewritten(
                self.tenant.change_addition(document.fields["id"], updates, by=API)
            )
        return one(document, request)

    def _rewritten(self, written: Document) -> Document:
        if not self.options.rewrites:
            return written
        return self.tenant.change_addition(written.fields["id"], self.options.rewrites, by=RULE)

    def _read(
        self, request: Request, target: _Target, table: Table, names: frozenset[str]
    ) -> Response:
        if not target.record_id:
            listing = Listing(table, names, self.clock.now(), self.options)
            return (
                listing.count(request) if target.name.endswith("/count") else listing.page(request)
            )
        document: Document | None = table.get(target.record_id)
        if self.options.lag_reads_by_id:
            listed = table.listed(self.clock.now())
            document = next(
                (entry for entry in listed if entry.fields["id"] == target.record_id), None
            )
        if document is None:
            return answers.not_found("Record")
        return json_bytes_response(table.json(document)) if table.odd else one(document, request)

    def _stamped(self, answer: Response) -> Response:
        self._requests += 1
        stamp = {
            "x-cw-request-id": f"{self._requests:08x}-0000-4000-8000-{self._requests:012x}",
            "api-current-version": _API_VERSION,
        }
        return Response(answer.status, {**answer.headers, **stamp}, answer.body, answer.delay)


RULE = "workflow"
"""The name by which the option `rewrites` changes fields."""

_DOCUMENTS = "documents"
_WRITABLE_CALLS = {
    ("GET", "additions"): Right.AGREEMENTS_INQUIRE,
    ("GET", "additions/count"): Right.AGREEMENTS_INQUIRE,
    ("GET", "additions/{id}"): Right.AGREEMENTS_INQUIRE,
    ("POST", "additions"): Right.AGREEMENTS_ADD,
    ("PATCH", "additions/{id}"): Right.AGREEMENTS_EDIT,
    ("GET", "documents"): Right.DOCUMENTS_INQUIRE,
    ("GET", "documents/count"): Right.DOCUMENTS_INQUIRE,
    ("GET", "documents/{id}"): Right.DOCUMENTS_INQUIRE,
    ("POST", "documents"): Right.DOCUMENTS_ADD,
}


@lru_cache(maxsize=4096)
def _meaning(path: str) -> tuple[Parts, _Target | None]:
    parts = tuple(path.strip("/").split("/"))
    below = len(parts) > 3 and parts[1:3] == ("apis", "3.0")  # noqa: PLR2004 - codebase/apis/3.0/something
    return parts, _target(parts[3:]) if below else None


def _target(parts: Parts) -> _Target:
    if parts == ("system", "info"):
        return _Target("system/info")
    if (desk := named(parts)) is not None:
        return _Target(desk.name, desk=desk)
    if parts[:2] == ("system", _DOCUMENTS) and len(parts) in {2, 3}:
        return _one_of(_DOCUMENTS, parts[2]) if parts[2:] else _Target(_DOCUMENTS)
    if parts in _RESOURCES:
        return _Target(_RESOURCES[parts].name, _RESOURCES[parts])
    resource = _RESOURCES.get(parts[:-1])
    if resource is not None:
        return _one_of(resource.name, parts[-1], resource=resource)
    if (
        len(parts) in {4, 5}
        and parts[:2] == _AGREEMENTS
        and parts[3] == "additions"
        and _is_id(parts[2])
    ):
        agreement_id = int(parts[2])
        if len(parts) == 4:  # noqa: PLR2004 - finance/agreements/{id}/additions
            return _Target("additions", agreement_id=agreement_id)
        return _one_of("additions", parts[4], agreement_id=agreement_id)
    return _Target("unknown")


def _one_of(
    name: str, last: str, *, resource: _Resource | None = None, agreement_id: int = 0
) -> _Target:
    if last == "count":
        return _Target(f"{name}/count", resource, agreement_id)
    if _is_id(last):
        return _Target(f"{name}/{{id}}", resource, agreement_id, int(last))
    return _Target("unknown")


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and int(text) > 0


@lru_cache(maxsize=64)
def _keys(header: str) -> tuple[str, str, str] | None:
    """Read `Basic companyId+publicKey:privateKey`, or return None for what is not of that form."""
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        user, _, private_key = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    company, _, public_key = user.partition("+")
    return (company, public_key, private_key) if company and public_key and private_key else None
