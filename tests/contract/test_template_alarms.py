"""Alarms and dashboard: that they look at what is written, tell the topic, and that somebody can
read what to do.
"""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from local.checkout import ROOT
from tally.runtime.metrics import DIMENSION, NAMESPACE, UNITS
from tests.contract.alarms import (
    ALARMS,
    BETWEEN_TICKS,
    DAY,
)
from tests.contract.template import Template


def test_every_alarm_is_looked_at(template: Template) -> None:
    """An alarm that is added gets into these tests, or fails this one."""
    assert sorted(template.of_type("AWS::CloudWatch::Alarm")) == sorted(ALARMS)


@pytest.mark.parametrize("name", ALARMS)
def test_an_alarm_looks_at_what_it_is_named_after(template: Template, name: str) -> None:
    """Metric, dimension, statistic, threshold, period, and what silence means."""
    alarm = template.properties(name)
    (dimension,) = alarm["Dimensions"]
    assert (
        alarm["Namespace"],
        alarm["MetricName"],
        dimension,
        alarm["Statistic"],
        alarm["ComparisonOperator"],
        alarm["Threshold"],
        alarm["Period"],
        alarm["TreatMissingData"],
    ) == ALARMS[name]


@pytest.mark.parametrize("name", ALARMS)
def test_an_alarm_tells_the_topic(template: Template, name: str) -> None:
    """Going to ALARM is told; coming back is seen on the dashboard: at installation each alarm
    comes to OK once.
    """
    alarm = template.properties(name)
    assert alarm["AlarmActions"] == [{"Ref": "AlarmTopic"}]
    assert not {"OKActions", "InsufficientDataActions"} & set(alarm)
    assert alarm.get("ActionsEnabled", True)


@pytest.mark.parametrize("name", ALARMS)
def test_an_alarm_says_where_to_look_first(template: Template, name: str) -> None:
    """Its mail ends with a command, and the handbook's section says what to do with that."""
    said, _, command = template.properties(name)["AlarmDescription"].rpartition("`tally ")
    assert len(said.split()) > 4
    handbook = (ROOT / "docs" / "operations.md").read_text()
    section = handbook.partition(f"\n### {name}\n")[2].partition("\n##")[0]
    assert f"`tally {command.rstrip('`')}" in " ".join(section.partition("What to do")[2].split())


@pytest.mark.parametrize("name", [name for name, told in ALARMS.items() if told[0] == NAMESPACE])
def test_an_alarm_on_our_own_metric_looks_at_one_that_is_written(name: str) -> None:
    """A misspelled metric never has data, and its alarm never tells anything; ages are in
    seconds.
    """
    _, metric, _, _, _, threshold, _, _ = ALARMS[name]
    assert metric in UNITS
    assert (UNITS[metric] == "Seconds") == (threshold in (DAY, BETWEEN_TICKS))


def test_every_dead_letter_queue_has_its_alarm(template: Template) -> None:
    """Whatever is given up on is told: a queue that others point to as their end has an alarm on
    its messages.
    """
    ends = {name for name in template.of_type("AWS::SQS::Queue") if _is_an_end(template, name)}
    watched = {
        told[2]["Value"]["Fn::GetAtt"].split(".")[0]
        for told in ALARMS.values()
        if told[0] == "AWS/SQS"
    }
    assert (
        ends
        == watched
        == {
            "JobsDeadLetterQueue",
            "ScheduleDeadLetterQueue",
            "PlannerFailureQueue",
            "ReporterFailureQueue",
            "EvidenceDeadLetterQueue",
            "BookFailureQueue",
        }
    )


def _is_an_end(template: Template, queue: str) -> bool:
    arn = f"{queue}.Arn"
    return any(each.get("Fn::GetAtt") == arn for each in _links(_ends(template)))


def _ends(template: Template) -> Iterator[Any]:
    for resource in template.resources.values():
        properties = resource.get("Properties", {})
        yield properties.get("RedrivePolicy")
        yield properties.get("EventInvokeConfig")
        for event in properties.get("Events", {}).values():
            yield event["Properties"].get("DeadLetterConfig")


def _links(values: Iterator[Any]) -> Iterator[dict[str, Any]]:
    for value in values:
        if isinstance(value, dict):
            yield value
            yield from _links(iter(value.values()))
        elif isinstance(value, list):
            yield from _links(iter(value))


def test_periods_follow_the_schedule(template: Template) -> None:
    """CloudFormation cannot multiply: the link says in seconds what the parameter says in
    minutes.
    """
    for minutes, numbers in template.body["Mappings"]["Schedule"].items():
        between = timedelta(minutes=int(minutes)).total_seconds()
        assert numbers["Seconds"] == between
        assert numbers["TwoTicks"] == 2 * between
        assert all(numbers[each] % 60 == 0 for each in ("Seconds", "TwoTicks")), (
            "CloudWatch takes whole minutes"
        )


def test_a_planner_that_does_not_run_is_told_after_two_ticks(template: Template) -> None:
    """No tick's metric in either of two intervals: a tick that takes its ten minutes is not taken
    for a missing one. What is missing breaches: a planner that is never fired writes nothing.
    """
    alarm = template.properties("PlannerMissedAlarm")
    assert alarm["EvaluationPeriods"] == 2
    assert "DatapointsToAlarm" not in alarm
    assert alarm["TreatMissingData"] == "breaching"
    assert template.properties("PlannerFunction")["Timeout"] < min(
        each["Seconds"] for each in template.body["Mappings"]["Schedule"].values()
    )


def test_the_close_itself_alarms_nobody(template: Template) -> None:
    """Each record is open at the tick of its close: only what is open at every tick of three hours
    is late.
    """
    alarm = template.properties("PastCloseAlarm")
    assert (alarm["Statistic"], alarm["EvaluationPeriods"] * alarm["Period"]) == (
        "Minimum",
        3 * 3600,
    )


def _sections(template: Template) -> dict[str, str]:
    text = (ROOT / "docs" / "operations.md").read_text()
    found = re.findall(r"^### (\w+Alarm)\n(.*?)(?=^#|\Z)", text, flags=re.MULTILINE | re.DOTALL)
    assert len(found) == len(dict(found)), "a section stands twice"
    return dict(found)


def test_every_alarm_has_its_section_in_the_runbook(template: Template) -> None:
    """And every section its alarm: an operator who gets a mail finds its name in
    docs/operations.md.
    """
    assert sorted(_sections(template)) == sorted(ALARMS)


@pytest.mark.parametrize("name", ALARMS)
def test_a_section_says_what_the_alarm_means_and_what_to_do(template: Template, name: str) -> None:
    """What it means, what the customer sees meanwhile, what to do: with a command of ours."""
    section = _sections(template)[name]
    assert re.findall(r"^\*\*(.+?)\*\*", section, flags=re.MULTILINE) == [
        "What it means.",
        "What the customer sees.",
        "What to do.",
    ]
    assert re.search(
        r"`tally (doctor|status|show|failed|sync|approve|reject|plan|companies|book)\b", section
    )


def _dashboard(template: Template) -> dict[str, Any]:
    text, values = template.properties("Dashboard")["DashboardBody"]["Fn::Sub"]
    names = set(re.findall(r"\$\{([\w:]+)(?:\.\w+)?\}", text)) - set(values)
    assert names - set(template.resources) <= {"AWS::StackName", "AWS::Region"}
    body: dict[str, Any] = json.loads(
        re.sub(r"\$\{Seconds\}", "900", re.sub(r"\$\{(?!Seconds)([^}]+)\}", r"\1", text))
    )
    return body


def test_the_dashboard_shows_every_alarm_and_every_metric(template: Template) -> None:
    """What is paid for is to be seen, and nothing is shown that is not written."""
    widgets = _dashboard(template)["widgets"]
    (alarms,) = [each["properties"]["alarms"] for each in widgets if each["type"] == "alarm"]
    assert sorted(alarms) == sorted(f"{name}.Arn" for name in ALARMS)
    shown = [
        metric
        for each in widgets
        if each["type"] == "metric"
        for metric in each["properties"]["metrics"]
    ]
    ours = [metric for metric in shown if metric[0] == NAMESPACE]
    assert {metric[1] for metric in ours} == set(UNITS)
    assert all(metric[2:4] == [DIMENSION, "AWS::StackName"] for metric in ours)


def test_the_dashboards_widgets_do_not_overlap(template: Template) -> None:
    """A grid of 24 columns; CloudWatch would move what overlaps."""
    taken: set[tuple[int, int]] = set()
    for each in _dashboard(template)["widgets"]:
        cells = {
            (column, row)
            for column in range(each["x"], each["x"] + each["width"])
            for row in range(each["y"], each["y"] + each["height"])
        }
        assert not taken & cells
        assert max(column for column, _ in cells) < 24
        taken |= cells


def test_log_widgets_read_the_functions_own_logs(template: Template) -> None:
    """What has no metric is asked of the log, by names that the lines have."""
    queries = [
        each["properties"]["query"]
        for each in _dashboard(template)["widgets"]
        if each["type"] == "log"
    ]
    groups = {
        template.properties(each)["LogGroupName"]["Fn::Sub"].replace(
            "${AWS::StackName}", "AWS::StackName"
        )
        for each in template.of_type("AWS::Logs::LogGroup")
    }
    assert len(queries) == 2
    for query in queries:
        assert set(re.findall(r"SOURCE '([^']+)'", query)) <= groups
        for group, name in re.findall(r"sum\((\w+)\.(\w+)\)", query):
            known = {"records": {"opened", "pushed", "held", "closed", "unchanged", "failed"}}
            assert name in known.get(group, {"errors", "throttles"})


def test_the_log_level_lets_metrics_through(template: Template) -> None:
    """Lambda takes a line without a level for INFO (its guide, log-level filtering): above that,
    metrics would be dropped.
    """
    assert template.parameters["LogLevel"]["AllowedValues"] == ["DEBUG", "INFO"]
    for function in template.of_type("AWS::Serverless::Function"):
        assert template.properties(function)["LoggingConfig"]["ApplicationLogLevel"] == {
            "Ref": "LogLevel"
        }


def test_metrics_are_the_stacks_own(template: Template) -> None:
    """Two stacks in one account: each function is told the stack's name, which alarms look for."""
    assert template.body["Globals"]["Function"]["Environment"]["Variables"]["STACK_NAME"] == {
        "Ref": "AWS::StackName"
    }
