"""The worker function: it hands a batch of SQS messages to the use case ``tally.worker.sync``."""

import os
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from tally.errors import ContractError, TallyError
from tally.messages import Job
from tally.runtime import metrics
from tally.runtime.cold_start import started
from tally.runtime.logs import function_logger, in_words
from tally.runtime.parts import bootstrap
from tally.worker.delivery import may_open
from tally.worker.progress import UNCHANGED

logger = function_logger("worker")


@cache
def _worker() -> bootstrap.Worker:
    return bootstrap.worker(os.environ)


@logger.inject_lambda_context(clear_state=True)
@in_words(logger)
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    """Bring the company-months of one SQS batch up to date; report the messages to try again."""
    worker = started(_worker, logger)
    worker.deadline.set(context.get_remaining_time_in_millis())
    batch, messages = metrics.Batch(), _messages(event)

    def deliver(record: SQSRecord) -> None:
        with logger.append_context_keys(
            message_id=record.message_id, company="", month="", tick=""
        ):
            _end(worker, record, running[record.message_id], batch)

    # One for each batch, because it keeps the failures. The function does not fail, even if the
    # whole batch does.
    processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)
    try:
        # An opening waits for ConnectWise most of its time: meanwhile the next one is begun. Other
        # jobs wait for GravityZone's pace, and side by side they would only wait longer.
        opens = any(may_open(each["body"]) for each in messages)
        with ThreadPoolExecutor(worker.jobs_at_once if opens else 1) as threads:
            running = {
                each["messageId"]: _begin(worker, SQSRecord(each), threads) for each in messages
            }
            return process_partial_response(
                event=event, record_handler=deliver, processor=processor, context=context
            )
    finally:
        _report(worker)
        seen = metrics.of_batch(batch)
        metrics.emit_invocation(
            "worker", worker.stack, seen, worker.traffic, records=batch.figures()
        )


def _messages(event: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - any JSON
    """Return the messages of an SQS batch. Raises ContractError for any other event."""
    records = event.get("Records") if isinstance(event, dict) else None
    if not isinstance(records, list) or not all(map(_is_message, records)):
        raise ContractError(
            "The event is no batch of SQS messages: the worker is invoked by its queue alone."
        )
    return records


def _is_message(record: Any) -> bool:  # noqa: ANN401 - any JSON
    if not isinstance(record, dict) or not isinstance(record.get("attributes"), dict):
        return False
    received = record["attributes"].get("ApproximateReceiveCount")
    texts = (received, *(record.get(name) for name in _OF_A_MESSAGE))
    return all(isinstance(each, str) for each in texts) and received.isdecimal()


_OF_A_MESSAGE = ("messageId", "receiptHandle", "body")


def _report(worker: bootstrap.Worker) -> None:
    """Report the batch to its sweep's account; what fails makes that sweep incomplete alone."""
    if worker.account is None:
        return
    try:
        worker.account.report()
    except TallyError as error:
        logger.warning("not reported", extra={"error": str(error)})


@dataclass(frozen=True, slots=True)
class _Running:
    """A message in a thread; ``started`` gets its job, if it is one and there is time for it."""

    started: list[Job]
    done: Future[Mapping[str, str]]


def _receives(record: SQSRecord) -> int:
    return int(record.attributes.approximate_receive_count)


def _begin(worker: bootstrap.Worker, record: SQSRecord, threads: ThreadPoolExecutor) -> _Running:
    started_jobs: list[Job] = []
    done = threads.submit(
        worker.deliver,
        body=record.body,
        receipt=record.receipt_handle,
        receives=_receives(record),
        on_job=started_jobs.append,
    )
    return _Running(started_jobs, done)


def _end(
    worker: bootstrap.Worker, record: SQSRecord, running: _Running, batch: metrics.Batch
) -> None:
    """Wait for the message's job, and log and count its outcome. Raises its error."""
    receives = _receives(record)
    wait([running.done])
    for job in running.started:
        logger.append_keys(company=job.company_id, month=str(job.month), tick=job.tick.isoformat())
    try:
        done = running.done.result()
    except TallyError as error:
        batch.failed += 1
        logger.warning(
            "comes again",
            extra={"receives": receives, "error": str(error), "kind": type(error).__name__},
        )
        raise
    except Exception:
        batch.failed += 1
        # The batch processor would swallow it.
        logger.exception("a bug in Tally")
        raise
    if "failed" in done:
        batch.failed += 1
        # The keys may have been changed since this container read them.
        _worker.cache_clear()
        logger.error("failed", extra={"error": done["failed"]})
    else:
        batch.done(done, tick=running.started[0].tick, now=worker.clock.now(), receives=receives)
        # A line for each unchanged customer and tick would cost more than the table.
        log = logger.debug if set(done.values()) == {UNCHANGED} else logger.info
        log("done", extra={"decisions": dict(done)})
