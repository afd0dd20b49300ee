"""PULSE-1: a search never ends while somebody who has moved is unread, whatever moves meanwhile."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from hypothesis import example, given
from hypothesis import strategies as st

from simulators.clock import VirtualClock
from tally.domain.model.month import Month
from tally.domain.model.reading import ENDPOINTS, Usage
from tally.domain.planning.due_services import Due
from tally.domain.pulse.outlook import Outlook
from tally.domain.pulse.total import Total
from tally.errors import TransientError
from tally.planner.sweep import Waiting
from tally.pulse.partner_totals import Branches, PartnerTotals
from tally.pulse.search import Search
from tests.unit.planning_scene import circumstances

ROOT, PARTNER = "root", "partner"
NOVEMBER = Month(2026, 11)
TICK = datetime(2026, 11, 12, 10, 3, tzinfo=UTC)

type Moves = Mapping[int, list[tuple[int, int]]]
"""Rises of companies, by the call before which they happen."""


@dataclass(slots=True)
class Counting:
    """A GravityZone with true totals, in which counts rise from call to call."""

    clock: VirtualClock
    counts: list[int]
    moves: Moves
    fails: frozenset[int] = frozenset()
    calls: int = 0
    totals_told: list[tuple[Total, list[int]]] = field(default_factory=list)
    read: list[int] = field(default_factory=list)

    def usage(self, company_id: str, *, month: Month) -> Usage:
        """Answer one counter."""
        self.clock.advance(timedelta(seconds=0.2))
        for number, rise in self.moves.get(self.calls, ()):
            self.counts[number % len(self.counts)] += rise
        self.calls += 1
        if company_id == ROOT:
            return self._told(sum(self.counts))
        if company_id == PARTNER:
            return Usage(counters={ENDPOINTS.counter: sum(self.counts[1::2])})
        self.read.append(int(company_id))
        if int(company_id) in self.fails:
            raise TransientError("no answer")
        return Usage(counters={ENDPOINTS.counter: self.counts[int(company_id)]})

    def _told(self, count: int) -> Usage:
        self.totals_told.append((total(count), list(self.counts)))
        return Usage(counters={ENDPOINTS.counter: count})

    def counts_at(self, settled: Total) -> list[int]:
        """Return all counts at the last moment at which that total was told."""
        return [counts for told, counts in self.totals_told if told == settled][-1]


def total(count: int) -> Total:
    """The root's total as it is read."""
    return Total(
        month=NOVEMBER,
        counters={f"0 {ENDPOINTS.counter}": str(count)},
        counts={ENDPOINTS.name: count},
    )


def branches(companies: int) -> Branches:
    """Every second company stands below the partner."""
    above = {str(number): PARTNER for number in range(1, companies, 2)}
    return Branches(root_id=ROOT, partners=(ROOT, PARTNER), _above=above)


@dataclass(slots=True)
class Firings:
    """Looks one after the other: what they found is sent, and in the ledger by the next one."""

    gravityzone: Counting
    ledger: list[int]
    before: dict[str, Total]
    found: dict[str, Mapping[str, int]] = field(default_factory=dict)
    late: frozenset[int] = frozenset()
    held: frozenset[int] = frozenset()
    sent: list[int] = field(default_factory=list)

    def look(self) -> Search:
        """Read the root's total, and search."""
        totals = PartnerTotals(gravityzone=self.gravityzone, services=(ENDPOINTS,))  # type: ignore[arg-type]
        clock = self.gravityzone.clock
        search = Search(
            totals=totals,
            clock=clock,
            root_id=ROOT,
            before=self.before,
            now=totals.of(ROOT, NOVEMBER),
            until=clock.now() + timedelta(minutes=5),
            sweep_at=clock.now() + timedelta(hours=4),
            found=dict(self.found),
        )
        search._branches = branches(len(self.ledger))
        search.choose([self._waiting(number) for number in range(len(self.ledger))], AT)
        self.sent = []
        search.search(lambda each: self.sent.append(int(each.company_id)))
        self.before |= search.settled
        self.found = search.found
        return search

    def work(self) -> None:
        """Let the jobs bill what is counted now, but for those that are late."""
        for number in {*self.sent} - self.late:
            self.ledger[number] = self.gravityzone.counts[number]

    def _waiting(self, number: int) -> Waiting:
        return Waiting(
            company_id=str(number),
            company_name=f"Company {number}",
            connectwise_id=number,
            due=Due(month=NOVEMBER, services=()),
            licensed=True,
            causes={},
            last_reading=None,
            children=None,
            outlook=(
                Outlook()
                if number in self.held
                else Outlook(must_be_read=False, counts={ENDPOINTS.name: self.ledger[number]})
            ),
        )


AT = circumstances(tick=TICK)

rises = st.lists(st.tuples(st.integers(0, 8), st.integers(1, 3)), min_size=1, max_size=3)
moving = st.dictionaries(st.integers(0, 24), rises, max_size=6)


@given(
    st.lists(st.integers(0, 9), min_size=1, max_size=9),
    moving,
    st.frozensets(st.integers(0, 8), max_size=3),
    st.frozensets(st.integers(0, 8), max_size=1),
)
@example([3, 3, 3], {0: [(0, 1)], 7: [(1, 1)]}, frozenset({0}), frozenset())
def test_nobody_who_moved_is_unread_where_a_search_ends(
    counts: list[int], moves: Moves, late: frozenset[int], fails: frozenset[int]
) -> None:
    """Whoever had moved by the total that the next move is measured from has a job, or had one.

    Jobs may be late, and readings fail: then the job tells.
    """
    gravityzone = Counting(VirtualClock(TICK), list(counts), moves, fails=fails)
    firings = Firings(gravityzone, list(counts), _totals(counts), late=late)
    jobs: set[int] = set()
    for _ in range(3):
        search = firings.look()
        jobs |= {*firings.sent}
        assert ROOT in search.settled
        settled = gravityzone.counts_at(search.settled[ROOT])
        for number, count in enumerate(settled):
            known = firings.found.get(str(number), {}).get(ENDPOINTS.name, 0)
            waits = number in fails and number in jobs
            billed = max(firings.ledger[number], known)
            assert count <= billed or number in firings.sent or waits, (number, count, billed)
        firings.work()


def test_a_search_ends_early_where_it_can() -> None:
    """The first company that is read makes up the move: nobody else is asked."""
    gravityzone = Counting(VirtualClock(TICK), [3] * 9, {0: [(0, 2)]})
    firings = Firings(gravityzone, [3] * 9, _totals([3] * 9))
    firings.look()
    assert (gravityzone.read, firings.sent) == ([0], [0])


def test_a_company_that_cannot_be_read_has_a_job() -> None:
    """SAFE-7: the job says so in its standing, and the search goes on to its end."""
    gravityzone = Counting(VirtualClock(TICK), [3] * 4, {0: [(2, 1)]}, fails=frozenset({2}))
    firings = Firings(gravityzone, [3] * 4, _totals([3] * 4))
    search = firings.look()
    assert firings.sent == [2]
    assert {*gravityzone.read} == {0, 2}  # below the partner nothing has moved
    assert search.settled[ROOT] == total(13)


def test_who_could_not_be_read_makes_up_no_later_move() -> None:
    """The total has told its move already; another company's is measured from there."""
    gravityzone = Counting(VirtualClock(TICK), [3] * 8, {0: [(0, 1)]}, fails=frozenset({0}))
    firings = Firings(gravityzone, [3] * 8, _totals([3] * 8), late=frozenset({0}))
    firings.look()
    assert firings.sent == [0]
    firings.work()
    gravityzone.fails = frozenset()
    gravityzone.counts[6] += 1
    firings.look()
    assert firings.sent == [0, 6]


def test_who_was_held_makes_up_no_later_move() -> None:
    """PULSE-5: nobody searched for it, though the total that was settled has told its move.

    Nor is it forgotten before it has been read.
    """
    gravityzone = Counting(VirtualClock(TICK), [3] * 8, {0: [(0, 1)]})
    firings = Firings(gravityzone, [3] * 8, _totals([3] * 8), held=frozenset({0}))
    firings.look()
    assert (firings.sent, firings.found) == ([], {"0": {}})
    firings.held = frozenset()
    gravityzone.counts[6] += 1
    firings.look()
    assert firings.sent == [0, 6]
    assert firings.found["0"] == {ENDPOINTS.name: 4}


def test_who_was_read_at_last_is_not_remembered() -> None:
    """A company that was held, and has the count that its Addition follows."""
    gravityzone = Counting(VirtualClock(TICK), [3] * 8, {0: [(2, 1)]})
    firings = Firings(gravityzone, [3] * 8, _totals([3] * 8), held=frozenset({0}))
    firings.look()
    firings.work()
    firings.held = frozenset()
    gravityzone.counts[6] += 1
    firings.look()
    assert firings.sent == [6]
    assert "0" not in firings.found


def _totals(counts: list[int]) -> dict[str, Total]:
    return {ROOT: total(sum(counts)), PARTNER: total(sum(counts[1::2]))}
