"""One deployed stack for all end-to-end tests: starting it takes ten seconds, making it as good as new one."""

from collections.abc import Iterator

import pytest

from local.simulators.scenario import dump_scenario
from local.stack import DEMO_PARAMETERS, Stack
from tests.e2e.msp import Msp, empty_msp


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """MiniStack with the template deployed and IAM enforced, and both simulators with an MSP that has no customers."""
    scenario = tmp_path_factory.mktemp("scenario") / "empty.json"
    scenario.write_bytes(dump_scenario(empty_msp()))
    options = ("--scenario", str(scenario))
    with Stack(
        "e2e", parameters=DEMO_PARAMETERS, simulators={"gravityzone": options, "connectwise": options}
    ) as running:
        yield running


@pytest.fixture
def msp(stack: Stack) -> Msp:
    """The stack as if it had just been deployed: an empty ledger, no customers, no faults, the keys in place."""
    return Msp(stack=stack)
