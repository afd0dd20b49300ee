"""The run of many seeds on all cores, to the end or a time limit, up to the first broken rule."""

import gc
import multiprocessing
import os
import sys
import time
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkProcess

from verification.simulation.play import play
from verification.simulation.played import Played
from verification.simulation.setting import Shape
from verification.simulation.story import ViolationError

_PROGRESS_EVERY = 5.0
_SHOWN = 20
_COLLECT_AFTER = 50_000


@dataclass(slots=True, kw_only=True)
class Outcome:
    """The result of all seeds. Seconds are those of the wall, on ``processes`` cores."""

    processes: int
    seconds: float = 0.0
    played: Played = field(default_factory=lambda: Played(seeds=0))
    violations: list[ViolationError] = field(default_factory=list)

    @property
    def first(self) -> ViolationError | None:
        """The violation of the lowest seed."""
        return min(self.violations, key=lambda each: each.seed, default=None)

    def lines(self) -> list[str]:
        """It as it is printed."""
        played, seconds = self.played, max(self.seconds, 1e-9)
        a_core = seconds * self.processes
        first = self.first
        return [
            f"seeds            {played.seeds + len(self.violations):,}",
            (
                f"company-months   {played.company_months:,}  "
                f"{_rate(played.company_months, seconds, a_core)}"
            ),
            f"ticks            {played.steps:,}",
            f"jobs             {played.jobs:,}",
            f"calls            {played.calls:,}  {_rate(played.calls, seconds, a_core)}",
            f"seconds          {self.seconds:,.1f} on {self.processes} cores",
            "faults injected  " + _listed(played.faults),
            "life             " + _listed(played.lived),
            "pulse            " + _listed(played.pulse),
            "evidence         " + _listed(played.evidence),
            f"violations       {len(self.violations):,}",
            *([] if first is None else [f"first violation  {first}"]),
        ]


def run(
    *, first_seed: int, seeds: int | None, seconds: float | None, processes: int | None = None
) -> Outcome:
    """Play ``seeds`` seeds, or as many as ``seconds`` are enough for."""
    processes = processes or os.cpu_count() or 1
    outcome = Outcome(processes=processes)
    begun = time.monotonic()
    deadline = None if seconds is None else begun + seconds
    until = None if seeds is None else first_seed + seeds
    context = multiprocessing.get_context("fork")
    readers: list[Connection] = []
    workers: list[ForkProcess] = []
    for number in range(processes):
        reader, writer = context.Pipe(duplex=False)
        worker = context.Process(
            target=_worker,
            args=(writer, first_seed + number, processes, until, deadline),
            daemon=True,
        )
        worker.start()
        writer.close()
        readers.append(reader)
        workers.append(worker)
    _collect(readers, outcome, begun)
    for worker in workers:
        worker.join()
        if worker.exitcode:
            raise RuntimeError(f"a process of the simulation ended with {worker.exitcode}")
    outcome.seconds = time.monotonic() - begun
    return outcome


def _collect(readers: list[Connection], outcome: Outcome, begun: float) -> None:
    shown = begun
    while readers:
        ready = wait(readers, timeout=_PROGRESS_EVERY)
        for reader in [each for each in readers if each in ready]:
            try:
                _add(reader.recv(), outcome)
            except EOFError:
                readers.remove(reader)
        if time.monotonic() - shown >= _PROGRESS_EVERY:
            shown = time.monotonic()
            _show_progress(outcome, shown - begun)


def _add(result: Played | ViolationError, outcome: Outcome) -> None:
    if not isinstance(result, ViolationError):
        outcome.played.add(result)
        return
    outcome.violations.append(result)
    if len(outcome.violations) <= _SHOWN:
        print(f"VIOLATION  {result}", flush=True)


def _worker(
    results: Connection, first: int, step: int, until: int | None, deadline: float | None
) -> None:
    # A seed leaves cycles behind, and one collection after each frees them all. Many on the way
    # would cost a tenth of the time; none at all would cost 60 MB where a seed is rough.
    gc.collect()
    gc.freeze()
    gc.set_threshold(_COLLECT_AFTER)
    seed = first
    while (until is None or seed < until) and (deadline is None or time.monotonic() < deadline):
        try:
            result: Played | ViolationError = play(Shape(seed=seed))
        except ViolationError as violation:
            result = ViolationError(
                violation.invariant,
                violation.what,
                company=violation.company,
                month=violation.month,
                seed=seed,
                step=violation.step,
            )
        results.send(result)
        seed += step
        gc.collect()
    results.close()


def _show_progress(outcome: Outcome, seconds: float) -> None:
    played = outcome.played
    print(
        f"{seconds:6.0f} s  {played.seeds:,} seeds, {played.company_months:,} company-months "
        f"({played.company_months / seconds:,.0f} a second), {len(outcome.violations)} violations",
        file=sys.stderr,
        flush=True,
    )


def _rate(count: int, seconds: float, a_core: float) -> str:
    return f"({count / seconds:,.0f} a second, {count / a_core:,.0f} on one core)"


def _listed(counts: dict[str, int]) -> str:
    return f"{sum(counts.values()):,}: " + ", ".join(
        f"{name} {count:,}" for name, count in sorted(counts.items(), key=lambda item: -item[1])
    )
