"""Search for the companies that a total's move comes from, the likely ones first (PULSE-1)."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from tally.counting import read_counts
from tally.domain.model.reading import Count
from tally.domain.model.standing import Standing
from tally.domain.planning.due_services import Due
from tally.domain.planning.tick_context import CompanyState, TickContext
from tally.domain.pulse.order import by_likelihood
from tally.domain.pulse.outlook import Outlook, outlook
from tally.domain.pulse.rest import Followed, Rest
from tally.domain.pulse.total import Total
from tally.errors import TallyError
from tally.planner.sweep import Waiting
from tally.planner.tick_lists import TickLists
from tally.ports import Clock
from tally.pulse.partner_totals import Branches, PartnerTotals
from tally.pulse.tick_course import may_have_moved


@dataclass(slots=True, kw_only=True)
class Search:
    """The course of a firing at which the root's total has moved from ``before`` to ``now``.

    It reads companies at their own, until what it found makes up the move and the total, read
    again, agrees. From ``until`` on it leaves the others to their jobs, from ``sweep_at`` on to the
    tick that reads every company. ``settled`` are then the totals from which the next move is
    measured; empty if nobody can tell. ``rest`` is what the total has beyond the companies that are
    followed, as the last search knew it, and then as this one does. ``read`` counts the companies
    that were read.
    """

    totals: PartnerTotals
    clock: Clock
    root_id: str
    before: Mapping[str, Total]
    now: Total
    until: datetime
    sweep_at: datetime
    rest: Rest | None = None
    finishes: bool = False
    small: int = 40
    settled: dict[str, Total] = field(default_factory=dict)
    read: int = 0
    _of_branches: dict[str, Total] = field(default_factory=dict)
    _candidates: Sequence[Waiting] = ()
    _followed: Followed = field(default_factory=lambda: Followed(basis=0, counts=Counter()))
    _branches: Branches | None = None

    def begin(self, lists: TickLists, at: TickContext) -> None:  # noqa: ARG002
        """Note who stands in which branch."""
        self._branches = None if lists.roster is None else Branches.of(lists.roster)

    def outlook(
        self, company: CompanyState, due: Due, standing: Standing, at: TickContext, before: int
    ) -> Outlook | None:
        """Return what may be expected of a company-month."""
        return outlook(company, due, standing, at, before=before)

    def choose(self, waiting: Sequence[Waiting], at: TickContext) -> Sequence[Waiting]:
        """Return nothing, and keep those in order that may have moved.

        Who must be read whatever the totals say is read at the next tick.
        """
        known = {each.company_id: each for each in waiting if may_have_moved(each)}
        outlooks = {each: one.outlook for each, one in known.items() if one.outlook is not None}
        self._followed = Followed.of(outlooks, at.month)
        likely = [known[each] for each in by_likelihood(outlooks, at.tick)]
        unmoved = self._unmoved_branches(at)
        self._candidates = [each for each in likely if self._branch(each) not in unmoved]
        return ()

    def search(self, send: Callable[[Waiting], None]) -> int:
        """Read the candidates until the move is made up; return how many jobs were sent."""
        first = self.before.get(self.root_id)
        missing = self._followed.missing(self.now, self.rest)
        has_begun = first is not None and self.now.counts != first.counts
        if has_begun and missing is not None and not any(missing.values()):
            # A sweep or a job has read the whole move meanwhile. Partners' totals, read after the
            # root's, may have moved again.
            self.settled = {self.root_id: self.now}
            return 0
        is_exact = missing is not None
        if missing is None and first is not None:
            missing = self.now.beyond(first)
        left = Counter(missing)
        total, sent, all_told = self.now, 0, True
        for position, each in enumerate(self._candidates):
            if self.clock.now() >= self.sweep_at:
                return sent
            if self.clock.now() >= self.until:
                rest = self._candidates[position:]
                for one in rest:
                    send(one)
                sent += len(rest)
                all_told = False
                break
            found = self._moved_by(each)
            if found is None or found:
                # Where it cannot be read, its job says so in its standing.
                send(each)
                sent += 1
            if not found:
                all_told = all_told and found is not None
                continue
            left.subtract(found)
            self._followed.found(found)
            if missing is not None and all(count <= 0 for count in left.values()):
                again = self.totals.of(self.root_id, total.month)
                moved = again.has_moved_since(total)
                if not (moved or any(left.values())):
                    self._settle(again)
                    self.rest = self._followed.rest(again)
                    return sent
                if moved and is_exact:
                    # The next look knows what is still missing, and begins with the likely ones.
                    return sent
                left.update(again.beyond(total))
                total = again
        self._settle(self.now)
        again = self.totals.of(self.root_id, total.month)
        if all_told and not again.has_moved_since(self.now):
            # It stood still while everybody was read: all that is left is others'.
            self.rest = self._followed.rest(again)
        return sent

    def _settle(self, total: Total) -> None:
        """Measure the next move from here: everybody was read after it, or has a job that reads."""
        self.settled = {**self._of_branches, self.root_id: total}

    def _moved_by(self, waiting: Waiting) -> Mapping[str, int] | None:
        """Read a company; return by how much each service has moved, None if it cannot be told."""
        assert waiting.outlook is not None
        known = waiting.outlook.counts
        services = [each for each in self.totals.services if each.name in known]
        self.read += 1
        try:
            readings = read_counts(
                self.totals.gravityzone,
                waiting.company_id,
                month=waiting.due.month,
                services=services,
            )
        except TallyError:
            return None
        moves: dict[str, int] = {}
        for service, reading in readings.items():
            if not isinstance(reading, Count):
                return None
            if reading.value != known[service.name]:
                moves[service.name] = reading.value - known[service.name]
        return moves

    def _unmoved_branches(self, at: TickContext) -> frozenset[str]:
        """Read the totals of the partners below the root; return those that have not moved."""
        if self._branches is None:
            return frozenset()
        below = [each for each in self._branches.partners if each != self.root_id]
        self._of_branches = dict(self.totals.of_all(below, at.month))
        return frozenset(
            each
            for each, total in self._of_branches.items()
            if not total.has_moved_since(self.before.get(each))
        )

    def _branch(self, waiting: Waiting) -> str:
        return self.root_id if self._branches is None else self._branches[waiting.company_id]
