"""One deployed stack for all end-to-end tests: starting it takes ten seconds, making it as good as
new one.
"""

import json
from collections.abc import Iterator

import pytest

from local.desk import DESK_PARAMETERS, make_desk
from local.simulator_clients import ConnectWiseControls
from local.stack import DEMO_PARAMETERS, Stack
from simulators.scenario import dump_scenario
from tests.e2e.msp import Msp, empty_msp


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """MiniStack with the template deployed and IAM enforced, and both simulators with an MSP that
    has no customers.
    """
    scenario = tmp_path_factory.mktemp("scenario") / "empty.json"
    scenario.write_bytes(dump_scenario(empty_msp()))
    options = ("--scenario", str(scenario))
    # So that a job that changed nothing leaves its line too.
    with Stack(
        "e2e",
        parameters={
            **DEMO_PARAMETERS,
            **DESK_PARAMETERS,
            "LogLevel": "DEBUG",
        },
        simulators={"gravityzone": options, "connectwise": options},
    ) as running:
        make_desk(ConnectWiseControls(running.simulator_urls["connectwise"]).act)
        yield running


@pytest.fixture
def msp(stack: Stack) -> Msp:
    """The stack as if it had just been deployed: an empty ledger, no customers, no faults, the keys
    in place.
    """
    return Msp(stack=stack)


@pytest.fixture
def subscribed(msp: Msp) -> Iterator[str]:
    """A queue that is subscribed to the stack's topic, and lets it in."""
    queues, topics, topic = (
        msp.stack.queues,
        msp.stack.client("sns"),
        msp.stack.outputs["AlarmTopic"],
    )
    url = queues.create_queue(QueueName="subscriber")["QueueUrl"]
    arn = queues.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"][
        "QueueArn"
    ]
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    queues.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    subscription = topics.subscribe(
        TopicArn=topic, Protocol="sqs", Endpoint=arn, ReturnSubscriptionArn=True
    )["SubscriptionArn"]
    yield url
    topics.unsubscribe(SubscriptionArn=subscription)
    queues.delete_queue(QueueUrl=url)
