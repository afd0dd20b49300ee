"""The items about attached documents, in memory: they promise what the DynamoDB ones do."""

from dataclasses import dataclass, field, replace

from tally.domain.attaching.attachment import Attachment
from tally.domain.attaching.month import MonthAttached
from tally.domain.attaching.wanted import Place
from tally.domain.model.month import Month
from tally.errors import ConflictError


@dataclass(slots=True)
class MemoryAttachments:
    """The items in memory. Implements ``tally.domain.attaching.ports.Attachments``."""

    places: dict[Place, Attachment] = field(default_factory=dict)
    months: dict[Month, MonthAttached] = field(default_factory=dict)

    def attachment(self, place: Place) -> Attachment:
        """Return what is known of one place."""
        return self.places.get(place, Attachment(place=place))

    def save_attachment(self, attachment: Attachment) -> Attachment:
        """Write an item over the version that it has."""
        if self.attachment(attachment.place).version != attachment.version:
            raise ConflictError("the item has another version")
        written = replace(attachment, version=attachment.version + 1)
        self.places[attachment.place] = written
        return written

    def month(self, month: Month) -> MonthAttached | None:
        """Return the account of a month."""
        return self.months.get(month)

    def save_month(self, account: MonthAttached) -> None:
        """Write the account of a month."""
        self.months[account.month] = account
