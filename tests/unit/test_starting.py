"""The first moment of an invocation."""

import sys
from collections.abc import Iterator

import pytest

from tally.errors import CredentialsError, SetupError, TallyError
from tally.runtime.cold_start import started


class Lines(list[object]):
    """A log as its lines."""

    def error(self, msg: object, /) -> None:
        """Write one."""
        self.append(msg)


@pytest.fixture(autouse=True)
def limit() -> Iterator[None]:
    """Python's own limit of stack traces, left as it was found."""
    before = getattr(sys, "tracebacklimit", None)
    yield
    if before is None:
        vars(sys).pop("tracebacklimit", None)
    else:
        sys.tracebacklimit = before


def fails() -> str:
    """A function that cannot be put together."""
    try:
        int("hunter2")
    except ValueError as error:
        raise CredentialsError("The setting CLOSE_DAY is missing.") from error
    return "never"


def test_what_is_put_together_is_handed_over() -> None:
    """SAFE-6: with everything in order, nothing is logged."""
    log = Lines()
    assert started(lambda: "planner", log) == "planner"
    assert log == []
    assert getattr(sys, "tracebacklimit", None) is None


def test_what_is_wrong_is_said_in_one_line() -> None:
    """SAFE-6: the sentence for the operator is logged once and raised without the frames and causes
    of ours.
    """
    log = Lines()
    with pytest.raises(SetupError) as raised:
        started(fails, log)
    assert log == ["The setting CLOSE_DAY is missing."]
    assert type(raised.value) is CredentialsError
    assert raised.value.__suppress_context__
    assert raised.value.__cause__ is None
    assert sys.tracebacklimit == 0


def test_put_right_a_stack_trace_is_one_again() -> None:
    """SAFE-6: once the function starts, later errors show where they come from; a bug of ours is
    never cut short.
    """
    with pytest.raises(TallyError):
        started(fails, Lines())
    assert started(lambda: 1, Lines()) == 1
    assert getattr(sys, "tracebacklimit", None) is None

    def bug() -> int:
        raise ZeroDivisionError

    log = Lines()
    with pytest.raises(ZeroDivisionError):
        started(bug, log)
    assert log == []
