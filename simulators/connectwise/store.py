"""Tables of records: their present state, and the state that lists show, which may lag.

Records are never changed in place. A write puts a new `Document` in the row. Lists go on showing
the one before until their time has come. So only the record that changes is ever copied, and a list
without pending writes costs a concatenation.
"""

import json
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from pydantic_core import to_json

from simulators.connectwise.api_records import Fields
from simulators.connectwise.conditions import SHORT_NAMES, Condition, field_value
from simulators.connectwise.options import OpenEnd


class Document:
    """One version of one record: its fields, and its JSON, written once."""

    __slots__ = ("_json", "fields", "open_end")

    def __init__(self, fields: Fields, *, open_end: OpenEnd = "missing") -> None:
        self.fields = fields
        self.open_end: OpenEnd = open_end
        self._json: bytes | None = None

    @property
    def json(self) -> bytes:
        """The record as JSON, without its nulls; an open end as this record's `open_end` says."""
        if self._json is None:
            self._json = to_json(self.shown())
        return self._json

    def shown(self) -> Fields:
        """Return the fields that an answer shows."""
        shown = {name: value for name, value in self.fields.items() if value is not None}
        if (
            self.open_end != "missing"
            and self.fields.get("cancelledDate") is None
            and "cancelledDate" in self.fields
        ):
            shown["cancelledDate"] = None if self.open_end == "null" else ""
        return shown

    def projected(self, paths: list[str]) -> Fields:
        """Return the fields that `fields=` asked for; references whole or in part."""
        shown = self.shown()
        picked: Fields = {}
        for path in paths:
            name, _, part = path.partition("/")
            if name not in shown:
                continue
            value = shown[name]
            if not part:
                picked[name] = value
            elif isinstance(value, Mapping) and part in value:
                picked.setdefault(name, {})[part] = value[part]
        return picked


class Row:
    """One record's present document, the one that lists show, and writes that they lack."""

    __slots__ = ("current", "listed", "pending")

    def __init__(self) -> None:
        self.current: Document | None = None
        self.listed: Document | None = None
        self.pending: list[tuple[datetime, Document | None]] = []

    def mature(self, now: datetime) -> None:
        """Let lists see every write whose time has come."""
        while self.pending and self.pending[0][0] <= now:
            self.listed = self.pending.pop(0)[1]


class Table:
    """The records of one kind, in the order of their ids.

    Additions have a table for each agreement.
    """

    def __init__(self) -> None:
        self.last_id = 0
        """The highest id ever given."""
        self.odd: dict[int, object] = {}
        """Records that answers show oddly: other fields in place of theirs, bytes behind theirs, so
        that a name can stand twice, or anything in place of the record."""
        self._rows: dict[int, Row] = {}
        self._lagging: set[int] = set()
        self._next_due: datetime | None = None
        self._listing: list[Document] | None = None
        self._selections: dict[tuple[Condition | None, str], list[Document]] = {}

    @classmethod
    def together(cls, now: datetime, *tables: "Table") -> "Table":
        """Return one table of the records that several tables list at a moment."""
        whole = cls()
        for document in sorted(
            (each for table in tables for each in table.listed(now)), key=_id_of
        ):
            whole.put(_id_of(document), document, now=now, lag=timedelta())
        return whole

    def only(self, now: datetime, ids: Collection[int]) -> "Table":
        """Return a table of these records alone, as lists show them at a moment."""
        some = Table()
        for document in self.listed(now):
            if _id_of(document) in ids:
                some.put(_id_of(document), document, now=now, lag=timedelta())
        return some

    def __contains__(self, record_id: int) -> bool:
        row = self._rows.get(record_id)
        return row is not None and row.current is not None

    def get(self, record_id: int) -> Document | None:
        """Return a record as it is now, or None."""
        row = self._rows.get(record_id)
        return None if row is None else row.current

    def current(self) -> list[Document]:
        """Return all records as they are now."""
        return [row.current for row in self._rows.values() if row.current is not None]

    def put(
        self, record_id: int, document: Document | None, *, now: datetime, lag: timedelta
    ) -> None:
        """Write a record (None: delete it); lists show it once the lag has passed."""
        row = self._rows.get(record_id)
        if row is None:
            row = self._rows[record_id] = Row()
            self.last_id = max(self.last_id, record_id)
        row.current = document
        if not lag and not row.pending:
            row.listed = document
            self._forget_lists()
            return
        due = now + lag
        if row.pending:
            due = max(due, row.pending[-1][0])
        row.pending.append((due, document))
        self._lagging.add(record_id)
        self._next_due = due if self._next_due is None else min(due, self._next_due)

    def json(self, document: Document) -> bytes:
        """Return a record as an answer shows it."""
        if not self.odd or document.fields["id"] not in self.odd:
            return document.json
        odd = self.odd[document.fields["id"]]
        if isinstance(odd, bytes):
            return b"%b,%b}" % (document.json[:-1], odd)
        # Half a character can be escaped, and not be encoded.
        return json.dumps({**document.shown(), **odd} if isinstance(odd, Mapping) else odd).encode()

    def compute(self, record_id: int, name: str, value: object) -> None:
        """Set a computed field in every version of a record.

        It is no write, so no list lags behind it.
        """
        row = self._rows[record_id]
        renewed: dict[int, Document] = {}

        def renew(document: Document | None) -> Document | None:
            if document is None:
                return None
            if id(document) not in renewed:
                fields = {**document.fields, name: value}
                renewed[id(document)] = Document(fields, open_end=document.open_end)
            return renewed[id(document)]

        row.current, row.listed = renew(row.current), renew(row.listed)
        row.pending = [(due, renew(document)) for due, document in row.pending]
        self._forget_lists()

    def listed(self, now: datetime) -> list[Document]:
        """Return the records that a list shows now, by id."""
        if self._next_due is not None and self._next_due <= now:
            self._mature(now)
        if self._listing is None:
            self._listing = [row.listed for row in self._rows.values() if row.listed is not None]
        return self._listing

    def select(self, now: datetime, condition: Condition | None, order: str) -> list[Document]:
        """Return the listed records that match, in an order such as `name desc, id`.

        The order's names are already checked. The result is kept until the next write, so that all
        pages of a long list cost one pass.
        """
        documents = self.listed(now)
        if condition is None and not order:
            return documents
        key = (condition, order)
        kept = self._selections.get(key)
        if kept is None:
            matches = condition.matches if condition else None
            kept = [
                document for document in documents if matches is None or matches(document.fields)
            ]
            for path, descending in reversed(_sort_keys(order)):
                kept.sort(
                    key=lambda document: _sortable(field_value(document.fields, path)),
                    reverse=descending,
                )
            self._selections[key] = kept
        return kept

    def _mature(self, now: datetime) -> None:
        due: list[datetime] = []
        for record_id in list(self._lagging):
            row = self._rows[record_id]
            row.mature(now)
            if row.pending:
                due.append(row.pending[0][0])
            else:
                self._lagging.discard(record_id)
                if row.current is None:
                    del self._rows[record_id]
        self._next_due = min(due, default=None)
        self._forget_lists()

    def _forget_lists(self) -> None:
        self._listing = None
        self._selections.clear()


def _id_of(document: Document) -> int:
    return int(document.fields["id"])


def _sort_keys(order: str) -> list[tuple[str, bool]]:
    keys: list[tuple[str, bool]] = []
    for part in order.split(","):
        words = part.split()
        if words:
            keys.append(
                (SHORT_NAMES.get(words[0], words[0]), len(words) > 1 and words[1].lower() == "desc")
            )
    return keys


def sort_names(order: str) -> list[str]:
    """Return the names that an `orderBy` uses, as it spells them."""
    return [part.split()[0] for part in order.split(",") if part.strip()]


def _sortable(value: Any) -> tuple[int, Any]:  # noqa: ANN401 - a JSON value
    if value is None:
        return (0, 0)
    if isinstance(value, str):
        return (2, value.casefold())
    return (1, value) if isinstance(value, int | float) else (0, 0)
