"""The evidence function: it hands a walk that is due, or a job of its queue, to its use case."""

import os
from collections.abc import Mapping
from dataclasses import asdict
from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from tally.errors import TallyError
from tally.evidence.jobs import EvidenceJob, WalkDue
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
    """Walk the inventory, or do the jobs of one SQS batch; report the messages to try again."""
    function = started(_evidence, logger)
    if function is None:
        return {"skipped": "evidence is off"}
    function.deadline.set(context.get_remaining_time_in_millis())
    if "Records" in event:
        failed = [each["messageId"] for each in event["Records"] if not _done(function, each)]
        return {"batchItemFailures": [{"itemIdentifier": each} for each in failed]}
    try:
        return _walk(function, WalkDue.of(event))
    except TallyError:
        # The keys may have been changed since this container read them.
        _evidence.cache_clear()
        raise


def _walk(function: EvidenceFunction, due: WalkDue) -> dict[str, Any]:
    logger.append_keys(walk=due.at.isoformat())
    walked = asdict(function.walk(due.at))
    _tell(function, "walked", walked)
    return walked


def _done(function: EvidenceFunction, record: dict[str, Any]) -> bool:
    """Do the job of one message; return False if it comes again."""

    def on_job(job: EvidenceJob) -> None:
        logger.append_keys(task=job.task, walk=job.at.isoformat(), company=job.company_id)

    try:
        done = function.deliver(body=record["body"], receipt=record["receiptHandle"], on_job=on_job)
    except TallyError as error:
        _evidence.cache_clear()
        logger.warning("comes again", extra={"error": str(error), "kind": type(error).__name__})
        return False
    except Exception:
        logger.exception("a bug in Tally")
        return False
    _tell(function, "done", done)
    return True


def _tell(function: EvidenceFunction, what: str, outcome: Mapping[str, Any]) -> None:
    odd, first = function.odd_answers.taken()
    figures = {"GravityZone": function.traffic.taken().figures(), "odd": odd, "first_odd": first}
    log = logger.warning if odd or outcome.get("troubles") else logger.info
    log(what, extra={**outcome, **figures})
