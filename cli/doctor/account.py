"""The stack's account in AWS, as the checks ask about it. CloudFormation names its parts."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import IntEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from cli.deployment.dead_letters import QUEUES
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

_ALARM, _SCHEDULE = "AWS::CloudWatch::Alarm", "AWS::Scheduler::Schedule"
_ALARMS_A_CALL = 100  # the most names that CloudWatch takes


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """The ledger's table. ``recoverable``: it can be restored to any second of the last weeks."""

    name: str
    active: bool
    indexed: bool
    recoverable: bool
    protected: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """A schedule that fires one of the functions.

    ``looks``: not with ticks, but with looks at the totals of partners between them.
    """

    name: str
    enabled: bool
    expression: str
    looks: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """One alarm. ``tells`` are the ARNs that hear of it: none while its actions are off."""

    name: str
    ringing: bool
    why: str
    tells: tuple[str, ...]


class Hears(IntEnum):
    """The state of a subscription. SNS lists an ended one as deleted for some days."""

    UNSUBSCRIBED = 0
    UNCONFIRMED = 1
    CONFIRMED = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """An e-mail address, or another endpoint, that the topic tells."""

    protocol: str
    endpoint: str
    hears: Hears


class Account:
    """The stack ``name`` in its account and region.

    ``client`` makes a client of an AWS service; ``outputs`` are the stack's. Every method raises
    TallyError where AWS refuses or does not answer.
    """

    def __init__(
        self, *, name: str, client: Callable[[str], Any], outputs: Callable[[], Mapping[str, str]]
    ) -> None:
        self._name = name
        self._client = client
        self._outputs = outputs

    def time(self) -> datetime | None:
        """Return the time of AWS, by the ``Date`` of an answer; None if the answer has none."""
        with aws_errors("the identity of the caller"):
            answer = cast("STSClient", self._client("sts")).get_caller_identity()
        written = answer["ResponseMetadata"].get("HTTPHeaders", {}).get("date", "")
        try:
            instant = parsedate_to_datetime(written)
        except ValueError:
            return None
        # A header that ends with -0000 gives an instant without a zone.
        return instant if instant.tzinfo else instant.replace(tzinfo=UTC)

    def table(self, name: str) -> Table:
        """Return the ledger in use."""
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
            # DynamoDB serves reads and writes while a table is being changed.
            active=table.get("TableStatus") in {"ACTIVE", "UPDATING"},
            indexed=any(
                each.get("IndexName") == "index" for each in table.get("GlobalSecondaryIndexes", [])
            ),
            recoverable=recovery == "ENABLED",
            protected=table.get("DeletionProtectionEnabled", False),
        )

    def waiting(self, queue_url: str) -> int:
        """Return about how many messages a queue holds, with those in flight and delayed."""
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
        """Return the number of messages in each queue of failures, by the output that names it."""
        urls = self._outputs()
        # A template of an earlier version has fewer queues.
        return {name: self.waiting(urls[name]) for name in QUEUES.values() if name in urls}

    def schedules(self, of: str = "PlannerFunction") -> Sequence[Schedule]:
        """Return the stack's schedules that fire a function, named by its output."""
        scheduler = cast("EventBridgeSchedulerClient", self._client("scheduler"))
        function = self._outputs().get(of, "")
        with aws_errors("the schedule"):
            answers = [
                scheduler.get_schedule(Name=each.rsplit("/", 1)[-1])
                for each in self._resources[_SCHEDULE]
            ]
        # The digests have schedules of their own in the stack.
        return [
            Schedule(
                name=each["Name"],
                enabled=each["State"] == "ENABLED",
                expression=each.get("ScheduleExpression", ""),
                # The template's input of a look has this word, and that of a tick has not.
                looks='"pulse"' in target.get("Input", ""),
            )
            for each in answers
            if (target := each.get("Target", {})).get("Arn", "").endswith(f":{function}")
        ]

    def alarms(self) -> Sequence[Alarm]:
        """Return the stack's alarms."""
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
        """Return the ARN of the topic that alarms tell.

        Raises:
            SetupError: The deployed template has none.
        """
        arn = self._outputs().get("AlarmTopic")
        if arn is None:
            raise SetupError(
                f"The stack {self._name} has no topic for alarms: nobody hears of them."
            )
        return arn

    def subscriptions(self) -> Sequence[Subscription]:
        """Return all subscriptions, also unconfirmed and ended ones; each endpoint once."""
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
        # An address that ended its subscription and began a new one is listed with both: the last
        # one in this order, the one that hears most, stays.
        for each in sorted(listed, key=lambda each: each.hears):
            best[each.protocol, each.endpoint] = each
        return list(best.values())

    def alarm_email(self) -> str:
        """Return the address that the template subscribes to the alarms; "" for none."""
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
    """Return the state of a subscription, which SNS writes in place of its ARN."""
    if arn.startswith("arn:"):
        return Hears.CONFIRMED
    return Hears.UNSUBSCRIBED if arn == "Deleted" else Hears.UNCONFIRMED
