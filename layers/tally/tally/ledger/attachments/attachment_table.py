"""The adapter for DynamoDB of the items about attached documents."""

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from tally.aws.refusals import aws_errors
from tally.domain.attaching.attachment import Announced, Attached, Attachment, Trouble
from tally.domain.attaching.month import Left, MonthAttached
from tally.domain.attaching.wanted import Edition, Place
from tally.domain.model.month import Month
from tally.ledger.attributes import unreadable
from tally.ledger.form import INSTANT, MONTH, TEXT, WHOLE, Form, many, shape
from tally.ledger.keys import Item, Key, attached_month_key, attachment_key, read_item, table_name

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_VERSION, _STATE = "version", "state"
_EDITION = shape(Edition, version=WHOLE, records=WHOLE, fingerprint=TEXT, numbers=TEXT)
_ANNOUNCED: Form[Announced] = shape(Announced, edition=_EDITION, title=TEXT, at=INSTANT)
_ATTACHED = many(shape(Attached, edition=_EDITION, title=TEXT, document_id=WHOLE, at=INSTANT))
_LEFT = many(shape(Left, company_id=TEXT, name=TEXT, why=TEXT))
_ACCOUNT = shape(MonthAttached, month=MONTH, state=TEXT, left_out=WHOLE, left=_LEFT, stopped=TEXT)
_TROUBLE: Form[Trouble] = shape(Trouble, at=INSTANT, why=TEXT)


class DynamoDBAttachments:
    """The items in the ledger's table. Implements ``tally.domain.attaching.ports.Attachments``."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table
        self._name = table_name(table)

    def attachment(self, place: Place) -> Attachment:
        """Return what is known of one place. Raises UnreadableItemError for an odd item."""
        item = read_item(self._client, self._table, _key(place))
        if item is None:
            return Attachment(place=place)
        try:
            return _read(place, item)
        except Exception as error:
            raise unreadable(item, error) from error

    def save_attachment(self, attachment: Attachment) -> Attachment:
        """Write an item over the version that it has."""
        version = attachment.version + 1
        # boto may repeat a put whose answer was lost, and meets a conflict with itself. It stays
        # one: another run may have announced the same at the same instant.
        with aws_errors(self._name):
            self._client.put_item(
                TableName=self._table,
                Item={
                    **_key(attachment.place),
                    _VERSION: {"N": str(version)},
                    _STATE: {"S": _text(attachment)},
                },
                ConditionExpression="attribute_not_exists(pk) OR version = :before",
                ExpressionAttributeValues={":before": {"N": str(attachment.version)}},
            )
        return replace(attachment, version=version)

    def month(self, month: Month) -> MonthAttached | None:
        """Return the account of a month; one that cannot be read is one of nothing done."""
        item = read_item(self._client, self._table, attached_month_key(month))
        if item is None:
            return None
        try:
            return _ACCOUNT.read(json.loads(item[_STATE]["S"]))
        except Exception:  # noqa: BLE001 - whatever stands there
            return MonthAttached(month=month)

    def save_month(self, account: MonthAttached) -> None:
        """Write the account of a month. It is safe to repeat."""
        with aws_errors(self._name):
            self._client.put_item(
                TableName=self._table,
                Item={
                    **attached_month_key(account.month),
                    _STATE: {"S": json.dumps(_ACCOUNT.write(account), ensure_ascii=False)},
                },
            )


def _key(place: Place) -> Key:
    return attachment_key(place.company_id, place.month, place.agreement_id)


def _text(of: Attachment) -> str:
    plain = {
        "announced": None if of.announced is None else _ANNOUNCED.write(of.announced),
        "attached": _ATTACHED.write(of.attached),
        "trouble": None if of.trouble is None else _TROUBLE.write(of.trouble),
    }
    return json.dumps({name: value for name, value in plain.items() if value})


def _read(place: Place, item: Item) -> Attachment:
    plain = json.loads(item[_STATE]["S"])
    announced, trouble = plain.get("announced"), plain.get("trouble")
    return Attachment(
        place=place,
        version=int(item[_VERSION]["N"]),
        announced=None if announced is None else _ANNOUNCED.read(announced),
        attached=_ATTACHED.read(plain.get("attached", [])),
        trouble=None if trouble is None else _TROUBLE.read(trouble),
    )
