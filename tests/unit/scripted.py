"""Answers of a test's own making in place of the network, for what the simulators are too truthful
to say.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
import requests
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict

from tally.errors import TallyError

type Loose = Any
"""Values and arguments of whatever type is wanted where they go."""
type Step = requests.Response | Exception
type Script = Callable[[requests.PreparedRequest], Step]


def answer(
    status: int, body: bytes | str = b"", headers: Mapping[str, str] | None = None
) -> requests.Response:
    """An answer whose body has been read."""
    response = requests.Response()
    response.status_code = status
    response._content = body.encode() if isinstance(body, str) else body
    response._content_consumed = True  # type: ignore[attr-defined]  # the stubs leave it out
    response.headers = CaseInsensitiveDict(headers or {})
    return response


class Scripted(BaseAdapter):
    """Gives each call the next step, the last one for ever, or what a function makes of the call;
    keeps the calls.
    """

    def __init__(self, steps: Iterable[Step] | Script) -> None:
        super().__init__()
        self._steps = steps if callable(steps) else list(steps)
        self.requests: list[requests.PreparedRequest] = []
        self.options: list[dict[str, Any]] = []

    def send(self, request: requests.PreparedRequest, **options: Loose) -> requests.Response:  # type: ignore[override]
        self.requests.append(request)
        self.options.append(options)
        step = self._next(request)
        if isinstance(step, Exception):
            if isinstance(step, requests.RequestException):
                step.request = request
            raise step
        step.request = request
        step.url = request.url or ""
        return step

    def _next(self, request: requests.PreparedRequest) -> Step:
        if callable(self._steps):
            return self._steps(request)
        return self._steps[min(len(self.requests), len(self._steps)) - 1]

    def close(self) -> None:
        pass


def error_of(call: Callable[[], object]) -> TallyError:
    """The error that a call raises."""
    with pytest.raises(TallyError) as caught:
        call()
    return caught.value


@dataclass(slots=True)
class NoPace:
    """A pace that nobody has to wait for; counts the attempts, and the refusals that it was told
    of.
    """

    taken: int = 0
    slowed: int = 0

    def take(self) -> None:
        """Let an attempt through."""
        self.taken += 1

    def slow_down(self) -> None:
        """Note a refusal."""
        self.slowed += 1
