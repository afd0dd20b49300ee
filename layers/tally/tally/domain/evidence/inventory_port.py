"""What evidence is gathered from: GravityZone's inventory, and its details of one machine."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A row of the inventory that is a machine, with the company that it belongs to."""

    id: str
    company_id: str
    name: str
    fqdn: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LastSeen:
    """When GravityZone last heard of a machine, in UTC, and the company it belongs to then."""

    company_id: str
    at: datetime | None


class Inventory(Protocol):
    """Reads of GravityZone's ``network`` service. All raise TallyError; none changes anything."""

    def machines(self, below: str = "") -> Iterator[Listed]:
        """Yield each machine below a company or a group, page by page; of the root if left out.

        Raises DeclinedError if GravityZone refuses that walk and no other, on any page.
        """
        ...

    def deleted_group(self, company_id: str) -> str | None:
        """Return the id of the company's group "Deleted"; None if it has none."""
        ...

    def last_seen(self, machine_id: str) -> LastSeen | None:
        """Return what GravityZone knows of one machine now; None if it is gone."""
        ...
