"""What evidence is gathered from: GravityZone's inventory, and its details of one machine."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A row of the inventory that is a machine, with the company that it belongs to.

    ``managed`` is False only if GravityZone says that it does not manage the machine: it may have
    found it in the customer's network, or manage it no more since it was deleted.
    """

    id: str
    company_id: str
    name: str
    fqdn: str
    managed: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class LastSeen:
    """When GravityZone last heard of a machine, in UTC, and the company it belongs to then."""

    company_id: str
    at: datetime | None


class Inventory(Protocol):
    """Reads of GravityZone's ``network`` service. All raise TallyError; none changes anything."""

    def machines(self, below: str = "") -> Iterator[Listed]:
        """Yield each machine below a company or a group, page by page; of the root if left out.

        A machine belongs to the company that its row names, whatever was walked. Raises
        DeclinedError if GravityZone refuses that walk and no other, on any page, and another
        TallyError if the list cannot be read to its end: then what was yielded is no list.
        """
        ...

    def deleted_group(self, company_id: str) -> str | None:
        """Return the id of the company's group "Deleted"; None if it has none.

        Of two groups of that name nobody can tell which is GravityZone's: None too.
        """
        ...

    def last_seen(self, machine_id: str) -> LastSeen | None:
        """Return what GravityZone knows of one machine now; None if it is gone.

        ``at`` is None where GravityZone tells no instant, or one that is still to come.
        """
        ...
