"""The first moment of an invocation: put the function together, or say in one line why that cannot be done."""

import sys
from collections.abc import Callable
from logging import Logger as StandardLogger
from typing import Protocol

from tally.errors import TallyError


class Log(Protocol):
    """What is needed of a logger; Powertools' is one."""

    def error(self, msg: object, /) -> None:
        """Write one line."""
        ...


def started[T](build: Callable[[], T], log: Log | StandardLogger) -> T:
    """What ``build`` gives. Its TallyError is logged as one line and raised anew, so that the invocation fails (SAFE-6).

    The operator has to act on it, and a stack trace of ours would only hide the sentence that says how.
    """
    try:
        built = build()
    except TallyError as error:
        log.error(str(error))  # noqa: TRY400 - without the traceback, on purpose
        # Lambda's runtime reports the frames of what is raised; it leaves them out at this limit
        # (traceback.extract_tb).
        sys.tracebacklimit = 0
        raise type(error)(str(error)) from None
    if getattr(sys, "tracebacklimit", None) == 0:
        del sys.tracebacklimit
    return built
