"""The token bucket that paces licensing calls."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tally.gravityzone.pace import TokenBucket


class FakeTime:
    """A monotonic clock that only sleep and `pass_` move."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def pass_(self, seconds: float) -> None:
        self.now += seconds


def test_a_burst_then_an_even_pace() -> None:
    """Design §3: the depth goes through at once, and from then on the rate holds."""
    time = FakeTime()
    bucket = TokenBucket(rate=2.0, depth=3, monotonic=time.monotonic, sleep=time.sleep)
    for _ in range(6):
        bucket.take()
    assert time.slept == pytest.approx([0.5, 0.5, 0.5])


def test_a_pause_fills_the_bucket_to_its_depth_and_no_further() -> None:
    """Design §3: an hour of rest allows one burst, not an hour's worth of calls."""
    time = FakeTime()
    bucket = TokenBucket(rate=1.0, depth=2, monotonic=time.monotonic, sleep=time.sleep)
    for _ in range(3):
        bucket.take()
    time.pass_(3600)
    for _ in range(3):
        bucket.take()
    assert time.slept == pytest.approx([1.0, 1.0])


def test_whoever_comes_while_another_waits_gets_the_next_token() -> None:
    """Design §3: threads that share a bucket are let through one after the other at its rate."""
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 1:
            bucket.take()

    bucket = TokenBucket(rate=1.0, depth=1, monotonic=lambda: 0.0, sleep=sleep)
    bucket.take()
    bucket.take()
    assert slept == pytest.approx([1.0, 2.0], rel=0.01)


def test_a_refusal_slows_it_down_for_long() -> None:
    """Design §3: a limit that is lower than documented is settled at: each refusal slows by a
    tenth, and it comes back slowly.
    """
    time = FakeTime()
    bucket = TokenBucket(rate=1.0, depth=1, monotonic=time.monotonic, sleep=time.sleep)
    bucket.take()
    for _ in range(5):
        bucket.slow_down()
    bucket.take()
    bucket.take()
    assert time.slept == pytest.approx([1.0, 1.1**5], rel=0.01)
    for _ in range(300):
        bucket.take()
    assert time.slept[50] == pytest.approx(1.1**5 * 0.998**50, rel=0.01)
    assert time.slept[-1] == pytest.approx(1.0)


def test_refusals_never_stop_it() -> None:
    """Design §3: however often it is refused, a call a while is still tried."""
    time = FakeTime()
    bucket = TokenBucket(rate=1.0, depth=1, monotonic=time.monotonic, sleep=time.sleep)
    bucket.take()
    for _ in range(1000):
        bucket.slow_down()
    bucket.take()
    bucket.take()
    assert time.slept[-1] == pytest.approx(5.0)


@given(
    rate=st.floats(0.2, 10),
    depth=st.integers(1, 10),
    pauses=st.lists(st.floats(0, 5), min_size=1, max_size=40),
)
def test_no_span_sees_more_than_depth_and_rate(
    rate: float, depth: int, pauses: list[float]
) -> None:
    """Design §3: in any t seconds at most depth + rate * t calls get through, however they
    arrive.
    """
    time = FakeTime()
    bucket = TokenBucket(rate=rate, depth=depth, monotonic=time.monotonic, sleep=time.sleep)
    taken = []
    for pause in pauses:
        time.pass_(pause)
        bucket.take()
        taken.append(time.now)
    for first, start in enumerate(taken):
        for last in range(first, len(taken)):
            assert last - first + 1 <= depth + rate * (taken[last] - start) + 1e-6


@pytest.mark.parametrize(("rate", "depth"), [(0, 1), (-1, 1), (1, 0)])
def test_a_bucket_that_lets_nothing_through_is_refused(rate: float, depth: int) -> None:
    """A rate or depth of nothing is a mistake in the settings, not an endless wait."""
    with pytest.raises(ValueError, match="rate above zero"):
        TokenBucket(rate=rate, depth=depth)
