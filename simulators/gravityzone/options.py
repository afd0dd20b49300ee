"""Options for what differs between tenants and editions, or is not known."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, with_config

from simulators.gravityzone.rpc import INVALID_PARAMS

SERVICES = ("companies", "licensing", "network", "reports")
"""The services that Tally asks, beside `general`; each is ticked on the key or not."""

type TotalsKind = Literal["true", "late", "own alone", "no sub-partners", "zero"]
"""True; true of some time ago; the partner's own machines alone; those and its customers', without
sub-partners and all below them; 0 in every counter."""


@with_config(ConfigDict(extra="forbid"))
@dataclass(frozen=True, slots=True, kw_only=True)
class TotalsTold:
    """The way in which a partner's totals are told."""

    kind: TotalsKind = "true"
    lag_seconds: Annotated[float, Field(ge=0)] = 0
    """How late they are, for the kind "late" alone."""


@dataclass(slots=True, kw_only=True)
class Options:
    """Options where live tenants and editions differ, or nobody knows.

    The defaults are what was last seen live.
    """

    enabled_apis: tuple[str, ...] = SERVICES
    """The services ticked on the key; any other answers 403. `general` needs no tick."""
    api_refused_in_words: bool = False
    """True if a service that is not ticked is answered with 200 and -32000, in place of 403."""
    gone_code: int = INVALID_PARAMS
    gone_details: str = ""
    """The words about a company that does not exist, or not for this key; "" for those about a
    wrong parameter."""
    without_parent: bool = False
    """Leave the parent's id and the path out of `getCompanyDetails`, as documented."""
    license_info_as_array: bool = False
    """Answer `getLicenseInfo` with the array that the documentation shows."""
    folders_transparent: bool = False
    """List companies that stand in a folder as if they stood above it."""
    older_spelling: bool = False
    """Spell the a-la-carte counter as an older edition does."""
    types_in_use_only: bool = False
    """Leave out of the usage per product type what the company has nothing in."""
    types_repeated: bool = False
    """Give each product type a second entry, with no usage. A client that merges entries loses the
    first."""
    totals: TotalsTold = TotalsTold()
    """How the totals of partners are told, the key's own company among them."""
    totals_of: Mapping[str, TotalsTold] = field(default_factory=dict)
    """How those of single partners are told, by their ids."""
    totals_true_of: frozenset[str] = frozenset()
    """Partners whose totals are true whatever the options of totals and usage here say, and so are
    those of partners directly below them. For partners whose own machines are billed: their own
    count is their total less their children's."""
    moved_usage: Literal["goes", "stays"] = "goes"
    """What a company used before it moves goes with it out of one partner's totals into another's,
    or stays in the totals where it was counted. It holds for moves made before it was set too."""
    deleted_usage: Literal["stays", "goes"] = "stays"
    """What a deleted company used stays in the totals above it, or goes."""
    moved_machines: Literal["each", "once"] = "each"
    """A machine that counts in two companies of a partner, as it was moved, counts in the total for
    each of them, or once. Once: its second company's count rises and the total does not."""
    root_walk: Literal["whole", "refused"] = "whole"
    """A recursive walk of the inventory from the key's own company is answered, or refused."""
    root_leaves_out: frozenset[str] = frozenset()
    """Companies that this walk leaves out, with all below them."""
    deleted_in_walk: bool = False
    """A walk from above contains the groups "Deleted"; else only one that names the group does."""
    deleted_details: Literal["told", "gone"] = "told"
    """Details of a machine in "Deleted" are told, or answered as of a machine that is gone."""
    reinstalled: Literal["same id", "new id"] = "same id"
    """A machine that is installed again keeps its id, or has a new one in its place."""
