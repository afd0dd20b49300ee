"""What all parts of one run share: the MSP, the trouble that it meets, and who looks at it."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from random import Random
from typing import Any

from tally.pulse.firing import Firing
from tally.worker.delivery import Delivery
from verification.simulation.checks import Checks
from verification.simulation.draws import Draw, drawn
from verification.simulation.msp import Msp
from verification.simulation.oddities import Oddities
from verification.simulation.outages import (
    IN_FRONT,
    MORE_WALLS,
    WALLS,
    Outage,
    out,
    outages_of,
    put_up,
)
from verification.simulation.played import Played
from verification.simulation.setting import Shape
from verification.simulation.story import Tell
from verification.simulation.trouble import LISTS_LAG, REPEATED, Gate, Trouble

COLD_START = timedelta(seconds=1)
"""The time that a function takes to begin anew after it was killed."""


class Stage:
    """One run's world, its trouble and its checks. ``step`` is the tick that is played."""

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
        msp.gravityzone.faults.chooser = msp.connectwise.faults.chooser = None
        self.outages: list[Outage] = outages_of(self.setting, shape)
        self.played = Played()

    def away(self) -> frozenset[str]:
        """Return the parts that are out at present."""
        return out(self.outages, self.clock.now())

    def say(self, text: str) -> None:
        """Tell what happens at present."""
        self.tell(self.clock.now(), text)

    def weather(self, *, rough: float, away: frozenset[str], draw: Random) -> None:
        """Let trouble be so rough from now on, and these parts be out."""
        self.trouble.set(rough=rough, out=away, draw=draw)
        put_up(away, connectwise=self.msp.connectwise, gravityzone=self.msp.gravityzone)
        self.trouble.counted.update(away.intersection((*WALLS, *MORE_WALLS)) - IN_FRONT)
        quiet = self.trouble.idle
        self.msp.gravityzone.faults.chooser = None if quiet else self.trouble.gravityzone_fault
        self.msp.connectwise.faults.chooser = None if quiet else self.trouble.connectwise_fault

    def planner(self) -> Firing:
        """Return a planner's new container."""
        way_out, code = self.way_out(), self.world.services or "1"
        return self.world.with_pulse(self.world.planner(wrap=way_out), code=code, wrap=way_out)

    def worker(self) -> Delivery:
        """Return a worker's new container."""
        return self.world.worker(wrap=self.way_out())

    def way_out(self, gate: Gate | None = None) -> Callable[[Any], Any]:
        """Return what wraps the ports of a container, so that trouble and oddities reach it."""
        gate = gate or Gate(self.trouble)
        return lambda port: gate.wrap(self.oddities.ledger if port is self.msp.ledger else port)

    def books(self) -> tuple[object, ...]:
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
