"""The way out of a first deployment that failed: the commands of docs/recovery.md on a DynamoDB of
moto.
"""

from typing import TYPE_CHECKING

import boto3
import jmespath
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from testing.ledger_table import table_definition
from tests.functional.recovery_commands import DOCUMENT, command, options

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

LEFT = "tally-LedgerTable-1A2B3C4D5E6F"


def test_the_table_that_is_left_is_found_and_deleted() -> None:
    """The ledger is kept and protected, also where nothing was ever in it: it is found by its name,
    seen empty, and deleted.
    """
    with mock_aws():
        client: DynamoDBClient = boto3.client(
            "dynamodb",
            region_name="eu-west-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )
        for name in (LEFT, "tally-two-LedgerTable-9Z", "other"):
            client.create_table(
                TableName=name, DeletionProtectionEnabled=True, **table_definition()
            )
        query = options(command("aws dynamodb list-tables", STACK="tally"))["Query"]
        assert jmespath.search(query, client.list_tables()) == [LEFT]
        seen = client.scan(**options(command("aws dynamodb scan --table-name $LEFT", LEFT=LEFT)))
        assert seen["Count"] == 0
        deletion = options(command("aws dynamodb delete-table", LEFT=LEFT))
        with pytest.raises(ClientError, match="DeletionProtectionEnabled"):
            client.delete_table(**deletion)
        given = options(command("aws dynamodb update-table --table-name $LEFT", LEFT=LEFT))
        assert given.pop("NoDeletionProtectionEnabled") is True
        client.update_table(**given, DeletionProtectionEnabled=False)
        client.delete_table(**deletion)
        assert LEFT not in client.list_tables()["TableNames"]


def test_the_stack_is_deleted_before_the_next_attempt() -> None:
    """A stack that was rolled back from its creation takes no deployment: the document deletes it,
    and waits for that.
    """
    section = DOCUMENT[DOCUMENT.index("## A first deployment that failed") :]
    assert "ROLLBACK_COMPLETE" in section
    for line in ("delete-stack", "wait stack-delete-complete"):
        assert f"aws cloudformation {line} --stack-name $STACK" in section
