"""What the command's tests share: MSPs of none, of one and of two thousand customers."""

import pytest

from tests.cli.console import Console, populated


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
