"""The simulation itself: it finds nothing wrong in a few seconds' worth of seeds, and what it is
told to find, it finds.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from simulators.core import Call
from simulators.gravityzone import TotalsTold
from simulators.gravityzone.totals import Totals
from tally import counting
from tally.domain.facts import place
from tally.domain.model import service_period as periods
from tally.domain.model.agreement import Agreement
from tally.domain.model.month import Month
from tally.domain.model.reading import Count, Reading, Service, Usage, read_count
from tally.domain.model.service_period import ServicePeriod
from tally.gravityzone.pace import TokenBucket
from tally.pulse.search import Search
from tally.worker.readings import Readings
from verification.simulation.life import (
    CHECK_INS,
    JOINS,
    KINDS_OF_LIFE,
    NEW_MACHINES,
    script,
)
from verification.simulation.life_answers import TERMS_CARRIED
from verification.simulation.life_connectwise import INVOICED, MERGED
from verification.simulation.life_machines import KINDS_OF_MACHINES
from verification.simulation.life_moves import KINDS_OF_MOVES
from verification.simulation.life_oddities import KINDS_OF_ODDITIES
from verification.simulation.msp import Msp
from verification.simulation.outages import MORE_WALLS, OUTAGES, WALLS, outages_of
from verification.simulation.partners import KINDS_OF_PARTNERS
from verification.simulation.phases import phases_of
from verification.simulation.play import play
from verification.simulation.played import Played
from verification.simulation.rate_checks import RateChecks
from verification.simulation.seed_runner import Outcome, run
from verification.simulation.setting import Shape, setting_of
from verification.simulation.shrink import described, shrink
from verification.simulation.story import ViolationError
from verification.simulation.ticks import schedule
from verification.simulation.totals import LYING

# Seeds repeat what others prove, and take twice as long while branches are counted.
pytestmark = [pytest.mark.slow, pytest.mark.no_cover]

SEEDS = range(40)


def first_violation(seeds: Sequence[int] = SEEDS) -> ViolationError:
    """The first that these seeds run into."""
    for seed in seeds:
        try:
            play(Shape(seed=seed))
        except ViolationError as violation:
            return violation
    pytest.fail("nobody noticed")


def called(operation: str, at: datetime) -> Call:
    """A call as a simulator logs it."""
    return Call(at, "POST", "/", operation, 200, None, {}, b"")


def one_less(usage: Usage, service: Service) -> Reading:
    """Read one machine less than there are."""
    reading = read_count(usage, service)
    return (
        Count(max(reading.value - 1, 0), reading.floor) if isinstance(reading, Count) else reading
    )


def test_seeds() -> None:
    """Every invariant holds in as many seeds as take a few seconds."""
    outcome = run(first_seed=10_000, seeds=14, seconds=None, processes=2)
    assert [str(violation) for violation in outcome.violations] == []
    assert outcome.played.company_months > 0
    assert outcome.played.faults.total() > 0


@pytest.mark.parametrize("seed", [4, 15])
def test_same_seed_same_story(seed: int) -> None:
    """A seed decides everything: played twice, it tells the same story, word by word."""
    stories: list[list[tuple[datetime, str]]] = [[], []]
    played = [
        play(Shape(seed=seed), lambda at, text, story=story: story.append((at, text)))
        for story in stories
    ]
    assert stories[0] == stories[1]
    assert played[0] == played[1]


def test_leaving_out_a_company_changes_no_other() -> None:
    """What a shape leaves out is gone, and the rest is as it was: else no shorter story would be
    found.
    """
    whole = Shape(seed=2)
    events = script(Msp(whole))
    some = {event.firm for event in events[:10]}
    assert len(some) > 1
    part = script(Msp(replace(whole, companies=frozenset(some))))
    assert part == [event for event in events if event.firm in some]


def test_ticks_are_played_in_order() -> None:
    """No tick fires before its time, and each seed has 6 to 12 times a month something to do."""
    for seed in range(50):
        setting = setting_of(seed)
        ticks = schedule(setting)
        assert all(tick.scheduled <= tick.fires for tick in ticks)
        assert [tick.fires for tick in ticks] == sorted(tick.fires for tick in ticks)
        if not setting.pulse:
            assert len({tick.scheduled for tick in ticks}) <= 14 * len(setting.months)


def test_a_seed_draws_what_the_world_has_in_store() -> None:
    """Among a few hundred seeds there is every size of MSP and every length of its life, and every
    kind of event.
    """
    settings = [setting_of(seed) for seed in range(600)]
    assert {len(setting.months) for setting in settings} >= {2, 3, 4, 5, 6, 7, 9, 12, 14}
    assert (min(each.companies for each in settings), max(each.companies for each in settings)) == (
        1,
        40,
    )
    assert all(setting.settle > setting.list_lag for setting in settings)
    assert len({setting.zone for setting in settings}) > 5
    assert len({(setting.growth_percent, setting.growth_seats) for setting in settings}) > 3
    lived = {event.kind for seed in range(60) for event in script(Msp(Shape(seed=seed)))}
    everybodys = {JOINS, CHECK_INS, NEW_MACHINES, INVOICED, TERMS_CARRIED, MERGED}
    assert lived == {
        *everybodys,
        *KINDS_OF_LIFE,
        *KINDS_OF_PARTNERS,
        *KINDS_OF_ODDITIES,
        *KINDS_OF_MOVES,
        *KINDS_OF_MACHINES,
    }


def test_every_wall_is_drawn() -> None:
    """MATCH-8: each kind of wall stands in some seeds, and none in a seed without trouble."""
    stood: set[str] = set()
    for seed in range(400):
        outages = outages_of(setting_of(seed), Shape(seed=seed))
        assert not outages or setting_of(seed).calm < 1
        stood.update(each.kind for each in outages)
    assert stood == {*OUTAGES, *WALLS, *MORE_WALLS}


def test_totals_lie_in_some_seeds() -> None:
    """PULSE-1: each kind of lie is drawn, of all partners or of one, and most seeds have none."""
    drawn = [setting_of(seed).totals for seed in range(600)]
    assert 0.5 < sum(each.true for each in drawn) / len(drawn) < 0.8
    assert {each.told.kind for each in drawn} == {
        "true",
        "late",
        "own alone",
        "no sub-partners",
        "zero",
    }
    assert len({each.told.lag_seconds for each in drawn}) > 3
    for each in ("one", "moved_usage", "deleted_usage", "moved_machines"):
        assert len({str(getattr(totals, each)) for totals in drawn if not totals.true}) > 1


def test_totals_of_billed_partners_are_true() -> None:
    """READ-4: in a seed of lies the totals of a billed partner, and of partners directly below it,
    are true; a shape can leave the lies out.
    """
    lying = 0
    for seed in range(700):
        setting = setting_of(seed)
        if not setting.partners or setting.totals.told.kind not in {"own alone", "zero"}:
            continue
        msp = Msp(Shape(seed=seed))
        if not msp.has_partners:
            continue
        gravityzone, month = msp.gravityzone, str(msp.setting.months[0].previous)
        tenant, billed = gravityzone.tenant, {f"{each.number + 1:024x}" for each in msp.firms}
        for partner in msp.partners:
            tenant.check_in_new(tenant.add_company("Below", parent_id=partner), 3)
        for partner in msp.partners:
            company = tenant.company(partner)
            told = Totals(tenant, gravityzone.options).counts(company, month)
            if not billed.isdisjoint((partner, company.parent_id)):
                assert told == gravityzone.truth.totals(partner, month)
            elif told != gravityzone.truth.totals(partner, month):
                lying += 1
        without = Msp(Shape(seed=seed, without=frozenset({LYING}))).gravityzone.options
        assert (without.totals, without.totals_of) == (TotalsTold(), {})
    assert lying > 0


def test_calls_are_counted_against_the_documented_limits() -> None:
    """Invariant 8: more licensing calls than 5 a second after a burst of 5 are too many, whatever
    they were answered.
    """
    at = datetime(2026, 11, 1, tzinfo=UTC)
    burst = [called("getMonthlyUsage", at)] * 5
    RateChecks().of_gravityzone([*burst, called("getLicenseInfo", at + timedelta(seconds=0.2))])
    for extra in ("getMonthlyUsage", "getLicenseInfo"):
        with pytest.raises(ViolationError, match="more than 5 a second"):
            RateChecks().of_gravityzone([*burst, called(extra, at + timedelta(seconds=0.1))])
    RateChecks().of_gravityzone([*burst, called("getCompaniesList", at)])
    minute = [called("GET additions", at + timedelta(seconds=each * 0.06)) for each in range(1001)]
    RateChecks().of_connectwise(minute)
    with pytest.raises(ViolationError, match="within a minute"):
        RateChecks().of_connectwise([*minute, called("GET agreements", minute[-1].at)])


def test_the_pulse_is_drawn() -> None:
    """PULSE: half of the seeds have it, unproven, proven or off, and phases of its usual pace."""
    settings = [setting_of(seed) for seed in range(300)]
    with_pulse = [each for each in settings if each.pulse]
    assert 0.4 < len(with_pulse) / len(settings) < 0.6
    assert {each.pulse for each in with_pulse} == {"unproven", "proven", "off"}
    assert 0.2 < sum(not each.totals.true for each in with_pulse) / len(with_pulse) < 0.5
    for setting in settings[:60]:
        ticks, phases = schedule(setting), phases_of(setting)
        assert bool(setting.pulse) or not (phases or any(each.look for each in ticks))
        for phase in phases:
            looks = [each for each in ticks if each.look and phase.begins < each.fires < phase.ends]
            assert len(looks) >= (phase.ends - phase.begins) / phase.each * 0.6
    assert sum(len(phases_of(each)) for each in with_pulse) > len(with_pulse)


def test_a_missed_change_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Invariant 10: a search that looks at nobody takes the totals for explained."""
    monkeypatch.setattr(Search, "search", lambda self, _: self._settle(self.now) or 0)
    assert first_violation([111]).invariant == 10


def test_lost_pace_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Invariant 8: workers that do not wait for their tokens."""
    monkeypatch.setattr(TokenBucket, "take", lambda _: None)
    assert first_violation().invariant == 8


def test_wrong_day_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Invariant 6: an Addition that ends a day after its month."""

    def a_day_too_long(agreement: Agreement, month: Month) -> ServicePeriod | None:
        period = periods.service_period(agreement, month)
        return (
            None
            if period is None
            else replace(period, cancelled=period.cancelled + timedelta(days=1))
        )

    monkeypatch.setattr(place, "service_period", a_day_too_long)
    assert first_violation().invariant == 6


def test_wrong_count_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Invariants 3 to 5: a count that is read wrong."""
    monkeypatch.setattr(counting, "read_count", one_less)
    assert first_violation().invariant in {3, 4, 5}


def test_children_billed_with_their_partner_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """READ-4: a partner's whole count is read in place of its own machines."""
    monkeypatch.setattr(
        Readings,
        "_own",
        lambda self, job, _children, records: self._counted(job, job.company_id, records),
    )
    with_partners = [seed for seed in range(400) if Msp(Shape(seed=seed)).has_partners][:8]
    found = first_violation(with_partners)
    assert found.invariant in {3, 5}
    assert str(found.company).startswith("Partner ")


def test_shortest_story(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is left of a violation's story after shrinking breaks the same rule, with less of
    everything.
    """
    monkeypatch.setattr(counting, "read_count", one_less)
    found = first_violation()
    shape, shortest = shrink(found, seconds=5.0)
    assert shortest.invariant == found.invariant
    assert shape.companies is not None
    assert len(shape.companies) == 1
    with pytest.raises(ViolationError, match=f"invariant {found.invariant}"):
        play(shape)
    assert re.fullmatch(
        (
            r"  companies +company \d+ of \d+\n  ticks +(tick [\d, …]+ of|all) \d+\n  life "
            r"+.+\n  trouble +.+"
        ),
        described(shape),
    )


def test_violation_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """A seed that breaks a rule is among the outcome's violations, by its seed, and the lowest is
    the first.
    """

    def broken(_shape: Shape) -> Played:
        raise ViolationError(3, "made up", company="Harbor Dental 0", month="2026-11", step=4)

    monkeypatch.setattr("verification.simulation.seed_runner.play", broken)
    outcome: Outcome = run(first_seed=7, seeds=3, seconds=None, processes=2)
    assert sorted(violation.seed for violation in outcome.violations) == [7, 8, 9]
    assert "seed 7" in outcome.lines()[-1]
