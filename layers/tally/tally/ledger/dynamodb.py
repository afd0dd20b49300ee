"""The ledger's adapter for DynamoDB."""

import uuid
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from tally.aws.refusals import aws_errors
from tally.domain.model.company import EVERYBODY, CompanyLink, LinkChange, Stretch, first_tie
from tally.domain.model.month import Month
from tally.domain.model.standing import Standing
from tally.domain.model.ticks import Ticks
from tally.domain.record.history import HistoryEntry, Transition
from tally.domain.record.record_key import RecordKey
from tally.domain.record.unreadable import Unreadable
from tally.domain.record.usage_record import UsageRecord
from tally.errors import ConflictError, UnreadableItemError
from tally.ledger import items, keys
from tally.ledger.form import instant_text
from tally.ledger.keys import Item, Key
from tally.ledger.plain import check, check_change, entry_of, entry_of_change
from tally.ledger.transaction import Patience, write_together

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import (
        AttributeValueTypeDef,
        PutTypeDef,
        QueryInputTypeDef,
        TransactWriteItemTypeDef,
    )

_ABSENT = "attribute_not_exists(pk)"
_AT_VERSION = "version = :expected"
_ATTEMPTS = 5


class DynamoDBLedger:
    """The ledger on one DynamoDB table; safe to share between threads, as boto's low-level client is.

    Reads raise TransientError, SetupError (no such table, no right to it) or ContractError (an item that cannot be
    read). So do ``begin_tick``, ``finish_tick`` and ``save_standing``, which are safe to repeat; ``save``, ``tie`` and
    ``change_link`` also raise AmbiguousError, where neither an answer nor a read afterwards tells whether the write has happened.
    """

    def __init__(
        self,
        client: "DynamoDBClient",
        table: str,
        *,
        patience: Patience | None = None,
        threads: int = 8,
    ) -> None:
        self._client = client
        self._table = table
        self._patience = patience or Patience()
        self._threads = threads
        self._name = f"the ledger table {table}"

    def begin_tick(self, tick: datetime, *, services: Collection[str] = ()) -> Ticks:
        """Remember ``tick`` if it is the newest, and the first month if there is none; answer what is known now.

        So is the first month of each of the services.
        """
        known_since = {
            f"#{number}": items.known_since(service) for number, service in enumerate(services)
        }
        firsts = [
            f"{name} = if_not_exists({name}, :month)" for name in ("first_month", *known_since)
        ]
        known_since["#newest"] = "newest"  # not empty, which DynamoDB refuses
        try:
            with aws_errors(self._name):
                answer = self._client.update_item(
                    TableName=self._table,
                    Key=keys.ticks_key(),
                    UpdateExpression=f"SET #newest = :tick, {', '.join(firsts)}",
                    ConditionExpression="attribute_not_exists(#newest) OR #newest < :tick",
                    ExpressionAttributeNames=known_since,
                    ExpressionAttributeValues={
                        ":tick": {"S": instant_text(tick)},
                        ":month": {"S": str(Month.of(tick))},
                    },
                    ReturnValues="ALL_NEW",
                )
        except ConflictError:
            known = self.ticks()
            if known is None:
                raise
            return known
        return items.ticks_from(answer["Attributes"])

    def note_lists(self, tick: datetime) -> None:
        """Remember that the tick, and so one of its month, read GravityZone's lists (OPEN-9); ConflictError if none has begun."""
        self._progress(tick, Ticks.with_lists)

    def note_products(self, products: Mapping[str, int]) -> None:
        """Remember which product each service is billed by (SAFE-9); ConflictError if no tick has begun."""
        with aws_errors(self._name):
            self._client.update_item(
                TableName=self._table,
                Key=keys.ticks_key(),
                UpdateExpression="SET products = :products",
                ConditionExpression="attribute_exists(pk)",
                ExpressionAttributeValues={":products": {"S": items.products_text(products)}},
            )

    def finish_tick(self, tick: datetime) -> None:
        """Remember that the tick planned everything; ConflictError if none has begun."""
        self._progress(tick, Ticks.ended)

    def _progress(self, tick: datetime, change: Callable[[Ticks, datetime], Ticks]) -> None:
        for _ in range(_ATTEMPTS):
            known = self.ticks()
            if known is None:
                break
            changed = change(known, tick)
            if changed == known or self._set_progress(changed, instead_of=known):
                return
        raise ConflictError(
            f"{self._name} did not take what the tick {instant_text(tick)} came to: had it begun?"
        )

    def _set_progress(self, ticks: Ticks, *, instead_of: Ticks) -> bool:
        values, before = items.progress_attributes(ticks), items.progress_attributes(instead_of)
        conditions = [
            f"{name} = :known_{name}" if name in before else f"attribute_not_exists({name})"
            for name in ("planned", "finished")
        ]
        try:
            with aws_errors(self._name):
                self._client.update_item(
                    TableName=self._table,
                    Key=keys.ticks_key(),
                    UpdateExpression=f"SET {', '.join(f'{name} = :{name}' for name in values)}",
                    ConditionExpression=" AND ".join(conditions),
                    ExpressionAttributeValues={
                        **{f":{name}": value for name, value in values.items()},
                        **{f":known_{name}": value for name, value in before.items()},
                    },
                )
        except ConflictError:
            return False
        return True

    def ticks(self) -> Ticks | None:
        """What is known of ticks, or None before the first."""
        item = self._get(keys.ticks_key())
        return None if item is None else items.ticks_from(item)

    def all_links(self) -> Iterator[CompanyLink | Unreadable]:
        """Every company's link, by company id."""
        return map(_set_aside(items.link_from), self._index(keys.MAPPINGS))

    def all_standings(self, within: Stretch = EVERYBODY) -> Iterator[Standing]:
        """Every company's standing, by company id."""
        return map(_standing, self._index(keys.STANDINGS, within))

    def all_open_records(self, within: Stretch = EVERYBODY) -> Iterator[UsageRecord | Unreadable]:
        """Every record that is not settled, by company id, month and service (CLOSE-3)."""
        return map(_set_aside(items.record_from), self._index(keys.OPEN_RECORDS, within))

    def all_settled_records(
        self, month: Month, within: Stretch = EVERYBODY
    ) -> Iterator[UsageRecord | Unreadable]:
        """The month's records that are settled, by company id and service."""
        return map(_set_aside(items.record_from), self._index(keys.settled_records(month), within))

    def record(self, key: RecordKey) -> UsageRecord | None:
        """One record."""
        item = self._get(keys.record_key(key))
        return None if item is None else items.record_from(item)

    def history(self, key: RecordKey) -> Sequence[HistoryEntry]:
        """The record's transitions, oldest first."""
        return self._history(key.company_id, keys.history_prefix(key))

    def link_history(self, company_id: str) -> Sequence[HistoryEntry]:
        """The changes of a company's link, oldest first."""
        return self._history(company_id, keys.MAPPING_HISTORY)

    def link(self, company_id: str) -> CompanyLink | None:
        """One company's link."""
        item = self._get(keys.link_key(company_id))
        return None if item is None else items.link_from(item)

    def standing(self, company_id: str) -> Standing | None:
        """One company's standing."""
        item = self._get(keys.standing_key(company_id))
        return None if item is None else _standing(item)

    def save(self, transition: Transition, change: LinkChange | None = None) -> None:
        """Write the record and its history in one transaction, if its version is the expected one; else ConflictError.

        ``change`` is written with it, on its own conditions. Raises ValueError for a transition or a change that does not
        follow on what it was made from.
        """
        check(transition)
        after, token = transition.after, str(uuid.uuid4())
        history = items.history_item(after.key, entry_of(transition), transaction=token)
        self._write(
            self._put(items.record_item(after), expected_version=transition.expected_version),
            self._put(history),
            *([] if change is None else self._puts_of(change, token=token)),
            token=token,
            proof=keys.history_key(after.key, after.version),
            what=f"the record of {after.key}",
        )

    def tie(self, link: CompanyLink) -> None:
        """Tie a company that has no link to a ConnectWise company that nobody is tied to; else ConflictError."""
        self.change_link(first_tie(link))

    def change_link(self, change: LinkChange) -> None:
        """Write the link, its history and whose the ConnectWise company is in one transaction; else ConflictError.

        The link must be at the version expected, and the ConnectWise company that it is tied to must be nobody else's, but
        for those that the change is made ``beside``, which must be as they were seen.
        Raises ValueError for a change that does not follow on the link that it was made from.
        """
        after, token = change.after, str(uuid.uuid4())
        self._write(
            *self._puts_of(change, token=token),
            token=token,
            proof=keys.link_history_key(after.company_id, after.version),
            what=f"the link of {after.company_id} to ConnectWise company {after.connectwise_id}",
        )

    def _puts_of(self, change: LinkChange, *, token: str) -> "Iterator[TransactWriteItemTypeDef]":
        check_change(change)
        after = change.after
        yield self._put(items.link_item(after), expected_version=change.expected_version)
        yield self._put(
            items.link_history_item(after.company_id, entry_of_change(change), transaction=token)
        )
        # Of several that are tied to one company, its mark names one; those that stay must be as
        # they were seen.
        yield from (
            self._as_seen(each) for each in (change.holder, change.heir) if each is not None
        )
        if change.taken is not None and change.holder is None:
            yield self._put_if(
                items.tied_item(change.taken, after.company_id),
                f"attribute_not_exists({items.TIED_TO})",
            )
        if change.freed is not None and change.heir is not None:
            yield self._put_if(
                items.tied_item(change.freed, change.heir.company_id),
                f"attribute_exists({items.TIED_TO})",
            )
        elif change.freed is not None:
            yield self._put_if(
                items.free_item(change.freed),
                f"{items.TIED_TO} = :mine",
                {":mine": {"S": after.company_id}},
            )

    def _as_seen(self, link: CompanyLink) -> "TransactWriteItemTypeDef":
        return {
            "ConditionCheck": {
                "TableName": self._table,
                "Key": keys.link_key(link.company_id),
                "ConditionExpression": _AT_VERSION,
                "ExpressionAttributeValues": {":expected": {"N": str(link.version)}},
            }
        }

    def save_standing(self, standing: Standing) -> None:
        """Write the standing as its next version if the ledger is at ``standing.version``; else ConflictError.

        Twice is once: no conflict where it stands already as it would be written.
        """
        written = replace(standing, version=standing.version + 1)
        put = self._put(items.standing_item(written), expected_version=standing.version)["Put"]
        try:
            with aws_errors(self._name):
                self._client.put_item(**put)
        except ConflictError:
            # boto repeats a put whose answer was lost, and the repeat meets what the first one
            # wrote.
            if self.standing(standing.company_id) != written:
                raise

    def save_standings(self, standings: Iterable[Standing]) -> int:
        """Save many, several at a time, each on its own; answer how many were left out because somebody was first.

        UnsavedError says which could not be written; where none could, the table's own error is raised.
        """
        # The planner's alone.
        from tally.ledger.saving import attempt, saved_all  # noqa: PLC0415

        pool = ThreadPoolExecutor(self._threads)
        try:
            return saved_all(pool.map(partial(attempt, self.save_standing), standings))
        finally:
            pool.shutdown(cancel_futures=True)

    def _put(self, item: Item, *, expected_version: int = 0) -> "TransactWriteItemTypeDef":
        if not expected_version:
            return self._put_if(item, _ABSENT)
        return self._put_if(item, _AT_VERSION, {":expected": {"N": str(expected_version)}})

    def _put_if(
        self, item: Item, condition: str, values: "dict[str, AttributeValueTypeDef] | None" = None
    ) -> "TransactWriteItemTypeDef":
        put: PutTypeDef = {"TableName": self._table, "Item": item, "ConditionExpression": condition}
        if values is not None:
            put["ExpressionAttributeValues"] = values
        return {"Put": put}

    def _write(self, *puts: "TransactWriteItemTypeDef", token: str, proof: Key, what: str) -> None:
        def wrote() -> bool:
            item = self._get(proof)
            return item is not None and item.get(items.TRANSACTION) == {"S": token}

        write_together(
            self._client, puts, token=token, wrote=wrote, what=what, patience=self._patience
        )

    def _get(self, key: Key) -> Item | None:
        with aws_errors(self._name):
            return self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True).get(
                "Item"
            )

    def _history(self, company_id: str, prefix: str) -> Sequence[HistoryEntry]:
        found = self._query(
            {
                "TableName": self._table,
                "KeyConditionExpression": "pk = :company AND begins_with(sk, :prefix)",
                "ExpressionAttributeValues": {
                    ":company": keys.link_key(company_id)["pk"],
                    ":prefix": {"S": prefix},
                },
                "ConsistentRead": True,
            }
        )
        return [items.entry_from(item) for item in found]

    def _index(self, partition: str, within: Stretch = EVERYBODY) -> Iterator[Item]:
        request: QueryInputTypeDef = {
            "TableName": self._table,
            "IndexName": keys.INDEX,
            "KeyConditionExpression": "ipk = :partition",
            "ExpressionAttributeValues": {":partition": {"S": partition}},
        }
        if within == EVERYBODY:
            return self._query(request)
        request["KeyConditionExpression"] = "ipk = :partition AND isk BETWEEN :first AND :end"
        request["ExpressionAttributeValues"] = {
            ":partition": {"S": partition},
            **keys.bounds(within),
        }
        # BETWEEN has both ends in it.
        return (item for item in self._query(request) if keys.company_id_in(item) in within)

    def _query(self, request: "QueryInputTypeDef") -> Iterator[Item]:
        """All items of all pages; a page that cannot be had raises, after the items of those before it."""
        while True:
            with aws_errors(self._name):
                page = self._client.query(**request)
            yield from page["Items"]
            if not (last := page.get("LastEvaluatedKey")):
                return
            request = {**request, "ExclusiveStartKey": last}


def _set_aside[T](read: Callable[[Item], T]) -> Callable[[Item], T | Unreadable]:
    """The reader, for lists of all companies: one item that cannot be read is its company's trouble alone (SAFE-5)."""

    def reader(item: Item) -> T | Unreadable:
        try:
            return read(item)
        except UnreadableItemError as error:
            return Unreadable(keys.company_id_in(item), str(error))

    return reader


def _standing(item: Item) -> Standing:
    try:
        return items.standing_from(item)
    except UnreadableItemError as error:
        return items.salvaged(item, error)
