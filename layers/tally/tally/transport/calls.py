"""A call from its first attempt to its answer or its error."""

import math
import random
import time
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import NamedTuple, Protocol

from pydantic import ValidationError
from requests import PreparedRequest, Response
from requests.adapters import BaseAdapter

from tally.errors import TallyError
from tally.transport.classify import Dialect, error_of
from tally.transport.failures import BadAnswer, Effect, Failure, Loss, NoAnswer, Unreadable, may_have_happened
from tally.transport.keys import Redactor
from tally.transport.retry import asked_pause, retry_decision
from tally.transport.session import Attempts

QUOTED = 200
"""Characters of an answer that an error quotes at most."""
_SHOWN_PROBLEMS = 3


class Call(NamedTuple):
    """What a call is, for decisions and error texts; ``request_id`` is the one we gave it, if the vendor has such."""

    name: str
    effect: Effect = Effect.NONE
    request_id: str = ""


class Answer(NamedTuple):
    """A 2xx and its body. ``request_id`` is the vendor's, or else ours."""

    call: Call
    body: bytes
    headers: Mapping[str, str]
    request_id: str


type Listener = Callable[[float, Failure | None], None]
"""Told of each attempt at a call: how many seconds it took, and how it failed, None if it was answered with a 2xx."""


class Pace(Protocol):
    """How fast calls of a kind may follow one another."""

    def take(self) -> None:
        """Wait until the next attempt may be made."""
        ...

    def slow_down(self) -> None:
        """Take note that an attempt was refused since there were too many."""
        ...


def no_deadline() -> float:
    """Seconds left where nothing presses."""
    return math.inf


class Transport:
    """Makes calls to one vendor.

    ``timeout``: seconds of silence after which an attempt is lost. ``deadline``: asked for the seconds that are left;
    no attempt starts that could outlast them. ``sleep``: waits so many seconds. ``jitter``: a number between 0 and 1.
    ``secrets``: strings that no error may show. ``adapter``: in place of the network. ``listener``: told of each attempt.
    """

    def __init__(
        self,
        dialect: Dialect,
        *,
        secrets: Iterable[str],
        timeout: float,
        deadline: Callable[[], float] = no_deadline,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = random.random,
        adapter: BaseAdapter | None = None,
        listener: Listener | None = None,
    ) -> None:
        self._dialect = dialect
        self._redact = Redactor(secrets)
        self._attempts = Attempts(timeout=timeout, adapter=adapter)
        self._deadline = deadline
        self._sleep = sleep
        self._jitter = jitter
        self._listener = listener

    def send(self, request: PreparedRequest, call: Call, *, pace: Pace | None = None) -> Answer:
        """Make the call, again where that is safe, and answer its 2xx; raises the TallyError that fits.

        ``pace`` is kept before each attempt, and told of each 429.
        """
        attempt, doubtful, needs = 0, False, self._attempts.slowest
        while True:
            attempt += 1
            if pace is not None:
                pace.take()
            if self._deadline() < needs:
                raise self._error(NoAnswer(Loss.NOT_SENT, "not sent, the time is up"), call, doubtful=doubtful)
            began = time.perf_counter()
            answer = self._attempts.make(request)
            took = time.perf_counter() - began
            failure: NoAnswer | BadAnswer
            if isinstance(answer, NoAnswer):
                failure, request_id = answer, ""
            else:
                request_id = self._request_id(answer)
                if HTTPStatus.OK <= answer.status_code < HTTPStatus.MULTIPLE_CHOICES:
                    self._tell(took, None)
                    return self._answer(answer, call, request_id)
                failure = self._bad_answer(answer)
                if pace is not None and failure.status == HTTPStatus.TOO_MANY_REQUESTS:
                    pace.slow_down()
            self._tell(took, failure)
            wait = retry_decision(
                failure,
                effect=call.effect,
                attempt=attempt,
                left=self._deadline(),
                needs=needs,
                jitter=self._jitter(),
            )
            if wait is None:
                raise self._error(failure, call, doubtful=doubtful, request_id=request_id)
            doubtful = doubtful or may_have_happened(failure)
            self._sleep(wait)

    def parse[T](self, answer: Answer, parser: Callable[[bytes], T]) -> T:
        """Read an answer with a parser of JSON bytes, which raises ValueError; raises as ``unreadable`` says if it does not fit."""
        try:
            return parser(answer.body)
        except ValidationError as error:
            problem = _problems(error)
        except ValueError as error:
            problem = str(error)
        raise self.unreadable(answer, f"{problem}; it answered {self._quoted(answer.body)}")

    def unreadable(self, answer: Answer, why: str) -> TallyError:
        """The error for a 2xx that is not what was promised: of a write ambiguous, of a read against the contract."""
        return self._error(Unreadable(why), answer.call, doubtful=False, request_id=answer.request_id)

    def text(self, call: Call, what: str, *, request_id: str = "") -> str:
        """An error's text: the call, what happened, and the request's id, without any key."""
        request_id = request_id or call.request_id
        return self._redact(f"{call.name}: {what} (request {request_id})" if request_id else f"{call.name}: {what}")

    def _tell(self, took: float, failure: Failure | None) -> None:
        if self._listener is not None:
            self._listener(took, failure)

    def _answer(self, response: Response, call: Call, request_id: str) -> Answer:
        body = response.content or b""
        return Answer(call=call, body=body, headers=response.headers, request_id=request_id or call.request_id)

    def _request_id(self, response: Response) -> str:
        name = self._dialect.request_id_header
        return shortened(response.headers.get(name, "")) if name else ""

    def _bad_answer(self, response: Response) -> BadAnswer:
        body = response.content or b""
        status = self._dialect.meaning(response.status_code, body)
        said = self._dialect.explain(body)
        quoted = f'"{shortened(self._redact(said))}"' if said else self._quoted(body)
        pause = asked_pause(response.headers, said or body.decode(errors="replace"))
        return BadAnswer(status, f"HTTP {response.status_code}, {quoted}", pause)

    def _quoted(self, body: bytes) -> str:
        text = shortened(self._redact(body.decode(errors="replace")))
        return f'"{text}"' if text else "an empty body"

    def _error(self, failure: Failure, call: Call, *, doubtful: bool, request_id: str = "") -> TallyError:
        what = failure.said if isinstance(failure, BadAnswer) else failure.why
        text = self.text(call, what, request_id=request_id)
        return error_of(failure, effect=call.effect, doubtful=doubtful, text=text, dialect=self._dialect)


def _problems(error: ValidationError) -> str:
    """What pydantic found, without the input that it would quote in full."""
    shown = error.errors(include_url=False, include_context=False, include_input=False)[:_SHOWN_PROBLEMS]
    return "; ".join(": ".join((*(str(part) for part in each["loc"]), each["msg"])) for each in shown)


def shortened(text: str) -> str:
    """One printable line, cut off at ``QUOTED`` characters."""
    if not text.isprintable():
        text = "".join(char if char.isprintable() else " " for char in text)
    line = " ".join(text.split())
    return line if len(line) <= QUOTED else f"{line[:QUOTED]}…"
