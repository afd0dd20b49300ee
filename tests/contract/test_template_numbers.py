"""The arithmetic of the template's comments, done again: pace, timeouts, visibility, receives,
settling.
"""

import json
import math
import re
from typing import Any

import pytest

from tally.domain.model.reading import ENDPOINTS, Service
from tally.domain.record.partner import MOST_CHILDREN
from tally.ports import BATCH
from tally.runtime.time_limits import (
    AROUND_READINGS,
    SLOWEST_JOB,
    SLOWEST_SERVICE,
    WRITING,
    each_reading,
)
from tally.transport.session import LONGEST_CONNECT
from tests.contract.template import Template

LICENSING_CALLS_PER_SECOND = 5
LICENSING_BURST = 5
LATENCY = 0.4
"""Seconds that a usual call takes at most, its ledger call included, if the full pace is to be
reached.
"""
OPENING = 0.8
"""Seconds that a usual opening takes at most, if the 1st of a month is to keep the full pace."""
GRAVITYZONE_CALLS, CONNECTWISE_CALLS = 3, 4
"""Of the slowest record, one that is opened, with services of more than one product type."""
SHORTEST_TICK = 15 * 60


@pytest.fixture
def request_timeout(template: Template) -> int:
    """Seconds after which a call has given up: without a connection, or then without an answer."""
    return int(template.environment("WorkerFunction")["REQUEST_TIMEOUT_SECONDS"]) + math.ceil(
        LONGEST_CONNECT
    )


@pytest.fixture
def worker_timeout(template: Template) -> int:
    """Seconds that Lambda gives the worker."""
    timeout: int = template.properties("WorkerFunction")["Timeout"]
    return timeout


def _source(template: Template) -> dict[str, Any]:
    source: dict[str, Any] = template.properties("WorkerFunction")["Events"]["Jobs"]["Properties"]
    return source


def _slowest_share(template: Template) -> float:
    """The calls a second of one of the jobs that share a worker's bucket, at the slowest pace."""
    pace = template.body["Mappings"]["Pace"]
    return min(float(each["CallsPerSecond"]) / int(each["AtOnce"]) for each in pace.values())


def test_workers_together_stay_within_what_gravityzone_allows(template: Template) -> None:
    """Pace: C workers at rate R never exceed what is asked for, nor their full buckets the key's
    burst.
    """
    pace = template.body["Mappings"]["Pace"]
    parameter = template.parameters["LicensingCallsPerSecond"]
    assert sorted(pace) == parameter["AllowedValues"]
    assert max(map(int, pace)) == LICENSING_CALLS_PER_SECOND == int(parameter["Default"])
    for asked, numbers in pace.items():
        concurrency, rate = numbers["Concurrency"], float(numbers["CallsPerSecond"])
        assert concurrency * rate <= int(asked)
        assert concurrency * int(numbers["Burst"]) < LICENSING_BURST


def test_a_batch_is_done_when_its_workers_bucket_is_needed_again(template: Template) -> None:
    """Pace: the planner's batches find another worker each, with a full bucket, and the workers are
    enough for the pace.

    A batch must outlast the time to the next one, or one worker takes both; and from its last token
    to its worker's next
    batch the bucket must fill.
    """
    assert _source(template)["BatchSize"] == BATCH
    for asked, numbers in template.body["Mappings"]["Pace"].items():
        concurrency, rate, depth = (
            numbers["Concurrency"],
            float(numbers["CallsPerSecond"]),
            int(numbers["Burst"]),
        )
        every = BATCH / int(asked)
        lasts = (BATCH - depth) / rate
        assert every < lasts
        assert concurrency * every - lasts >= depth / rate - 1e-9
        assert concurrency >= int(asked) * LATENCY
        assert concurrency * int(numbers["AtOnce"]) >= int(asked) * OPENING


def test_concurrency_is_a_number_from_the_link(template: Template) -> None:
    """A string would stop a local queue silently; below 2 AWS refuses; nothing else may limit the
    workers.
    """
    asked = {"Ref": "LicensingCallsPerSecond"}
    assert _source(template)["ScalingConfig"] == {
        "MaximumConcurrency": {"Fn::FindInMap": ["Pace", asked, "Concurrency"]}
    }
    for numbers in template.body["Mappings"]["Pace"].values():
        assert isinstance(numbers["Concurrency"], int)
        assert numbers["Concurrency"] >= 2
    environment = template.environment("WorkerFunction")
    assert environment["CALLS_PER_SECOND"] == {"Fn::FindInMap": ["Pace", asked, "CallsPerSecond"]}
    assert environment["BURST"] == {"Fn::FindInMap": ["Pace", asked, "Burst"]}
    assert environment["JOBS_AT_ONCE"] == {"Fn::FindInMap": ["Pace", asked, "AtOnce"]}
    assert template.environment("PlannerFunction")["SWEEP_CALLS_PER_SECOND"] == asked


def test_the_slowest_record_fits_into_the_worker(
    template: Template, worker_timeout: int, request_timeout: int
) -> None:
    """What the worker keeps free for a record is what the slowest can take; the first of a batch is
    always started.
    """
    slowest_bucket = _slowest_share(template)
    calls = (GRAVITYZONE_CALLS + CONNECTWISE_CALLS) * request_timeout
    slowest = SLOWEST_JOB.total_seconds()
    assert calls + GRAVITYZONE_CALLS / slowest_bucket <= slowest < worker_timeout
    assert CONNECTWISE_CALLS * request_timeout <= SLOWEST_SERVICE.total_seconds() < slowest
    usual = 5
    assert _source(template)["BatchSize"] * usual + slowest < worker_timeout


def test_a_partner_with_the_most_children_fits_into_the_worker(
    template: Template, worker_timeout: int, request_timeout: int
) -> None:
    """READ-4: at the slowest pace too, and with services of two calls, the children and two looks
    at the partner fit.

    A few seconds are for a cold start.
    """
    slowest_bucket = _slowest_share(template)
    other = Service(name="edr", counter="edrMonthlyUsage", product_types=(0, 3))
    each = each_reading(slowest_bucket, (ENDPOINTS, other)).total_seconds()
    assert each >= 2 / slowest_bucket
    assert each_reading(1, (ENDPOINTS,)).total_seconds() == 1
    cold_start = 5
    around = AROUND_READINGS.total_seconds()
    assert around + (MOST_CHILDREN + 2) * each + cold_start <= worker_timeout
    licence = 1 / slowest_bucket
    assert WRITING.total_seconds() + request_timeout + licence < around
    # The reading ends, come what may, while there is time for the writing.
    assert CONNECTWISE_CALLS * request_timeout <= WRITING.total_seconds()
    assert (
        GRAVITYZONE_CALLS * request_timeout
    ) + WRITING.total_seconds() < SLOWEST_JOB.total_seconds()


def test_visibility_is_six_timeouts_and_below_a_tick(
    template: Template, worker_timeout: int
) -> None:
    """What a crashed worker held comes back after all its retries could have run, and before the
    next tick.
    """
    visibility = template.properties("JobsQueue")["VisibilityTimeout"]
    assert 6 * worker_timeout <= visibility < SHORTEST_TICK


def test_receives_leave_room_for_slow_neighbours_and_own_failures(template: Template) -> None:
    """A job can come back unstarted once for each neighbour in its batch, and still has attempts of
    its own.
    """
    redrive = template.properties("JobsQueue")["RedrivePolicy"]
    assert redrive["deadLetterTargetArn"] == {"Fn::GetAtt": "JobsDeadLetterQueue.Arn"}
    assert redrive["maxReceiveCount"] >= 5
    assert redrive["maxReceiveCount"] - (_source(template)["BatchSize"] - 1) >= 4


def test_only_failed_records_of_a_batch_come_back(template: Template) -> None:
    """Without ReportBatchItemFailures one failure would bring the whole batch back, or the answer
    be ignored.
    """
    assert _source(template)["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert _source(template)["Queue"] == {"Fn::GetAtt": "JobsQueue.Arn"}


def test_settling_outlasts_the_worker_and_its_last_call(
    template: Template, worker_timeout: int, request_timeout: int
) -> None:
    """SAFE-2: when an intent's absence is believed, nobody who could still carry it out is
    alive.
    """
    settling = template.parameters["SettleSeconds"]
    assert worker_timeout + request_timeout < settling["MinValue"] <= settling["Default"] == 300


def test_the_planner_ends_before_the_next_tick(template: Template) -> None:
    """Ticks do not pile up, in the planner or on the way to it: the next one is the retry that
    matters.
    """
    planner = template.properties("PlannerFunction")
    assert planner["Timeout"] < SHORTEST_TICK
    assert planner["EventInvokeConfig"]["MaximumEventAgeInSeconds"] < SHORTEST_TICK
    assert planner["EventInvokeConfig"]["MaximumRetryAttempts"] <= 1
    assert (
        planner["Events"]["Tick"]["Properties"]["RetryPolicy"]["MaximumEventAgeInSeconds"]
        < SHORTEST_TICK
    )


def test_dead_letters_outlive_the_queue(template: Template) -> None:
    """SQS counts a dead letter's age from when it was first sent."""
    kept = template.properties("JobsQueue")["MessageRetentionPeriod"]
    for queue in ("JobsDeadLetterQueue", "ScheduleDeadLetterQueue", "PlannerFailureQueue"):
        assert template.properties(queue)["MessageRetentionPeriod"] == 14 * 24 * 3600 > kept


def test_the_schedule_fires_as_often_as_the_parameter_says(template: Template) -> None:
    """Each choice has its expression, which fires on a fixed minute past the start of GravityZone's
    month.
    """
    schedules = template.body["Mappings"]["Schedule"]
    assert (
        sorted(schedules)
        == sorted(template.parameters["ScheduleMinutes"]["AllowedValues"])
        == ["15", "30", "60"]
    )
    assert template.parameters["ScheduleMinutes"]["Default"] == "15"
    for minutes, schedule in schedules.items():
        fields = re.fullmatch(r"cron\((.+)\)", schedule["Expression"])
        assert fields is not None
        start, _, step = fields[1].split()[0].partition("/")
        assert fields[1].split()[1:] == ["*", "*", "*", "?", "*"]
        assert (step or "60", int(start)) == (minutes, 5)


def test_the_tick_is_the_scheduled_time(template: Template) -> None:
    """The planner gets the time that was due, also when delivery is late; the free expression wins
    if there is one.
    """
    tick = template.properties("PlannerFunction")["Events"]["Tick"]["Properties"]
    assert json.loads(tick["Input"]) == {"tick": "<aws.scheduler.scheduled-time>"}
    chosen = {"Fn::FindInMap": ["Schedule", {"Ref": "ScheduleMinutes"}, "Expression"]}
    assert tick["ScheduleExpression"] == {
        "Fn::If": ["HasScheduleExpression", {"Ref": "ScheduleExpression"}, chosen]
    }
    assert template.parameters["ScheduleExpression"]["Default"] == ""
