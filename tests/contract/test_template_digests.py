"""When digests are sent: on a Monday morning of the MSP's, and on the close day after the close,
wherever the MSP is.
"""

import json
from datetime import UTC, datetime, timedelta

import pytest

from tally.domain.model.month import Month
from tally.domain.reporting.digest import DigestKind, DigestTime
from tally.reporter.digest_due import DigestDue
from tests.contract.template import Template

SLOWEST_TICK, SWEEP = timedelta(minutes=60), timedelta(minutes=15)


@pytest.mark.parametrize(
    ("event", "kind"), [("Weekly", DigestKind.WEEKLY), ("CloseDay", DigestKind.CLOSE_DAY)]
)
def test_a_schedule_asks_for_its_digest_with_the_time_that_was_due(
    template: Template, event: str, kind: DigestKind
) -> None:
    """The input is what the reporter takes, once EventBridge has put the scheduled time in."""
    text = template.properties("ReporterFunction")["Events"][event]["Properties"]["Input"]
    assert "<aws.scheduler.scheduled-time>" in text
    due = DigestDue.of(
        json.loads(text.replace("<aws.scheduler.scheduled-time>", "2026-11-02T06:00:00Z"))
    )
    assert (due.digest, due.at) == (kind, datetime(2026, 11, 2, 6, tzinfo=UTC))


def test_the_week_begins_where_the_msp_is(template: Template) -> None:
    """Eight on a Monday by the MSP's clock, summer time minded: EventBridge Scheduler takes the
    IANA name.
    """
    weekly = template.properties("ReporterFunction")["Events"]["Weekly"]["Properties"]
    assert weekly["ScheduleExpression"] == "cron(0 8 ? * MON *)"
    assert weekly["ScheduleExpressionTimezone"] == {"Ref": "BillingTimeZone"}


@pytest.mark.parametrize("day", [2, 10, 28])
def test_the_close_day_comes_after_the_close(template: Template, day: int) -> None:
    """The close is in GMT, and so is its digest: late enough for the slowest tick, its sweep, and
    what comes again in an hour.
    """
    properties = template.properties("ReporterFunction")["Events"]["CloseDay"]["Properties"]
    expression = properties["ScheduleExpression"]["Fn::Sub"].replace("${CloseDay}", str(day))
    assert properties.get("ScheduleExpressionTimezone", "UTC") == "UTC"
    minute, hour, of_month, *rest = expression.removeprefix("cron(").removesuffix(")").split()
    assert rest == ["*", "?", "*"]
    fires = datetime(2026, 11, int(of_month), int(hour), int(minute), tzinfo=UTC)
    closes = Month(2026, 10).day_after_end(day)
    assert fires >= closes + SLOWEST_TICK + SWEEP + timedelta(hours=1)
    assert DigestTime.of(fires, close_day=day).month == Month(2026, 10)


def test_a_digest_that_cannot_be_sent_is_tried_again(template: Template) -> None:
    """Late is better than never, and twice too: all attempts end on the same day."""
    reporter = template.properties("ReporterFunction")
    config = reporter["EventInvokeConfig"]
    assert config["MaximumRetryAttempts"] == 2
    assert timedelta(seconds=config["MaximumEventAgeInSeconds"]) <= timedelta(hours=6)
    for event in reporter["Events"].values():
        age = event["Properties"]["RetryPolicy"]["MaximumEventAgeInSeconds"]
        assert timedelta(seconds=age) <= timedelta(hours=6)
