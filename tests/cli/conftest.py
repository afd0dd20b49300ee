"""What the command's tests share: MSPs of none, of one and of two thousand customers, and one with
its AWS.
"""

from collections.abc import Iterator

import pytest

from tests.cli.console import Console, populated
from tests.cli.installed import Installed, installed


@pytest.fixture(scope="session")
def thousands() -> Console:
    """2,000 customers, whose November is open; for commands that write nothing."""
    return populated(2000, machines=1)


@pytest.fixture
def one() -> Console:
    """One customer, whose November is open at 3."""
    return populated(1)


@pytest.fixture
def empty() -> Console:
    """Deployed, and never ticked; nobody has a customer."""
    return Console()


@pytest.fixture
def msp(monkeypatch: pytest.MonkeyPatch) -> Iterator[Installed]:
    """An installation in which nothing is wrong, its AWS included."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with installed() as installation:
        yield installation
