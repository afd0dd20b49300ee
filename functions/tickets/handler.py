"""The tickets function: each firing of its schedule is one round of ``tally.asking``."""

import os
from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from tally.asking.round import Asked
from tally.errors import TallyError
from tally.runtime.cold_start import started
from tally.runtime.logs import function_logger, in_words
from tally.runtime.parts.tickets import TicketsFunction, tickets_parts

logger = function_logger("tickets")


@cache
def _tickets() -> TicketsFunction | None:
    return tickets_parts(os.environ)


@logger.inject_lambda_context(clear_state=True)
@in_words(logger)
def handler(_event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Look at open tickets, and ask what is not asked yet.

    Raises SeveralError in the end if some questions failed: all others were gone on with.
    """
    function = started(_tickets, logger)
    if function is None:
        return {"skipped": "no board for tickets is set"}
    function.deadline.set(context.get_remaining_time_in_millis())
    try:
        asked = function.round()
    except TallyError:
        # The keys may have been changed since this container read them.
        _tickets.cache_clear()
        raise
    told = _told(asked)
    log = logger.warning if asked.failures else logger.info
    log("asked", extra={**told, "ConnectWise": function.traffic.taken().figures()})
    if asked.failures:
        _tickets.cache_clear()
        raise asked.error()
    return told


def _told(asked: Asked) -> dict[str, Any]:
    return {
        "looked": asked.looked,
        "made": asked.made,
        "left_out": asked.left_out,
        "put_off": asked.put_off,
        "failures": asked.failures,
    }
