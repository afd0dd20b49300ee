"""The planner function: it hands the schedule's event to the use case ``tally.planner.plan``."""

import os
from dataclasses import asdict
from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from tally.errors import TallyError
from tally.messages import Tick
from tally.planner.plan import Planned
from tally.runtime import bootstrap, metrics
from tally.runtime.cold_start import started
from tally.runtime.logs import function_logger, in_words

logger = function_logger("planner")


@cache
def _planner() -> bootstrap.Planner:
    return bootstrap.planner(os.environ)


@logger.inject_lambda_context(clear_state=True)
@in_words(logger)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Plan the tick of the event: put a job on the queue for each company-month that is due."""
    planner = started(_planner, logger)
    planner.deadline.set(context.get_remaining_time_in_millis())
    tick = Tick.of(event)
    logger.append_keys(tick=tick.isoformat())
    told: list[Planned] = []
    try:
        planned = planner.plan(tick, on_planned=told.append)
    except TallyError:
        # The keys may have been changed since this container read them.
        _planner.cache_clear()
        raise
    finally:
        seen = metrics.of_tick(told[0] if told else None)
        metrics.emit_invocation("planner", planner.stack, seen, planner.traffic)
    logger.info("planned", extra=asdict(planned))
    return asdict(planned)
