"""The real deployment behind a ``Stack``: found in AWS, each part when it is first asked for.

So a command needs no right but those for what it does, and imports no client that it does not call.
"""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import Session

from cli.deployment.dead_letters import SQSDeadLetters
from cli.deployment.local_stack import find_local_stack
from cli.deployment.stored_secret import keys_in
from cli.stack import Stack, Target, TickFailedError, output
from tally.aws.queue import SQSJobQueue
from tally.aws.refusals import aws_errors, error_code
from tally.aws.secret import ApiKeys
from tally.domain.asking.asking_ledger_port import AskingLedger
from tally.domain.attaching.ports import Documents
from tally.domain.book.bucket_port import Bucket
from tally.domain.book.ledger_port import BookLedger
from tally.domain.evidence.ledger_port import EvidenceStore
from tally.domain.pulse.ledger_port import PulseLedger
from tally.domain.record.unreadable import OddRows
from tally.errors import ContractError, SetupError
from tally.ledger.dynamodb import DynamoDBLedger
from tally.ports import ConnectWise, GravityZone, JobQueue, Ledger
from tally.runtime.settings import BookSettings, PlannerSettings
from tally.runtime.time_limits import WallClock
from tally.transport.retry import http_date

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudformation.type_defs import DescribeStacksOutputTypeDef, StackTypeDef
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sts import STSClient

    from tally.connectwise.tickets.client import TicketClient

_CLOCKS_DIFFER = timedelta(seconds=60)

_PLANNER_SECONDS = 600
"""The planner's timeout in the template: an invocation that is waited for may take so long."""


def connect(target: Target) -> Stack:
    """Return the deployment that is meant. Nothing is called yet.

    Raises:
        SetupError: No session can be made of the options.
    """
    to = _Connection(target.name, _clients(target), any_clock=target.any_clock)
    return Stack(
        name=target.name,
        outputs=lambda: to.outputs,
        environment=to.environment,
        settings=lambda: to.settings,
        client=to.client,
        ledger=lambda: to.ledger,
        pulse=lambda: to.pulse,
        books=lambda: to.books,
        bucket=lambda: to.bucket,
        book_settings=lambda: to.book_settings,
        gravityzone=lambda: to.gravityzone,
        connectwise=lambda: to.connectwise,
        documents=lambda: to.documents,
        tickets=lambda: to.tickets,
        asking=lambda: to.asking,
        queue=lambda: to.queue,
        waiting=to.waiting,
        dead_letters=lambda: SQSDeadLetters(to.client("sqs"), to.outputs),
        invoke=to.invoke,
        ask=to.ask,
        who=lambda: to.who,
        clock=WallClock(),
        scheduled=to.scheduled,
        odd_rows=to.odd_rows,
        evidence=lambda: to.evidence,
    )


class _Connection:
    """The knowledge of a deployment. Each thing is asked for once, when somebody wants it."""

    def __init__(self, name: str, client: Callable[[str], Any], *, any_clock: bool) -> None:
        self.name = name
        self.any_clock = any_clock
        self.client = client
        self.odd_rows = OddRows()
        self._environments: dict[str, Mapping[str, str]] = {}

    @cached_property
    def described(self) -> "StackTypeDef":
        answer = _described(self.client("cloudformation"), self.name)
        if not self.any_clock:
            _check_clock(
                answer["ResponseMetadata"].get("HTTPHeaders", {}).get("date", ""),
                now=datetime.now(UTC),
            )
        return answer["Stacks"][0]

    @cached_property
    def outputs(self) -> Mapping[str, str]:
        return {
            each["OutputKey"]: each["OutputValue"] for each in self.described.get("Outputs", [])
        }

    def scheduled(self) -> bool:
        disabled = {"ParameterKey": "ScheduleState", "ParameterValue": "DISABLED"}
        return disabled not in self.described.get("Parameters", [])

    def environment(self, function: str) -> Mapping[str, str]:
        if function not in self._environments:
            functions: LambdaClient = self.client("lambda")
            name = output(self.outputs, function, stack=self.name)
            with aws_errors(f"the function {name}"):
                # The function's own settings, not samconfig.toml's: the command decides as the
                # function does.
                answer = functions.get_function_configuration(FunctionName=name)
            self._environments[function] = answer.get("Environment", {}).get("Variables", {})
        return self._environments[function]

    @cached_property
    def settings(self) -> PlannerSettings:
        return PlannerSettings.from_env(self.environment("PlannerFunction"))

    @cached_property
    def keys(self) -> ApiKeys:
        return keys_in(self.client("secretsmanager"), self.settings.secret_id)

    @cached_property
    def ledger(self) -> Ledger:
        return DynamoDBLedger(self.client("dynamodb"), self.settings.table_name)

    @cached_property
    def pulse(self) -> PulseLedger:
        from tally.ledger.pulse.pulse_table import DynamoDBPulse

        return DynamoDBPulse(self.client("dynamodb"), self.settings.table_name)

    @cached_property
    def books(self) -> BookLedger:
        from tally.ledger.books.books_table import DynamoDBBooks

        return DynamoDBBooks(self.client("dynamodb"), self.settings.table_name)

    @cached_property
    def bucket(self) -> Bucket:
        from tally.aws.bucket import S3Bucket

        return S3Bucket(self.client("s3"), self.book_settings.books_bucket)

    @cached_property
    def book_settings(self) -> BookSettings:
        return BookSettings.from_env(self.environment("BookFunction"))

    @cached_property
    def evidence(self) -> EvidenceStore:
        from tally.ledger.evidence.evidence_table import DynamoDBEvidence

        return DynamoDBEvidence(self.client("dynamodb"), self.settings.table_name)

    @cached_property
    def gravityzone(self) -> GravityZone:
        from cli.deployment.vendors import gravityzone

        # Workers may be at their pace meanwhile, and GravityZone's limit is the key's.
        return gravityzone(
            self.settings,
            self.keys,
            calls_per_second=self.settings.sweep_calls_per_second / 2,
            on_odd_row=self.odd_rows.heard,
        )

    @cached_property
    def connectwise(self) -> ConnectWise:
        from cli.deployment.vendors import connectwise

        return connectwise(self.settings, self.keys, on_odd_row=self.odd_rows.heard)

    @cached_property
    def documents(self) -> Documents:
        from cli.deployment.vendors import documents

        return documents(self.settings, self.keys)

    @cached_property
    def tickets(self) -> "TicketClient":
        from cli.deployment.vendors import tickets

        return tickets(self.settings, self.keys)

    @cached_property
    def asking(self) -> AskingLedger:
        from tally.ledger.asking.ticket_table import DynamoDBAsking

        return DynamoDBAsking(self.client("dynamodb"), self.settings.table_name)

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
                    # Delayed jobs wait too: the planner spreads a sweep over its interval.
                    "ApproximateNumberOfMessagesDelayed",
                    "ApproximateNumberOfMessagesNotVisible",
                ],
            )
        return sum(int(number) for number in answer.get("Attributes", {}).values())

    def invoke(self, tick: datetime) -> Mapping[str, Any]:
        return _invoke(
            self.client("lambda"), output(self.outputs, "PlannerFunction", stack=self.name), tick
        )

    def ask(self, function: str, event: Mapping[str, str]) -> None:
        functions: LambdaClient = self.client("lambda")
        name = output(self.outputs, function, stack=self.name)
        with aws_errors(f"the function {name}"):
            # Lambda queues the event and retries it: a failure comes to the function's queue of
            # failures.
            functions.invoke(
                FunctionName=name, InvocationType="Event", Payload=json.dumps(event).encode()
            )

    @cached_property
    def who(self) -> str:
        identities: STSClient = self.client("sts")
        with aws_errors("the identity of the caller"):
            return identities.get_caller_identity()["Arn"]


def _clients(target: Target) -> Callable[[str], Any]:
    session, where = _local_session() if target.local else _session(target)
    config = Config(
        connect_timeout=5,
        read_timeout=30,
        retries={"mode": "standard", "total_max_attempts": 4},
        max_pool_connections=8,
    )
    # A planner that is asked twice would plan twice: its answer is waited for instead.
    patient = Config(
        connect_timeout=5, read_timeout=_PLANNER_SECONDS + 30, retries={"total_max_attempts": 1}
    )

    @cache
    def client(service: str) -> Any:  # noqa: ANN401 - botocore makes its class as it goes
        try:
            return session.create_client(
                service, config=patient if service == "lambda" else config, **where
            )
        except BotoCoreError as error:
            raise SetupError(f"AWS cannot be asked for {service}: {error}") from error

    return client


def _session(target: Target) -> tuple[Session, dict[str, Any]]:
    """Return an AWS session, and what each of its clients is given.

    Raises:
        SetupError: There is no such profile, or no region is known.
    """
    session = Session(profile=target.profile)
    try:
        region = target.region or session.get_config_variable("region")
    except BotoCoreError as error:
        raise SetupError(f"No AWS session can be made: {error}") from error
    if region is None:
        raise SetupError("No AWS region is known: give --region, or set one for the profile.")
    return session, {"region_name": region}


def _local_session() -> tuple[Session, dict[str, Any]]:
    """Return a session for the stack that `make up` left running, and its clients' arguments."""
    local = find_local_stack()
    return Session(), {
        "endpoint_url": local.endpoint,
        "region_name": local.region,
        "aws_access_key_id": "test",
        "aws_secret_access_key": "test",
    }


def _described(client: "CloudFormationClient", name: str) -> "DescribeStacksOutputTypeDef":
    try:
        return client.describe_stacks(StackName=name)
    except ClientError as error:
        # CloudFormation answers so for a stack that is not there.
        if error_code(error) == "ValidationError":
            region = client.meta.region_name
            raise SetupError(
                f"There is no stack {name} in {region}: give --stack, --region or --profile, or "
                "deploy it there."
            ) from error
        with aws_errors(f"the stack {name}"):
            raise
    except BotoCoreError:
        with aws_errors(f"the stack {name}"):
            raise


def _check_clock(date: str, *, now: datetime) -> None:
    """Compare this machine's clock, which tells the months that are due, with AWS's.

    ``date`` is the header of an answer. A date that cannot be read proves nothing.

    Raises:
        SetupError: The clocks differ.
    """
    theirs = http_date(date)
    if theirs is None:
        return
    off = now - theirs
    if abs(off) > _CLOCKS_DIFFER:
        way = "ahead of" if off > timedelta() else "behind"
        raise SetupError(
            f"This machine's clock is {abs(off).total_seconds():.0f} seconds {way} AWS's: set it "
            "right, since months are told by it."
        )


def _invoke(client: "LambdaClient", function: str, tick: datetime) -> Mapping[str, Any]:
    # `whole`: a person who asks wants every company read, whatever totals say (PULSE-4).
    event = {"tick": tick.strftime("%Y-%m-%dT%H:%M:%SZ"), "whole": True}
    with aws_errors(f"the planner {function}"):
        answer = client.invoke(FunctionName=function, Payload=json.dumps(event).encode())
        answered = answer["Payload"].read() or b"null"
    try:
        payload = json.loads(answered)
    except (ValueError, RecursionError):
        raise ContractError(
            "The planner answered what is no JSON, and so no word on a tick."
        ) from None
    # Lambda answers 200 for a function that has failed, and tells it by this field.
    if "FunctionError" in answer:
        said = payload.get("errorMessage") if isinstance(payload, dict) else None
        raise TickFailedError(
            f"The planner failed: {said or 'it was stopped before it could say why'}"
        )
    if not isinstance(payload, dict):
        raise ContractError(f"The planner answered {payload!r}, which is no word on a tick.")
    return payload
