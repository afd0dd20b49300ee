"""A call from its first attempt to its answer or its error."""

import math
import random
import re
import time
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import NamedTuple, Protocol

from pydantic import ValidationError
from requests import PreparedRequest
from requests.adapters import BaseAdapter

from tally.errors import TallyError
from tally.redaction import quoted, redact
from tally.transport.classify import Dialect, error_of
from tally.transport.doubled import doubled_key
from tally.transport.failures import (
    BadAnswer,
    Effect,
    Failure,
    Loss,
    NoAnswer,
    Unreadable,
    is_late,
    may_have_happened,
)
from tally.transport.retry import asked_pause, retry_decision
from tally.transport.session import DIRECT, LARGEST_BODY, Attempts, Network, Received

QUOTED = 200
"""Characters of an answer that an error quotes at most."""
_SHOWN_PROBLEMS = 3
_PAGE = re.compile(rb"(?:\xef\xbb\xbf)?\s*<")
_LOOKED_AT = 65_536
"""Bytes of a body that is not what was asked for: what it says stands in its beginning."""


class Call(NamedTuple):
    """What a call is, for decisions and error texts; ``request_id`` is the one we gave it, if the vendor has such.

    ``divisible``: it can ask for less, and does so rather than the same again where no answer comes in time.
    """

    name: str
    effect: Effect = Effect.NONE
    request_id: str = ""
    divisible: bool = False


class Answer(NamedTuple):
    """A 2xx and its body, or another status that the vendor's client judges itself. ``request_id`` is the vendor's, or else ours."""

    call: Call
    body: bytes
    headers: Mapping[str, str]
    request_id: str
    status: int = HTTPStatus.OK


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

    ``timeout``: seconds after which an attempt is lost. ``deadline``: asked for the seconds that are left;
    no attempt starts that could outlast them. ``sleep``: waits so many seconds. ``jitter``: a number between 0 and 1.
    ``secrets``: strings that nothing may show from here on. ``adapter``: in place of the network. ``listener``: told of each attempt.
    ``network``: the way to an address, straight unless it says otherwise.
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
        network: Network = lambda _: DIRECT,
    ) -> None:
        self._dialect = dialect
        redact.remember(secrets)
        self._attempts = Attempts(timeout=timeout, adapter=adapter, network=network)
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
                raise self._error(
                    NoAnswer(Loss.NOT_SENT, "not sent, the time is up"), call, doubtful=doubtful
                )
            outcome, request_id = self._attempt(request, call)
            if isinstance(outcome, Answer):
                return outcome
            if (
                pace is not None
                and isinstance(outcome, BadAnswer)
                and outcome.status == HTTPStatus.TOO_MANY_REQUESTS
            ):
                pace.slow_down()
            wait = self._wait(outcome, call, attempt, needs)
            if wait is None:
                raise self._error(outcome, call, doubtful=doubtful, request_id=request_id)
            doubtful = doubtful or may_have_happened(outcome)
            self._sleep(wait)

    def parse[T](self, answer: Answer, parser: Callable[[bytes], T], *, of_many: bool = False) -> T:
        """Read an answer with a parser of JSON bytes, which raises ValueError; raises as ``unreadable`` says if it does not fit.

        Nor does it fit where an object has a key twice; but of a list that is everybody's (``of_many``), one odd row is no reason
        to read none.
        """
        try:
            found = parser(answer.body)
        except ValidationError as error:
            problem = _problems(error)
        except ValueError as error:
            problem = str(error)
        else:
            doubled = "" if of_many else doubled_key(answer.body)
            if not doubled:
                return found
            problem = f"it has {shortened(doubled)!r} twice"
        raise self.unreadable(answer, f"{problem}; it answered {self._quoted(answer.body)}")

    def unreadable(self, answer: Answer, why: str) -> TallyError:
        """The error for a 2xx that is not what was promised: of a write ambiguous, of a read against the contract."""
        return self._error(
            Unreadable(why), answer.call, doubtful=False, request_id=answer.request_id
        )

    def text(self, call: Call, what: str, *, request_id: str = "") -> str:
        """An error's text: the call, what happened, and the request's id."""
        request_id = request_id or call.request_id
        return (
            f"{call.name}: {what} (request {request_id})" if request_id else f"{call.name}: {what}"
        )

    def _tell(self, took: float, failure: Failure | None) -> None:
        if self._listener is not None:
            self._listener(took, failure)

    def _attempt(self, request: PreparedRequest, call: Call) -> tuple[Answer | Failure, str]:
        """One attempt: the 2xx that it came to, or how it failed; and the vendor's id of the request, "" if it told none."""
        began = time.perf_counter()
        received = self._attempts.make(request)
        took = time.perf_counter() - began
        if isinstance(received, NoAnswer):
            self._tell(took, received)
            return received, ""
        # From here on nothing that is made of the answer can tell a key (SAFE-10).
        received = received._replace(body=redact.body(received.body))
        name = self._dialect.request_id_header
        request_id = shortened(received.headers.get(name, "")) if name else ""
        outcome = self._outcome(received, call, request_id)
        self._tell(took, self._failure(outcome, received))
        return outcome, request_id

    def _failure(self, outcome: Answer | Failure, received: Received) -> Failure | None:
        """What is told of an attempt: an answer that is read though its status is a refusal's is one too."""
        if not isinstance(outcome, Answer):
            return outcome
        return None if outcome.status < HTTPStatus.MULTIPLE_CHOICES else self._bad_answer(received)

    def _outcome(self, received: Received, call: Call, request_id: str) -> Answer | Failure:
        status, body = received.status, received.body
        accepted = HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES or self._dialect.answers(
            status, body
        )
        if not accepted or is_page(body):
            return self._bad_answer(received)
        if not received.whole:
            return Unreadable(f"its answer is larger than {LARGEST_BODY >> 20} MB", too_large=True)
        return Answer(call, body, received.headers, request_id or call.request_id, status)

    def _bad_answer(self, received: Received) -> BadAnswer:
        body, headers = received.body, received.headers
        status = self._dialect.meaning(received.status, body)
        said = self._dialect.explain(body, headers)
        quoted = f'"{shortened(said)}"' if said else self._quoted(body)
        pause = asked_pause(headers, said or body[:_LOOKED_AT].decode(errors="replace"))
        in_front = not said and status not in self._dialect.pages and _is_in_front(status, body)
        return BadAnswer(status, f"HTTP {received.status}, {quoted}", pause, in_front)

    def _wait(self, failure: Failure, call: Call, attempt: int, needs: float) -> float | None:
        """The seconds until the next attempt, None if there is to be none."""
        if call.divisible and is_late(failure):
            return None
        return retry_decision(
            failure,
            effect=call.effect,
            attempt=attempt,
            left=self._deadline(),
            needs=needs,
            jitter=self._jitter(),
        )

    def _quoted(self, body: bytes) -> str:
        text = redact(body[:_LOOKED_AT].decode(errors="replace"))
        if is_page(body):
            from tally.transport.pages import words_of  # noqa: PLC0415 - no usual call meets one

            return f'a page that begins "{shortened(words_of(text))}"'
        text = shortened(text)
        return f'"{text}"' if text else "an empty body"

    def _error(
        self, failure: Failure, call: Call, *, doubtful: bool, request_id: str = ""
    ) -> TallyError:
        what = failure.said if isinstance(failure, BadAnswer) else failure.why
        text = self.text(call, what, request_id=request_id)
        return error_of(
            failure, effect=call.effect, doubtful=doubtful, text=text, dialect=self._dialect
        )


def is_page(body: bytes) -> bool:
    """Whether a body is HTML or alike: it begins as no JSON does."""
    return _PAGE.match(body) is not None


def _is_in_front(status: int, body: bytes) -> bool:
    """Whether an answer that is not in the vendor's words is none of the vendor's.

    Gateways' own errors and limits (5xx, 408, 429) say what they say whoever words them. Of keys and rights the vendor
    speaks in its own words or says nothing.
    """
    if (
        status in {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS}
        or status >= HTTPStatus.INTERNAL_SERVER_ERROR
    ):
        return False
    return is_page(body) or (
        status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN} and bool(body.strip())
    )


def _problems(error: ValidationError) -> str:
    """What pydantic found, without the input that it would quote in full."""
    shown = error.errors(include_url=False, include_context=False, include_input=False)[
        :_SHOWN_PROBLEMS
    ]
    return "; ".join(
        ": ".join((*(str(part) for part in each["loc"]), each["msg"])) for each in shown
    )


def shortened(text: str) -> str:
    """What an answer said: one printable line without keys, cut off at ``QUOTED`` characters."""
    return quoted(text, QUOTED)
