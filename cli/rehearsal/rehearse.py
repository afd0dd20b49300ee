"""A tick played to its end without a write, over ports that keep all writes to themselves."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from cli.rehearsal.rehearsed_connectwise import RehearsedConnectWise, Write
from cli.rehearsal.rehearsed_ledger import OverlayLedger
from cli.rehearsal.rehearsed_queue import CollectingQueue
from cli.stack import Stack
from tally.domain.model.company import LinkChange
from tally.domain.model.standing import Standing
from tally.domain.record.history import Transition
from tally.errors import IncompletePlanError, NotYetError, TallyError
from tally.messages import Job
from tally.planner.plan import Plan, Planned
from tally.ports import ConnectWise, JobQueue, Ledger
from tally.services import places
from tally.worker.sync import Sync


@dataclass(frozen=True, slots=True, kw_only=True)
class RehearsedJob:
    """One company-month: the writes to ConnectWise and to its records that its job would make.

    ``failed`` says why nothing can be told of it. ``waits`` says why it would come back later:
    ConnectWise's lists may not show our last write yet.
    """

    job: Job
    writes: Sequence[Write] = ()
    transitions: Sequence[Transition] = ()
    failed: str = ""
    waits: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """A rehearsed tick.

    ``failed`` says which lists could not be read; ``backlog`` is the number of waiting messages.
    """

    tick: datetime
    planned: Planned
    jobs: Sequence[RehearsedJob] = ()
    links: Sequence[LinkChange] = ()
    standings: Sequence[tuple[Standing | None, Standing]] = ()
    failed: str = ""
    backlog: int = 0
    skipped: str = ""


def plan_of(stack: Stack, *, ledger: Ledger, queue: JobQueue, connectwise: ConnectWise) -> Plan:
    """Return the planner's use case with the stack's settings, on these ports.

    Raises:
        SetupError: The settings are wrong.
    """
    settings = stack.settings()
    return Plan(
        gravityzone=stack.gravityzone(),
        connectwise=connectwise,
        ledger=ledger,
        queue=queue,
        clock=stack.clock,
        policy=settings.policy,
        services=places(
            settings.services, product=settings.product, agreement_type=settings.agreement_type
        ),
        calls_per_second=settings.sweep_calls_per_second,
        first_month=settings.first_month,
    )


@dataclass(slots=True, kw_only=True)
class _Stage:
    ledger: OverlayLedger
    connectwise: RehearsedConnectWise
    sync: Sync
    played: list[RehearsedJob] = field(default_factory=list)


def rehearse(
    stack: Stack,
    *,
    wanted: Callable[[Job], bool],
    on_job: Callable[[int, int, str], None] = lambda *_: None,
) -> Rehearsal:
    """Play a tick of this moment, and those of its jobs that are ``wanted``.

    GravityZone and ConnectWise are read, and nothing is written. Before each job ``on_job`` is told
    how many are done, of how many, and whose it is.

    Raises:
        TallyError: Not even the ledger or the settings can be read.
    """
    tick = stack.clock.now().replace(microsecond=0)
    ledger = OverlayLedger(below=stack.ledger())
    connectwise = RehearsedConnectWise(real=stack.connectwise())
    # All jobs are kept, not the wanted ones alone: the planner weighs the backlog against their
    # number.
    queue = CollectingQueue(wanted=lambda _: True)
    failed, planned = "", Planned()
    try:
        planned = plan_of(stack, ledger=ledger, queue=queue, connectwise=connectwise)(tick)
    except IncompletePlanError as error:
        # What could be read is planned all the same (SAFE-5), so its jobs are rehearsed.
        failed = str(error)
    backlog = stack.queue().backlog()
    # The planner's own condition. It cannot apply it here: the queue that collects is always empty,
    # so that a plan can be shown in any case.
    skips = (
        f"{backlog} of the last sweep's messages still wait"
        if backlog * 2 > len(queue.jobs)
        else ""
    )
    settings = stack.settings()
    stage = _Stage(
        ledger=ledger,
        connectwise=connectwise,
        sync=Sync(
            gravityzone=stack.gravityzone(),
            connectwise=connectwise,
            ledger=ledger,
            clock=stack.clock,
            policy=settings.policy,
            services=tuple(each.service for each in settings.services),
            first_month=settings.first_month,
        ),
    )
    # A company's months one after another: what stands of the older one is the baseline of the
    # newer one's growth (FOLLOW-4).
    jobs = sorted(
        filter(wanted, queue.jobs),
        key=lambda job: (job.company_name.casefold(), job.company_id, job.month),
    )
    for number, job in enumerate(jobs):
        on_job(number, len(jobs), job.company_name)
        _play(stage, job)
    return Rehearsal(
        tick=tick,
        planned=planned,
        jobs=stage.played,
        links=list(ledger.changes),
        standings=_changed(stack.ledger(), ledger),
        failed=failed,
        backlog=backlog,
        skipped=planned.skipped or skips,
    )


def _play(stage: _Stage, job: Job) -> None:
    writes, transitions = len(stage.connectwise.writes), len(stage.ledger.transitions)
    failed = waits = ""
    try:
        stage.sync(job)
    except NotYetError as error:
        waits = str(error)
    except TallyError as error:
        failed = str(error)
    stage.played.append(
        RehearsedJob(
            job=job,
            writes=stage.connectwise.writes[writes:],
            transitions=stage.ledger.transitions[transitions:],
            failed=failed,
            waits=waits,
        )
    )


def _changed(real: Ledger, rehearsed: OverlayLedger) -> Sequence[tuple[Standing | None, Standing]]:
    """Return the standings that would show another state or reason, with the present ones."""
    before = {each.company_id: each for each in real.all_standings()}
    changed = []
    for company_id, after in sorted(rehearsed.standings.items()):
        known = before.get(company_id)
        if known is None or (known.shown.state, known.shown.reason) != (
            after.shown.state,
            after.shown.reason,
        ):
            changed.append((known, after))
    return changed
