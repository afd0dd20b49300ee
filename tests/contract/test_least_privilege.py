"""docs/least-privilege.md accounts for every permission of the template, and tells what each is
for.
"""

from collections.abc import Iterator

import pytest

from local.checkout import ROOT
from tests.contract.permissions import (
    BEHALF_HEAD,
    DESTINATION,
    LOG,
    OURS_HEAD,
    POLL,
    SCHEDULE,
    Permission,
    behalf_row,
    ours_row,
    permissions,
    rows_of,
    table,
    taken_out,
)
from tests.contract.template import Template


@pytest.fixture(scope="module")
def text() -> str:
    return (ROOT / "docs" / "least-privilege.md").read_text()


def _ours(template: Template) -> Iterator[Permission]:
    return (each for each in permissions(template) if each.behalf is None)


def test_each_permission_that_we_use_was_missed(template: Template, text: str) -> None:
    """A permission is granted only if a flow failed without it: `make least-privilege` writes the
    row.
    """
    rows = rows_of(text, OURS_HEAD)
    assert [row[:-1] for row in rows] == [ours_row(each, "")[:-1] for each in _ours(template)]
    assert all(row[-1] for row in rows)


def test_each_permission_that_aws_uses_is_accounted_for(template: Template, text: str) -> None:
    """What AWS does on our behalf is no call of ours, so a test of the template stands for it."""
    assert rows_of(text, BEHALF_HEAD) == [
        behalf_row(each) for each in permissions(template) if each.behalf
    ]
    proofs = (ROOT / "tests" / "contract" / "test_template_access.py").read_text()
    for behalf in (LOG, POLL, DESTINATION, SCHEDULE):
        assert f"\ndef {behalf.proof}(" in proofs


def test_who_uses_a_permission_is_told_by_the_template(template: Template) -> None:
    """The planner asks for the queue's length itself; of the worker's queue Lambda asks for it."""
    who = {(each.function, each.action, each.on): each.behalf for each in permissions(template)}
    assert who["PlannerFunction", "sqs:GetQueueAttributes", "JobsQueue"] is None
    assert who["PlannerFunction", "sqs:SendMessage*", "JobsQueue"] is None
    assert who["WorkerFunction", "sqs:GetQueueAttributes", "JobsQueue"] is POLL
    assert who["WorkerFunction", "sqs:ChangeMessageVisibility", "JobsQueue"] is None
    assert who["EvidenceFunction", "sqs:ReceiveMessage", "EvidenceQueue"] is None
    assert who["PlannerFunction", "sqs:SendMessage", "PlannerFailureQueue"] is DESTINATION
    assert who["", "lambda:InvokeFunction", "PlannerFunction"] is SCHEDULE
    assert who["PlannerFunction", "dynamodb:Query", "LedgerTable/index/index"] is None


def test_one_permission_alone_is_taken_out(template: Template) -> None:
    """One action on one resource: the statement's other actions stay, and the action on its other
    resources.
    """
    both = ["queue", "other"]
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "TakeJobs",
                "Effect": "Allow",
                "Action": ["sqs:ReceiveMessage", "sqs:DeleteMessage"],
                "Resource": both,
            },
            {
                "Sid": "ReadTheKeys",
                "Effect": "Allow",
                "Action": "secretsmanager:GetSecretValue",
                "Resource": "keys",
            },
        ],
    }
    poll, keys = (
        next(
            each
            for each in permissions(template)
            if (each.function, each.action) == ("WorkerFunction", action)
        )
        for action in ("sqs:ReceiveMessage", "secretsmanager:GetSecretValue")
    )
    assert [
        (each["Sid"], each["Action"], each["Resource"])
        for each in taken_out(policy, poll)["Statement"]
    ] == [
        ("TakeJobs", ["sqs:DeleteMessage"], both),
        ("TakeJobsElsewhere", "sqs:ReceiveMessage", ["other"]),
        ("ReadTheKeys", "secretsmanager:GetSecretValue", "keys"),
    ]
    assert taken_out(policy, keys)["Statement"] == policy["Statement"][:1]


def test_a_table_is_read_as_it_was_written() -> None:
    """The document's rows are compared with the template's, cell by cell."""
    rows = [("a", "b"), ("c", "d e")]
    assert rows_of(f"# T\n\n{table(('one', 'two'), rows)}\n\nMore.\n", ("one", "two")) == rows
