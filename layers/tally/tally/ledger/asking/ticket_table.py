"""The adapter for DynamoDB of what is remembered of tickets."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from tally.aws.refusals import aws_errors
from tally.domain.asking.question import Subject
from tally.domain.asking.ticket import Ticket
from tally.domain.record.unreadable import Unreadable
from tally.ledger.asking.ticket_codec import TICKET
from tally.ledger.attributes import set_aside, unreadable
from tally.ledger.keys import INDEX, Item, Key, key, read_item, table_name

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

OPEN_TICKETS = "TICKET"
"""The index's partition of tickets that are not over."""


class DynamoDBAsking:
    """Tickets in the ledger's table, one item a subject. Methods raise as ``DynamoDBLedger``'s."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table
        self._name = table_name(table)

    def all_open_tickets(self) -> Iterator[Ticket | Unreadable]:
        """Give the tickets that are not over, by subject."""
        with aws_errors(self._name):
            pages = self._client.get_paginator("query").paginate(
                TableName=self._table,
                IndexName=INDEX,
                KeyConditionExpression="ipk = :partition",
                ExpressionAttributeValues={":partition": {"S": OPEN_TICKETS}},
            )
            for page in pages:
                yield from map(set_aside(_ticket), page["Items"])

    def ticket(self, subject: Subject) -> Ticket | None:
        """Return the newest ticket of a subject; None before the first."""
        item = read_item(self._client, self._table, _key(subject))
        return None if item is None else _ticket(item)

    def save_ticket(self, ticket: Ticket) -> Ticket:
        """Write what comes after ``ticket.version``. Raises ConflictError if others were first."""
        after = replace(ticket, version=ticket.version + 1)
        with aws_errors(self._name):
            self._client.put_item(
                TableName=self._table,
                Item={**_key(after.subject), **_attributes(after)},
                ConditionExpression="attribute_not_exists(pk) OR version = :before",
                ExpressionAttributeValues={":before": {"N": str(ticket.version)}},
            )
        return after


def _attributes(ticket: Ticket) -> dict[str, "AttributeValueTypeDef"]:
    listed: dict[str, AttributeValueTypeDef] = (
        {} if ticket.is_over else {"ipk": {"S": OPEN_TICKETS}, "isk": {"S": str(ticket.subject)}}
    )
    text = json.dumps(TICKET.write(ticket), ensure_ascii=False)
    return {"version": {"N": str(ticket.version)}, "ticket": {"S": text}, **listed}


def _ticket(item: Item) -> Ticket:
    try:
        return TICKET.read(json.loads(item["ticket"]["S"]))
    except Exception as error:
        raise unreadable(item, error) from error


def _key(subject: Subject) -> Key:
    about = "STANDING" if subject.month is None else f"{subject.month}#{subject.service}"
    return key(f"COMPANY#{subject.company_id}", f"TICKET#{about}")
