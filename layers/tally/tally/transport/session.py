"""One attempt at a call over `requests`.

Its outcome is data, since an exception of requests would carry the request and its keys along.
"""

import ssl
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import requests
from requests.adapters import BaseAdapter
from requests.exceptions import ConnectTimeout, InvalidURL, ProxyError, ReadTimeout
from urllib3.exceptions import (
    HTTPError,
    LocationValueError,
    NameResolutionError,
    NewConnectionError,
    ReadTimeoutError,
)

from tally.redaction import redact
from tally.transport.answer_timeout import BoundedAdapter
from tally.transport.failures import Loss, NoAnswer

LONGEST_CONNECT = 3.0
"""Seconds to wait for a connection, at most; a host that is up takes a fraction of one."""
LARGEST_BODY = 16 << 20
"""Bytes of an unpacked body that are read at most; a list of 100,000 companies has 10 million."""
_PART = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """The way to an address: proxies by scheme, and the certificates that are trusted.

    ``verify`` is the path of the certificates; True stands for those of requests.
    """

    proxies: dict[str, str]
    verify: bool | str


DIRECT = Way(proxies={}, verify=True)

type Network = Callable[[str], Way]
"""Gives the way to an address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """An answer of any status; ``whole`` says that its body was read to the end."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    whole: bool


def prepared(method: str, url: str, headers: Mapping[str, str]) -> requests.PreparedRequest:
    """Return a request to be copied for each call.

    It has no cookie jar: no cookie is ever sent, and each copy would copy the jar.
    """
    request = requests.PreparedRequest()
    request.prepare_method(method)
    request.prepare_url(url, None)
    request.prepare_headers(headers)
    return request


class Attempts:
    """Makes attempts.

    After the connection, one takes ``timeout`` seconds at most, to the end of the answer. None
    follows a redirect: keys go to no other address than the operator's.
    """

    def __init__(
        self,
        *,
        timeout: float,
        adapter: BaseAdapter | None = None,
        network: Network = lambda _: DIRECT,
    ) -> None:
        self._network = network
        self._timeouts = (min(timeout, LONGEST_CONNECT), timeout)
        # A session of requests would ask the environment for a proxy or a .netrc with other
        # credentials, keep cookies, and work out a redirect's target even if it is to follow none.
        self._adapter = adapter or BoundedAdapter()

    @property
    def slowest(self) -> float:
        """Seconds of the longest attempt, with its connection."""
        return sum(self._timeouts)

    def make(self, request: requests.PreparedRequest) -> Received | NoAnswer:
        """Send the request once, and read the answer."""
        way = self._network(request.url or "")
        try:
            return _received(
                self._adapter.send(
                    request,
                    # Read in parts, so that a body without end can be cut off.
                    stream=True,
                    timeout=self._timeouts,
                    proxies=way.proxies,
                    verify=way.verify,
                )
            )
        # Every error of requests is an OSError; urllib3's are not, and some of them come through.
        # For a chunk of a negative size a ValueError does.
        except (OSError, HTTPError, ValueError) as error:
            return self._no_answer(error)

    def _no_answer(self, error: Exception) -> NoAnswer:
        connect, read = self._timeouts
        causes = list(_causes(error))
        for kind, loss, why in _KNOWN:
            if any(isinstance(cause, kind) for cause in causes):
                return NoAnswer(loss, why.format(connect=connect, read=read))
        return NoAnswer(Loss.UNKNOWN, f"the connection broke ({type(error).__name__})")


# The texts are our own: those of requests hold addresses of objects, so no two of them are equal.
# InvalidHeader is not among what was not sent: an answer's header raises it, as for two lengths.
_KNOWN = (
    (ssl.SSLCertVerificationError, Loss.UNTRUSTED, "the host's certificate is not trusted"),
    (ProxyError, Loss.NOT_SENT, "the proxy of this machine's environment lets nothing through"),
    (ConnectTimeout, Loss.NOT_SENT, "no connection within {connect:g} s"),
    ((ReadTimeout, ReadTimeoutError), Loss.LATE, "no answer within {read:g} s"),
    (NameResolutionError, Loss.NOT_SENT, "the host's name is not known"),
    (NewConnectionError, Loss.NOT_SENT, "no connection"),
    ((InvalidURL, LocationValueError), Loss.NOT_SENT, "the request cannot be sent"),
)


def _received(response: requests.Response) -> Received:
    # An adapter in place of the network gives an answer without a connection.
    if response.raw is None:
        body = response.content or b""
        return _whole(response, body)
    parts, size = [], 0
    for part in response.iter_content(_PART):
        parts.append(part)
        size += len(part)
        if size > LARGEST_BODY:
            response.close()
            break
    return _whole(response, b"".join(parts))


def _whole(response: requests.Response, body: bytes) -> Received:
    return Received(
        status=response.status_code,
        headers=response.headers,
        # A server may repeat the request's keys in its answer: from here on none is left (SAFE-10).
        body=redact.body(body),
        whole=len(body) <= LARGEST_BODY,
    )


def _causes(error: Exception) -> Iterator[Exception]:
    """Give the error and those inside it: requests and urllib3 wrap in arguments and ``reason``."""
    yield error
    for inner in (*error.args, getattr(error, "reason", None)):
        if isinstance(inner, Exception):
            yield from _causes(inner)
