"""One machine as GravityZone has it, under one id."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self

from simulators.gravityzone.usage import CheckIn, Counter
from simulators.scenario import ENDPOINT_SECURITY


@dataclass(slots=True, kw_only=True)
class Endpoint:
    """A machine, its company, and all its connections, scripted ones to come included."""

    id: str
    company_id: str
    name: str
    product_type: int = ENDPOINT_SECURITY
    counters: tuple[Counter, ...] = ()
    grouped: bool = True
    managed: bool = True
    """False while it was only found in the network, and has never connected."""
    deleted: bool = False
    """It stands in its company's group "Deleted", and connects no more."""
    removed: bool = False
    """Nothing knows it any more; what it used stays counted."""
    seen: list[CheckIn] = field(default_factory=list)
    clones: list[str] = field(default_factory=list)
    """The names of further machines that have the same id."""
    before: Self | None = None
    """The same machine under the id that it had before it was reinstalled. They count once."""

    @property
    def listed(self) -> bool:
        """True if it stands in its company's inventory."""
        return not self.deleted and not self.removed

    @property
    def counted_as(self) -> str:
        """The id that it is counted under: the first that it had."""
        return self.id if self.before is None else self.before.counted_as

    def ids(self) -> Iterator["Endpoint"]:
        """Give it, and what it was under its earlier ids."""
        yield self
        if self.before is not None:
            yield from self.before.ids()

    def last_seen(self, now: datetime) -> datetime | None:
        """Return its last connection up to now."""
        return max((each.at for each in self.seen if each.at <= now), default=None)

    def name_shown(self, now: datetime) -> str:
        """Name it; of machines with one id the one that connected last, in turn."""
        names = (self.name, *self.clones)
        return names[max(sum(each.at <= now for each in self.seen) - 1, 0) % len(names)]
