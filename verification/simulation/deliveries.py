"""The workers of one run: what the queue shows is delivered to them, in turn and in between."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from random import Random

from tally.errors import TallyError
from tally.messages import Job
from tally.worker.delivery import Delivery
from testing.effects import KilledError
from testing.queue import Message
from verification.simulation.draws import Draw, drawn
from verification.simulation.forged import offer
from verification.simulation.happenings import Happenings
from verification.simulation.stage import COLD_START, Stage
from verification.simulation.story import silence

_BETWEEN_AT_MOST = 2


class Deliveries:
    """Workers' containers, and the messages that they are given; life goes on meanwhile."""

    def __init__(self, stage: Stage, life: Happenings) -> None:
        self._stage, self._life = stage, life
        self._workers: list[Delivery] = [stage.worker() for _ in range(stage.setting.containers)]
        self._turn = 0
        self._nested = 0
        self._job: Job | None = None

    def renew(self) -> None:
        """Have all workers begin in new containers."""
        self._workers = [self._stage.worker() for _ in self._workers]

    def work(self, until: datetime) -> None:
        """Workers take what the queue shows until then."""
        queue, clock, trouble = self._stage.queue, self._stage.clock, self._stage.trouble
        while clock.now() <= until:
            messages = queue.receive()
            if messages:
                for message in messages:
                    self._forge(message)
                    self._deliver(message)
                    self._life.live(clock.now())
                self._report(messages)
                continue
            moments = [queue.next_change(), trouble.next_arrival(), self._life.next_moment()]
            following = min((each for each in moments if each is not None), default=None)
            if following is None or following > until:
                return
            if following > clock.now():
                clock.set(following)
            trouble.let_arrive()
            self._life.live(clock.now())

    def meanwhile(self) -> None:
        """Let another worker act between two moments of one.

        It mostly has the same job, since SQS repeats.
        """
        if self._nested >= _BETWEEN_AT_MOST or self._life.desk.meanwhile() or self._job is None:
            return
        mine = self._job
        body = mine.model_dump_json(exclude_none=True)
        now = self._stage.clock.now()
        twin = Message(id="twin", body=body, receipt="twin", receives=1, sent=now)
        self._nested += 1
        try:
            with suppress(KilledError):
                self._deliver(twin)
        finally:
            self._nested -= 1
            self._job = mine

    def _forge(self, message: Message) -> None:
        """Put a message on the queue like this one that no planner can have made (SAFE-9)."""
        seed, step, now = self._stage.setting.seed, self._stage.step, self._stage.clock.now()
        draw = drawn(seed, Draw.FORGED, step, int(message.id.rpartition("-")[2]))
        worker = self._workers[self._turn]
        if said := offer(worker, message, now=now, draw=draw, seed=seed, step=step):
            self._stage.tell(now, f"  {_named(message)} {said}")

    def _deliver(self, message: Message) -> None:
        stage = self._stage
        self._turn = (self._turn + 1) % len(self._workers)
        turn = self._turn
        deliver = self._workers[turn]
        before = None if stage.trouble.idle else stage.trouble.luck(self._luck(message))
        started = stage.clock.now()
        self._job = None
        try:
            done = deliver(
                body=message.body,
                receipt=message.receipt,
                receives=message.receives,
                on_job=self._on_job,
            )
        except TallyError as error:
            stage.checks.job_failed(error, message.job.company_id)
            stage.say(f"  {_named(message)} comes again: {type(error).__name__}: {error}")
        except KilledError:
            stage.clock.advance(COLD_START)
            self._workers[turn] = stage.worker()
            stage.checks.job_failed(None, message.job.company_id)
        else:
            self._done(message, done, started=started)
        finally:
            if before is not None:
                stage.trouble.luck(before)

    def _done(self, message: Message, done: Mapping[str, str], *, started: datetime) -> None:
        stage = self._stage
        stage.queue.delete(message)
        stage.played.jobs += 1
        if self._job is not None:
            stage.checks.job_done(self._job, done, started=started)
        if stage.tell is not silence and {*done.values()} != {"unchanged"}:
            stage.say(f"  {_named(message)}: {', '.join(done.values())}")

    def _report(self, messages: Sequence[Message]) -> None:
        """Let the workers report the ends of their jobs to the account of the sweep.

        Where one is killed over it, its batch comes again, and its jobs may count twice.
        """
        for number, worker in enumerate(self._workers):
            if worker.sync.account is None:
                return
            try:
                worker.sync.account.report()
            except TallyError as error:
                self._stage.say(f"  the ends of jobs are not reported: {error}")
            except KilledError:
                self._stage.clock.advance(COLD_START)
                self._workers[number] = self._stage.worker()
                for message in messages:
                    self._stage.queue.repeat(message)

    def _luck(self, message: Message) -> Random:
        firm = self._stage.msp.by_id.get(message.job.company_id)
        number = 0 if firm is None else firm.number
        seed, step = self._stage.setting.seed, self._stage.step
        return drawn(seed, Draw.JOB, step, number, message.receives)

    def _on_job(self, job: Job) -> None:
        self._job = job


def _named(message: Message) -> str:
    job = message.job
    return f"{job.company_name} {job.month} of {job.tick:%d. %H:%M:%S}"
