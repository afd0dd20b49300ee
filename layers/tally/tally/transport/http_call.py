"""A call from its first attempt to its answer or its error."""

import math
import random
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Protocol

from pydantic import ValidationError
from requests import PreparedRequest
from requests.adapters import BaseAdapter

from tally.errors import TallyError
from tally.redaction import quoted, redact
from tally.transport.classify import Dialect, error_of
from tally.transport.double_keys import twice
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
from tally.transport.pages import is_in_front, is_page, leads_to, words_of
from tally.transport.retry import asked_pause, retry_decision
from tally.transport.session import DIRECT, LARGEST_BODY, Attempts, Network, Received

QUOTED = 200
"""Characters of an answer that an error quotes, at most."""
_SHOWN_PROBLEMS = 3
_LOOKED_AT = 65_536
"""Bytes that are read of a body that was not asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call, for decisions and error texts.

    ``request_id`` is the one that we gave it, if the vendor takes one. ``divisible`` says that the
    caller can ask for less: after an answer too late it does so, and the call is not repeated.
    ``personal`` says that a 2xx may name people and addresses: no error quotes it.
    ``worded`` says that the vendor has its own words for what it does not find.
    """

    name: str
    effect: Effect = Effect.NONE
    request_id: str = ""
    divisible: bool = False
    personal: bool = False
    worded: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A 2xx with its body, or another status that the vendor's client judges itself.

    ``request_id`` is the vendor's, or else ours.
    """

    call: Call
    body: bytes
    headers: Mapping[str, str]
    request_id: str
    status: int = HTTPStatus.OK


type Listener = Callable[[float, Failure | None], None]
"""Told of each attempt: its seconds, and its failure; None if it was answered with a 2xx."""


class Pace(Protocol):
    """The pace at which calls of a kind may follow one another."""

    def take(self) -> None:
        """Wait until the next attempt may be made."""
        ...

    def slow_down(self) -> None:
        """Take note that an attempt was refused since there were too many."""
        ...


class _Unpaced:
    def take(self) -> None:
        """Let the attempt through."""

    def slow_down(self) -> None:
        """Change nothing."""


_UNPACED: Pace = _Unpaced()


def no_deadline() -> float:
    """Return the seconds that are left where there is no deadline."""
    return math.inf


class Transport:
    """Makes calls to one vendor.

    ``secrets`` are texts that nothing may show from here on. ``timeout`` is the seconds after
    which an attempt is lost. ``deadline`` gives the seconds that are left: no attempt starts that
    could outlast them. ``sleep`` waits so many seconds, and ``jitter`` gives a number between 0
    and 1. ``adapter`` takes the place of the network. ``listener`` is told of each attempt.
    ``network`` gives the way to an address; by default it is direct.
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

    def send(self, request: PreparedRequest, call: Call, *, pace: Pace = _UNPACED) -> Answer:
        """Make the call, and repeat it if that is safe; return its answer.

        ``pace`` is kept before each attempt, and told of each 429.

        Raises:
            TallyError: the call failed for good; the class says who has to act.
        """
        attempt, doubtful, needs = 0, False, self._attempts.slowest
        while True:
            attempt += 1
            pace.take()
            # Lambda ends a function in the midst of a call: then nobody would know if it happened.
            if self._deadline() < needs:
                raise self._error(
                    NoAnswer(Loss.NOT_SENT, "not sent, the time is up"), call, doubtful=doubtful
                )
            outcome, request_id = self._attempt(request, call)
            if isinstance(outcome, Answer):
                return outcome
            if isinstance(outcome, BadAnswer) and outcome.status == HTTPStatus.TOO_MANY_REQUESTS:
                pace.slow_down()
            wait = self._wait(outcome, call, attempt, needs)
            if wait is None:
                raise self._error(outcome, call, doubtful=doubtful, request_id=request_id)
            doubtful = doubtful or may_have_happened(outcome)
            self._sleep(wait)

    def parse[T](self, answer: Answer, parser: Callable[[bytes], T], *, of_many: bool = False) -> T:
        """Read an answer with ``parser``, which takes JSON and raises ValueError.

        An object that has a key twice cannot be read either. Of a list about everybody
        (``of_many``) only the outermost object is checked: one odd row is no reason to read none.

        Raises:
            TallyError: as ``unreadable`` returns it.
        """
        if doubled := twice(answer.body, of_many=of_many):
            raise self._unfit(answer, doubled)
        return self.validated(answer, parser, answer.body)

    def validated[V, T](self, answer: Answer, validate: Callable[[V], T], value: V) -> T:
        """Return a part of an answer, validated. Raises as ``parse`` does, but for doubled keys."""
        try:
            return validate(value)
        except ValueError as error:
            problem = _problems(error) if isinstance(error, ValidationError) else str(error)
        raise self._unfit(answer, problem)

    def _unfit(self, answer: Answer, problem: str) -> TallyError:
        said = f"{len(answer.body)} bytes" if answer.call.personal else self._quoted(answer.body)
        return self.unreadable(answer, f"{problem}; it answered {said}")

    def unreadable(self, answer: Answer, why: str) -> TallyError:
        """Return the error for a 2xx that is not what was promised.

        For a write it is an AmbiguousError, for a read a ContractError.
        """
        return self._error(
            Unreadable(why), answer.call, doubtful=False, request_id=answer.request_id
        )

    def text(self, call: Call, what: str, *, request_id: str = "") -> str:
        """Return an error's text: the call, what happened, and the request's id."""
        request_id = request_id or call.request_id
        return (
            f"{call.name}: {what} (request {request_id})" if request_id else f"{call.name}: {what}"
        )

    def _tell(self, took: float, failure: Failure | None) -> None:
        if self._listener is not None:
            self._listener(took, failure)

    def _attempt(self, request: PreparedRequest, call: Call) -> tuple[Answer | Failure, str]:
        """Make one attempt; return its answer or failure, and the vendor's request id or ""."""
        began = time.perf_counter()
        received = self._attempts.make(request)
        took = time.perf_counter() - began
        if isinstance(received, NoAnswer):
            self._tell(took, received)
            return received, ""
        name = self._dialect.request_id_header
        request_id = shortened(received.headers.get(name, "")) if name else ""
        outcome = self._outcome(received, call, request_id)
        self._tell(took, self._failure(outcome, received))
        return outcome, request_id

    def _failure(self, outcome: Answer | Failure, received: Received) -> Failure | None:
        """Return the failure that the listener is told of; None for a 2xx."""
        if isinstance(outcome, Answer) and outcome.status >= HTTPStatus.MULTIPLE_CHOICES:
            return self._bad_answer(received, outcome.call)
        return None if isinstance(outcome, Answer) else outcome

    def _outcome(self, received: Received, call: Call, request_id: str) -> Answer | Failure:
        status, body = received.status, received.body
        accepted = HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES or self._dialect.answers(
            status, body
        )
        if not accepted or is_page(body):
            return self._bad_answer(received, call)
        if not received.whole:
            return Unreadable(f"its answer is larger than {LARGEST_BODY >> 20} MB", too_large=True)
        return Answer(
            call=call,
            body=body,
            headers=received.headers,
            request_id=request_id or call.request_id,
            status=status,
        )

    def _bad_answer(self, received: Received, call: Call) -> BadAnswer:
        body, headers = received.body, received.headers
        status = self._dialect.meaning(received.status, body)
        said = self._dialect.explain(body, headers)
        quoted = f'"{shortened(said)}"' if said else self._quoted(body)
        pause = asked_pause(headers, said or body[:_LOOKED_AT].decode(errors="replace"))
        # A firewall's 403 must not count as a missing right of the key.
        own = said or status in self._dialect.pages
        in_front = not own and is_in_front(status, body, worded=call.worded)
        came = f"HTTP {received.status}{leads_to(status, headers)}, {quoted}"
        return BadAnswer(status, came, pause, in_front)

    def _wait(self, failure: Failure, call: Call, attempt: int, needs: float) -> float | None:
        """Return the seconds until the next attempt; None if there is to be none."""
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


def _problems(error: ValidationError) -> str:
    """Say what pydantic found, without the input, which it would quote in full."""
    shown = error.errors(include_url=False, include_context=False, include_input=False)[
        :_SHOWN_PROBLEMS
    ]
    return "; ".join(": ".join((*map(str, each["loc"]), each["msg"])) for each in shown)


def shortened(text: str) -> str:
    """Return a text as one printable line without keys, of ``QUOTED`` characters at most."""
    return quoted(text, QUOTED)
