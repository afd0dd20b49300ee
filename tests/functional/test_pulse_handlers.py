"""The pulse in the functions as deployed: its account in the ledger's table, and what an engineer
finds in the log.
"""

import json
from dataclasses import replace
from datetime import timedelta

import boto3
import pytest

from simulators.gravityzone import TotalsTold
from tally.domain.pulse.state import Trust
from tally.errors import ContradictedError
from tally.ledger.pulse.pulse_table import DynamoDBPulse
from tests.functional.deployed_functions import Deployed
from tests.functional.pulse_world import THIRD

LOOK = THIRD + timedelta(minutes=7)


@pytest.fixture
def memory(deployed: Deployed) -> DynamoDBPulse:
    """The pulse's items in the ledger's table."""
    del deployed
    return DynamoDBPulse(boto3.client("dynamodb"), "ledger")


def _sweep(deployed: Deployed) -> None:
    """Let a full sweep read one customer."""
    deployed.world.check_in(deployed.world.add_customer("Harbor Dental"), 3)
    deployed.tick(THIRD)
    assert deployed.work(deployed.batch()) == []


def test_a_worker_adds_to_the_account(deployed: Deployed, memory: DynamoDBPulse) -> None:
    """PULSE-2: the ends of a batch's jobs are in the account, and looks judge by it."""
    _sweep(deployed)
    expected, account = memory.read().expected, memory.account()
    assert expected is not None
    assert expected.is_met_by(account)
    assert deployed.look(LOOK)["skipped"] == "totals of partners are unproven"
    assert memory.read().proof.agreed == 1


@pytest.mark.slow
def test_a_contradiction_is_an_error_with_both_vectors(
    deployed: Deployed, memory: DynamoDBPulse
) -> None:
    """PULSE-3: the invocation fails, which rings; the log line has all that was compared; its
    second attempt finds the pulse switched off.
    """
    deployed.world.gravityzone.options.totals = TotalsTold(kind="zero")
    _sweep(deployed)
    memory.change(lambda known: replace(known, proof=replace(known.proof, trust=Trust.PROVEN)))
    with pytest.raises(ContradictedError, match="The totals of partners are wrong"):
        deployed.look(LOOK)
    assert memory.read().proof.trust is Trust.OFF
    assert deployed.look(LOOK)["skipped"] == "totals of partners are off"
    lines = [json.loads(line) for line in deployed.log.getvalue().splitlines() if line[:1] == "{"]
    (first,) = [each for each in lines if each.get("message") == "contradicted"]
    root = deployed.world.gravityzone.tenant.own.id
    assert "0 endpointMonthlyUsage = 0" in first["vectors"]
    assert first["vectors"].endswith(f"Read: {root}: endpoints = 3.")
    assert first["tick"] == "2026-11-03T00:12:00+00:00"
