"""The rest of a total: what none of the plainly followed companies has (PULSE-1)."""

from collections import Counter
from collections.abc import Mapping
from typing import Self

from tally.domain.model.month import Month
from tally.domain.pulse.account import checksum, count_names
from tally.domain.pulse.total import Counts, Rest, Total


class Followed:
    """The sums of the counts that Additions follow, and the companies that they are of."""

    def __init__(self, *, basis: int, counts: Counter[str]) -> None:
        self.basis, self.counts = basis, counts

    @classmethod
    def of(cls, counts: Mapping[str, Counts], month: Month) -> Self:
        """Add up the counts of a month, given by company."""
        sums = Counter[str]()
        for each in counts.values():
            sums.update(each)
        names = [name for each, known in counts.items() for name in count_names(each, known)]
        return cls(basis=checksum((str(month), *names)), counts=sums)

    def found(self, moves: Counts) -> None:
        """Take in what a company that was read has beyond its Additions: a job follows it."""
        self.counts.update(moves)

    def rest(self, total: Total) -> Rest:
        """Return the rest, all that a total has beyond the sums being others'."""
        return Rest(basis=self.basis, counts=self._beyond(total.counts))

    def missing(self, total: Total, rest: Rest | None) -> Counts | None:
        """Return the counts of a total that neither a reading nor the rest explains.

        Counts only rise within a month. So if nothing is missing, every reading is still true: the
        sums and the rest, each of which can only be too low, could not make up the total otherwise.
        None if the rest is unknown, or cannot be right.
        """
        if rest is None or rest.basis != self.basis:
            return None
        beyond = self._beyond(total.counts)
        missing = {name: count - rest.counts.get(name, 0) for name, count in beyond.items()}
        return None if any(count < 0 for count in missing.values()) else missing

    def _beyond(self, total: Counts) -> Counts:
        return {name: count - self.counts[name] for name, count in total.items()}
