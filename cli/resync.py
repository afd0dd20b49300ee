"""One company planned anew outside the schedule's ticks, its jobs queued and waited for."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cli.company_search import Found
from cli.rehearsal.rehearse import plan_of
from cli.rehearsal.rehearsed_ledger import OverlayLedger
from cli.rehearsal.rehearsed_queue import CollectingQueue
from cli.stack import Stack
from tally.domain.model.month import Month
from tally.domain.model.standing import Standing
from tally.domain.record.history import HistoryEntry
from tally.domain.record.record_key import RecordKey
from tally.errors import IncompletePlanError, SetupError
from tally.messages import Job

_EVERY_SECONDS = 2.0
_COUNTS_LAG = timedelta(seconds=60)
"""SQS may count a sent message so much later: until then an empty queue says nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The outcome: the months that were due, and the steps in their histories since.

    ``done``: every job has told that it ran. ``failed`` says which lists could not be read.
    """

    company: Found
    tick: datetime
    months: Sequence[Month] = ()
    steps: Sequence[tuple[RecordKey, HistoryEntry]] = ()
    standing: Standing | None = None
    done: bool = True
    failed: str = ""


def queue_company(
    stack: Stack, company: Found, *, months: Collection[Month] | None
) -> tuple[Sequence[Job], str]:
    """Plan the company anew and queue its jobs of these months, or of all that are due.

    Return the jobs, and a sentence on the lists that could not be read. The company's standing, and
    its link by its name, are written as at any tick. Nothing is written of the tick itself and of
    other companies.

    Raises:
        SetupError: No tick has run yet; the first one decides the first month ever billed (OPEN-8).
    """
    ledger = stack.ledger()
    if ledger.ticks() is None:
        raise SetupError(
            "No tick has run yet, and the first one decides which month is billed first: `tally "
            "sync` has one planned."
        )
    queue = CollectingQueue(
        wanted=lambda job: job.company_id == company.id and (months is None or job.month in months)
    )
    # The tick stays in the overlay: in the ledger it would supersede a late one.
    overlay = OverlayLedger(below=ledger, through=lambda company_id: company_id == company.id)
    failed = ""
    try:
        plan_of(stack, ledger=overlay, queue=queue, connectwise=stack.connectwise())(
            stack.clock.now().replace(microsecond=0)
        )
    except IncompletePlanError as error:
        failed = str(error)
    # A worker that finds no last reading on its job notes one, which shows that it ran.
    # As a person asks, what ConnectWise refused is tried again (SAFE-2).
    asked = {"last_reading": None, "by_person": True}
    queue.jobs = [job.model_copy(update=asked) for job in queue.jobs]
    queue.put_on(stack.queue())
    return queue.jobs, failed


def sync_company(
    stack: Stack,
    company: Found,
    *,
    months: Collection[Month] | None,
    wait: float,
    on_step: Callable[[str], None] = lambda _: None,
) -> Outcome:
    """Queue what is due for one company, and wait so many seconds at most until workers did it."""
    ledger = stack.ledger()
    # Taken before the planning, so that the jobs' own tick is not earlier than this one.
    tick = stack.clock.now().replace(microsecond=0)
    jobs, failed = queue_company(stack, company, months=months)
    keys = [
        RecordKey(company_id=company.id, month=job.month, service=each.service)
        for job in jobs
        for each in job.services
    ]
    done = not jobs or _is_done(stack, company.id, len(jobs), wait=wait, on_step=on_step)
    return Outcome(
        company=company,
        tick=tick,
        months=sorted({job.month for job in jobs}),
        steps=[(key, entry) for key in keys for entry in ledger.history(key) if entry.tick >= tick],
        standing=ledger.standing(company.id),
        done=done,
        failed=failed,
    )


def _is_done(
    stack: Stack, company_id: str, jobs: int, *, wait: float, on_step: Callable[[str], None]
) -> bool:
    """Wait for the jobs of a company; return True once all have run, False if that takes longer.

    Each job writes the company's standing when it runs.
    """
    ledger, started, waited = stack.ledger(), stack.clock.now(), 0.0
    # A worker may be faster than this read: its job is waited for in vain then, and the empty queue
    # ends the wait.
    planned = ledger.standing(company_id)
    last = jobs + (0 if planned is None else planned.version)
    while waited < wait:
        on_step(f"waiting for a worker, {jobs} queued")
        stack.sleep(_EVERY_SECONDS)
        waited += _EVERY_SECONDS
        standing = ledger.standing(company_id)
        told = standing is not None and standing.version >= last
        if told or (stack.clock.now() - started >= _COUNTS_LAG and stack.waiting() == 0):
            return True
    return False
