"""Write log lines: ours at the operator's level, those of libraries at WARNING (SAFE-10).

Lambda's runtime gives the root logger the function's level, and so every library's. At DEBUG,
botocore writes the whole answer of GetSecretValue.
"""

import json
import logging
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from tally.errors import BugError, TallyError
from tally.redaction import told, told_lines

LONGEST_LINE = 2_000
"""The most characters of a library's message."""
LONGEST_FIELD = 8_000
"""The most characters of one field of our lines; stack traces are the longest."""


def function_logger(function: str) -> Logger:
    """Make the function's logger."""
    quiet_libraries()
    return Logger(service=function, json_serializer=_line)


def quiet_libraries() -> None:
    """Let libraries log nothing below WARNING, nothing long, and no key."""
    root = logging.getLogger()
    root.setLevel(max(root.level, logging.WARNING))
    for handler in root.handlers:
        handler.addFilter(_short_and_without_keys)


def in_words[R](
    logger: Logger,
) -> Callable[[Callable[[Any, LambdaContext], R]], Callable[[Any, LambdaContext], R]]:
    """Let a handler raise TallyErrors alone: Lambda's runtime logs an exception's text as it is.

    Libraries are made quiet at each invocation, in case logging was set up anew since the last.
    """

    def wrapped(handler: Callable[[Any, LambdaContext], R]) -> Callable[[Any, LambdaContext], R]:
        @wraps(handler)
        def handle(event: Any, context: LambdaContext) -> R:  # noqa: ANN401 - any JSON
            quiet_libraries()
            try:
                return handler(event, context)
            except TallyError:
                raise
            except Exception as error:
                logger.exception("a bug in Tally")
                bug = BugError.of(error)
            raise bug

        return handle

    return wrapped


def _short_and_without_keys(record: logging.LogRecord) -> bool:
    """Redact and shorten a library's record, without its stack trace, which may quote a key.

    Return False for one below WARNING: a library's logger may have a level of its own.
    """
    if record.levelno < logging.WARNING:
        return False
    raised = (
        "" if not record.exc_info or record.exc_info[1] is None else f": {record.exc_info[1]!r}"
    )
    record.msg, record.args = told(f"{record.getMessage()}{raised}", LONGEST_LINE), None
    record.exc_info = record.exc_text = record.stack_info = None
    vars(record).update({name: _shown(value) for name, value in vars(record).items()})
    return True


def _line(fields: Mapping[str, Any]) -> str:
    """Write one line of ours, with all fields redacted and shortened, the context's too."""
    return json.dumps(_shown(fields), default=str, separators=(",", ":"), ensure_ascii=False)


def _shown(value: Any) -> Any:  # noqa: ANN401 - whatever a line holds
    if isinstance(value, str):
        return told_lines(value, LONGEST_FIELD)
    if isinstance(value, Mapping):
        return {told(str(name), LONGEST_FIELD): _shown(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_shown(each) for each in value]
    return (
        value
        if value is None or isinstance(value, bool | int | float)
        else told_lines(str(value), LONGEST_FIELD)
    )
