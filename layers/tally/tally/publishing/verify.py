"""Verify that every published book is as it was published: the use case of `tally book verify`.

Every file is read and hashed, every manifest is compared with the ledger, and the chain of months
is walked (PROOF-6).
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import batched

from tally.domain.book.bucket_port import Bucket
from tally.domain.book.chain import Chain, Difference, Shelved, differing_file, read
from tally.domain.book.edition import MonthBooks
from tally.domain.book.ledger_port import BookLedger
from tally.domain.book.manifest import FILE, ROOT, FileMark, Manifest, folder, place_of
from tally.domain.model.month import YEARS, Month
from tally.ports import Ledger
from tally.publishing.known_books import UnreadBooks, known_books

_AT_ONCE = 8
"""The number of objects that are read at the same time."""

_ATTEMPTS = 3
"""Times that it looks at most: a run publishes for minutes, and twice a day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """The number of editions and files that were looked at, and what differs.

    ``strays`` are the keys of objects that are of no book, nor of a month that can have one.
    """

    editions: int
    files: int
    differences: tuple[Difference, ...]
    strays: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verify:
    """The use case with what it needs; it writes nothing.

    ``kept_months`` is the time for which books are kept, 0 for ever.
    """

    ledger: Ledger
    books: BookLedger
    bucket: Bucket
    kept_months: int

    def __call__(
        self, now: datetime, *, month: Month | None = None, on_files: Callable[[int, str], None]
    ) -> Verified:
        """Verify all books, or those of one ``month``.

        ``on_files`` hears how many more files were read, and the name of the last. Raises
        TallyError if bucket or ledger cannot be read.
        """
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            chain, strays = self._looked_up(pool, now)
            asked = [each for each in chain.shelf.values() if month in (None, each.month)]
            looked = [each for each in asked if chain.keeps(each.month)]
            found = [each for each in chain.differences() if month in (None, each.month)]
            marks = list(_marks(looked))
            for batch in batched(marks, 4 * _AT_ONCE, strict=False):
                found += filter(None, pool.map(self._compared, batch))
                on_files(len(batch), batch[-1][1].name)
        return Verified(
            editions=sum(each.manifest is not None for each in looked),
            files=len(marks),
            differences=tuple(sorted(found, key=_order)),
            # A key of no book is of no month either.
            strays=() if month else strays,
        )

    def _looked_up(self, pool: Executor, now: datetime) -> tuple[Chain, tuple[str, ...]]:
        """Return what bucket and ledger have, and the keys of the bucket that are of no book.

        Where a book is published meanwhile, it looks again.
        """
        first, last = self._first(), Month.of(now)
        read = partial(known_books, self.books)
        known = tuple(pool.map(read, first.through(last)))
        for _ in range(_ATTEMPTS):
            names, strays = self._names(first, last)
            shelved = list(pool.map(self._shelved, names.items()))
            # The ledger is read before and after the bucket: equal, no edition came in between.
            before, known = known, tuple(pool.map(read, first.through(last)))
            if known == before:
                break
        chain = Chain(
            shelf={(each.month, each.number): each for each in shelved},
            ledger={each.month: each for each in known if isinstance(each, MonthBooks)},
            unread={each.month: each.why for each in known if isinstance(each, UnreadBooks)},
            since=_since(now, self.kept_months),
        )
        return chain, tuple(strays)

    def _first(self) -> Month:
        """Return the first month that can have a book; any, where the ledger has lost its own."""
        ticks = self.ledger.ticks()
        return Month(YEARS[0], 1) if ticks is None else ticks.first_month

    def _names(
        self, first: Month, last: Month
    ) -> tuple[Mapping[tuple[Month, int], frozenset[str]], list[str]]:
        """Return the names of the files of each edition, and the keys that are of none."""
        names: defaultdict[tuple[Month, int], set[str]] = defaultdict(set)
        strays: list[str] = []
        for key in self.bucket.keys(ROOT):
            place = place_of(key)
            if place is None or not first <= place[0] <= last:
                strays.append(key)
            else:
                names[place[:2]].add(place[2])
        return {place: frozenset(each) for place, each in names.items()}, strays

    def _shelved(self, edition: tuple[tuple[Month, int], frozenset[str]]) -> Shelved:
        (month, number), names = edition
        manifest = self.bucket.get(folder(month, number) + FILE) if FILE in names else None
        return Shelved(month=month, number=number, manifest=manifest, names=names - {FILE})

    def _compared(self, of: tuple[Shelved, FileMark]) -> Difference | None:
        shelved, mark = of
        content = self.bucket.get(folder(shelved.month, shelved.number) + mark.name)
        return differing_file(shelved, mark, content)


def _marks(looked: Iterable[Shelved]) -> Iterator[tuple[Shelved, FileMark]]:
    """Yield each file that a manifest names and the bucket has."""
    for shelved in looked:
        # Files that are missing, or in no manifest, are told by their names already.
        manifest = read(shelved)
        if isinstance(manifest, Manifest):
            yield from ((shelved, each) for each in manifest.files if each.name in shelved.names)


def _since(now: datetime, kept_months: int) -> Month | None:
    """Return the oldest month that is sure to be kept still; None if all are."""
    if not kept_months:
        return None
    return Month.of(now).plus(-kept_months)


def _order(of: Difference) -> tuple[Month, int, str]:
    return of.month, of.edition, of.file
