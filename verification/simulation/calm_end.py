"""The calm end of one run: ticks in peace until one changes nothing, and all is looked at."""

from datetime import timedelta

from verification.simulation.deliveries import Deliveries
from verification.simulation.draws import Draw, drawn
from verification.simulation.firings import Firings
from verification.simulation.happenings import Happenings
from verification.simulation.stage import Stage
from verification.simulation.ticks import Tick, is_all

_NOBODY: frozenset[str] = frozenset()
_TICKS, _TICKS_AT_LEAST = 5, 2
_TICKS_TO_DRAIN = 72
"""In a day every message of a redrive is done or dead again. Until then ticks may plan nothing."""
_STEP = timedelta(minutes=20)


def end_calmly(stage: Stage, life: Happenings, firings: Firings, workers: Deliveries) -> None:
    """End the trouble: redrive dead letters, and tick in peace until a tick changes nothing."""
    _end_trouble(stage)
    life.rest()
    clock, checks, queue = stage.clock, stage.checks, stage.queue
    at = clock.now() + timedelta(hours=1)
    workers.work(at)
    clock.set(max(at, clock.now()))
    life.desk.settle()
    number = drained = 0
    while number < _TICKS and drained < _TICKS_TO_DRAIN:
        stage.step += 1
        at = max(at, clock.now())
        before = stage.books()
        waiting = bool(queue.backlog())
        stage.tell(at, f"step {stage.step}: calm tick")
        # With totals that lie, nothing is promised before the next full sweep.
        tick = Tick(number=stage.step, scheduled=at, fires=at)
        planned = is_all(firings.plan(tick, whole=True))
        life.desk.is_due()
        workers.work(at + _STEP)
        clock.set(max(at + _STEP, clock.now()))
        done = planned and not len(queue)
        checks.after_step(tick=at, good=done)
        at += _STEP
        if planned or not waiting:
            number += 1
        else:
            drained += 1
        if number >= _TICKS_AT_LEAST and done and stage.books() == before:
            break
    checks.at_the_end(tick=at - _STEP)
    life.desk.end()


def _end_trouble(stage: Stage) -> None:
    seed = stage.setting.seed
    stage.weather(rough=0.0, away=_NOBODY, draw=drawn(seed, Draw.STEP, 1))
    stage.oddities.forget()
    stage.outages.clear()
    stage.queue.repeats = 0.0
    if drawn(seed, Draw.STEP, 2).random() < 0.5:  # noqa: PLR2004 - either is as likely
        stage.queue.redrive()
