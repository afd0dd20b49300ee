"""GravityZone's way in: path, method, key, rate, service, and then the method that is called."""

import base64
import binascii
import re
from collections.abc import Callable
from copy import replace
from dataclasses import dataclass, field

from simulators.clock import VirtualClock
from simulators.core import BaseSimulator, Request, Response
from simulators.gravityzone.control_calls import control_tenant
from simulators.gravityzone.count_truth import Truth
from simulators.gravityzone.machines import Machines
from simulators.gravityzone.methods import Methods
from simulators.gravityzone.options import Options
from simulators.gravityzone.rpc import (
    METHOD_NOT_FOUND,
    SERVER_ERROR,
    RpcCall,
    RpcError,
    error_response,
    parse_call,
    result_response,
    status_response,
)
from simulators.gravityzone.tenant import Tenant, made_id
from simulators.rate_limits import Limit, RateLimiter
from simulators.scenario import GravityZoneCompany, GravityZoneWorld

_PATH = re.compile(r"/api/(v1\.[01])/jsonrpc/(\w+)", re.ASCII)
SERVICES = frozenset(
    {
        "accounts",
        "companies",
        "general",
        "incidents",
        "integrations",
        "licensing",
        "maintenanceWindows",
    }
    | {
        "network",
        "packages",
        "patchmanagement",
        "phasr",
        "policies",
        "push",
        "quarantine",
        "reports",
    }
)
"""Paths that exist on v1.0; those without a method here know none."""
LICENSING_METHODS = frozenset(
    {"getLicenseInfo", "getMonthlyUsage", "getMonthlyUsagePerProductType"}
)
_VERDICTS_KEPT = 100
_EMPTY = GravityZoneWorld(
    companies=(
        GravityZoneCompany(id=made_id("own"), name="The MSP", parent_id=None, kind="partner"),
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimits:
    """Calls a second and burst, for each key and method."""

    licensing: Limit = field(default=Limit(5, 5))
    other: Limit = field(default=Limit(10, 10))


class GravityZoneSimulator(BaseSimulator):
    """The API of one tenant: a test or a person changes `tenant`, and compares with `truth`.

    Args:
        clock: the time, which decides what has been counted.
        world: who is there at the start, by default only the key's own company.
        api_key: the only key that is right; None takes any.
        rate_limits: None for no limits.
        seconds: the limiter's clock, by default the virtual one; a program with a frozen clock
            gives
            the real one.
        queue_delays: True if a queued call comes as late as its place says; else it comes at once.
        options: the tenant's own ways.
        latency: seconds that every answer takes.
    """

    def __init__(
        self,
        clock: VirtualClock,
        world: GravityZoneWorld | None = None,
        *,
        api_key: str | None = None,
        rate_limits: RateLimits | None = None,
        seconds: Callable[[], float] | None = None,
        queue_delays: bool = False,
        options: Options | None = None,
        latency: float = 0.0,
    ) -> None:
        super().__init__(clock, latency=latency)
        self.tenant = Tenant(world or _EMPTY, clock)
        self.truth = Truth(self.tenant)
        self.options = options or Options()
        self.rate_limits = rate_limits
        self._api_key = api_key
        self._queue_delays = queue_delays
        self._limiter = RateLimiter(seconds or (lambda: clock.now().timestamp()))
        self.machines = Machines(self.tenant, self.options)
        self._methods = Methods(self.tenant, self.options)
        self._verdicts: dict[str, bool] = {}

    def change_key(self, api_key: str) -> None:
        """Take this key alone from now on."""
        self._api_key = api_key
        self._verdicts.clear()

    def route(self, request: Request) -> tuple[str, Callable[[], Response]]:
        """Name a call by its JSON-RPC method; a call that has none by its HTTP method and path."""
        found = _PATH.fullmatch(request.path)
        version, service = ("", "") if found is None else found.groups()
        if not self._is_there(version, service):
            return f"{request.method} {request.path}", lambda: status_response(404)
        if request.method != "POST":
            return f"{request.method} {request.path}", lambda: status_response(405)
        call = parse_call(request.body)
        return call.method, lambda: self._serve(request, version, service, call)

    def vendor_error(self, status: int, request: Request) -> Response:
        """Word an HTTP status as GravityZone does.

        401, 403 and 429 are JSON, the others a page.
        """
        return status_response(status, parse_call(request.body).id)

    def control(self, method: str, path: str, body: bytes) -> Response:
        """Answer the control calls about companies, machines and truth."""
        answer = control_tenant(self.machines, self.truth, method=method, path=path, body=body)
        return answer or super().control(method, path, body)

    def _serve(self, request: Request, version: str, service: str, call: RpcCall) -> Response:
        authorization = request.headers.get("authorization", "")
        if not self._authorized(authorization):
            return status_response(401)
        delay = 0.0
        if self.rate_limits is not None:
            limit = (
                self.rate_limits.licensing
                if call.method in LICENSING_METHODS
                else self.rate_limits.other
            )
            admission = self._limiter.admit((authorization, call.method), limit)
            if not admission.admitted:
                return self.throttled(admission.seconds, request)
            delay = admission.seconds if self._queue_delays else 0.0
        if service != "general" and service not in self.options.enabled_apis:
            if not self.options.api_refused_in_words:
                return status_response(403, call.id)
            words = f"You are not allowed to access the selected API: {service}"
            return error_response(call.id, RpcError(SERVER_ERROR, words))
        answer = self._answer(version, service, call)
        return replace(answer, delay=delay) if delay else answer

    def _answer(self, version: str, service: str, call: RpcCall) -> Response:
        if call.problem is not None:
            return error_response(call.id, call.problem)
        method = self._methods.by_version[version].get(service, {}).get(call.method)
        if method is None:
            unknown = RpcError(
                METHOD_NOT_FOUND, f"The method '{call.method}' does not exist on {service}."
            )
            return error_response(call.id, unknown)
        refusal = self.tenant.reach.refusal_of(call.method, self.tenant.company_named(call.params))
        if refusal is not None:
            refused = RpcError(refusal.code, refusal.details, form=refusal.form)
            return error_response(call.id, refused, refusal.status)
        try:
            return result_response(call.id, method(call.params))
        except RpcError as error:
            return error_response(call.id, error)

    def _is_there(self, version: str, service: str) -> bool:
        if version == "v1.0":
            return service in SERVICES
        return service in self._methods.by_version.get(version, {})

    def _authorized(self, authorization: str) -> bool:
        verdict = self._verdicts.get(authorization)
        if verdict is None:
            if len(self._verdicts) >= _VERDICTS_KEPT:
                self._verdicts.clear()
            verdict = self._verdicts[authorization] = self._is_right(authorization)
        return verdict

    def _is_right(self, authorization: str) -> bool:
        scheme, _, encoded = authorization.partition(" ")
        if scheme.lower() != "basic":
            return False
        try:
            key, colon, password = base64.b64decode(encoded, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return False
        if not key or not colon or password:
            return False
        return self._api_key is None or key == self._api_key
