"""The GravityZone port over JSON-RPC 2.0 (Bitdefender's Public API documentation)."""

import random
import re
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from http import HTTPStatus
from typing import Any, NamedTuple

from pydantic import SecretStr, ValidationError
from pydantic_core import to_json
from requests.adapters import BaseAdapter

from tally.domain.model.company import Company, CompanyKind
from tally.domain.model.month import Month
from tally.domain.model.reading import Usage, UsagePerProductType
from tally.errors import RateLimitedError, TallyError
from tally.gravityzone.models import (
    COUNTERS,
    ROWS,
    ApiKeyDetails,
    CompanyDetails,
    CompanyRow,
    LicenseInfo,
    RpcAnswer,
    RpcError,
    UsagesPerProductType,
    id_trouble,
)
from tally.gravityzone.pace import TokenBucket
from tally.transport.api_keys import basic_auth, check_key
from tally.transport.classify import Dialect
from tally.transport.http_call import (
    Answer,
    Call,
    Listener,
    Pace,
    Transport,
    no_deadline,
    shortened,
)
from tally.transport.retry import USUAL_PAUSE, asked_pause
from tally.transport.rows import placed
from tally.transport.session import DIRECT, Network, prepared
from tally.transport.urls import base_url

_URL = "GRAVITYZONE_URL"
_WRONG_KEY = f"the API key is wrong, or {_URL} is of another region than the key"
_PAID_MONTHLY = 3
# Of calls that are not licensing ones, GravityZone takes 10 a second in bursts of 10; half of a
# burst is left to others.
_OTHERS_A_SECOND, _OTHERS_AT_ONCE = 10, 5
_KINDS = (CompanyKind.PARTNER, CompanyKind.CUSTOMER)
_ID = re.compile(r"[0-9a-fA-F]{24}")
_TOO_MANY = -32003
_REMEMBERED = 60.0
"""Seconds for which what the key may do is not asked again."""


def _explain(body: bytes, _headers: Mapping[str, str]) -> str:
    error = _error_in(body)
    return "" if error is None else str(error)


_NOT_NOW = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS})


def _refuses(status: int, body: bytes) -> bool:
    """A refusal in GravityZone's own words, which say more than the status does (READ-9)."""
    refuses = (
        HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR
        and status not in _NOT_NOW
    )
    return refuses and _error_in(body) is not None


def _error_in(body: bytes) -> RpcError | None:
    try:
        return RpcAnswer.model_validate_json(body).error
    except ValidationError:
        return None


_DIALECT = Dialect(
    vendor="GravityZone",
    url_setting=_URL,
    explain=_explain,
    pages=frozenset({HTTPStatus.NOT_FOUND}),  # of a wrong path
    advice={
        HTTPStatus.UNAUTHORIZED: _WRONG_KEY,
        HTTPStatus.NOT_FOUND: (
            f"{_URL} must be the access URL that Control Center shows, ending in /api"
        ),
    },
    answers=_refuses,
)


class _Reply(NamedTuple):
    """An answer to one method of a service: its result, or its error. ``names_one``: the call was about one company."""

    answer: Answer
    result: Any
    error: RpcError | None
    service: str
    names_one: bool


class GravityZoneClient:
    """Reads GravityZone. Implements ``tally.ports.GravityZone``.

    ``url``: the access URL, ending in ``/api``. ``pace``: kept before each attempt at a licensing call; all other calls
    keep to the 10 a second that GravityZone takes of them, by ``monotonic``. ``ids``: gives each call its JSON-RPC id.
    ``on_odd_row`` is told of rows that nobody can place. The others are ``Transport``'s.
    """

    def __init__(
        self,
        *,
        url: str,
        api_key: SecretStr,
        pace: Pace,
        local_http_host: str = "",
        timeout: float = 10.0,
        deadline: Callable[[], float] = no_deadline,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
        jitter: Callable[[], float] = random.random,
        ids: Callable[[], str] = lambda: str(uuid.uuid4()),
        adapter: BaseAdapter | None = None,
        listener: Listener | None = None,
        on_odd_row: Callable[[str], None] = lambda _: None,
        network: Network = lambda _: DIRECT,
    ) -> None:
        base = base_url(url, setting=_URL, local_http_host=local_http_host)
        key = check_key(api_key, name="gravityzone_api_key")
        authorization = basic_auth(key, "")
        headers = {
            "Accept": "application/json",
            "Accept-Encoding": "gzip, deflate",
            "Authorization": authorization,
            "Content-Type": "application/json",
            "User-Agent": "Tally",
        }
        self._request = prepared("POST", f"{base}/v1.0/jsonrpc/", headers)
        self._transport = Transport(
            _DIALECT,
            secrets=(key, authorization.removeprefix("Basic ")),
            timeout=timeout,
            deadline=deadline,
            sleep=sleep,
            jitter=jitter,
            adapter=adapter,
            listener=listener,
            network=network,
        )
        others = TokenBucket(
            rate=_OTHERS_A_SECOND, depth=_OTHERS_AT_ONCE, monotonic=monotonic, sleep=sleep
        )
        self._pace, self._pace_others = pace, others
        self._ids = ids
        self._on_odd_row = on_odd_row
        self._monotonic = monotonic
        self._of_key: tuple[float, frozenset[str] | TallyError] | None = None

    def enabled_apis(self) -> frozenset[str]:
        """The services that are ticked on the API key, as GravityZone names them in ``getApiKeyDetails``."""
        reply = self._call("general", "getApiKeyDetails", {}, of="the API key")
        return frozenset(self._result(reply, ApiKeyDetails.model_validate).enabled_apis)

    def own_company(self) -> Company:
        """The company that the API key belongs to: the MSP itself."""
        reply = self._call("companies", "getCompanyDetails", {}, of="the key's own company")
        return self._company(reply)

    def children(
        self, parent_id: str, *, kind: CompanyKind, monthly_only: bool
    ) -> Sequence[Company]:
        """The companies of one kind directly below ``parent_id``; empty below a customer, which has none.

        The list itself tells neither kind nor licence: its filters are trusted. Not paged (reported from live tenants).
        """
        filters = {"companyType": _KINDS.index(kind)}
        if monthly_only:
            filters["licenseType"] = _PAID_MONTHLY
        params = {"parentId": parent_id, "filters": filters}
        reply = self._call("network", "getCompaniesList", params, of=f"{kind}s below {parent_id}")
        rows, others = placed(self._result(reply, ROWS.validate_python), CompanyRow.model_validate)
        if others and not rows:
            raise self._transport.unreadable(reply.answer, others[0])
        for each in others:
            self._on_odd_row(f"{reply.answer.call.name}: a row that names nobody: {each}")
        # By id, and without the parent, in case an edition of the API repeats a row or lists the
        # parent with the rest.
        names = {row.id: row.name for row in rows if row.id != parent_id}
        return [
            Company(id=each, name=name, kind=kind, parent_id=parent_id, trouble=id_trouble(each))
            for each, name in names.items()
        ]

    def company(self, company_id: str) -> Company | None:
        """One company by id, or None if GravityZone no longer has it, or none within the key's reach.

        Anything but a plain "there is none" raises: a company must not count as gone by mistake. DeclinedError: it is
        refused in other words, of this company alone.
        """
        reply = self._call(
            "companies", "getCompanyDetails", {"companyId": company_id}, of=f"company {company_id}"
        )
        if self._says_gone(reply, company_id):
            return None
        company = self._company(reply)
        if company.id.lower() != company_id.lower():
            raise self._transport.unreadable(reply.answer, f"it answered for company {company.id}")
        return company

    def is_monthly(self, company_id: str) -> bool:
        """Whether its subscription is, at this moment, a paid monthly one (``subscriptionType`` 3).

        Documented as an array, live an object: both are read.
        """
        reply = self._call(
            "licensing", "getLicenseInfo", {"companyId": company_id}, of=f"company {company_id}"
        )
        return self._result(reply, _license_info).subscription_type == _PAID_MONTHLY

    def usage(self, company_id: str, *, month: Month) -> Usage:
        """The counters of that month; ``targetMonth`` is always sent (READ-1)."""
        params = {"companyId": company_id, "targetMonth": month.target}
        reply = self._call(
            "licensing", "getMonthlyUsage", params, of=f"company {company_id}, {month.target}"
        )
        return _usage(self._result(reply, COUNTERS.validate_python), request=_request(reply))

    def usage_per_product_type(self, company_id: str, *, month: Month) -> UsagePerProductType:
        """The counters of that month for each product type (READ-6); ``targetMonth`` is always sent (READ-1).

        Every entry repeats the full set of counters (seen live).
        """
        params = {"companyId": company_id, "targetMonth": month.target}
        of = f"company {company_id}, {month.target}"
        reply = self._call("licensing", "getMonthlyUsagePerProductType", params, of=of)
        request = _request(reply)
        entries = [
            (each.product_type, _usage(each.counters, request=request))
            for each in self._result(reply, UsagesPerProductType.model_validate).usages
        ]
        return UsagePerProductType(entries=entries, request=request)

    def _call(self, service: str, method: str, params: Mapping[str, object], *, of: str) -> _Reply:
        call_id = self._ids()
        call = Call(name=f"GravityZone {method} of {of}", request_id=call_id)
        request = self._request.copy()
        request.url = f"{self._request.url}{service}"
        body = to_json({"id": call_id, "jsonrpc": "2.0", "method": method, "params": params})
        request.body = body
        request.headers["Content-Length"] = str(len(body))
        pace = self._pace if service == "licensing" else self._pace_others
        answer = self._transport.send(request, call, pace=pace)
        envelope = self._transport.parse(answer, RpcAnswer.of, of_many=service == "network")
        if envelope.error is not None and envelope.error.code == _TOO_MANY:
            pace.slow_down()
        if envelope.id != call_id and not (envelope.id is None and envelope.error is not None):
            raise self._transport.unreadable(answer, "it answered another request than ours")
        names_one = not {"companyId", "parentId"}.isdisjoint(params)
        return _Reply(answer, envelope.result, envelope.error, service, names_one)

    def _result[T](self, reply: _Reply, validate: Callable[[Any], T]) -> T:
        if reply.error is not None:
            raise self._error(reply, reply.error)
        return self._transport.parse(reply.answer, lambda _: validate(reply.result))

    def _error(self, reply: _Reply, error: RpcError) -> TallyError:
        """The error of a call that was answered with one: whose it is, is told by whom it is about (READ-9)."""
        status = reply.answer.status
        came_with = "" if status == HTTPStatus.OK else f"HTTP {status}, "
        text = self._transport.text(
            reply.answer.call, f"{came_with}JSON-RPC error {shortened(str(error))}"
        )
        if error.code == _TOO_MANY:
            pause = asked_pause(reply.answer.headers, error.details)
            return RateLimitedError(
                text, retry_after=timedelta(seconds=USUAL_PAUSE if pause is None else pause)
            )
        from tally.gravityzone.refusals import refusal  # noqa: PLC0415 - its patterns are compiled where something is refused

        return refusal(
            error,
            text,
            status=status,
            service=reply.service,
            names_one=reply.names_one,
            key_details=lambda: self._key_details(reply.service),
        )

    def _says_gone(self, reply: _Reply, company_id: str) -> bool:
        if reply.error is None or _ID.fullmatch(company_id) is None:
            return False
        from tally.gravityzone.refusals import says_gone  # noqa: PLC0415 - as above

        return says_gone(reply.error, status=reply.answer.status)

    def _key_details(self, service: str) -> frozenset[str] | TallyError | None:
        """What the key may do, or the error for which that is not known; None where that was just what was asked."""
        if service == "general":
            return None
        now = self._monotonic()
        if self._of_key is None or now - self._of_key[0] > _REMEMBERED:
            try:
                self._of_key = now, self.enabled_apis()
            except TallyError as error:
                self._of_key = now, error
        return self._of_key[1]

    def _company(self, reply: _Reply) -> Company:
        details = self._result(reply, CompanyDetails.model_validate)
        if details.type not in range(len(_KINDS)):
            raise self._transport.unreadable(
                reply.answer, f"it answered type {details.type}, neither partner nor customer"
            )
        return Company(
            id=details.id,
            name=details.name,
            kind=_KINDS[details.type],
            parent_id=details.parent_id or "",
        )


def _request(reply: _Reply) -> str:
    return f"{reply.answer.call.name} (request {reply.answer.request_id})"


def _usage(counters: Mapping[str, Any], *, request: str) -> Usage:
    floors = counters.get("minimumUsage")
    counted = {name: value for name, value in counters.items() if name != "minimumUsage"}
    return Usage(
        counters=counted, floors=floors if isinstance(floors, dict) else {}, request=request
    )


def _license_info(result: object) -> LicenseInfo:
    alone = isinstance(result, list) and len(result) == 1
    return LicenseInfo.model_validate(result[0] if alone else result)  # type: ignore[index]  # a list, if alone
