"""The set-up of calls to GravityZone, which its clients share."""

import random
import uuid
from collections.abc import Callable
from typing import TypedDict

from pydantic import SecretStr
from requests.adapters import BaseAdapter

from tally.gravityzone.json_rpc import DIALECT, URL, JsonRpc
from tally.transport.api_keys import basic_auth, check_key
from tally.transport.http_call import Listener, Pace, Transport, no_deadline
from tally.transport.session import DIRECT, Network, prepared
from tally.transport.urls import base_url


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
