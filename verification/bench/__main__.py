"""`make bench`: measure everything, print one table, and write it as JSON.

A figure beyond its bound makes it fail. Usage: python -m verification.bench [--json PATH] [--only
PART …]
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from verification.bench import (
    calls,
    cold_start,
    cpu,
    evidence,
    freshness,
    memory,
    money,
    pulse,
    statements,
    storm,
    sweep,
    tickets,
)
from verification.bench.figure import Figure, table

_PARTS: Mapping[str, Callable[[], Iterable[Figure]]] = {
    "calls": calls.measure,
    "sweep": sweep.measure,
    "freshness": freshness.measure,
    "cpu": cpu.measure,
    "cold-start": cold_start.measure,
    "memory": memory.measure,
    "storm": storm.measure,
    "money": money.measure,
    "statements": statements.measure,
    "pulse": pulse.measure,
    "evidence": evidence.measure,
    "tickets": tickets.measure,
}
_VIRTUAL = ("storm", "freshness", "sweep", "calls", "money", "pulse", "evidence")
"""Parts of counts and virtual time. They may run side by side, since a busy machine does not
matter."""


def _measure(part: str) -> list[Figure]:
    return list(_PARTS[part]())


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m verification.bench", description=__doc__.splitlines()[0]
    )
    parser.add_argument(
        "--json",
        type=Path,
        default=Path(".verification/bench.json"),
        help="where the figures are written",
    )
    parser.add_argument(
        "--only",
        nargs="+",
        choices=sorted(_PARTS),
        default=list(_PARTS),
        help="the parts to measure",
    )
    return parser.parse_args()


def _measured(parts: Sequence[str], *, began: float) -> list[Figure]:
    found: dict[str, list[Figure]] = {}
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        together = {part: pool.submit(_measure, part) for part in _VIRTUAL if part in parts}
        for part, measured in together.items():
            found[part] = measured.result()
            _say(f"{part}: measured after {time.monotonic() - began:.0f} s")
    for part in parts:
        if part not in found:
            found[part] = _measure(part)
            _say(f"{part}: measured after {time.monotonic() - began:.0f} s")
    return [figure for part in _PARTS if part in found for figure in found[part]]


def main() -> int:
    """Run the parts asked for, and return the exit code."""
    asked, began = _options(), time.monotonic()
    figures = _measured(asked.only, began=began)
    sys.stdout.write(f"{table(figures)}\n")
    asked.json.parent.mkdir(parents=True, exist_ok=True)
    asked.json.write_text(json.dumps([each.as_json() for each in figures], indent=2) + "\n")
    missed = sum(not each.kept for each in figures)
    _say(
        f"{len(figures)} figures in {time.monotonic() - began:.0f} s, {missed} beyond their bound; "
        f"{asked.json}"
    )
    return 1 if missed else 0


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
