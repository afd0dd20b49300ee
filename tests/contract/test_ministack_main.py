"""Where the wrapper makes MiniStack behave as EventBridge Scheduler does."""

from typing import Any

import pytest

from local.ministack_main import fill_in_scheduled_time, forget_firings_of_changed, scheduled_time

FIRED = 1_793_491_507.9
"""2026-11-01T00:05:07.9Z"""


@pytest.mark.parametrize(
    ("expression", "due"),
    [
        ("at(2026-11-01T00:05:00)", "2026-11-01T00:05:00Z"),
        ("rate(15 minutes)", "2026-11-01T00:05:07Z"),
    ],
)
def test_the_scheduled_time_is_when_it_was_due(expression: str, due: str) -> None:
    """A one-time schedule's own time, however late it fires; UTC, to the second."""
    assert scheduled_time(expression, fired_at=FIRED) == due


def test_only_a_schedules_placeholder_is_filled_in() -> None:
    """EventBridge rules have no such placeholder, and the schedule itself keeps it for the next
    firing.
    """
    delivered: list[str] = []

    def deliver(target: dict[str, Any], event: dict[str, Any], rule: dict[str, Any]) -> None:
        delivered.append(target["Input"])

    target = {"Input": '{"tick": "<aws.scheduler.scheduled-time>"}'}
    rule = {"ScheduleExpression": "at(2026-11-01T00:05:00)"}
    invoke = fill_in_scheduled_time(deliver)
    invoke(target, {"Source": "aws.scheduler", "Time": FIRED}, rule)
    invoke(target, {"Source": "aws.events", "Time": FIRED}, rule)
    assert delivered == ['{"tick": "2026-11-01T00:05:00Z"}', target["Input"]]


def test_a_schedule_given_a_new_time_fires_again() -> None:
    """MiniStack would take it for fired; one that is unchanged stays fired."""
    key = ("000000000000", "us-east-1", "default/tick")
    schedules: dict[tuple[str, str, str], dict[str, Any]] = {
        key: {"ScheduleExpression": "at(2026-11-01T00:05:00)"}
    }
    last_fired: dict[tuple[str, str, str], float] = {}
    fired: list[str] = []

    def sweep() -> None:
        if key not in last_fired:
            last_fired[key] = FIRED
            fired.append(schedules[key]["ScheduleExpression"])

    mended = forget_firings_of_changed(sweep, schedules, last_fired)
    mended()
    mended()
    schedules[key] = {"ScheduleExpression": "at(2026-11-01T00:20:00)"}
    mended()
    mended()
    assert fired == ["at(2026-11-01T00:05:00)", "at(2026-11-01T00:20:00)"]
