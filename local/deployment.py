"""A deployed Tally on MiniStack: playing it, and looking at what it did."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import boto3
from boto3.dynamodb.types import TypeDeserializer
from botocore.config import Config
from botocore.exceptions import ClientError

from local.errors import LocalError
from local.processes import PATIENCE, wait_until

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudformation.type_defs import StackTypeDef
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageTypeDef

REGION = "us-east-1"
STACK_NAME = "tally"

type Function = Literal["planner", "reporter", "worker", "book", "evidence", "tickets"]
type DeadLetters = Literal["jobs", "schedule", "planner", "reporter", "book", "evidence"]

_DEAD_LETTER_QUEUES: Mapping[DeadLetters, str] = {
    "jobs": "JobsDeadLetterQueue",
    "schedule": "ScheduleDeadLetterQueue",
    "planner": "PlannerFailureQueue",
    "reporter": "ReporterFailureQueue",
    "evidence": "EvidenceDeadLetterQueue",
    "book": "BookFailureQueue",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueDepth:
    """The number of jobs, by what SQS does with them."""

    visible: int
    in_flight: int
    delayed: int

    @property
    def total(self) -> int:
        """All that are not done."""
        return self.visible + self.in_flight + self.delayed


class FunctionFailedError(LocalError):
    """A function raised; `answer` is Lambda's report (errorType, errorMessage, stackTrace)."""

    def __init__(self, function: Function, answer: Mapping[str, Any]) -> None:
        super().__init__(
            f"the {function} raised {answer.get('errorType')}: {answer.get('errorMessage')}"
        )
        self.answer = answer


class Deployment:
    """A stack deployed to the MiniStack at `endpoint`, used by its operator with all rights."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self._session = boto3.Session(
            aws_access_key_id="test",
            aws_secret_access_key="test",  # noqa: S106  # MiniStack's root
            region_name=REGION,
        )

    # ------------------------------------------------------------ playing

    def update(self, **parameters: str) -> None:
        """Deploy the same template with other values of some parameters; waits for the end."""
        current = self._described()["Parameters"]
        self.cloudformation.update_stack(
            StackName=STACK_NAME,
            UsePreviousTemplate=True,
            Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
            Parameters=[
                {"ParameterKey": key, "ParameterValue": parameters[key]}
                if key in parameters
                else {"ParameterKey": key, "UsePreviousValue": True}
                for key in (each["ParameterKey"] for each in current)
            ],
        )
        wait_until(
            lambda: not self._described()["StackStatus"].endswith("IN_PROGRESS"),
            what="the stack is updated",
        )
        if (status := self._described()["StackStatus"]) != "UPDATE_COMPLETE":
            raise LocalError(
                f"the update ended as {status}: {self._described().get('StackStatusReason')}"
            )

    def put_secret(self, keys: Mapping[str, str] | str) -> None:
        """Store the keys as the operator does; a string is stored as it is."""
        value = keys if isinstance(keys, str) else json.dumps(dict(keys))
        self.secrets.put_secret_value(SecretId=self.outputs["ApiKeys"], SecretString=value)

    def tick(self, at: datetime) -> Any:  # noqa: ANN401  # whatever the planner answers
        """Invoke the planner with a scheduled time, and return its answer.

        Raises FunctionFailedError where it raised.
        """
        return self.invoke("planner", {"tick": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")})

    def invoke(self, function: Function, event: Mapping[str, Any]) -> Any:  # noqa: ANN401  # whatever it answers
        """Invoke a function and return its answer. Raises FunctionFailedError where it raised."""
        answer = self.functions.invoke(
            FunctionName=self.function_name(function), Payload=json.dumps(dict(event))
        )
        payload = json.loads(answer["Payload"].read() or "null")
        if "FunctionError" in answer:
            raise FunctionFailedError(function, payload)
        return payload

    def fire_schedule(self) -> datetime:
        """Let the schedule fire now, wait for the planner, and return the tick's time."""
        ran = self.runs("planner")
        now = datetime.now(UTC).replace(microsecond=0)
        self.update(ScheduleExpression=f"at({now:%Y-%m-%dT%H:%M:%S})")
        wait_until(lambda: self.runs("planner") > ran, what="the schedule fires the planner")
        return now

    def queue_depth(self) -> QueueDepth:
        """Return the numbers of jobs at this moment; MiniStack's numbers are exact."""
        attributes = self.queues.get_queue_attributes(
            QueueUrl=self.outputs["JobsQueue"], AttributeNames=["All"]
        )["Attributes"]
        return QueueDepth(
            visible=int(attributes["ApproximateNumberOfMessages"]),
            in_flight=int(attributes["ApproximateNumberOfMessagesNotVisible"]),
            delayed=int(attributes["ApproximateNumberOfMessagesDelayed"]),
        )

    def wait_until_drained(self, *, seconds: float = PATIENCE) -> None:
        """Wait until no job is waiting, delayed or being worked on.

        Raises LocalError after that time.
        """
        wait_until(
            lambda: self.queue_depth().total == 0,
            seconds=seconds,
            what="the queue of jobs is empty",
        )

    # ------------------------------------------------------------ looking

    def items(self) -> list[dict[str, Any]]:
        """Every item of the ledger, as Python values."""
        pages = self.dynamodb.get_paginator("scan").paginate(
            TableName=self.outputs["LedgerTable"], ConsistentRead=True
        )
        deserialize = TypeDeserializer().deserialize
        return [
            {name: deserialize(value) for name, value in item.items()}
            for page in pages
            for item in page["Items"]
        ]

    def dead_letters(self, queue: DeadLetters) -> list[str]:
        """Bodies of the messages in a dead-letter queue, which stay there."""
        url = self.outputs[_DEAD_LETTER_QUEUES[queue]]
        received: list[MessageTypeDef] = []
        while messages := self.queues.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get(
            "Messages"
        ):
            received.extend(messages)
        for message in received:
            self.queues.change_message_visibility(
                QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0
            )
        return [message["Body"] for message in received]

    def log_lines(self, function: Function) -> list[str]:
        """Return all that a function has logged so far, Lambda's own lines included."""
        try:
            pages = self.logs.get_paginator("filter_log_events").paginate(
                logGroupName=f"/aws/lambda/{STACK_NAME}-{function}"
            )
            return [event["message"] for page in pages for event in page["events"]]
        except ClientError as error:
            if error.response["Error"]["Code"] != "ResourceNotFoundException":
                raise
            return []

    def runs(self, function: Function) -> int:
        """Return the number of times that a function has run to its end."""
        return sum(line.startswith("REPORT RequestId") for line in self.log_lines(function))

    def function_name(self, function: Function) -> str:
        """A function's name in the deployed stack."""
        return self.outputs[f"{function.title()}Function"]

    @cached_property
    def outputs(self) -> Mapping[str, str]:
        """The stack's outputs by name."""
        return {each["OutputKey"]: each["OutputValue"] for each in self._described()["Outputs"]}

    @cached_property
    def cloudformation(self) -> "CloudFormationClient":
        """CloudFormation, as the operator."""
        return self._session.client("cloudformation", endpoint_url=self.endpoint)

    @cached_property
    def dynamodb(self) -> "DynamoDBClient":
        """DynamoDB, as the operator."""
        return self._session.client("dynamodb", endpoint_url=self.endpoint)

    @cached_property
    def functions(self) -> "LambdaClient":
        """Lambda, as the operator; waits as long as a function may run, and never invokes twice."""
        patient = Config(read_timeout=620, retries={"total_max_attempts": 1})
        return self._session.client("lambda", endpoint_url=self.endpoint, config=patient)

    @cached_property
    def iam(self) -> "IAMClient":
        """IAM, as the operator."""
        return self._session.client("iam", endpoint_url=self.endpoint)

    @cached_property
    def logs(self) -> "CloudWatchLogsClient":
        """CloudWatch Logs, as the operator."""
        return self._session.client("logs", endpoint_url=self.endpoint)

    @cached_property
    def queues(self) -> "SQSClient":
        """SQS, as the operator."""
        return self._session.client("sqs", endpoint_url=self.endpoint)

    @cached_property
    def secrets(self) -> "SecretsManagerClient":
        """Secrets Manager, as the operator."""
        return self._session.client("secretsmanager", endpoint_url=self.endpoint)

    def client(self, service: str) -> Any:  # noqa: ANN401  # boto3 makes its class as it goes
        """Any other AWS service, as the operator."""
        return self._session.client(service, endpoint_url=self.endpoint)  # type: ignore[call-overload]

    def _described(self) -> "StackTypeDef":
        return self.cloudformation.describe_stacks(StackName=STACK_NAME)["Stacks"][0]
