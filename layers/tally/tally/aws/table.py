"""Read an item of a DynamoDB table by its key; what its items are is known to ``ledger``."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from tally.aws.refusals import aws_errors

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef


def table_name(table: str) -> str:
    """Return what errors call the table."""
    return f"the ledger table {table}"


def read_item(
    client: "DynamoDBClient", table: str, key: "Mapping[str, AttributeValueTypeDef]"
) -> "Mapping[str, AttributeValueTypeDef] | None":
    """Return the item as it is now; None if there is none. Raises TallyError."""
    with aws_errors(table_name(table)):
        # DynamoDB's default may answer an older version of the item.
        return client.get_item(TableName=table, Key=key, ConsistentRead=True).get("Item")
