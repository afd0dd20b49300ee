"""What the checks ask of AWS, each question as a small answer; the stack's parts are found by CloudFormation."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import IntEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from tally.aws.refusals import aws_errors
from tally.errors import SetupError

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_scheduler import EventBridgeSchedulerClient
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sts import STSClient

DEAD_LETTERS = ("JobsDeadLetterQueue", "ScheduleDeadLetterQueue", "PlannerFailureQueue")
"""Outputs that name the queues of what failed to the last."""

_ALARM, _SCHEDULE = "AWS::CloudWatch::Alarm", "AWS::Scheduler::Schedule"
_ALARMS_A_CALL = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """The ledger's table. ``recoverable``: to any second of the last weeks."""

    name: str
    active: bool
    indexed: bool
    recoverable: bool
    protected: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """What fires the planner."""

    name: str
    enabled: bool
    expression: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """One alarm; ``tells`` are the ARNs that hear of it, of none while its actions are switched off."""

    name: str
    ringing: bool
    why: str
    tells: tuple[str, ...]


class Hears(IntEnum):
    """Whether a subscription gets messages. SNS lists one that was ended as deleted for some days, then not at all."""

    UNSUBSCRIBED = 0
    UNCONFIRMED = 1
    CONFIRMED = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """Who is told by the topic: an e-mail address or another endpoint."""

    protocol: str
    endpoint: str
    hears: Hears


class Account:
    """The stack ``name`` in its account and region. Every method raises TallyError where AWS refuses or does not answer.

    ``client`` gives a boto3 client of a service; ``outputs`` are the stack's.
    """

    def __init__(
        self, *, name: str, client: Callable[[str], Any], outputs: Callable[[], Mapping[str, str]]
    ) -> None:
        self._name = name
        self._client = client
        self._outputs = outputs

    def time(self) -> datetime | None:
        """What time it is for AWS, by the ``Date`` of an answer; None where the answer has none."""
        with aws_errors("the identity of the caller"):
            answer = cast("STSClient", self._client("sts")).get_caller_identity()
        written = answer["ResponseMetadata"].get("HTTPHeaders", {}).get("date", "")
        try:
            instant = parsedate_to_datetime(written)
        except ValueError:
            return None
        return instant if instant.tzinfo else instant.replace(tzinfo=UTC)

    def table(self, name: str) -> Table:
        """The ledger in use."""
        tables = cast("DynamoDBClient", self._client("dynamodb"))
        with aws_errors(f"the table {name}"):
            table = tables.describe_table(TableName=name)["Table"]
            backups = tables.describe_continuous_backups(TableName=name)[
                "ContinuousBackupsDescription"
            ]
        recovery = backups.get("PointInTimeRecoveryDescription", {}).get(
            "PointInTimeRecoveryStatus"
        )
        return Table(
            name=name,
            active=table.get("TableStatus") in {"ACTIVE", "UPDATING"},
            indexed=any(
                each.get("IndexName") == "index" for each in table.get("GlobalSecondaryIndexes", [])
            ),
            recoverable=recovery == "ENABLED",
            protected=table.get("DeletionProtectionEnabled", False),
        )

    def waiting(self, queue_url: str) -> int:
        """How many messages a queue holds, those in flight and delayed too; approximate."""
        with aws_errors(f"the queue {queue_url.rsplit('/', 1)[-1]}"):
            answer = cast("SQSClient", self._client("sqs")).get_queue_attributes(
                QueueUrl=queue_url,
                AttributeNames=[
                    "ApproximateNumberOfMessages",
                    "ApproximateNumberOfMessagesDelayed",
                    "ApproximateNumberOfMessagesNotVisible",
                ],
            )
        return sum(int(number) for number in answer.get("Attributes", {}).values())

    def dead_letters(self) -> Mapping[str, int]:
        """How many messages each queue of failures holds, by the output that names it."""
        urls = self._outputs()
        return {name: self.waiting(urls[name]) for name in DEAD_LETTERS if name in urls}

    def schedules(self) -> Sequence[Schedule]:
        """The stack's schedules that fire the planner."""
        scheduler = cast("EventBridgeSchedulerClient", self._client("scheduler"))
        planner = self._outputs().get("PlannerFunction", "")
        with aws_errors("the schedule"):
            answers = [
                scheduler.get_schedule(Name=each.rsplit("/", 1)[-1])
                for each in self._resources[_SCHEDULE]
            ]
        return [
            Schedule(
                name=each["Name"],
                enabled=each["State"] == "ENABLED",
                expression=each.get("ScheduleExpression", ""),
            )
            for each in answers
            if each.get("Target", {}).get("Arn", "").endswith(f":{planner}")
        ]

    def alarms(self) -> Sequence[Alarm]:
        """The stack's alarms."""
        watch = cast("CloudWatchClient", self._client("cloudwatch"))
        names = self._resources[_ALARM]
        with aws_errors("the alarms"):
            answers = [
                alarm
                for start in range(0, len(names), _ALARMS_A_CALL)
                for alarm in watch.describe_alarms(
                    AlarmNames=names[start : start + _ALARMS_A_CALL]
                )["MetricAlarms"]
            ]
        return [
            Alarm(
                name=each["AlarmName"],
                ringing=each.get("StateValue") == "ALARM",
                why=each.get("StateReason", ""),
                tells=tuple(each.get("AlarmActions", ())) if each.get("ActionsEnabled") else (),
            )
            for each in answers
        ]

    def topic(self) -> str:
        """The ARN of the topic that alarms tell. Raises SetupError where the deployed template has none."""
        arn = self._outputs().get("AlarmTopic")
        if arn is None:
            raise SetupError(
                f"The stack {self._name} has no topic for alarms: nobody hears of them."
            )
        return arn

    def subscriptions(self) -> Sequence[Subscription]:
        """Who is told by the topic, also who has not confirmed yet, and who was unsubscribed; each endpoint once, at its best."""
        topic = self.topic()
        with aws_errors(f"the topic {topic}"):
            pages = cast("SNSClient", self._client("sns")).get_paginator(
                "list_subscriptions_by_topic"
            )
            found = [
                each for page in pages.paginate(TopicArn=topic) for each in page["Subscriptions"]
            ]
        listed = [
            Subscription(
                protocol=each.get("Protocol", ""),
                endpoint=each.get("Endpoint", ""),
                hears=_hears(each.get("SubscriptionArn", "")),
            )
            for each in found
        ]
        best: dict[tuple[str, str], Subscription] = {}
        for each in sorted(listed, key=lambda each: each.hears):
            best[each.protocol, each.endpoint] = each
        return list(best.values())

    def alarm_email(self) -> str:
        """The address that the stack was deployed with, to which the template subscribes; "" for none."""
        formation = cast("CloudFormationClient", self._client("cloudformation"))
        with aws_errors(f"the stack {self._name}"):
            (stack,) = formation.describe_stacks(StackName=self._name)["Stacks"]
        given = {
            each.get("ParameterKey"): each.get("ParameterValue", "")
            for each in stack.get("Parameters", [])
        }
        return given.get("AlarmEmail", "")

    @cached_property
    def _resources(self) -> Mapping[str, list[str]]:
        """The stack's physical names by their type."""
        formation = cast("CloudFormationClient", self._client("cloudformation"))
        found: defaultdict[str, list[str]] = defaultdict(list)
        with aws_errors(f"the stack {self._name}"):
            for page in formation.get_paginator("list_stack_resources").paginate(
                StackName=self._name
            ):
                for each in page["StackResourceSummaries"]:
                    found[each["ResourceType"]].append(each.get("PhysicalResourceId", ""))
        return found


def _hears(arn: str) -> Hears:
    """What a list shows in place of the ARN tells how the subscription stands."""
    if arn.startswith("arn:"):
        return Hears.CONFIRMED
    return Hears.UNSUBSCRIBED if arn == "Deleted" else Hears.UNCONFIRMED
