"""The ledger's item about the documents at one agreement, and the ways in which it changes.

A document is announced before it is sent, and recorded after it (SAFE-1). What was announced and
not recorded may stand there: it is looked for by the reference in its title (SAFE-2).
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from tally.domain.attaching.document import Document
from tally.domain.attaching.wanted import Edition, Place, Wanted, file_name, reference, title
from tally.domain.model.screen import keep_brief


@dataclass(frozen=True, slots=True, kw_only=True)
class Announced:
    """A document that may be sent at any moment from ``at`` on, or was and may stand there."""

    edition: Edition
    title: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Attached:
    """A document that stands there, or stood until a person took it away."""

    edition: Edition
    title: str
    document_id: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """The reason why a document could not be attached."""

    at: datetime
    why: str

    def __post_init__(self) -> None:
        keep_brief(self, "why")


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """What was announced and recorded at one place, oldest first. ``version`` is the item's."""

    place: Place
    version: int = 0
    announced: Announced | None = None
    attached: tuple[Attached, ...] = ()
    trouble: Trouble | None = None

    def has(self, edition: Edition) -> bool:
        """Return True if that edition needs no further document.

        It needs none if the last one says the same, or is of records that are not older.
        """
        if not self.attached:
            return False
        last = self.attached[-1].edition
        # Records that were read before another run attached newer ones are no correction.
        return last.numbers == edition.numbers or last.records >= edition.records

    def settles_at(self, settle: timedelta) -> datetime | None:
        """Return when lists can be believed about what was announced; None if nothing was."""
        # ConnectWise's lists can lag a write by minutes: it may be there, and not show until then.
        return None if self.announced is None else self.announced.at + settle

    def announce(self, wanted: Wanted, *, at: datetime) -> "Attachment":
        """Return the item with a document announced; after another one, it is a correction."""
        words = title(wanted, correction=bool(self.attached))
        return replace(self, announced=Announced(edition=wanted.edition, title=words, at=at))

    def renew(self, *, at: datetime) -> "Attachment":
        """Return the item with its announcement made anew: one run alone can write that."""
        assert self.announced is not None
        return replace(self, announced=replace(self.announced, at=at))

    def found(self, documents: Iterable[Document]) -> Document | None:
        """Return the document that was announced, by the reference in its title; None if none is.

        How long a title may be is not documented, and one that was cut has lost its reference: the
        file's name has it, too. Both are compared here, not by ConnectWise (MATCH-4). Of several
        the first one counts.
        """
        assert self.announced is not None
        edition = self.announced.edition
        mark, in_file = reference(self.place, edition), file_name(self.place, edition)
        ours = (each for each in documents if mark in each.title or each.file_name == in_file)
        return min(ours, key=lambda each: each.id, default=None)

    def record(self, document: Document, *, at: datetime) -> "Attachment":
        """Return the item with what was announced as attached."""
        assert self.announced is not None
        made = Attached(
            edition=self.announced.edition,
            # As ConnectWise keeps it, which may have cut it.
            title=document.title,
            document_id=document.id,
            at=at,
        )
        return replace(self, announced=None, attached=(*self.attached, made), trouble=None)

    def withdraw(self, trouble: Trouble | None = None) -> "Attachment":
        """Return the item without its announcement: it is certain that nothing was attached."""
        return replace(self, announced=None, trouble=trouble)
