"""The planner function: it hands the schedule's event to the use case ``tally.planner.plan``."""

import os
from collections.abc import Callable
from dataclasses import asdict
from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from tally.errors import ContradictedError, TallyError
from tally.messages import Tick
from tally.planner.plan import Planned
from tally.runtime import metrics
from tally.runtime.cold_start import started
from tally.runtime.logs import function_logger, in_words
from tally.runtime.parts import bootstrap

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
    logger.append_keys(tick=tick.at.isoformat())
    told: list[Planned] = []
    try:
        planned = _planned(planner, tick, told.append)
    except ContradictedError as error:
        logger.exception("contradicted", extra={"vectors": error.vectors})
        raise
    except TallyError:
        # The keys may have been changed since this container read them.
        _planner.cache_clear()
        raise
    finally:
        # A look writes none of these, or it would hide the silence of ticks from its alarm.
        seen = metrics.of_tick(told[0] if told and not tick.pulse else None)
        metrics.emit_invocation("planner", planner.stack, seen, planner.traffic)
    # A line for each firing that finds nothing would be most of the log.
    log = logger.debug if tick.pulse and planned.skipped else logger.info
    log("planned", extra=asdict(planned))
    return asdict(planned)


def _planned(
    planner: bootstrap.Planner, tick: Tick, on_planned: Callable[[Planned], None]
) -> Planned:
    """Play a tick, or look at the totals between two of them."""
    if planner.firing is None:
        if tick.pulse:
            return Planned(skipped="the pulse is off")
        return planner.plan(tick.at, on_planned=on_planned)
    if tick.pulse:
        return planner.firing.pulse(tick.at, on_planned=on_planned)
    return planner.firing.tick(tick.at, on_planned=on_planned, whole=tick.whole)
