"""The evidence function: it makes a walk that is due, and does the jobs of its own queue."""

import os
from collections.abc import Mapping
from dataclasses import asdict
from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from tally.errors import TallyError
from tally.evidence.drain import Ended
from tally.evidence.jobs import WalkDue
from tally.runtime.cold_start import started
from tally.runtime.logs import function_logger, in_words
from tally.runtime.parts.evidence import EvidenceFunction, evidence_parts

logger = function_logger("evidence")


@cache
def _evidence() -> EvidenceFunction | None:
    return evidence_parts(os.environ)


@logger.inject_lambda_context(clear_state=True)
@in_words(logger)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Walk the inventory if that is due, then do the jobs that wait; return what was done.

    A job that fails comes again from the queue. Raises TallyError if the walk or the queue failed.
    """
    function = started(_evidence, logger)
    if function is None:
        return {"skipped": "evidence is off"}
    function.deadline.set(context.get_remaining_time_in_millis())
    try:
        # The schedule of each quarter of an hour names jobs: a walk comes once a day, and in the
        # last hour.
        for_jobs_alone = isinstance(event, dict) and "jobs" in event
        walked = {} if for_jobs_alone else _walk(function, WalkDue.of(event))
        return {**walked, **_jobs(function)}
    except TallyError:
        # The keys may have been changed since this container read them.
        _evidence.cache_clear()
        raise


def _walk(function: EvidenceFunction, due: WalkDue) -> dict[str, Any]:
    walked = asdict(function.walk(due.at))
    _tell(function, "walked", {"walk": due.at.isoformat(), **walked})
    return walked


def _jobs(function: EvidenceFunction) -> dict[str, int]:
    """Do the jobs that wait, while there is time; return how many were done, and how many not."""
    done = {"jobs": 0, "failed": 0}
    for each in function.drain():
        done["jobs" if each.error is None else "failed"] += 1
        _tell_end(function, each)
    return done


def _tell_end(function: EvidenceFunction, ended: Ended) -> None:
    task: dict[str, Any] = {}
    job, error = ended.job, ended.error
    if job is not None:
        task = {"task": job.task, "walk": job.at.isoformat(), "company": job.company_id}
    if error is None:
        _tell(function, "done", {**task, **ended.outcome})
    elif isinstance(error, TallyError):
        _evidence.cache_clear()
        why = {"error": str(error), "kind": type(error).__name__}
        logger.warning("comes again", extra={**task, **why})
    else:
        logger.error("a bug in Tally", exc_info=error, extra=task)


def _tell(function: EvidenceFunction, what: str, outcome: Mapping[str, Any]) -> None:
    odd, first = function.odd_answers.taken()
    figures = {"GravityZone": function.traffic.taken().figures(), "odd": odd, "first_odd": first}
    log = logger.warning if odd or outcome.get("troubles") else logger.info
    log(what, extra={**outcome, **figures})
