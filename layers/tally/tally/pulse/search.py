"""Search for the companies that a total's move comes from, the likely ones first (PULSE-1)."""

from collections import Counter
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from tally.counting import read_counts
from tally.domain.model.month import Month
from tally.domain.model.reading import Count, Service
from tally.domain.planning.due_services import Due
from tally.domain.planning.tick_context import CompanyState, TickContext
from tally.domain.pulse.order import by_likelihood
from tally.domain.pulse.outlook import Outlook, Standings, outlook
from tally.domain.pulse.rest import Followed
from tally.domain.pulse.total import Counts, Rest, Total
from tally.errors import TallyError
from tally.planner.sweep import Waiting
from tally.planner.tick_lists import TickLists
from tally.ports import Clock
from tally.pulse.partner_totals import Branches, PartnerTotals
from tally.pulse.tick_course import may_have_moved

_UNTOLD: Counts = {}
"""The counts of a company of which a search could not tell."""


@dataclass(slots=True, kw_only=True)
class Search:
    """The course of a firing at which the root's total has moved from ``before`` to ``now``.

    It reads companies at their own, until what it found makes up the move and the total, read
    again, agrees. From ``until`` on it leaves the others to a tick that reads every company (it
    ``ran_out``), and so from ``sweep_at`` on, when there is one. ``settled`` are then the totals
    from which the next move is measured; empty if nobody can tell. ``read`` counts the companies
    that were read. ``found`` are the counts that searches found and the ledger lacks, those of this
    one among them at its end; empty for a company that ``settled`` speaks of, and that no search
    could tell of. ``rest`` is what the total has beyond the companies that are followed, as the
    last search knew it, and then as this one does.
    """

    totals: PartnerTotals
    clock: Clock
    root_id: str
    before: Mapping[str, Total]
    now: Total
    until: datetime
    sweep_at: datetime
    found: dict[str, Counts]
    rest: Rest | None = None
    finishes: bool = False
    small: int = 40
    ran_out: bool = False
    _was_whole: bool = False
    settled: dict[str, Total] = field(default_factory=dict)
    read: int = 0
    _of_branches: dict[str, Total] = field(default_factory=dict)
    _candidates: Sequence[Waiting] = ()
    _left: Counter[str] | None = None
    _latest: Total | None = None
    _is_exact: bool = False
    _known: frozenset[str] = frozenset()
    _followed: Followed = field(default_factory=lambda: Followed(basis=0, counts=Counter()))
    _branches: Branches | None = None

    def begin(self, lists: TickLists, at: TickContext) -> None:  # noqa: ARG002
        """Note who stands in which branch."""
        self._branches = None if lists.roster is None else Branches.of(lists.roster)

    def outlook(
        self, company: CompanyState, due: Due, standings: Standings, at: TickContext, before: int
    ) -> Outlook | None:
        """Return what may be expected of a company-month."""
        return outlook(company, due, standings, at, before=before)

    def choose(self, waiting: Sequence[Waiting], at: TickContext) -> Sequence[Waiting]:
        """Return nothing, and keep those in order that may have moved.

        Who must be read whatever the totals say is read at the next tick, though nothing may be to
        be done for it any more by then.
        """
        known = {each.company_id: each for each in waiting if may_have_moved(each)}
        outlooks = {each: one.outlook for each, one in known.items() if one.outlook is not None}
        others = _others_of(at.month, waiting, known)
        # The total speaks of the others once, and this search does not read them: a tick has to.
        self.found = {**_still_lacking(self.found, outlooks), **dict.fromkeys(others, _UNTOLD)}
        counts = {each: one.with_found(self.found.get(each, {})) for each, one in outlooks.items()}
        self._followed = Followed.of(counts, at.month)
        likely = [known[each] for each in by_likelihood(outlooks, at.tick)]
        self._candidates = self._that_may_have_moved(likely, at)
        self._known = frozenset(outlooks)
        return ()

    def search(self, send: Callable[[Waiting], None]) -> int:
        """Read the candidates until the move is made up; return how many jobs were sent."""
        if self._was_read_meanwhile():
            return 0
        sent = 0
        for each in self._candidates:
            now = self.clock.now()
            if now >= min(self.until, self.sweep_at):
                # From ``sweep_at`` on the next tick reads everybody, without being asked to.
                self.ran_out = now < self.sweep_at
                return sent
            may_be_old = self._is_untold(each.company_id)
            found = self._moved_by(each)
            if found == {}:
                continue
            # Where it cannot be read, its job says so in its standing.
            send(each)
            sent += 1
            if found is not None and self._ends_with(found, may_be_old=may_be_old):
                return sent
        self._was_whole = True
        # From the total before the reads: what rose after its own read is then found as a move.
        self._settle(self.now)
        again = self.totals.of(self.root_id, self.now.month)
        # If the total stood still while everybody was read, what is left is others'.
        if not again.has_moved_since(self.now):
            self._know_the_rest(again)
        return sent

    @property
    def part_read(self) -> float:
        """The part of all companies that it read, if those were all that could have moved."""
        return self.read / len(self._known) if self._was_whole and self._known else 0

    def _know_the_rest(self, total: Total) -> None:
        """Take what is left of a total for others', if all that are followed have told."""
        if not any(self._is_untold(each) for each in self._known):
            self.rest = self._followed.rest(total)

    def _is_untold(self, company_id: str) -> bool:
        """Return True if no search could tell of a company that a total has spoken of."""
        return self.found.get(company_id) == _UNTOLD

    def _was_read_meanwhile(self) -> bool:
        """Find out what is to be found; return True if a sweep or a job has read the whole move."""
        first = self.before.get(self.root_id)
        missing = self._followed.missing(self.now, self.rest)
        self._is_exact = missing is not None
        if first is None:
            self._left = None if missing is None else Counter(missing)
            return False
        self._left = Counter(self.now.beyond(first) if missing is None else missing)
        # If no billed count has moved, some other counter has: that is looked into.
        if not self._is_exact or any(self._left.values()) or self.now.counts == first.counts:
            return False
        # Partners' totals were read after the root's, and may have moved again.
        self.settled = {self.root_id: self.now}
        return True

    def _ends_with(self, found: Counts, *, may_be_old: bool) -> bool:
        """Take in a move; return True if the search ends with it.

        One that ``may_be_old`` may be in the total that the move is measured from.
        """
        self._followed.found(found)
        if self._left is None or not self._makes_up(self._left, found, may_be_old=may_be_old):
            return False
        again = self.totals.of(self.root_id, self.now.month)
        has_moved = again.has_moved_since(self._latest or self.now)
        if not (has_moved or any(self._left.values())):
            self._settle(again)
            self._know_the_rest(again)
            return True
        self._left.update(again.beyond(self._latest or self.now))
        self._latest = again
        # The next look knows what is missing then, and begins with the likely ones.
        return has_moved and self._is_exact

    def _makes_up(self, left: Counter[str], found: Counts, *, may_be_old: bool) -> bool:
        """Take a move off what is left; return True if nothing is."""
        if may_be_old and not self._is_exact:
            return False
        left.subtract(found)
        return not any(count > 0 for count in left.values())

    def _settle(self, total: Total) -> None:
        """Measure the next move from here: everybody was read after it, or has a job that reads."""
        self.settled = {**self._of_branches, self.root_id: total}

    def _moved_by(self, waiting: Waiting) -> Mapping[str, int] | None:
        """Read a company; return by how much each service has moved, None if it cannot be told."""
        assert waiting.outlook is not None
        known = waiting.outlook.with_found(self.found.get(waiting.company_id, {}))
        services = [each for each in self.totals.services if each.name in known]
        counts = self._counts_of(waiting, services)
        if len(counts) < len(services):
            self.found[waiting.company_id] = _UNTOLD
            return None
        moves = {
            name: count - known[name] for name, count in counts.items() if count != known[name]
        }
        if moves:
            self.found[waiting.company_id] = counts
        # It could be read by now, and its Additions have what it counts.
        elif self._is_untold(waiting.company_id):
            del self.found[waiting.company_id]
        return moves

    def _counts_of(self, waiting: Waiting, services: Sequence[Service]) -> Counts:
        """Read a company; return the counts of the services that GravityZone told."""
        self.read += 1
        try:
            readings = read_counts(
                self.totals.gravityzone,
                waiting.company_id,
                month=waiting.due.month,
                services=services,
            )
        except TallyError:
            return {}
        return {
            service.name: reading.value
            for service, reading in readings.items()
            if isinstance(reading, Count)
        }

    def _that_may_have_moved(self, likely: Sequence[Waiting], at: TickContext) -> Sequence[Waiting]:
        """Return those in branches whose totals have moved, and those that are untold."""
        unmoved = self._unmoved_branches(at)
        return [
            each
            for each in likely
            if self._branch(each) not in unmoved or self._is_untold(each.company_id)
        ]

    def _unmoved_branches(self, at: TickContext) -> frozenset[str]:
        """Read the totals of the partners below the root; return those that have not moved."""
        if self._branches is None:
            return frozenset()
        below = [each for each in self._branches.partners if each != self.root_id]
        self._of_branches = dict(self.totals.of_all(below, at.month, root_id=self.root_id))
        return frozenset(
            each
            for each, total in self._of_branches.items()
            if not total.has_moved_since(self.before.get(each))
        )

    def _branch(self, waiting: Waiting) -> str:
        return self.root_id if self._branches is None else self._branches[waiting.company_id]


def _others_of(month: Month, waiting: Sequence[Waiting], known: Container[str]) -> Sequence[str]:
    """Return the ids of companies to be read for the month that are not among the known ones."""
    return [
        each.company_id
        for each in waiting
        if each.due.month == month and each.company_id not in known
    ]


def _still_lacking(
    found: Mapping[str, Counts], outlooks: Mapping[str, Outlook]
) -> dict[str, Counts]:
    """Return the found counts that the ledger lacks still."""
    return {
        each: counts
        for each, counts in found.items()
        if each in outlooks and outlooks[each].lacks(counts)
    }
