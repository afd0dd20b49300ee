"""The course of a tick beside the pulse: everything if it is due, else what totals do not spare."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from tally.domain.planning.due_services import Due
from tally.domain.planning.tick_context import CompanyState, TickContext
from tally.domain.pulse.account import Expected, checksum, count_names
from tally.domain.pulse.ledger_port import PulseLedger
from tally.domain.pulse.order import sample
from tally.domain.pulse.outlook import Outlook, Standings, outlook
from tally.domain.pulse.schedule import Circumstances, full_because, is_early
from tally.domain.pulse.state import Pulse
from tally.domain.pulse.total import Total
from tally.errors import TallyError
from tally.planner.sweep import Waiting
from tally.planner.tick_lists import TickLists
from tally.pulse.partner_totals import Branches, PartnerTotals

_AT_MOST_LATE = timedelta(minutes=5)
"""The time beyond GravityZone's pace that the jobs of a sweep get to end."""


@dataclass(slots=True, kw_only=True)
class TickCourse:
    """Chooses everything, or who must be read and a sample.

    ``pulse`` is the memory before the tick. ``whole``: a person wants everything read. ``why`` is
    the reason of a full sweep, empty at the others; ``unsure`` why its totals could not be read.
    ``total`` is the root's, if a tick that spares readings has read it.
    """

    ledger: PulseLedger
    totals: PartnerTotals
    pulse: Pulse
    code: str
    whole: bool
    calls_per_second: float
    finishes: bool = True
    # So a few messages that still wait are no reason to skip the few jobs of a tick (``Plan``).
    small: int = 40
    why: str = ""
    unsure: str = ""
    total: Total | None = None
    _branches: Branches | None = None
    _basis: int = 0

    def begin(self, lists: TickLists, at: TickContext) -> None:  # noqa: ARG002
        """Note who stands in which branch, and everybody's checksum with their places."""
        roster = lists.roster
        self._branches = None if roster is None else Branches.of(roster)
        known = () if roster is None else (*roster.customers.values(), *roster.partners.values())
        # With the place, as a company that moves counts to another partner's sum.
        listed = (f"{each.id} below {each.parent_id}" for each in known)
        links = (f"{each.company_id} {each.version}" for each in lists.links.values())
        self._basis = checksum((*listed, *links))
        if lists.failures:
            self.unsure = "not all lists could be read"

    def outlook(
        self, company: CompanyState, due: Due, standings: Standings, at: TickContext, before: int
    ) -> Outlook | None:
        """Return what may be expected of a company-month."""
        return outlook(company, due, standings, at, before=before)

    def choose(self, waiting: Sequence[Waiting], at: TickContext) -> Sequence[Waiting]:
        """Return everything, or who must be read whatever the totals say, and a sample."""
        circumstances = Circumstances(tick=at.tick, code=self.code, basis=self._basis)
        self.why = (
            "a person asked for it" if self.whole else full_because(self.pulse, circumstances)
        )
        if self.why:
            # Behind a sweep that is not done another one is skipped, however small it is.
            self.small = 0
            return self._all(waiting, at)
        if self.pulse.is_sweeping and self.pulse.expected is not None:
            # Half the jobs of a sweep that runs may wait, and these few are sent all the same.
            self.small = self.pulse.expected.jobs
        needed: list[Waiting] = []
        unneeded: list[Waiting] = []
        for each in waiting:
            (needed if self._must_be_read(each) else unneeded).append(each)
        drawn = self._drawn(unneeded, at)
        return [*needed, *self._accounted(drawn, at, sample=True)]

    def _drawn(self, unneeded: Sequence[Waiting], at: TickContext) -> Sequence[Waiting]:
        """Return the sample of this tick.

        It is empty beside a search, which has most of GravityZone's pace for itself, and beside a
        full sweep that still runs.
        """
        if self.pulse.is_sweeping or self._is_searched(at):
            return ()
        spared = {each.company_id: each for each in unneeded if may_have_moved(each)}
        return [spared[each] for each in sample(list(spared), self.pulse.sampled)]

    def _is_searched(self, at: TickContext) -> bool:
        """Return True if a search runs, or follows as the total has moved or cannot be read."""
        if self.pulse.searches.is_running(at.tick):
            return True
        try:
            self.total = self.totals.of(self.pulse.root, at.month)
        except TallyError:
            return True
        return self.total.has_moved_since(self.pulse.totals.get(self.pulse.root))

    def _must_be_read(self, waiting: Waiting) -> bool:
        """Return True for who must be read, or whose found count the ledger lacks.

        The job of such a company may be lost.
        """
        if waiting.outlook is None or waiting.outlook.must_be_read:
            return True
        found = self.pulse.searches.found.get(waiting.company_id)
        return found is not None and waiting.outlook.lacks(found)

    @property
    def told(self) -> str:
        """The course in words, for the log."""
        unsure = f" (it proves nothing: {self.unsure})" if self.unsure else ""
        if self.why:
            return f"every company is read: {self.why}{unsure}"
        return f"who must be read, and a sample{unsure}"

    def search(self, send: Callable[[Waiting], None]) -> int:  # noqa: ARG002
        """Look for nothing: that is the pulse's."""
        return 0

    def _all(self, waiting: Sequence[Waiting], at: TickContext) -> Sequence[Waiting]:
        """Return everything; customers' jobs of the month that runs go into the sweep's account."""
        month = at.month
        if self._was_past_read(at):
            waiting = [each for each in waiting if each.outlook is None or not each.outlook.waits]

        def is_counted(each: Waiting) -> bool:
            return each.due.month == month and each.children is None

        marked = iter(self._accounted([*filter(is_counted, waiting)], at, sample=False))
        return [next(marked) if is_counted(each) else each for each in waiting]

    def _was_past_read(self, at: TickContext) -> bool:
        """Return True if a past month that waits for its close need not be read (CLOSE-1).

        Nearly all its machines are seen. On the days on which all ticks read every company it is
        read as often as full sweeps are made on others: every four hours.
        """
        finished = at.ticks.finished
        was_read = finished is not None and _watch(finished) == _watch(at.tick)
        return was_read and is_early(at.tick) and self.pulse.is_proven and not self.whole

    def _accounted(
        self, waiting: Sequence[Waiting], at: TickContext, *, sample: bool
    ) -> Sequence[Waiting]:
        """Open the account of these jobs, with the totals read before them.

        Without totals there is none: then the sweep proves nothing, and the next one is full too.
        """
        if self._branches is None or self.unsure or not waiting:
            return waiting
        # A sweep that takes longer than a tick would never be complete else.
        if self.pulse.is_waited_for(at.tick):
            return waiting
        branches = self._branches
        try:
            totals = (
                {}
                if sample
                else self.totals.of_all(branches.partners, at.month, root_id=branches.root_id)
            )
            expected = Expected(
                tick=at.tick,
                jobs=len(waiting),
                check=checksum(name for each in waiting for name in _counts_of(each)),
                basis=self._basis,
                totals=totals,
                sample=sample,
                until=at.tick
                + _AT_MOST_LATE
                + timedelta(seconds=len(waiting) / self.calls_per_second),
            )
            # Before any job is sent: the end of one whose account is not open is not counted.
            self.ledger.open_account(at.tick)
            root = branches.root_id
            last = waiting[-1].company_id
            self.ledger.change(
                lambda known: known.expecting(expected, root=root, code=self.code, sampled=last)
            )
        except TallyError as error:
            self.unsure = str(error)
            self.ledger.change(lambda known: known.doubting(self.unsure))
            return waiting
        return [replace(each, branch=branches[each.company_id]) for each in waiting]


def _watch(instant: datetime) -> tuple[date, int]:
    """Return the day's four hours that an instant lies in, GMT."""
    return instant.date(), instant.hour // 4


def _counts_of(waiting: Waiting) -> Sequence[str]:
    """Return the names of the counts that a job reads."""
    return count_names(waiting.company_id, [each.service for each in waiting.due.services])


def may_have_moved(waiting: Waiting) -> bool:
    """Return True if a partner's total speaks of the company-month."""
    return waiting.outlook is not None and waiting.outlook.may_have_moved
