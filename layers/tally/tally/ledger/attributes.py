"""Attributes of the ledger's items, and the fields that they hold.

A scalar is an attribute of its own, in DynamoDB's types. A nested value (lines, hold, causes,
changes) is one attribute of JSON text. boto tries ten possible types for every value in a nested
map: it takes 170 µs of CPU to read such a record, and 30 µs to read it from text. The planner
reads tens of thousands.
"""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

from tally.domain.record.unreadable import Unreadable
from tally.errors import UnreadableItemError
from tally.ledger.form import Plain
from tally.ledger.keys import Item, company_id_in, record_month_in
from tally.ledger.shapes import nested, shaped

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

_OLD_FORMS, _OLD_NUMBERS = (
    frozenset({"answer", "credit", "left_so"}),
    frozenset({"count", "floor", "baseline", "given", "late", "credited"}),
)
"""Attributes of usage records before schema 1."""

_OF_FORMS = frozenset(
    {"lines", "claim", "hold", "rulings", "refusal", "closing", "changes", *_OLD_FORMS}
)
"""Nested fields that ``record_codec`` checks itself, and a history's changes, of any value."""

_NESTED = _OF_FORMS | frozenset(
    {
        "products",
        "notices",
        "causes",
        "looked",
        "licensed_in",
        "untold_in",
        "planned",
        "kept_apart",
        "children",
    }
)
_NUMBERS = frozenset({"version", "schema", "connectwise_id", "pinned_agreement_id", *_OLD_NUMBERS})

_SHOWN = 200
"""Characters of an error that are told."""


def attributes_of(fields: Plain) -> dict[str, "AttributeValueTypeDef"]:
    """Return the attributes that hold these fields."""
    return {name: _attribute(name, value) for name, value in fields.items()}


def fields_of(item: Item) -> Plain:
    """Return the fields that an item holds, checked for their types. Raises as ``shaped``."""
    return shaped({name: _value(name, attribute) for name, attribute in item.items()})


def unreadable(item: Item, error: Exception) -> UnreadableItemError:
    """Return the error of an item that cannot be read, with its key."""
    name = " ".join(str(item.get(part, {}).get("S", "?")) for part in ("pk", "sk"))
    return UnreadableItemError(
        f"the ledger's item {name} cannot be read ({type(error).__name__}: {str(error)[:_SHOWN]}); "
        "was it written by another version of Tally, or by hand?"
    )


def set_aside[T](read: Callable[[Item], T]) -> Callable[[Item], T | Unreadable]:
    """Return a reader for lists: an unreadable item concerns its company alone (SAFE-5)."""

    def reader(item: Item) -> T | Unreadable:
        try:
            return read(item)
        except UnreadableItemError as error:
            return Unreadable(company_id_in(item), str(error), record_month_in(item))

    return reader


def _attribute(name: str, value: object) -> "AttributeValueTypeDef":
    if name in _NUMBERS:
        return {"N": str(value)}
    if name in _NESTED:
        return {"S": json.dumps(value, ensure_ascii=False)}
    return {"S": str(value)}


def _value(name: str, attribute: "AttributeValueTypeDef") -> object:
    if name in _NUMBERS:
        return int(attribute["N"])
    if name in _NESTED:
        # A history's changes map paths to values. A path may be named as a field is, and its value
        # has another type: `nested` would refuse it.
        return json.loads(attribute["S"]) if name in _OF_FORMS else nested(attribute["S"])
    return attribute.get("S")
