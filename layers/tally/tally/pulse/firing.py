"""One firing of the planner with the pulse: a tick, or a look at the totals between two ticks."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from tally.domain.model.month import Month
from tally.domain.pulse.account import Account
from tally.domain.pulse.ledger_port import PulseLedger
from tally.domain.pulse.proof import judge_sample, judge_sweep
from tally.domain.pulse.schedule import is_in_vain, next_full_sweep
from tally.domain.pulse.state import Pulse, Searches
from tally.domain.pulse.total import Total
from tally.errors import ContradictedError, TallyError
from tally.planner.plan import Plan, Planned
from tally.ports import Clock
from tally.pulse.partner_totals import PartnerTotals
from tally.pulse.search import Search
from tally.pulse.tick_course import TickCourse

_LONGEST_SEARCH = timedelta(minutes=5)
_LONGEST_FIRING = timedelta(minutes=11)
"""Longer than the planner's function can live (template): a firing before it has ended or died."""
_UNTIL_JUDGED = timedelta(minutes=5)
"""The time from the tick of a sweep or sample until totals are compared with what it read."""

_INDEX_LAG = timedelta(seconds=50)
"""The time that the ledger's index gets to have what a sweep's last jobs wrote.

AWS promises none, and names a fraction of a second as usual. A search that began earlier would take
what the sweep has read for a move since. It is less than the time between two looks.
"""

_A_QUARTER = timedelta(minutes=15)
"""The time from a search that has read everybody until the next one.

Without the pulse everybody is read as often: whatever totals do, it costs no more.
"""

_A_SECOND = timedelta(seconds=1)

type OnPlanned = Callable[[Planned], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Firing:
    """The use case with what it needs: the plain ``plan``, and the pulse beside it.

    ``code`` is a checksum of the deployed code and settings. ``calls_per_second`` is the pace at
    which GravityZone may be read.
    """

    plan: Plan
    ledger: PulseLedger
    totals: PartnerTotals
    clock: Clock
    code: str
    calls_per_second: float

    def tick(
        self, at: datetime, *, on_planned: OnPlanned = lambda _: None, whole: bool = False
    ) -> Planned:
        """Plan a tick: everything if a full sweep is due, else what totals do not spare.

        In the second case it looks at the totals too. Raises as ``Plan``.
        """
        pulse = self.ledger.read()
        at = self._after_looks(at, pulse)
        course = TickCourse(
            ledger=self.ledger,
            totals=self.totals,
            pulse=pulse,
            code=self.code,
            whole=whole,
            calls_per_second=self.calls_per_second,
        )
        try:
            planned = self.plan(at, on_planned=on_planned, course=course)
        except TallyError:
            # Nobody knows what it has read and sent: only a full sweep makes that good.
            self._ask("the tick before failed")
            raise
        # Nobody was read. A search would be skipped for the same reason.
        if planned.skipped:
            return planned
        if course.why:
            return replace(planned, pulse=course.told)
        # No other look falls into the minute of a tick.
        looked = self._looked(self.ledger.read(), at, lambda _: None, total=course.total)
        told = looked.pulse or looked.skipped
        return replace(planned, jobs=planned.jobs + looked.jobs, pulse=f"{course.told}; {told}")

    def _after_looks(self, at: datetime, pulse: Pulse) -> datetime:
        """Return the instant as which a tick is planned: its own, but after any look that searched.

        A tick may be delivered a minute late, and such a look would supersede it.
        """
        searched = pulse.searches.last
        if searched is None or at > searched:
            return at
        ticks = self.plan.ledger.ticks()
        # A message that came twice is no late tick: as a new instant it would be planned again.
        was_planned = ticks is not None and ticks.finished is not None and at <= ticks.finished
        # Not later than the clock, as ``Plan`` refuses a tick of the future.
        return at if was_planned else min(searched + _A_SECOND, self.clock.now())

    def pulse(self, at: datetime, *, on_planned: OnPlanned = lambda _: None) -> Planned:
        """Look at the totals, and plan what has moved.

        Raises:
            ContradictedError: the totals were found to be wrong. Everything has been planned.
            TallyError: as ``Plan``; the next tick reads everything.
        """
        known = self.ledger.read()
        if known.searches.is_running(self.clock.now()):
            return Planned(skipped="an earlier firing still works")
        try:
            judged, vectors = self._judged(known, at)
        except TallyError as error:
            self._ask("the totals could not be read after a sweep")
            return Planned(skipped=f"the totals of partners could not be read: {error}")
        # First everybody is read, as wrong totals may have hidden a rise. The error, which rings
        # the alarms, comes last, and once.
        if judged.is_off and not known.is_off:
            planned = self.tick(at, on_planned=on_planned, whole=True)
            raise ContradictedError(
                f"The totals of partners are wrong: {judged.proof.why}. The pulse is switched off, "
                f"and {planned.jobs} jobs were sent: every company is read at every tick from now "
                "on. `tally pulse` tells more.",
                vectors=vectors,
            )
        return self._looked(judged, at, on_planned)

    def _judged(self, known: Pulse, at: datetime) -> tuple[Pulse, str]:
        """Judge the sweep or sample that was sent last, if all its jobs have ended.

        Returns the memory after it, and the vectors of a contradiction for the log.
        """
        expected = known.expected
        # A total that lags by a minute or two is as good a tripwire: it gets the time to follow.
        if expected is None or at - expected.tick < _UNTIL_JUDGED:
            return known, ""
        # Other services have other totals. After a deployment the next tick reads everybody anyway.
        if known.code != self.code:
            return known, ""
        account = self.ledger.account()
        if account is None or not expected.is_met_by(account):
            return known, ""
        if not expected.sample and not _is_indexed(account, self.clock.now()):
            return known, ""
        # The month of the sweep, which may be over: then the counters of now began anew.
        month = Month.of(expected.tick)
        if expected.sample:
            after = self.totals.of_all([known.root], month, root_id=known.root)
            verdict = judge_sample(
                expected, account, after, known.totals, searched=known.searches.last
            )
        else:
            after = self.totals.of_all(expected.totals, month, root_id=known.root)
            verdict = judge_sweep(expected, account, after, known.before(account), root=known.root)
        after_it = self.ledger.change(
            # Another firing may have judged it, or sent another sweep, since it was read.
            lambda now: now.judged(verdict, at) if now.expected == expected else now
        )
        return after_it, verdict.vectors

    def _looked(
        self, known: Pulse, at: datetime, on_planned: OnPlanned, *, total: Total | None = None
    ) -> Planned:
        """Read the root's total, unless it was read just now; search below it if it has moved."""
        if not known.is_proven:
            return Planned(skipped=f"totals of partners are {known.proof.trust}")
        if is_in_vain(known, at):
            return Planned(skipped="the next tick reads every company")
        try:
            now = self.totals.of(known.root, Month.of(at)) if total is None else total
        except TallyError as error:
            self._ask("a total could not be read")
            return Planned(skipped=f"the total of all companies could not be read: {error}")
        if not now.has_moved_since(known.totals.get(known.root)):
            return Planned(skipped="no total has moved")
        if known.searches.is_quiet(at):
            return Planned(skipped="the last search has read all that could have moved")
        return self._searched(known, now, at, on_planned)

    def _searched(self, known: Pulse, now: Total, at: datetime, on_planned: OnPlanned) -> Planned:
        """Search for the companies that moved, unless another firing does."""
        assert known.swept is not None
        begun = self.clock.now()
        busy = self.ledger.change(
            lambda one: one.at_work(at, now=begun, until=begun + _LONGEST_FIRING)
        )
        # ``at_work`` changes nothing while another search runs: then this is the end of that one.
        if busy.searches.busy_until != begun + _LONGEST_FIRING:
            return Planned(skipped="an earlier firing still works")
        search = Search(
            totals=self.totals,
            clock=self.clock,
            root_id=known.root,
            # From another month's total no move can be measured: the counters began anew.
            before={
                each: total for each, total in known.totals.items() if total.month == now.month
            },
            now=now,
            until=begun + _LONGEST_SEARCH,
            sweep_at=next_full_sweep(known.swept, at),
            found=dict(known.searches.found),
            rest=known.searches.rest,
        )
        try:
            planned = self.plan(at, on_planned=on_planned, course=search)
        except TallyError:
            self._ask("a search failed")
            raise
        searches = Searches(
            last=at,
            quiet_until=at + _A_QUARTER * search.part_read,
            found=search.found,
            rest=search.rest,
        )
        self.ledger.change(lambda one: one.after_search(search.settled, searches, since=busy))
        if search.ran_out:
            self._ask("a search took too long")
        if planned.skipped:
            return planned
        return replace(planned, pulse=f"searched: {search.read} companies read")

    def _ask(self, why: str) -> None:
        """Have the next tick read every company."""
        self.ledger.change(lambda known: known.asking(why))


def _is_indexed(account: Account, now: datetime) -> bool:
    """Return True if the ledger's index has had the time to show what the last jobs wrote."""
    return account.changed is not None and now - account.changed >= _INDEX_LAG
