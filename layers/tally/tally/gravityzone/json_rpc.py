"""Calls to GravityZone by JSON-RPC 2.0, their set-up, and the errors it answers them with."""

import random
import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import Any, TypedDict

from pydantic import SecretStr, ValidationError
from pydantic_core import to_json
from requests import PreparedRequest
from requests.adapters import BaseAdapter

from tally.errors import RateLimitedError, TallyError
from tally.gravityzone.models import ApiKeyDetails, RpcAnswer, RpcError
from tally.gravityzone.refusals import (
    WRONG_KEY,
    Refused,
    Rights,
    refusal,
    says_gone,
    says_no_machine,
)
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
from tally.transport.session import DIRECT, Network, prepared
from tally.transport.urls import base_url

URL = "GRAVITYZONE_URL"
# GravityZone's ids have 24 hexadecimal characters.
_ID = re.compile(r"[0-9a-fA-F]{24}")
# Seen in public client code. Bitdefender documents HTTP 429 for a full queue.
_TOO_MANY = -32003
_REMEMBERED = 60.0
"""Seconds for which the key's rights are not asked for again."""
_NAMED = frozenset({"companyId", "parentId", "endpointId"})
_PERSONAL = frozenset({"getNetworkInventoryItems", "getManagedEndpointDetails"})
"""Methods whose answers have addresses and users of machines (documented)."""
_NOT_NOW = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS})


def _explain(body: bytes, _headers: Mapping[str, str]) -> str:
    error = _error_in(body)
    return "" if error is None else str(error)


def _refuses(status: int, body: bytes) -> bool:
    """Return True for a refusal in GravityZone's words, which say more than its status (READ-9)."""
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


DIALECT = Dialect(
    vendor="GravityZone",
    url_setting=URL,
    explain=_explain,
    # A wrong service path is answered with 404 and a page, without JSON (reported from a tenant).
    pages=frozenset({HTTPStatus.NOT_FOUND}),
    advice={
        HTTPStatus.UNAUTHORIZED: WRONG_KEY,
        HTTPStatus.NOT_FOUND: (
            f"{URL} must be the access URL that Control Center shows, ending in /api"
        ),
    },
    answers=_refuses,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer to one method of a service: its result, or its error.

    ``names_one`` says that the call named one company, machine or list.
    """

    answer: Answer
    result: Any
    error: RpcError | None
    service: str
    names_one: bool

    @property
    def request(self) -> str:
        """The call's name with the request's id, for texts."""
        return f"{self.answer.call.name} (request {self.answer.request_id})"


class JsonRpc:
    """Calls methods of GravityZone's services.

    ``request`` has the keys and the access URL with a slash at its end. ``pace_of`` gives the pace
    of a service's calls. ``ids`` gives each call its JSON-RPC id.
    """

    def __init__(
        self,
        request: PreparedRequest,
        transport: Transport,
        *,
        pace_of: Callable[[str], Pace],
        ids: Callable[[], str],
        monotonic: Callable[[], float],
    ) -> None:
        self._request = request
        self._transport = transport
        self._pace_of = pace_of
        self._ids = ids
        self._monotonic = monotonic
        self._rights: tuple[float, frozenset[str] | TallyError] | None = None

    def call(
        self,
        service: str,
        method: str,
        params: Mapping[str, object],
        *,
        of: str,
        version: str = "v1.0",
        of_many: bool = False,
        names_one: bool = False,
    ) -> Reply:
        """Call a method; ``of`` says in error texts what it is asked about.

        ``of_many`` is as of ``Transport.parse``. ``names_one`` says that a refusal of the call can
        be about what it asks for alone; where the params name a company or a machine it can anyway.
        """
        # GravityZone echoes the id (documented), and it may be any text.
        call_id = self._ids()
        name = f"GravityZone {method} of {of}"
        call = Call(name=name, request_id=call_id, personal=method in _PERSONAL)
        request = self._request.copy()
        request.url = f"{self._request.url}{version}/jsonrpc/{service}"
        # GravityZone takes no batches of calls, as far as public client code shows.
        body = to_json({"id": call_id, "jsonrpc": "2.0", "method": method, "params": params})
        request.body = body
        request.headers["Content-Length"] = str(len(body))
        pace = self._pace_of(service)
        answer = self._transport.send(request, call, pace=pace)
        envelope = self._transport.parse(answer, RpcAnswer.of, of_many=of_many)
        # Most failed calls come as HTTP 200 with an error in the body: a limit may do so too.
        if envelope.error is not None and envelope.error.code == _TOO_MANY:
            pace.slow_down()
        # Errors about a request that GravityZone could not read have the id null (JSON-RPC 2.0).
        if envelope.id != call_id and not (envelope.id is None and envelope.error is not None):
            raise self._transport.unreadable(answer, "it answered another request than ours")
        return Reply(
            answer=answer,
            result=envelope.result,
            error=envelope.error,
            service=service,
            names_one=names_one or not _NAMED.isdisjoint(params),
        )

    def result[T](self, reply: Reply, validate: Callable[[Any], T]) -> T:
        """Return the reply's result, validated. Raises the TallyError that its error stands for."""
        if reply.error is not None:
            raise self._error(reply, reply.error)
        # Keys that stand twice were looked for when the envelope was read, where that is asked.
        return self._transport.validated(reply.answer, validate, reply.result)

    def unreadable(self, reply: Reply, why: str) -> TallyError:
        """Return the error for a reply that is not what was promised."""
        return self._transport.unreadable(reply.answer, why)

    def says_gone(self, reply: Reply, company_id: str) -> bool:
        """Return True if the reply says that there is no such company, or none within reach.

        It can say so only of an id in GravityZone's form: others are refused as invalid.
        """
        if reply.error is None or _ID.fullmatch(company_id) is None:
            return False
        return says_gone(reply.error, status=reply.answer.status)

    def says_no_machine(self, reply: Reply, machine_id: str) -> bool:
        """Return True if the reply says that there is no such machine, or none within reach."""
        if reply.error is None or _ID.fullmatch(machine_id) is None:
            return False
        return says_no_machine(reply.error)

    def enabled_apis(self) -> frozenset[str]:
        """Return the services ticked on the API key, as ``getApiKeyDetails`` names them."""
        reply = self.call("general", "getApiKeyDetails", {}, of="the API key")
        return frozenset(self.result(reply, ApiKeyDetails.model_validate).enabled_apis)

    def _error(self, reply: Reply, error: RpcError) -> TallyError:
        status = reply.answer.status
        came_with = "" if status == HTTPStatus.OK else f"HTTP {status}, "
        text = self._transport.text(
            reply.answer.call, f"{came_with}JSON-RPC error {shortened(str(error))}"
        )
        # Bitdefender documents Retry-After with HTTP 429. Its pages disagree about the limits
        # themselves, so the answer's own pause is the one that counts.
        if error.code == _TOO_MANY:
            pause = asked_pause(reply.answer.headers, error.details)
            return RateLimitedError(
                text, retry_after=timedelta(seconds=USUAL_PAUSE if pause is None else pause)
            )
        refused = Refused(
            error=error,
            text=text,
            status=status,
            service=reply.service,
            names_one=reply.names_one,
        )
        return refusal(refused, lambda: self._key_rights(reply.service))

    def _key_rights(self, service: str) -> Rights:
        # The service "general" tells the key's rights: asked after its own refusal, it never ends.
        if service == "general":
            return None
        now = self._monotonic()
        # A refusal may come for hundreds of companies in one tick: they share one look at the key.
        if self._rights is None or now - self._rights[0] > _REMEMBERED:
            try:
                self._rights = now, self.enabled_apis()
            except TallyError as error:
                self._rights = now, error
        return self._rights[1]


class Calling(TypedDict, total=False):
    """Arguments of ``connect`` that clients hand on: those of ``Transport``, and two more.

    ``local_http_host`` is the host that needs no TLS. ``ids`` gives each call its JSON-RPC id.
    """

    local_http_host: str
    timeout: float
    deadline: Callable[[], float]
    jitter: Callable[[], float]
    ids: Callable[[], str]
    adapter: BaseAdapter | None
    listener: Listener | None
    network: Network


def connect(
    *,
    url: str,
    api_key: SecretStr,
    pace_of: Callable[[str], Pace],
    sleep: Callable[[float], None],
    monotonic: Callable[[], float],
    local_http_host: str = "",
    timeout: float = 10.0,
    deadline: Callable[[], float] = no_deadline,
    jitter: Callable[[], float] = random.random,
    ids: Callable[[], str] = lambda: str(uuid.uuid4()),
    adapter: BaseAdapter | None = None,
    listener: Listener | None = None,
    network: Network = lambda _: DIRECT,
) -> JsonRpc:
    """Return the calls to the tenant at the access URL, with its API key."""
    base = base_url(url, setting=URL, local_http_host=local_http_host)
    key = check_key(api_key, name="gravityzone_api_key")
    # HTTP Basic with the key as user and an empty password (documented).
    authorization = basic_auth(key, "")
    headers = {
        "Accept": "application/json",
        "Accept-Encoding": "gzip, deflate",
        "Authorization": authorization,
        "Content-Type": "application/json",
        "User-Agent": "Tally",
    }
    transport = Transport(
        DIALECT,
        secrets=(key, authorization.removeprefix("Basic ")),
        timeout=timeout,
        deadline=deadline,
        sleep=sleep,
        jitter=jitter,
        adapter=adapter,
        listener=listener,
        network=network,
    )
    request = prepared("POST", f"{base}/", headers)
    return JsonRpc(request, transport, pace_of=pace_of, ids=ids, monotonic=monotonic)
