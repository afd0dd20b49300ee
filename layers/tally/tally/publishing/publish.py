"""Publish the books of closed months: the use case of the function ``book``.

Each run looks at the months that are past their close, and writes a new edition where the records
are not those that the newest edition was drawn from. So the book after the close, the one after the
second reading, a correction, and what an earlier run left undone are one case (PROOF-4).
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

from tally.domain.book.edition import Edition, Link, MonthBooks
from tally.domain.book.ledger_port import BookLedger
from tally.domain.model.month import Month
from tally.domain.record.unreadable import Unreadable, but_of_others, readable
from tally.domain.record.usage_record import RecordState, UsageRecord
from tally.errors import NotStartedError, UnreadableItemError
from tally.ports import Ledger
from tally.publishing.write_edition import Drawn, WriteEdition

MONTHS = 13
"""The number of closed months that each run looks at. An older one is not published anew."""

_ENOUGH = 300
"""Seconds that must be left to begin a further edition: what is begun must be finished."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """The editions that a run added, such as ``2026-11/1``, and how many months were as before."""

    written: Sequence[str]
    unchanged: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Publish:
    """The use case with what it needs. ``seconds_left`` tells the time until the run is stopped.

    ``missing`` names the customers of whom a page cannot be drawn, or not all of it.
    """

    ledger: Ledger
    books: BookLedger
    write: WriteEdition
    missing: Callable[[Month], Iterable[str]]
    close_day: int
    seconds_left: Callable[[], float]

    def __call__(self, at: datetime, *, run: str) -> Published:
        """Publish what is due at ``at``. ``run`` names this run, and its own repeats.

        A month that fails stops no other (SAFE-5). Raises the error of the first that failed;
        NotStartedError if the time did not suffice.
        """
        # Before the settled ones: what is settled between the reads shows twice, not never.
        opened = list(self.ledger.all_open_records())
        written: list[str] = []
        changed = 0
        failures: list[Exception] = []
        first, months = self._months(at)
        before = self._before(months, first, failures)
        for month in months:
            try:
                books = self.books.read(month)
                drawn = self._drawn(month, opened)
                if not (drawn or books.newest or before):
                    continue  # nothing was recorded yet, and the chain has not begun
                after = self._brought_up_to_date(
                    books, drawn or _NOTHING, before, run=run, is_first=not written
                )
            except Exception as error:  # noqa: BLE001 - a bug in one month stops no other either
                # The chain goes on without it: a manifest names the newest earlier book.
                failures.append(error)
                continue
            # Of one month there may be two: one that an earlier run had left half done, and its
            # correction.
            added = [f"{month}/{each.number}" for each in _added(books, after)]
            written += added
            changed += bool(added)
            before = after.link or before
        if failures:
            raise failures[0]
        return Published(written=written, unchanged=len(months) - changed)

    def months(self, at: datetime) -> list[Month]:
        """Return the months that a run at ``at`` looks at, oldest first."""
        return self._months(at)[1]

    def _months(self, at: datetime) -> tuple[Month, list[Month]]:
        """Return the first month ever billed, and those past their close that are looked at."""
        ticks = self.ledger.ticks()
        if ticks is None:
            return Month.of(at), []
        newest = Month.of(at).previous
        # Before its close a month's numbers move at every tick.
        if newest.day_after_end(self.close_day) > at:
            newest = newest.previous
        months: list[Month] = []
        while newest >= ticks.first_month and len(months) < MONTHS:
            months.append(newest)
            newest = newest.previous
        return ticks.first_month, months[::-1]

    def _before(
        self, months: Sequence[Month], first: Month, failures: list[Exception]
    ) -> Link | None:
        """Return the link to the newest readable book before the months; None if there is none."""
        earlier = months[0].previous if months else first.previous
        while earlier >= first:
            try:
                link = self.books.read(earlier).link
            except UnreadableItemError as error:
                failures.append(error)
            else:
                if link is not None:
                    return link
            earlier = earlier.previous
        return None

    def _drawn(self, month: Month, opened: Iterable[UsageRecord | Unreadable]) -> Drawn | None:
        """Return the state that the month's book is drawn from; None if there is no record."""
        aside: dict[str, str] = {}
        listed = but_of_others(chain(opened, self.ledger.all_settled_records(month)), month)
        records = [each for each in readable(listed, aside) if each.key.month == month]
        if not (records or aside):
            return None
        return Drawn(
            records=frozenset(
                (each.key.company_id, each.key.service, each.version) for each in records
            ),
            unreadable=frozenset(aside),
            closed=all(each.state is not RecordState.OPEN for each in records),
        )

    def _brought_up_to_date(
        self, books: MonthBooks, drawn: Drawn, before: Link | None, *, run: str, is_first: bool
    ) -> MonthBooks:
        while not self._is_of(books, drawn):
            # The first edition is begun in any case, so that each run brings at least one.
            if not is_first and self.seconds_left() < _ENOUGH:
                raise NotStartedError(
                    f"The time did not suffice to publish the book of {books.month.label}: it is "
                    "published at the next attempt."
                )
            books = self.write(books, drawn, before, run=run)
            is_first = False
        return books

    def _is_of(self, books: MonthBooks, drawn: Drawn) -> bool:
        """Return True if the newest edition is drawn from that.

        An edition in which somebody is missing, though the records can be read, is drawn anew once
        that can be read, too (SAFE-5).
        """
        newest = books.newest
        if newest is None:
            return False
        if newest.state == drawn.state:
            return True
        # This draws the whole book, so it is done only where the records are the same ones.
        return not newest.final and newest.state == drawn.lacking(self.missing(books.month)).state


def _added(before: MonthBooks, after: MonthBooks) -> Iterator[Edition]:
    return iter(after.editions[len(before.editions) :])


_NOTHING = Drawn(records=frozenset(), unreadable=frozenset(), closed=True)
"""The state of a month of which nothing was recorded, between months with books."""
