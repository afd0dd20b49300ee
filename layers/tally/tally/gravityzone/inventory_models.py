"""Answers about the inventory, as far as Tally reads them: no address, MAC or user (SAFE-10)."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt

from tally.gravityzone.models import Name

Id = Annotated[str, Field(strict=True, pattern=r'^[!-"$-~]{1,64}$')]
"""An id that can be kept, of a company or a machine: GravityZone's have 24 hexadecimal digits."""

# By their number in `type`, as documented: company, container, folder and group; computer, virtual
# machine and EC2 instance.
NO_MACHINES = range(1, 5)
MACHINES = range(5, 8)


class _Received(BaseModel):
    model_config = ConfigDict(defer_build=True, extra="ignore", frozen=True)


class ItemsPage(_Received):
    """The result of ``getNetworkInventoryItems``; ``total`` stands on page 1 alone."""

    page: StrictInt
    has_more: StrictBool = Field(alias="hasMoreRecords")
    items: list[Any]
    total: Any = None


class Item(_Received):
    """A row of the inventory, of any type."""

    id: Id
    type: StrictInt


class MachineItem(_Received):
    """A row of the inventory that is a machine; its name is "" if it cannot be read."""

    id: Id
    company_id: Id = Field(alias="companyId")
    name: Name = ""
    details: Any = None

    def detail(self, name: str) -> object:
        """Return one of the row's details; None if it is not there."""
        return self.details.get(name) if isinstance(self.details, dict) else None


class Group(_Received):
    """An entry of ``getCustomGroupsList``."""

    id: Id
    name: str = Field(strict=True)


class MachineDetails(_Received):
    """The result of ``getManagedEndpointDetails``. Its id is not documented to be in it."""

    id: str | None = None
    company_id: Id = Field(alias="companyId")
    last_seen: Any = Field(default=None, alias="lastSeen")
