"""What the template's roles may do, each permission by itself, and whether our code uses it or AWS
on our behalf.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from tests.contract.template import Template


@dataclass(frozen=True, slots=True, kw_only=True)
class Behalf:
    """What AWS does with a permission in our name, and the test of the template that stands for
    it.
    """

    does: str
    proof: str


LOG = Behalf(
    does="Lambda writes the function's log",
    proof="test_a_function_may_write_its_own_log_and_no_other",
)
POLL = Behalf(
    does="Lambda takes jobs from the queue and deletes those done",
    proof="test_lambda_may_poll_the_workers_queue",
)
DESTINATION = Behalf(
    does="Lambda keeps an event that failed to the last attempt",
    proof="test_lambda_may_deliver_failures",
)
SCHEDULE = Behalf(
    does="EventBridge Scheduler fires the function, and keeps what it could not deliver",
    proof="test_the_schedules_may_fire_their_functions_and_report_to_their_queues",
)
_POLLING = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
_DELIVERING = ("sqs:SendMessage", "sns:Publish")


@dataclass(frozen=True, slots=True, kw_only=True)
class Permission:
    """One action on one resource, as a statement of a role's policy grants it.

    `function` is whose role it is, empty for a role of another service's; `behalf` is None where
    our code makes the call.
    `number` is the resource's place in the statement.
    """

    role: str
    function: str
    sid: str
    action: str
    on: str
    number: int
    behalf: Behalf | None


def permissions(template: Template) -> list[Permission]:
    """Every permission of the template, in its order."""
    return [
        Permission(
            role=role,
            function=function,
            sid=statement["Sid"],
            action=action,
            on=named(resource),
            number=number,
            behalf=_behalf(template, function, action, named(resource)),
        )
        for role in template.of_type("AWS::IAM::Role")
        for function in [_function(template, role)]
        for statement in template.statements(role)
        for action in listed(statement["Action"])
        for number, resource in enumerate(listed(statement["Resource"]))
    ]


def listed(value: object) -> list[Any]:
    """A policy's `Action` or `Resource` as a list: one alone may stand without."""
    return value if isinstance(value, list) else [value]


def named(resource: object) -> str:
    """A resource by its name in the template: `JobsQueue`, `LedgerTable`,
    `LedgerTable/index/index`, `BooksBucket/books/*`.
    """
    match resource:
        case {"Fn::GetAtt": str(attribute)}:
            return attribute.partition(".")[0]
        case {"Ref": str(name)}:
            return name
        case {"Fn::Sub": str(text)}:
            return text.replace("${", "").replace(".Arn}", "")
        case {"Fn::Sub": [str(text), {"Name": _}]}:
            return text.rpartition(":table/")[2].replace("${Name}", "LedgerTable")
        case _:
            return str(resource)


def taken_out(policy: Mapping[str, Any], permission: Permission) -> dict[str, Any]:
    """The policy document without that one action on that one resource, all else as it is."""
    less = {**policy, "Statement": []}
    for statement in policy["Statement"]:
        if statement["Sid"] != permission.sid:
            less["Statement"].append(statement)
            continue
        actions, resources = listed(statement["Action"]), listed(statement["Resource"])
        if others := [each for each in actions if each != permission.action]:
            less["Statement"].append({**statement, "Action": others})
        if kept := [each for number, each in enumerate(resources) if number != permission.number]:
            rest = {
                **statement,
                "Sid": f"{statement['Sid']}Elsewhere",
                "Action": permission.action,
                "Resource": kept,
            }
            less["Statement"].append(rest)
    return less


def _function(template: Template, role: str) -> str:
    owners = [
        name
        for name in template.of_type("AWS::Serverless::Function")
        if template.properties(name)["Role"] == {"Fn::GetAtt": f"{role}.Arn"}
    ]
    return owners[0] if owners else ""


def _behalf(template: Template, function: str, action: str, on: str) -> Behalf | None:
    if not function:
        return SCHEDULE
    if action.startswith("logs:"):
        return LOG
    if action in _POLLING and on in set(_sources(template, function)):
        return POLL
    if any(fnmatchcase(each, action) for each in _DELIVERING) and on in set(
        _destinations(template, function)
    ):
        return DESTINATION
    return None


def _sources(template: Template, function: str) -> Iterator[str]:
    for event in template.properties(function).get("Events", {}).values():
        if event["Type"] == "SQS":
            yield named(event["Properties"]["Queue"])


def _destinations(template: Template, function: str) -> Iterator[str]:
    for each in (
        template.properties(function)
        .get("EventInvokeConfig", {})
        .get("DestinationConfig", {})
        .values()
    ):
        yield named(each["Destination"])


# ---------------------------------------------------------------- docs/least-privilege.md

type Row = Sequence[str]

OURS_HEAD: Row = ("function", "statement", "action", "on", "without it")
BEHALF_HEAD: Row = (
    "role",
    "statement",
    "action",
    "on",
    "what AWS does with it",
    "test of the template",
)


def ours_row(permission: Permission, without: str) -> Row:
    """The row of a permission that our code uses."""
    return (permission.function, permission.sid, f"`{permission.action}`", permission.on, without)


def behalf_row(permission: Permission) -> Row:
    """The row of a permission that AWS uses on our behalf."""
    assert permission.behalf is not None
    given = (permission.role, permission.sid, f"`{permission.action}`", permission.on)
    return (*given, permission.behalf.does, f"`{permission.behalf.proof}`")


def table(head: Row, rows: Sequence[Row]) -> str:
    """A table in Markdown."""
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows))


def rows_of(text: str, head: Row) -> list[Row]:
    """The rows of the table with that head, as `table` wrote it."""
    _, found, after = text.partition(f"| {' | '.join(head)} |\n")
    assert found, f"there is no table of {', '.join(head)}"
    lines = after.split("\n\n")[0].splitlines()[1:]
    return [tuple(line.strip("| ").split(" | ")) for line in lines]
