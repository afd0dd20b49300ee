"""Domain objects as DynamoDB items and back.

Scalars are attributes of their own, in DynamoDB's types; what is nested (lines, hold, causes, changes) is one attribute
of JSON text each. boto tries ten possible types for every value in a nested map: a record read that way takes 170 µs of
CPU, this way 30 µs, and the planner reads tens of thousands.
"""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from sys import intern
from typing import TYPE_CHECKING

from tally.domain.model.company import CompanyLink
from tally.domain.model.month import Month
from tally.domain.model.standing import Cause, Standing, StandingState
from tally.domain.model.ticks import Ticks
from tally.domain.record.history import HistoryEntry
from tally.domain.record.record_key import RecordKey
from tally.domain.record.usage_record import UsageRecord
from tally.errors import UnreadableItemError
from tally.ledger.form import instant, instant_text
from tally.ledger.keys import (
    MAPPINGS,
    OPEN_RECORDS,
    STANDINGS,
    Item,
    company_id_in,
    history_key,
    link_history_key,
    link_key,
    month_of,
    record_key,
    record_key_in,
    record_sort_key,
    settled_records,
    standing_key,
    tied_key,
)
from tally.ledger.plain import (
    Plain,
    link_fields,
    optional_instant,
    optional_instant_text,
    without_none,
)
from tally.ledger.record_codec import record_fields, record_of
from tally.ledger.shapes import nested, shaped

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

TRANSACTION = "transaction"
"""The attribute of a history item that names the very call that wrote it."""

TIED_TO = "company_id"
"""The attribute of a ConnectWise company's mark that names the company which is tied to it; without it, it is free."""

_OLD_FORMS, _OLD_NUMBERS = (
    frozenset({"answer", "credit", "left_so"}),
    frozenset({"count", "floor", "baseline", "given", "late", "credited"}),
)
"""Attributes of usage records before schema 1."""

_NESTED = frozenset(
    {
        "lines",
        "claim",
        "products",
        "hold",
        "rulings",
        "refusal",
        "closing",
        "notices",
        "causes",
        "looked",
        "licensed_in",
        "untold_in",
        "planned",
        "changes",
        "kept_apart",
        "children",
        *_OLD_FORMS,
    }
)
_OF_FORMS = frozenset(
    {"lines", "claim", "hold", "rulings", "refusal", "closing", "changes", *_OLD_FORMS}
)
"""What ``record_codec`` reads field by field, and the history's changes, which hold any value."""

_NUMBERS = frozenset({"version", "schema", "connectwise_id", "pinned_agreement_id", *_OLD_NUMBERS})


def record_item(record: UsageRecord) -> Item:
    """A usage record's item."""
    of = record.key
    return {
        **record_key(of),
        "ipk": {"S": settled_records(of.month) if record.settled else OPEN_RECORDS},
        "isk": {"S": record_sort_key(of)},
        "version": {"N": str(record.version)},
        **_attributes(record_fields(record)),
    }


def record_from(item: Item) -> UsageRecord:
    """The usage record of an item. Raises ContractError for one that this version did not write."""
    try:
        fields = _fields(item)
        return record_of(record_key_in(item), fields["version"], fields)
    except Exception as error:
        raise _unreadable(item, error) from error


def history_item(of: RecordKey, entry: HistoryEntry, *, transaction: str) -> Item:
    """The item of one transition, marked with the transaction that writes it."""
    return {**history_key(of, entry.version), **_entry_attributes(entry, transaction)}


def entry_from(item: Item) -> HistoryEntry:
    """The transition of an item. Raises ContractError."""
    try:
        fields = _fields(item)
        return HistoryEntry(
            version=fields["version"],
            what=fields["what"],
            why=fields["why"],
            by=fields["by"],
            at=instant(fields["at"]),
            tick=instant(fields["tick"]),
            changes={path: (before, after) for path, (before, after) in fields["changes"].items()},
        )
    except Exception as error:
        raise _unreadable(item, error) from error


def link_item(link: CompanyLink) -> Item:
    """A link's item."""
    return {
        **link_key(link.company_id),
        "ipk": {"S": MAPPINGS},
        "isk": {"S": link.company_id},
        "version": {"N": str(link.version)},
        **_attributes(link_fields(link)),
    }


def link_history_item(company_id: str, entry: HistoryEntry, *, transaction: str) -> Item:
    """The item of one change of a link, marked with the transaction that writes it."""
    return {**link_history_key(company_id, entry.version), **_entry_attributes(entry, transaction)}


def tied_item(connectwise_id: int, company_id: str) -> Item:
    """The item that marks a ConnectWise company as tied, and to whom."""
    return {**tied_key(connectwise_id), TIED_TO: {"S": company_id}}


def free_item(connectwise_id: int) -> Item:
    """The item of a ConnectWise company that was tied once, and is nobody's: written over, as nothing is ever deleted."""
    return {**tied_key(connectwise_id)}


def link_from(item: Item) -> CompanyLink:
    """The link of an item. Raises ContractError."""
    try:
        fields = _fields(item)
        return CompanyLink(
            company_id=company_id_in(item),
            company_name=fields.get("company_name", ""),
            connectwise_id=fields.get("connectwise_id"),
            connectwise_name=fields.get("connectwise_name", ""),
            tied_by=fields.get("tied_by", ""),
            tied_at=instant(fields["tied_at"]),
            pinned_agreement_id=fields.get("pinned_agreement_id"),
            excluded_since=optional_instant(fields.get("excluded_since")),
            own_billed_since=optional_instant(fields.get("own_billed_since")),
            kept_apart=tuple(fields.get("kept_apart", ())),
            version=fields["version"],
        )
    except Exception as error:
        raise _unreadable(item, error) from error


def standing_item(standing: Standing) -> Item:
    """A standing's item."""
    return {
        **standing_key(standing.company_id),
        "ipk": {"S": STANDINGS},
        "isk": {"S": standing.company_id},
        "version": {"N": str(standing.version)},
        **_attributes(
            without_none(
                {
                    "company_name": standing.company_name,
                    "tick": instant_text(standing.tick),
                    "causes": {
                        scope: _cause_fields(cause) for scope, cause in standing.causes.items()
                    },
                    "licensed_in": _months_text(standing.licensed_in),
                    "untold_in": _months_text(standing.untold_in) or None,
                    "last_reading": optional_instant_text(standing.last_reading),
                    "looked": {scope: instant_text(at) for scope, at in standing.looked.items()},
                }
            )
        ),
    }


def standing_from(item: Item) -> Standing:
    """The standing of an item. Raises ContractError."""
    try:
        fields = _fields(item)
        return Standing(
            company_id=company_id_in(item),
            company_name=fields.get("company_name", ""),
            tick=instant(fields["tick"]),
            # Scopes are few, and JSON makes each of them anew for each company.
            causes={
                intern(scope): _cause(cause) for scope, cause in fields.get("causes", {}).items()
            },
            licensed_in=_months(fields.get("licensed_in", [])),
            untold_in=_months(fields.get("untold_in", [])),
            last_reading=optional_instant(fields.get("last_reading")),
            looked={intern(scope): instant(at) for scope, at in fields.get("looked", {}).items()},
            version=fields["version"],
        )
    except Exception as error:
        raise _unreadable(item, error) from error


def salvaged(item: Item, error: UnreadableItemError) -> Standing:
    """What can be read of a standing that cannot be read as a whole, so that it can be written anew; it is marked so.

    Standings are made anew at every tick, but for the months in which the company was seen licensed (OPEN-9).
    """
    return Standing(
        company_id=company_id_in(item),
        company_name=_salvage(lambda: item["company_name"]["S"], ""),
        tick=_salvage(lambda: instant(item["tick"]["S"]), _NEVER),
        causes=_salvage(lambda: _readable_causes(nested(item["causes"]["S"])), {}),
        licensed_in=_salvage(lambda: _months(nested(item["licensed_in"]["S"])), ()),
        untold_in=_salvage(lambda: _months(nested(item["untold_in"]["S"])), ()),
        last_reading=_salvage(lambda: instant(item["last_reading"]["S"]), None),
        version=_salvage(lambda: int(item["version"]["N"]), 0),
        unreadable=str(error),
    )


_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


def _readable_causes(causes: Plain) -> Mapping[str, Cause]:
    read = {scope: _salvage(partial(_cause, fields), None) for scope, fields in causes.items()}
    return {scope: cause for scope, cause in read.items() if cause is not None}


def _salvage[T](read: Callable[[], T], otherwise: T) -> T:
    try:
        return read()
    except Exception:  # noqa: BLE001 - as wherever an item is read
        return otherwise


def progress_attributes(ticks: Ticks) -> dict[str, "AttributeValueTypeDef"]:
    """What ticks change in their item beside their beginning, as far as there is any; texts, for an update's condition."""
    found: dict[str, AttributeValueTypeDef] = {}
    if ticks.planned:
        found["planned"] = {"S": json.dumps(_months_text(ticks.planned))}
    if ticks.finished is not None:
        found["finished"] = {"S": instant_text(ticks.finished)}
    return found


def products_text(products: Mapping[str, int]) -> str:
    """Products by service as the ticks' item has them."""
    return json.dumps(products, sort_keys=True)


def known_since(service: str) -> str:
    """The attribute of the ticks' item that holds the first month of a service."""
    return f"{_KNOWN_SINCE}{service}"


def ticks_from(item: Item) -> Ticks:
    """The ticks' item. Raises ContractError."""
    try:
        fields = _fields(item)
        return Ticks(
            newest=instant(fields["newest"]),
            first_month=month_of(fields["first_month"]),
            planned=_months(fields.get("planned", [])),
            finished=None if "finished" not in fields else instant(fields["finished"]),
            services={
                name.removeprefix(_KNOWN_SINCE): month_of(str(month))
                for name, month in fields.items()
                if name.startswith(_KNOWN_SINCE)
            },
            products={
                str(service): int(product)
                for service, product in fields.get("products", {}).items()
            },
        )
    except Exception as error:
        raise _unreadable(item, error) from error


_KNOWN_SINCE = "since "

_SHOWN = 200
"""So many characters of what was wrong are told."""


def _unreadable(item: Item, error: Exception) -> UnreadableItemError:
    name = " ".join(str(item.get(part, {}).get("S", "?")) for part in ("pk", "sk"))
    return UnreadableItemError(
        f"the ledger's item {name} cannot be read ({type(error).__name__}: {str(error)[:_SHOWN]}); "
        "was it written by another version of Tally, or by hand?"
    )


def _attributes(fields: Plain) -> dict[str, "AttributeValueTypeDef"]:
    return {name: _attribute(name, value) for name, value in fields.items()}


def _attribute(name: str, value: object) -> "AttributeValueTypeDef":
    if name in _NUMBERS:
        return {"N": str(value)}
    if name in _NESTED:
        return {"S": json.dumps(value, ensure_ascii=False)}
    return {"S": str(value)}


def _fields(item: Item) -> Plain:
    return shaped({name: _value(name, attribute) for name, attribute in item.items()})


def _value(name: str, attribute: "AttributeValueTypeDef") -> object:
    if name in _NUMBERS:
        return int(attribute["N"])
    if name in _NESTED:
        # A history's changes are named by paths, of which one may be called as a field is.
        return json.loads(attribute["S"]) if name in _OF_FORMS else nested(attribute["S"])
    return attribute.get("S")


def _entry_attributes(entry: HistoryEntry, transaction: str) -> Item:
    return {
        "version": {"N": str(entry.version)},
        TRANSACTION: {"S": transaction},
        **_attributes(
            {
                "what": entry.what,
                "why": entry.why,
                "by": entry.by,
                "at": instant_text(entry.at),
                "tick": instant_text(entry.tick),
                "changes": entry.changes,
            }
        ),
    }


def _cause_fields(cause: Cause) -> Plain:
    return without_none(
        {
            "state": cause.state.name.lower(),
            "reason": cause.reason,
            "since": optional_instant_text(cause.since),
            "until": optional_instant_text(cause.until),
            "notices": list(cause.notices),
        }
    )


def _cause(fields: Plain) -> Cause:
    return Cause(
        state=StandingState[fields["state"].upper()],
        reason=fields.get("reason", ""),
        since=optional_instant(fields.get("since")),
        until=optional_instant(fields.get("until")),
        notices=tuple(fields.get("notices", ())),
    )


def _months_text(months: tuple[Month, ...]) -> list[str]:
    return [str(month) for month in months]


def _months(texts: list[str]) -> tuple[Month, ...]:
    return tuple(month_of(text) for text in texts)
