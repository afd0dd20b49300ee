"""Roles: who may do what, and that nobody may do more. MiniStack does not check what AWS does on
our behalf.
"""

import re
from typing import Any

import pytest

from tally.ledger.evidence.evidence_table import PARTITION
from tests.contract.template import Template

ROLES = [
    "BookRole",
    "EvidenceRole",
    "PlannerRole",
    "ReporterRole",
    "ScheduleRole",
    "TicketsRole",
    "WorkerRole",
]
FUNCTIONS = [
    "BookFunction",
    "EvidenceFunction",
    "PlannerFunction",
    "ReporterFunction",
    "TicketsFunction",
    "WorkerFunction",
]
QUEUES = [
    "BookFailureQueue",
    "EvidenceDeadLetterQueue",
    "EvidenceQueue",
    "JobsDeadLetterQueue",
    "JobsQueue",
    "PlannerFailureQueue",
    "ReporterFailureQueue",
    "ScheduleDeadLetterQueue",
]


def _actions(statement: dict[str, Any]) -> set[str]:
    actions = statement["Action"]
    return {actions} if isinstance(actions, str) else set(actions)


def _allowed(template: Template, role: str) -> dict[str, tuple[set[str], Any]]:
    return {each["Sid"]: (_actions(each), each["Resource"]) for each in template.statements(role)}


def _stack(suffix: str) -> str:
    return f"${{AWS::StackName}}-{suffix}"


def test_roles_are_ours(template: Template) -> None:
    """SAM's policy templates and the managed policies that it attaches to roles of its making are
    broad.
    """
    assert sorted(template.of_type("AWS::IAM::Role")) == ROLES
    for function, role in (
        ("EvidenceFunction", "EvidenceRole"),
        ("BookFunction", "BookRole"),
        ("PlannerFunction", "PlannerRole"),
        ("ReporterFunction", "ReporterRole"),
        ("TicketsFunction", "TicketsRole"),
        ("WorkerFunction", "WorkerRole"),
    ):
        assert template.properties(function)["Role"] == {"Fn::GetAtt": f"{role}.Arn"}
        assert "Policies" not in template.properties(function)
    for role in ROLES:
        assert "ManagedPolicyArns" not in template.properties(role)
    assert not template.of_type("AWS::IAM::ManagedPolicy")
    assert not template.of_type("AWS::IAM::Policy")


@pytest.mark.parametrize("role", ROLES)
def test_an_account_may_bound_every_role(template: Template, role: str) -> None:
    """Where roles may be made with a permissions boundary alone, one parameter gives it to each;
    without it there is none.
    """
    assert template.properties(role)["PermissionsBoundary"] == {
        "Fn::If": [
            "HasPermissionsBoundary",
            {"Ref": "PermissionsBoundary"},
            {"Ref": "AWS::NoValue"},
        ]
    }
    assert template.body["Conditions"]["HasPermissionsBoundary"] == {
        "Fn::Not": [{"Fn::Equals": [{"Ref": "PermissionsBoundary"}, ""]}]
    }


@pytest.mark.parametrize(
    ("arn", "taken"),
    [
        ("", True),
        ("arn:aws:iam::123456789012:policy/Boundary", True),
        ("arn:aws-us-gov:iam::123456789012:policy/teams/a/Bound+ary=1,@x.y_z-2", True),
        ("arn:aws:iam::aws:policy/PowerUserAccess", True),
        ("arn:aws:iam::123456789012:role/Boundary", False),
        ("Boundary", False),
        ("arn:aws:iam::1234:policy/Boundary", False),
    ],
)
def test_a_boundary_is_a_policys_arn(template: Template, arn: str, taken: bool) -> None:
    """CloudFormation would take any text, and fail half-way."""
    parameter = template.parameters["PermissionsBoundary"]
    assert parameter["Default"] == ""
    assert bool(re.search(parameter["AllowedPattern"], arn)) is taken


def test_every_queue_is_looked_at(template: Template) -> None:
    """A queue that is added gets into these tests, or fails this one."""
    assert sorted(template.of_type("AWS::SQS::Queue")) == QUEUES


@pytest.mark.parametrize("queue", QUEUES)
def test_nothing_comes_to_a_queue_in_the_clear(template: Template, queue: str) -> None:
    """Each queue refuses everybody who comes without TLS, but for a local stack's loopback, from
    which nobody comes to AWS.
    """
    policies = template.of_type("AWS::SQS::QueuePolicy")
    (policy,) = [
        each["Properties"]
        for each in policies.values()
        if each["Properties"]["Queues"] == [{"Ref": queue}]
    ]
    assert policy["PolicyDocument"]["Statement"] == [
        {
            "Sid": "EncryptedOnTheWay",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "sqs:*",
            "Resource": {"Fn::GetAtt": f"{queue}.Arn"},
            "Condition": {
                "Bool": {"aws:SecureTransport": "false"},
                "NotIpAddress": {"aws:SourceIp": "127.0.0.0/8"},
            },
        }
    ]


def test_a_dead_letter_queue_serves_its_own_queue_alone(template: Template) -> None:
    """No other queue of the account may send its dead letters there; to the queues that other
    services write to, none may.
    """
    others = set(QUEUES)
    for name, suffix in (("Jobs", "jobs"), ("Evidence", "evidence")):
        queue, dead = f"{name}Queue", f"{name}DeadLetterQueue"
        arn = f"arn:${{AWS::Partition}}:sqs:${{AWS::Region}}:${{AWS::AccountId}}:{_stack(suffix)}"
        assert template.properties(dead)["RedriveAllowPolicy"] == {
            "redrivePermission": "byQueue",
            "sourceQueueArns": [{"Fn::Sub": arn}],
        }
        properties = template.properties(queue)
        assert properties["QueueName"] == {"Fn::Sub": _stack(suffix)}
        assert properties["RedrivePolicy"]["deadLetterTargetArn"] == {"Fn::GetAtt": f"{dead}.Arn"}
        others -= {queue, dead}
    for queue in others:
        assert template.properties(queue)["RedriveAllowPolicy"] == {"redrivePermission": "denyAll"}


@pytest.mark.parametrize("role", ROLES)
def test_every_statement_names_its_actions_and_one_resource(template: Template, role: str) -> None:
    """No `*` where a name will do. A local stack asks for a SendMessageBatch that AWS does not
    have.
    """
    for statement in template.statements(role):
        assert statement["Effect"] == "Allow"
        named = str(statement["Resource"]).replace("${BooksBucket.Arn}/books/*", "a book's file")
        assert "*" not in named
        assert isinstance(statement["Resource"], dict)
        assert {action for action in _actions(statement) if "*" in action} <= {"sqs:SendMessage*"}
        assert "NotAction" not in statement


@pytest.mark.parametrize(
    ("role", "service"),
    [
        ("EvidenceRole", "lambda"),
        ("BookRole", "lambda"),
        ("PlannerRole", "lambda"),
        ("ReporterRole", "lambda"),
        ("TicketsRole", "lambda"),
        ("WorkerRole", "lambda"),
        ("ScheduleRole", "scheduler"),
    ],
)
def test_each_role_is_one_services(template: Template, role: str, service: str) -> None:
    """Only the service that runs a function, or fires the schedule, takes its role."""
    (trust,) = template.properties(role)["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": f"{service}.amazonaws.com"}
    assert trust["Action"] == "sts:AssumeRole"


def test_the_schedules_may_fire_their_functions_and_report_to_their_queues(
    template: Template,
) -> None:
    """And nothing else; for this account's schedules alone."""
    assert _allowed(template, "ScheduleRole") == {
        "FireThePlanner": ({"lambda:InvokeFunction"}, {"Fn::GetAtt": "PlannerFunction.Arn"}),
        "FireTheEvidence": ({"lambda:InvokeFunction"}, {"Fn::GetAtt": "EvidenceFunction.Arn"}),
        "FireTheReporter": ({"lambda:InvokeFunction"}, {"Fn::GetAtt": "ReporterFunction.Arn"}),
        "FireTheBook": ({"lambda:InvokeFunction"}, {"Fn::GetAtt": "BookFunction.Arn"}),
        "FireTheTickets": ({"lambda:InvokeFunction"}, {"Fn::GetAtt": "TicketsFunction.Arn"}),
        "ReportFailedDelivery": (
            {"sqs:SendMessage"},
            {"Fn::GetAtt": "ScheduleDeadLetterQueue.Arn"},
        ),
        "ReportFailedDigest": ({"sqs:SendMessage"}, {"Fn::GetAtt": "ReporterFailureQueue.Arn"}),
        "ReportFailedWalk": ({"sqs:SendMessage"}, {"Fn::GetAtt": "EvidenceDeadLetterQueue.Arn"}),
        "ReportFailedBook": ({"sqs:SendMessage"}, {"Fn::GetAtt": "BookFailureQueue.Arn"}),
    }
    (trust,) = template.properties("ScheduleRole")["AssumeRolePolicyDocument"]["Statement"]
    group = (
        "arn:${AWS::Partition}:scheduler:${AWS::Region}:${AWS::AccountId}:schedule-group/default"
    )
    assert trust["Condition"] == {
        "StringEquals": {
            "aws:SourceAccount": {"Ref": "AWS::AccountId"},
            "aws:SourceArn": {"Fn::Sub": group},
        }
    }
    events = [
        event["Properties"]
        for each in FUNCTIONS
        for event in template.properties(each)["Events"].values()
    ]
    assert not [each for each in events if "GroupName" in each]
    planner, reporter, book, evidence = (
        template.properties(f"{name}Function")["Events"]
        for name in ("Planner", "Reporter", "Book", "Evidence")
    )
    for event, queue in (
        (planner["Tick"], "ScheduleDeadLetterQueue"),
        (reporter["Weekly"], "ReporterFailureQueue"),
        (reporter["CloseDay"], "ReporterFailureQueue"),
        (evidence["Daily"], "EvidenceDeadLetterQueue"),
        (evidence["LastHour"], "EvidenceDeadLetterQueue"),
        (book["Look"], "BookFailureQueue"),
    ):
        assert event["Properties"]["RoleArn"] == {"Fn::GetAtt": "ScheduleRole.Arn"}
        assert event["Properties"]["DeadLetterConfig"] == {"Arn": {"Fn::GetAtt": f"{queue}.Arn"}}


@pytest.mark.parametrize(
    ("name", "queue"),
    [
        ("Book", "BookFailureQueue"),
        ("Planner", "PlannerFailureQueue"),
        ("Reporter", "ReporterFailureQueue"),
        ("Evidence", "EvidenceDeadLetterQueue"),
    ],
)
def test_lambda_may_deliver_failures(template: Template, name: str, queue: str) -> None:
    """The destination is served with the function's own role."""
    destination = template.properties(f"{name}Function")["EventInvokeConfig"]["DestinationConfig"][
        "OnFailure"
    ]
    assert destination == {"Type": "SQS", "Destination": {"Fn::GetAtt": f"{queue}.Arn"}}
    assert _allowed(template, f"{name}Role")["ReportItsFailures"] == (
        {"sqs:SendMessage"},
        {"Fn::GetAtt": f"{queue}.Arn"},
    )


def test_the_reporter_reads_and_tells_and_nothing_else(template: Template) -> None:
    """It can change nothing, and reads no key: of the ledger the ticks and the index, of the topic
    its publishing.
    """
    allowed = _allowed(template, "ReporterRole")
    assert set(allowed) == {
        "WriteItsLog",
        "ReadTheTicks",
        "ReadTheIndex",
        "TellPeople",
        "ReportItsFailures",
    }
    assert allowed["TellPeople"] == ({"sns:Publish"}, {"Ref": "AlarmTopic"})
    for sid, action, ends in (
        ("ReadTheTicks", "dynamodb:GetItem", ":table/${Name}"),
        ("ReadTheIndex", "dynamodb:Query", ":table/${Name}/index/index"),
    ):
        actions, resource = allowed[sid]
        text, names = resource["Fn::Sub"]
        assert actions == {action}
        assert text.endswith(ends)
        assert names["Name"] == template.environment("ReporterFunction")["TABLE_NAME"]


def test_lambda_may_poll_the_workers_queue(template: Template) -> None:
    """Polling is done with the worker's role; ChangeMessageVisibility is the worker's own."""
    actions, resource = _allowed(template, "WorkerRole")["TakeJobs"]
    assert {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"} < actions
    assert actions - {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"} == {
        "sqs:ChangeMessageVisibility"
    }
    assert resource == {"Fn::GetAtt": "JobsQueue.Arn"}


def test_evidence_has_a_queue_of_its_own(template: Template) -> None:
    """PROOF-2: it sends to its own queue and takes from it, and from none of billing's."""
    actions, resource = _allowed(template, "EvidenceRole")["QueueAndTakeJobs"]
    assert actions == {
        "sqs:SendMessage",
        "sqs:ReceiveMessage",
        "sqs:DeleteMessage",
        "sqs:ChangeMessageVisibility",
    }
    assert resource == {"Fn::GetAtt": "EvidenceQueue.Arn"}


def test_evidence_can_change_nothing_that_bills(template: Template) -> None:
    """PROOF-2: of the ledger it may read everything, and write its own partition keys alone."""
    writing = [
        each
        for each in template.statements("EvidenceRole")
        if _actions(each) & {"dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"}
    ]
    (statement,) = writing
    assert _actions(statement) == {"dynamodb:PutItem", "dynamodb:DeleteItem"}
    keys = {"dynamodb:LeadingKeys": [f"{PARTITION}*"]}
    assert statement["Condition"] == {"ForAllValues:StringLike": keys}
    others = [
        each
        for role in set(ROLES) - {"EvidenceRole"}
        for each in template.statements(role)
        if "dynamodb:DeleteItem" in _actions(each)
    ]
    assert others == []


@pytest.mark.parametrize(
    ("function", "role", "group"),
    [
        ("EvidenceFunction", "EvidenceRole", "EvidenceLogGroup"),
        ("BookFunction", "BookRole", "BookLogGroup"),
        ("PlannerFunction", "PlannerRole", "PlannerLogGroup"),
        ("ReporterFunction", "ReporterRole", "ReporterLogGroup"),
        ("TicketsFunction", "TicketsRole", "TicketsLogGroup"),
        ("WorkerFunction", "WorkerRole", "WorkerLogGroup"),
    ],
)
def test_a_function_may_write_its_own_log_and_no_other(
    template: Template, function: str, role: str, group: str
) -> None:
    """The group is the template's, with a retention; Lambda would make one that is kept for
    ever.
    """
    assert _allowed(template, role)["WriteItsLog"] == (
        {"logs:CreateLogStream", "logs:PutLogEvents"},
        {"Fn::GetAtt": f"{group}.Arn"},
    )
    logging = template.properties(function)["LoggingConfig"]
    assert logging["LogGroup"] == {"Ref": group}
    assert logging["LogFormat"] == "JSON"
    assert template.properties(group)["RetentionInDays"] == {"Ref": "LogRetentionDays"}


@pytest.mark.parametrize("role", ["PlannerRole", "WorkerRole"])
def test_nobody_may_delete_or_scan_the_ledger(template: Template, role: str) -> None:
    """History cannot be rewritten by what runs, and a function reads the table that its environment
    names.
    """
    actions = {action for statement in template.statements(role) for action in _actions(statement)}
    ours = {action for action in actions if action.startswith("dynamodb:")}
    assert ours <= {"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:Query"}
    text, names = _allowed(template, role)["ReadAndWriteTheLedger"][1]["Fn::Sub"]
    assert text.endswith(":table/${Name}")
    assert names["Name"] == template.environment("WorkerFunction")["TABLE_NAME"]


@pytest.mark.parametrize("role", ["PlannerRole", "WorkerRole"])
def test_a_sweeps_account_can_be_kept(template: Template, role: str) -> None:
    """PULSE-2: the planner opens the account of a sweep, and workers add to it by an update."""
    assert {"dynamodb:PutItem", "dynamodb:UpdateItem"} <= _allowed(template, role)[
        "ReadAndWriteTheLedger"
    ][0]


def test_the_topic_takes_messages_from_this_accounts_alarms_alone(template: Template) -> None:
    """CloudWatch publishes by the topic's policy; our own functions by their roles'. Nothing goes
    there in the clear.
    """
    policy = template.properties("AlarmTopicPolicy")
    assert policy["Topics"] == [{"Ref": "AlarmTopic"}]
    allowed, denied = policy["PolicyDocument"]["Statement"]
    assert (allowed["Effect"], allowed["Principal"]) == (
        "Allow",
        {"Service": "cloudwatch.amazonaws.com"},
    )
    assert allowed["Condition"] == {
        "StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}},
        "ArnLike": {
            "aws:SourceArn": {
                "Fn::Sub": "arn:${AWS::Partition}:cloudwatch:${AWS::Region}"
                ":${AWS::AccountId}:alarm:*",
            }
        },
    }
    in_the_clear = {
        "Bool": {"aws:SecureTransport": "false"},
        "NotIpAddress": {"aws:SourceIp": "127.0.0.0/8"},
    }
    assert (denied["Effect"], denied["Condition"]) == ("Deny", in_the_clear)
    for statement in (allowed, denied):
        assert statement["Action"] == "sns:Publish"
        assert statement["Resource"] == {"Ref": "AlarmTopic"}


def test_no_key_stands_between_an_alarm_and_the_topic(template: Template) -> None:
    """Under AWS's own key (alias/aws/sns) an alarm's message is refused: its policy does not name
    CloudWatch, and is fixed.
    """
    assert "KmsMasterKeyId" not in template.resources["AlarmTopic"].get("Properties", {})


def test_a_mail_address_is_subscribed_only_where_there_is_one(template: Template) -> None:
    """An empty endpoint would fail the deployment."""
    assert template.resources["AlarmSubscription"]["Condition"] == "HasAlarmEmail"
    assert template.properties("AlarmSubscription") == {
        "TopicArn": {"Ref": "AlarmTopic"},
        "Protocol": "email",
        "Endpoint": {"Ref": "AlarmEmail"},
    }
