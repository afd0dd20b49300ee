"""Put a function together at its first invocation, or log in one line why that is impossible."""

import sys
from collections.abc import Callable
from logging import Logger as StandardLogger
from typing import Protocol

from tally.errors import TallyError


class Log(Protocol):
    """The part of a logger that is used; Powertools' has it."""

    def error(self, msg: object, /) -> None:
        """Write one line."""
        ...


def started[T](build: Callable[[], T], log: Log | StandardLogger) -> T:
    """Return the result of ``build``; log its TallyError as one line, and raise it anew (SAFE-6).

    The operator has to act. A stack trace would hide the sentence that says how.
    """
    try:
        built = build()
    except TallyError as error:
        log.error(str(error))  # noqa: TRY400 - the traceback would hide it
        # Lambda's runtime reports the stack of an exception with traceback.extract_tb, which shows
        # no frames at this limit.
        sys.tracebacklimit = 0
        raise type(error)(str(error)) from None
    if getattr(sys, "tracebacklimit", None) == 0:
        del sys.tracebacklimit
    return built
