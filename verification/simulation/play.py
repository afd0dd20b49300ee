"""The play of one seed: life, ticks, workers and trouble on one clock, checked at each step."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import zip_longest

from tally.errors import TallyError
from tally.messages import Job
from verification.simulation.billed_services import setting_text
from verification.simulation.calm_end import end_calmly
from verification.simulation.deliveries import Deliveries
from verification.simulation.draws import Draw, drawn
from verification.simulation.firings import Firings
from verification.simulation.gathering import GATHERED
from verification.simulation.happenings import Happenings
from verification.simulation.outages import SCHEDULE, WORKERS
from verification.simulation.played import Played
from verification.simulation.pulse_checks import found_the_move
from verification.simulation.setting import Shape
from verification.simulation.stage import Stage
from verification.simulation.story import Tell, ViolationError, silence
from verification.simulation.ticks import Tick, is_all, schedule


def play(shape: Shape, tell: Tell = silence) -> Played:
    """Play a seed. Raises ViolationError where a rule is broken, or the product crashes."""
    run = _Run(shape, tell)
    try:
        played = run.play()
        gathering = run.life.gatherer.gathering
        if gathering is not None and gathering.compared:
            _compare(shape, run)
            played.evidence["seeds played again without"] += 1
        return played  # noqa: TRY300 - a comparison may fail too
    except ViolationError as violation:
        violation.seed, violation.step = shape.seed, run.stage.step
        raise
    except TallyError as error:
        raise _crashed(shape, run, error) from error
    except Exception as error:
        raise _crashed(shape, run, error) from error


def _compare(shape: Shape, run: "_Run") -> None:
    """Invariant 13: play the seed without evidence; what bills must come out the same (PROOF-2)."""
    without = _Run(replace(shape, without=shape.without | {GATHERED}), silence)
    without.play()
    for ours, theirs in zip_longest(run.stage.billing(), without.stage.billing()):
        if ours != theirs:
            raise ViolationError(13, f"with evidence: {ours}; without: {theirs}")


def _crashed(shape: Shape, run: "_Run", error: Exception) -> ViolationError:
    return ViolationError(
        0, f"crashed: {type(error).__name__}: {error}", seed=shape.seed, step=run.stage.step
    )


class _Run:
    """The steps of one seed."""

    def __init__(self, shape: Shape, tell: Tell) -> None:
        self.stage = stage = Stage(shape, tell)
        self.life = Happenings(stage)
        stage.trouble.before_write = self.life.desk.before_write
        self._workers = Deliveries(stage, self.life)
        stage.trouble.between = self._workers.meanwhile
        self._firings = Firings(stage)

    def play(self) -> Played:
        stage = self.stage
        ticks = schedule(stage.setting)[: stage.shape.steps]
        ticks = [tick for tick in ticks if tick.number not in stage.shape.skipped]
        stage.say(str(stage.setting))
        for position, tick in enumerate(ticks):
            following = (
                ticks[position + 1].fires
                if position + 1 < len(ticks)
                else tick.fires + timedelta(hours=1)
            )
            self._take(tick, until=following)
        end_calmly(stage, self.life, self._firings, self._workers)
        return self._counted()

    def _counted(self) -> Played:
        stage, life = self.stage, self.life
        played, checks = stage.played, stage.checks
        played.steps = stage.step
        played.company_months = checks.company_months
        played.calls = checks.calls
        played.faults = stage.trouble.counted
        life.gatherer.end()
        played.evidence = life.gatherer.counted
        played.lived.update(life.desk.lived)
        if checks.pulse.looks:
            played.pulse["looks after which everything was billed"] = checks.pulse.looks
        return played

    def _take(self, tick: Tick, *, until: datetime) -> None:
        """Play one tick or look, and what follows until the next."""
        stage = self.stage
        stage.step = tick.number
        self.life.live(tick.fires)
        now = stage.clock.now()
        self._deploy(tick)
        away = stage.away()
        self._weather(tick, away)
        if tick.look:
            if stage.world.pulse and SCHEDULE not in away:
                self._look(tick, until=until, calm=stage.trouble.idle and not away)
            return
        self._firings.begin_phase(now)
        stage.oddities.draw(tick.number)
        planned = None if SCHEDULE in away else self._firings.plan(tick)
        self.life.desk.is_due()
        if WORKERS not in away:
            self._workers.work(until)
        self.life.live(until)
        odd = stage.oddities.concerned()
        waiting = {Job.model_validate_json(body).company_id for body in stage.queue.bodies()}
        good = is_all(planned) and stage.trouble.idle and waiting.issubset(odd)
        stage.checks.after_step(tick=tick.scheduled, good=good, odd=odd)

    def _look(self, tick: Tick, *, until: datetime, calm: bool) -> None:
        """Look at the totals of partners, and let workers do what comes of it."""
        stage = self.stage
        stage.oddities.forget()
        before = stage.world.pulses.pulse
        planned = self._firings.plan(tick)
        pulse = stage.world.pulses.pulse
        found = found_the_move(planned, tick.scheduled, before, pulse)
        if WORKERS not in stage.away():
            self._workers.work(until)
        if calm and found:
            stage.checks.pulse.after_look(tick.fires, pulse)
        self.life.live(until)
        stage.checks.after_step(tick=tick.scheduled, good=False)

    def _weather(self, tick: Tick, away: frozenset[str]) -> None:
        """Draw how rough the tick is, and tell so."""
        stage, now = self.stage, self.stage.clock.now()
        draw = drawn(stage.setting.seed, Draw.WEATHER, tick.number)
        rough = 0.0 if draw.random() < stage.setting.calm else stage.setting.rough
        stage.weather(rough=rough, away=away, draw=draw)
        late = f", {now - tick.scheduled} late" if now > tick.scheduled else ""
        parts = "".join(f", {each}" for each in sorted(away))
        trouble = f" (rough {rough}{parts})" if rough or away else ""
        stage.say(f"step {tick.number}: tick {tick.scheduled:%Y-%m-%d %H:%M:%S}{late}{trouble}")

    def _deploy(self, tick: Tick) -> None:
        """Name the service beside endpoints in the settings, once its month has come."""
        setting, world = self.stage.setting, self.stage.world
        if (
            setting.second is None
            or world.services
            or tick.scheduled < setting.months[setting.second_since].starts
        ):
            return
        world.services = setting_text(setting.services)
        self._firings.renew()
        self._workers.renew()
        self.stage.say(f"{setting.second.name} is billed from now on: {world.services}")
