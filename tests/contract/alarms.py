"""The alarms of the template: what each looks at, and when it rings."""

from typing import Any

from tally.runtime.metrics import DIMENSION, NAMESPACE

DAY = 24 * 3600
OURS = {"Name": DIMENSION, "Value": {"Ref": "AWS::StackName"}}
BETWEEN_TICKS = {"Fn::FindInMap": ["Schedule", {"Ref": "ScheduleMinutes"}, "Seconds"]}
TWO_TICKS = {"Fn::FindInMap": ["Schedule", {"Ref": "ScheduleMinutes"}, "TwoTicks"]}
AT_LEAST, ABOVE, BELOW = (
    "GreaterThanOrEqualToThreshold",
    "GreaterThanThreshold",
    "LessThanThreshold",
)


def _queue(name: str) -> dict[str, Any]:
    return {"Name": "QueueName", "Value": {"Fn::GetAtt": f"{name}.QueueName"}}


def _function(name: str) -> dict[str, Any]:
    return {"Name": "FunctionName", "Value": {"Ref": name}}


DEAD_LETTERS = "ApproximateNumberOfMessagesVisible"
# namespace, metric, dimension, statistic, comparison, threshold, period, missing data
# Fmt: skip.
ALARMS: dict[str, tuple[Any, ...]] = {
    "JobsDeadLetterAlarm": (
        "AWS/SQS",
        DEAD_LETTERS,
        _queue("JobsDeadLetterQueue"),
        "Maximum",
        AT_LEAST,
        1,
        300,
        "notBreaching",
    ),
    "TicksDeadLetterAlarm": (
        "AWS/SQS",
        DEAD_LETTERS,
        _queue("ScheduleDeadLetterQueue"),
        "Maximum",
        AT_LEAST,
        1,
        300,
        "notBreaching",
    ),
    "PlannerDeadLetterAlarm": (
        "AWS/SQS",
        DEAD_LETTERS,
        _queue("PlannerFailureQueue"),
        "Maximum",
        AT_LEAST,
        1,
        300,
        "notBreaching",
    ),
    "ReporterDeadLetterAlarm": (
        "AWS/SQS",
        DEAD_LETTERS,
        _queue("ReporterFailureQueue"),
        "Maximum",
        AT_LEAST,
        1,
        300,
        "notBreaching",
    ),
    "EvidenceDeadLetterAlarm": (
        "AWS/SQS",
        DEAD_LETTERS,
        _queue("EvidenceDeadLetterQueue"),
        "Maximum",
        AT_LEAST,
        1,
        300,
        "notBreaching",
    ),
    "BookDeadLetterAlarm": (
        "AWS/SQS",
        DEAD_LETTERS,
        _queue("BookFailureQueue"),
        "Maximum",
        AT_LEAST,
        1,
        300,
        "notBreaching",
    ),
    "TicketsErrorsAlarm": (
        "AWS/Lambda",
        "Errors",
        _function("TicketsFunction"),
        "Sum",
        AT_LEAST,
        1,
        900,
        "notBreaching",
    ),
    "PlannerErrorsAlarm": (
        "AWS/Lambda",
        "Errors",
        _function("PlannerFunction"),
        "Sum",
        AT_LEAST,
        2,
        TWO_TICKS,
        "notBreaching",
    ),
    "PlannerMissedAlarm": (
        NAMESPACE,
        "CompaniesBilling",
        OURS,
        "SampleCount",
        BELOW,
        1,
        BETWEEN_TICKS,
        "breaching",
    ),
    "WorkerErrorsAlarm": (
        "AWS/Lambda",
        "Errors",
        _function("WorkerFunction"),
        "Sum",
        AT_LEAST,
        1,
        BETWEEN_TICKS,
        "notBreaching",
    ),
    "StalestReadingAlarm": (
        NAMESPACE,
        "StalestReadingAge",
        OURS,
        "Maximum",
        ABOVE,
        DAY,
        3600,
        "ignore",
    ),
    "OldestHoldAlarm": (NAMESPACE, "OldestHoldAge", OURS, "Maximum", ABOVE, DAY, 3600, "ignore"),
    "NeedsSetUpAlarm": (
        NAMESPACE,
        "CompaniesNeedingSetUp",
        OURS,
        "Minimum",
        AT_LEAST,
        1,
        3600,
        "ignore",
    ),
    "PastCloseAlarm": (NAMESPACE, "RecordsPastClose", OURS, "Minimum", AT_LEAST, 1, 3600, "ignore"),
    "SweepAlarm": (
        NAMESPACE,
        "SweepLength",
        OURS,
        "Maximum",
        AT_LEAST,
        BETWEEN_TICKS,
        BETWEEN_TICKS,
        "notBreaching",
    ),
    "ThrottlesAlarm": (NAMESPACE, "Throttles", OURS, "Sum", AT_LEAST, 10, 900, "notBreaching"),
}
