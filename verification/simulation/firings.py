"""The planner of one run: its ticks and looks, and the proof of the totals that it begins with."""

from dataclasses import replace
from datetime import datetime

from tally.domain.pulse.state import Proof, Pulse, Trust
from tally.errors import ContradictedError, TallyError
from tally.planner.plan import Planned
from testing.effects import KilledError
from verification.simulation.draws import Draw, drawn
from verification.simulation.phases import phases_of
from verification.simulation.stage import COLD_START, Stage
from verification.simulation.story import ViolationError
from verification.simulation.ticks import Tick


class Firings:
    """Fires the planner, and looks at how it ended."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._phases = phases_of(stage.setting)
        self._planner = stage.planner()
        self._begin_pulse(stage.clock.now())

    def renew(self) -> None:
        """Have the next firing begin in a new container."""
        self._planner = self._stage.planner()

    def plan(self, tick: Tick, *, whole: bool = False) -> Planned | None:
        """One tick or look; answers what was planned, None if not all of it could be."""
        stage = self._stage
        if not stage.trouble.idle:
            stage.trouble.luck(drawn(stage.setting.seed, Draw.PLANNER, tick.number))
        before = stage.world.pulses.pulse
        try:
            planned = self._fire(tick, whole=whole)
        except ContradictedError as error:
            stage.say(f"  {error} {error.vectors}")
            stage.played.pulse["contradicted"] += 1
            stage.checks.pulse.contradicted(error, before)
            return None
        except TallyError as error:
            stage.say(f"  the tick failed: {error}")
            stage.checks.books.failed_ticks.add(tick.scheduled)
            if stage.trouble.idle and stage.oddities.firm is not None:
                raise ViolationError(
                    4, f"one company's trouble made the tick fail: {error}"
                ) from error
            return None
        except KilledError:
            stage.clock.advance(COLD_START)
            self.renew()
            return None
        finally:
            stage.checks.after_plan()
        self._look(tick, planned)
        return planned

    def begin_phase(self, now: datetime) -> None:
        """At the first tick of a dense phase the totals have proven themselves, where so drawn.

        It is as if three sweeps had agreed since; a full one follows. Where the pulse was switched
        off, a person may switch it on again.
        """
        world, drawn_as = self._stage.world, self._stage.setting.pulse
        pulses = world.pulses
        begun = [phase for phase in self._phases if phase.begins <= now]
        self._phases = self._phases[len(begun) :]
        if not begun or not world.pulse:
            return
        if drawn_as == "proven" and pulses.pulse.proof.trust is not Trust.PROVEN:
            pulses.change(lambda pulse: replace(pulse, proof=_proven(now), swept=None))
            self._stage.tell(now, "  the totals have proven themselves")
        elif drawn_as == "off" and begun[0].number % 2:
            pulses.change(lambda pulse: pulse.switched_on(now))
            self._stage.tell(now, "  a person switches the pulse on")

    def _begin_pulse(self, now: datetime) -> None:
        """Let the pulse be as it is drawn before the first tick."""
        pulses = self._stage.world.pulses
        match self._stage.setting.pulse:
            case "proven":
                pulses.pulse = Pulse(proof=_proven(now))
            case "off":
                off = Proof(trust=Trust.OFF, why="it was seen before", since=now)
                pulses.pulse = Pulse(proof=off)

    def _fire(self, tick: Tick, *, whole: bool) -> Planned:
        if not self._stage.world.pulse:
            return self._planner.plan(tick.scheduled)
        if tick.look:
            return self._planner.pulse(tick.scheduled)
        return self._planner.tick(tick.scheduled, whole=whole)

    def _look(self, tick: Tick, planned: Planned) -> None:
        """Tell what was planned, and check that an odd company is told where others are done."""
        stage = self._stage
        skipped = f", skipped: {planned.skipped}" if planned.skipped else ""
        pulse = f", {planned.pulse}" if planned.pulse else ""
        stage.say(f"  planned {planned.jobs} jobs{skipped}{pulse}")
        if stage.trouble.idle and not planned.skipped and (wrong := stage.oddities.told()):
            raise ViolationError(4, wrong)
        self._count(tick, planned)

    def _count(self, tick: Tick, planned: Planned) -> None:
        """Count the courses that firings with the pulse have taken."""
        if self._stage.world.pulse:
            kind, _, why = (planned.skipped or planned.pulse).partition(":")
            of_ticks = "" if tick.look else why.partition("(")[0]
            self._stage.played.pulse[f"{kind.partition('(')[0]}{of_ticks}".strip()] += 1


def _proven(now: datetime) -> Proof:
    """Return the proof as after three sweeps that agreed."""
    return Proof(trust=Trust.PROVEN, agreed=3, rise_seen=True, since=now)
