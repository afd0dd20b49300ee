"""PROOF-2: the function that records machines stands apart from all that bills."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tally.domain.evidence.looks import PATIENT_UNTIL, is_last_walk
from tally.evidence.delivery import PAUSE
from tally.evidence.jobs import WalkDue
from tally.ledger.evidence.evidence_table import EXPIRES
from tally.runtime.settings import EvidenceSettings
from tests.contract.template import Template

SCHEDULES = ["Daily", "LastHour"]


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


@pytest.mark.parametrize("name", SCHEDULES)
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
    assert _event(template, "Jobs")["Enabled"] == {"Fn::If": ["EvidenceIsOn", True, False]}
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
    """PROOF-2: two jobs and a walk at once leave more than a third of GravityZone's ten calls a
    second to the planner's lists.
    """
    jobs = _event(template, "Jobs")
    rate = float(template.environment("EvidenceFunction")["INVENTORY_CALLS_PER_SECOND"])
    at_once = jobs["ScalingConfig"]["MaximumConcurrency"] + 1
    assert at_once * rate <= 6
    assert jobs["BatchSize"] == 1


def test_a_job_is_hidden_as_long_as_it_may_run(template: Template) -> None:
    """PROOF-2: Lambda asks for six times the function's timeout."""
    timeout = template.properties("EvidenceFunction")["Timeout"]
    assert template.properties("EvidenceQueue")["VisibilityTimeout"] == 6 * timeout
