"""Write one edition of a month's book: announce it, its pages, its manifest, and the outcome.

Killed between any two of these effects, the next run goes on from what is there: an edition counts
from its manifest on, and of one edition there is never a second manifest (PROOF-4).
"""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import batched

from tally.domain.book.bucket_port import Bucket
from tally.domain.book.edition import Edition, Link, MonthBooks, Trouble
from tally.domain.book.ledger_port import BookLedger
from tally.domain.book.manifest import (
    FILE,
    FileMark,
    Manifest,
    folder,
    read_manifest,
    sha256,
    state_mark,
)
from tally.domain.model.month import Month
from tally.errors import BugError, ConflictError, ContractError, TallyError
from tally.ports import Clock
from tally.publishing.pages import media_type

_SHOWN = 200
"""Characters of an error that are told."""

AFTER_THE_END = timedelta(seconds=15)
"""The time after a run was stopped until another one takes over what it announced."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """What a book is drawn from: each record's company, service and version.

    ``unreadable`` are the companies of whom something could not be read. ``closed`` is True if no
    record is open.
    """

    records: frozenset[tuple[str, str, int]]
    unreadable: frozenset[str]
    closed: bool

    @property
    def state(self) -> str:
        """The mark of all that."""
        return state_mark(self.records, self.unreadable)

    @property
    def final(self) -> bool:
        """False if the book is provisional."""
        return self.closed and not self.unreadable

    def lacking(self, companies: Iterable[str]) -> "Drawn":
        """Return it without what could not be read of these companies either."""
        return replace(self, unreadable=self.unreadable.union(companies))


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteEdition:
    """Writes editions. ``seconds_left`` tells the time until the run is stopped.

    ``pages`` draws a month's files, and puts the reasons of what it cannot read in the dictionary.

    ``at_once`` is the number of files that are stored at the same time.
    """

    books: BookLedger
    bucket: Bucket
    clock: Clock
    pages: Callable[[Month, dict[str, str]], Iterable[tuple[str, bytes]]]
    seconds_left: Callable[[], float]
    at_once: int = 8

    def __call__(
        self, books: MonthBooks, drawn: Drawn, before: Link | None, *, run: str
    ) -> MonthBooks:
        """Write the next edition; return the month's books with it.

        If the bucket has its manifest already, that edition is recorded as it stands there: a run
        was stopped, or the ledger was restored, after it was written. Raises ConflictError if
        another run may be writing; TallyError if it fails, and the ledger then knows why.
        """
        now = self.clock.now()
        if books.is_claimed(now, but=run):
            raise ConflictError(f"Another run is writing the book of {books.month.label}.")
        # A run that is killed cannot take this back: so it holds until the run is surely stopped.
        until = now + timedelta(seconds=self.seconds_left()) + AFTER_THE_END
        claimed = self.books.save(books.claimed(run, until=until))
        try:
            written = self._stored(claimed, drawn, before)
            manifest = _read(written, claimed, self.bucket.name)
        except Exception as error:
            told = error if isinstance(error, TallyError) else BugError.of(error)
            trouble = Trouble(at=self.clock.now(), why=str(told))
            with suppress(TallyError):  # what has failed first is what is to be told
                self.books.save(claimed.let_go(trouble))
            raise
        edition = Edition(
            number=manifest.edition,
            state=manifest.state,
            final=manifest.final,
            sha256=sha256(written),
            files=len(manifest.files),
            published=self.clock.now(),
        )
        return self.books.save(claimed.published(edition))

    def _stored(self, books: MonthBooks, drawn: Drawn, before: Link | None) -> bytes:
        """Store the next edition, unless the bucket has it; return its manifest as it stands."""
        within = folder(books.month, books.next_number)
        # SAFE-8: a run was stopped after the manifest, or the ledger was restored to before it.
        if within + FILE in self.bucket.keys(within + FILE):
            stands = self.bucket.get(within + FILE)
            if stands is not None:
                return stands
        unreadable: dict[str, str] = {}
        files = tuple(self._pages(books.month, within, unreadable))
        whole = drawn.lacking(unreadable)
        manifest = Manifest(
            month=books.month,
            edition=books.next_number,
            final=whole.final,
            state=whole.state,
            files=files,
            before=before,
            replaces=books.link,
        ).to_bytes()
        # Last, and only if there is none: pages without a manifest are no edition.
        self.bucket.put(within + FILE, manifest, media_type=media_type(FILE), only_new=True)
        return manifest

    def _pages(self, month: Month, within: str, unreadable: dict[str, str]) -> Iterator[FileMark]:
        """Store each page; yield its mark. Pages are let go, so that a large book takes no room."""

        def stored(page: tuple[str, bytes]) -> FileMark:
            name, content = page
            # This may write over a page of a run that was stopped: no manifest has its hash yet.
            self.bucket.put(within + name, content, media_type=media_type(name))
            return FileMark.of(name, content)

        with ThreadPoolExecutor(self.at_once) as pool:
            for some in batched(self.pages(month, unreadable), 4 * self.at_once, strict=False):
                yield from pool.map(stored, some)


def _read(manifest: bytes, books: MonthBooks, bucket: str) -> Manifest:
    """Read the manifest that stands in the bucket. Raises ContractError if it is not the one."""
    key = folder(books.month, books.next_number) + FILE
    try:
        found = read_manifest(manifest)
    except ValueError as error:
        raise ContractError(
            f"The object {key} of the bucket {bucket} is no manifest: {str(error)[:_SHOWN]}."
        ) from None
    if (found.month, found.edition) != (books.month, books.next_number):
        raise ContractError(
            f"The object {key} of the bucket {bucket} is the manifest of {found.month}, edition "
            f"{found.edition}."
        )
    return found
