"""Alarms as deployed: MiniStack has no metrics of its own, so each is forced, and its message
followed to a subscriber.
"""

import json

import pytest

from local.deployment import STACK_NAME
from local.processes import wait_until
from tally.runtime.metrics import UNITS
from tests.contract.alarms import ALARMS
from tests.e2e.msp import FIRST, Msp

pytestmark = pytest.mark.e2e


def test_every_alarm_reaches_a_subscriber(msp: Msp, subscribed: str) -> None:
    """Each alarm that goes to ALARM publishes to the topic, with its name and what it means."""
    watch = msp.stack.client("cloudwatch")
    resources = msp.stack.cloudformation.describe_stack_resources(StackName=STACK_NAME)[
        "StackResources"
    ]
    names = {
        each["PhysicalResourceId"]: each["LogicalResourceId"]
        for each in resources
        if each["ResourceType"] == "AWS::CloudWatch::Alarm"
    }
    deployed = {each["AlarmName"]: each for each in watch.describe_alarms()["MetricAlarms"]}
    assert sorted(names.values()) == sorted(ALARMS)
    assert set(names) == set(deployed)
    received: dict[str, dict[str, str]] = {}

    def all_told() -> bool:
        for message in msp.stack.queues.receive_message(
            QueueUrl=subscribed, MaxNumberOfMessages=10
        ).get("Messages", []):
            told = json.loads(json.loads(message["Body"])["Message"])
            received[told["AlarmName"]] = told
        return set(received) == set(names)

    for name in names:
        watch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="forced by a test")
    wait_until(all_told, what="each alarm has told the topic's subscriber")
    assert {told["NewStateValue"] for told in received.values()} == {"ALARM"}
    for name, told in received.items():
        assert told["AlarmDescription"] == deployed[name]["AlarmDescription"]
    for name in names:
        watch.set_alarm_state(AlarmName=name, StateValue="OK", StateReason="the test is over")


def test_what_alarms_look_at_is_written_by_the_functions_as_deployed(msp: Msp) -> None:
    """A tick and its job write metrics with the very names and the dimension that the alarms were
    deployed with.
    """
    customer = msp.add_customer("Winter Orchard Cider")
    msp.check_in(customer, 3, FIRST)
    msp.tick(FIRST)
    lines = [
        json.loads(line)
        for function in ("planner", "worker")
        for line in msp.lines(function)
        if '"_aws"' in line
    ]
    written = {
        (
            told["Namespace"],
            each["Name"],
            tuple((name, line[name]) for name in told["Dimensions"][0]),
        )
        for line in lines
        for told in line["_aws"]["CloudWatchMetrics"]
        for each in told["Metrics"]
    }
    looked_at = {
        (
            each["Namespace"],
            each["MetricName"],
            tuple((one["Name"], one["Value"]) for one in each["Dimensions"]),
        )
        for each in msp.stack.client("cloudwatch").describe_alarms()["MetricAlarms"]
        if each["Namespace"] == "Tally"
    }
    throttles = {each for each in looked_at if each[1] == "Throttles"}
    assert len(throttles) == 1, "nobody was throttled"
    assert looked_at - throttles <= written
    assert {name for _, name, _ in written} == set(UNITS) - {"Throttles"}


def test_the_dashboard_is_deployed(msp: Msp) -> None:
    """Its body is JSON after CloudFormation has put the stack's names in."""
    dashboards = msp.stack.client("cloudwatch")
    body = json.loads(
        dashboards.get_dashboard(DashboardName=f"{STACK_NAME}-billing")["DashboardBody"]
    )
    assert not [text for text in (json.dumps(body),) if "${" in text]
    (alarms,) = [
        each["properties"]["alarms"] for each in body["widgets"] if each["type"] == "alarm"
    ]
    deployed = {each["AlarmArn"] for each in dashboards.describe_alarms()["MetricAlarms"]}
    assert set(alarms) == deployed
    assert msp.stack.outputs["Dashboard"].endswith(f"{STACK_NAME}-billing")
