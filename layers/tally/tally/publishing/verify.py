"""Verify that every published book is as it was published: the use case of `tally book verify`.

Every file is read and hashed, every manifest is compared with the ledger, and the chain of months
is walked (PROOF-6).
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from itertools import batched

from tally.domain.book.bucket_port import Bucket
from tally.domain.book.chain import Chain, Difference, Shelved, differing_file, read
from tally.domain.book.ledger_port import BookLedger
from tally.domain.book.manifest import FILE, ROOT, FileMark, Manifest, folder, place_of
from tally.domain.model.month import YEARS, Month
from tally.ports import Ledger

_AT_ONCE = 8
"""The number of objects that are read at the same time."""


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
        since = _since(now, self.kept_months)
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            first = self._first()
            names, strays = self._names(first, Month.of(now))
            shelf = {
                (each.month, each.number): each for each in pool.map(self._shelved, names.items())
            }
            known = pool.map(self.books.read, _months(first, Month.of(now)))
            chain = Chain(shelf=shelf, ledger={each.month: each for each in known}, since=since)
            looked = [
                each
                for each in shelf.values()
                if (month is None or each.month == month) and (since is None or each.month >= since)
            ]
            found = [each for each in chain.differences() if month in (None, each.month)]
            files = 0
            for batch in batched(_marks(looked), 4 * _AT_ONCE, strict=False):
                files += len(batch)
                for difference in pool.map(self._compared, batch):
                    found += [] if difference is None else [difference]
                on_files(len(batch), batch[-1][1].name)
        return Verified(
            editions=sum(each.manifest is not None for each in looked),
            files=files,
            differences=tuple(sorted(found, key=_order)),
            strays=() if month else tuple(strays),
        )

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


def _months(first: Month, last: Month) -> Iterator[Month]:
    month = first
    while month <= last:
        yield month
        month = month.next


def _marks(looked: Iterable[Shelved]) -> Iterator[tuple[Shelved, FileMark]]:
    """Yield each file that a manifest names and the bucket has."""
    for shelved in looked:
        manifest = read(shelved)
        if isinstance(manifest, Manifest):
            yield from ((shelved, each) for each in manifest.files if each.name in shelved.names)


def _since(now: datetime, kept_months: int) -> Month | None:
    """Return the oldest month that is sure to be kept still; None if all are."""
    if not kept_months:
        return None
    month = Month.of(now)
    for _ in range(kept_months):
        month = month.previous
    return month


def _order(of: Difference) -> tuple[Month, int, str]:
    return of.month, of.edition, of.file
