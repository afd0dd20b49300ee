"""The planner function: glue between the schedule's event and the use case ``tally.plan``."""

import os
from dataclasses import asdict
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from tally import bootstrap
from tally.errors import TallyError
from tally.messages import Tick
from tally.starting import started

logger = Logger(service="planner")
metrics = Metrics(namespace="Tally", service="planner")


@cache
def _planner() -> bootstrap.Planner:
    return bootstrap.planner(os.environ)


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Plan the tick that the event names: put a job on the queue for each company-month that is due."""
    planner = started(_planner, logger)
    planner.deadline.set(context.get_remaining_time_in_millis())
    tick = Tick.of(event)
    logger.append_keys(tick=tick.isoformat())
    try:
        planned = planner.plan(tick)
    except TallyError:
        _planner.cache_clear()  # the keys may have been changed since this container read them
        raise
    metrics.add_metric(name="JobsPlanned", unit=MetricUnit.Count, value=planned.jobs)
    metrics.add_metric(name="TicksSkipped", unit=MetricUnit.Count, value=int(bool(planned.skipped)))
    metrics.flush_metrics()
    logger.info("planned", extra=asdict(planned))
    return asdict(planned)
