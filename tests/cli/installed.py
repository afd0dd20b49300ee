"""A whole installation in one process: AWS on moto, the vendors' simulators behind the real
clients, virtual time.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import cache
from typing import Any, NoReturn

import boto3
from moto import mock_aws
from requests.adapters import BaseAdapter
from typer.testing import CliRunner

from cli.deployment.dead_letters import QUEUES
from cli.main import app
from cli.stack import Stack
from simulators.adapter import SimulatorAdapter
from simulators.clock import VirtualClock
from simulators.connectwise import api_records
from simulators.connectwise.options import Credentials
from tally.aws.queue import SQSJobQueue
from tally.aws.secret import ApiKeys, read_keys
from tally.connectwise.client import ConnectWiseClient
from tally.connectwise.documents import Documents
from tally.connectwise.site import Keys
from tally.connectwise.tickets.client import TicketClient
from tally.errors import SetupError
from tally.gravityzone.client import GravityZoneClient
from tally.gravityzone.pace import TokenBucket
from tally.runtime.settings import PlannerSettings
from testing.asking import MemoryAsking
from testing.ledger_table import table_definition
from testing.world import Customer, World
from tests.cli import console
from tests.cli.console import Ended

NOW = datetime(2026, 11, 3, 0, 10, tzinfo=UTC)
TICK = datetime(2026, 11, 3, 0, 5, tzinfo=UTC)
REGION = "eu-west-1"
KEYS: Mapping[str, str] = {
    "gravityzone_api_key": "gz-key",
    "connectwise_public_key": "public-key",
    "connectwise_private_key": "private-key",
    "connectwise_client_id": "client-id",
}
"""Those that the world's own clients have."""
PLANNER = "tally-PlannerFunction-1A2B"
LOOKS = "cron(0-4,6-19,21-34,36-49,51-59 * * * ? *)"
LOOK = '{"tick": "<aws.scheduler.scheduled-time>", "pulse": true}'
ENVIRONMENT: Mapping[str, str] = {**console.ENVIRONMENT, "BILLING_TIME_ZONE": "Europe/Berlin"}


class Formation:
    """CloudFormation, as far as it lists what a stack consists of, and what it was deployed
    with.
    """

    def __init__(self, resources: Sequence[tuple[str, str]]) -> None:
        self.resources = list(resources)
        self.parameters = {"AlarmEmail": "ann@example.com"}

    def describe_stacks(self, **_: str) -> dict[str, Any]:
        given = [
            {"ParameterKey": name, "ParameterValue": value}
            for name, value in self.parameters.items()
        ]
        return {"Stacks": [{"StackName": "tally", "Parameters": given}]}

    def get_paginator(self, _name: str) -> "Formation":
        return self

    def paginate(self, **_: str) -> Iterator[dict[str, Any]]:
        # Two to a page, so that whoever reads only the first is found out.
        for start in range(0, len(self.resources), 2):
            page = self.resources[start : start + 2]
            yield {
                "StackResourceSummaries": [
                    {"ResourceType": kind, "PhysicalResourceId": physical}
                    for kind, physical in page
                ]
            }


@dataclass(slots=True)
class Identity:
    """STS, whose answers are dated by ``clock`` and so much later than it."""

    clock: VirtualClock
    ahead: timedelta = timedelta(0)

    def get_caller_identity(self) -> dict[str, Any]:
        date = format_datetime(self.clock.now() + self.ahead, usegmt=True)
        return {
            "Arn": "arn:aws:iam::123456789012:user/ann",
            "ResponseMetadata": {"HTTPHeaders": {"date": date}},
        }


@dataclass(slots=True, kw_only=True)
class Installed:
    """An MSP that has done everything right; a test puts one thing wrong."""

    world: World
    environment: dict[str, str]
    outputs: dict[str, str]
    formation: Formation
    identity: Identity
    gravityzone_adapter: BaseAdapter
    connectwise_adapter: BaseAdapter
    schedule: str
    asking: MemoryAsking = field(default_factory=MemoryAsking)

    def client(self, service: str) -> Any:  # noqa: ANN401 - whichever client it is
        """An AWS client."""
        if service in {"cloudformation", "sts"}:
            return self.formation if service == "cloudformation" else self.identity
        return _client(service)

    @property
    def settings(self) -> PlannerSettings:
        return PlannerSettings.from_env(self.environment)

    def keys(self) -> ApiKeys:
        return read_keys(self.client("secretsmanager"), self.settings.secret_id)

    def stored(self) -> dict[str, Any]:
        """What the secret holds."""
        text = self.client("secretsmanager").get_secret_value(SecretId="keys")["SecretString"]
        found: dict[str, Any] = json.loads(text)
        return found

    def store(self, **keys: object) -> None:
        """Put these keys in the secret, over those that are right."""
        self.client("secretsmanager").put_secret_value(
            SecretId="keys", SecretString=json.dumps({**KEYS, **keys})
        )

    def gravityzone(
        self, settings: PlannerSettings, keys: ApiKeys, **_: object
    ) -> GravityZoneClient:
        """The client over the simulator, as bootstrap makes it but for time."""
        return GravityZoneClient(
            url=settings.gravityzone_url,
            api_key=keys.gravityzone_api_key,
            pace=TokenBucket(rate=1e9, depth=1),
            sleep=self.world._sleep,
            monotonic=self.world._monotonic,
            adapter=self.gravityzone_adapter,
            on_odd_row=self.world.odd_rows.heard,
        )

    def connectwise(
        self, settings: PlannerSettings, keys: ApiKeys, **_: object
    ) -> ConnectWiseClient:
        """The client over the simulator, as bootstrap makes it but for time."""
        return ConnectWiseClient(
            url=settings.connectwise_url,
            company=settings.connectwise_company,
            api_version=settings.connectwise_api_version,
            keys=Keys(
                public=keys.connectwise_public_key,
                private=keys.connectwise_private_key,
                client_id=keys.connectwise_client_id,
            ),
            sleep=self.world._sleep,
            adapter=self.connectwise_adapter,
            on_odd_row=self.world.odd_rows.heard,
        )

    @property
    def stack(self) -> Stack:
        """It as the command sees it."""
        return Stack(
            name="tally",
            outputs=lambda: self.outputs,
            environment=lambda _: self.environment,
            settings=lambda: self.settings,
            client=self.client,
            ledger=lambda: self.world.ledger,
            pulse=lambda: self.world.pulses,
            books=_nothing("books"),
            bucket=_nothing("bucket"),
            book_settings=_nothing("book"),
            gravityzone=lambda: self.gravityzone(self.settings, self.keys()),
            connectwise=lambda: self.connectwise(self.settings, self.keys()),
            documents=lambda: Documents(self.connectwise(self.settings, self.keys()).calls),
            tickets=lambda: TicketClient(self.connectwise(self.settings, self.keys()).calls),
            asking=lambda: self.asking,
            queue=lambda: SQSJobQueue(self.client("sqs"), self.environment["QUEUE_URL"]),
            waiting=lambda: 0,
            dead_letters=_nothing("dead letters"),
            invoke=_nothing("planner"),
            ask=_nothing("functions"),
            who=lambda: "arn:aws:iam::123456789012:user/ann",
            clock=self.world.clock,
            sleep=self.world._sleep,
            odd_rows=self.world.odd_rows,
        )

    def run(self, *arguments: str) -> Ended:
        """Run ``tally`` with these arguments, without a terminal."""
        result = CliRunner().invoke(app, list(arguments), obj=self.stack)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Ended(code=result.exit_code, out=result.stdout, err=result.stderr)

    def checks(self, *, code: int) -> dict[str, dict[str, Any]]:
        """What ``tally doctor --json`` says, by check; it must end with ``code``."""
        ended = self.run("doctor", "--json")
        assert ended.code == code, f"{ended.code}: {ended.err}{ended.out}"
        assert ended.err == ""
        return {each["check"]: each for each in json.loads(ended.out)["checks"]}

    def check(self, name: str) -> dict[str, Any]:
        """One check, of a doctor that has found something."""
        return self.checks(code=1)[name]

    def customer(self, name: str, **given: Any) -> Customer:  # noqa: ANN401 - the fields of an agreement
        """A customer with everything that it needs."""
        return self.world.add_customer(name, **given)


@contextmanager
def installed() -> Iterator[Installed]:
    """An installation in which nothing is wrong: one customer, and a tick five minutes ago."""
    with mock_aws():
        world = World(clock=VirtualClock(TICK), zone="Europe/Berlin")
        world.gravityzone.change_key(KEYS["gravityzone_api_key"])
        options = world.connectwise.options
        options.company = "brightlantern"
        options.credentials = Credentials(
            public_key=KEYS["connectwise_public_key"],
            private_key=KEYS["connectwise_private_key"],
            client_id=KEYS["connectwise_client_id"],
        )
        queues = _client("sqs")
        urls = {
            name: queues.create_queue(QueueName=name)["QueueUrl"]
            for name in (
                "JobsQueue",
                *QUEUES.values(),
            )
        }
        secrets = _client("secretsmanager")
        secrets.create_secret(Name="keys", SecretString=json.dumps(KEYS))
        tables = _client("dynamodb")
        tables.create_table(
            TableName="ledger", DeletionProtectionEnabled=True, **table_definition()
        )
        tables.update_continuous_backups(
            TableName="ledger",
            PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True},
        )
        topics = _client("sns")
        topic = topics.create_topic(Name="alarms")["TopicArn"]
        topics.subscribe(TopicArn=topic, Protocol="email", Endpoint="ann@example.com")
        alarms = [_alarm(name, topic) for name in ("tally-Jobs", "tally-Planner", "tally-Worker")]
        ticks = schedule("tally-Tick", PLANNER)
        looks = schedule("tally-Pulse", PLANNER, expression=LOOKS, event=LOOK)
        other = schedule("tally-Digest", "tally-ReporterFunction-3C4D")
        installation = Installed(
            world=world,
            environment={**ENVIRONMENT, "QUEUE_URL": urls["JobsQueue"], "SECRET_ID": "keys"},
            outputs={
                **urls,
                "AlarmTopic": topic,
                "PlannerFunction": PLANNER,
                "LedgerTable": "ledger",
            },
            formation=Formation(
                [
                    ("AWS::SQS::Queue", urls["JobsQueue"]),
                    *(("AWS::CloudWatch::Alarm", name) for name in alarms),
                    ("AWS::Scheduler::Schedule", other),
                    ("AWS::Scheduler::Schedule", looks),
                    ("AWS::Scheduler::Schedule", ticks),
                ]
            ),
            identity=Identity(world.clock),
            gravityzone_adapter=SimulatorAdapter(world.gravityzone),
            connectwise_adapter=SimulatorAdapter(world.connectwise),
            schedule=ticks,
        )
        installation.customer("Harbor Dental")
        world.play(TICK)
        world.clock.set(NOW)
        yield installation


@cache
def _client(service: str) -> Any:  # noqa: ANN401 - whichever client it is
    """A client for all tests, as making one takes longer than most of them: moto is behind it
    wherever it is on.
    """
    return boto3.client(  # type: ignore[call-overload]  # as above
        service, region_name=REGION, aws_access_key_id="testing", aws_secret_access_key="testing"
    )


def _alarm(name: str, topic: str) -> str:
    _client("cloudwatch").put_metric_alarm(
        AlarmName=name,
        Namespace="AWS/SQS",
        MetricName="ApproximateNumberOfMessagesVisible",
        Statistic="Maximum",
        Period=300,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        AlarmActions=[topic],
    )
    return name


def schedule(
    name: str, function: str, *, expression: str = "cron(5/15 * * * ? *)", event: str = "{}"
) -> str:
    """Make a schedule that fires a function; return its name."""
    _client("scheduler").create_schedule(
        Name=name,
        ScheduleExpression=expression,
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={
            "Arn": f"arn:aws:lambda:{REGION}:123456789012:function:{function}",
            "RoleArn": "arn:aws:iam::123456789012:role/schedule",
            "Input": event,
        },
    )
    return name


def _nothing(what: str) -> Callable[..., Any]:
    def none(*_: object) -> NoReturn:
        raise SetupError(f"There are no {what} here.")

    return none


def only(check: dict[str, Any]) -> tuple[str, str, str]:
    """The one finding of a check: its verdict, what it says and what to do."""
    (finding,) = check["findings"]
    return finding["verdict"], finding["says"], finding["remedy"]


HELP_DESK = "HELP-DESK"


def add_help_desk(world: World) -> None:
    """Have a second product in the catalog, which Tally bills to nobody."""
    tenant = world.connectwise.tenant
    other = api_records.product(
        product_id=310,
        identifier=HELP_DESK,
        description="Help desk",
        price=39.0,
        cost=18.0,
        taxable=False,
        product_class="Service",
    )
    tenant.insert(tenant.products, other, by="admin", at_once=True)
