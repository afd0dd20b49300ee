"""Dollars for 1,000 companies and a month, from measured sweeps; docs/performance.md has the model.

List prices of us-east-1 in November 2026, without any free tier.
"""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import timedelta
from typing import TYPE_CHECKING

from tally.ledger.items import link_item, record_item, standing_item
from tally.ports import BATCH
from tally.standings import NOTED_EVERY
from verification.bench.figure import Figure
from verification.bench.load_scene import CONNECTWISE_LATENCY, LEDGER_LATENCY, TICK, Scene

if TYPE_CHECKING:
    from verification.bench.month_msp import Counted

GROUP = "Dollars for 1,000 companies and a month"
COMPANIES = 1000
HOURS = 730
WORKER_GB, PLANNER_GB = 0.125, 0.25
CHANGES = 10
"""Assumed rises of a company's count in a month: most machines connect in the first days."""
METRICS, ALARMS = 12, 16

GB_SECOND, INVOCATION = 0.0000133334, 0.20e-6
SQS_REQUEST, READ_UNIT, WRITE_UNIT = 0.40e-6, 0.125e-6, 0.625e-6
LOG_GB, _METRIC, _ALARM, _SECRET = 0.50, 0.30, 0.10, 0.40
_VARIABLE_BOUND, _FIXED_BOUND = 3.5, 8

_SENT_AT_ONCE = 10
IDLE_POLLS_AN_HOUR = 5 * 180
"""Five connections poll the queue, each waiting 20 s (Lambda's guide to SQS event sources)."""
_SLICE = 0.014
"""Seconds of a job's own processor time: 1 ms, at the fourteenth of a processor that 128 MB
give."""
PLANNER_SLICE = 0.85
"""Seconds of a tick's own processor time: 0.12 s, at the seventh of a processor that 256 MB
give."""
_PARTNERS = 4
_WORKER_LINE, _PLANNER_LINES = 650, 3_000
"""Bytes of the metrics' line of a worker's invocation, 620 for ten calls, with CloudWatch's own 26,
and of all that a tick logs."""
_SAVE_UNITS = 2 * 3 + 2 * 1
"""Write units of a transition: the record with its index entry and the history, twice each in a
transaction."""
_LOOK_READS = 2
"""Read units of a look: the link and the standing."""
_LOOK_SECONDS = CONNECTWISE_LATENCY + _LOOK_READS * LEDGER_LATENCY + 0.014
"""The extra of a look at a job: the list of Additions, those reads, and 1 ms of its own processor
time as above."""
_DAYS = 30
_LOOK_SLICE = 0.06
"""Seconds of the own processor time of a firing that plans nothing."""
_MEMORY_READ, _MEMORY_UNITS = 1, 2
"""Units of the pulse's memory: 1.1 kB, packed, with three vectors of eight counters for each of
five partners."""
_STANDING_UNITS = 2
"""Write units of a standing: the item and its index entry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """Dollars a month by service."""

    worker: float
    planner: float
    queue: float
    table_reads: float
    table_writes: float
    logs: float

    @property
    def total(self) -> float:
        """All of it."""
        return float(sum(getattr(self, each.name) for each in fields(self)))


def measure() -> Iterable[Figure]:
    """Yield the variable part of the cost, then the fixed part.

    The variable part is at both ends of the schedule's choice, and by service at the default.
    """
    scene, poor = swept(), swept(batch=BATCH // 2)
    often, seldom = (bill(scene, ticks_an_hour=each) for each in (4, 1))
    for each in fields(often):
        name = each.name.replace("_", " ")
        yield Figure(
            group=GROUP,
            what=f"every 15 minutes: {name}",
            figure=getattr(often, each.name),
            unit="$",
        )
    yield Figure(
        group=GROUP,
        what="every 15 minutes, variable",
        figure=often.total,
        bound=_VARIABLE_BOUND,
        unit="$",
    )
    partly = bill(poor, ticks_an_hour=4)
    yield Figure(
        group=GROUP, what="the same, if a poll finds half a batch", figure=partly.total, unit="$"
    )
    yield Figure(group=GROUP, what="every 60 minutes, variable", figure=seldom.total, unit="$")
    fixed = METRICS * _METRIC + ALARMS * _ALARM + _SECRET
    yield Figure(
        group=GROUP,
        what="fixed: metrics, alarms, secret",
        figure=fixed,
        bound=_FIXED_BOUND,
        unit="$",
    )


def swept(companies: int = COMPANIES, *, batch: int = BATCH) -> Scene:
    """After a sweep that changed, noted and looked at nothing, whose figures alone it has."""
    scene = Scene(companies=companies, partners=_PARTNERS, batch=batch)
    scene.sweep(scene.start, within=timedelta(hours=1))
    # Every company's time of day lies before, and none after it.
    looked = scene.start.replace(hour=23, minute=15)
    scene.sweep(looked)
    scene.forget_calls()
    scene.sweep(looked + TICK)
    return scene


def bill(scene: Scene, *, ticks_an_hour: int) -> Bill:
    """Return the cost of a month of such sweeps.

    It includes the looks and writes that do not come with every tick. Each company is looked at
    once a day and once more before its invoice. A look is noted with the next reading that is due.
    """
    ticks = ticks_an_hour * HOURS
    planning = scene.planned.total_seconds() + PLANNER_SLICE
    seconds = scene.worked.total_seconds() + COMPANIES * _SLICE
    batches = scene.invoked
    requests = math.ceil(COMPANIES / _SENT_AT_ONCE) + 2 * batches
    noted = timedelta(hours=HOURS) / NOTED_EVERY
    looks = COMPANIES * (HOURS / 24 + 1)
    transitions = COMPANIES * (2 + 2 * CHANGES + 1)
    return Bill(
        worker=ticks * (seconds * WORKER_GB * GB_SECOND + batches * INVOCATION)
        + looks * _LOOK_SECONDS * WORKER_GB * GB_SECOND,
        planner=ticks * (planning * PLANNER_GB * GB_SECOND + INVOCATION),
        queue=(ticks * requests + HOURS * IDLE_POLLS_AN_HOUR) * SQS_REQUEST,
        table_reads=(
            ticks * (scene.ledger_calls["record"] + _index_units(scene)) + looks * _LOOK_READS
        )
        * READ_UNIT,
        table_writes=(noted * COMPANIES * _STANDING_UNITS + transitions * _SAVE_UNITS) * WRITE_UNIT,
        logs=ticks * (batches * _WORKER_LINE + _PLANNER_LINES) / 1e9 * LOG_GB,
    )


def month_bill(scene: Scene, counted: "Counted", *, days: int) -> Bill:
    """Return the cost of a month that was played, by what a job of the scene's sweep takes."""
    part = days / _DAYS
    a_job = scene.worked.total_seconds() / scene.companies + _SLICE
    written = counted.rises * CONNECTWISE_LATENCY * 2
    looks = scene.companies * days
    planner = counted.planner.total_seconds() + _LOOK_SLICE * (counted.firings - counted.plans)
    invocations = counted.batches + counted.firings
    saves = scene.companies * part + 2 * counted.rises
    return Bill(
        worker=(counted.jobs * a_job + written + looks * _LOOK_SECONDS) * WORKER_GB * GB_SECOND
        + counted.batches * INVOCATION,
        planner=planner * PLANNER_GB * GB_SECOND + counted.firings * INVOCATION,
        queue=(counted.sent + 2 * counted.batches + 24 * days * IDLE_POLLS_AN_HOUR) * SQS_REQUEST,
        table_reads=(
            counted.jobs
            + counted.plans * _index_units(scene)
            + looks * _LOOK_READS
            + counted.memory_reads * _MEMORY_READ
        )
        * READ_UNIT,
        table_writes=(
            counted.noted * _STANDING_UNITS
            + saves * _SAVE_UNITS
            + counted.memory_writes * _MEMORY_UNITS
            + counted.account_writes
        )
        * WRITE_UNIT,
        logs=(invocations * _WORKER_LINE + counted.plans * _PLANNER_LINES) / 1e9 * LOG_GB,
    )


def _index_units(scene: Scene) -> float:
    """Read units of a tick's queries of the index: half of one for each 4 kB, as they may lag."""
    ledger = scene.world.ledger
    items: Sequence[Mapping[str, object]] = [
        *map(record_item, ledger.all_open_records()),
        *map(standing_item, ledger.all_standings()),
        *map(link_item, ledger.all_links()),
    ]
    return sum(len(json.dumps(item)) for item in items) / 4096 / 2
