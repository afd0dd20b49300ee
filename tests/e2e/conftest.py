"""One deployed stack for all end-to-end tests: starting it takes most of the time."""

from collections.abc import Iterator

import pytest

from local.stack import DEMO_PARAMETERS, Stack


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """MiniStack with the template deployed and IAM enforced, and both simulators with the demo's MSP."""
    with Stack("e2e", parameters=DEMO_PARAMETERS, simulators={"gravityzone": (), "connectwise": ()}) as running:
        yield running
