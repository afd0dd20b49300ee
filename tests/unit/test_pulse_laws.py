"""PULSE: laws of the proof, the order and the samples, whatever moves when."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tally.domain.model.month import Month
from tally.domain.pulse.account import Account, Answer, Expected, checksum
from tally.domain.pulse.order import by_likelihood, sample
from tally.domain.pulse.outlook import Outlook
from tally.domain.pulse.proof import Before, Verdict, judge_sample, judge_sweep
from tally.domain.pulse.schedule import Circumstances, full_because
from tally.domain.pulse.state import NEEDED, Proof, Pulse, Trust
from tally.domain.pulse.total import Total
from testing.pulse import MemoryPulse
from tests.functional.instants import gmt

ROOT, PARTNER = "root", "partner"
NOVEMBER = Month(2026, 11)
TICK = datetime(2026, 11, 3, 0, 15, tzinfo=UTC)
QUARTER = timedelta(minutes=15)

type Moves = list[tuple[int, int]]
"""A company, by its number (-1 and -2 are the root and the partner themselves), and its rise."""


@dataclass(slots=True)
class Tenant:
    """Some companies, every second one below a partner; totals are true but for ``lacking``."""

    counts: list[int]
    own: dict[str, int] = field(default_factory=lambda: {ROOT: 0, PARTNER: 0})
    lacking: int = 0

    def move(self, moves: Moves) -> None:
        """Let counts rise."""
        for number, rise in moves:
            if number < 0:
                self.own[ROOT if number == -1 else PARTNER] += rise
            else:
                self.counts[number % len(self.counts)] += rise

    def branch(self, number: int) -> str:
        """The branch that a company stands in."""
        return PARTNER if number % 2 else ROOT

    def totals(self) -> Mapping[str, Total]:
        """Both totals as they are told now."""
        below = sum(count for number, count in enumerate(self.counts) if number % 2)
        partner = self.own[PARTNER] + below - self.lacking
        root = self.own[ROOT] + self.own[PARTNER] + sum(self.counts) - self.lacking
        return {each: total(count) for each, count in ((ROOT, root), (PARTNER, partner))}


def total(count: int) -> Total:
    """A total with one counter."""
    return Total(
        month=NOVEMBER,
        counters={"0 endpointMonthlyUsage": str(count)},
        counts={"endpoints": count},
    )


@dataclass(slots=True)
class Proving:
    """Sweeps of a tenant, judged one after the other."""

    tenant: Tenant
    pulse: Pulse = field(default_factory=lambda: Pulse(root=ROOT))
    tick: datetime = TICK
    verdicts: list[Verdict] = field(default_factory=list)

    def sweep(self, during: Mapping[int, Moves], order: list[int]) -> Verdict:
        """Read everybody in an order; ``during`` are moves before the reading of that position."""
        tenant, ledger = self.tenant, MemoryPulse()
        ids = [str(number) for number in range(len(tenant.counts))]
        expected = Expected(
            tick=self.tick,
            jobs=len(ids),
            check=checksum(f"{each} endpoints" for each in ids),
            basis=1,
            totals=tenant.totals(),
        )
        self.pulse = self.pulse.expecting(expected, root=ROOT, code="1")
        ledger.open_account(self.tick)
        for position, number in enumerate(order):
            tenant.move(during.get(position, []))
            answer = Answer(
                company_id=str(number),
                branch=tenant.branch(number),
                services=["endpoints"],
                counts={"endpoints": tenant.counts[number]},
            )
            ledger.add_to_account(self.tick, [answer], at=self.tick)
        tenant.move(during.get(len(order), []))
        account = ledger.account()
        assert expected.is_met_by(account)
        assert account is not None
        verdict = judge_sweep(
            expected, account, tenant.totals(), self.pulse.before(account), root=ROOT
        )
        self.pulse = self.pulse.judged(verdict, self.tick)
        self.tick += QUARTER
        self.verdicts.append(verdict)
        return verdict


counts = st.lists(st.integers(0, 50), min_size=1, max_size=7)
moves = st.lists(st.tuples(st.integers(-2, 6), st.integers(0, 5)), max_size=4)


@st.composite
def sweeps(draw: st.DrawFn, size: int) -> tuple[Moves, Mapping[int, Moves], list[int]]:
    """The moves before a sweep, those during it, and its order."""
    during = draw(st.dictionaries(st.integers(0, size), moves, max_size=3))
    return draw(moves), during, draw(st.permutations(range(size)))


@given(st.data(), counts)
def test_true_totals_are_never_contradicted(data: st.DataObject, at_first: list[int]) -> None:
    """PULSE-3: whatever moves before, during and after the sweeps, machines of partners too."""
    proving = Proving(Tenant(at_first))
    for _ in range(data.draw(st.integers(1, 4))):
        before, during, order = data.draw(sweeps(len(at_first)))
        proving.tenant.move(before)
        assert proving.sweep(during, order).against == ""


@given(st.data(), counts)
def test_true_totals_that_rise_with_their_companies_prove_themselves(
    data: st.DataObject, at_first: list[int]
) -> None:
    """PULSE-3: it takes three sweeps, and one rise that is seen on both sides."""
    proving = Proving(Tenant(at_first))
    order = list(range(len(at_first)))
    risen = 0
    for _ in range(NEEDED):
        assert proving.pulse.proof.trust is Trust.UNPROVEN
        verdict = proving.sweep({}, order)
        assert (verdict.agrees, verdict.rise_seen) == (True, risen > 0)
        risen = data.draw(st.integers(1, 5))
        proving.tenant.move([(data.draw(st.integers(0, 6)), risen)])
    assert proving.pulse.proof.trust is Trust.PROVEN


@given(
    counts,
    st.integers(1, 20),
    st.lists(st.tuples(st.integers(0, 6), st.integers(0, 5)), max_size=3),
)
def test_a_rise_that_a_total_lacks_never_agrees(
    at_first: list[int], lacking: int, others: Moves
) -> None:
    """PULSE-3: of two exact sweeps with a rise between them that the totals do not have."""
    proving = Proving(Tenant(at_first))
    order = list(range(len(at_first)))
    proving.sweep({}, order)
    proving.tenant.move([(0, lacking), *others])
    proving.tenant.lacking = lacking
    verdict = proving.sweep({}, order)
    assert not verdict.agrees
    assert verdict.against
    assert str(lacking) in verdict.against


def test_companies_that_rise_alone_contradict() -> None:
    """PULSE-3: companies rose by more than their partner's total, which has machines of its own."""
    proving = Proving(Tenant([3, 4], own={ROOT: 9, PARTNER: 9}))
    proving.sweep({}, [0, 1])
    proving.tenant.move([(1, 2)])
    proving.tenant.lacking = 2
    assert "rose in endpoints by 2 more than its total" in proving.sweep({}, [0, 1]).against


@given(counts, st.integers(1, 20))
def test_a_total_below_its_companies_contradicts_at_once(at_first: list[int], lacking: int) -> None:
    """PULSE-3: no own share is negative."""
    proving = Proving(Tenant(at_first, lacking=lacking))
    verdict = proving.sweep({}, list(range(len(at_first))))
    assert "below the sum of its companies" in verdict.against
    assert proving.pulse.proof.agreed == 0


@given(st.integers(1, 20), st.integers(0, 20), st.booleans())
def test_a_sample_contradicts_only_what_did_not_move(rise: int, moved: int, searched: bool) -> None:
    """PULSE-3: a company rose, and its total did not; nobody has searched just before."""
    expected = Expected(tick=TICK, jobs=20, check=0, basis=0, totals={}, sample=True)
    account = Account(tick=TICK, answered=20, rises={"endpoints": rise})
    verdict = judge_sample(
        expected,
        account,
        {ROOT: total(100 + moved)},
        {ROOT: total(100)},
        searched=TICK - timedelta(minutes=5 if searched else 20),
    )
    assert bool(verdict.against) is (not moved and not searched)


def test_a_sample_without_a_rise_says_nothing() -> None:
    """Nor does one that fell: a company may have lost its subscription."""
    expected = Expected(tick=TICK, jobs=20, check=0, basis=0, totals={}, sample=True)
    for rises in ({}, {"endpoints": 0}, {"endpoints": -3}):
        account = Account(tick=TICK, rises=rises)
        verdict = judge_sample(expected, account, {ROOT: total(9)}, {ROOT: total(9)}, searched=None)
        assert verdict == Verdict()


def test_a_total_of_the_month_before_is_no_comparison() -> None:
    """PULSE-2: counters begin anew each month, so a sweep over the turn proves nothing."""
    old = Total(month=NOVEMBER.previous, counters={}, counts={"endpoints": 900})
    assert total(3).has_moved_since(old)
    same = Total(month=NOVEMBER.previous, counters=total(3).counters, counts=total(3).counts)
    assert total(3).has_moved_since(same)
    expected = Expected(tick=TICK, jobs=0, check=0, basis=1, totals={ROOT: old})
    verdict = judge_sweep(expected, Account(tick=TICK), {ROOT: total(3)}, Before(), root=ROOT)
    assert (verdict.agrees, verdict.against) == (False, "")
    pulse = Pulse(root=ROOT).expecting(
        Expected(tick=TICK, jobs=0, check=0, basis=1, totals={ROOT: old}), root=ROOT, code="1"
    )
    judged = pulse.judged(
        judge_sweep(expected, Account(tick=TICK), {ROOT: old}, Before(), root=ROOT), TICK
    )
    of_november = Expected(tick=TICK, jobs=0, check=0, basis=1, totals={ROOT: total(3)})
    before = judged.expecting(of_november, root=ROOT, code="1").before(Account(tick=TICK))
    assert before == Before()


def test_another_tenant_has_proven_nothing() -> None:
    """PULSE-3: the key was exchanged for one of another company's; the first sweep notices."""
    expected = Expected(tick=TICK, jobs=0, check=0, basis=1, totals={ROOT: total(3)})
    pulse = Pulse(root=ROOT, proof=Proof(trust=Trust.PROVEN))
    assert pulse.expecting(expected, root=ROOT, code="1").is_proven
    assert pulse.expecting(expected, root="another", code="1").proof.trust is Trust.UNPROVEN


LONG_AGO = "the last full sweep is long ago"
EARLY = "nearly all counts move on the first days of a month"


@pytest.mark.parametrize(
    ("swept", "tick", "why"),
    [
        ("2026-11-12 08:00", "2026-11-12 11:59", ""),
        ("2026-11-12 08:00", "2026-11-12 12:00", LONG_AGO),
        ("2026-11-02 23:45", "2026-11-02 23:59", EARLY),
        ("2026-11-02 23:45", "2026-11-03 00:00", ""),
        ("2026-11-02 23:45", "2026-11-03 03:45", LONG_AGO),
        ("2026-11-28 22:00", "2026-11-28 23:59", ""),
        ("2026-11-28 22:00", "2026-11-29 00:00", LONG_AGO),
        ("2026-11-29 08:00", "2026-11-29 08:59", ""),
        ("2026-11-29 08:00", "2026-11-29 09:00", LONG_AGO),
        ("2026-11-30 23:45", "2026-12-01 00:00", EARLY),
    ],
)
def test_when_a_full_sweep_is_due(swept: str, tick: str, why: str) -> None:
    """PULSE-4: each 4 hours, hourly on the last two days, at each tick on the first two."""
    pulse = Pulse(proof=Proof(trust=Trust.PROVEN), swept=gmt(swept), code="1", basis=7)
    at = Circumstances(tick=gmt(tick), code="1", basis=7)
    assert full_because(pulse, at) == why
    assert full_because(replace(pulse, proof=Proof()), at)


def followed(listed: list[str], after: str, samples: int) -> set[str]:
    """The companies of so many samples, one after another."""
    covered: set[str] = set()
    for _ in range(samples):
        drawn = sample(listed, after)
        covered.update(drawn)
        after = drawn[-1] if drawn else after
    return covered


@given(st.sets(st.text(max_size=5)), st.text(max_size=5))
def test_samples_that_follow_one_another_cover_everybody(ids: set[str], after: str) -> None:
    """PULSE-4: at least twenty companies each, and nobody twice in one; ``after`` may be gone."""
    listed = sorted(ids)
    first = sample(listed, after)
    assert len(first) == len(set(first)) == min(20, len(listed))
    assert followed(listed, after, -(-len(listed) // 20)) == ids


@given(st.integers(0, 5_000), st.integers(0, 5_000))
def test_samples_of_many_cover_everybody_in_fifty(size: int, after: int) -> None:
    """PULSE-4: one in fifty."""
    listed = [f"{each:024x}" for each in range(size)]
    assert followed(listed, f"{after:024x}", 50) == set(listed)
    assert len(sample(listed, "")) <= max(20, size / 50 + 1)


outlooks = st.builds(
    Outlook,
    must_be_read=st.just(value=False),
    unseen=st.integers(0, 100),
    moved_at=st.none()
    | st.integers(0, 10_000).map(lambda minutes: TICK - timedelta(minutes=minutes)),
)


@given(st.dictionaries(st.text(max_size=5), outlooks))
def test_the_order_leaves_out_nobody(known: dict[str, Outlook]) -> None:
    """It is a permutation, the same whatever the order in which companies come."""
    order = by_likelihood(known, TICK)
    assert sorted(order) == sorted(known)
    assert order == by_likelihood(dict(reversed(known.items())), TICK)


@given(st.dictionaries(st.text(max_size=5), outlooks))
def test_recent_movers_come_first_then_those_with_most_unseen(known: dict[str, Outlook]) -> None:
    """Within each of the two groups by what makes a move likely, at the same time of the day."""
    recently = TICK - timedelta(hours=1)
    order = [known[each] for each in by_likelihood(known, TICK)]
    recent = [each.moved_at for each in order if each.moved_at and each.moved_at >= recently]
    others = [each for each in order if not (each.moved_at and each.moved_at >= recently)]
    assert order[len(recent) :] == others
    assert recent == sorted(recent, reverse=True)
    never = [each.unseen for each in others if each.moved_at is None]
    assert never == sorted(never, reverse=True)
