"""``python -m verification.simulation``: play many seeds, or one with its story."""

import argparse
import sys
from datetime import datetime

from verification.simulation.play import play
from verification.simulation.seed_runner import run
from verification.simulation.setting import Shape
from verification.simulation.shrink import described, shrink
from verification.simulation.story import ViolationError

_SHRINK_SECONDS = 60.0


def main() -> int:
    """Play; answer 1 if a rule was broken."""
    options = _options()
    if options.seed is not None:
        return _tell_one(options.seed, shrinking=options.shrink_seconds)
    if options.seeds is None and options.seconds is None:
        options.seeds = 100
    outcome = run(
        first_seed=options.first_seed,
        seeds=options.seeds,
        seconds=options.seconds,
        processes=options.processes,
    )
    print("\n".join(outcome.lines()))
    if outcome.first is None:
        return 0
    _tell_shortest(outcome.first, seconds=options.shrink_seconds)
    return 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m verification.simulation", description=__doc__)
    parser.add_argument(
        "--seeds", type=int, help="how many seeds to play (default 100, or what --seconds allows)"
    )
    parser.add_argument("--first-seed", type=int, default=0, help="the first of them")
    parser.add_argument("--seconds", type=float, help="begin no further seed after so long")
    parser.add_argument("--processes", type=int, help="how many cores (default all)")
    parser.add_argument(
        "--seed", type=int, help="play this one alone, and tell its story step by step"
    )
    parser.add_argument(
        "--shrink-seconds",
        type=float,
        default=_SHRINK_SECONDS,
        help="for how long to look for the shortest story of the first violation (default 60)",
    )
    return parser.parse_args()


def _tell_one(seed: int, *, shrinking: float) -> int:
    try:
        played = play(Shape(seed=seed), _tell)
    except ViolationError as violation:
        print(f"VIOLATION  {violation}")
        _tell_shortest(violation, seconds=shrinking)
        return 1
    print(
        f"seed {seed}: {played.company_months} company-months, {played.steps} ticks, "
        f"{played.calls} calls, no violation"
    )
    return 0


def _tell_shortest(violation: ViolationError, *, seconds: float) -> None:
    if not seconds:
        return
    print(
        f"\nlooking for the shortest story of seed {violation.seed} for up to {seconds:.0f} s ...",
        flush=True,
    )
    shape, shortest = shrink(violation, seconds=seconds)
    print(
        "the shortest found, after which nothing could be left out any more or the time was "
        f"over:\n{described(shape)}\n"
    )
    try:
        play(shape, _tell)
    except ViolationError as last:
        print(f"VIOLATION  {last}")
    else:
        print(f"it did not happen again: {shortest}")


def _tell(at: datetime, text: str) -> None:
    print(f"{at:%Y-%m-%d %H:%M:%S}  {text}")


if __name__ == "__main__":
    sys.exit(main())
