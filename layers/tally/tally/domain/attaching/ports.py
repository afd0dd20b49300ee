"""The interfaces that attaching needs of the world, beside ``tally.ports``."""

from collections.abc import Sequence
from typing import Protocol

from tally.domain.attaching.attachment import Attachment
from tally.domain.attaching.document import Document, NewDocument
from tally.domain.attaching.month import MonthAttached
from tally.domain.attaching.wanted import Place
from tally.domain.model.month import Month


class Documents(Protocol):
    """Documents of ConnectWise agreements. All methods raise TallyError."""

    def of_agreement(self, agreement_id: int) -> Sequence[Document]:
        """List all documents of one agreement; what was just added may be missing."""
        ...

    def add(self, new: NewDocument) -> Document:
        """Add a document, once; AmbiguousError if it may be there, any other error if it is not."""
        ...


class Attachments(Protocol):
    """The ledger's items about attached documents. All methods raise TallyError."""

    def attachment(self, place: Place) -> Attachment:
        """Return what is known of one place, read consistently; an empty item if nothing is."""
        ...

    def save_attachment(self, attachment: Attachment) -> Attachment:
        """Write an item over the version that it has, and return it with the next one.

        Raises ConflictError if the ledger has another version.
        """
        ...

    def month(self, month: Month) -> MonthAttached | None:
        """Return the account of a month; None before the first run that attached any of it."""
        ...

    def save_month(self, account: MonthAttached) -> None:
        """Write the account of a month, in place of the one before."""
        ...
