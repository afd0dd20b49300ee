"""A deployed stack as the command sees it: found by its CloudFormation outputs, with the settings that its functions have.

``Stack`` is the one seam: tests put their own ports into it. ``connect`` makes it of a real deployment, each part when it is
first asked for, so that a command needs no right but those for what it does.
"""

import json
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, cast

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from cli.dead_letters import DeadLetters, SQSDeadLetters
from cli.local_stack import find_local_stack
from tally.aws.queue import SQSJobQueue
from tally.aws.refusals import aws_errors, error_code
from tally.aws.secret import ApiKeys, read_keys
from tally.domain.record.unreadable import OddRows
from tally.errors import ContractError, SetupError, TallyError
from tally.gravityzone.pace import TokenBucket
from tally.ledger.dynamodb import DynamoDBLedger
from tally.ports import Clock, ConnectWise, GravityZone, JobQueue, Ledger
from tally.runtime import bootstrap
from tally.runtime.clock import WallClock
from tally.runtime.settings import PlannerSettings
from tally.transport.operators import operators_network
from tally.transport.retry import http_date

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sts import STSClient

DEFAULT_NAME = "tally"
"""What samconfig.toml calls the stack."""

_CLOCKS_DIFFER = timedelta(seconds=60)

_PLANNER_SECONDS = 600
"""The planner's timeout in the template: an invocation that is waited for may take so long."""


class TickFailedError(TallyError):
    """The planner raised; its sentence is the text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """What commands use of a deployment. Ports are made when they are called for; each raises TallyError where that fails.

    ``outputs`` are the template's, by name; ``environment`` is a function's, by the output that names the function.
    ``client`` gives a boto3 client of an AWS service in the stack's account and region. ``invoke`` has the planner function plan
    a tick and gives what it answered; TickFailedError where it raised. ``waiting`` counts the jobs that are not done, those
    in flight too. ``who`` is the caller's ARN: what the history says of who did something. ``odd_rows`` hears of rows of the
    vendors' lists that nobody can place.
    """

    name: str
    outputs: Callable[[], Mapping[str, str]]
    environment: Callable[[str], Mapping[str, str]]
    settings: Callable[[], PlannerSettings]
    client: Callable[[str], Any]
    ledger: Callable[[], Ledger]
    gravityzone: Callable[[], GravityZone]
    connectwise: Callable[[], ConnectWise]
    queue: Callable[[], JobQueue]
    waiting: Callable[[], int]
    dead_letters: Callable[[], DeadLetters]
    invoke: Callable[[datetime], Mapping[str, Any]]
    who: Callable[[], str]
    clock: Clock
    sleep: Callable[[float], None] = time.sleep
    odd_rows: OddRows = field(default_factory=OddRows)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Which deployment is meant: the options of the command line."""

    name: str = DEFAULT_NAME
    region: str | None = None
    profile: str | None = None
    local: bool = False


def connect(target: Target) -> Stack:
    """The deployment that is meant. Nothing is called yet; SetupError where no session can be made of the options."""
    to = _Connection(target.name, _clients(target))
    return Stack(
        name=target.name,
        outputs=lambda: to.outputs,
        environment=to.environment,
        settings=lambda: to.settings,
        client=to.client,
        ledger=lambda: to.ledger,
        gravityzone=lambda: to.gravityzone,
        connectwise=lambda: to.connectwise,
        queue=lambda: to.queue,
        waiting=to.waiting,
        dead_letters=lambda: SQSDeadLetters(to.client("sqs"), to.outputs),
        invoke=to.invoke,
        who=lambda: to.who,
        clock=WallClock(),
        odd_rows=to.odd_rows,
    )


class _Connection:
    """What is known of a deployment so far: each thing is asked for once, and only if somebody wants it."""

    def __init__(self, name: str, client: Callable[[str], Any]) -> None:
        self.name = name
        self.client = client
        self.odd_rows = OddRows()
        self._environments: dict[str, Mapping[str, str]] = {}

    @cached_property
    def outputs(self) -> Mapping[str, str]:
        return _outputs(self.client("cloudformation"), self.name)

    def environment(self, function: str) -> Mapping[str, str]:
        if function not in self._environments:
            functions: LambdaClient = self.client("lambda")
            name = output(self.outputs, function, stack=self.name)
            with aws_errors(f"the function {name}"):
                answer = functions.get_function_configuration(FunctionName=name)
            self._environments[function] = answer.get("Environment", {}).get("Variables", {})
        return self._environments[function]

    @cached_property
    def settings(self) -> PlannerSettings:
        return PlannerSettings.from_env(self.environment("PlannerFunction"))

    @cached_property
    def keys(self) -> ApiKeys:
        return read_keys(self.client("secretsmanager"), self.settings.secret_id)

    @cached_property
    def ledger(self) -> Ledger:
        return DynamoDBLedger(self.client("dynamodb"), self.settings.table_name)

    @cached_property
    def gravityzone(self) -> GravityZone:
        # Half of the pace: workers may be at theirs meanwhile, and the limit is the key's.
        bucket = TokenBucket(rate=self.settings.sweep_calls_per_second / 2, depth=1)
        return bootstrap.gravityzone_client(
            self.settings,
            self.keys,
            bucket=bucket,
            network=operators_network(os.environ),
            on_odd_row=self.odd_rows.heard,
        )

    @cached_property
    def connectwise(self) -> ConnectWise:
        return bootstrap.connectwise_client(
            self.settings,
            self.keys,
            network=operators_network(os.environ),
            on_odd_row=self.odd_rows.heard,
        )

    @cached_property
    def queue(self) -> JobQueue:
        return SQSJobQueue(self.client("sqs"), self.settings.queue_url)

    def waiting(self) -> int:
        queues: SQSClient = self.client("sqs")
        with aws_errors("the queue of jobs"):
            answer = queues.get_queue_attributes(
                QueueUrl=self.settings.queue_url,
                AttributeNames=[
                    "ApproximateNumberOfMessages",
                    "ApproximateNumberOfMessagesDelayed",
                    "ApproximateNumberOfMessagesNotVisible",
                ],
            )
        return sum(int(number) for number in answer.get("Attributes", {}).values())

    def invoke(self, tick: datetime) -> Mapping[str, Any]:
        return _invoke(
            self.client("lambda"), output(self.outputs, "PlannerFunction", stack=self.name), tick
        )

    @cached_property
    def who(self) -> str:
        identities: STSClient = self.client("sts")
        with aws_errors("the identity of the caller"):
            return identities.get_caller_identity()["Arn"]


def output(outputs: Mapping[str, str], name: str, *, stack: str) -> str:
    """One of the template's outputs. Raises SetupError where the deployed template is too old to have it."""
    try:
        return outputs[name]
    except KeyError:
        raise SetupError(
            f"The stack {stack} has no output {name}: is it Tally's, and of this version? "
            "Deploy it again."
        ) from None


def _clients(target: Target) -> Callable[[str], Any]:
    endpoint = None
    if target.local:
        endpoint, session = _local_session()
    else:
        try:
            session = boto3.Session(region_name=target.region, profile_name=target.profile)
        except BotoCoreError as error:
            raise SetupError(f"No AWS session can be made: {error}") from error
        if session.region_name is None:
            raise SetupError("No AWS region is known: give --region, or set one for the profile.")
    config = Config(
        connect_timeout=5,
        read_timeout=30,
        retries={"mode": "standard", "total_max_attempts": 4},
        max_pool_connections=8,
    )
    # Waited for, and never sent twice: a planner that is asked again would plan again.
    patient = Config(
        connect_timeout=5, read_timeout=_PLANNER_SECONDS + 30, retries={"total_max_attempts": 1}
    )

    @cache
    def client(service: str) -> Any:  # noqa: ANN401 - whichever client boto3 makes of the name
        make = cast("Callable[..., Any]", session.client)
        try:
            return make(
                service, config=patient if service == "lambda" else config, endpoint_url=endpoint
            )
        except BotoCoreError as error:
            raise SetupError(f"AWS cannot be asked for {service}: {error}") from error

    return client


def _local_session() -> tuple[str, boto3.Session]:
    """Return the endpoint of the stack that `make up` left running, and a session for it."""
    local = find_local_stack()
    session = boto3.Session(
        aws_access_key_id="test",
        aws_secret_access_key="test",  # noqa: S106 - MiniStack's root
        region_name=local.region,
    )
    return local.endpoint, session


def _outputs(client: "CloudFormationClient", name: str) -> Mapping[str, str]:
    try:
        answer = client.describe_stacks(StackName=name)
    except ClientError as error:
        if error_code(error) == "ValidationError":
            region = client.meta.region_name
            raise SetupError(
                f"There is no stack {name} in {region}: give --stack, --region or "
                "--profile, or deploy it there."
            ) from error
        with aws_errors(f"the stack {name}"):
            raise
    except BotoCoreError:
        with aws_errors(f"the stack {name}"):
            raise
    _check_clock(
        answer["ResponseMetadata"].get("HTTPHeaders", {}).get("date", ""), now=datetime.now(UTC)
    )
    return {
        each["OutputKey"]: each["OutputValue"] for each in answer["Stacks"][0].get("Outputs", [])
    }


def _check_clock(date: str, *, now: datetime) -> None:
    """Raise SetupError where this machine's clock is not AWS's: which months are due is told by it, and what is newer.

    ``date`` is the header of an answer; nothing is concluded from one that cannot be read.
    """
    theirs = http_date(date)
    if theirs is None:
        return
    off = now - theirs
    if abs(off) > _CLOCKS_DIFFER:
        way = "ahead of" if off > timedelta() else "behind"
        raise SetupError(
            f"This machine's clock is {abs(off).total_seconds():.0f} seconds {way} AWS's: "
            "set it right, since months are told by it."
        )


def _invoke(client: "LambdaClient", function: str, tick: datetime) -> Mapping[str, Any]:
    with aws_errors(f"the planner {function}"):
        answer = client.invoke(
            FunctionName=function,
            Payload=json.dumps({"tick": tick.strftime("%Y-%m-%dT%H:%M:%SZ")}).encode(),
        )
        answered = answer["Payload"].read() or b"null"
    try:
        payload = json.loads(answered)
    except (ValueError, RecursionError):
        raise ContractError(
            "The planner answered what is no JSON, and so no word on a tick."
        ) from None
    if "FunctionError" in answer:
        said = payload.get("errorMessage") if isinstance(payload, dict) else None
        raise TickFailedError(
            f"The planner failed: {said or 'it was stopped before it could say why'}"
        )
    if not isinstance(payload, dict):
        raise ContractError(f"The planner answered {payload!r}, which is no word on a tick.")
    return payload
