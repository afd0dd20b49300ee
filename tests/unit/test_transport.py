"""The shared way to both APIs: errors by class, deadlines, redirects, and what leaves the
machine.
"""

import ssl
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from requests import exceptions as wire
from urllib3.exceptions import SSLError as UrllibSSLError

from tally.errors import (
    AmbiguousError,
    ContractError,
    CredentialsError,
    MissingRightError,
    NotFoundError,
    RateLimitedError,
    RefusedError,
    SetupError,
    TallyError,
    TooSlowError,
    TransientError,
)
from tally.transport.failures import Effect
from tally.transport.retry import ATTEMPTS
from tests.unit.scripted import NoPace, Step, answer
from tests.unit.transport_scene import MAKE, READ, SET, World

NOBODY = wire.ConnectTimeout("x")
SILENCE = wire.ReadTimeout("x")
RESET = wire.ConnectionError(ConnectionResetError(104, "reset by peer"))
BROKEN = wire.ChunkedEncodingError("x")
STRANGER = wire.SSLError(UrllibSSLError(ssl.SSLCertVerificationError("self-signed certificate")))


@pytest.mark.parametrize(
    ("step", "read", "write", "attempts"),
    [
        (NOBODY, TransientError, TransientError, 3),
        (SILENCE, TooSlowError, AmbiguousError, 3),
        (RESET, TransientError, AmbiguousError, 3),
        (BROKEN, TransientError, AmbiguousError, 3),
        (STRANGER, SetupError, SetupError, 1),
        (wire.InvalidURL("x"), TransientError, TransientError, 3),
        (answer(302, headers={"Location": "http://[elsewhere"}), SetupError, SetupError, 1),
        (answer(304), SetupError, SetupError, 1),
        (answer(400), ContractError, RefusedError, 1),
        (answer(401), CredentialsError, CredentialsError, 1),
        (answer(403), MissingRightError, MissingRightError, 1),
        (answer(404), NotFoundError, NotFoundError, 1),
        (answer(405), ContractError, RefusedError, 1),
        (answer(408), TooSlowError, TooSlowError, 1),
        (answer(409), TransientError, TransientError, 1),
        (answer(422), ContractError, RefusedError, 1),
        (answer(429), RateLimitedError, RateLimitedError, 1),
        (answer(429, headers={"Retry-After": "2"}), RateLimitedError, RateLimitedError, 3),
        (answer(500), TransientError, AmbiguousError, 3),
        (answer(504), TooSlowError, AmbiguousError, 3),
        (answer(502, "<html>Bad gateway</html>"), TransientError, AmbiguousError, 3),
        (answer(503, headers={"Retry-After": "90"}), RateLimitedError, AmbiguousError, 1),
    ],
)
def test_each_failure_has_its_class(
    step: Step, read: type[TallyError], write: type[TallyError], attempts: int
) -> None:
    """SAFE-2, SAFE-6: the class follows from what came back; only a write can be ambiguous; a POST
    goes out once.
    """
    for effect, expected, times in (
        (READ, read, attempts),
        (SET, write, attempts),
        (MAKE, write, 1),
    ):
        world = World([step])
        assert type(world.error(effect)) is expected, effect
        assert len(world.network.requests) == times, effect


def test_a_later_success_is_a_success() -> None:
    """SAFE-6: what is safe to repeat is repeated until it works, with the waits in between."""
    world = World([SILENCE, answer(500), answer(200, "done")])
    assert world.send().body == b"done"
    assert world.waits == [0.5, 1.0]


@pytest.mark.parametrize(
    "later", [NOBODY, answer(400), answer(403), answer(404), answer(409), answer(429)]
)
def test_a_doubt_is_not_taken_away_by_a_later_refusal(later: Step) -> None:
    """SAFE-2: a PATCH whose first attempt may have taken effect stays ambiguous, whatever the
    second one is told.
    """
    assert type(World([SILENCE, later]).error(SET)) is AmbiguousError


@given(
    steps=st.lists(
        st.sampled_from([200, 204, 302, 400, 404, 409, 429, 500, 503, "lost", "unsent"]), min_size=1
    ),
    effect=st.sampled_from(Effect),
)
def test_certainty_is_never_claimed_falsely(steps: list[int | str], effect: Effect) -> None:
    """SAFE-2: an error other than AmbiguousError means that no attempt at a write can have taken
    effect.
    """
    made = {"lost": SILENCE, "unsent": NOBODY}
    world = World([made[step] if isinstance(step, str) else answer(step) for step in steps])
    try:
        world.send(effect)
    except AmbiguousError:
        assert effect.writes
    except TallyError:
        told = steps[: len(world.network.requests)]
        assert not effect.writes or not {"lost", 500, 503} & set(told)
    assert len(world.network.requests) <= (ATTEMPTS if effect.repeatable else 1)


def test_a_rate_limit_says_how_long() -> None:
    """SAFE-6: the pause asked for is on the error, 30 s where none was named."""
    named, unnamed = (
        World([answer(429, headers={"Retry-After": "77"})]).error(),
        World([answer(429)]).error(),
    )
    assert isinstance(named, RateLimitedError)
    assert isinstance(unnamed, RateLimitedError)
    assert (named.retry_after, unnamed.retry_after) == (
        timedelta(seconds=77),
        timedelta(seconds=30),
    )


def test_nothing_starts_that_could_outlast_the_deadline() -> None:
    """SAFE-6: a call needs the time of its slowest end, 3 s to connect and 10 s to read; without it
    nothing is sent.
    """
    world = World([answer(200)], deadline=lambda: 12.9)
    error = world.error(MAKE)
    assert type(error) is TransientError
    assert "time is up" in str(error)
    assert world.network.requests == []


def test_no_retry_without_time_for_it() -> None:
    """SAFE-6: the wait and one more attempt must fit into the time that is left."""
    world = World([answer(500)], deadline=lambda: 13.4)
    assert type(world.error()) is TransientError
    assert len(world.network.requests) == 1
    assert world.waits == []


def test_time_spent_on_the_pace_counts() -> None:
    """SAFE-6: the deadline is asked again after the pace has been waited for; a doubt from before
    stays one.
    """
    left = iter([18.0, 18.0, 5.0])
    world = World([SILENCE], deadline=lambda: next(left))
    pace = NoPace()
    with pytest.raises(AmbiguousError):
        world.send(SET, pace=pace)
    assert pace.taken == 2
    assert len(world.network.requests) == 1


def test_the_pace_is_told_of_each_refusal() -> None:
    """Design §3: a limit that turns out lower than documented is kept from then on, whichever
    answer shows it.
    """
    pace = NoPace()
    soon = {"Retry-After": "1"}
    World([answer(429, headers=soon), answer(503), answer(200)]).send(pace=pace)
    assert (pace.taken, pace.slowed) == (3, 1)


def test_every_attempt_has_timeouts_and_no_proxy() -> None:
    """Every call has a connect and a read timeout, proves the certificate, and takes nothing from
    the environment.
    """
    world = World([answer(500), answer(200)], timeout=7.0)
    world.send()
    for options in world.network.options:
        assert options["timeout"] == (3.0, 7.0)
        assert options["verify"] is True
        assert options["proxies"] == {}
    assert World([answer(200)], timeout=2.0).send().body == b""


def test_redirects_are_not_followed() -> None:
    """A redirect would carry the keys elsewhere: it is the operator's to set the right address."""
    world = World([answer(301, headers={"Location": "https://elsewhere.test/"}), answer(200)])
    error = world.error()
    assert type(error) is SetupError
    assert "THE_URL" in str(error)
    assert len(world.network.requests) == 1


def test_an_error_names_call_status_and_request() -> None:
    """SAFE-7: the text says which call it was, what came back, and the vendor's id of the request,
    or else ours.
    """
    theirs = World([answer(400, "Cannot do that", {"x-request-id": "abc-1"})]).error()
    assert str(theirs) == 'Vendor GET /things: HTTP 400, "Cannot do that" (request abc-1)'
    assert (
        str(World([answer(400)]).error())
        == "Vendor GET /things: HTTP 400, an empty body (request r1)"
    )
    assert (
        str(World([NOBODY]).error()) == "Vendor GET /things: no connection within 3 s (request r1)"
    )
    assert (
        str(World([RESET]).error())
        == "Vendor GET /things: the connection broke (ConnectionError) (request r1)"
    )


def test_what_an_error_quotes_is_short_and_printable() -> None:
    """SAFE-7: of a page of HTML an error shows one line of 200 characters, control characters left
    out.
    """
    text = str(World([answer(400, "line\r\n\x1b[31m\x00" + "y" * 5000)]).error())
    assert "line [31m yyy" in text
    assert text.count("y") < 205
    assert text.isprintable()


def test_keys_are_struck_out_of_what_is_quoted() -> None:
    """Secrets are never in errors, not even where the other side sends them back, nor in the
    request's id.
    """
    echo = answer(400, "you sent s3cr3t " * 50, {"x-request-id": "s3cr3t"})
    assert "s3cr3t" not in str(World([echo]).error())


def test_a_bug_is_no_failure_of_the_network() -> None:
    """What no network does is not swallowed as if it had."""
    with pytest.raises(ZeroDivisionError):
        World([ZeroDivisionError()]).send()
