"""Find what differs between the books in the bucket, their manifests and the ledger (PROOF-6)."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from tally.domain.book.edition import Edition, Link, MonthBooks
from tally.domain.book.manifest import FileMark, Manifest, read_manifest, sha256
from tally.domain.model.month import Month

_SHOWN = 200
"""Characters of an error that are told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Something that is not as it was published. ``edition`` 0 stands for the month as a whole.

    ``file`` is empty if it is not about one file.
    """

    month: Month
    edition: int
    file: str
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelved:
    """An edition as the bucket has it: its manifest, and the names of its other files."""

    month: Month
    number: int
    manifest: bytes | None
    names: frozenset[str]

    @property
    def link(self) -> Link | None:
        """The link to it; None without a manifest."""
        if self.manifest is None:
            return None
        return Link(month=self.month, edition=self.number, sha256=sha256(self.manifest))


def read(shelved: Shelved) -> Manifest | Difference:
    """Read an edition's manifest, or say what is wrong with it."""
    if shelved.manifest is None:
        return _of(shelved, "manifest.json is missing")
    try:
        manifest = read_manifest(shelved.manifest)
    except ValueError as error:
        return _of(shelved, f"manifest.json cannot be read: {str(error)[:_SHOWN]}")
    if (manifest.month, manifest.edition) != (shelved.month, shelved.number):
        return _of(
            shelved,
            f"manifest.json is that of {manifest.month}, edition {manifest.edition}",
        )
    return manifest


def differing_names(shelved: Shelved, manifest: Manifest) -> Iterator[Difference]:
    """Yield each file that the manifest names and the bucket lacks, and each that is extra."""
    named = {each.name for each in manifest.files}
    for name in sorted(named - shelved.names):
        yield _of(shelved, "is missing", file=name)
    for name in sorted(shelved.names - named):
        yield _of(shelved, "is not named in the manifest: it was put there by others", file=name)


def differing_file(shelved: Shelved, mark: FileMark, content: bytes | None) -> Difference | None:
    """Compare a file with its mark; return None if it is as it was published."""
    if content is None:
        return _of(shelved, "is missing", file=mark.name)
    found = sha256(content)
    if found == mark.sha256:
        return None
    return _of(
        shelved,
        f"was changed: its SHA-256 is {found}, and the manifest says {mark.sha256}",
        file=mark.name,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """All editions that the bucket has, and what the ledger knows of each month.

    ``unread`` has the reason of each month whose item in the ledger cannot be read. Months before
    ``since`` are no longer kept: nothing is expected of them.
    """

    shelf: Mapping[tuple[Month, int], Shelved]
    ledger: Mapping[Month, MonthBooks]
    unread: Mapping[Month, str] = field(default_factory=dict)
    since: Month | None = None

    def differences(self) -> Iterator[Difference]:
        """Yield what differs, month by month; the files themselves are not looked into."""
        for month in self._months():
            numbers = sorted(number for each, number in self.shelf if each == month)
            known = self.ledger.get(month, MonthBooks(month=month))
            if month in self.unread:
                yield Difference(month=month, edition=0, file="", what=self.unread[month])
            elif not numbers and not known.editions:
                yield Difference(month=month, edition=0, file="", what="there is no book of it")
            yield from self._not_in_the_bucket(known, numbers)
            for number in numbers:
                yield from self._edition(self.shelf[month, number], known)

    def _months(self) -> Iterator[Month]:
        """Yield each month from the first book to the newest, those without a book included."""
        known = {month for month, books in self.ledger.items() if books.editions}
        known |= self.unread.keys()
        found = {month for month, _ in self.shelf}
        months = [each for each in known | found if self.keeps(each)]
        if months:
            yield from min(months).through(max(months))

    def keeps(self, month: Month) -> bool:
        """Return True if books of the month are kept still."""
        return self.since is None or month >= self.since

    def _not_in_the_bucket(self, known: MonthBooks, numbers: Iterable[int]) -> Iterator[Difference]:
        for each in known.editions:
            if each.number not in numbers:
                yield Difference(
                    month=known.month,
                    edition=each.number,
                    file="",
                    what="is missing: the ledger knows that it was published",
                )

    def _edition(self, shelved: Shelved, known: MonthBooks) -> Iterator[Difference]:
        edition = next((each for each in known.editions if each.number == shelved.number), None)
        if edition is None and shelved.number == known.next_number and _is_begun(known):
            return  # a run that was interrupted; the next one completes it, and it does not count
        manifest = read(shelved)
        if isinstance(manifest, Difference):
            yield manifest
            return
        # A ledger that cannot be read says nothing for or against an edition.
        if shelved.month not in self.unread:
            yield from _unlike_the_ledger(shelved, edition)
        yield from differing_names(shelved, manifest)
        yield from self._before(shelved, manifest.before, edition)
        yield from self._replaces(shelved, manifest.replaces)

    def _before(
        self, shelved: Shelved, before: Link | None, edition: Edition | None
    ) -> Iterator[Difference]:
        if before is None:
            # Only the ledger knows when it was published, and so which books were there by then.
            if edition is not None and self._had_earlier(edition, shelved.month):
                yield _of(shelved, "its manifest leaves out the month before it")
        elif before.month >= shelved.month:
            yield _of(shelved, f"its manifest calls {_named(before)} the month before")
        # The bucket's own rule drops books that are past their time (template), which is no gap.
        elif self.keeps(before.month):
            yield from self._link(shelved, before, "the month before it")

    def _replaces(self, shelved: Shelved, replaces: Link | None) -> Iterator[Difference]:
        if replaces is None:
            if shelved.number > 1:
                yield _of(shelved, "its manifest leaves out the edition that it replaces")
        elif replaces.month != shelved.month or replaces.edition != shelved.number - 1:
            yield _of(shelved, f"its manifest says that it replaces {_named(replaces)}")
        else:
            yield from self._link(shelved, replaces, "the edition that it replaces")

    def _link(self, shelved: Shelved, link: Link, what: str) -> Iterator[Difference]:
        """Look whether the bucket has what a manifest is chained to."""
        found = self.shelf.get((link.month, link.edition))
        if found is None or found.link is None:
            yield _of(shelved, f"{what}, {_named(link)}, is missing")
        elif found.link != link:
            yield _of(
                shelved,
                f"the manifest of {what}, {_named(link)}, is not the one that it was chained to",
            )

    def _had_earlier(self, edition: Edition, month: Month) -> bool:
        """Return True if an earlier month had a book when this edition was published."""
        return any(
            each.published < edition.published
            for earlier, books in self.ledger.items()
            if earlier < month
            for each in books.editions
        )


def _is_begun(known: MonthBooks) -> bool:
    # A run that failed takes its claim back and leaves the trouble; its files may be there.
    return known.claim is not None or known.trouble is not None


def _unlike_the_ledger(shelved: Shelved, edition: Edition | None) -> Iterator[Difference]:
    if edition is None:
        yield _of(shelved, "the ledger does not know of it: it was put there by others")
    elif shelved.link is not None and shelved.link.sha256 != edition.sha256:
        yield _of(shelved, "manifest.json is not the one that was published")


def _named(link: Link) -> str:
    return f"{link.month.label}, edition {link.edition}"


def _of(shelved: Shelved, what: str, *, file: str = "") -> Difference:
    return Difference(month=shelved.month, edition=shelved.number, file=file, what=what)
