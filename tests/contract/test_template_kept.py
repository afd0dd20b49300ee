"""What must outlive a mistake, what must never stand in the template, and what an operator is
asked.
"""

import re
from typing import Any

import pytest

from tests.contract.template import Template


def test_the_ledger_survives_the_stack(template: Template) -> None:
    """Protected from deletion, kept when the stack goes or would replace it, restorable to any
    second, encrypted.
    """
    table = template.resources["LedgerTable"]
    assert table["DeletionPolicy"] == table["UpdateReplacePolicy"] == "Retain"
    properties = table["Properties"]
    assert properties["DeletionProtectionEnabled"] == {"Fn::If": ["TableIsProtected", True, False]}
    assert template.parameters["TableProtection"]["Default"] == "true"
    assert properties["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert properties["SSESpecification"] == {"SSEEnabled": True}
    assert properties["BillingMode"] == "PAY_PER_REQUEST"


def test_naming_a_restored_table_leaves_the_stacks_own_alone(template: Template) -> None:
    """The resource depends on no parameter but its protection: another name or a condition would
    replace or drop it.
    """
    table = template.resources["LedgerTable"]
    assert "Condition" not in table
    assert "TableName" not in table["Properties"]
    name = {"Fn::If": ["HasTableName", {"Ref": "TableName"}, {"Ref": "LedgerTable"}]}
    assert template.environment("PlannerFunction")["TABLE_NAME"] == name
    assert template.body["Outputs"]["LedgerTable"]["Value"] == name


def test_the_table_has_the_keys_that_the_ledger_uses(template: Template) -> None:
    """Keys pk and sk, and a sparse index of all attributes by ipk and isk."""
    properties = template.properties("LedgerTable")
    assert [each["AttributeName"] for each in properties["KeySchema"]] == ["pk", "sk"]
    (index,) = properties["GlobalSecondaryIndexes"]
    assert [each["AttributeName"] for each in index["KeySchema"]] == ["ipk", "isk"]
    assert index["Projection"] == {"ProjectionType": "ALL"}
    assert index["IndexName"] == "index"


def test_the_secret_is_created_without_a_value(template: Template) -> None:
    """A value in the template would overwrite the operator's keys at the next deployment."""
    assert set(template.properties("ApiKeys")) == {"Description"}
    for function in ("PlannerFunction", "WorkerFunction"):
        assert template.environment(function)["SECRET_ID"] == {"Fn::GetAtt": "ApiKeys.Id"}


def test_no_parameter_takes_a_key(template: Template) -> None:
    """Keys stand in the secret alone, never in a parameter, where the console shows them."""
    assert not [
        name for name in template.parameters if re.search(r"(?i)key|secret|token|password", name)
    ]


def test_a_parameter_says_what_it_is_and_what_it_takes(template: Template) -> None:
    """Every setting has a description and is checked before anything is deployed."""
    for name, parameter in template.parameters.items():
        assert parameter["Description"], name
        bounded = "MinValue" in parameter and "MaxValue" in parameter
        assert bounded or "AllowedPattern" in parameter or "AllowedValues" in parameter, name


def test_defaults_are_allowed(template: Template) -> None:
    """What is taken when nothing is answered passes the parameter's own check."""
    for name, parameter in template.parameters.items():
        if "Default" in parameter:
            assert _takes(parameter, parameter["Default"]), name


def test_parameters_are_grouped_for_the_console(template: Template) -> None:
    """Each parameter stands in one group, in the order in which the template has them."""
    groups = template.body["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    assert sorted(name for group in groups for name in group["Parameters"]) == sorted(
        template.parameters
    )


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        (
            "GravityZoneUrl",
            [
                "https://cloudgz.gravityzone.bitdefender.com/api",
                "http://127.0.0.1:8801/api",
                "http://localhost:1/api",
            ],
            [
                "http://cloud.gravityzone.bitdefender.com/api",
                "https://cloud.example.com",
                "https://a/api/",
                "a/api",
            ],
        ),
        (
            "ConnectWiseUrl",
            [
                "https://api-eu.myconnectwise.net",
                "https://psa.example.com:8443",
                "http://127.0.0.1:8802",
            ],
            [
                "http://psa.example.com",
                "https://psa.example.com/v4_6_release",
                "https://",
                "http://127.0.0.1.example.com",
            ],
        ),
        ("ConnectWiseCompany", ["brightlantern", "msp_1"], ["", "a b", "a+b"]),
        ("ConnectWiseApiVersion", ["2025.1", "2022.2", "3.0.0"], ["", "latest", "2025.1; q=1"]),
        (
            "AgreementType",
            ["Endpoint Security", "X", "É" * 50],
            ["", " Endpoint", "Endpoint ", "x" * 51],
        ),
        (
            "BillingTimeZone",
            ["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Etc/GMT+10"],
            ["", "Berlin 1"],
        ),
        ("BillingCycles", ["Monthly", "Monthly,Per month"], ["", ",Monthly", "Monthly,"]),
        ("FirstMonth", ["", "2026-11"], ["2026-13", "2026-1", "11/2026"]),
        ("CloseDay", [2, 28], [1, 29]),
        (
            "AlarmEmail",
            ["", "billing@msp.example"],
            ["billing", "a b@msp.example", "@msp.example", "a@b@c"],
        ),
        ("TableName", ["", "tally-restored"], ["ab", "a b c"]),
        ("ScheduleExpression", ["", "at(2026-11-01T00:05:00)", "rate(1 minute)"], ["now", "at()"]),
        ("LocalHttpHost", ["", "host.docker.internal"], ["example.com"]),
    ],
)
def test_parameters_take_what_is_right_and_refuse_what_is_not(
    template: Template, name: str, good: list[str | int], bad: list[str | int]
) -> None:
    """A mistyped setting is refused by CloudFormation, before any function meets it."""
    assert [value for value in good if not _takes(template.parameters[name], value)] == []
    assert [value for value in bad if _takes(template.parameters[name], value)] == []


def test_the_endpoint_is_declared_only_where_it_is_given(template: Template) -> None:
    """An empty AWS_ENDPOINT_URL would be taken for one."""
    wanted = {"Fn::If": ["HasAwsEndpointUrl", {"Ref": "AwsEndpointUrl"}, {"Ref": "AWS::NoValue"}]}
    assert template.environment("WorkerFunction")["AWS_ENDPOINT_URL"] == wanted


def test_two_stacks_in_one_account_do_not_collide(template: Template) -> None:
    """Nothing has a name that lacks the stack's: SAM's default for a schedule does."""
    assert (
        template.properties("PlannerFunction")["Events"]["Tick"]["Properties"]["OmitName"] is True
    )
    named = {"FunctionName", "QueueName", "RoleName", "TableName", "Name", "LayerName"}
    for event in template.properties("ReporterFunction")["Events"].values():
        assert event["Properties"]["OmitName"] is True
    for name, resource in template.resources.items():
        given = [
            resource["Properties"][each] for each in named & set(resource.get("Properties", {}))
        ]
        assert all("${AWS::StackName}" in each.get("Fn::Sub", "") for each in given), name
    for group in template.of_type("AWS::Logs::LogGroup").values():
        assert "${AWS::StackName}" in group["Properties"]["LogGroupName"]["Fn::Sub"]


def test_every_schedule_is_stopped_by_one_setting(template: Template) -> None:
    """While a ledger is restored, or after Tally has moved away, nothing fires: whatever schedule
    is added follows the setting.
    """
    events = [
        event["Properties"]
        for function in template.of_type("AWS::Serverless::Function").values()
        for event in function["Properties"].get("Events", {}).values()
        if event["Type"] in ("Schedule", "ScheduleV2")
    ]
    assert events
    follows = {"Ref": "ScheduleState"}
    for each in events:
        state = each.get("State")
        assert state == follows or state["Fn::If"][1:] == [follows, "DISABLED"]
    assert template.parameters["ScheduleState"]["AllowedValues"] == ["ENABLED", "DISABLED"]


def test_only_ledger_and_books_outlive_the_stack(template: Template) -> None:
    """What docs/recovery.md says of uninstalling: the ledger and the published books stay, all else
    goes with the stack.
    """
    kept = {
        name
        for name, each in template.resources.items()
        if each.get("DeletionPolicy") not in (None, "Delete")
    }
    assert kept == {"LedgerTable", "BooksBucket", "BooksBucketPolicy"}


def _takes(parameter: dict[str, Any], value: str | int) -> bool:
    if "AllowedValues" in parameter:
        return value in parameter["AllowedValues"]
    if isinstance(value, int):
        return bool(parameter["MinValue"] <= value <= parameter["MaxValue"])
    return re.fullmatch(parameter["AllowedPattern"], value) is not None
