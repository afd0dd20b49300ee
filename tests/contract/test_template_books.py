"""The bucket of books: who gets in, what is kept, and when a book is published (PROOF-6)."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tally.publishing.book_due import BookDue
from tally.publishing.write_edition import AFTER_THE_END
from tests.contract.template import Template

LAMBDAS_FIRST_REPEAT = timedelta(minutes=1)
"""Lambda's guide, asynchronous invocation: one minute before the second attempt, two before the
third.
"""


def test_nobody_else_gets_into_the_bucket(template: Template) -> None:
    """Private, encrypted, owned by the account alone, and closed to what comes in the clear."""
    bucket = template.properties("BooksBucket")
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert len(bucket["PublicAccessBlockConfiguration"]) == 4
    assert bucket["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    assert bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"] == [
        {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    ]
    policy = template.properties("BooksBucketPolicy")
    assert policy["Bucket"] == {"Ref": "BooksBucket"}
    (denied,) = policy["PolicyDocument"]["Statement"]
    assert denied == {
        "Sid": "EncryptedOnTheWay",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [
            {"Fn::GetAtt": "BooksBucket.Arn"},
            {"Fn::Sub": "${BooksBucket.Arn}/*"},
        ],
        "Condition": {
            "Bool": {"aws:SecureTransport": "false"},
            "NotIpAddress": {"aws:SourceIp": "127.0.0.0/8"},
        },
    }


def test_books_survive_the_stack_and_the_setting(template: Template) -> None:
    """Kept when the stack goes or would replace them, and where books are switched off: the bucket
    depends on no parameter, and what is written over stays as an older version.
    """
    bucket = template.resources["BooksBucket"]
    assert bucket["DeletionPolicy"] == bucket["UpdateReplacePolicy"] == "Retain"
    assert "Condition" not in bucket
    assert "BucketName" not in bucket["Properties"]
    assert bucket["Properties"]["VersioningConfiguration"] == {"Status": "Enabled"}
    policy = template.resources["BooksBucketPolicy"]
    assert policy["DeletionPolicy"] == policy["UpdateReplacePolicy"] == "Retain"


def _rules(template: Template) -> dict[str, dict[str, Any]]:
    rules = template.properties("BooksBucket")["LifecycleConfiguration"]["Rules"]
    return {each["Id"]: each for each in rules}


def test_a_book_is_kept_for_as_long_as_the_setting_says(template: Template) -> None:
    """No day less than the months asked for, and two months more at most; with 0 nothing goes."""
    rules = _rules(template)
    choice = ["Kept", {"Ref": "StatementMonths"}]
    for name in ("BooksPastTheirTime", "VersionsPastTheirTime"):
        assert rules[name]["Status"] == {"Fn::FindInMap": [*choice, "Rule"]}
    assert rules["BooksPastTheirTime"]["ExpirationInDays"] == {"Fn::FindInMap": [*choice, "Days"]}
    kept = template.body["Mappings"]["Kept"]
    assert list(kept) == template.parameters["StatementMonths"]["AllowedValues"]
    for months, rule in kept.items():
        assert rule["Rule"] == ("Disabled" if months == "0" else "Enabled")
        if int(months):
            longest = int(months) * 366 / 12 + 1
            assert longest <= rule["Days"] <= longest + 31


def test_uploads_that_were_never_finished_go(template: Template) -> None:
    """Nobody sees them, and they are paid for."""
    rule = _rules(template)["UnfinishedUploads"]
    assert rule["Status"] == "Enabled"
    assert rule["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 7}


def test_the_book_writes_editions_and_nothing_that_bills(template: Template) -> None:
    """PROOF-2: of the ledger it writes items of editions alone, of the bucket what lies under
    `books/`; it deletes nothing, and reads the vendors' keys only where it attaches statements.
    """
    statements = {each["Sid"]: each for each in template.statements("BookRole")}
    writing = statements["RecordEditions"]
    assert writing["Action"] == "dynamodb:PutItem"
    assert writing["Condition"] == {
        "ForAllValues:StringLike": {
            "dynamodb:LeadingKeys": ["BOOK#*", "ATTACHMENT#*", "ATTACHED#*"]
        },
    }
    assert statements["PublishAndReadBooks"]["Action"] == ["s3:PutObject", "s3:GetObject"]
    assert statements["PublishAndReadBooks"]["Resource"] == {
        "Fn::Sub": "${BooksBucket.Arn}/books/*"
    }
    assert statements["FindManifests"]["Action"] == "s3:ListBucket"
    assert statements["FindManifests"]["Resource"] == {"Fn::GetAtt": "BooksBucket.Arn"}
    assert set(statements) == {
        "WriteItsLog",
        "ReadRecordsAndHistories",
        "RecordEditions",
        "ReadTheIndex",
        "PublishAndReadBooks",
        "FindManifests",
        "ReportItsFailures",
        "ReadTheKeys",
    }
    [policy] = template.properties("BookRole")["Policies"]
    [(condition, keys, without)] = [
        each["Fn::If"] for each in policy["PolicyDocument"]["Statement"] if "Fn::If" in each
    ]
    assert keys["Sid"] == "ReadTheKeys"
    assert (condition, without) == ("StatementsAreAttached", {"Ref": "AWS::NoValue"})
    assert template.body["Conditions"]["StatementsAreAttached"] == {
        "Fn::Equals": [{"Ref": "AttachStatements"}, "true"]
    }
    assert template.parameters["AttachStatements"]["Default"] == "false"


@pytest.mark.parametrize("hour", [5, 17])
def test_the_look_asks_with_the_time_that_was_due(template: Template, hour: int) -> None:
    """Twice a day, and half an hour before the close day's digest, which tells where the book
    is.
    """
    look = template.properties("BookFunction")["Events"]["Look"]["Properties"]
    minute, hours, *rest = look["ScheduleExpression"].removeprefix("cron(").strip(")").split()
    assert (minute, rest) == ("30", ["*", "*", "?", "*"])
    assert str(hour) in hours.split(",")
    assert look.get("ScheduleExpressionTimezone", "UTC") == "UTC"
    text = look["Input"].replace("<aws.scheduler.scheduled-time>", f"2026-12-02T{hour:02}:30:00Z")
    assert BookDue.of(json.loads(text)).at == datetime(2026, 12, 2, hour, 30, tzinfo=UTC)
    digest = template.properties("ReporterFunction")["Events"]["CloseDay"]["Properties"]
    assert digest["ScheduleExpression"]["Fn::Sub"] == "cron(0 6 ${CloseDay} * ? *)"


def test_one_setting_switches_books_off(template: Template) -> None:
    """Then no look fires, and the digest does not speak of books."""
    look = template.properties("BookFunction")["Events"]["Look"]["Properties"]
    assert look["State"] == {"Fn::If": ["BooksAreOn", {"Ref": "ScheduleState"}, "DISABLED"]}
    assert template.environment("ReporterFunction")["BOOKS_BUCKET"] == {
        "Fn::If": ["BooksAreOn", {"Ref": "BooksBucket"}, ""]
    }
    assert template.body["Conditions"]["BooksAreOn"] == {"Fn::Equals": [{"Ref": "Books"}, "true"]}


def test_a_stopped_run_is_over_when_it_is_repeated(template: Template) -> None:
    """Lambda repeats an event a minute after it stopped the first attempt: what that one had
    announced is free by then.
    """
    assert LAMBDAS_FIRST_REPEAT > AFTER_THE_END
    book = template.properties("BookFunction")
    assert book["Timeout"] == 900
    assert book["EventInvokeConfig"]["MaximumRetryAttempts"] == 2
