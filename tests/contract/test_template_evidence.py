"""PROOF-2: the function that records machines stands apart from all that bills."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tally.domain.evidence.whom_to_ask import PATIENT_UNTIL, is_last_walk
from tally.evidence.delivery import PAUSE
from tally.evidence.jobs import WalkDue
from tally.ledger.evidence.evidence_table import EXPIRES
from tally.runtime.settings import EvidenceSettings
from tests.contract.template import Template

SCHEDULES = ["Daily", "LastHour"]
QUARTER = timedelta(minutes=15)


def _event(template: Template, name: str) -> dict[str, Any]:
    events = template.properties("EvidenceFunction")["Events"]
    properties: dict[str, Any] = events[name]["Properties"]
    return properties


def _fires(template: Template, name: str, day: int) -> datetime:
    """The instant in November 2026 at which a schedule fires on a day."""
    expression = _event(template, name)["ScheduleExpression"]
    minute, hour, *_ = expression.removeprefix("cron(").split()
    return datetime(2026, 11, day, int(hour), int(minute), tzinfo=UTC)


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_schedule_asks_for_a_walk_with_the_time_that_was_due(
    template: Template, name: str
) -> None:
    """PROOF-1: in GMT, as GravityZone counts; a month's last walk lies in its last hour."""
    event = _event(template, name)
    assert event.get("ScheduleExpressionTimezone", "UTC") == "UTC"
    text = event["Input"].replace("<aws.scheduler.scheduled-time>", "2026-11-02T03:37:00Z")
    assert WalkDue.of(json.loads(text)).at == datetime(2026, 11, 2, 3, 37, tzinfo=UTC)


def test_one_walk_a_day_and_one_in_the_months_last_hour(template: Template) -> None:
    """PROOF-1: the daily one comes before the third day's looks, and in no tick's minute."""
    assert _event(template, "Daily")["ScheduleExpression"].endswith(" * * ? *)")
    assert _event(template, "LastHour")["ScheduleExpression"].endswith(" L * ? *)")
    assert is_last_walk(_fires(template, "LastHour", 30))
    assert not is_last_walk(_fires(template, "Daily", 30))
    for name in SCHEDULES:
        assert _fires(template, name, PATIENT_UNTIL).minute % 15 not in (0, 5)


def test_a_walk_of_the_last_hour_is_tried_again_within_it(template: Template) -> None:
    """PROOF-1: what is delivered in the next month would prove nothing."""
    event = _event(template, "LastHour")
    age = timedelta(seconds=event["RetryPolicy"]["MaximumEventAgeInSeconds"])
    fires = _fires(template, "LastHour", 30)
    assert fires + age < datetime(2026, 12, 1, tzinfo=UTC)
    assert fires + 3 * PAUSE < datetime(2026, 12, 1, tzinfo=UTC)


def test_the_queue_is_looked_at_each_quarter_of_an_hour(template: Template) -> None:
    """PROOF-1: at minutes of its own, so also in a month's last hour, after the walk and its retry;
    the next firing is the retry, and nothing is a dead letter.
    """
    event = _event(template, "Jobs")
    minute, every = _quarterly(template)
    assert event["ScheduleExpression"] == f"cron({minute}/{every} * * * ? *)"
    assert timedelta(minutes=every) == QUARTER
    taken = {0, 5, *(_fires(template, name, 30).minute % every for name in SCHEDULES)}
    assert minute not in taken
    walk = _fires(template, "LastHour", 30).minute
    assert len([each for each in range(minute, 60, every) if each > walk]) >= 3
    assert event["RetryPolicy"]["MaximumRetryAttempts"] == 0
    assert "DeadLetterConfig" not in event
    assert event["RoleArn"] == {"Fn::GetAtt": "ScheduleRole.Arn"}
    assert set(json.loads(event["Input"])) == {"jobs"}


def test_lambda_polls_no_queue_of_evidence(template: Template) -> None:
    """PROOF-2: polls cost the same whether they find anything or not."""
    events = template.properties("EvidenceFunction")["Events"].values()
    assert {each["Type"] for each in events} == {"ScheduleV2"}


def _quarterly(template: Template) -> tuple[int, int]:
    """The minute at which the look at the queue first fires in an hour, and those in between."""
    expression = _event(template, "Jobs")["ScheduleExpression"]
    minute, every = expression.removeprefix("cron(").split()[0].split("/")
    return int(minute), int(every)


@pytest.mark.parametrize("name", [*SCHEDULES, "Jobs"])
def test_off_stops_the_walks(template: Template, name: str) -> None:
    """PROOF-2: by a setting of its own, as well as with all schedules."""
    assert _event(template, name)["State"] == {
        "Fn::If": ["EvidenceRuns", {"Ref": "ScheduleState"}, "DISABLED"]
    }
    assert template.body["Conditions"]["EvidenceRuns"] == {
        "Fn::And": [
            {"Condition": "EvidenceIsOn"},
            {"Fn::Equals": [{"Ref": "ScheduleExpression"}, ""]},
        ]
    }
    assert template.body["Conditions"]["EvidenceIsOn"] == {
        "Fn::Equals": [{"Ref": "Evidence"}, "true"]
    }
    assert template.environment("EvidenceFunction")["EVIDENCE"] == {"Ref": "Evidence"}


def test_the_function_is_given_what_it_reads(template: Template) -> None:
    """PROOF-2: of its own nothing that it does not read, and what its parameters take, it takes."""
    read = {name.upper() for name in EvidenceSettings.model_fields}
    assert read <= set(template.environment("EvidenceFunction"))
    assert set(template.properties("EvidenceFunction")["Environment"]["Variables"]) <= read
    limits = {
        type(each).__name__: each
        for each in EvidenceSettings.model_fields["evidence_months"].metadata
    }
    parameter = template.parameters["EvidenceMonths"]
    assert (limits["Ge"].ge, limits["Le"].le) == (parameter["MinValue"], parameter["MaxValue"])


def test_the_table_drops_what_is_to_be_dropped(template: Template) -> None:
    """PROOF-5: by the attribute that evidence alone has."""
    assert template.properties("LedgerTable")["TimeToLiveSpecification"] == {
        "AttributeName": EXPIRES,
        "Enabled": True,
    }


def test_its_calls_are_a_share(template: Template) -> None:
    """PROOF-2: a walk, a firing that has not ended and the next one at once leave more than a third
    of GravityZone's ten calls a second to the planner's lists; no further one is there by then.
    """
    rate = float(template.environment("EvidenceFunction")["INVENTORY_CALLS_PER_SECOND"])
    assert 3 * rate <= 6
    assert timedelta(seconds=template.properties("EvidenceFunction")["Timeout"]) <= QUARTER


def test_a_job_is_hidden_as_long_as_it_may_run(template: Template) -> None:
    """PROOF-2: nobody else takes it meanwhile; what a crash left is back before the second firing
    after it.
    """
    timeout = template.properties("EvidenceFunction")["Timeout"]
    hidden = template.properties("EvidenceQueue")["VisibilityTimeout"]
    assert timeout < hidden < 2 * QUARTER.total_seconds()
