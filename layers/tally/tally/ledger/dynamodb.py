"""The ledger's adapter for DynamoDB."""

import uuid
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from tally.aws.refusals import aws_errors
from tally.domain.model.company import EVERYBODY, CompanyLink, LinkChange, Stretch, first_link
from tally.domain.model.month import Month
from tally.domain.model.standing import Standing
from tally.domain.model.ticks import Ticks
from tally.domain.record.history import HistoryEntry, Transition
from tally.domain.record.record_key import RecordKey
from tally.domain.record.unreadable import Unreadable
from tally.domain.record.usage_record import UsageRecord
from tally.errors import ConflictError
from tally.ledger import items, keys
from tally.ledger.attributes import set_aside
from tally.ledger.history_entry import check, check_change, entry_of, entry_of_change
from tally.ledger.keys import Item, Key, read_item, table_name
from tally.ledger.standings_in_bulk import attempt, saved_all
from tally.ledger.ticks_item import TicksItem
from tally.ledger.transaction import Parts, Patience, write_together

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import QueryInputTypeDef, TransactWriteItemTypeDef


class DynamoDBLedger:
    """The ledger on one DynamoDB table; threads may share it, as they may share boto's client.

    Reads raise TransientError, SetupError (no such table, no right to it) or ContractError (an item
    that cannot be read). So do ``begin_tick``, ``finish_tick`` and ``save_standing``, which are
    safe to repeat. ``save``, ``add_link`` and ``change_link`` also raise AmbiguousError: neither an
    answer nor a read afterwards tells that the write has happened.
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
        self._name = table_name(table)
        self._ticks = TicksItem(client, table, name=self._name)
        self._parts = Parts(table)

    def begin_tick(self, tick: datetime, *, services: Collection[str] = ()) -> Ticks:
        """Remember ``tick`` if it is the newest; return what is known of ticks.

        If the ledger has no first month, of all or of one of the services, the tick's is it.
        """
        return self._ticks.begin(tick, services)

    def note_lists(self, tick: datetime) -> None:
        """Remember that a tick of this month has read GravityZone's lists (OPEN-9).

        Raises ConflictError if no tick has begun.
        """
        self._ticks.advance(tick, Ticks.with_lists)

    def note_products(self, products: Mapping[str, int]) -> None:
        """Remember the product that each service is billed by (SAFE-9).

        Raises ConflictError if no tick has begun.
        """
        self._ticks.set_products(products)

    def finish_tick(self, tick: datetime) -> None:
        """Remember that the tick planned everything. Raises ConflictError if none has begun."""
        self._ticks.advance(tick, Ticks.ended)

    def ticks(self) -> Ticks | None:
        """Return what is known of ticks; None before the first."""
        return self._ticks.read()

    def all_links(self) -> Iterator[CompanyLink | Unreadable]:
        """Give every company's link, by company id."""
        return map(set_aside(items.link_from), self._index(keys.MAPPINGS))

    def all_standings(self, within: Stretch = EVERYBODY) -> Iterator[Standing]:
        """Give every company's standing, by company id."""
        return map(items.standing_or_salvage, self._index(keys.STANDINGS, within))

    def all_open_records(self, within: Stretch = EVERYBODY) -> Iterator[UsageRecord | Unreadable]:
        """Give every record that is not settled, by company id, month and service (CLOSE-3)."""
        return map(set_aside(items.record_from), self._index(keys.OPEN_RECORDS, within))

    def all_settled_records(
        self, month: Month, within: Stretch = EVERYBODY
    ) -> Iterator[UsageRecord | Unreadable]:
        """Give the month's records that are settled, by company id and service."""
        return map(set_aside(items.record_from), self._index(keys.settled_records(month), within))

    def record(self, key: RecordKey) -> UsageRecord | None:
        """Return one record; None if there is none."""
        item = self._get(keys.record_key(key))
        return None if item is None else items.record_from(item)

    def history(self, key: RecordKey) -> Sequence[HistoryEntry]:
        """Return the record's transitions, oldest first."""
        return self._history(key.company_id, keys.history_prefix(key))

    def link_history(self, company_id: str) -> Sequence[HistoryEntry]:
        """Return the changes of a company's link, oldest first."""
        return self._history(company_id, keys.MAPPING_HISTORY)

    def link(self, company_id: str) -> CompanyLink | None:
        """Return one company's link; None if there is none."""
        item = self._get(keys.link_key(company_id))
        return None if item is None else items.link_from(item)

    def standing(self, company_id: str) -> Standing | None:
        """Return one company's standing; None if there is none."""
        item = self._get(keys.standing_key(company_id))
        return None if item is None else items.standing_or_salvage(item)

    def save(self, transition: Transition, change: LinkChange | None = None) -> None:
        """Write the record and its history in one transaction, over the expected version.

        ``change`` is written with it, on its own conditions.

        Raises:
            ConflictError: the ledger is at another version.
            ValueError: transition or change does not follow on what it was made from.
        """
        check(transition)
        after, token = transition.after, str(uuid.uuid4())
        history = items.history_item(after.key, entry_of(transition), transaction=token)
        self._write(
            self._parts.put(items.record_item(after), expected_version=transition.expected_version),
            self._parts.put(history),
            *([] if change is None else self._link_parts(change, token=token)),
            token=token,
            proof=keys.history_key(after.key, after.version),
            what=f"the record of {after.key}",
        )

    def add_link(self, link: CompanyLink) -> None:
        """Link a company that has no link to a ConnectWise company that nobody is linked to.

        Raises ConflictError if either is linked already.
        """
        self.change_link(first_link(link))

    def change_link(self, change: LinkChange) -> None:
        """Write the link, its history and the ConnectWise company's mark in one transaction.

        The link must be at the expected version. The ConnectWise company that it is linked to must
        be nobody else's, except for those that the change is made ``beside``: they must be as they
        were seen.

        Raises:
            ConflictError: one of these does not hold.
            ValueError: the change does not follow on the link that it was made from.
        """
        after, token = change.after, str(uuid.uuid4())
        self._write(
            *self._link_parts(change, token=token),
            token=token,
            proof=keys.link_history_key(after.company_id, after.version),
            what=f"the link of {after.company_id} to ConnectWise company {after.connectwise_id}",
        )

    def _link_parts(
        self, change: LinkChange, *, token: str
    ) -> "Iterator[TransactWriteItemTypeDef]":
        check_change(change)
        after = change.after
        yield self._parts.put(items.link_item(after), expected_version=change.expected_version)
        yield self._parts.put(
            items.link_history_item(after.company_id, entry_of_change(change), transaction=token)
        )
        # A ConnectWise company's mark names one company, though several may be linked to it. The
        # others are checked, since the mark does not guard them.
        for each in (change.holder, change.heir):
            if each is not None:
                yield self._parts.check(keys.link_key(each.company_id), version=each.version)
        # A transaction takes one action an item (documented), so these marks are of different
        # companies: the one that is taken and the one that is freed.
        if change.taken is not None and change.holder is None:
            yield self._parts.put_if(
                items.linked_item(change.taken, after.company_id),
                f"attribute_not_exists({items.LINKED_TO})",
            )
        if change.freed is not None and change.heir is not None:
            yield self._parts.put_if(
                items.linked_item(change.freed, change.heir.company_id),
                f"attribute_exists({items.LINKED_TO})",
            )
        elif change.freed is not None:
            yield self._parts.put_if(
                items.free_item(change.freed),
                f"{items.LINKED_TO} = :mine",
                {":mine": {"S": after.company_id}},
            )

    def save_standing(self, standing: Standing) -> None:
        """Write the standing as its next version, over ``standing.version``.

        It is safe to repeat: there is no conflict if the ledger has it as it would be written.

        Raises:
            ConflictError: the ledger is at another version.
        """
        written = replace(standing, version=standing.version + 1)
        item, before = items.standing_item(written), standing.version
        put = (
            self._parts.put(item, expected_version=before) if before else self._parts.put_anew(item)
        )["Put"]
        try:
            with aws_errors(self._name):
                self._client.put_item(**put)
        except ConflictError:
            # boto repeats a put whose answer was lost, and the repeat meets the item that the first
            # one wrote.
            if self.standing(standing.company_id) != written:
                raise

    def save_standings(self, standings: Iterable[Standing]) -> int:
        """Save many, several at a time, each on its own; return how many were left out.

        A standing is left out if somebody else has written a newer one. Raises as ``saved_all``.
        """
        # A batch write would save calls, but takes no conditions (documented).
        pool = ThreadPoolExecutor(self._threads)
        try:
            return saved_all(pool.map(partial(attempt, self.save_standing), standings))
        finally:
            pool.shutdown(cancel_futures=True)

    def _write(self, *puts: "TransactWriteItemTypeDef", token: str, proof: Key, what: str) -> None:
        def wrote() -> bool:
            item = self._get(proof)
            return item is not None and item.get(items.TRANSACTION) == {"S": token}

        write_together(
            self._client, puts, token=token, wrote=wrote, what=what, patience=self._patience
        )

    def _get(self, key: Key) -> Item | None:
        return read_item(self._client, self._table, key)

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
        # An index cannot be read consistently: a worker reads its items by their keys.
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
        # BETWEEN takes both of its ends in, and a stretch does not take in its end.
        return (item for item in self._query(request) if keys.company_id_in(item) in within)

    def _query(self, request: "QueryInputTypeDef") -> Iterator[Item]:
        """Give all items of all pages; an unreadable page raises after those before it."""
        while True:
            with aws_errors(self._name):
                page = self._client.query(**request)
            yield from page["Items"]
            # A page ends at 1 MB. It may be empty and have others after it, so only the key tells.
            if not (last := page.get("LastEvaluatedKey")):
                return
            request = {**request, "ExclusiveStartKey": last}
