"""Keys of the ledger's items, in the table and in its index, and an item read by its key."""

import sys
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from tally.aws.refusals import aws_errors
from tally.domain.model.company import Stretch
from tally.domain.model.month import Month
from tally.domain.record.record_key import RecordKey

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

type Item = Mapping[str, AttributeValueTypeDef]
"""An item or a part of one, such as its key, as boto's low-level client has it."""

type Key = dict[str, AttributeValueTypeDef]
"""An item's key."""

# The index is sparse: an item is in it if it has `ipk` and `isk`. DynamoDB brings it up to date
# after the write, so it lags.
INDEX = "index"
MAPPINGS = "MAPPING"
STANDINGS = "STANDING"
OPEN_RECORDS = "OPEN"

_COMPANY = "COMPANY#"
_RECORD = "RECORD#"


def settled_records(month: Month) -> str:
    """Return the index partition of a month's records that are no longer open."""
    return f"SETTLED#{month}"


def record_sort_key(of: RecordKey) -> str:
    """Return a record's sort key in the index, which puts it among its company's records."""
    return f"{of.company_id}#{of.month}#{of.service}"


def bounds(within: Stretch) -> Item:
    """Return the least and the greatest sort key of those companies, for a ``BETWEEN``.

    After an id, a sort key goes on with ``#``, which sorts before every character of an id.
    """
    return {":first": {"S": within.first or _LEAST}, ":end": {"S": within.end or _GREATEST}}


_LEAST, _GREATEST = " ", chr(sys.maxunicode)


def key(partition: str, sort: str) -> Key:
    """Return an item's key."""
    return {"pk": {"S": partition}, "sk": {"S": sort}}


def record_key(of: RecordKey) -> Key:
    """Return the key of a usage record's item."""
    return key(_COMPANY + of.company_id, f"{_RECORD}{of.month}#{of.service}")


def link_key(company_id: str) -> Key:
    """Return the key of a company's link."""
    return key(_COMPANY + company_id, "MAPPING")


def standing_key(company_id: str) -> Key:
    """Return the key of a company's standing."""
    return key(_COMPANY + company_id, "STANDING")


def linked_key(connectwise_id: int) -> Key:
    """Return the key of the item that marks a ConnectWise company as linked."""
    # A renamed key would free every company that is linked: its mark would not be found.
    return key(f"CONNECTWISE#{connectwise_id}", "TIED")


def ticks_key() -> Key:
    """Return the key of the one item about ticks."""
    return key("TICKS", "TICKS")


def history_prefix(of: RecordKey) -> str:
    """Return the beginning of a record's history sort keys; the version follows, padded to sort."""
    return f"HISTORY#{of.month}#{of.service}#"


def history_key(of: RecordKey, version: int) -> Key:
    """Return the key of one transition of a record."""
    # DynamoDB sorts texts by their UTF-8 bytes: without zeros, 10 would come before 9.
    return key(_COMPANY + of.company_id, f"{history_prefix(of)}{version:06d}")


MAPPING_HISTORY = "HISTORY#MAPPING#"
"""Beginning of the sort keys of a link's history; the version follows, padded to sort."""


def attachment_key(company_id: str, month: Month, agreement_id: int) -> Key:
    """Return the key of the item about a month's documents at one agreement.

    It has a partition of its own: who writes it may write nothing that bills (PROOF-2).
    """
    return key(f"ATTACHMENT#{company_id}", f"{month}#{agreement_id}")


def attached_month_key(month: Month) -> Key:
    """Return the key of the account of a month's attaching."""
    return key(f"ATTACHED#{month}", "ATTACHED")


def link_history_key(company_id: str, version: int) -> Key:
    """Return the key of the link's change to that version."""
    return key(_COMPANY + company_id, f"{MAPPING_HISTORY}{version:06d}")


def company_id_in(item: Item) -> str:
    """Return the id of the company whose item it is."""
    return item["pk"]["S"].removeprefix(_COMPANY)


def record_key_in(item: Item) -> RecordKey:
    """Return the key of an item's usage record. Raises ValueError for another kind of item."""
    month, service = item["sk"]["S"].removeprefix(_RECORD).split("#", 1)
    return RecordKey(
        company_id=company_id_in(item), month=month_of(month), service=sys.intern(service)
    )


def record_month_in(item: Item) -> Month | None:
    """Return the month of an item's usage record; None for another kind of item."""
    try:
        return record_key_in(item).month
    except ValueError:
        return None


@lru_cache(maxsize=64)
def month_of(text: str) -> Month:
    """Return the month of a text, one object for all companies. Raises ValueError if it is none."""
    return Month.parse(text)


def months(texts: list[str]) -> tuple[Month, ...]:
    """Read several months. Raises ValueError."""
    return tuple(month_of(text) for text in texts)


def months_text(several: tuple[Month, ...]) -> list[str]:
    """Write several months."""
    return [str(month) for month in several]


def table_name(table: str) -> str:
    """Return what errors call the table."""
    return f"the ledger table {table}"


def read_item(client: "DynamoDBClient", table: str, of: Key) -> Item | None:
    """Return the item of a key as it is now; None if there is none. Raises TallyError."""
    with aws_errors(table_name(table)):
        # DynamoDB's default may answer an older version of the item.
        return client.get_item(TableName=table, Key=of, ConsistentRead=True).get("Item")
