"""A ledger on top of another one: it reads that one, and keeps all writes to itself."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from tally.domain.model.company import EVERYBODY, CompanyLink, LinkChange, Stretch, first_link
from tally.domain.model.month import Month
from tally.domain.model.standing import Standing
from tally.domain.model.ticks import Ticks
from tally.domain.record.history import HistoryEntry, Transition
from tally.domain.record.record_key import RecordKey
from tally.domain.record.unreadable import Unreadable, readable
from tally.domain.record.usage_record import UsageRecord
from tally.errors import ConflictError
from tally.ledger.history_entry import check, check_change, entry_of, entry_of_change
from tally.ledger.standings_in_bulk import attempt, saved_all
from tally.ports import Ledger


def _nobody(company_id: str) -> bool:
    del company_id
    return False


@dataclass(slots=True, kw_only=True)
class OverlayLedger:
    """Implements ``tally.ports.Ledger``: what is written to it is seen in it, and not below.

    ``through`` is True for a company whose standing and link are written below all the same: for
    nobody, if left out. A record is never written below. ``transitions`` and ``changes`` hold the
    writes in order. Versions are checked as in the real ledger. It serves one thread.
    """

    below: Ledger
    through: Callable[[str], bool] = _nobody
    transitions: list[Transition] = field(default_factory=list)
    changes: list[LinkChange] = field(default_factory=list)
    standings: dict[str, Standing] = field(default_factory=dict)
    _ticks: Ticks | None = None
    _listed: dict[str, Standing] | None = None
    _linked: dict[int, str] | None = None
    _records: dict[RecordKey, UsageRecord] = field(default_factory=dict)
    _links: dict[str, CompanyLink] = field(default_factory=dict)

    def begin_tick(self, tick: datetime, *, services: Collection[str] = ()) -> Ticks:
        """Begin the tick in this ledger alone."""
        known = self.ticks()
        month = Month.of(tick)
        if known is None:
            known = Ticks(newest=tick, first_month=month)
        newer = replace(known, newest=max(known.newest, tick))
        self._ticks = newer.knowing(services, month) if known.newest <= tick else newer
        return self._ticks

    def note_lists(self, tick: datetime) -> None:
        """Note that the tick has read GravityZone's lists."""
        known = self.ticks()
        if known is None:
            raise ConflictError(
                f"the ledger did not take what the tick {tick.isoformat()} read: had it begun?"
            )
        self._ticks = known.with_lists(tick)

    def note_products(self, products: Mapping[str, int]) -> None:
        """Remember the products."""
        known = self.ticks()
        if known is None:
            raise ConflictError("the ledger did not take the products: had a tick begun?")
        self._ticks = replace(known, products=dict(products))

    def finish_tick(self, tick: datetime) -> None:
        """Note that the tick has planned everything."""
        known = self.ticks()
        if known is None:
            raise ConflictError(
                f"the ledger did not take the end of the tick {tick.isoformat()}: had it begun?"
            )
        self._ticks = known.ended(tick)

    def ticks(self) -> Ticks | None:
        """Return the knowledge of ticks; None before the first."""
        return self._ticks or self.below.ticks()

    def all_links(self) -> Iterable[CompanyLink | Unreadable]:
        """Return every company's link."""
        return _over({each.company_id: each for each in self.below.all_links()}, self._links)

    def all_standings(self, within: Stretch = EVERYBODY) -> Iterable[Standing]:
        """Return every company's standing."""
        listed = {each.company_id: each for each in self.below.all_standings(within)}
        self._listed = listed if self._listed is None else self._listed | listed
        return [each for each in _over(listed, self.standings) if each.company_id in within]

    def all_open_records(self, within: Stretch = EVERYBODY) -> Iterable[UsageRecord | Unreadable]:
        """Return every record that is not settled."""
        records, unreadable = self._known(self.below.all_open_records(within))
        open_ones = [
            key for key in sorted(records) if not records[key].settled and key.company_id in within
        ]
        return [*unreadable, *(records[key] for key in open_ones)]

    def all_settled_records(
        self, month: Month, within: Stretch = EVERYBODY
    ) -> Iterable[UsageRecord | Unreadable]:
        """Return the month's records that are settled."""
        records, unreadable = self._known(self.below.all_settled_records(month, within))
        found = [key for key in sorted(records) if key.month == month and key.company_id in within]
        return [*unreadable, *(records[key] for key in found if records[key].settled)]

    def _known(
        self, below: Iterable[UsageRecord | Unreadable]
    ) -> tuple[dict[RecordKey, UsageRecord], Sequence[Unreadable]]:
        listed = list(below)
        records = {
            each.key: each for each in listed if not isinstance(each, Unreadable)
        } | self._records
        return records, [each for each in listed if isinstance(each, Unreadable)]

    def record(self, key: RecordKey) -> UsageRecord | None:
        """Return one record."""
        return self._records.get(key) or self.below.record(key)

    def history(self, key: RecordKey) -> Sequence[HistoryEntry]:
        """Return the record's transitions, oldest first."""
        return [
            *self.below.history(key),
            *(entry_of(each) for each in self.transitions if each.after.key == key),
        ]

    def link(self, company_id: str) -> CompanyLink | None:
        """Return one company's link."""
        return self._links.get(company_id) or self.below.link(company_id)

    def link_history(self, company_id: str) -> Sequence[HistoryEntry]:
        """Return the changes of a company's link, oldest first."""
        own = (
            entry_of_change(each) for each in self.changes if each.after.company_id == company_id
        )
        return [*self.below.link_history(company_id), *own]

    def standing(self, company_id: str) -> Standing | None:
        """Return one company's standing."""
        if company_id in self.standings:
            return self.standings[company_id]
        found = self.below.standing(company_id)
        if self._listed is not None and found is not None:
            self._listed[company_id] = found  # a worker may have written it since it was listed
        return found

    def save(self, transition: Transition, change: LinkChange | None = None) -> None:
        """Keep the record.

        Raises:
            ConflictError: The ledger below would have refused it.
        """
        check(transition)
        known = self.record(transition.after.key)
        if (0 if known is None else known.version) != transition.expected_version:
            raise ConflictError(
                f"the record of {transition.after.key} has been written by somebody else since it "
                "was read."
            )
        # The link first: below, both are one transaction, so a link that is refused keeps the
        # record back.
        if change is not None:
            self.change_link(change)
        self._records[transition.after.key] = transition.after
        self.transitions.append(transition)

    def add_link(self, link: CompanyLink) -> None:
        """Link the company."""
        self.change_link(first_link(link))

    def change_link(self, change: LinkChange) -> None:
        """Keep the link, or write it below if the company is to be written through.

        Raises:
            ConflictError: The ledger below would have refused it.
        """
        check_change(change)
        after = change.after
        if self.through(after.company_id):
            self.below.change_link(change)
            return
        if not self._is_as_read(change):
            raise ConflictError(
                f"the link of {after.company_id} has been written by somebody else since it was "
                "read."
            )
        linked = self._whose()
        if change.freed is not None:
            linked.pop(change.freed, None)
            if change.heir is not None:
                linked[change.freed] = change.heir.company_id
        if change.taken is not None and change.holder is None:
            linked[change.taken] = after.company_id
        self._links[after.company_id] = after
        self.changes.append(change)

    def _is_as_read(self, change: LinkChange) -> bool:
        """Return True if nobody has written what the change was decided on."""
        company_id = change.after.company_id
        known = self.link(company_id)
        at_version = (0 if known is None else known.version) == change.expected_version
        as_seen = all(self.link(each.company_id) == each for each in change.beside)
        whose = None if change.taken is None else self._whose().get(change.taken)
        taken = whose not in (None, company_id) and change.holder is None
        return at_version and as_seen and not taken

    def _whose(self) -> dict[int, str]:
        """Return the company that each ConnectWise company is linked to; read once."""
        # Once, as a plan may link thousands of companies; own changes are kept up in it.
        if self._linked is None:
            links = readable(self.all_links())
            self._linked = {
                each.connectwise_id: each.company_id
                for each in links
                if each.connectwise_id is not None
            }
        return self._linked

    def save_standing(self, standing: Standing) -> None:
        """Keep the standing, or write it below if the company is to be written through.

        Raises:
            ConflictError: The ledger below would have refused it.
        """
        if self.through(standing.company_id):
            self.below.save_standing(standing)
            return
        known = self.standings.get(standing.company_id)
        if known is None:
            # What was listed a moment ago is not asked for again, one company at a time.
            listed = self._listed
            known = (
                self.below.standing(standing.company_id)
                if listed is None
                else listed.get(standing.company_id)
            )
        written = replace(standing, version=standing.version + 1, unreadable="")
        if known != written and (0 if known is None else known.version) != standing.version:
            raise ConflictError(
                f"the standing of {standing.company_id} has been written since it was read."
            )
        self.standings[standing.company_id] = written

    def save_standings(self, standings: Iterable[Standing]) -> int:
        """Keep many, each on its own. Return how many somebody else had written first."""
        return saved_all(attempt(self.save_standing, each) for each in standings)


def _over[T, U](below: dict[str, T], above: dict[str, U]) -> list[T | U]:
    both: dict[str, T | U] = {**below, **above}
    return [both[name] for name in sorted(both)]
