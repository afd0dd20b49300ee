"""Metrics: what is written of an invocation, and how much of it."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from requests import exceptions as wire

from tally.errors import TallyError
from tally.runtime import metrics
from tally.runtime.metrics import Traffic
from tally.transport.failures import BadAnswer, Loss, NoAnswer
from tests.unit.scripted import answer
from tests.unit.transport_scene import World

TICK = datetime(2026, 11, 10, 8, tzinfo=UTC)


def _lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_there_are_at_most_twelve_metrics() -> None:
    """Each is paid for every month: twelve, with the one dimension that keeps two stacks apart."""
    assert len(metrics.UNITS) <= 12


def test_a_line_has_one_namespace_and_one_dimension(capsys: pytest.CaptureFixture[str]) -> None:
    """The stack's name is the only dimension, so that twelve metrics are twelve."""
    metrics.emit(
        "tally-eu",
        {"Throttles": [3]},
        {"GravityZoneLatency": [0.5, 0.25]},
        details={"function": "worker"},
    )
    (line,) = _lines(capsys)
    (told,) = line["_aws"]["CloudWatchMetrics"]
    assert (told["Namespace"], told["Dimensions"], line["Stack"]) == (
        "Tally",
        [["Stack"]],
        "tally-eu",
    )
    assert told["Metrics"] == [
        {"Name": "Throttles", "Unit": "Count"},
        {"Name": "GravityZoneLatency", "Unit": "Seconds"},
    ]
    assert (line["Throttles"], line["GravityZoneLatency"], line["function"]) == (
        [3.0],
        [0.5, 0.25],
        "worker",
    )


def test_more_values_than_a_line_takes_are_all_told_once(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """CloudWatch takes 100 values of a metric on a line; the plain fields stand on the first alone,
    or sums would be wrong.
    """
    values = [float(number) for number in range(250)]
    metrics.emit(
        "tally",
        {"GravityZoneLatency": values, "Throttles": [1]},
        details={"GravityZone": {"calls": 250}},
    )
    lines = _lines(capsys)
    assert [value for line in lines for value in line["GravityZoneLatency"]] == values
    assert max(len(line["GravityZoneLatency"]) for line in lines) <= 100
    assert [("Throttles" in line, "GravityZone" in line) for line in lines] == [
        (True, True),
        *[(False, False)] * 2,
    ]


def test_where_there_is_nothing_to_tell_nothing_is_written(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A line costs too; an empty one would be refused by CloudWatch."""
    metrics.emit(
        "tally",
        metrics.of_tick(None),
        metrics.of_calls({"GravityZone": Traffic()}),
        details={"a": 1},
    )
    assert _lines(capsys) == []


def test_calls_are_counted_by_what_came_of_them() -> None:
    """429 is a throttle; no answer and a bad one are errors; something that is gone is none."""
    traffic = Traffic()
    for failure in (
        None,
        BadAnswer(429),
        BadAnswer(500),
        BadAnswer(401),
        BadAnswer(404),
        NoAnswer(Loss.UNKNOWN, "x"),
    ):
        traffic.heard(0.5, failure)
    told = traffic.taken()
    assert told.figures() == {
        "calls": 6,
        "throttles": 1,
        "errors": 3,
        "seconds": 3.0,
        "slowest": 0.5,
    }
    assert metrics.of_calls({"ConnectWise": told}) == {
        "ConnectWiseLatency": [0.5] * 6,
        "Throttles": [1],
    }
    assert traffic.taken().figures()["calls"] == 0, "the next invocation counts anew"


def test_every_attempt_is_heard_with_what_came_of_it() -> None:
    """A call that is made three times is three calls to the vendor: failed, lost, answered."""
    traffic = Traffic()
    world = World([answer(500), wire.ReadTimeout("x"), answer(200)], listener=traffic.heard)
    world.send()
    told = traffic.figures()
    assert (told["calls"], told["throttles"], told["errors"]) == (3, 0, 2)


def test_a_call_that_is_never_sent_is_not_heard() -> None:
    """Where the time is up, the vendor has not been asked."""
    traffic = Traffic()
    world = World([answer(200)], listener=traffic.heard, deadline=lambda: 1.0)
    with pytest.raises(TallyError):
        world.send()
    assert traffic.figures()["calls"] == 0


def test_records_are_counted_by_outcome() -> None:
    """What a job says it did, counted: each service is a record of its own."""
    batch = metrics.Batch()
    at: dict[str, Any] = {"tick": TICK, "now": TICK + timedelta(seconds=40), "receives": 1}
    batch.done({"endpoints": "post intended, opened", "email": "unchanged"}, **at)
    batch.done({"endpoints": "patch intended, pushed, closed"}, **at)
    batch.done({"endpoints": "held: growth"}, **at)
    batch.done({"endpoints": "dropped"}, **at)
    counts = {"opened": 1, "pushed": 1, "unchanged": 1, "closed": 1, "held": 1, "failed": 0}
    assert batch.figures() == counts


def test_the_sweep_is_as_long_as_the_latest_job_of_its_first_try() -> None:
    """A job that comes again waits for a reason of its own, and says nothing of the others."""
    batch = metrics.Batch()
    for seconds, receives in ((40, 1), (70, 1), (4000, 2)):
        batch.done({}, tick=TICK, now=TICK + timedelta(seconds=seconds), receives=receives)
    assert metrics.of_batch(batch) == {"SweepLength": [70.0]}
    assert metrics.of_batch(metrics.Batch()) == {}
