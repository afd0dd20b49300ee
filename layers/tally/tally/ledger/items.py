"""Items of records, links, standings and their history, from domain objects and back."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial

from tally.domain.model.company import CompanyLink
from tally.domain.model.standing import Cause, Scope, Standing, StandingState
from tally.domain.record.history import HistoryEntry
from tally.domain.record.record_key import RecordKey
from tally.domain.record.usage_record import UsageRecord
from tally.errors import UnreadableItemError
from tally.ledger.attributes import attributes_of, fields_of, unreadable
from tally.ledger.form import (
    Plain,
    instant,
    instant_text,
    optional_instant,
    optional_instant_text,
    record_scope,
    scope,
    scope_text,
    without_none,
)
from tally.ledger.keys import (
    MAPPINGS,
    OPEN_RECORDS,
    STANDINGS,
    Item,
    company_id_in,
    history_key,
    link_history_key,
    link_key,
    linked_key,
    months,
    months_text,
    record_key,
    record_key_in,
    record_sort_key,
    settled_records,
    standing_key,
)
from tally.ledger.record_codec import changes_of, record_fields, record_of
from tally.ledger.shapes import nested

TRANSACTION = "transaction"
"""The attribute of a history item that names the very call that wrote it."""

LINKED_TO = "company_id"
"""The attribute of a ConnectWise company's mark that names the company linked to it, if any is."""

_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


def record_item(record: UsageRecord) -> Item:
    """Return a usage record's item."""
    of = record.key
    return {
        **record_key(of),
        # Open records share one partition whatever their month, so that none is missed.
        "ipk": {"S": settled_records(of.month) if record.settled else OPEN_RECORDS},
        "isk": {"S": record_sort_key(of)},
        "version": {"N": str(record.version)},
        **attributes_of(record_fields(record)),
    }


def record_from(item: Item) -> UsageRecord:
    """Read a usage record. Raises ContractError for an item that this version cannot read."""
    try:
        fields = fields_of(item)
        return record_of(record_key_in(item), fields["version"], fields)
    except Exception as error:
        raise unreadable(item, error) from error


def history_item(of: RecordKey, entry: HistoryEntry, *, transaction: str) -> Item:
    """Return the item of one transition, marked with the transaction that writes it."""
    return {**history_key(of, entry.version), **_entry_attributes(entry, transaction)}


def entry_from(item: Item) -> HistoryEntry:
    """Read a history entry. Raises ContractError."""
    try:
        fields = fields_of(item)
        return HistoryEntry(
            version=fields["version"],
            what=fields["what"],
            why=fields["why"],
            by=fields["by"],
            at=instant(fields["at"]),
            tick=instant(fields["tick"]),
            changes=changes_of(fields["changes"]),
        )
    except Exception as error:
        raise unreadable(item, error) from error


def link_item(link: CompanyLink) -> Item:
    """Return a link's item."""
    return {
        **link_key(link.company_id),
        "ipk": {"S": MAPPINGS},
        "isk": {"S": link.company_id},
        "version": {"N": str(link.version)},
        **attributes_of(link_fields(link)),
    }


def link_fields(link: CompanyLink) -> Plain:
    """Return all that a link holds but its company and version."""
    return without_none(
        {
            "company_name": link.company_name,
            "connectwise_id": link.connectwise_id,
            "connectwise_name": link.connectwise_name,
            # By the stored names: without "tied_at" a link of before could not be read.
            "tied_by": link.linked_by,
            "tied_at": instant_text(link.linked_at),
            "pinned_agreement_id": link.pinned_agreement_id,
            "excluded_since": optional_instant_text(link.excluded_since),
            "kept_apart": list(link.kept_apart),
            "own_billed_since": optional_instant_text(link.own_billed_since),
        }
    )


def link_history_item(company_id: str, entry: HistoryEntry, *, transaction: str) -> Item:
    """Return the item of a link's change, marked with the transaction that writes it."""
    return {**link_history_key(company_id, entry.version), **_entry_attributes(entry, transaction)}


def linked_item(connectwise_id: int, company_id: str) -> Item:
    """Return the item that marks a ConnectWise company as linked, and to whom."""
    return {**linked_key(connectwise_id), LINKED_TO: {"S": company_id}}


def free_item(connectwise_id: int) -> Item:
    """Return the item of a ConnectWise company that is no longer linked to anybody."""
    # The functions have no right to delete an item: the mark is written over.
    return {**linked_key(connectwise_id)}


def link_from(item: Item) -> CompanyLink:
    """Read a link. Raises ContractError."""
    try:
        fields = fields_of(item)
        return CompanyLink(
            company_id=company_id_in(item),
            company_name=fields.get("company_name", ""),
            connectwise_id=fields.get("connectwise_id"),
            connectwise_name=fields.get("connectwise_name", ""),
            linked_by=fields.get("tied_by", ""),
            linked_at=instant(fields["tied_at"]),
            pinned_agreement_id=fields.get("pinned_agreement_id"),
            excluded_since=optional_instant(fields.get("excluded_since")),
            own_billed_since=optional_instant(fields.get("own_billed_since")),
            kept_apart=tuple(fields.get("kept_apart", ())),
            version=fields["version"],
        )
    except Exception as error:
        raise unreadable(item, error) from error


def standing_item(standing: Standing) -> Item:
    """Return a standing's item."""
    return {
        **standing_key(standing.company_id),
        "ipk": {"S": STANDINGS},
        "isk": {"S": standing.company_id},
        "version": {"N": str(standing.version)},
        **attributes_of(
            without_none(
                {
                    "company_name": standing.company_name,
                    "tick": instant_text(standing.tick),
                    "causes": {
                        scope_text(of): _cause_fields(cause)
                        for of, cause in standing.causes.items()
                    },
                    "licensed_in": months_text(standing.licensed_in),
                    "untold_in": months_text(standing.untold_in) or None,
                    "last_reading": optional_instant_text(standing.last_reading),
                    "looked": {
                        scope_text(of): instant_text(at) for of, at in standing.looked.items()
                    },
                    "seen_monthly": optional_instant_text(standing.seen_monthly),
                }
            )
        ),
    }


def standing_from(item: Item) -> Standing:
    """Read a standing. Raises ContractError."""
    try:
        fields = fields_of(item)
        return Standing(
            company_id=company_id_in(item),
            company_name=fields.get("company_name", ""),
            tick=instant(fields["tick"]),
            causes={scope(of): _cause(cause) for of, cause in fields.get("causes", {}).items()},
            licensed_in=months(fields.get("licensed_in", [])),
            untold_in=months(fields.get("untold_in", [])),
            last_reading=optional_instant(fields.get("last_reading")),
            looked={record_scope(of): instant(at) for of, at in fields.get("looked", {}).items()},
            seen_monthly=optional_instant(fields.get("seen_monthly")),
            version=fields["version"],
        )
    except Exception as error:
        raise unreadable(item, error) from error


def standing_or_salvage(item: Item) -> Standing:
    """Read a standing, or what can be read of it."""
    try:
        return standing_from(item)
    except UnreadableItemError as error:
        return _salvaged(item, error)


def _salvaged(item: Item, error: UnreadableItemError) -> Standing:
    """Return the readable parts of a standing that cannot be read as a whole, marked so.

    Each tick makes a standing anew, but for the months in which the company was seen licensed
    (OPEN-9): these have to be saved.
    """
    return Standing(
        company_id=company_id_in(item),
        company_name=_salvage(lambda: item["company_name"]["S"], ""),
        tick=_salvage(lambda: instant(item["tick"]["S"]), _NEVER),
        causes=_salvage(lambda: _readable_causes(nested(item["causes"]["S"])), {}),
        licensed_in=_salvage(lambda: months(nested(item["licensed_in"]["S"])), ()),
        untold_in=_salvage(lambda: months(nested(item["untold_in"]["S"])), ()),
        last_reading=_salvage(lambda: instant(item["last_reading"]["S"]), None),
        version=_salvage(lambda: int(item["version"]["N"]), 0),
        unreadable=str(error),
    )


def _readable_causes(causes: Plain) -> Mapping[Scope, Cause]:
    read = (_salvage(partial(_scoped, *each), None) for each in causes.items())
    return dict(each for each in read if each is not None)


def _scoped(of: str, fields: Plain) -> tuple[Scope, Cause]:
    return scope(of), _cause(fields)


def _salvage[T](read: Callable[[], T], otherwise: T) -> T:
    try:
        return read()
    except Exception:  # noqa: BLE001 - a damaged item may raise anything
        return otherwise


def _entry_attributes(entry: HistoryEntry, transaction: str) -> Item:
    return {
        "version": {"N": str(entry.version)},
        TRANSACTION: {"S": transaction},
        **attributes_of(
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
