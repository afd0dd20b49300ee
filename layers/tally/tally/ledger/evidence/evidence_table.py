"""The adapter for DynamoDB of a month's evidence: a head, and further parts where it is large."""

import uuid
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from tally.aws.refusals import aws_errors
from tally.domain.evidence.evidence import Evidence
from tally.domain.model.month import Month
from tally.errors import TallyError
from tally.ledger.attributes import unreadable
from tally.ledger.evidence import evidence_codec as codec
from tally.ledger.keys import Item, Key, key, read_item, table_name

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef, PutItemInputTypeDef

PARTITION = "EVIDENCE#"
"""Begins the partition keys of all evidence. The function's role may write in these alone."""

EXPIRES = "expires"
"""The attribute by which the table drops items: seconds since 1970 (the template's TTL)."""

_VERSION, _GENERATION, _PARTS, _STATE = "version", "generation", "parts", "state"
_AFTER_THE_HEAD = timedelta(days=30)
"""Parts are dropped later than their head: a head without its parts could not be read."""
_ATTEMPTS = 5


class DynamoDBEvidence:
    """Evidence in the ledger's table. Methods raise as ``DynamoDBLedger``'s.

    The head holds the first part, and is all there is of most customers. Further parts are written
    first, under the name of a new generation; then the head, if its version is still the expected
    one; then the parts before are deleted. Stopped anywhere, the head names parts that are there.
    """

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table
        self._name = table_name(table)

    def read(self, company_id: str, month: Month) -> Evidence | None:
        """Return one company's evidence of a month, read consistently; None if there is none.

        Raises UnreadableItemError if what is stored cannot be read.
        """
        for _ in range(_ATTEMPTS):
            head = self._item(_head_key(company_id, month))
            if head is None:
                return None
            try:
                parts = self._parts(company_id, month, head)
                if parts is not None:
                    version = int(head[_VERSION]["N"])
                    return codec.unpacked(
                        parts, company_id=company_id, month=month, version=version
                    )
            except TallyError:
                raise
            except Exception as error:
                raise unreadable(head, error) from error
        raise unreadable(_head_key(company_id, month), LookupError("a part of it is missing"))

    def save(self, evidence: Evidence, *, drop_at: datetime) -> Evidence:
        """Write what comes after ``evidence.version``; return it with its new version.

        Raises ConflictError if somebody was first.
        """
        first, *rest = codec.packed(evidence)
        generation = uuid.uuid4().hex
        company_id, month = evidence.company_id, evidence.month
        for number, part in enumerate(rest, start=1):
            self._put(
                {
                    **_part_key(company_id, month, generation, number),
                    _STATE: {"B": part},
                    EXPIRES: _seconds(drop_at + _AFTER_THE_HEAD),
                }
            )
        head: Item = {
            **_head_key(company_id, month),
            _VERSION: {"N": str(evidence.version + 1)},
            _GENERATION: {"S": generation},
            _PARTS: {"N": str(len(rest))},
            _STATE: {"B": first},
            EXPIRES: _seconds(drop_at),
        }
        before = self._put_head(head, expected=evidence.version)
        self._delete_parts(company_id, month, before)
        return replace(evidence, version=evidence.version + 1)

    def remove(self, company_id: str, month: Month) -> bool:
        """Remove one company's evidence of a month; return False if there was none.

        The head goes first. Whatever else is found goes too, parts that a stopped save left behind.
        """
        with aws_errors(self._name):
            had = "Attributes" in self._client.delete_item(
                TableName=self._table,
                Key=_head_key(company_id, month),
                ReturnValues="ALL_OLD",
            )
            pages = self._client.get_paginator("query").paginate(
                TableName=self._table,
                KeyConditionExpression="pk = :pk AND begins_with(sk, :month)",
                ExpressionAttributeValues={
                    ":pk": {"S": PARTITION + company_id},
                    ":month": {"S": str(month)},
                },
                ProjectionExpression="pk, sk",
                ConsistentRead=True,
            )
            for page in pages:
                for item in page["Items"]:
                    self._delete({"pk": item["pk"], "sk": item["sk"]})
        return had

    def _item(self, of: Key) -> "Item | None":
        return read_item(self._client, self._table, of)

    def _parts(self, company_id: str, month: Month, head: Item) -> list[bytes] | None:
        """Return all parts of a head; None if one is missing, as another save has replaced it."""
        parts = [head[_STATE]["B"]]
        generation = head[_GENERATION]["S"]
        for number in range(1, int(head[_PARTS]["N"]) + 1):
            item = self._item(_part_key(company_id, month, generation, number))
            if item is None:
                return None
            parts.append(item[_STATE]["B"])
        return parts

    def _put(self, item: Item) -> None:
        with aws_errors(self._name):
            self._client.put_item(TableName=self._table, Item=item)

    def _put_head(self, head: Item, *, expected: int) -> Item:
        """Write the head if it has the expected version; return the head before, empty if none."""
        put: PutItemInputTypeDef = {
            "TableName": self._table,
            "Item": head,
            "ConditionExpression": "attribute_not_exists(pk)",
            "ReturnValues": "ALL_OLD",
        }
        if expected:
            put["ConditionExpression"] = "version = :expected"
            put["ExpressionAttributeValues"] = {":expected": {"N": str(expected)}}
        with aws_errors(self._name):
            return self._client.put_item(**put).get("Attributes", {})

    def _delete_parts(self, company_id: str, month: Month, head: Item) -> None:
        if _PARTS not in head:
            return
        for number in range(1, int(head[_PARTS]["N"]) + 1):
            with aws_errors(self._name):
                self._delete(_part_key(company_id, month, head[_GENERATION]["S"], number))

    def _delete(self, of: Key) -> None:
        self._client.delete_item(TableName=self._table, Key=of)


def _head_key(company_id: str, month: Month) -> Key:
    return key(PARTITION + company_id, str(month))


def _part_key(company_id: str, month: Month, generation: str, number: int) -> Key:
    return key(PARTITION + company_id, f"{month}#{generation}#{number:06d}")


def _seconds(at: datetime) -> "AttributeValueTypeDef":
    return {"N": str(int(at.timestamp()))}
