"""The reporter function: it hands a schedule's event to the use case ``tally.reporter.report``."""

import os
from dataclasses import asdict
from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from tally.reporter.digest_due import DigestDue
from tally.reporter.report import Report
from tally.runtime.cold_start import started
from tally.runtime.logs import function_logger, in_words
from tally.runtime.parts import bootstrap

logger = function_logger("reporter")


@cache
def _report() -> Report:
    return bootstrap.reporter(os.environ)


@logger.inject_lambda_context(clear_state=True)
@in_words(logger)
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Send the digest that the event names to the topic."""
    report = started(_report, logger)
    due = DigestDue.of(event)
    logger.append_keys(digest=due.digest, due=due.at.isoformat())
    reported = report(due.digest, due.at)
    logger.info("reported", extra=asdict(reported))
    return asdict(reported)
