"""``python -m verification.mutations.killer``: run tests or play seeds inside a copy.

It reports in one JSON object in the file ``--result``: ``killed`` is the name of the test that
failed, or of the violated invariant with its ``seed``; null if nothing was noticed. ``imported`` is
the file that the asked module was loaded from.
"""

import argparse
import importlib
import json
import sys
from pathlib import Path

import pytest

from verification.simulation.play import play
from verification.simulation.setting import Shape
from verification.simulation.story import ViolationError


class _Witness:
    """A pytest plugin that remembers the first test that failed."""

    def __init__(self) -> None:
        self.failed: str | None = None

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Look at one phase of one test."""
        if report.failed and self.failed is None:
            self.failed = report.nodeid


def main() -> int:
    """Run; answer 0 if that was possible, whatever was noticed."""
    options = _options()
    seed = None
    if options.tests:
        killed = _tested(options.tests)
    else:
        violation = _violation(range(options.first_seed, options.until_seed))
        seed = None if violation is None else violation.seed
        killed = (
            None
            if violation is None
            else f"simulation, seed {seed}, invariant {violation.invariant}"
        )
    loaded = importlib.import_module(options.module).__file__
    options.result.write_text(json.dumps({"killed": killed, "seed": seed, "imported": loaded}))
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m verification.mutations.killer", description=__doc__
    )
    parser.add_argument("--module", required=True)
    parser.add_argument("--result", required=True, type=Path)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--until-seed", type=int, default=0)
    parser.add_argument("tests", nargs="*")
    return parser.parse_args()


def _tested(tests: list[str]) -> str | None:
    witness = _Witness()
    code = pytest.main(
        ["-x", "-q", "-p", "no:cacheprovider", "--no-header", *tests], plugins=[witness]
    )
    if code == pytest.ExitCode.OK:
        return None
    if code == pytest.ExitCode.TESTS_FAILED and witness.failed is not None:
        return witness.failed
    sys.exit(f"pytest ended with {code}: the tests could not be run")


def _violation(seeds: range) -> ViolationError | None:
    """The first that these seeds run into."""
    for seed in seeds:
        try:
            play(Shape(seed=seed))
        except ViolationError as violation:
            return violation
    return None


if __name__ == "__main__":
    sys.exit(main())
