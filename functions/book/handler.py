"""The function ``book``: it hands a schedule's event to ``tally.publishing.publish``."""

import os
from dataclasses import asdict
from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from tally import errors
from tally.publishing.book_due import BookDue
from tally.runtime.cold_start import started
from tally.runtime.logs import function_logger, in_words
from tally.runtime.parts.book import BookParts, book_parts

logger = function_logger("book")


@cache
def _parts() -> BookParts:
    return book_parts(os.environ)


@logger.inject_lambda_context(clear_state=True)
@in_words(logger)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Publish the books of the closed months whose records have changed since their last one."""
    parts = started(_parts, logger)
    parts.deadline.set(context.get_remaining_time_in_millis())
    due = BookDue.of(event)
    logger.append_keys(due=due.at.isoformat())
    told: dict[str, Any] = {}
    failures: dict[str, Exception] = {}
    try:
        published = parts.publish(due.at, run=context.aws_request_id)
        told = asdict(published)
        logger.info("published", extra=told)
    except Exception as error:  # noqa: BLE001 - it is raised below
        failures["books"] = error
    # A month whose book failed keeps no other month's statements from their agreements.
    try:
        _attach(parts, due)
    except Exception as error:  # noqa: BLE001 - it is raised below
        failures["statements"] = error
    for part, failure in failures.items():
        # Of a bug and another error, the bug alone is raised.
        logger.warning("failed", extra={"part": part, "why": errors.in_words(failure)})
    if failures:
        _parts.cache_clear()
        raise errors.together(failures)
    return told


def _attach(parts: BookParts, due: BookDue) -> None:
    if parts.attach is None:
        return
    for run in parts.attach(parts.publish.months(due.at)):
        logger.info("attached", extra={**asdict(run), "month": str(run.month)})
        if run.left or run.stopped:
            # The keys may have been changed since this container read them.
            _parts.cache_clear()
