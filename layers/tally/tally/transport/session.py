"""One attempt at a call over `requests`. What comes of it is data: no exception carries request and keys along."""

import ssl
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

import requests
from requests.adapters import BaseAdapter
from requests.exceptions import ConnectTimeout, InvalidHeader, InvalidURL, ProxyError, ReadTimeout
from urllib3.exceptions import (
    HTTPError,
    LocationValueError,
    NameResolutionError,
    NewConnectionError,
    ReadTimeoutError,
)

from tally.transport.bounded import BoundedAdapter
from tally.transport.failures import Loss, NoAnswer

LONGEST_CONNECT = 3.0
"""Seconds to wait for a connection at most; a host that is there answers in a fraction of one."""
LARGEST_BODY = 16 << 20
"""Bytes of an answer's body that are read at most, unpacked: the largest list that is foreseen (100,000 companies) has some 10 million."""
_PART = 1 << 16


class Way(NamedTuple):
    """How an address is reached: ``proxies`` by scheme, and whose certificates are trusted, by path; True: requests' own."""

    proxies: dict[str, str]
    verify: bool | str


DIRECT = Way(proxies={}, verify=True)

type Network = Callable[[str], Way]
"""The way to an address."""


class Received(NamedTuple):
    """An answer of whatever status; ``whole``: its body was read to the end."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    whole: bool


def prepared(method: str, url: str, headers: Mapping[str, str]) -> requests.PreparedRequest:
    """A request to be copied for each call. It has no cookie jar: none is ever sent, and each copy would copy it."""
    request = requests.PreparedRequest()
    request.prepare_method(method)
    request.prepare_url(url, None)
    request.prepare_headers(headers)
    return request


class DirectSession(requests.Session):
    """A session that takes nothing from the environment and follows no redirect.

    `requests` looks for the target of a redirect after every answer, even where it is told not to follow any, and can fail
    at that.
    """

    def __init__(self, adapter: BaseAdapter | None = None) -> None:
        super().__init__()
        self.trust_env = False
        adapter = adapter or BoundedAdapter()
        self.mount("https://", adapter)
        self.mount("http://", adapter)

    def resolve_redirects(self, *_args: object, **_kwargs: object) -> Iterator[requests.Response]:
        """There are none."""
        return iter(())


class Attempts:
    """Makes attempts that take ``timeout`` seconds at most from the request to the end of the answer, and a connection before."""

    def __init__(
        self,
        *,
        timeout: float,
        adapter: BaseAdapter | None = None,
        network: Network = lambda _: DIRECT,
    ) -> None:
        self._network = network
        self._timeouts = (min(timeout, LONGEST_CONNECT), timeout)
        self._session = DirectSession(adapter)

    @property
    def slowest(self) -> float:
        """Seconds after which an attempt has ended, whatever happens."""
        return sum(self._timeouts)

    def make(self, request: requests.PreparedRequest) -> Received | NoAnswer:
        """Send the request once, and read what is answered."""
        way = self._network(request.url or "")
        try:
            return _received(
                self._session.send(
                    request,
                    stream=True,
                    timeout=self._timeouts,
                    allow_redirects=False,
                    proxies=way.proxies,
                    verify=way.verify,
                )
            )
        except (OSError, HTTPError) as error:  # every error of requests is an OSError
            return self._no_answer(error)

    def _no_answer(self, error: Exception) -> NoAnswer:
        connect, read = self._timeouts
        causes = list(_causes(error))
        for kind, loss, why in _KNOWN:
            if any(isinstance(cause, kind) for cause in causes):
                return NoAnswer(loss, why.format(connect=connect, read=read))
        return NoAnswer(Loss.UNKNOWN, f"the connection broke ({type(error).__name__})")


# Texts of our own: those of requests hold addresses of objects, and differ from one time to the
# next.
_KNOWN = (
    (ssl.SSLCertVerificationError, Loss.UNTRUSTED, "the host's certificate is not trusted"),
    (ProxyError, Loss.NOT_SENT, "the proxy of this machine's environment lets nothing through"),
    (ConnectTimeout, Loss.NOT_SENT, "no connection within {connect:g} s"),
    ((ReadTimeout, ReadTimeoutError), Loss.LATE, "no answer within {read:g} s"),
    (NameResolutionError, Loss.NOT_SENT, "the host's name is not known"),
    (NewConnectionError, Loss.NOT_SENT, "no connection"),
    ((InvalidURL, InvalidHeader, LocationValueError), Loss.NOT_SENT, "the request cannot be sent"),
)


def _received(response: requests.Response) -> Received:
    if response.raw is None:  # its body has come another way than over a connection
        body = response.content or b""
        return Received(response.status_code, response.headers, body, len(body) <= LARGEST_BODY)
    parts, size = [], 0
    for part in response.iter_content(_PART):
        parts.append(part)
        size += len(part)
        if size > LARGEST_BODY:
            response.close()
            break
    return Received(response.status_code, response.headers, b"".join(parts), size <= LARGEST_BODY)


def _causes(error: Exception) -> Iterator[Exception]:
    """The error and those inside it: requests and urllib3 wrap by argument and by ``reason``."""
    yield error
    for inner in (*error.args, getattr(error, "reason", None)):
        if isinstance(inner, Exception):
            yield from _causes(inner)
