"""The retry decision: one pure function, and what an answer says about when to come back."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tally.transport.failures import (
    BadAnswer,
    Effect,
    Failure,
    Loss,
    NoAnswer,
    Unreadable,
    may_have_happened,
)
from tally.transport.retry import ATTEMPTS, LONGEST_PAUSE, asked_pause, retry_decision

STATUSES = st.one_of(st.integers(100, 199), st.integers(300, 599))
PAUSES = st.one_of(st.none(), st.floats(0, 100_000))
FAILURES = st.one_of(
    st.builds(NoAnswer, st.sampled_from(Loss), st.just("why")),
    st.builds(BadAnswer, STATUSES, st.just("said"), PAUSES),
    st.builds(Unreadable, st.just("why")),
)


def decide(
    failure: Failure, effect: Effect = Effect.NONE, attempt: int = 1, left: float = math.inf
) -> float | None:
    return retry_decision(
        failure, effect=effect, attempt=attempt, left=left, needs=15.0, jitter=0.0
    )


@pytest.mark.parametrize(
    ("failure", "wait"),
    [
        (NoAnswer(Loss.NOT_SENT, ""), 0.5),
        (NoAnswer(Loss.UNKNOWN, ""), 0.5),
        (NoAnswer(Loss.UNTRUSTED, ""), None),
        (Unreadable(""), None),
        (BadAnswer(301), None),
        (BadAnswer(400), None),
        (BadAnswer(401), None),
        (BadAnswer(403), None),
        (BadAnswer(404), None),
        (BadAnswer(408), None),
        (BadAnswer(409), None),
        (BadAnswer(429), None),
        (BadAnswer(429, pause=0.0), 0.5),
        (BadAnswer(429, pause=2.0), 2.5),
        (BadAnswer(429, pause=5.0), 5.5),
        (BadAnswer(429, pause=5.1), None),
        (BadAnswer(429, pause=30.0), None),
        (BadAnswer(500), 0.5),
        (BadAnswer(502), 0.5),
        (BadAnswer(503, pause=1.0), 1.5),
        (BadAnswer(503, pause=60.0), None),
        (BadAnswer(504), 0.5),
    ],
)
def test_what_is_tried_again(failure: Failure, wait: float | None) -> None:
    """SAFE-6: a lost call, a 5xx and a short 429 are tried again; a refusal, a garbled answer, a
    long pause are not.
    """
    assert decide(failure) == wait


def test_waits_grow_and_end() -> None:
    """SAFE-6: the waits double, and after the third attempt there is none."""
    waits = [decide(BadAnswer(500), attempt=attempt) for attempt in range(1, 5)]
    assert waits == [0.5, 1.0, None, None]


def test_jitter_spreads_the_waits() -> None:
    """SAFE-6: callers that failed together come back apart, up to twice as late."""
    waits = [
        retry_decision(
            BadAnswer(500), effect=Effect.NONE, attempt=1, left=60, needs=15, jitter=jitter
        )
        for jitter in (0.0, 0.5, 1.0)
    ]
    assert waits == [0.5, 0.75, 1.0]


@given(failure=FAILURES, attempt=st.integers(1, 10), left=st.floats(0, 1e6), jitter=st.floats(0, 1))
def test_what_makes_something_is_never_repeated(
    failure: Failure, attempt: int, left: float, jitter: float
) -> None:
    """SAFE-2: no failure whatever makes a POST go out twice."""
    # Fmt: skip.
    assert (
        retry_decision(
            failure, effect=Effect.CREATES, attempt=attempt, left=left, needs=1.0, jitter=jitter
        )
        is None
    )


@given(
    failure=FAILURES,
    effect=st.sampled_from(Effect),
    attempt=st.integers(1, 10),
    times=st.tuples(st.floats(0, 1e6), st.floats(0, 60), st.floats(0, 1)),
)
def test_no_retry_outlasts_its_limits(
    failure: Failure, effect: Effect, attempt: int, times: tuple[float, float, float]
) -> None:
    """SAFE-6: a retry is one of at most two, its wait is short, and it ends before the deadline."""
    left, needs, jitter = times
    wait = retry_decision(
        failure, effect=effect, attempt=attempt, left=left, needs=needs, jitter=jitter
    )
    if wait is not None:
        assert attempt < ATTEMPTS
        assert 0 < wait <= LONGEST_PAUSE + 2.0
        assert wait + needs <= left


@given(effect=st.sampled_from(Effect), pause=st.floats(LONGEST_PAUSE, 1e5, exclude_min=True))
def test_a_long_pause_is_never_slept_away(effect: Effect, pause: float) -> None:
    """SAFE-6: a pause of more than a few seconds goes back to the queue at once."""
    assert decide(BadAnswer(429, pause=pause), effect) is None


@pytest.mark.parametrize(
    ("failure", "possible"),
    [
        (NoAnswer(Loss.NOT_SENT, ""), False),
        (NoAnswer(Loss.UNTRUSTED, ""), False),
        (NoAnswer(Loss.UNKNOWN, ""), True),
        (Unreadable(""), True),
        (BadAnswer(307), False),
        (BadAnswer(400), False),
        (BadAnswer(429), False),
        (BadAnswer(499), False),
        (BadAnswer(500), True),
        (BadAnswer(599), True),
        (BadAnswer(101), True),
        (BadAnswer(999), True),
    ],
)
def test_what_may_have_happened(failure: Failure, possible: bool) -> None:
    """SAFE-2: only what was not sent, was redirected or was refused with a 4xx has surely not
    happened.
    """
    assert may_have_happened(failure) is possible


@pytest.mark.parametrize(
    ("headers", "said", "pause"),
    [
        ({"Retry-After": "30"}, "", 30.0),
        ({"Retry-After": " 7 "}, "", 7.0),
        ({"Retry-After": "\x1f7\x85"}, "", 7.0),
        ({"Retry-After": "0"}, "", 0.0),
        ({"Retry-After": "1.5"}, "", 1.5),
        ({"Retry-After": "-3"}, "", None),
        ({"Retry-After": "soon"}, "", None),
        ({"Retry-After": "nan"}, "", None),
        ({"Retry-After": "inf"}, "", None),
        ({"Retry-After": "٣"}, "", 3.0),
        ({"Retry-After": "9" * 400}, "", 86_400.0),
        (
            {
                "Retry-After": "Sun, 01 Nov 2026 00:00:20 GMT",
                "Date": "Sun, 01 Nov 2026 00:00:05 GMT",
            },
            "",
            15.0,
        ),
        (
            {
                "Retry-After": "Sun, 01 Nov 2026 00:00:00 GMT",
                "Date": "Sun, 01 Nov 2026 00:00:05 GMT",
            },
            "",
            0.0,
        ),
        (
            {
                "Retry-After": "Sun, 01 Nov 2026 00:00:20 -0000",
                "Date": "Sun, 01 Nov 2026 00:00:05 GMT",
            },
            "",
            15.0,
        ),
        ({"Retry-After": "Sun, 01 Nov 2026 00:00:20 GMT"}, "", None),
        ({"Retry-After": "60, 60"}, "", 60.0),
        ({"Retry-After": "5,90 , 7"}, "", 90.0),
        ({"Retry-After": "60, soon, -4, nan,, 1e9"}, "", 60.0),
        ({"Retry-After": "60, 999999999"}, "", 60.0),
        ({"Retry-After": "999999999"}, "", 86_400.0),
        ({"Retry-After": "1e9"}, "", None),
        ({"Retry-After": "0.5"}, "", 0.5),
        ({"Retry-After": "-0.5"}, "", None),
        (
            {
                "Retry-After": "Sun, 01 Nov 2026 00:00:20 GMT, 7",
                "Date": "Sun, 01 Nov 2026 00:00:05 GMT",
            },
            "",
            15.0,
        ),
        (
            {
                "Retry-After": "Sun, 01 Nov 2026 00:00:20 GMT, Sun, 01 Nov 2026 00:00:30 GMT",
                "Date": "Sun, 01 Nov 2026 00:00:05 GMT",
            },
            "",
            25.0,
        ),
        (
            {"Retry-After": "Sunday, 01-Nov-26 00:00:20 GMT", "Date": "Sun Nov  1 00:00:05 2026"},
            "",
            15.0,
        ),
        (
            {
                "Retry-After": "Fri, 31 Dec 9999 23:59:59 GMT",
                "Date": "Sun, 01 Nov 2026 00:00:05 GMT",
            },
            "",
            86_400.0,
        ),
        (
            {
                "Retry-After": "Fri, 31 Dec 9999 23:59:59 -2359",
                "Date": "Sun, 01 Nov 2026 00:00:05 GMT",
            },
            "",
            None,
        ),
        (
            {
                "Retry-After": "Sun, 01 Nov 99999 00:00:20 GMT",
                "Date": "Sun, 01 Nov 2026 00:00:05 GMT",
            },
            "",
            None,
        ),
        (
            {
                "Retry-After": f"1 Nov 2026 00:00:20 +{'9' * 30}",
                "Date": "Sun, 01 Nov 2026 00:00:05 GMT",
            },
            "",
            None,
        ),
        ({"Retry-After": "1 Nov 2026 00:00:20 GMT", "Date": "0, 0"}, "", None),
        ({}, "Too many requests. Please try again in 30 seconds.", 30.0),
        ({"Retry-After": "soon"}, "Please try again in 4 seconds.", 4.0),
        ({"Retry-After": "2"}, "Please try again in 30 seconds.", 2.0),
        ({}, "Too many requests.", None),
        ({}, "", None),
    ],
)
def test_how_long_a_pause_is_asked_for(
    headers: dict[str, str], said: str, pause: float | None
) -> None:
    """SAFE-6: Retry-After is seconds, or a date by the answer's own clock; ConnectWise's text is
    the second source.
    """
    assert asked_pause(headers, said) == pause


WRITTEN = st.one_of(
    st.text(),
    st.lists(st.from_regex(r"-?\d{1,40}(\.\d*)?", fullmatch=True)).map(",".join),
    st.from_regex(
        r"(Sun, )?\d{1,3} (Nov|Feb) \d{1,6} \d{1,3}:\d{1,3}:\d{1,3} (GMT|[+-]\d{1,22})",
        fullmatch=True,
    ),
)


@pytest.mark.slow
@given(after=WRITTEN, date=WRITTEN, said=st.text())
def test_any_wording_of_a_pause_is_survived(after: str, date: str, said: str) -> None:
    """SAFE-6: whatever a proxy writes there, the pause is none or between zero and a day."""
    pause = asked_pause({"Retry-After": after, "Date": date}, said)
    assert pause is None or 0 <= pause <= 86_400
