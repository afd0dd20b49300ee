"""What all tests share: a property holds or not, however long a machine with much to do takes to
try an example.
"""

import gc
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from tally.redaction import Redactor, redact
from testing.aws_models import read_models_once

if TYPE_CHECKING:
    from coverage import Coverage

settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")


class Tracing:
    """Counts branches in the first 20 cases of each test, and in the first of a slow one: it
    nearly doubles what a test takes, and further cases seldom take another branch.
    """

    def __init__(self, coverage: "Coverage", tests: Sequence[pytest.Item]) -> None:
        self._coverage = coverage
        self._counted: set[pytest.Item] = set()
        cases: Counter[str] = Counter()
        for each in tests:
            test = each.nodeid.partition("[")[0]
            cases[test] += 1
            counted = 1 if each.get_closest_marker("slow") else 20
            if cases[test] <= counted and each.get_closest_marker("no_cover") is None:
                self._counted.add(each)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """Switch between a test that is counted and one that is not, fixtures included."""
        if item not in self._counted:
            # In a process of xdist there are two, and below one that is stopped the other goes on.
            while running := self._coverage.current():
                running.stop()
        elif self._coverage.current() is None:
            self._coverage.start()
        return (yield)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the slow ones: at the end no process waits for another's long last test, and what
    the tests of a slow module share is not made twice.
    """
    items.sort(key=lambda each: each.get_closest_marker("slow") is None)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Leave thousands of tests and modules out of each search for garbage: they stay to the end."""
    read_models_once()
    gc.freeze()
    coverage = sys.modules.get("coverage")  # imported with --cov alone: a tenth of a second
    running = coverage and coverage.Coverage.current()
    if running:
        session.config.pluginmanager.register(Tracing(running, session.items))


@pytest.fixture(autouse=True)
def _no_keys_of_other_tests() -> Iterator[None]:
    """The keys of a run are remembered for good; a test's are none of the next one's."""
    yield
    fresh = Redactor()
    for name in Redactor.__slots__:
        setattr(redact, name, getattr(fresh, name))
