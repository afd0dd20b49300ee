"""One attempt at a call over `requests`. What comes of it is data: no exception carries request and keys along."""

import ssl
from collections.abc import Iterator, Mapping

import requests
from requests.adapters import BaseAdapter
from requests.exceptions import ConnectTimeout, InvalidHeader, InvalidURL, ReadTimeout
from urllib3.exceptions import HTTPError, LocationValueError, NameResolutionError, NewConnectionError, ReadTimeoutError

from tally.transport.failures import Loss, NoAnswer

LONGEST_CONNECT = 3.0
"""Seconds to wait for a connection at most; a host that is there answers in a fraction of one."""


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
        if adapter is not None:
            self.mount("https://", adapter)
            self.mount("http://", adapter)

    def resolve_redirects(self, *_args: object, **_kwargs: object) -> Iterator[requests.Response]:
        """There are none."""
        return iter(())


class Attempts:
    """Makes attempts with explicit timeouts, in seconds: ``timeout`` for each wait for data."""

    def __init__(self, *, timeout: float, adapter: BaseAdapter | None = None) -> None:
        self._timeouts = (min(timeout, LONGEST_CONNECT), timeout)
        self._session = DirectSession(adapter)

    @property
    def slowest(self) -> float:
        """Seconds after which an attempt has usually ended, whatever happens."""
        return sum(self._timeouts)

    def make(self, request: requests.PreparedRequest) -> requests.Response | NoAnswer:
        """Send the request once. The answer's body has been read."""
        try:
            return self._session.send(request, timeout=self._timeouts, allow_redirects=False, proxies={})
        except (OSError, HTTPError) as error:  # every error of requests is an OSError
            return self._no_answer(error)

    def _no_answer(self, error: Exception) -> NoAnswer:
        connect, read = self._timeouts
        causes = list(_causes(error))
        for kind, loss, why in _KNOWN:
            if any(isinstance(cause, kind) for cause in causes):
                return NoAnswer(loss, why.format(connect=connect, read=read))
        return NoAnswer(Loss.UNKNOWN, f"the connection broke ({type(error).__name__})")


# Texts of our own: those of requests hold addresses of objects, and differ from one time to the next.
_KNOWN = (
    (ssl.SSLCertVerificationError, Loss.UNTRUSTED, "the host's certificate is not trusted"),
    (ConnectTimeout, Loss.NOT_SENT, "no connection within {connect:g} s"),
    ((ReadTimeout, ReadTimeoutError), Loss.UNKNOWN, "no answer within {read:g} s"),
    (NameResolutionError, Loss.NOT_SENT, "the host's name is not known"),
    (NewConnectionError, Loss.NOT_SENT, "no connection"),
    ((InvalidURL, InvalidHeader, LocationValueError), Loss.NOT_SENT, "the request cannot be sent"),
)


def _causes(error: Exception) -> Iterator[Exception]:
    """The error and those inside it: requests and urllib3 wrap by argument and by ``reason``."""
    yield error
    for inner in (*error.args, getattr(error, "reason", None)):
        if isinstance(inner, Exception):
            yield from _causes(inner)
