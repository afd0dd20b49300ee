"""The adapter for DynamoDB of the months' books."""

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from tally.aws.refusals import aws_errors
from tally.domain.book.edition import Claim, Edition, MonthBooks, Trouble
from tally.domain.model.month import Month
from tally.errors import ConflictError
from tally.ledger.attributes import unreadable
from tally.ledger.form import INSTANT, TEXT, TRUTH, WHOLE, Form, many, shape
from tally.ledger.keys import Item, Key, key, read_item, table_name

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_EDITIONS: Form[tuple[Edition, ...]] = many(
    shape(
        Edition,
        number=WHOLE,
        state=TEXT,
        final=TRUTH,
        sha256=TEXT,
        files=WHOLE,
        published=INSTANT,
    )
)
_CLAIM = shape(Claim, run=TEXT, until=INSTANT)
_TROUBLE = shape(Trouble, at=INSTANT, why=TEXT)


def books_key(month: Month) -> Key:
    """Return the key of the item with a month's books."""
    return key(f"BOOK#{month}", "BOOK")


class DynamoDBBooks:
    """The books in the ledger's table. All methods raise as ``DynamoDBLedger``'s."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table
        self._name = table_name(table)

    def read(self, month: Month) -> MonthBooks:
        """Return the month's books. Raises UnreadableItemError."""
        item = read_item(self._client, self._table, books_key(month))
        return MonthBooks(month=month) if item is None else _from_item(item, month)

    def save(self, books: MonthBooks) -> MonthBooks:
        """Write the month's next version.

        It is safe to repeat: there is no conflict if the ledger has it as it would be written.
        """
        written = replace(books, version=books.version + 1)
        is_first = "" if books.version else "attribute_not_exists(pk) OR "
        try:
            with aws_errors(self._name):
                self._client.put_item(
                    TableName=self._table,
                    Item=_item(written),
                    ConditionExpression=f"{is_first}version = :before",
                    ExpressionAttributeValues={":before": {"N": str(books.version)}},
                )
        except ConflictError:
            # boto repeats a put whose answer was lost, and meets what the first one wrote.
            if self.read(books.month) != written:
                raise
        return written


def _item(of: MonthBooks) -> Item:
    told = {
        "editions": _EDITIONS.write(of.editions),
        "claim": None if of.claim is None else _CLAIM.write(of.claim),
        "trouble": None if of.trouble is None else _TROUBLE.write(of.trouble),
    }
    return {
        **books_key(of.month),
        "version": {"N": str(of.version)},
        "books": {"S": json.dumps(told, separators=(",", ":"))},
    }


def _from_item(item: Item, month: Month) -> MonthBooks:
    try:
        told = json.loads(item["books"]["S"])
        return MonthBooks(
            month=month,
            editions=_EDITIONS.read(told["editions"]),
            claim=None if told["claim"] is None else _CLAIM.read(told["claim"]),
            trouble=None if told["trouble"] is None else _TROUBLE.read(told["trouble"]),
            version=int(item["version"]["N"]),
        )
    except Exception as error:
        raise unreadable(item, error) from error
