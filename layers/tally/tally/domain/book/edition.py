"""The editions of a month's book, as the ledger knows them."""

from dataclasses import dataclass, replace
from datetime import datetime

from tally.domain.model.month import Month


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """An edition of a month's book by the SHA-256 of its manifest."""

    month: Month
    edition: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """A book that was published.

    ``state`` is the mark of the records that it was drawn from, ``sha256`` is its manifest's.
    ``files`` is the number of files beside the manifest. A book is ``final`` if no record of its
    month was open, and every record could be read.
    """

    number: int
    state: str
    final: bool
    sha256: str
    files: int
    published: datetime

    @property
    def stage(self) -> str:
        """The stage in a word."""
        return "final" if self.final else "provisional"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """The announcement of the one run that may write the next edition, until that instant."""

    run: str
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """The reason why the last attempt failed, and when."""

    at: datetime
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthBooks:
    """The books of a month, oldest edition first; ``version`` counts the writes to the ledger.

    An edition is never changed once it stands here (PROOF-4).
    """

    month: Month
    editions: tuple[Edition, ...] = ()
    claim: Claim | None = None
    trouble: Trouble | None = None
    version: int = 0

    @property
    def newest(self) -> Edition | None:
        """The newest edition; None before the first."""
        return self.editions[-1] if self.editions else None

    @property
    def link(self) -> Link | None:
        """The link to the newest edition; None before the first."""
        newest = self.newest
        if newest is None:
            return None
        return Link(month=self.month, edition=newest.number, sha256=newest.sha256)

    @property
    def next_number(self) -> int:
        """The number of the edition that is to be written next."""
        return 1 if self.newest is None else self.newest.number + 1

    def is_claimed(self, now: datetime, *, but: str) -> bool:
        """Return True if another run than ``but`` may be writing at that time."""
        # A claim ends by itself, as the run that made it may have died.
        return self.claim is not None and self.claim.run != but and now < self.claim.until

    def claimed(self, run: str, *, until: datetime) -> "MonthBooks":
        """Announce that a run writes the next edition."""
        return replace(self, claim=Claim(run=run, until=until))

    def published(self, edition: Edition) -> "MonthBooks":
        """Add the next edition: it is complete in the bucket. Raises ValueError for another one."""
        if edition.number != self.next_number:
            raise ValueError(f"edition {edition.number} does not follow on {self.editions}")
        return replace(self, editions=(*self.editions, edition), claim=None, trouble=None)

    def let_go(self, trouble: Trouble | None) -> "MonthBooks":
        """Take the announcement back, with the reason if the attempt failed."""
        return replace(self, claim=None, trouble=trouble)
