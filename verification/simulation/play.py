"""The play of one seed: life, ticks, workers and trouble on one clock, checked at each step."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import zip_longest
from random import Random
from typing import Any

from tally.domain.pulse.state import Proof, Pulse, Trust
from tally.errors import ContradictedError, TallyError
from tally.messages import Job
from tally.planner.plan import Planned
from tally.pulse.firing import Firing
from tally.worker.delivery import Delivery
from testing.effects import KilledError
from testing.queue import Message
from verification.simulation.billed_services import setting_text
from verification.simulation.checks import Checks
from verification.simulation.desk_play import DeskPlay
from verification.simulation.draws import Draw, drawn
from verification.simulation.evidence_play import Gatherer
from verification.simulation.forged import offer
from verification.simulation.gathering import GATHERED
from verification.simulation.life import Event, happen, script
from verification.simulation.msp import Msp
from verification.simulation.oddities import Oddities
from verification.simulation.outages import (
    FRONT,
    SCHEDULE,
    WALLS,
    WORKERS,
    Outage,
    out,
    outages_of,
    put_up,
)
from verification.simulation.phases import phases_of
from verification.simulation.setting import Shape
from verification.simulation.story import Tell, ViolationError, silence
from verification.simulation.ticks import Tick, schedule
from verification.simulation.trouble import LISTS_LAG, REPEATED, Gate, Trouble

_NOBODY: frozenset[str] = frozenset()
_CALM_TICKS, _CALM_TICKS_AT_LEAST = 5, 2
_CALM_TICKS_TO_DRAIN = 72
"""In a day every message of a redrive is done or dead again. Until then ticks may plan nothing."""
_CALM_STEP = timedelta(minutes=20)
_BETWEEN_AT_MOST = 2
_COLD_START = timedelta(seconds=1)


@dataclass(slots=True, kw_only=True)
class Played:
    """The result of one seed."""

    seeds: int = 1
    company_months: int = 0
    steps: int = 0
    jobs: int = 0
    calls: int = 0
    lived: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    pulse: Counter[str] = field(default_factory=Counter)
    evidence: Counter[str] = field(default_factory=Counter)

    def add(self, other: "Played") -> None:
        """Count another one in."""
        self.seeds += other.seeds
        self.company_months += other.company_months
        self.steps += other.steps
        self.jobs += other.jobs
        self.calls += other.calls
        self.lived.update(other.lived)
        self.faults.update(other.faults)
        self.pulse.update(other.pulse)
        self.evidence.update(other.evidence)


def play(shape: Shape, tell: Tell = silence) -> Played:
    """Play a seed. Raises ViolationError where a rule is broken, or the product crashes."""
    run = _Run(shape, tell)
    try:
        played = run.play()
        if run.gatherer.gathering is not None and run.gatherer.gathering.compared:
            _compare(shape, run)
            played.evidence["seeds played again without"] += 1
        return played  # noqa: TRY300 - a comparison may fail too
    except ViolationError as violation:
        violation.seed, violation.step = shape.seed, run.step
        raise
    except TallyError as error:
        raise _crashed(shape, run, error) from error
    except Exception as error:
        raise _crashed(shape, run, error) from error


def _compare(shape: Shape, run: "_Run") -> None:
    """Invariant 13: play the seed without evidence; what bills must come out the same (PROOF-2)."""
    without = _Run(replace(shape, without=shape.without | {GATHERED}), silence)
    without.play()
    for ours, theirs in zip_longest(run.billing(), without.billing()):
        if ours != theirs:
            raise ViolationError(13, f"with evidence: {ours}; without: {theirs}")


def _crashed(shape: Shape, run: "_Run", error: Exception) -> ViolationError:
    return ViolationError(
        0, f"crashed: {type(error).__name__}: {error}", seed=shape.seed, step=run.step
    )


def _all(planned: Planned | None) -> bool:
    """Return True if all was planned."""
    return planned is not None and not planned.skipped


def _proven(now: datetime) -> Proof:
    """Return the proof as after three sweeps that agreed."""
    return Proof(trust=Trust.PROVEN, agreed=3, rise_seen=True, since=now)


class _Run:
    def __init__(self, shape: Shape, tell: Tell) -> None:
        self.shape, self.tell = shape, tell
        self.step = 0
        self.msp = msp = Msp(shape)
        self.setting, self.world, self.clock = msp.setting, msp.world, msp.clock
        self.queue = msp.world.queue
        self.queue.chaos = drawn(shape.seed, Draw.STEP)
        self.queue.repeats = self.setting.repeats if shape.has(REPEATED) else 0.0
        msp.connectwise.options.list_lag = (
            self.setting.list_lag if shape.has(LISTS_LAG) else timedelta()
        )
        self.trouble = Trouble(shape, self.clock, tell)
        self.checks = Checks(msp)
        self.oddities = Oddities(msp, tell)
        self.trouble.between = self._meanwhile
        msp.gravityzone.faults.chooser = msp.connectwise.faults.chooser = None
        self.script = script(msp)
        self.next_event = 0
        self.firms = {firm.number: firm for firm in msp.firms}
        self.outages: list[Outage] = outages_of(self.setting, shape)
        self.gatherer = Gatherer(
            msp,
            self.trouble,
            tell,
            ledger=self.oddities.ledger,
            out=lambda at: out(self.outages, at),
            race=self._race,
        )
        self.desk = DeskPlay(
            msp,
            self.trouble,
            self.checks,
            tell,
            wrap=self._way_out,
            out=lambda at: out(self.outages, at),
            is_odd=lambda: self.oddities.firm is not None,
        )
        self.trouble.before_write = self.desk.before_write
        self.workers: list[Delivery] = [self._worker() for _ in range(self.setting.containers)]
        self.turn = 0
        self.nested = 0
        self.killed = False
        self.phases = phases_of(self.setting)
        self.planner: Firing = self._planner()
        self._begin_pulse(self.clock.now())
        self.job: Job | None = None
        self.played = Played()

    def play(self) -> Played:
        ticks = schedule(self.setting)
        ticks = ticks[: self.shape.steps]
        ticks = [tick for tick in ticks if tick.number not in self.shape.skipped]
        self.tell(self.clock.now(), str(self.setting))
        for position, tick in enumerate(ticks):
            following = (
                ticks[position + 1].fires
                if position + 1 < len(ticks)
                else tick.fires + timedelta(hours=1)
            )
            self._take(tick, until=following)
        self._calm()
        played = self.played
        played.steps = self.step
        played.company_months = self.checks.company_months
        played.calls = self.checks.calls
        played.faults = self.trouble.counted
        self.gatherer.end()
        played.evidence = self.gatherer.counted
        played.lived.update(self.desk.lived)
        if self.checks.pulse.looks:
            played.pulse["looks after which everything was billed"] = self.checks.pulse.looks
        return played

    def _take(self, tick: Tick, *, until: datetime) -> None:
        self.step = tick.number
        self._live(tick.fires)
        now = self.clock.now()
        self._deploy(tick)
        away = out(self.outages, now)
        draw = drawn(self.setting.seed, Draw.WEATHER, tick.number)
        rough = 0.0 if draw.random() < self.setting.calm else self.setting.rough
        self._weather(rough=rough, away=away, draw=draw)
        late = f", {now - tick.scheduled} late" if now > tick.scheduled else ""
        weather = (
            f" (rough {rough}{''.join(f', {each}' for each in sorted(away))})"
            if rough or away
            else ""
        )
        self.tell(
            now, f"step {tick.number}: tick {tick.scheduled:%Y-%m-%d %H:%M:%S}{late}{weather}"
        )
        if tick.look:
            if self.msp.world.pulse and SCHEDULE not in away:
                self._look(tick, until=until, calm=self.trouble.idle and not away)
            return
        self._begin_phase(now)
        self.oddities.draw(tick.number)
        planned = None if SCHEDULE in away else self._plan(tick)
        self.desk.is_due()
        if WORKERS not in away:
            self._work(until)
        self._live(until)
        calm = self.trouble.idle and self.oddities.firm is None
        self.checks.after_step(
            tick=tick.scheduled, good=_all(planned) and calm and not len(self.queue)
        )

    def _look(self, tick: Tick, *, until: datetime, calm: bool) -> None:
        """Look at the totals of partners, and let workers do what comes of it."""
        self.oddities.forget()
        before = self.world.pulses.pulse
        planned = self._plan(tick)
        pulse = self.world.pulses.pulse
        found = planned is not None and (
            (pulse.searches.last == tick.scheduled and pulse.totals != before.totals)
            or planned.skipped == "no total has moved"
        )
        if WORKERS not in out(self.outages, self.clock.now()):
            self._work(until)
        if calm and found:
            self.checks.pulse.after_look(tick.fires, pulse)
        self._live(until)
        self.checks.after_step(tick=tick.scheduled, good=False)

    def _begin_pulse(self, now: datetime) -> None:
        """Let the pulse be as it is drawn before the first tick."""
        match self.setting.pulse:
            case "proven":
                self.world.pulses.pulse = Pulse(proof=_proven(now))
            case "off":
                off = Proof(trust=Trust.OFF, why="it was seen before", since=now)
                self.world.pulses.pulse = Pulse(proof=off)

    def _begin_phase(self, now: datetime) -> None:
        """At the first tick of a dense phase the totals have proven themselves, where so drawn.

        It is as if three sweeps had agreed since; a full one follows. Where the pulse was switched
        off, a person may switch it on again.
        """
        pulses = self.world.pulses
        begun = [phase for phase in self.phases if phase.begins <= now]
        self.phases = self.phases[len(begun) :]
        trust = pulses.pulse.proof.trust
        if not begun or not self.world.pulse:
            return
        if self.setting.pulse == "proven" and trust is not Trust.PROVEN:
            pulses.change(lambda pulse: replace(pulse, proof=_proven(now), swept=None))
            self.tell(now, "  the totals have proven themselves")
        elif self.setting.pulse == "off" and begun[0].number % 2:
            pulses.change(lambda pulse: pulse.switched_on(now))
            self.tell(now, "  a person switches the pulse on")

    def _deploy(self, tick: Tick) -> None:
        """Name the service beside endpoints in the settings, once its month has come."""
        setting, world = self.setting, self.world
        if (
            setting.second is None
            or world.services
            or tick.scheduled < setting.months[setting.second_since].starts
        ):
            return
        world.services = setting_text(setting.services)
        self.planner, self.workers = self._planner(), [self._worker() for _ in self.workers]
        self.tell(
            self.clock.now(), f"{setting.second.name} is billed from now on: {world.services}"
        )

    def _calm(self) -> None:
        """End the trouble: redrive dead letters, and tick in peace until a tick changes nothing."""
        self._weather(rough=0.0, away=_NOBODY, draw=drawn(self.setting.seed, Draw.STEP, 1))
        self.oddities.forget()
        self.outages.clear()
        self.queue.repeats = 0.0
        if drawn(self.setting.seed, Draw.STEP, 2).random() < 0.5:  # noqa: PLR2004 - either is as likely
            self.queue.redrive()
        self.next_event = len(self.script)
        self.desk.rest()
        at = self.clock.now() + timedelta(hours=1)
        self._work(at)
        self.clock.set(max(at, self.clock.now()))
        self.desk.settle()
        number = drained = 0
        while number < _CALM_TICKS and drained < _CALM_TICKS_TO_DRAIN:
            self.step += 1
            at = max(at, self.clock.now())
            before = self._books()
            waiting = bool(self.queue.backlog())
            self.tell(at, f"step {self.step}: calm tick")
            # With totals that lie, nothing is promised before the next full sweep.
            tick = Tick(number=self.step, scheduled=at, fires=at)
            planned = _all(self._plan(tick, whole=True))
            self.desk.is_due()
            self._work(at + _CALM_STEP)
            self.clock.set(max(at + _CALM_STEP, self.clock.now()))
            done = planned and not len(self.queue)
            self.checks.after_step(tick=at, good=done)
            at += _CALM_STEP
            if planned or not waiting:
                number += 1
            else:
                drained += 1
            if number >= _CALM_TICKS_AT_LEAST and done and self._books() == before:
                break
        self.checks.at_the_end(tick=at - _CALM_STEP)
        self.desk.end()

    def _books(self) -> tuple[object, ...]:
        """Return all that a tick can change: records' versions and companies' standings."""
        ledger = self.msp.ledger
        versions = {record.key: record.version for record in ledger.every_record()}
        return versions, {
            standing.company_id: standing.causes for standing in ledger.all_standings()
        }

    def billing(self) -> Iterator[object]:
        """Yield all that bills: records with their histories, standings, Additions."""
        ledger = self.msp.ledger
        for record in sorted(ledger.every_record(), key=lambda each: str(each.key)):
            yield record
            yield from ledger.history(record.key)
        yield from sorted(ledger.all_standings(), key=lambda each: each.company_id)
        yield from sorted(ledger.all_links(), key=lambda each: each.company_id)
        yield from self.msp.connectwise.truth.additions()

    def _fire(self, tick: Tick, *, whole: bool) -> Planned:
        if not self.world.pulse:
            return self.planner.plan(tick.scheduled)
        if tick.look:
            return self.planner.pulse(tick.scheduled)
        return self.planner.tick(tick.scheduled, whole=whole)

    def _plan(self, tick: Tick, *, whole: bool = False) -> Planned | None:
        """One tick or look; answers what was planned, None if not all of it could be."""
        if not self.trouble.idle:
            self.trouble.luck(drawn(self.setting.seed, Draw.PLANNER, tick.number))
        before = self.world.pulses.pulse
        try:
            planned = self._fire(tick, whole=whole)
        except ContradictedError as error:
            self.tell(self.clock.now(), f"  {error} {error.vectors}")
            self.played.pulse["contradicted"] += 1
            self.checks.pulse.contradicted(error, before)
            return None
        except TallyError as error:
            self.tell(self.clock.now(), f"  the tick failed: {error}")
            if self.trouble.idle and self.oddities.firm is not None:
                raise ViolationError(
                    4, f"one company's trouble made the tick fail: {error}"
                ) from error
            return None
        except KilledError:
            self.clock.advance(_COLD_START)
            self.planner = self._planner()
            return None
        finally:
            self.checks.after_plan()
        self.tell(
            self.clock.now(),
            (
                f"  planned {planned.jobs} "
                f"jobs{f', skipped: {planned.skipped}' if planned.skipped else ''}"
                f"{f', {planned.pulse}' if planned.pulse else ''}"
            ),
        )
        if self.trouble.idle and not planned.skipped and (wrong := self.oddities.told()):
            raise ViolationError(4, wrong)
        self._count(tick, planned)
        return planned

    def _count(self, tick: Tick, planned: Planned) -> None:
        """Count the courses that firings with the pulse have taken."""
        if self.world.pulse:
            kind, _, why = (planned.skipped or planned.pulse).partition(":")
            of_ticks = "" if tick.look else why.partition("(")[0]
            self.played.pulse[f"{kind.partition('(')[0]}{of_ticks}".strip()] += 1

    def _work(self, until: datetime) -> None:
        """Workers take what the queue shows until then; life goes on meanwhile."""
        queue, clock = self.queue, self.clock
        while clock.now() <= until:
            messages = queue.receive()
            if messages:
                for message in messages:
                    self._forge(message)
                    self._deliver(message)
                    self._live(clock.now())
                self._report(messages)
                continue
            moments = [queue.next_change(), self.trouble.next_arrival(), self._next_life()]
            following = min((each for each in moments if each is not None), default=None)
            if following is None or following > until:
                return
            if following > clock.now():
                clock.set(following)
            self.trouble.let_arrive()
            self._live(clock.now())

    def _forge(self, message: Message) -> None:
        """Put a message on the queue like this one that no planner can have made (SAFE-9)."""
        seed, step, now = self.setting.seed, self.step, self.clock.now()
        draw = drawn(seed, Draw.FORGED, step, int(message.id.rpartition("-")[2]))
        if said := offer(
            self.workers[self.turn], message, now=now, draw=draw, seed=seed, step=step
        ):
            self.tell(now, f"  {self._named(message)} {said}")

    def _deliver(self, message: Message) -> None:
        self.turn = (self.turn + 1) % len(self.workers)
        turn = self.turn
        deliver = self.workers[turn]
        before = None
        if not self.trouble.idle:
            before = self.trouble.luck(self._luck(message))
        started = self.clock.now()
        self.job = None
        try:
            done = deliver(
                body=message.body,
                receipt=message.receipt,
                receives=message.receives,
                on_job=self._on_job,
            )
        except TallyError as error:
            self.checks.job_failed(error)
            self.tell(
                self.clock.now(),
                f"  {self._named(message)} comes again: {type(error).__name__}: {error}",
            )
        except KilledError:
            self.clock.advance(_COLD_START)
            self.workers[turn] = self._worker()
            self.checks.job_failed(None)
        else:
            self.queue.delete(message)
            self.played.jobs += 1
            if self.job is not None:
                self.checks.job_done(self.job, done, started=started)
            if self.tell is not silence and {*done.values()} != {"unchanged"}:
                self.tell(self.clock.now(), f"  {self._named(message)}: {', '.join(done.values())}")
        finally:
            if before is not None:
                self.trouble.luck(before)

    def _report(self, messages: Sequence[Message]) -> None:
        """Let the workers report the ends of their jobs to the account of the sweep.

        Where one is killed over it, its batch comes again, and its jobs may count twice.
        """
        for number, worker in enumerate(self.workers):
            if worker.sync.account is None:
                return
            try:
                worker.sync.account.report()
            except TallyError as error:
                self.tell(self.clock.now(), f"  the ends of jobs are not reported: {error}")
            except KilledError:
                self.clock.advance(_COLD_START)
                self.workers[number] = self._worker()
                for message in messages:
                    self.queue.repeat(message)

    def _meanwhile(self) -> None:
        """Let another worker act between two moments of one.

        It mostly has the same job, since SQS repeats.
        """
        if self.nested >= _BETWEEN_AT_MOST or self.desk.meanwhile() or self.job is None:
            return
        mine = self.job
        body = mine.model_dump_json(exclude_none=True)
        twin = Message(id="twin", body=body, receipt="twin", receives=1, sent=self.clock.now())
        self.nested += 1
        try:
            with suppress(KilledError):
                self._deliver(twin)
        finally:
            self.nested -= 1
            self.job = mine

    def _luck(self, message: Message) -> Random:
        firm = self.msp.by_id.get(message.job.company_id)
        return drawn(
            self.setting.seed,
            Draw.JOB,
            self.step,
            0 if firm is None else firm.number,
            message.receives,
        )

    def _on_job(self, job: Job) -> None:
        self.job = job

    def _named(self, message: Message) -> str:
        job = message.job
        return f"{job.company_name} {job.month} of {job.tick:%d. %H:%M:%S}"

    def _live(self, until: datetime) -> None:
        """Let everything happen that is due by then, at its time or once the clock is there."""
        clock = self.clock
        while (at := self._next_life()) is not None and at <= until:
            if at > clock.now():
                clock.set(at)
            if at == self.gatherer.next_moment():
                self.gatherer.act(at)
            elif at == self.desk.next_moment():
                self.desk.act()
            else:
                self._happen()
        if until > clock.now():
            clock.set(until)

    def _happen(self) -> None:
        event: Event = self.script[self.next_event]
        self.next_event += 1
        happen(self.msp, event, self.firms[event.firm], self.tell)
        self.played.lived[event.kind] += 1

    def _race(self, at: datetime) -> bool:
        """Let the next event happen if it is one of this instant; return False if it is not."""
        if self._next_event() != at:
            return False
        self._happen()
        return True

    def _next_life(self) -> datetime | None:
        """Return when the next event is due, or the functions beside have something to do."""
        moments = (
            self._next_event(),
            self.gatherer.next_moment(),
            self.desk.next_moment(),
        )
        return min((each for each in moments if each is not None), default=None)

    def _next_event(self) -> datetime | None:
        return self.script[self.next_event].at if self.next_event < len(self.script) else None

    def _weather(self, *, rough: float, away: frozenset[str], draw: Random) -> None:
        self.trouble.set(rough=rough, out=away, draw=draw)
        put_up(away, connectwise=self.msp.connectwise, gravityzone=self.msp.gravityzone)
        self.trouble.counted.update(away.intersection(WALLS) - {FRONT})
        quiet = self.trouble.idle
        self.msp.gravityzone.faults.chooser = None if quiet else self.trouble.gravityzone_fault
        self.msp.connectwise.faults.chooser = None if quiet else self.trouble.connectwise_fault

    def _planner(self) -> Firing:
        way_out, code = self._way_out(), self.world.services or "1"
        return self.world.with_pulse(self.world.planner(wrap=way_out), code=code, wrap=way_out)

    def _worker(self) -> Delivery:
        return self.world.worker(wrap=self._way_out())

    def _way_out(self) -> Callable[[Any], Any]:
        gate = Gate(self.trouble)
        return lambda port: gate.wrap(self.oddities.ledger if port is self.msp.ledger else port)
