"""A ledger in memory: it promises what the DynamoDB one does, and fails or lags when told to."""

from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from threading import Lock

from tally.domain.model.company import EVERYBODY, CompanyLink, LinkChange, Stretch, first_link
from tally.domain.model.month import Month
from tally.domain.model.standing import Standing
from tally.domain.model.ticks import Ticks
from tally.domain.record.history import HistoryEntry, Transition
from tally.domain.record.record_key import RecordKey
from tally.domain.record.usage_record import UsageRecord
from tally.errors import ConflictError
from tally.ledger.history_entry import check, check_change, entry_of, entry_of_change
from tally.ledger.standings_in_bulk import attempt, saved_all


@dataclass(slots=True)
class _Fault:
    operation: str
    error: Exception
    after: bool


class _Effect:
    """Holds the lock around one effect, which fails before or after as ordered."""

    __slots__ = ("_faults", "_lock", "_operation")

    def __init__(self, lock: Lock, faults: list[_Fault], operation: str) -> None:
        self._lock = lock
        self._faults = faults
        self._operation = operation

    def __enter__(self) -> None:
        self._lock.acquire()
        try:
            self._fail(after=False)
        except BaseException:
            self._lock.release()
            raise

    def __exit__(self, kind: object, error: object, traceback: object) -> None:
        try:
            if kind is None:
                self._fail(after=True)
        finally:
            self._lock.release()

    def _fail(self, *, after: bool) -> None:
        for fault in self._faults:
            if fault.operation == self._operation and fault.after is after:
                self._faults.remove(fault)
                raise fault.error


@dataclass(slots=True)
class _Index:
    """The entries that the ``all_…`` reads see."""

    links: dict[str, CompanyLink] = field(default_factory=dict)
    standings: dict[str, Standing] = field(default_factory=dict)
    open: dict[RecordKey, UsageRecord] = field(default_factory=dict)
    settled: dict[Month, dict[RecordKey, UsageRecord]] = field(default_factory=dict)

    def show(self, thing: CompanyLink | Standing | UsageRecord) -> None:
        if isinstance(thing, UsageRecord):
            self._show_record(thing)
        elif isinstance(thing, Standing):
            self.standings[thing.company_id] = thing
        else:
            self.links[thing.company_id] = thing

    def _show_record(self, record: UsageRecord) -> None:
        settled = self.settled.setdefault(record.key.month, {})
        if not record.settled:
            settled.pop(record.key, None)
            self.open[record.key] = record
        else:
            self.open.pop(record.key, None)
            settled[record.key] = record


class MemoryLedger:
    """A `Ledger` that keeps the frozen domain objects themselves; safe to share between threads.

    With `now` and `index_lag` set, what the `all_…` reads give is as old as that.
    """

    def __init__(
        self, *, now: Callable[[], datetime] | None = None, index_lag: timedelta = timedelta()
    ) -> None:
        if index_lag and now is None:
            raise ValueError("an index that lags needs a clock")
        self.index_lag = index_lag
        self._now = now
        self._ticks: Ticks | None = None
        self._links: dict[str, CompanyLink] = {}
        self._linked: dict[int, str] = {}
        self._changes: dict[str, list[LinkChange]] = {}
        self._standings: dict[str, Standing] = {}
        self._records: dict[RecordKey, UsageRecord] = {}
        self._history: dict[RecordKey, list[Transition]] = {}
        self._index = _Index()
        self._unseen: deque[tuple[datetime, CompanyLink | Standing | UsageRecord]] = deque()
        self._faults: list[_Fault] = []
        self._lock = Lock()
        self.journal: list[Transition] | None = None
        """A list that gets every transition too, for a reader who clears it."""

    def fail_next(
        self, operation: str, error: Exception, *, after: bool = False, times: int = 1
    ) -> None:
        """Let the next calls of the method `operation` raise `error`.

        They raise before their effect, or after it.
        """
        if not hasattr(self, operation):
            raise ValueError(f"a ledger has no {operation}")
        self._faults += [_Fault(operation, error, after) for _ in range(times)]

    def forget_faults(self) -> None:
        """Take back what `fail_next` ordered and has not happened yet."""
        self._faults.clear()

    def every_record(self) -> Iterable[UsageRecord]:
        """All records as they are now; for whoever compares with the truth."""
        return self._records.values()

    def links(self) -> Mapping[str, CompanyLink]:
        """Every link as it is now, by company id; for the same."""
        return self._links

    def begin_tick(self, tick: datetime, *, services: Collection[str] = ()) -> Ticks:
        """Remember `tick` if it is the newest, and the first month if there is none.

        Return what is known. Remember the first month of each of the services too.
        """
        with self._effect("begin_tick"):
            if self._ticks is None:
                self._ticks = Ticks(newest=tick, first_month=Month.of(tick)).knowing(
                    services, Month.of(tick)
                )
            elif self._ticks.newest < tick:
                self._ticks = replace(self._ticks, newest=tick).knowing(services, Month.of(tick))
            return self._ticks

    def note_lists(self, tick: datetime) -> None:
        """Remember that the tick, and so its month, read GravityZone's lists (OPEN-9).

        Raise ConflictError if no tick has begun.
        """
        with self._effect("note_lists"):
            if self._ticks is None:
                raise ConflictError(
                    f"the ledger did not take what the tick {tick.isoformat()} read: had it begun?"
                )
            self._ticks = self._ticks.with_lists(tick)

    def note_products(self, products: Mapping[str, int]) -> None:
        """Remember each service's product (SAFE-9); raise ConflictError if no tick has begun."""
        with self._effect("note_products"):
            if self._ticks is None:
                raise ConflictError("the ledger did not take the products: had a tick begun?")
            self._ticks = replace(self._ticks, products=dict(products))

    def finish_tick(self, tick: datetime) -> None:
        """Remember that the tick planned everything; ConflictError if none has begun."""
        with self._effect("finish_tick"):
            if self._ticks is None:
                raise ConflictError(
                    f"the ledger did not take the end of the tick {tick.isoformat()}: had it begun?"
                )
            self._ticks = self._ticks.ended(tick)

    def ticks(self) -> Ticks | None:
        """Return what is known of ticks, or None before the first."""
        with self._effect("ticks"):
            return self._ticks

    def all_links(self) -> Iterable[CompanyLink]:
        """Every company's link, by company id."""
        with self._effect("all_links"):
            return _sorted(self._indexed().links)

    def all_standings(self, within: Stretch = EVERYBODY) -> Iterable[Standing]:
        """Every company's standing, by company id."""
        with self._effect("all_standings"):
            return [
                each for each in _sorted(self._indexed().standings) if each.company_id in within
            ]

    def all_open_records(self, within: Stretch = EVERYBODY) -> Iterable[UsageRecord]:
        """Every record that is not settled, by company id, month and service (CLOSE-3)."""
        with self._effect("all_open_records"):
            return _sorted_within(self._indexed().open, within)

    def all_settled_records(
        self, month: Month, within: Stretch = EVERYBODY
    ) -> Iterable[UsageRecord]:
        """The month's records that are settled, by company id and service."""
        with self._effect("all_settled_records"):
            return _sorted_within(self._indexed().settled.get(month, {}), within)

    def record(self, key: RecordKey) -> UsageRecord | None:
        """One record."""
        with self._effect("record"):
            return self._records.get(key)

    def history(self, key: RecordKey) -> Sequence[HistoryEntry]:
        """The record's transitions, oldest first."""
        with self._effect("history"):
            return [entry_of(transition) for transition in self._history.get(key, ())]

    def link(self, company_id: str) -> CompanyLink | None:
        """One company's link."""
        with self._effect("link"):
            return self._links.get(company_id)

    def link_history(self, company_id: str) -> Sequence[HistoryEntry]:
        """The changes of a company's link, oldest first."""
        with self._effect("link_history"):
            return [entry_of_change(change) for change in self._changes.get(company_id, ())]

    def standing(self, company_id: str) -> Standing | None:
        """One company's standing."""
        with self._effect("standing"):
            return self._standings.get(company_id)

    def save(self, transition: Transition, change: LinkChange | None = None) -> None:
        """Write the record and its history together.

        Raise ConflictError if its version is not the expected one. `change` is written with it, on
        its own conditions.
        """
        check(transition)
        with self._effect("save"):
            after = transition.after
            known = self._records.get(after.key)
            if (0 if known is None else known.version) != transition.expected_version:
                raise ConflictError(
                    f"the record of {after.key} has been written by somebody else since it was "
                    "read."
                )
            if change is not None:
                self._change(change)
            self._records[after.key] = after
            self._history.setdefault(after.key, []).append(transition)
            if self.journal is not None:
                self.journal.append(transition)
            self._show(after)

    def add_link(self, link: CompanyLink) -> None:
        """Link a company to a ConnectWise company.

        Raise ConflictError if either of the two is linked already.
        """
        with self._effect("add_link"):
            self._change(first_link(link))

    def change_link(self, change: LinkChange) -> None:
        """Write the link, its history and its ConnectWise company's owner together.

        Raise ConflictError if the link is not at the version expected, or if somebody else is
        linked to its ConnectWise company.
        """
        with self._effect("change_link"):
            self._change(change)

    def _change(self, change: LinkChange) -> None:
        check_change(change)
        after = change.after
        known = self._links.get(after.company_id)
        at_version = (0 if known is None else known.version) == change.expected_version
        as_seen = all(self._links.get(each.company_id) == each for each in change.beside)
        if not (at_version and as_seen and self._may_free(change) and self._may_take(change)):
            raise ConflictError(
                f"the link of {after.company_id} to ConnectWise company {after.connectwise_id} has "
                "been written by somebody else since it was read."
            )
        self._links[after.company_id] = after
        self._changes.setdefault(after.company_id, []).append(change)
        self._relink(change)
        self._show(after)

    def _relink(self, change: LinkChange) -> None:
        if change.freed is not None:
            del self._linked[change.freed]
            if change.heir is not None:
                self._linked[change.freed] = change.heir.company_id
        if change.taken is not None and change.holder is None:
            self._linked[change.taken] = change.after.company_id

    def _may_free(self, change: LinkChange) -> bool:
        if change.freed is None:
            return True
        marked = self._linked.get(change.freed)
        has_heir = marked is not None and change.heir is not None
        return has_heir or marked == change.after.company_id

    def _may_take(self, change: LinkChange) -> bool:
        return change.taken is None or change.taken not in self._linked or change.holder is not None

    def save_standing(self, standing: Standing) -> None:
        """Write the standing as its next version.

        Raise ConflictError if the ledger is not at `standing.version`. To write the same standing
        twice is no conflict.
        """
        with self._effect("save_standing"):
            known = self._standings.get(standing.company_id)
            written = replace(standing, version=standing.version + 1, unreadable="")
            if known == written:
                return
            if (0 if known is None else known.version) != standing.version:
                raise ConflictError(
                    f"the standing of {standing.company_id} has been written since it was read."
                )
            self._standings[standing.company_id] = written
            self._show(written)

    def save_standings(self, standings: Iterable[Standing]) -> int:
        """Save many, each on its own; answer how many were left out because somebody was first."""
        return saved_all(attempt(self.save_standing, each) for each in standings)

    def _effect(self, operation: str) -> "_Effect | Lock":
        return _Effect(self._lock, self._faults, operation) if self._faults else self._lock

    def _show(self, thing: CompanyLink | Standing | UsageRecord) -> None:
        if self._now is None:
            self._index.show(thing)
        else:
            self._unseen.append((self._now(), thing))

    def _indexed(self) -> _Index:
        if self._now is not None:
            seen_until = self._now() - self.index_lag
            while self._unseen and self._unseen[0][0] <= seen_until:
                self._index.show(self._unseen.popleft()[1])
        return self._index


def _sorted[T](things: dict[str, T]) -> list[T]:
    return [things[name] for name in sorted(things)]


def _sorted_within(records: dict[RecordKey, UsageRecord], within: Stretch) -> list[UsageRecord]:
    return [records[key] for key in sorted(records, key=_order) if key.company_id in within]


def _order(key: RecordKey) -> tuple[str, int, int, str]:
    # Much faster than to compare the keys themselves.
    return key.company_id, key.month.year, key.month.number, key.service
