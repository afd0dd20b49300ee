"""An adapter that puts a simulator in place of the network, below real `requests` code.

It opens no socket, starts no thread and waits for nothing.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import lru_cache
from http import HTTPStatus
from types import MappingProxyType
from urllib.parse import parse_qsl, unquote

import requests
from requests.adapters import BaseAdapter
from requests.cookies import RequestsCookieJar
from requests.exceptions import ConnectionError as RequestsConnectionError
from requests.exceptions import ReadTimeout
from requests.structures import CaseInsensitiveDict
from requests.utils import get_encoding_from_headers
from urllib3.exceptions import MaxRetryError, NewConnectionError

from simulators.core import RefusedError, Request, Response, SilenceError, Simulator

type Timeout = float | tuple[float | None, float | None] | None

_NO_COOKIES = RequestsCookieJar()
_REASONS = {status.value: status.phrase for status in HTTPStatus}


class HungForeverError(RuntimeError):
    """A call without a timeout met a silence: over a network it would never have come back."""


class SimulatorAdapter(BaseAdapter):
    """Carries prepared requests to a simulator.

    `session.mount("https://gravityzone.test", adapter)` puts it in place. A caller would wait for a
    slow answer or a timeout. The adapter hands those seconds to `on_delay` instead, which by
    default moves the simulator's clock on.
    """

    def __init__(
        self, simulator: Simulator, *, on_delay: Callable[[float], None] | None = None
    ) -> None:
        super().__init__()
        self.simulator = simulator
        self._on_delay = on_delay or self._advance

    def send(  # noqa: PLR0917 - the signature is requests'
        self,
        request: requests.PreparedRequest,
        stream: bool = False,  # noqa: FBT001, FBT002, ARG002
        timeout: Timeout = None,
        verify: bool | str = True,  # noqa: FBT001, FBT002, ARG002
        cert: object = None,  # noqa: ARG002
        proxies: Mapping[str, str] | None = None,  # noqa: ARG002
    ) -> requests.Response:
        """Answer as the simulator does, or raise what requests raises on the wire.

        Raises:
            requests.exceptions.ConnectionError: refused.
            requests.exceptions.ReadTimeout: no answer, or none within the read timeout; the effect
                may
                have happened.
            HungForeverError: no answer, and the caller gave no read timeout.
        """
        limit = timeout[1] if isinstance(timeout, tuple) else timeout
        try:
            answer = self.simulator.handle(_request(request))
        except RefusedError as error:
            # As requests wraps what urllib3 raises: from the cause a client can tell that nothing
            # was sent.
            refused = NewConnectionError(None, str(error))  # type: ignore[arg-type]  # the connection is named in its text alone
            retried = MaxRetryError(None, request.url or "", refused)  # type: ignore[arg-type]  # likewise
            raise RequestsConnectionError(retried, request=request) from None
        except SilenceError as error:
            if limit is None:
                raise HungForeverError(
                    f"{request.method} {request.url}: no timeout was given"
                ) from None
            self._on_delay(limit)
            raise ReadTimeout(str(error), request=request) from None
        if answer.delay:
            if limit is not None and answer.delay > limit:
                self._on_delay(limit)
                raise ReadTimeout(f"no answer within {limit} s", request=request)
            self._on_delay(answer.delay)
        return _InProcessResponse(request, answer)

    def close(self) -> None:
        """Nothing is held open."""

    def _advance(self, seconds: float) -> None:
        self.simulator.clock.advance(_span(seconds))


class _Headers(CaseInsensitiveDict[str]):
    """Headers as requests has them, filled at once: one by one costs three times as much."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        self._store = {name.lower(): (name, value) for name, value in headers.items()}


class _InProcessResponse(requests.Response):
    """A response whose content is there already; `http.client` would cost ten times the rest."""

    def __init__(self, request: requests.PreparedRequest, answer: Response) -> None:
        # Not requests' own: it makes a cookie jar with its lock for every answer, which costs more
        # than the rest here.
        self._next = None
        self._content = answer.body
        self._content_consumed = True
        self.status_code = answer.status
        self.headers = _Headers(answer.headers)
        self.encoding = _encoding(answer.headers.get("Content-Type", ""))
        self.history = []
        self.cookies = _NO_COOKIES
        self.raw = None
        self.reason = _REASONS.get(answer.status, "")
        self.url = request.url or ""
        self.request = request


def _request(prepared: requests.PreparedRequest) -> Request:
    url = prepared.url or ""
    path_start = url.find("/", url.find("://") + 3)
    path, _, query = (url[path_start:] if path_start >= 0 else "/").partition("?")
    body = prepared.body
    if body is None:
        body = b""
    elif isinstance(body, str):
        body = body.encode()
    elif not isinstance(body, bytes):
        raise TypeError(f"the simulators take bodies of bytes or text, not {type(body).__name__}")
    return Request(
        prepared.method or "GET",
        unquote(path) if "%" in path else path,
        _parsed(query) if query else {},
        prepared.headers,
        body,
    )


@lru_cache(maxsize=4096)
def _parsed(query: str) -> Mapping[str, str]:
    return MappingProxyType(dict(parse_qsl(query, keep_blank_values=True)))


@lru_cache(maxsize=64)
def _span(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)


@lru_cache(maxsize=64)
def _encoding(content_type: str) -> str | None:
    return get_encoding_from_headers(CaseInsensitiveDict({"Content-Type": content_type}))
