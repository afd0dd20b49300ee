"""The worlds that most tests play in, and both functions as they are deployed."""

import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime

import boto3
import pytest
from moto import mock_aws

import planner.handler as planner_function
import worker.handler as worker_function
from simulators.adapter import SimulatorAdapter
from simulators.clock import VirtualClock
from tally.runtime.parts import bootstrap
from testing.ledger_table import create_ledger_table
from testing.world import Customer, World
from tests.functional.deployed_environment import ENVIRONMENT
from tests.functional.deployed_functions import KEYS, Deployed
from tests.functional.instants import gmt


@pytest.fixture
def world(request: pytest.FixtureRequest) -> World:
    """One Tally and its MSP, from the first instant of November 2026 on.

    `pytest.mark.world(at=..., ...)` starts it at another instant, or sets other options of `World`.
    """
    marker = request.node.get_closest_marker("world")
    options = {"at": gmt("2026-11-01 00:00"), **(marker.kwargs if marker else {})}
    return World(clock=VirtualClock(options.pop("at")), **options)


@pytest.fixture
def harbor(request: pytest.FixtureRequest, world: World) -> Customer:
    """A customer; it has no machines unless `pytest.mark.machines(number)` gives it some."""
    customer = world.add_customer("Harbor Dental")
    marker = request.node.get_closest_marker("machines")
    if marker:
        world.check_in(customer, *marker.args)
    return customer


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The functions' environment variables, as the template gives them."""
    variables = dict(ENVIRONMENT)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return variables


@pytest.fixture
def deployed(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployed]:
    """Table, queue and secret on moto; handlers that have not started yet, their clients over the
    simulators.
    """
    with mock_aws():
        world = World(clock=VirtualClock(datetime(2026, 11, 1, tzinfo=UTC)))
        create_ledger_table(boto3.client("dynamodb"), "ledger")
        sqs = boto3.client("sqs")
        queue_url = sqs.create_queue(QueueName="jobs", Attributes={"VisibilityTimeout": "888"})[
            "QueueUrl"
        ]
        secrets = boto3.client("secretsmanager")
        secret_id = secrets.create_secret(Name="keys", SecretString=json.dumps(KEYS))["ARN"]
        monkeypatch.setenv("QUEUE_URL", queue_url)
        monkeypatch.setenv("SECRET_ID", secret_id)
        outside = bootstrap.World(
            gravityzone=SimulatorAdapter(world.gravityzone),
            connectwise=SimulatorAdapter(world.connectwise),
            clock=world.clock,
        )
        monkeypatch.setattr(bootstrap, "World", lambda: outside)
        log = io.StringIO()
        for function in (planner_function, worker_function):
            monkeypatch.setattr(function.logger.registered_handler, "stream", log)
        planner_function._planner.cache_clear()
        worker_function._worker.cache_clear()
        yield Deployed(
            world=world, queue_url=queue_url, secret_id=secret_id, sqs=sqs, secrets=secrets, log=log
        )
        planner_function._planner.cache_clear()
        worker_function._worker.cache_clear()
