"""What all tests share: a property holds or not, however long a machine with much to do takes to
try an example.
"""

import gc
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tally.redaction import Redactor, redact
from testing.aws_models import read_models_once

settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")
read_models_once()


def pytest_collection_finish() -> None:
    """Leave thousands of tests and modules out of each search for garbage: they stay to the end."""
    gc.freeze()


@pytest.fixture(autouse=True)
def _no_keys_of_other_tests() -> Iterator[None]:
    """The keys of a run are remembered for good; a test's are none of the next one's."""
    yield
    fresh = Redactor()
    for name in Redactor.__slots__:
        setattr(redact, name, getattr(fresh, name))
